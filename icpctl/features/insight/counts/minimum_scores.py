"""Configs with a `minScore`: who stays below it, and what would bring whom to it."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from icpctl.features.insight.model import BoundGain, MinScoreInsight
from icpctl.features.reasons.seen_values import as_number
from icpctl.features.shared.exact_scores import matches_config
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from icpctl.scoring.scores import ConfigPlan

MOST_BOUNDS = 3
"""Lower bounds that are shown of a config."""

_FURTHER = 1.25  # a bound further away must gain so much more to be worth a line
_MOST_KNOWN = 1 << 16  # patterns whose answers are kept
_ROUND = 500, 100  # hundredths of which bounds are multiples where the gain is the same


class Reach:
    """What would bring visitors to the lowest score of a config; safe on any thread.

    The answers are exact, and made once for each pattern of held conditions that occurs.
    """

    def __init__(self, config: ConfigPlan) -> None:
        self._config = config
        self._optional = list(_with_one_optional(config))
        self._known: dict[bytes, np.ndarray] = {}

    def of(self, held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return two arrays of flags [rows, conditions] for visitors who do not match.

        `held` [rows, conditions] are the conditions that each holds. The first array says whether a
        visitor would match if this condition held as well, the second whether one would match if
        it were optional.
        """
        patterns, row_patterns = np.unique(np.packbits(held, axis=1), axis=0, return_inverse=True)
        count = held.shape[1]
        answers = np.zeros((len(patterns), 2, count), bool)
        for number, pattern in enumerate(patterns):
            answers[number] = self._answers(pattern)
        return answers[row_patterns.ravel(), 0], answers[row_patterns.ravel(), 1]

    def _answers(self, pattern: np.ndarray) -> np.ndarray:
        key = pattern.tobytes()
        answers = self._known.get(key)
        if answers is None:
            count = len(self._config.conditions)
            held = np.unpackbits(pattern, count=count).view(bool).tolist()
            answers = np.array([self._if_held(held), self._if_optional(held)])
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = answers
        return answers

    def _if_held(self, held: Sequence[bool]) -> list[bool]:
        return [
            not is_held and matches_config(self._config, [*held[:at], True, *held[at + 1 :]])
            for at, is_held in enumerate(held)
        ]

    def _if_optional(self, held: Sequence[bool]) -> list[bool]:
        return [
            config is not None and not is_held and matches_config(config, held)
            for config, is_held in zip(self._optional, held, strict=True)
        ]


def score_counts(hundredths: np.ndarray) -> Counter[int]:
    """Return how many visitors have each score."""
    distinct, counts = np.unique(hundredths, return_counts=True)
    return Counter(dict(zip(distinct.tolist(), counts.tolist(), strict=True)))


def min_score_insight(config: ConfigPlan, below: Counter[int]) -> MinScoreInsight:
    """Return what the `minScore` of a config costs, from the scores of those `below` it."""
    return MinScoreInsight(
        value=_score(config.min_hundredths),
        below=below.total(),
        gains=[] if config.excludes else _gains(below),
    )


def _gains(below: Counter[int]) -> list[BoundGain]:
    """The lower bounds that gain visitors, the next best first."""
    gains: list[BoundGain] = []
    gained = reached = 0
    scores = sorted(below, reverse=True)
    for score, next_lower in pairwise([*scores, -1]):
        reached += below[score]
        if reached > _FURTHER * gained and len(gains) < MOST_BOUNDS:
            gained = reached
            gains.append(BoundGain(value=_score(_rounded(score, next_lower)), gain=reached))
    return gains


def _rounded(score: int, next_lower: int) -> int:
    """The roundest bound that lets in whom `score` lets in, in hundredths."""
    multiples = (score // step * step for step in _ROUND)
    return next((bound for bound in multiples if bound > next_lower), score)


def _score(hundredths: int) -> int | float:
    return as_number(hundredths / 100)


def _with_one_optional(config: ConfigPlan) -> Iterator[ConfigPlan | None]:
    """Yield for each condition the config in which it is optional; None where that may lose some.

    Scores of those who hold the condition stay as they are: in a group of AND its weight counts
    either way, and so it does where it is all that a group of OR requires.
    """
    for number, group in enumerate(config.groups):
        required = sum(not condition.optional for condition in group.conditions)
        is_safe = group.operator == Operator.AND or required == 1
        for at, condition in enumerate(group.conditions):
            if condition.optional or not is_safe:
                yield None
                continue
            conditions = list(group.conditions)
            conditions[at] = replace(condition, optional=True)
            groups = list(config.groups)
            groups[number] = replace(group, conditions=tuple(conditions))
            yield replace(config, groups=tuple(groups))
