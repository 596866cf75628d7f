"""Tests and odds ratios of two-by-two tables of counts, and what to make of many tests at once.

A table is `a, b, c, d`: units that meet a condition and are won, meet it and are not won, do not
meet it and are won, do neither.
"""

from __future__ import annotations

from math import ceil, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_TIES = 1 + 1e-7
"""Probabilities closer than this are equal but for rounding; also what R and SciPy allow."""


def fisher(a: int, b: int, c: int, d: int) -> float:
    """Fisher's exact two-sided p: the tables of equal margins that are at most as likely.

    Probabilities are built up from the likeliest table by the ratio of neighbours, and divided by
    their sum: logarithms of factorials near 10^7 would leave only seven digits of p. Tables more
    than 40 standard deviations (and 400 units) from the likeliest cannot be distinguished from 0.
    """
    met, won, units = a + b, a + c, a + b + c + d
    if not 0 < met < units or not 0 < won < units:
        return 1.0
    first, likelihoods = _hypergeometric(met, won, units)
    if not first <= a < first + len(likelihoods):
        return 0.0
    no_likelier = likelihoods <= likelihoods[a - first] * _TIES
    return float(min(1.0, likelihoods[no_likelier].sum() / likelihoods.sum()))


def _hypergeometric(met: int, won: int, units: int) -> tuple[int, Floats]:
    """The relative likelihoods of `a` around the likeliest one, and the `a` of the first."""
    mode = (met + 1) * (won + 1) // (units + 2)
    mean_share = met / units
    spread = sqrt(won * mean_share * (1 - mean_share) * (units - won) / max(1, units - 1))
    reach = ceil(40 * spread) + 400
    low = max(0, met + won - units, mode - reach)
    high = min(met, won, mode + reach)
    up = np.arange(mode, high, dtype=np.float64)
    down = np.arange(mode, low, -1, dtype=np.float64)
    rest = float(units - met - won)
    rising = (met - up) * (won - up) / ((up + 1) * (rest + up + 1))
    falling = down * (rest + down) / ((met - down + 1) * (won - down + 1))
    return low, np.concatenate([np.cumprod(falling)[::-1], [1.0], np.cumprod(rising)])


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """The false discovery rate at which each test would be a discovery, in the order given.

    (Y. Benjamini and Y. Hochberg, 1995, JRSS B 57, 289-300.)
    """
    p = np.asarray(p, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty_like(p)
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return q


def mantel_haenszel(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> float | None:
    """The odds ratio common to all strata; None if no stratum has anything to compare.

    Arrays are one count a stratum. Infinite where nobody who fails the condition is won.
    (N. Mantel and W. Haenszel, 1959, JNCI 22, 719-748.)
    """
    a, b, c, d = (np.asarray(counts, dtype=np.float64) for counts in (a, b, c, d))
    units = a + b + c + d
    some = units > 0
    up = float((a * d)[some] @ (1 / units[some]))
    down = float((b * c)[some] @ (1 / units[some]))
    if down > 0:
        return up / down
    return float("inf") if up > 0 else None
