"""Configs for those who send them to the API: at most three AND groups of required conditions.

Such a config only matches or does not, so the search raises Youden's index: the share of won units
that match less the share of the others. A step adds a condition to the last group or opens a group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.features.suggest.learner.literals import LiteralSet, make_literals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from icpctl.features.suggest.learner.columns import Column, Sample
    from icpctl.features.suggest.learner.fitting import Scorer
    from icpctl.features.suggest.learner.literals import Literal

    Flags = NDArray[np.bool_]
    Integers = NDArray[np.int64]

MOST_GROUPS = 3

_LEAST_GAIN = 0.005
"""A condition raises the index by at least this."""


class RulesConfig(Struct, frozen=True):
    """AND groups of required literals."""

    groups: tuple[tuple[Literal, ...], ...]

    @property
    def literals(self) -> tuple[Literal, ...]:
        """The literals of all groups, in order."""
        return tuple(literal for group in self.groups for literal in group)

    def points_of(self, sample: Sample) -> Integers:
        """1 for each unit [units] with a visitor that matches, 0 for others."""
        return sample.best(self._row_points)

    def _row_points(self, columns: Sequence[Column]) -> Integers:
        matches = np.zeros(len(columns[0].codes), bool)
        for group in self.groups:
            matches |= meets_all(group, columns)
        return matches.astype(np.int64)


def meets_all(group: tuple[Literal, ...], columns: Sequence[Column]) -> Flags:
    """Whether each row [rows] of the columns meets every literal of a group."""
    meets = np.ones(len(columns[0].codes), bool)
    for literal in group:
        meets &= literal.of(columns)
    return meets


def fit_rules(sample: Sample, most: int) -> list[Scorer]:
    """Rules configs of 1, 2, ... up to `most` conditions."""
    literals = make_literals(sample)
    configs: list[Scorer] = []
    groups: tuple[tuple[Literal, ...], ...] = ()
    while len(configs) < most:
        best = max(_steps(sample, literals, groups), key=lambda step: step[0], default=None)
        if best is None or best[0] < index_of(groups, sample) + _LEAST_GAIN:
            break
        groups = best[1]
        configs.append(RulesConfig(groups))
    return configs


def index_of(groups: tuple[tuple[Literal, ...], ...], sample: Sample) -> float:
    """Youden's index of the groups together."""
    matches = RulesConfig(groups).points_of(sample) > 0
    return _index(int((matches & sample.won).sum()), int((matches & ~sample.won).sum()), sample)


def _index(won: int, others: int, sample: Sample) -> float:
    wins = int(sample.won.sum())
    return round(won / max(1, wins) - others / max(1, len(sample) - wins), 12)


def _steps(
    sample: Sample, literals: LiteralSet, groups: tuple[tuple[Literal, ...], ...]
) -> Iterator[tuple[float, tuple[tuple[Literal, ...], ...]]]:
    """The best condition for the last group, and the best for a new one, with the index of each."""
    if groups:
        yield from _best(sample, literals, groups[:-1], groups[-1])
    if len(groups) < MOST_GROUPS:
        yield from _best(sample, literals, groups, ())


def _best(
    sample: Sample,
    literals: LiteralSet,
    done: tuple[tuple[Literal, ...], ...],
    group: tuple[Literal, ...],
) -> Iterator[tuple[float, tuple[tuple[Literal, ...], ...]]]:
    """The condition that, added to a group, raises the index of all groups most."""
    covered = RulesConfig(done).points_of(sample) > 0
    rows = np.flatnonzero(~covered & meets_all(group, sample.columns))
    inside = sample.take(rows)
    won_before = int((covered & sample.won).sum())
    others_before = int(covered.sum()) - won_before
    best: tuple[float, Literal] | None = None
    for column in literals:
        if not column.candidates:
            continue
        codes, atoms = inside.columns[column.column].codes, len(column.truths)
        won = np.bincount(codes[inside.won], minlength=atoms) @ column.truths
        others = np.bincount(codes[~inside.won], minlength=atoms) @ column.truths
        # the same weights for every literal, so the best of a column is the best by this
        wins = max(1, int(sample.won.sum()))
        indexes = won / wins - others / max(1, len(sample) - wins)
        place = int(np.round(indexes, 12).argmax())
        index = _index(won_before + int(won[place]), others_before + int(others[place]), sample)
        if best is None or index > best[0]:
            best = index, column.literal(place)
    if best is not None:
        yield best[0], (*done, (*group, best[1]))
