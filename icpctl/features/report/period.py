"""A period of time, by the moment at which visitors were last seen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.errors import IcpctlError

if TYPE_CHECKING:
    from typing import Self

DAY_0 = date(1970, 1, 1).toordinal()
DAY = 86_400_000_000
"""Microseconds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Period(Struct, frozen=True):
    """From `first` to `last`, both included: days (UTC) or moments; None is open.

    A day is its first moment in `first` and its last one in `last`. Without any bound the period
    holds visitors without a date.
    """

    first: date | None = None
    last: date | None = None

    @classmethod
    def parse(cls, first: str | None, last: str | None) -> Self:
        """Return the period for `--from` and `--to`. Raises `IcpctlError` `bad_usage`."""
        period = cls(_bound("--from", first), _bound("--to", last))
        start, stop = period.moments
        if start is not None and stop is not None and start > stop:
            raise IcpctlError(
                f"--from {bound_text(period.first)} is after --to {bound_text(period.last)}",
                "bad_usage",
            )
        return period

    @property
    def moments(self) -> tuple[int | None, int | None]:
        """The first and the last moment, in microseconds since 1970."""
        start = None if self.first is None else _micros(self.first)
        stop = None if self.last is None else _micros(self.last)
        if stop is not None and not isinstance(self.last, datetime):
            stop += DAY - 1
        return start, stop

    @property
    def text(self) -> str:
        """The period for people, as in ` from 2026-11-01 to 2026-11-30`; nothing without bounds."""
        since = f" from {bound_text(self.first)}" if self.first else ""
        until = f" to {bound_text(self.last)}" if self.last else ""
        return since + until

    def chosen(self, micros: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Which visitors belong to the period, of those last seen at `micros` since 1970."""
        start, stop = self.moments
        if start is None and stop is None:
            return np.ones(len(micros), bool)
        chosen = known.copy()
        if start is not None:
            chosen &= micros >= start
        if stop is not None:
            chosen &= micros <= stop
        return chosen


def bound_text(bound: date | None) -> str:
    """Return a day, or a moment in UTC, for people."""
    return f"{bound:%Y-%m-%d %H:%M:%S} UTC" if isinstance(bound, datetime) else str(bound)


def _micros(bound: date) -> int:
    if isinstance(bound, datetime):
        return (bound - _EPOCH) // _MICROSECOND
    return (bound.toordinal() - DAY_0) * DAY


def _bound(option: str, text: str | None) -> date | None:
    """The day, or the moment in UTC, that an option names; a time without offset is UTC."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise IcpctlError(
            f"{option} {text!r} is not a date",
            "bad_usage",
            hint="write a day such as 2026-11-23, or a time such as 2026-11-23T12:00:00Z",
        ) from None
