"""Bounds of what a run may do: a number, or a percentage of a whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from icpctl.errors import IcpctlError

_AMOUNT = re.compile(r"([0-9]{1,15})(\.[0-9]{1,9})?(%?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Amount:
    """`N`, or `P%` of a whole."""

    number: Fraction
    is_percentage: bool

    @classmethod
    def parse(cls, text: str) -> Amount | None:
        """Return what the text means; None where it is neither: `0.5` without a percent sign."""
        parts = _AMOUNT.fullmatch(text)
        if parts is None or (parts[2] and not parts[3]):
            return None
        return cls(Fraction(parts[1] + (parts[2] or "")), bool(parts[3]))

    def of(self, whole: int) -> Fraction:
        """Return how many that is, where there are `whole` in all."""
        return self.number * whole / 100 if self.is_percentage else self.number

    def __str__(self) -> str:
        return f"{float(self.number):g}{'%' if self.is_percentage else ''}"


@dataclass(frozen=True, slots=True)
class Limit:
    """How many lines may be rejected: a number, or a percentage of all lines."""

    allowed: Amount

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Return the limit for `N` or `P%`. Raises `IcpctlError` `bad_usage`."""
        amount = Amount.parse(text.strip())
        if amount is None or (amount.is_percentage and amount.number > 100):
            raise IcpctlError(
                f"{text!r} is not a limit",
                "bad_usage",
                hint="write a number of lines such as 10, or a percentage such as 0.5%",
            )
        return cls(amount)

    def exceeded(self, rejected: int, read: int) -> bool:
        """Return whether more lines were rejected, where so many others were read."""
        return rejected > self.allowed.of(read + rejected)

    def __str__(self) -> str:
        return str(self.allowed)
