"""Intervals of rates and of lifts, both by inverting a score test.

They hold for few units and at 0 and 100 %, where the textbook's `p +- 1.96 se` does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

Z = 1.959963984540054
"""The normal quantile of 97.5 %."""

_LOG_LARGEST_RATIO = 60.0  # e**60: no ratio of two rates of units that fit a disk is larger
_HALVINGS = 80  # of an interval 120 wide: to the last bits of a double


def wilson(hits: ArrayLike, units: ArrayLike) -> tuple[Floats, Floats]:
    """Wilson's interval of the rates `hits / units`, elementwise: lower and upper ends.

    Without units nothing is known: 0 to 1. (E. B. Wilson, 1927, JASA 22, 209-212.)
    """
    hits, units = _floats(hits), _floats(units)
    some = np.maximum(units, 1.0)
    rate = hits / some
    middle = rate + Z**2 / (2 * some)
    half = Z * np.sqrt(rate * (1 - rate) / some + Z**2 / (4 * some**2))
    scale = 1 + Z**2 / some
    low = np.where(hits == 0, 0.0, (middle - half) / scale)
    high = np.where(hits == units, 1.0, (middle + half) / scale)
    return np.where(units > 0, low, 0.0), np.where(units > 0, high, 1.0)


def lift(won_in: ArrayLike, units_in: ArrayLike, won: float, units: float) -> Floats:
    """The won rate of a part over that of all units, elementwise; NaN where either has no rate."""
    won_in, units_in = _floats(won_in), _floats(units_in)
    with np.errstate(divide="ignore", invalid="ignore"):
        return won_in / units_in / (np.float64(won) / np.float64(units))


def lift_interval(
    won_in: ArrayLike, units_in: ArrayLike, won: float, units: float
) -> tuple[Floats, Floats]:
    """The interval of `lift`, elementwise: lower and upper ends; NaN where there is no lift.

    The part and the rest are two independent samples with rates p and q. A part that is a share s
    of all units has lift `p / (s p + (1 - s) q)`, which rises with p / q, so that the ends of
    `ratio_interval` give its ends.
    """
    won_in, units_in = _floats(won_in), _floats(units_in)
    low, high = ratio_interval(won_in, units_in, won - won_in, units - units_in)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = units_in / np.float64(units)
        ends = [1 / (share + (1 - share) / ratio) for ratio in (low, high)]
        none = (units_in == 0) | (won == 0)
        ends = [np.where(share == 1, 1.0, end) for end in ends]
    return np.where(none, np.nan, ends[0]), np.where(none, np.nan, ends[1])


def ratio_interval(
    hits: ArrayLike, units: ArrayLike, other_hits: ArrayLike, other_units: ArrayLike
) -> tuple[Floats, Floats]:
    """The interval of the ratio of two independent rates, elementwise: lower and upper ends.

    The ratios that a score test does not reject, found by halving on their logarithm: 0 and
    infinity are ends where a rate is 0. (P. A. R. Koopman, 1984, Biometrics 40, 513-517.)
    """
    parts = [_floats(part) for part in (hits, units, other_hits, other_units)]
    hits, units, other_hits, other_units = np.broadcast_arrays(*parts)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.log(hits / units) - np.log(other_hits / other_units)
    middle = np.clip(np.nan_to_num(middle, nan=0.0), -_LOG_LARGEST_RATIO, _LOG_LARGEST_RATIO)
    ends = [
        _rejected_from(middle, np.full_like(middle, end), hits, units, other_hits, other_units)
        for end in (-_LOG_LARGEST_RATIO, _LOG_LARGEST_RATIO)
    ]
    low = np.where(hits == 0, 0.0, np.exp(ends[0]))
    high = np.where(other_hits == 0, np.inf, np.exp(ends[1]))
    return low, high


def _rejected_from(accepted: Floats, rejected: Floats, *counts: Floats) -> Floats:
    """The log ratios, between the accepted and the rejected ones, where the test starts to reject.

    Halving keeps `accepted` a ratio that is not rejected, so that without evidence (no hit at all)
    the end stays at the rim.
    """
    for _ in range(_HALVINGS):
        between = (accepted + rejected) / 2
        rejects = _squared_score(np.exp(between), *counts) > Z**2
        accepted = np.where(rejects, accepted, between)
        rejected = np.where(rejects, between, rejected)
    return accepted


def _squared_score(
    ratio: Floats, hits: Floats, units: Floats, other_hits: Floats, other_units: Floats
) -> Floats:
    """The score statistic, squared, of the hypothesis that the rates have this ratio."""
    a = (units + other_units) * ratio
    b = hits + other_units + ratio * (units + other_hits)
    root = np.sqrt(np.maximum(b * b - 4 * a * (hits + other_hits), 0))
    # the smaller root of a q^2 - b q + hits + other_hits, without the loss of `b - root`
    with np.errstate(divide="ignore", invalid="ignore"):
        other_rate = np.where(b > 0, 2 * (hits + other_hits) / (b + root), 0.0)
        other_rate = np.clip(other_rate, 0, np.minimum(1, 1 / ratio))
        rate = np.clip(ratio * other_rate, 0, 1)
        variance = rate * (1 - rate) / units + ratio**2 * other_rate * (1 - other_rate) / other_units
        difference = hits / units - ratio * other_hits / other_units
        score = difference**2 / variance
    return np.where(difference == 0, 0.0, np.nan_to_num(score, nan=0.0, posinf=np.inf))


def _floats(counts: ArrayLike) -> Floats:
    return np.asarray(counts, dtype=np.float64)
