"""What is known about a finding code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from icpctl.errors import Severity

Level = Literal[
    "path",
    "file",
    "config",
    "condition",
    "settings",
    "mapping",
    "proof",
    "columns",
    "fields",
    "words",
]


class Code(Struct, frozen=True):
    """One code of findings.

    `level` says what the examples are: words about a file's path, a whole YAML file, the first
    lines of a config whose rules are right, one condition, a file of settings, mappings or fields,
    a whole YAML file that is valid, or words.
    """

    name: str
    title: str
    meaning: str
    level: Level
    bad: str
    good: str

    @property
    def severity(self) -> Severity:
        """Return what findings of this code are unless `--strict` makes them errors."""
        return severity_of(self.name)


class Section(Struct, frozen=True):
    """The codes that begin with `prefix`, for the page of all codes."""

    prefix: str
    title: str
    meaning: str


def severity_of(code: str) -> Severity:
    """Return what findings of a code are unless `--strict` makes them errors."""
    return "warning" if code.startswith(("ICP3", "ICP6")) else "error"
