"""`--tune`: the conditions of a config as they are, with other weights and thresholds.

Each weight and threshold in turn is set to what raises the AUC of the config's score most, until
nothing raises it. A change is made only for a gain worth a line of a diff.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from icpctl.features.outcomes.statistics.rankings import auc, level_counts
from icpctl.features.suggest.learner.chance import p_of
from icpctl.features.suggest.learner.points import MOST_POINTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from icpctl.features.suggest.learner.columns import Column, Sample

    Flags = NDArray[np.bool_]
    Integers = NDArray[np.int64]

LEAST_GAIN = 0.002
"""A change raises the AUC by at least this."""

_SWEEPS = 5
_NO_MATCH = -1


class TunedCondition(Struct, frozen=True):
    """A condition: its column, which of the column's candidates it is, and its weight."""

    column: int
    variant: int
    weight: float
    optional: bool


class TunedGroup(Struct, frozen=True):
    """A group of conditions, joined by AND or OR."""

    is_and: bool
    conditions: tuple[TunedCondition, ...]

    def hundredths(self, columns: Sequence[Column]) -> Integers:
        """The score [rows] in hundredths, `_NO_MATCH` where the group does not match."""
        rows = len(columns[0].codes)
        held = [_held(condition, columns) for condition in self.conditions]
        pairs = list(zip(self.conditions, held, strict=True))
        required = [(c.weight, flags) for c, flags in pairs if not c.optional]
        optional = [(c.weight, flags) for c, flags in pairs if c.optional]
        matches, weight, whole = _required(required, self.is_and, rows)
        for amount, flags in optional:
            weight = weight + amount * flags
            whole += amount
        scores = np.floor(np.round(10_000 * weight / whole, 6) + 0.5).astype(np.int64)
        return np.where(matches, scores, _NO_MATCH)


def _held(condition: TunedCondition, columns: Sequence[Column]) -> Flags:
    column = columns[condition.column]
    held: Flags = column.truths[column.codes, condition.variant]
    return held


def _required(
    required: Sequence[tuple[float, Flags]], is_and: bool, rows: int
) -> tuple[Flags, NDArray[np.float64], float]:
    """Which rows match, the required weight that they hold, and the weight there is."""
    held = np.zeros(rows)
    if not required:
        return np.ones(rows, bool), held, 0.0
    flags = np.stack([flags for _, flags in required])
    weights = np.array([weight for weight, _ in required])
    weighted = weights[:, None] * flags
    matches: Flags = np.all(flags, axis=0) if is_and else np.any(flags, axis=0)
    if is_and:
        return matches, np.sum(weighted, axis=0), float(weights.sum())
    return matches, np.max(weighted, axis=0), float(weights.max())


class TunedConfig(Struct, frozen=True):
    """All groups of a config; `least` is the lowest score in hundredths that matches."""

    groups: tuple[TunedGroup, ...]
    least: int = 0

    def hundredths(self, sample: Sample) -> Integers:
        """The score [units] of each unit's best visitor, 0 where none matches."""
        return np.maximum(sample.best(self._row_scores), 0)

    def matches(self, sample: Sample) -> Flags:
        """Whether each unit [units] has a visitor that matches."""
        matches: Flags = sample.best(self._row_scores) >= self.least
        return matches

    def _row_scores(self, columns: Sequence[Column]) -> Integers:
        scores: Integers = np.max([group.hundredths(columns) for group in self.groups], axis=0)
        return scores

    def with_condition(self, group: int, place: int, condition: TunedCondition) -> TunedConfig:
        """The config with another condition at a place."""
        conditions = list(self.groups[group].conditions)
        conditions[place] = condition
        groups = list(self.groups)
        groups[group] = replace(groups[group], conditions=tuple(conditions))
        return replace(self, groups=tuple(groups))


def tune(config: TunedConfig, sample: Sample) -> TunedConfig:
    """Change one weight or threshold after the other while the AUC rises."""
    best = config_auc(config, sample)
    for _ in range(_SWEEPS):
        before = best
        for group, place in _places(config):
            for condition in _alternatives(config.groups[group].conditions[place], sample):
                other = config.with_condition(group, place, condition)
                value = config_auc(other, sample)
                if value >= best + LEAST_GAIN:
                    best, config = value, other
        if best == before:
            break
    return config


def config_auc(config: TunedConfig, sample: Sample) -> float:
    """The AUC of the score, 0.5 where there is nothing to compare."""
    ranking = auc(*level_counts(config.hundredths(sample), sample.won))
    return 0.5 if ranking is None else round(ranking.value, 12)


def _places(config: TunedConfig) -> list[tuple[int, int]]:
    return [
        (number, place)
        for number, group in enumerate(config.groups)
        for place in range(len(group.conditions))
    ]


def _alternatives(condition: TunedCondition, sample: Sample) -> Iterator[TunedCondition]:
    """Other thresholds, and other weights."""
    for variant in range(len(sample.columns[condition.column].candidates)):
        if variant != condition.variant:
            yield replace(condition, variant=variant)
    for weight in range(1, MOST_POINTS + 1):
        if weight != condition.weight:
            yield replace(condition, weight=weight)


def p_of_tuning(config: TunedConfig, sample: Sample, seed: int) -> float:
    """Return the chance that tuning would rank as well to outcomes that say nothing."""
    return p_of(lambda dealt: config_auc(tune(config, dealt), dealt), sample, seed)
