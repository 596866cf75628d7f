"""Logistic regression with weights of 0 and more, on units counted by pattern.

Chances are rounded to multiples of 2^-30, so that with up to 2^22 units every sum of them is exact
in doubles and the same in any order: the same bytes on any machine.
"""

from __future__ import annotations

from math import fsum, log
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_GRAIN = float(2**30)
_RIDGE = 1e-2
_STEPS = 25
_FURTHEST = 30.0


class Patterns(Struct, frozen=True):
    """Units by pattern: `meets` [patterns, conditions] of 0 and 1, `units` and `won` [patterns]."""

    meets: Floats
    units: Floats
    won: Floats


def log_odds(patterns: Patterns, weights: Floats) -> Floats:
    """The log odds [patterns] of an intercept and weights, added up in their order."""
    odds = np.full(len(patterns.units), weights[0])
    for met, weight in zip(patterns.meets.T, weights[1:], strict=True):
        odds += met * weight
    return odds


def chances(odds: Floats) -> Floats:
    """The chance of each log odds, in whole multiples of 2^-30."""
    exact = 1 / (1 + np.exp(-np.clip(odds, -_FURTHEST, _FURTHEST)))
    return np.round(exact * _GRAIN) / _GRAIN


def variances(chance: Floats) -> Floats:
    """The variance of each outcome, in whole multiples of 2^-30."""
    return np.round(chance * (1 - chance) * _GRAIN) / _GRAIN


def fit(patterns: Patterns, start: Floats | None = None) -> Floats:
    """The intercept and the weights [1 + conditions] of the likeliest model, by Newton's method.

    Weights are at least 0 and drawn to 0 by a small ridge, without which a condition that all won
    units meet would have no end.
    """
    design = np.column_stack([np.ones(len(patterns.units)), patterns.meets])
    weights = _start(patterns) if start is None else np.append(start, 0.0)
    for _ in range(_STEPS):
        step = _newton_step(design, patterns, weights)
        moved = weights - step
        moved[1:] = np.maximum(moved[1:], 0)
        moved = np.round(moved, 10)
        converged = np.abs(moved - weights).max() < 1e-7
        weights = moved
        if converged:
            break
    return weights


def _start(patterns: Patterns) -> Floats:
    won, units = patterns.won.sum(), patterns.units.sum()
    weights = np.zeros(1 + patterns.meets.shape[1])
    weights[0] = log((won + 0.5) / (units - won + 0.5))
    return weights


def _newton_step(design: Floats, patterns: Patterns, weights: Floats) -> Floats:
    """The step of all weights but those that are 0 and would become less."""
    chance = chances(log_odds(patterns, weights))
    gradient = design.T @ (patterns.units * chance - patterns.won)
    gradient[1:] += _RIDGE * weights[1:]
    curvature = (design * (patterns.units * variances(chance))[:, None]).T @ design
    curvature[np.diag_indices(len(weights))] += np.append(1e-6, np.full(len(weights) - 1, _RIDGE))
    free = np.ones(len(weights), bool)
    free[1:] = (weights[1:] > 0) | (gradient[1:] <= 0)
    step = np.zeros(len(weights))
    step[free] = solve(curvature[np.ix_(free, free)], gradient[free])
    return step


def solve(matrix: Floats, right: Floats) -> Floats:
    """The solution of a positive definite system, by elimination in one fixed order.

    Systems have up to 17 rows; the routines of a linear algebra library would round differently
    from one processor to the next.
    """
    rows = [[*row, value] for row, value in zip(matrix.tolist(), right.tolist(), strict=True)]
    size = len(rows)
    for pivot in range(size):
        for row in rows[pivot + 1 :]:
            factor = row[pivot] / rows[pivot][pivot]
            for column in range(pivot, size + 1):
                row[column] -= factor * rows[pivot][column]
    for pivot in reversed(range(size)):
        row = rows[pivot]
        known = sum(row[column] * rows[column][size] for column in range(pivot + 1, size))
        row[size] = (row[size] - known) / row[pivot]
    return np.array([row[size] for row in rows])


def loss(patterns: Patterns, odds: Floats) -> float:
    """Minus the log likelihood of log odds [patterns], to nine digits."""
    odds = np.clip(odds, -_FURTHEST, _FURTHEST)
    terms = patterns.units * np.logaddexp(0, odds) - patterns.won * odds
    return float(f"{fsum(terms.tolist()):.9g}")
