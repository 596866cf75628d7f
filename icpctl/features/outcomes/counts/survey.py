"""Visitors and deals to counts of units: the one scan, batch by batch.

    survey = Survey(deals, scope, counts, by_account=True, fields=("industry",))
    for visits in batches:
        survey.add(visits)
    survey.finish()

Where units are visitors and no share of the newest is asked for, a batch is counted and forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.features.outcomes.joining.deals import Outcome
from icpctl.features.outcomes.joining.keys import NO_DEAL
from icpctl.features.outcomes.joining.selection import choose
from icpctl.features.outcomes.joining.units import (
    Accounts,
    Evidence,
    Units,
    amounts_of,
    closes_of,
    counts_before_close,
    outcomes_of,
)
from icpctl.features.outcomes.statistics.suspects import ValueCounts

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from icpctl.features.outcomes.counts.counting import OutcomeCounts
    from icpctl.features.outcomes.joining.deals import DealTable
    from icpctl.features.outcomes.joining.keys import Keys
    from icpctl.features.outcomes.joining.selection import Scope
    from icpctl.features.outcomes.statistics.suspects import Suspicion

    Integers = NDArray[np.int64]


class Visits(Struct, frozen=True):
    """A batch of visitors, one a row: their deals, last visits and evidence.

    `accounts` are asked for where units are accounts. `values` [rows, fields] name the value of
    each field that may be suspect. `without_key` visitors have nothing to join on.
    """

    deals: NDArray[np.int64]
    accounts: Keys | None
    last_seen: NDArray[np.float64]
    evidence: Evidence
    values: NDArray[np.int64]
    without_key: int = 0


class JoinCounts(Struct):
    """What joined and what did not.

    `without_account` visitors have no domain, where units are accounts, and do not count.
    `after_close` visitors came only after their deal had closed; `without_last_seen` count though
    nobody knows when they came. `open` units may still be won; `outside` ones are not of the
    period; `without_deal` units joined no closed deal, and are taken or left out for that.
    `joined_keys` are keys of deals that a visitor who counts has.
    """

    visitors: int = 0
    without_key: int = 0
    without_account: int = 0
    after_close: int = 0
    without_last_seen: int = 0
    joined_keys: int = 0
    open: int = 0
    outside: int = 0
    without_deal: int = 0


class Survey:
    """Units of the deals' visitors, counted into `counts` when `finish` is called.

    `on_won` is called with the numbers of won units that count and their scores, as in `Evidence`.
    """

    on_won: Callable[[Integers, NDArray[np.int16]], None]

    def __init__(
        self,
        deals: DealTable,
        scope: Scope,
        counts: OutcomeCounts,
        by_account: bool,
        fields: tuple[str, ...] = (),
    ) -> None:
        self.deals = deals
        self.scope = scope
        self.counts = counts
        self.by_account = by_account
        self.fields = fields
        self.on_won = lambda _numbers, _hundredths: None
        self.joined = JoinCounts()
        self.values = {name: ValueCounts() for name in fields}
        self._accounts = Accounts()
        self._kept: list[Units] = []
        self._visitors = 0  # who count, where units are visitors
        self._counted = 0  # units that were looked at
        self._is_joined = np.zeros(len(deals), bool)

    def add(self, visits: Visits) -> Integers:
        """Join a batch of visitors with the deals; leave out visits after the close.

        Return the number of each visitor's unit, -1 for who does not count. Units are numbered in
        the order of their first visitors who count.
        """
        in_time = counts_before_close(visits.deals, visits.last_seen, self.deals)
        accounts = visits.accounts if self.by_account else None
        has_unit = np.ones(len(in_time), bool) if accounts is None else accounts.known
        self._count_join(visits, in_time, has_unit)
        numbers = np.full(len(in_time), -1)
        units = Units(visits.deals, visits.last_seen, visits.evidence, visits.values)
        if accounts is not None:
            rows = np.flatnonzero(in_time & has_unit)
            numbers[rows] = self._accounts.add(accounts, units, rows)
            return numbers
        numbers[in_time] = np.arange(int(in_time.sum())) + self._visitors
        self._visitors += int(in_time.sum())
        if self.scope.newest is None:
            self._count(units.take(in_time))
        else:
            self._kept.append(units.take(in_time))
        return numbers

    def finish(self) -> None:
        """Count the units that had to wait for the last visitor."""
        self.joined.joined_keys = int(self._is_joined.sum())
        accounts = self._accounts.units()
        if accounts is not None:
            self._count(accounts)
        if self._kept:
            self._count(Units.concatenate(self._kept))
            self._kept.clear()

    def suspicions(self) -> dict[str, Suspicion]:
        """How much each field knows of the outcome, where that can be said."""
        known = {name: counts.suspicion() for name, counts in self.values.items()}
        return {name: suspicion for name, suspicion in known.items() if suspicion is not None}

    def _count_join(
        self, visits: Visits, in_time: NDArray[np.bool_], has_unit: NDArray[np.bool_]
    ) -> None:
        joined, deals = self.joined, visits.deals
        joined.visitors += len(deals)
        joined.without_key += visits.without_key
        joined.without_account += int((~has_unit).sum())
        joined.after_close += int((~in_time).sum())
        joined.without_last_seen += int((np.isnan(visits.last_seen) & has_unit).sum())
        self._is_joined[deals[in_time & has_unit & (deals != NO_DEAL)]] = True

    def _count(self, units: Units) -> None:
        outcomes = outcomes_of(units.deals, self.deals)
        chosen = choose(self.scope, outcomes, closes_of(units.deals, self.deals), units.last_seen)
        self.joined.open += chosen.open
        self.joined.outside += chosen.outside
        self.joined.without_deal += chosen.without_deal
        taken = units.take(chosen.taken)
        won = outcomes[chosen.taken] == Outcome.WON
        self.counts.add(taken.evidence, won, amounts_of(taken.deals, self.deals))
        halves = alternate(won, self.counts.units)
        for position, counts in enumerate(self.values.values()):
            counts.add(taken.values[:, position], halves, won)
        numbers = np.flatnonzero(chosen.taken)[won] + self._counted
        self.on_won(numbers, taken.evidence.hundredths[won])
        self._counted += len(units)


def alternate(won: NDArray[np.bool_], start: int = 0) -> NDArray[np.bool_]:
    """Halves of units [units] in their order, so that each half has half of the won."""
    of_won = np.cumsum(won) + start
    number: NDArray[np.int64] = np.where(won, of_won, np.cumsum(~won) + start)
    return (number % 2).astype(bool)
