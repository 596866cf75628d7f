"""Fields that may have been filled in after the fact: they know the outcome too well.

A value is any integer that names it (`MISSING` for none), counted by outcome and by half: the
rates of one half of the units score those of the other, or else a field whose every value is
different would always seem to know everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct, field

from icpctl.features.outcomes.statistics.rankings import auc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

MISSING = np.iinfo(np.int64).min
"""In place of a value, where the unit has none."""

KNOWING_AUC = 0.9
"""A field whose values alone rank better than this is suspect."""

MISSING_DIFFERENCE = 0.2
"""So is one that is missing in shares of won and others that differ by more than this."""


class Suspicion(Struct, frozen=True):
    """How much a field knows: the AUC of its values, and the shares for which it is missing."""

    auc: float
    missing_won: float
    missing_others: float

    @property
    def by_values(self) -> bool:
        """Whether the values alone rank too well."""
        return self.auc > KNOWING_AUC

    @property
    def by_missing(self) -> bool:
        """Whether it is missing for the one far more than for the others."""
        return abs(self.missing_won - self.missing_others) > MISSING_DIFFERENCE

    @property
    def is_suspect(self) -> bool:
        """Whether the field may have been filled in after the fact."""
        return self.by_values or self.by_missing


class ValueCounts(Struct):
    """Units of one field by value: `counts` [values, half, won]. Its memory goes with the values.

    The missing value is one of them.
    """

    values: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2, 2), np.int64))

    def add(self, values: Integers, halves: NDArray[np.bool_], won: NDArray[np.bool_]) -> None:
        """Count units [units] by value, half and outcome."""
        merged, place = np.unique(np.concatenate([self.values, values]), return_inverse=True)
        before, rows = place[: len(self.values)], place[len(self.values) :]
        cell = rows * 4 + halves * 2 + won
        counts = np.bincount(cell, minlength=4 * len(merged)).reshape(-1, 2, 2)
        counts[before] += self.counts
        self.values, self.counts = merged, counts

    def suspicion(self) -> Suspicion | None:
        """How much the field knows; None if all units are won or none is."""
        won = int(self.counts[:, :, 1].sum())
        others = int(self.counts[:, :, 0].sum())
        if not won or not others:
            return None
        missing = self.counts[self.values == MISSING].sum(axis=(0, 1))
        shares = float(missing[1] / won), float(missing[0] / others)
        return Suspicion(float(self._auc()), *shares)

    def _auc(self) -> float:
        """The AUC of each value's won rate in the other half, drawn to the base rate."""
        units, won = self.counts.sum(axis=2), self.counts[:, :, 1]
        halves = np.maximum(units.sum(axis=0), 1)
        base = won.sum(axis=0) / halves
        rates = ((won + base) / (units + 1))[:, ::-1]
        _, level = np.unique(np.round(rates, 12), return_inverse=True)
        counts = [np.bincount(level.ravel(), self.counts[:, :, w].ravel()) for w in (1, 0)]
        ranking = auc(*counts)
        return 0.5 if ranking is None else ranking.value


def number_values(numbers: NDArray[np.float64]) -> Integers:
    """Integers that name numbers to about one part in eight, in their order; NaN is missing.

    The sign, the exponent and three bits of the fraction of a 32-bit float: 100 and 104 are one
    value, 100 and 120 are two. So a field of many numbers still has values that come twice.
    """
    bits = np.asarray(numbers, dtype=np.float32).view(np.int32) >> 20
    return np.where(np.isnan(numbers), MISSING, bits.astype(np.int64))
