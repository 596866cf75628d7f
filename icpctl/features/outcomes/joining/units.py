"""What rates are counted of: accounts, or single visitors, with what became of them.

Times are seconds since the epoch, UTC, NaN where there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct, field

from icpctl.features.outcomes.joining.deals import Outcome
from icpctl.features.outcomes.joining.keys import NO_DEAL, KeyNumbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from icpctl.features.outcomes.joining.deals import DealTable
    from icpctl.features.outcomes.joining.keys import Keys, Rows

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

NO_MATCH = -1
"""In place of a score, where the config does not match."""


class Evidence(Struct, frozen=True):
    """What the configs say of each row.

    `hundredths` [rows, configs + 1] are scores in hundredths, `NO_MATCH` where the config does not
    match; the last column is of all configs together: the `icp_score`. `literals` and `shut_out`
    are bits, packed along the rows (`np.packbits(bits, axis=1)`): which conditions a row meets, and
    which single required condition keeps it from matching a config.
    """

    hundredths: NDArray[np.int16]
    literals: NDArray[np.uint8]
    shut_out: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.hundredths)

    def take(self, rows: Rows) -> Evidence:
        """Keep these rows."""
        return Evidence(self.hundredths[rows], self.literals[rows], self.shut_out[rows])

    def merge_runs(self, starts: Integers) -> Evidence:
        """Merge the rows of each run into one that matches, scores and meets the most of them."""
        return Evidence(
            np.maximum.reduceat(self.hundredths, starts),
            np.bitwise_or.reduceat(self.literals, starts),
            np.bitwise_or.reduceat(self.shut_out, starts),
        )

    @staticmethod
    def concatenate(parts: Sequence[Evidence]) -> Evidence:
        """Join the rows of at least one part, in order."""
        return Evidence(
            np.concatenate([part.hundredths for part in parts]),
            np.concatenate([part.literals for part in parts]),
            np.concatenate([part.shut_out for part in parts]),
        )


class Units(Struct, frozen=True):
    """A batch of units, one a row.

    `deals` are numbers of the deal table, or `NO_DEAL`; of an account's visitors the greatest.
    `last_seen` is the latest visit that counts. `values` [units, fields] name what each has of the
    fields that may be suspect; of an account's values the greatest number, which stands for them.
    """

    deals: Integers
    last_seen: Floats
    evidence: Evidence
    values: Integers

    def __len__(self) -> int:
        return len(self.deals)

    def take(self, rows: Rows) -> Units:
        """Keep these rows."""
        evidence = self.evidence.take(rows)
        return Units(self.deals[rows], self.last_seen[rows], evidence, self.values[rows])

    @staticmethod
    def concatenate(parts: Sequence[Units]) -> Units:
        """Join the rows of at least one part, in order."""
        return Units(
            np.concatenate([part.deals for part in parts]),
            np.concatenate([part.last_seen for part in parts]),
            Evidence.concatenate([part.evidence for part in parts]),
            np.concatenate([part.values for part in parts]),
        )


def outcomes_of(deals: Integers, table: DealTable) -> NDArray[np.int8]:
    """The outcome of each of these deals: `Outcome.WON`, `Outcome.LOST`, or 0 for no deal."""
    return _of_deals(table.outcomes, deals, np.int8(Outcome.OPEN))


def closes_of(deals: Integers, table: DealTable) -> Floats:
    """The close date of each of these deals, NaN for no deal."""
    return _of_deals(table.closes, deals, np.nan)


def amounts_of(deals: Integers, table: DealTable) -> Floats:
    """What the won deals of each key are worth together, NaN for no deal."""
    return _of_deals(table.amounts, deals, np.nan)


def counts_before_close(deals: Integers, last_seen: Floats, table: DealTable) -> NDArray[np.bool_]:
    """Whether each visit came before the close of its deal, as far as both dates are known."""
    return ~(last_seen >= closes_of(deals, table))


def _of_deals(values: NDArray[Any], deals: Integers, without: object) -> NDArray[Any]:
    result = np.full(len(deals), without, values.dtype)
    has_deal = deals != NO_DEAL
    result[has_deal] = values[deals[has_deal]]
    return result


class Accounts(Struct):
    """Visitors merged by account, batch by batch, in memory that goes with the accounts.

    Accounts are numbered in the order of their first visit.
    """

    numbers: KeyNumbers = field(default_factory=KeyNumbers)
    _filled: int = 0
    _room: Units | None = None

    def add(self, keys: Keys, units: Units, rows: Integers) -> Integers:
        """Merge the visitors of `rows`, who have an account; return the account of each of them."""
        number = self.numbers.of(keys.take(rows))
        if not len(rows):
            return number
        order = np.argsort(number, kind="stable")
        starts = np.flatnonzero(np.diff(number[order], prepend=-1))
        self._merge(number[order][starts], _merge_runs(units.take(rows[order]), starts))
        return number

    def units(self) -> Units | None:
        """The accounts so far, None without any."""
        return None if self._room is None else self._room.take(slice(len(self.numbers)))

    def _merge(self, number: Integers, units: Units) -> None:
        """Merge one row per account; those that are new have the numbers that come next."""
        old = number < self._filled
        room = self._reserve(len(self.numbers), units)
        _write(room, number[~old], units.take(~old))
        _write(room, number[old], _merge_pairs(room.take(number[old]), units.take(old)))
        self._filled = len(self.numbers)

    def _reserve(self, count: int, sample: Units) -> Units:
        """Return room for `count` accounts, at least doubled; `sample` fills what is unused."""
        room = sample.take(slice(0)) if self._room is None else self._room
        missing = count - len(room)
        if missing > 0:
            more = sample.take(np.zeros(max(missing, len(room)), np.int64))
            room = Units.concatenate([room, more])
        self._room = room
        return room


def _merge_runs(units: Units, starts: Integers) -> Units:
    return Units(
        np.maximum.reduceat(units.deals, starts),
        np.fmax.reduceat(units.last_seen, starts),
        units.evidence.merge_runs(starts),
        np.maximum.reduceat(units.values, starts),
    )


def _merge_pairs(earlier: Units, later: Units) -> Units:
    """Merge row by row."""
    a, b = earlier.evidence, later.evidence
    evidence = Evidence(
        np.maximum(a.hundredths, b.hundredths), a.literals | b.literals, a.shut_out | b.shut_out
    )
    deals = np.maximum(earlier.deals, later.deals)
    last_seen = np.fmax(earlier.last_seen, later.last_seen)
    return Units(deals, last_seen, evidence, np.maximum(earlier.values, later.values))


def _write(target: Units, rows: Integers, units: Units) -> None:
    target.deals[rows] = units.deals
    target.last_seen[rows] = units.last_seen
    target.values[rows] = units.values
    target.evidence.hundredths[rows] = units.evidence.hundredths
    target.evidence.literals[rows] = units.evidence.literals
    target.evidence.shut_out[rows] = units.evidence.shut_out
