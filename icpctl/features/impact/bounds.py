"""Bounds on what a change of configs may do: the language of `--fail-on`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.errors import IcpctlError
from icpctl.features.impact.model import KINDS
from icpctl.scoring.bounds import Amount

if TYPE_CHECKING:
    from icpctl.features.impact.model import Impact, Kind

_BOUND = re.compile(r"\s*([a-z_]+)\s*(>=?)\s*([0-9.]+)\s*(%?)\s*", re.ASCII)


class Bound(Struct, frozen=True):
    """A kind of visitors, `>` or `>=`, and a number or a percentage of those that matched before.

    `text` is the bound as it was written.
    """

    text: str
    kind: Kind
    is_strict: bool
    amount: Amount

    @classmethod
    def parse(cls, text: str) -> Bound:
        """Return the bound that `lost>5%` means. Raises `IcpctlError` `bad_usage`."""
        parts = _BOUND.fullmatch(text)
        kind = next((kind for kind in KINDS if parts and kind == parts[1]), None)
        amount = Amount.parse(f"{parts[3]}{parts[4]}") if parts else None
        if parts is None or kind is None or amount is None:
            raise IcpctlError(
                f"--fail-on {text!r} is not a bound",
                "bad_usage",
                hint=f"write one of {', '.join(KINDS)}, then > or >=, then a number of visitors or "
                "a percentage of those that matched before, such as lost>5%",
            )
        return cls(text.strip(), kind, parts[2] == ">", amount)

    def reached(self, impact: Impact) -> bool:
        """Whether there are enough visitors of the kind. No visitor never reaches a percentage."""
        count = impact.tally.counts[self.kind]
        if self.amount.is_percentage and not count:
            return False
        least = self.amount.of(impact.matched_before)
        return count > least if self.is_strict else count >= least
