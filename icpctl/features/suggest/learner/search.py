"""The search for a points config: the literal with the largest score statistic, then refit.

The score statistic of a literal is how much the likelihood would gain, to first order, if it were
added to the model as it is. It needs sums over units by pattern of the chosen literals and by atom,
which are whole numbers counted once a step for all literals of a field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.features.suggest.learner.literals import (
    GivenLiterals,
    Literal,
    LiteralSet,
    given_literals,
    make_literals,
)
from icpctl.features.suggest.learner.logistic import (
    Patterns,
    chances,
    fit,
    log_odds,
    loss,
    solve,
    variances,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from icpctl.features.suggest.learner.atom_counts import Block
    from icpctl.features.suggest.learner.columns import Sample

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

LEAST_STATISTIC = 3.841458820694124
"""The search ends where no literal reaches the 95 % quantile of chi squared with one degree."""

_LEAST_VARIANCE = 1e-6


class Model(Struct, frozen=True):
    """Literals chosen so far, their weights, and minus the log likelihood of the training part.

    `patterns` are its units by what they meet of the literals.
    """

    literals: tuple[Literal, ...]
    weights: Floats
    patterns: Patterns
    loss: float


def search(sample: Sample, most: int, given: GivenLiterals | None = None) -> list[Model]:
    """Models of 1, 2, ... up to `most` literals, each the one before and one more."""
    given = given or given_literals(sample)
    literals = make_literals(sample, given)
    pattern = np.zeros(len(sample), np.int64)
    model = _model((), _patterns_of(sample, pattern, np.zeros((1, 0))), None)
    models: list[Model] = []
    while len(models) < most:
        base = pattern * 2 + sample.won
        chosen = _best_literal(literals, score_statistics(literals, given.blocks, base, model))
        if chosen is None:
            break
        pattern, meets = _split(pattern, chosen.of(sample.columns), model.patterns.meets)
        patterns = _patterns_of(sample, pattern, meets)
        model = _model((*model.literals, chosen), patterns, model.weights)
        models.append(model)
    return models


def null_loss(sample: Sample) -> float:
    """Minus the log likelihood of a model without literals."""
    pattern = np.zeros(len(sample), np.int64)
    return _model((), _patterns_of(sample, pattern, np.zeros((1, 0))), None).loss


def _model(literals: tuple[Literal, ...], patterns: Patterns, start: Floats | None) -> Model:
    weights = fit(patterns, start)
    return Model(literals, weights, patterns, loss(patterns, log_odds(patterns, weights)))


def _patterns_of(sample: Sample, pattern: Integers, meets: Floats) -> Patterns:
    units = np.bincount(pattern, minlength=len(meets)).astype(np.float64)
    won = np.bincount(pattern[sample.won], minlength=len(meets)).astype(np.float64)
    return Patterns(meets, units, won)


def _split(pattern: Integers, meets: NDArray[np.bool_], before: Floats) -> tuple[Integers, Floats]:
    """Patterns [units] with one more literal, numbered anew, and what each of them meets."""
    finer = pattern * 2 + meets
    occurs = np.bincount(finer, minlength=2 * len(before)) > 0
    kept = np.flatnonzero(occurs)
    return (np.cumsum(occurs) - 1)[finer], np.column_stack([before[kept // 2], kept % 2])


def _best_literal(literals: LiteralSet, statistics: Floats) -> Literal | None:
    """The literal of largest statistic, if that is large enough."""
    if not len(statistics) or statistics.max() < LEAST_STATISTIC:
        return None
    place = int(statistics.argmax())
    for column in literals:
        if place < len(column.candidates):
            return column.literal(place)
        place -= len(column.candidates)
    raise AssertionError("there is a statistic for each literal")


def score_statistics(
    literals: LiteralSet, blocks: tuple[Block, ...], base: Integers, model: Model
) -> Floats:
    """The score statistic [literals], 0 for those that lower the chance or say nothing new.

    `base` [units] is twice the unit's pattern, plus whether it is won. All terms are whole
    multiples of 2^-30, so that no order of adding them up changes a bit.
    """
    patterns = model.patterns
    chance = chances(log_odds(patterns, model.weights))
    design = np.column_stack([np.ones(len(chance)), patterns.meets])
    weighted = (design * variances(chance)[:, None]).T
    terms = np.vstack([chance, weighted])
    by_atom = np.concatenate([block.sums(base, terms) for block in blocks], axis=1)
    starts = np.cumsum([0, *(len(column.truths) for column in literals)])
    sums = np.concatenate(
        [
            by_atom[:, start : start + len(column.truths)] @ column.truths
            for start, column in zip(starts[:-1], literals, strict=True)
        ],
        axis=1,
    )
    information = weighted @ (design * patterns.units[:, None])
    return _statistics(sums[0] - sums[1], sums[2:], information)


def _statistics(gains: Floats, shared: Floats, information: Floats) -> Floats:
    """Squared gains over their variances given the model, to nine digits; 0 for losses."""
    inverse = _inverse(information)
    explained = np.zeros_like(gains)
    for row in range(len(information)):
        for column in range(len(information)):
            explained += inverse[row, column] * shared[row] * shared[column]
    left = shared[0] - explained
    usable = (gains > 0) & (left > _LEAST_VARIANCE * np.maximum(1, shared[0]))
    statistics = np.zeros_like(gains)
    statistics[usable] = gains[usable] ** 2 / left[usable]
    return _to_digits(statistics)


def _inverse(information: Floats) -> Floats:

    size = len(information)
    ridged = information + 1e-9 * np.diag(np.maximum(1, np.diag(information)))
    return np.column_stack([solve(ridged, column) for column in np.eye(size)])


def _to_digits(values: Floats, digits: int = 9) -> Floats:
    """Values rounded to this many digits, so that what is equal but for rounding is equal."""
    some = values > 0
    rounded = np.zeros_like(values)
    scale = 10.0 ** (digits - 1 - np.floor(np.log10(values[some])))
    rounded[some] = np.round(values[some] * scale) / scale
    return rounded
