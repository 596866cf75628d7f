"""Whole points from 1 to 5 for a model's literals, near its weights and as likely."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.features.suggest.learner.logistic import Patterns, fit, log_odds, loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from icpctl.features.suggest.learner.columns import Column, Sample
    from icpctl.features.suggest.learner.literals import Literal
    from icpctl.features.suggest.learner.search import Model

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

MOST_POINTS = 5


class PointsConfig(Struct, frozen=True):
    """Literals with points: the config's optional conditions, the heaviest first."""

    literals: tuple[Literal, ...]
    points: tuple[int, ...]

    @property
    def total(self) -> int:
        """The points of who meets everything."""
        return sum(self.points)

    def points_of(self, sample: Sample) -> Integers:
        """The points [units] of each unit: those of its best visitor."""
        return sample.best(self._row_points)

    def _row_points(self, columns: Sequence[Column]) -> Integers:
        points = np.zeros(len(columns[0].codes), np.int64)
        for literal, weight in zip(self.literals, self.points, strict=True):
            points += weight * literal.of(columns)
        return points

    def hundredths(self, points: int) -> int:
        """The score of a number of points in hundredths, rounded half up."""
        return (20_000 * points + self.total) // (2 * self.total) if self.total else 0


def round_to_points(model: Model) -> PointsConfig:
    """The model in whole points: several multipliers, then single steps while the loss falls.

    Literals whose points become 0 are left out, and factors that all points share are taken out.
    """
    weights = model.weights[1:]
    starts = [
        np.round(weights / max(weights.max(), 1e-9) * top) for top in range(2, MOST_POINTS + 1)
    ]
    starts = [np.clip(start, 0, MOST_POINTS).astype(np.int64) for start in starts]
    best = min((points_loss(model.patterns, start), tuple(start)) for start in starts)
    points = _improve(model.patterns, *best)
    order = sorted(range(len(points)), key=lambda place: (-points[place], place))
    kept = [place for place in order if points[place] > 0]
    shared = gcd(*(int(points[place]) for place in kept))
    return PointsConfig(
        tuple(model.literals[place] for place in kept),
        tuple(int(points[place]) // shared for place in kept),
    )


def _improve(patterns: Patterns, lowest: float, points: tuple[int, ...]) -> tuple[int, ...]:
    """Change one literal's points by one, wherever that lowers the loss most, to the end."""
    while True:
        best, changed = min((points_loss(patterns, other), other) for other in _neighbours(points))
        if best >= lowest:
            return points
        lowest, points = best, changed


def _neighbours(points: tuple[int, ...]) -> list[tuple[int, ...]]:
    changed = [
        (*points[:place], points[place] + step, *points[place + 1 :])
        for place in range(len(points))
        for step in (-1, 1)
    ]
    return [other for other in changed if max(other) > 0 and 0 <= min(other) <= max(other) <= 5]


def points_loss(patterns: Patterns, points: tuple[int, ...] | Integers) -> float:
    """The loss of the likeliest chances that depend on the points alone, by their total."""
    total = patterns.meets @ np.asarray(points, np.float64)
    top = max(1.0, float(total.max()))
    by_total = Patterns((total / top)[:, None], patterns.units, patterns.won)
    return loss(by_total, log_odds(by_total, fit(by_total)))
