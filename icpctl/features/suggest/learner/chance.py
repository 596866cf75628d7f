"""Whether chance alone would have found as much, and how steady each choice is."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.features.suggest.learner.literals import GivenLiterals, given_literals
from icpctl.features.suggest.learner.search import null_loss, search
from icpctl.features.suggest.learner.shuffling import shuffled

if TYPE_CHECKING:
    from collections.abc import Sequence

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


class PermutationTest(Struct, frozen=True):
    """`exceeding` of `permutations` found as much as was found; p counts what was found as well."""

    permutations: int
    exceeding: int

    @property
    def p(self) -> float:
        """The chance of finding as much where there is nothing."""
        return (1 + self.exceeding) / (1 + self.permutations)


def permutation_test(sample: Sample, most: int, seed: int) -> PermutationTest:
    """Repeat the whole search on outcomes dealt out anew, and compare what it gains.

    The search makes lists, picks fields, thresholds and directions, and fits, as it does for the
    config; the gain is that of the likelihood. It stops once enough exceed that p is above
    `LARGEST_P` whatever comes (J. Besag and P. Clifford, 1991, Biometrika 78, 301-304).
    """
    sample = sample.take(representatives(sample.won, seed))
    given = given_literals(sample)
    gain = _gain(sample, most, given)
    enough = int(LARGEST_P * (PERMUTATIONS + 1))
    exceeding = 0
    for number in range(PERMUTATIONS):
        dealt = sample.won[shuffled(len(sample), seed, number, 2)]
        exceeding += _gain(sample.with_outcomes(dealt), most, given) >= gain
        if exceeding >= enough:
            return PermutationTest(number + 1, exceeding)
    return PermutationTest(PERMUTATIONS, exceeding)


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
