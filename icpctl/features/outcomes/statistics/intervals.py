"""Intervals of rates and of lifts, both by inverting a score test.

They hold for few units and at 0 and 100 %, where the textbook's `p +- 1.96 se` does not.
"""

from __future__ import annotations

from math import exp, inf, log, sqrt

from msgspec import Struct

Z = 1.959963984540054
"""The normal quantile of 97.5 %."""

_LARGEST = 60.0  # e**60: no ratio of two rates of units that fit a disk is larger
_HALVINGS = 70  # of an interval up to 120 wide: to the last bits of a double


def wilson(hits: int, units: int) -> tuple[float, float]:
    """Wilson's interval of the rate `hits / units`; 0 to 1 without units.

    (E. B. Wilson, 1927, JASA 22, 209-212.)
    """
    if not units:
        return 0.0, 1.0
    rate = hits / units
    middle = rate + Z**2 / (2 * units)
    half = Z * sqrt(rate * (1 - rate) / units + Z**2 / (4 * units**2))
    scale = 1 + Z**2 / units
    low = (middle - half) / scale if hits else 0.0
    return low, (middle + half) / scale if hits < units else 1.0


def lift_interval(won_in: int, units_in: int, won: int, units: int) -> tuple[float, float]:
    """The interval of a lift: the won rate of a part over that of all units, which is above 0.

    The part and the rest are two independent samples with rates p and q. A part that is a share s
    of all units has lift `p / (s p + (1 - s) q)`, which rises with p / q, so that the ends of
    `ratio_interval` give its ends.
    """
    share = units_in / units
    if share == 1:
        return 1.0, 1.0
    low, high = ratio_interval(TwoRates(won_in, units_in, won - won_in, units - units_in))
    return (1 / (share + (1 - share) / low) if low else 0.0), 1 / (share + (1 - share) / high)


class TwoRates(Struct, frozen=True):
    """Hits of two independent samples; neither is empty."""

    hits: int
    units: int
    other_hits: int
    other_units: int


def ratio_interval(rates: TwoRates) -> tuple[float, float]:
    """The interval of the ratio of two rates: 0 and infinity are ends where a rate is 0.

    The ratios that a score test does not reject, found by halving on their logarithm.
    (P. A. R. Koopman, 1984, Biometrics 40, 513-517.)
    """
    middle = 0.0
    if rates.hits and rates.other_hits:
        middle = log(rates.hits / rates.units) - log(rates.other_hits / rates.other_units)
    elif rates.hits or rates.other_hits:
        middle = _LARGEST if rates.hits else -_LARGEST
    low = exp(_rejected_from(middle, -_LARGEST, rates)) if rates.hits else 0.0
    high = exp(_rejected_from(middle, _LARGEST, rates)) if rates.other_hits else inf
    return low, high


def _rejected_from(accepted: float, rejected: float, rates: TwoRates) -> float:
    """The log ratio, between an accepted and a rejected one, where the test starts to reject."""
    for _ in range(_HALVINGS):
        between = (accepted + rejected) / 2
        if _squared_score(exp(between), rates) > Z**2:
            rejected = between
        else:
            accepted = between
    return accepted


def _squared_score(ratio: float, rates: TwoRates) -> float:
    """The score statistic, squared, of the hypothesis that the rates have this ratio.

    The likeliest `other_rate` is the smaller root of `a q^2 - b q + hits`, here without the
    cancellation of `b - root`.
    """
    hits = rates.hits + rates.other_hits
    a = (rates.units + rates.other_units) * ratio
    b = rates.hits + rates.other_units + ratio * (rates.units + rates.other_hits)
    other_rate = min(2 * hits / (b + sqrt(max(0.0, b * b - 4 * a * hits))), 1.0, 1 / ratio)
    rate = min(1.0, ratio * other_rate)
    variance = rate * (1 - rate) / rates.units
    variance += ratio**2 * other_rate * (1 - other_rate) / rates.other_units
    difference = rates.hits / rates.units - ratio * rates.other_hits / rates.other_units
    if difference == 0:
        return 0.0
    return difference**2 / variance if variance > 0 else inf
