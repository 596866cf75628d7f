"""A period of time, by the day on which visitors were last seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from icpctl.errors import IcpctlError

if TYPE_CHECKING:
    from typing import Self

DAY_0 = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Period:
    """Days in UTC, both included; None is open. Without any it holds visitors without a date."""

    first: date | None = None
    last: date | None = None

    @classmethod
    def parse(cls, first: str | None, last: str | None) -> Self:
        """Return the period for `--from` and `--to`. Raises `IcpctlError` `bad_usage`."""
        period = cls(_day("--from", first), _day("--to", last))
        if period.first and period.last and period.first > period.last:
            raise IcpctlError(f"--from {period.first} is after --to {period.last}", "bad_usage")
        return period

    def chosen(self, days: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Which visitors belong to the period, of those last seen on `days` since 1970."""
        if self.first is None and self.last is None:
            return np.ones(len(days), bool)
        chosen = known.copy()
        if self.first:
            chosen &= days >= self.first.toordinal() - DAY_0
        if self.last:
            chosen &= days <= self.last.toordinal() - DAY_0
        return chosen


def _day(option: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text.strip())
    except ValueError:
        raise IcpctlError(
            f"{option} {text!r} is no day", "bad_usage", hint="write a day such as 2026-11-23"
        ) from None
