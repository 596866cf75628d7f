"""A config as bits that must be set or unset: whether it matches, and its score, exactly (SPEC 5).

For one visitor in fractions, and in whole numbers for all patterns of held conditions at once.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class ConditionPlan(Struct, frozen=True):
    """A condition as a bit. It holds when the bit is set, or unset where `negated`."""

    bit: int
    negated: bool
    optional: bool
    weight: Fraction


class Weights(Struct, frozen=True):
    """The terms of a group's score: weight held and weight there is, required and optional."""

    required: Fraction
    all_required: Fraction
    optional: Fraction
    all_optional: Fraction

    @property
    def score(self) -> Fraction:
        """0 to 100."""
        return 100 * (self.required + self.optional) / (self.all_required + self.all_optional)


class GroupPlan(Struct, frozen=True):
    """A group: whether it matches, and its score."""

    operator: Operator
    conditions: tuple[ConditionPlan, ...]

    def matches(self, held: Sequence[bool]) -> bool:
        """Whether the group matches a visitor that holds these of its conditions."""
        needed = [
            is_held
            for is_held, condition in zip(held, self.conditions, strict=True)
            if not condition.optional
        ]
        return not needed or (all(needed) if self.operator == Operator.AND else any(needed))

    def weights(self, held: Sequence[bool]) -> Weights:
        """What a visitor that holds these conditions has of the group's weight."""
        required = [
            (h, c.weight) for h, c in zip(held, self.conditions, strict=True) if not c.optional
        ]
        optional = [(h, c.weight) for h, c in zip(held, self.conditions, strict=True) if c.optional]
        together = _sum if self.operator == Operator.AND else _heaviest
        return Weights(
            together(w for h, w in required if h),
            together(w for _, w in required),
            _sum(w for h, w in optional if h),
            _sum(w for _, w in optional),
        )

    def score(self, held: Sequence[bool]) -> Fraction:
        """Weight held over weight there is, times 100, exactly (SPEC 5)."""
        return self.weights(held).score


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

    def hundredths(self, held: Sequence[bool]) -> int:
        """As `best_score`, in hundredths, rounded."""
        return hundredths(self.best_score(held))

    def matches(self, held: Sequence[bool]) -> bool:
        """Whether the config matches a visitor that holds these conditions."""
        start, any_group = 0, False
        for group in self.groups:
            stop = start + len(group.conditions)
            any_group = any_group or group.matches(held[start:stop])
            start = stop
        return any_group and self.hundredths(held) >= self.min_hundredths

    def score(self, held: Sequence[bool]) -> Fraction:
        """The config's score, exactly: 0 where it does not match."""
        best = self.best_score(held)
        return best if hundredths(best) >= self.min_hundredths else Fraction(0)

    def best_score(self, held: Sequence[bool]) -> Fraction:
        """The highest score of the groups that match, 0 when none does, exactly."""
        best = Fraction(0)
        start = 0
        for group in self.groups:
            stop = start + len(group.conditions)
            if group.matches(held[start:stop]):
                best = max(best, group.score(held[start:stop]))
            start = stop
        return best


def rounded(score: Fraction) -> float:
    """Two decimals, half away from zero (scores are never negative)."""
    return hundredths(score) / 100


def hundredths(score: Fraction) -> int:
    """The score in hundredths, rounded half away from zero."""
    return (score * 100 + Fraction(1, 2)).__floor__()


def _sum(weights: Iterable[Fraction]) -> Fraction:
    return sum(weights, Fraction(0))


def _heaviest(weights: Iterable[Fraction]) -> Fraction:
    return max(weights, default=Fraction(0))


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
    """`GroupPlan.score` in hundredths, rounded, of each pattern; 0 where the group does not match.

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
