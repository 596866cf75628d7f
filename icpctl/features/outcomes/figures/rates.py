"""Single figures from counts, as the model has them."""

from __future__ import annotations

from icpctl.features.outcomes.model import Estimate, Rate
from icpctl.features.outcomes.statistics import intervals

FEW = 10
"""A rate of fewer units than this says so."""

FEWEST_WON = 20
"""With fewer won units than this no condition gets a verdict, and no config is suggested."""


def rate(count: int, of: int) -> Rate:
    """`count` of `of` with Wilson's interval."""
    low, high = intervals.wilson(count, of)
    return Rate(count, of, count / of if of else None, low, high, of < FEW)


def estimate_lift(won_in: int, units_in: int, won: int, units: int) -> Estimate | None:
    """The won rate of a part over that of all units, None where either is not a rate above 0."""
    if not units_in or not won:
        return None
    low, high = intervals.lift_interval(won_in, units_in, won, units)
    return Estimate((won_in / units_in) / (won / units), low, high)
