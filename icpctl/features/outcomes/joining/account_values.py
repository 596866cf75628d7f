"""The values of accounts: what any of its visitors has of a field, as one value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from icpctl.features.outcomes.suspects import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


class AccountValues:
    """Distinct values by account and field; an account's value is the set of its visitors'.

    Memory goes with the distinct pairs of account and value: pairs are kept once, tidied up
    whenever they have doubled.
    """

    def __init__(self, fields: int) -> None:
        self._pairs = [np.zeros((0, 2), np.int64) for _ in range(fields)]
        self._tidy = [0] * fields

    def add(self, accounts: Integers, values: Integers) -> None:
        """Add the values [rows, fields] of visitors of these accounts [rows]."""
        for position, pairs in enumerate(self._pairs):
            present = values[:, position] != MISSING
            more = np.column_stack([accounts[present], values[present, position]])
            self._pairs[position] = np.concatenate([pairs, more])
            if len(self._pairs[position]) > 2 * self._tidy[position]:
                self._tidy_up(position)

    def of_accounts(self, count: int) -> Integers:
        """One value [accounts, fields] for each set of values, `MISSING` for none."""
        columns = [self._of_field(position, count) for position in range(len(self._pairs))]
        return np.column_stack(columns) if columns else np.zeros((count, 0), np.int64)

    def _tidy_up(self, position: int) -> None:
        pairs = self._pairs[position]
        # equal 64 bits of account and value are taken for an equal pair: sorting pairs is slow
        hashes = _hashes(_hashes(pairs[:, 0]).view(np.int64) ^ pairs[:, 1])
        self._pairs[position] = pairs[np.unique(hashes, return_index=True)[1]]
        self._tidy[position] = len(self._pairs[position])

    def _of_field(self, position: int, count: int) -> Integers:
        """The sum of the values' hashes: the same for the same set in any order."""
        self._tidy_up(position)
        accounts, values = self._pairs[position].T
        sums = np.zeros(count, np.uint64)
        np.add.at(sums, accounts, _hashes(values))
        result = sums.view(np.int64)
        result[result == MISSING] = 0
        return np.where(np.bincount(accounts, minlength=count) > 0, result, MISSING)


def _hashes(values: Integers) -> NDArray[np.uint64]:
    """Well mixed 64 bits of each value; overflow is wanted."""
    hashed = values.view(np.uint64) * _MULTIPLIER
    hashed = (hashed ^ (hashed >> _SHIFT)) * _MULTIPLIER
    return hashed ^ (hashed >> _SHIFT)
