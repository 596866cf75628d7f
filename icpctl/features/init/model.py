"""What a first config asks: conditions with a comment each, and a value that meets them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Draft(Struct, frozen=True):
    """A condition of the first config.

    `reason` says what it is for. `visitor` is what a visitor who meets it has in the record of a
    test: a field and its value.
    """

    type: str
    comparator: str
    value: Any
    reason: str
    visitor: tuple[str, Any]
    optional: bool = False
    weight: int = 1

    @property
    def comment(self) -> str:
        """What the config says about it."""
        return f"{'Optional' if self.optional else 'Required'}: {self.reason}"

    @property
    def body(self) -> dict[str, Any]:
        """The condition as a config has it."""
        body: dict[str, Any] = {
            "type": self.type,
            "comparator": self.comparator,
            "value": self.value,
        }
        if self.optional:
            body["optional"] = True
        if self.weight != 1:
            body["weight"] = self.weight
        return body
