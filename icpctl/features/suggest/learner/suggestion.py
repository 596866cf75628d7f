"""The whole of `suggest`: hold out, fit, test against chance, look once at the held-out units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct, field

from icpctl.features.outcomes.figures.rates import FEWEST_WON, estimate_lift, rate
from icpctl.features.outcomes.statistics.rankings import auc, level_counts, won_among_best
from icpctl.features.suggest.learner.chance import (
    LARGEST_P,
    p_of_search,
    stability,
)
from icpctl.features.suggest.learner.fitting import choose_config, fit_points
from icpctl.features.suggest.learner.points import PointsConfig
from icpctl.features.suggest.learner.rules import fit_rules
from icpctl.features.suggest.learner.shuffling import content_hashes, mix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from icpctl.features.outcomes.model import Estimate, Rate
    from icpctl.features.outcomes.statistics.rankings import Auc
    from icpctl.features.suggest.learner.columns import Sample
    from icpctl.features.suggest.learner.fitting import Choice, Scorer

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

FEW_WON = 50
"""With fewer won units than this at most `FEW_CONDITIONS` are tried."""

FEW_CONDITIONS = 3

FORMS = {"points": fit_points, "rules": fit_rules}


class Request(Struct, frozen=True):
    """What is asked for. `capacity` is of all units that are given."""

    form: str = "points"
    max_conditions: int = 8
    capacity: int | None = None
    seed: int = 0


class TooFewWonError(ValueError):
    """There are fewer than `FEWEST_WON` units won, of `joined_keys` keys of deals that joined."""

    def __init__(self, won: int, joined_keys: int = 0) -> None:
        units = f"{won} won unit is" if won == 1 else f"{won} won units are"
        super().__init__(f"{units} too few to learn from: at least {FEWEST_WON} needed")
        self.won, self.joined_keys = won, joined_keys


class HeldOut(Struct, frozen=True):
    """What the config does on units that decided nothing.

    `ranking` is the AUC of the points, `as_scored` that of the scores once `minScore` has made
    those below it 0: what `outcomes` gives for the printed config. `best` is the wins expected
    among as many units as match.
    """

    units: int
    won: int
    ranking: Auc | None
    as_scored: Auc | None
    precision: Rate
    recall: Rate
    lift: Estimate | None
    best: float


class Suggestion(Struct, frozen=True):
    """What was found. `config` is None where chance alone does as well, or nothing was found.

    `least_points` are the fewest with which a unit matches; `stability` [literals] are shares of
    resamples that chose the condition; `means` [sizes] are AUCs of the folds by size.
    """

    request: Request
    units: int
    won: int
    p: float
    config: Scorer | None = None
    least_points: int = 0
    stability: tuple[float, ...] = ()
    held_out: HeldOut | None = None
    means: tuple[float, ...] = ()
    few_won: bool = False
    sizes_tried: int = field(default=0)

    @property
    def min_score(self) -> float:
        """The config's `minScore`: the score of `least_points`; 0 for rules."""
        if not isinstance(self.config, PointsConfig):
            return 0.0
        return self.config.hundredths(self.least_points) / 100


def suggest(sample: Sample, held_out: Flags, request: Request) -> Suggestion:
    """Find a config in the units that are not held out [units]; TooFewWonError if too few won.

    The same config comes out for any order of the units.
    """
    won = int(sample.won.sum())
    if won < FEWEST_WON:
        raise TooFewWonError(won)
    most = min(request.max_conditions, FEW_CONDITIONS) if won < FEW_WON else request.max_conditions
    training = in_order(sample.take(~held_out))
    p = p_of_search(training, most, request.seed)
    choice = None
    if p <= LARGEST_P:
        choice = choose_config(training, most, FORMS[request.form], request.seed)
    summary = Suggestion(request, len(sample), won, p, few_won=won < FEW_WON, sizes_tried=most)
    if choice is None:
        return summary
    share = None if request.capacity is None else min(1.0, request.capacity / len(sample))
    return _describe(summary, choice, training, sample.take(held_out), share)


def in_order(sample: Sample) -> Sample:
    """The units in an order that depends on what they are, not on where they were."""
    contents = [column.codes.astype(np.int64) for column in sample.columns]
    if sample.visits is not None:
        visits = sample.visits
        of_visitor = content_hashes([column.codes for column in visits.columns])
        sums = np.zeros(len(sample), np.uint64)
        np.add.at(sums, visits.units, of_visitor)
        contents.append(mix(sums).view(np.int64))  # as it is it cancels the hash of its unit
    hashes = content_hashes([*contents, sample.won.astype(np.int64)])
    return sample.take(np.argsort(hashes, kind="stable"))


def _describe(
    summary: Suggestion, choice: Choice, training: Sample, held_out: Sample, share: float | None
) -> Suggestion:
    config, request = choice.config, summary.request
    least = 1
    if isinstance(config, PointsConfig):
        points = config.points_of(training)
        least = youden_cut(points, training.won) if share is None else share_cut(points, share)
    return Suggestion(
        request,
        summary.units,
        summary.won,
        summary.p,
        config,
        least,
        stability(training, config.literals, FORMS[request.form], request.seed),
        describe_held_out(config, least, held_out),
        tuple(float(mean) for mean in choice.means),
        summary.few_won,
        summary.sizes_tried,
    )


def youden_cut(points: Integers, won: Flags) -> int:
    """The fewest points to match with which the index is largest; of several, the strictest."""
    wins, others = level_counts(points, won)
    levels = np.unique(points)
    index = _from_top(wins) / max(1, wins.sum()) - _from_top(others) / max(1, others.sum())
    return int(levels[len(levels) - 1 - np.round(index, 12)[::-1].argmax()])


def share_cut(points: Integers, share: float) -> int:
    """The fewest points to match with which the share of units that match is nearest."""
    levels, units = np.unique(points, return_counts=True)
    distance = np.abs(_from_top(units) / len(points) - share)
    return int(levels[len(levels) - 1 - np.round(distance, 12)[::-1].argmin()])


def _from_top(counts: Integers) -> Floats:
    """Units of each level and those above."""
    return np.cumsum(counts[::-1])[::-1].astype(np.float64)


def describe_held_out(config: Scorer, least: int, sample: Sample) -> HeldOut:
    """The figures of units that decided nothing; those of no unit if none are held out."""
    points = config.points_of(sample)
    return figures_of(points, points >= least, sample)


def figures_of(points: Integers, matches: Flags, sample: Sample) -> HeldOut:
    """The figures of units with these points that match, or do not [units]."""
    matched, hits = int(matches.sum()), int((matches & sample.won).sum())
    won = int(sample.won.sum())
    counts = level_counts(points, sample.won)
    return HeldOut(
        len(sample),
        won,
        auc(*counts),
        auc(*level_counts(np.where(matches, points, 0), sample.won)),
        rate(hits, matched),
        rate(hits, won),
        estimate_lift(hits, matched, won, len(sample)) if won else None,
        won_among_best(*counts, matched),
    )


def hold_out_random(share: float, identities: Integers, seed: int) -> Flags:
    """Whether each unit [units] is held out, by a number that says who it is.

    Which units are held out depends neither on their order nor on what became of them; units of
    one identity stay together.
    """
    hashes = mix(identities.view(np.uint64) ^ mix(np.array([seed], np.uint64)))
    count = int(np.floor(share * len(hashes) + 0.5))
    if not count:
        return np.zeros(len(hashes), bool)
    held_out: Flags = hashes <= np.partition(hashes, count - 1)[count - 1]
    return held_out
