"""A config as bits that must be set or unset: whether it matches, and its score, exactly."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

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
