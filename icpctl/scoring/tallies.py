"""Counts of distinct values over many batches, in bounded memory; what is counted is exact."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MOST_KEYS = 4096
"""Distinct values that are counted, of a field or on one side of a threshold."""


@dataclass(frozen=True, slots=True)
class BatchKeys:
    """Distinct values of a batch, the commonest first, each with its commonest spelling.

    `counts` has for each counter the numbers of the values that it saw, and how often.
    """

    keys: pa.Array
    spellings: pa.Array
    counts: list[tuple[np.ndarray, np.ndarray]]


@dataclass(slots=True)
class KeyCounts:
    """Several counters over the distinct values of a field.

    A value is counted from its first batch on, so its counts are complete; values that come when
    there are `MOST_KEYS` are not counted at all, and the field is `capped`.
    """

    type: pa.DataType
    counters: int
    spellings: list[str | float] = field(default_factory=list)
    capped: bool = False
    _keys: pa.Array = field(init=False)
    _counts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self._keys = pa.array([], self.type)
        self._counts = np.zeros((self.counters, 0), np.int64)

    def add(self, batch: BatchKeys) -> None:
        """Count a batch."""
        at = pc.fill_null(pc.index_in(batch.keys, value_set=self._keys), -1).to_numpy().copy()
        new = np.flatnonzero(at < 0)
        room = MOST_KEYS - len(self._keys)
        self.capped |= len(new) > room
        new = new[:room]
        if len(new):
            at[new] = np.arange(len(self._keys), len(self._keys) + len(new))
            self._keys = pa.concat_arrays([self._keys, batch.keys.take(pa.array(new))])
            self.spellings += batch.spellings.take(pa.array(new)).to_pylist()
            self._counts = np.pad(self._counts, ((0, 0), (0, len(new))))
        for number, (values, counts) in enumerate(batch.counts):
            places = at[values]
            known = places >= 0
            self._counts[number, places[known]] += counts[known]

    def commonest(self, counter: int, most: int) -> list[tuple[str | float, str | float, int]]:
        """The commonest values, their spelling and how often; equals in order of appearance."""
        counts = self._counts[counter]
        order = np.argsort(-counts, kind="stable")[:most]
        return [
            (self._keys[at].as_py(), self.spellings[at], int(counts[at]))
            for at in order.tolist()
            if counts[at]
        ]


@dataclass(slots=True)
class NumberCounts:
    """How often each number was seen, of the `MOST_KEYS` that are nearest to a threshold.

    With `below` the numbers are below the threshold, so the largest are kept; else the smallest.
    All between the threshold and the last one kept are counted.
    """

    below: bool
    numbers: np.ndarray = field(default_factory=lambda: np.empty(0))
    counts: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    capped: bool = False

    def add(self, numbers: np.ndarray, counts: np.ndarray) -> None:
        """Count numbers that were seen so often."""
        both = np.concatenate([self.numbers, numbers])
        found, at = np.unique(both, return_inverse=True)
        summed = np.zeros(len(found), np.int64)
        np.add.at(summed, at, np.concatenate([self.counts, counts]))
        if len(found) > MOST_KEYS:
            self.capped = True
        kept = slice(-MOST_KEYS, None) if self.below else slice(MOST_KEYS)
        self.numbers, self.counts = found[kept], summed[kept]

    def reached(self, threshold: float, *, included: bool) -> int | None:
        """How many lie on the way from the old threshold to this one; None where that is unknown.

        With `included` those at the new threshold count.
        """
        if self.capped and self._is_beyond(threshold):
            return None
        if self.below:
            on_way = self.numbers >= threshold if included else self.numbers > threshold
        else:
            on_way = self.numbers <= threshold if included else self.numbers < threshold
        return int(self.counts[on_way].sum())

    def nearest(self) -> float | None:
        """The number seen that is nearest to the threshold."""
        if not len(self.numbers):
            return None
        return float(self.numbers[-1] if self.below else self.numbers[0])

    def from_nearest(self) -> list[float]:
        """The numbers seen, those nearest to the threshold first."""
        found: list[float] = (self.numbers[::-1] if self.below else self.numbers).tolist()
        return found

    def _is_beyond(self, threshold: float) -> bool:
        last = self.numbers[0] if self.below else self.numbers[-1]
        return bool(threshold < last if self.below else threshold > last)
