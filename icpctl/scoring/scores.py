"""A config as bits, and its scores: exact, for all patterns of held conditions at once."""

from __future__ import annotations

from functools import cached_property
from math import lcm
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction


class ConditionPlan(Struct, frozen=True):
    """A condition as a bit. It holds when the bit is set, or unset where `negated`."""

    bit: int
    negated: bool
    optional: bool
    weight: Fraction


class GroupPlan(Struct, frozen=True):
    """A group: its conditions as bits."""

    operator: Operator
    conditions: tuple[ConditionPlan, ...]


class ConfigPlan(Struct, frozen=True, dict=True):
    """One config, ready to be scored.

    A visitor whom a group matches matches the config with a score of at least `min_hundredths`.
    A config that `excludes` gives nobody an ICP: who matches it has none.
    """

    slug: str
    label: str
    priority: int | None
    groups: tuple[GroupPlan, ...]
    min_hundredths: int = 0
    excludes: bool = False

    @cached_property
    def conditions(self) -> tuple[ConditionPlan, ...]:
        """The conditions of all groups, in order."""
        return tuple(condition for group in self.groups for condition in group.conditions)


WORD = 8
_MOST = 12  # conditions whose patterns have a table: 4,096 scores
_BEST = 100_00  # in hundredths
_SMALL = (1 << 62) // (2 * _BEST)
"""Sums of weights up to it can be multiplied and doubled in 64 bits."""


class ScoreTable:
    """The scores of a config, by the pattern of the conditions that make a difference to them.

    In a config of one AND group its required conditions make none, because a visitor that
    matches holds them all. Safe on any thread: what two threads find out is the same.
    """

    def __init__(self, config: ConfigPlan) -> None:
        self._config = config
        is_and = len(config.groups) == 1 and config.groups[0].operator == Operator.AND
        self._deciding = [
            number
            for number, condition in enumerate(config.conditions)
            if condition.optional or not is_and
        ]

    def of(self, words: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The scores, in hundredths, of the `rows` that match; words are [words, rows]."""
        if len(self._deciding) > _MOST:
            return self._scores([taken(words[word], rows) >> bit & 1 for word, bit in self._places])
        codes = np.zeros(len(rows), np.uint16)
        for word, part in self._code_parts:
            codes += taken(part, taken(words[word], rows))
        return taken(self._table, codes)

    @property
    def _places(self) -> list[tuple[int, int]]:
        """The word of each deciding condition, and its bit therein."""
        return [divmod(self._config.conditions[number].bit, WORD) for number in self._deciding]

    @cached_property
    def _code_parts(self) -> list[tuple[int, np.ndarray]]:
        """For each word what its 256 values add to the code, whose bit `i` is deciding bit `i`."""
        parts: dict[int, np.ndarray] = {}
        values = np.arange(1 << WORD, dtype=np.uint16)
        for place, (word, bit) in enumerate(self._places):
            part = parts.setdefault(word, np.zeros(1 << WORD, np.uint16))
            part += (values >> bit & 1) << place
        return list(parts.items())

    @cached_property
    def _table(self) -> np.ndarray:
        """The score of each code."""
        if not self._deciding:
            return np.full(1, _BEST, np.int16)
        codes = np.arange(1 << len(self._deciding))
        return self._scores([codes >> place & 1 for place in range(len(self._deciding))])

    def _scores(self, bits: Sequence[np.ndarray]) -> np.ndarray:
        """The scores where the deciding conditions' bits [patterns] are so and all others hold."""
        held = [np.ones(len(bits[0]), bool) for _ in self._config.conditions]
        for number, bit in zip(self._deciding, bits, strict=True):
            held[number] = bit.astype(bool) ^ self._config.conditions[number].negated
        best, start = np.zeros(len(bits[0]), np.int16), 0
        for group in self._config.groups:
            stop = start + len(group.conditions)
            np.maximum(best, _group_scores(group, held[start:stop]), out=best)
            start = stop
        return best


def taken(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the values at some valid places: "clip" is four times as fast as "raise"."""
    chosen: np.ndarray = values.take(places, mode="clip")
    return chosen


def _group_scores(group: GroupPlan, held: Sequence[np.ndarray]) -> np.ndarray:
    """The score in hundredths, rounded, of each pattern; 0 where the group does not match.

    Where whole weights h of t are held it is the floor of 10,000 h/t + 1/2. `held` are [patterns]
    for each condition.
    """
    parts = [*zip(group.conditions, held, _whole_weights(group), strict=True)]
    required = [(is_held, weight) for it, is_held, weight in parts if not it.optional]
    optional = [(is_held, weight) for it, is_held, weight in parts if it.optional]
    is_and = group.operator == Operator.AND
    weight, most = _held_weight(required, is_and=is_and)
    more, rest = _held_weight(optional, is_and=True)
    total = most + rest
    scores: np.ndarray = ((2 * _BEST * (weight + more) + total) // (2 * total)).astype(np.int16)
    if not required:
        return scores
    matches = (np.logical_and if is_and else np.logical_or).reduce([its for its, _ in required])
    scored: np.ndarray = np.where(matches, scores, np.int16(0))
    return scored


def _whole_weights(group: GroupPlan) -> list[np.ndarray]:
    """The weights of the conditions as whole numbers in the same proportions, of any size."""
    weights = [condition.weight for condition in group.conditions]
    scale = lcm(*(weight.denominator for weight in weights))
    whole = [int(weight * scale) for weight in weights]
    kind = np.int64 if sum(whole) <= _SMALL else object
    return [np.array(weight, kind) for weight in whole]


def _held_weight(
    parts: Sequence[tuple[np.ndarray, np.ndarray]], *, is_and: bool
) -> tuple[np.ndarray, int]:
    """The weight that each pattern holds, and all there is: sums, or of OR the heaviest."""
    if not parts:
        return np.zeros(1, np.int64), 0
    together = np.add if is_and else np.maximum
    held = [np.where(is_held, weight, weight - weight) for is_held, weight in parts]
    return together.reduce(held), int(together.reduce([weight for _, weight in parts]))
