"""Counts of distinct values over many batches, in bounded memory; what is counted is exact."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field

MOST_KEYS = 4096
"""Distinct values that are counted, of a field or on one side of a threshold."""

MOST_SPELLINGS = 16
"""Spellings that are counted of a value, those that come first."""


class Spellings(Struct, frozen=True):
    """How values are spelt: the value with the number `of[i]` as `texts[i]`, `often[i]` times."""

    texts: pa.Array
    of: np.ndarray
    often: np.ndarray


class BatchKeys(Struct, frozen=True):
    """Distinct values of a batch, the commonest first; texts with their spellings.

    `counts` has for each counter the numbers of the values that it saw, and how often.
    """

    keys: pa.Array
    counts: list[tuple[np.ndarray, np.ndarray]]
    spellings: Spellings | None = None


class KeyCounts:
    """Several counters over the distinct values of a field.

    A value is counted from its first batch on, so its counts are complete; values that come when
    there are `MOST_KEYS` are not counted, and the field is `capped`.
    """

    def __init__(self, kind: pa.DataType, counters: int) -> None:
        self.capped = False
        self._keys = pa.array([], kind)
        self._counts = np.zeros((counters, 0), np.int64)
        self._spellings: list[dict[str, int]] = []

    def add(self, batch: BatchKeys) -> None:
        """Count a batch."""
        at = self._admit(batch.keys, 0 if self.capped else MOST_KEYS - len(self._keys))
        for number, (values, counts) in enumerate(batch.counts):
            places = at[values]
            known = places >= 0
            self._counts[number, places[known]] += counts[known]
        if batch.spellings:
            places = at[batch.spellings.of]
            known = places >= 0
            texts = batch.spellings.texts.filter(pa.array(known)).to_pylist()
            often = batch.spellings.often[known].tolist()
            for place, text, count in zip(places[known].tolist(), texts, often, strict=True):
                self._spell(place, text, count)

    def merge(self, later: KeyCounts) -> None:
        """Add what was counted of other visitors.

        What one side left uncounted is not known, and goes; of too many the commonest stay.
        """
        at = self._admit(later._keys, 0 if self.capped else len(later._keys))
        known = at >= 0
        self._counts[:, at[known]] += later._counts[:, known]
        for place, spellings in zip(at.tolist(), later._spellings, strict=False):
            for text, count in spellings.items() if place >= 0 else ():
                self._spell(place, text, count)
        order = self._in_order(0)
        if later.capped:
            order = order[np.isin(order, at)]
        self.capped |= later.capped or len(order) > MOST_KEYS
        kept = order[:MOST_KEYS]
        self._keys = self._keys.take(pa.array(kept))
        self._counts = self._counts[:, kept]
        self._spellings = [self._spellings[place] for place in kept.tolist()]

    def commonest(self, counter: int, most: int) -> list[tuple[str | float, str | float, int]]:
        """The commonest values, how they are spelt most often, and their counts.

        Equals come in the order of the values.
        """
        counts = self._counts[counter]
        entries = []
        for at in self._in_order(counter)[:most].tolist():
            if counts[at]:
                key = self._keys[at].as_py()
                entries.append((key, self._spelt(at) or key, int(counts[at])))
        return entries

    def _admit(self, keys: pa.Array, room: int) -> np.ndarray:
        """The places of values; new ones get one while there is room, the others have -1."""
        known = pc.fill_null(pc.index_in(keys, value_set=self._keys), -1)
        at: np.ndarray = known.to_numpy().copy()
        new = np.flatnonzero(at < 0)
        self.capped |= len(new) > room
        new = new[:room]
        if len(new):
            at[new] = np.arange(len(self._keys), len(self._keys) + len(new))
            self._keys = pa.concat_arrays([self._keys, keys.take(pa.array(new))])
            self._counts = np.pad(self._counts, ((0, 0), (0, len(new))))
            self._spellings += [{} for _ in new]
        return at

    def _in_order(self, counter: int) -> np.ndarray:
        """The places of all values, the commonest first."""
        places: np.ndarray = pc.array_sort_indices(self._keys).to_numpy()
        return places[np.argsort(-self._counts[counter, places], kind="stable")]

    def _spell(self, place: int, text: str, count: int) -> None:
        spellings = self._spellings[place]
        if text in spellings or len(spellings) < MOST_SPELLINGS:
            spellings[text] = spellings.get(text, 0) + count

    def _spelt(self, place: int) -> str | None:
        spellings = self._spellings[place]
        return min(spellings, key=lambda text: (-spellings[text], text), default=None)


class NumberCounts(Struct):
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
        distinct, at = np.unique(both, return_inverse=True)
        summed = np.zeros(len(distinct), np.int64)
        np.add.at(summed, at, np.concatenate([self.counts, counts]))
        if len(distinct) > MOST_KEYS:
            self.capped = True
        kept = slice(-MOST_KEYS, None) if self.below else slice(MOST_KEYS)
        self.numbers, self.counts = distinct[kept], summed[kept]

    def merge(self, later: NumberCounts) -> None:
        """Add what was counted of other visitors.

        Whatever one side left out has `MOST_KEYS` before it there, and so it has here.
        """
        self.add(later.numbers, later.counts)
        self.capped |= later.capped

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
        numbers: list[float] = (self.numbers[::-1] if self.below else self.numbers).tolist()
        return numbers

    def _is_beyond(self, threshold: float) -> bool:
        last = self.numbers[0] if self.below else self.numbers[-1]
        return bool(threshold < last if self.below else threshold > last)
