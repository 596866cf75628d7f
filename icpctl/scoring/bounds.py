"""Bounds of what a run may do: a number, or a percentage of a whole."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.errors import IcpctlError

if TYPE_CHECKING:
    from icpctl.scoring.run import Run

_AMOUNT = re.compile(r"([0-9]{1,15})(\.[0-9]{1,9})?(%?)", re.ASCII)


class Amount(Struct, frozen=True):
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


class Limit(Struct, frozen=True):
    """How many lines may be rejected, or values misfit: a number, or a percentage of a whole."""

    allowed: Amount

    @classmethod
    def parse(cls, text: str, option: str) -> Limit:
        """Return the limit for `N` or `P%`. Raises `IcpctlError` `bad_usage`."""
        amount = Amount.parse(text.strip())
        if amount is None or (amount.is_percentage and amount.number > 100):
            raise IcpctlError(
                f"{option} {text!r} is not a limit",
                "bad_usage",
                hint="write a number such as 10, or a percentage such as 0.5%",
            )
        return cls(amount)

    def exceeded(self, rejected: int, read: int) -> bool:
        """Return whether more lines were rejected, where `others` were read."""
        return rejected > self.allowed.of(read + rejected)

    def __str__(self) -> str:
        return str(self.allowed)


class Strictness(Struct, frozen=True):
    """What of a run is not passed over: then the exit code is 1, and the output is complete.

    `misfits` None is any number of values that do not fit their field; a percentage of them is one
    of the visitors. With `requires_fields` no field may be unread.
    """

    rejects: Limit
    misfits: Limit | None = None
    requires_fields: bool = False

    def refuses_rejects(self, run: Run) -> bool:
        """Return whether more lines were rejected than are allowed."""
        return self.rejects.exceeded(run.report.rejected, run.report.visitors)

    def refuses_misfits(self, run: Run) -> bool:
        """Return whether more values do not fit than are allowed."""
        if self.misfits is None:
            return False
        count = sum(run.report.field_warnings.values())
        return count > self.misfits.allowed.of(run.report.visitors)

    def refuses_unread(self, run: Run) -> bool:
        """Return whether a field that is required was in no record."""
        return self.requires_fields and bool(run.unread.fields)

    def refuses(self, run: Run) -> bool:
        """Return whether the exit code is 1; a file that says nothing about visitors is refused."""
        return (
            self.refuses_rejects(run)
            or self.refuses_misfits(run)
            or self.refuses_unread(run)
            or bool(run.damaged or run.unread.files)
        )
