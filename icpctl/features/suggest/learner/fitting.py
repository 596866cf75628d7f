"""From a training part to a config: how many conditions, chosen by folds, and the fit itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from msgspec import Struct

from icpctl.features.outcomes.statistics.rankings import auc, level_counts
from icpctl.features.suggest.learner.points import round_to_points
from icpctl.features.suggest.learner.search import search
from icpctl.features.suggest.learner.shuffling import shuffled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from icpctl.features.suggest.learner.columns import Sample
    from icpctl.features.suggest.learner.literals import Literal

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

FOLDS = 5
REPETITIONS = 2
"""How often units are dealt into folds; the mean of all folds counts."""


class Scorer(Protocol):
    """A config in the making, of either form: literals, and whole points of any units."""

    @property
    def literals(self) -> tuple[Literal, ...]:
        """What it asks for."""

    def points_of(self, sample: Sample) -> Integers:
        """The points [units] of each unit."""


class Form(Protocol):
    """How configs of 1, 2, ... conditions are fitted to a training part."""

    def __call__(self, sample: Sample, most: int) -> Sequence[Scorer]:
        """Configs of up to `most` conditions, the smallest first."""


class Choice(Struct, frozen=True):
    """A fitted config, and the mean AUC of the folds by size [sizes].

    `errors` [sizes] are the standard errors of how much worse each size is than the best.
    """

    config: Scorer
    means: Floats
    errors: Floats


def fit_points(sample: Sample, most: int) -> list[Scorer]:
    """Points configs of 1, 2, ... up to `most` conditions."""
    return [round_to_points(model) for model in search(sample, most)]


def choose_config(sample: Sample, most: int, form: Form, seed: int) -> Choice | None:
    """Fit with as few conditions as are within one standard error of the best number.

    The number is chosen by folds, in which everything is done anew; then all units are fitted.
    None if nothing is worth a condition. (L. Breiman et al., 1984, Classification and
    Regression Trees, 3.4.3: the one-standard-error rule. The error is that of the difference, for
    sizes are compared on the same folds.)
    """
    configs = form(sample, most)
    if not configs:
        return None
    aucs = np.vstack([fold_aucs(sample, most, form, seed, n) for n in range(REPETITIONS)])
    means = np.round(aucs.mean(axis=0), 12)
    losses = aucs[:, [int(means.argmax())]] - aucs
    errors = np.round(losses.std(axis=0, ddof=1) / np.sqrt(FOLDS), 12)
    size = 1 + int(np.flatnonzero(means.max() - means <= errors)[0])
    return Choice(configs[min(size, len(configs)) - 1], means, errors)


def fold_aucs(sample: Sample, most: int, form: Form, seed: int, repetition: int = 0) -> Floats:
    """The AUC [folds, sizes] of each fold's units by the configs fitted to all others."""
    fold = folds_of(sample.won, seed, repetition)
    return np.array(
        [_sizes(sample.take(fold != n), sample.take(fold == n), most, form) for n in range(FOLDS)]
    )


def _sizes(training: Sample, held_out: Sample, most: int, form: Form) -> Floats:
    """The AUC [sizes] of held-out units; where the fit ended early its last config goes on."""
    aucs = [config_auc(config, held_out) for config in form(training, most)] or [0.5]
    return np.array([*aucs, *[aucs[-1]] * (most - len(aucs))])


def config_auc(config: Scorer, sample: Sample) -> float:
    """The AUC of the config's points, 0.5 where there is nothing to compare."""
    ranking = auc(*level_counts(config.points_of(sample), sample.won))
    return 0.5 if ranking is None else round(ranking.value, 12)


def folds_of(won: NDArray[np.bool_], seed: int, repetition: int = 0) -> Integers:
    """The fold [units] of each unit; won ones and others are dealt out alike."""
    fold = np.empty(len(won), np.int64)
    for kind in (False, True):
        rows = np.flatnonzero(won == kind)
        fold[rows[shuffled(len(rows), seed, kind, repetition, 1)]] = np.arange(len(rows)) % FOLDS
    return fold
