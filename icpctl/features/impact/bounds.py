"""Bounds on what a change of configs may do: the language of `--fail-on`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from icpctl.errors import IcpctlError
from icpctl.features.impact.model import KINDS

if TYPE_CHECKING:
    from icpctl.features.impact.model import Impact, Kind

_BOUND = re.compile(r"\s*([a-z_]+)\s*(>=?)\s*([0-9]{1,15})(\.[0-9]{1,9})?\s*(%?)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bound:
    """A kind of visitors, `>` or `>=`, and a number or a percentage of those that matched before.

    `text` is the bound as it was written.
    """

    text: str
    kind: Kind
    is_strict: bool
    limit: Fraction
    is_percentage: bool

    @classmethod
    def parse(cls, text: str) -> Bound:
        """Return the bound that `lost>5%` means. Raises `IcpctlError` `bad_usage`."""
        found = _BOUND.fullmatch(text)
        kind = next((it for it in KINDS if found and it == found[1]), None)
        if not found or kind is None or (found[4] and not found[5]):
            raise IcpctlError(
                f"--fail-on {text!r} is no bound",
                "bad_usage",
                hint=f"write one of {', '.join(KINDS)}, then > or >=, then a number of visitors or "
                "a percentage of those that matched before, such as lost>5%",
            )
        limit = Fraction(found[3] + (found[4] or ""))
        return cls(text.strip(), kind, found[2] == ">", limit, bool(found[5]))

    def reached(self, impact: Impact) -> bool:
        """Whether there are so many visitors of the kind. No visitor never reaches a percentage."""
        count = Fraction(impact.tally.counts[self.kind])
        limit = self.limit
        if self.is_percentage:
            if not count:
                return False
            limit = limit * impact.matched_before / 100
        return count > limit if self.is_strict else count >= limit
