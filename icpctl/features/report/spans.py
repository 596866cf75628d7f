"""Days put together to weeks, months or years, so that they fit into one chart."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.features.report.breakdowns import DayReport


class Span(Struct, frozen=True):
    """The visitors last seen from `start` to the day before `stop`."""

    name: str
    start: date
    stop: date
    visitors: int = 0
    matched: int = 0


class _Unit(Struct, frozen=True):
    """Days that make one span: its first day, its name, and days from there into the next one."""

    title: str
    start: Callable[[date], date]
    name: Callable[[date], str]
    step: int

    def span(self, start: date, visitors: int = 0, matched: int = 0) -> Span:
        return Span(self.name(start), start, self.after(start), visitors, matched)

    def after(self, start: date) -> date:
        try:
            return self.start(start + timedelta(self.step))
        except OverflowError:  # the last year that there is
            return date.max


_UNITS = (
    _Unit("DAY", lambda day: day, str, 1),
    _Unit(
        "WEEK FROM", lambda day: day - timedelta(min(day.weekday(), day.toordinal() - 1)), str, 7
    ),
    _Unit("MONTH", lambda day: day.replace(day=1), lambda day: str(day)[:7], 31),
    _Unit("YEAR", lambda day: day.replace(month=1, day=1), lambda day: str(day)[:4], 366),
)


def grouped(days: Sequence[DayReport], most: int) -> tuple[str, list[Span]]:
    """What a span is, and the days that have a date as at most `most` spans without gaps.

    Where even years are too many, the early ones are one span, and there may be gaps.
    """
    for unit in _UNITS:
        sums: dict[date, Span] = {}
        for day in days:
            if day.date:
                start = unit.start(day.date)
                so_far = sums.get(start, unit.span(start))
                visitors, matched = so_far.visitors + day.visitors, so_far.matched + day.matched
                sums[start] = unit.span(start, visitors, matched)
        starts = _without_gaps(sorted(sums), unit, most)
        if len(starts) <= most:
            return unit.title, [sums.get(it, unit.span(it)) for it in starts]
    spans = [sums[start] for start in sorted(sums)]
    old, new = spans[: 1 - most], spans[1 - most :]
    if old:
        visitors, matched = sum(it.visitors for it in old), sum(it.matched for it in old)
        name = f"to {old[-1].name}"
        new.insert(0, Span(name, old[0].start, old[-1].stop, visitors, matched))
    return unit.title, new


def _without_gaps(starts: list[date], unit: _Unit, most: int) -> list[date]:
    """The starts and those between them, as far as these are not too many."""
    reached = starts[:1]
    while reached and reached[-1] < starts[-1] and len(reached) <= most:
        reached.append(unit.after(reached[-1]))
    return reached
