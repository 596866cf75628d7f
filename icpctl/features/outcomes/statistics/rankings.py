"""How well a score ranks won units above the others: AUC, and what the N best would bring.

All from counts by level of the score, so that memory depends on levels and not on units.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.features.outcomes.statistics.intervals import Z

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


class Auc(Struct, frozen=True):
    """The chance that a won unit scores above one that is not won, ties half.

    `low` and `high` are None where either kind has a single unit, whose spread is not known.
    """

    value: float
    low: float | None
    high: float | None


def level_counts(scores: ArrayLike, won: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Won and other units [levels] by score, lowest first, of scores and outcomes [units]."""
    won = np.asarray(won, dtype=bool)
    levels, level = np.unique(np.asarray(scores), return_inverse=True)
    wins = np.bincount(level[won], minlength=len(levels)).astype(np.int64)
    return wins, np.bincount(level, minlength=len(levels)).astype(np.int64) - wins


def auc(won: ArrayLike, others: ArrayLike) -> Auc | None:
    """The AUC and DeLong's interval from counts [levels], lowest score first.

    None if all units are won or none is. The variance is that of each unit's placement among the
    units of the other kind. (E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, 1988,
    Biometrics 44, 837-845.)
    """
    won, others = np.asarray(won, dtype=np.float64), np.asarray(others, dtype=np.float64)
    wins, rest = won.sum(), others.sum()
    if not wins or not rest:
        return None
    below = (np.cumsum(others) - others / 2) / rest  # placements of the won units of a level
    above = 1 - (np.cumsum(won) - won / 2) / wins  # and of the others
    value = float(won @ below / wins)
    if wins < 2 or rest < 2:
        return Auc(value, None, None)
    spread = won @ (below - value) ** 2 / (wins - 1) / wins
    spread += others @ (above - value) ** 2 / (rest - 1) / rest
    half = Z * sqrt(float(spread))
    return Auc(value, max(0.0, value - half), min(1.0, value + half))


def won_among_best(won: ArrayLike, others: ArrayLike, capacity: int) -> float:
    """The won units among the `capacity` of highest score, from counts [levels], lowest first.

    Units that tie at the cut count in expectation, as if drawn at random.
    """
    won = np.asarray(won, dtype=np.float64)[::-1]
    units = won + np.asarray(others, dtype=np.float64)[::-1]
    before = np.cumsum(units) - units
    share = np.clip((capacity - before) / np.maximum(units, 1), 0, 1)
    return float(won @ share)
