"""Whether chance alone would have found as much, and how steady each choice is."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from icpctl.features.suggest.learner.literals import GivenLiterals, given_literals
from icpctl.features.suggest.learner.search import null_loss, search
from icpctl.features.suggest.learner.shuffling import shuffled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from icpctl.features.suggest.learner.columns import Sample
    from icpctl.features.suggest.learner.fitting import Form
    from icpctl.features.suggest.learner.literals import Literal

    Flags = NDArray[np.bool_]
    Integers = NDArray[np.int64]

PERMUTATIONS = 199
LARGEST_P = 0.05

RESAMPLES = 50

MOST_WON = 500
MOST_OTHERS = 1_000
"""Units that the test and the resamples look at; of more they take these."""

_SAME = 0.5
"""Two conditions on a field say much the same from this correlation on."""


def p_of(figure: Callable[[Sample], float], sample: Sample, seed: int) -> float:
    """Return the chance that a procedure reaches its figure where there is nothing to be found.

    `figure` repeats the whole procedure, here on outcomes that are dealt out anew. Of very many
    units it gets representatives.
    """
    sample = sample.take(representatives(sample.won, seed))
    reached = figure(sample)
    deals = (sample.won[shuffled(len(sample), seed, n, 2)] for n in range(PERMUTATIONS))
    exceeding = sum(figure(sample.with_outcomes(dealt)) >= reached for dealt in deals)
    return (1 + exceeding) / (1 + PERMUTATIONS)


def p_of_search(sample: Sample, most: int, seed: int) -> float:
    """Return the chance that a search would have found as much in nothing.

    The search makes lists, picks fields, thresholds and directions, and fits, as it does for the
    config; the figure is the gain of the likelihood.
    """
    given = given_literals(sample.take(representatives(sample.won, seed)))
    return p_of(lambda dealt: _gain(dealt, most, given), sample, seed)


def _gain(sample: Sample, most: int, given: GivenLiterals) -> float:
    """How much likelier the outcomes are by the largest model than by none."""
    models = search(sample, most, given)
    return round(null_loss(sample) - models[-1].loss, 6) if models else 0.0


def representatives(won: Flags, seed: int, salt: int = 3) -> Integers:
    """Units, ascending, to work on where there are very many: as many won and others as allowed.

    Taking fewer of those who are not won changes the intercept of a logistic model alone.
    """
    rows = []
    for kind, most in ((False, MOST_OTHERS), (True, MOST_WON)):
        of_kind = np.flatnonzero(won == kind)
        rows.append(of_kind[shuffled(len(of_kind), seed, kind, salt)[:most]])
    return np.sort(np.concatenate(rows))


def stability(
    sample: Sample, literals: Sequence[Literal], form: Form, seed: int
) -> tuple[float, ...]:
    """For each literal the share of resamples, of half of the units each, that chose it.

    A literal counts as chosen if one of the same field is that says much the same: lists and
    thresholds are never quite the same twice.
    """
    sample = sample.take(representatives(sample.won, seed))
    met = [literal.of(sample.columns) for literal in literals]
    chosen = np.zeros(len(literals), np.int64)
    for number in range(RESAMPLES):
        half = np.sort(shuffled(len(sample), seed, number, 4)[: len(sample) // 2])
        configs = form(sample.take(half), len(literals))
        others = configs[-1].literals if configs else ()
        for position, literal in enumerate(literals):
            chosen[position] += _is_among(literal, met[position], others, sample)
    return tuple(float(count) / RESAMPLES for count in chosen)


def _is_among(literal: Literal, met: Flags, others: Sequence[Literal], sample: Sample) -> bool:
    same_field = [o for o in others if o.candidate.field == literal.candidate.field]
    return any(_correlation(other.of(sample.columns), met) >= _SAME for other in same_field)


def _correlation(first: Flags, second: Flags) -> float:
    """The correlation of what two literals say, to nine digits; 0 if either is constant."""
    units, met, also_met = len(first), int(first.sum()), int(second.sum())
    spread = met * (units - met) * also_met * (units - also_met)
    covariance = units * int((first & second).sum()) - met * also_met
    return round(covariance / sqrt(spread), 9) if spread else 0.0
