"""Which units rates are counted of: closed ones or all, settled ones, those of a period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.features.outcomes.joining.deals import Outcome

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


class Scope(Struct, frozen=True):
    """Which units take part.

    `against_lost` asks for closed deals alone. `open_from` is the moment from which on a unit
    without a deal, last seen then or later, may still be won: `--as-of` less `--within`. `period`
    is the first moment and the first after the last; `newest` a share from 0 to 1.
    """

    against_lost: bool
    open_from: float | None = None
    period: tuple[float, float] | None = None
    newest: float | None = None


class Chosen(Struct, frozen=True):
    """Which units take part [units], and how many are `open` or outside the period.

    `without_deal` joined no closed deal, and are taken or left out for that.
    """

    taken: Flags
    open: int
    outside: int
    without_deal: int


def choose(scope: Scope, outcomes: NDArray[np.int8], closes: Floats, last_seen: Floats) -> Chosen:
    """Apply the scope to units [units] in their order; `newest` looks at them all together."""
    no_deal = outcomes == Outcome.OPEN
    is_open = np.zeros(len(outcomes), bool)
    if scope.open_from is not None:
        is_open = no_deal & (last_seen > scope.open_from)
    candidates = ~no_deal if scope.against_lost else ~is_open
    dates = np.where(np.isnan(closes), last_seen, closes)
    taken = candidates.copy()
    if scope.period is not None:
        taken &= (dates >= scope.period[0]) & (dates < scope.period[1])
    if scope.newest is not None:
        chosen = np.flatnonzero(taken)
        taken[chosen] = is_newest(dates[chosen], scope.newest)
    outside, without_deal = candidates & ~taken, no_deal & ~is_open & (taken | ~candidates)
    return Chosen(taken, int(is_open.sum()), int(outside.sum()), int(without_deal.sum()))


def is_newest(dates: Floats, share: float) -> Flags:
    """Whether each unit is among the newest share by its date, else by its place in the order.

    At least that share: units that tie at the cut are all among the newest, so that the order of
    the rows decides nothing. Units without a date are the oldest; if none has a date, the last
    rows are the newest.
    """
    count = round_half_up(share * len(dates))
    if count == 0:
        return np.zeros(len(dates), bool)
    if np.isnan(dates).all():
        return np.arange(len(dates)) >= len(dates) - count
    ordered = np.nan_to_num(dates, nan=-np.inf)
    cut = np.partition(ordered, len(dates) - count)[len(dates) - count]
    newest: Flags = ordered >= cut
    return newest


def round_half_up(number: float) -> int:
    """The nearest integer, the higher of two."""
    return int(np.floor(number + 0.5))
