"""Configs -> distinct conditions -> bits: what is decided once, before any visitor is read.

Each distinct test of all configs owns one bit of a row of 8-bit words; a condition is a bit that
must be set or, for a `not_` comparator, unset.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain
from math import ceil
from typing import TYPE_CHECKING

from icpctl.mappings import mapping
from icpctl.scoring.kernel.condition_tests import Test, TestLayout, make_test
from icpctl.scoring.kernel.equality_tables import EqualityTables
from icpctl.scoring.kernel.scores import WORD, ScoreTable
from icpctl.vocabulary import ConditionType, Form, Kind, Operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from icpctl.config.model import Condition, Group, IcpConfig

Tiers = tuple[tuple[str, int], ...]
"""Names of tiers with their lowest score in hundredths, the highest first."""


@dataclass(frozen=True)
class FieldPlan:
    """All tests of one condition type; test `i` owns bit `first_bit + i`."""

    type: ConditionType
    tests: tuple[Test, ...]
    first_bit: int

    @cached_property
    def layout(self) -> TestLayout:
        """The bits of the tests among those of a value, which batches need again and again."""
        return TestLayout(self.tests)

    @cached_property
    def equalities(self) -> EqualityTables:
        """What equals a listed value, as one lookup."""
        return EqualityTables(self.type, self.layout)


@dataclass(frozen=True, slots=True)
class ConditionPlan:
    """A condition as a bit. It holds when the bit is set, or unset where `negated`."""

    bit: int
    negated: bool
    optional: bool
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Weights:
    """The terms of a group's score: weight held and weight there is, required and optional."""

    required: Fraction
    all_required: Fraction
    optional: Fraction
    all_optional: Fraction

    @property
    def score(self) -> Fraction:
        """0 to 100."""
        return 100 * (self.required + self.optional) / (self.all_required + self.all_optional)


@dataclass(frozen=True)
class GroupPlan:
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


@dataclass(frozen=True)
class ConfigPlan:
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

    @cached_property
    def scores(self) -> ScoreTable:
        """The scores of the visitors whom a group matches, by what they hold."""
        return ScoreTable(self)

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


@dataclass(frozen=True)
class Plan:
    """Everything `score_batch` needs besides the visitors.

    `others` are conditions of no config, whose bits are made as well.
    """

    configs: tuple[ConfigPlan, ...]
    fields: tuple[FieldPlan, ...]
    words: int
    as_of: datetime
    case_sensitive: bool
    others: tuple[ConditionPlan, ...] = ()
    tiers: Tiers = ()

    @property
    def excludes(self) -> bool:
        """Whether some config excludes the visitors who match it."""
        return any(config.excludes for config in self.configs)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The visitor fields that must be read."""
        needed = {name for field in self.fields for name in fields_of(field.type)}
        custom = [field.type.name for field in self.fields if field.type.is_custom]
        return (*(name for name in mapping.FIELDS if name in needed), *sorted(custom))

    @cached_property
    def types(self) -> Mapping[str, ConditionType]:
        """The condition types that are asked for, by the field of the mapping they look at."""
        return {field_of(field.type): field.type for field in self.fields}


def fields_of(entry: ConditionType) -> tuple[str, ...]:
    """The fields of the mapping that a condition type looks at."""
    if entry.is_days and not entry.is_custom:
        return (mapping.LAST_SEEN, entry.name)
    if entry.name in mapping.OF_QUERIES:
        return (entry.name, mapping.PAGES)
    if entry.form is Form.SIZE_RANGE:
        return (entry.name, "company_size")
    return (field_of(entry),)


def field_of(entry: ConditionType) -> str:
    """The field of the mapping whose values a condition type compares."""
    return mapping.PAGES if entry.kind is Kind.PAGES else entry.name


def make_plan(
    configs: Iterable[tuple[str, IcpConfig]],
    *,
    as_of: datetime,
    case_sensitive: bool = False,
    others: Sequence[Condition] = (),
    tiers: Mapping[str, float] | None = None,
) -> Plan:
    """The plan for `(slug, config)` pairs; theirs is the order of SPEC 1.

    `others` are more conditions to make bits of; `tiers` are names with their lowest scores.
    """
    configs = sorted(configs, key=_order)
    planner = _Planner(
        [*chain.from_iterable(config.conditions for _, config in configs), *others], case_sensitive
    )
    return Plan(
        tuple(planner.config(slug, config) for slug, config in configs),
        planner.fields,
        planner.words,
        as_of,
        case_sensitive,
        tuple(map(planner.condition, others)),
        tuple(sorted(((n, at_least(b)) for n, b in (tiers or {}).items()), key=lambda it: -it[1])),
    )


class _Planner:
    """Gives each distinct test of some conditions its bit."""

    def __init__(self, conditions: Sequence[Condition], case_sensitive: bool) -> None:
        self._tests = {id(it): make_test(it, case_sensitive=case_sensitive) for it in conditions}
        numbers: dict[str, dict[Test, int]] = {}  # condition type -> its tests, numbered
        types: dict[str, ConditionType] = {}
        for condition in conditions:
            types[condition.type] = condition.condition_type
            known = numbers.setdefault(condition.type, {})
            known.setdefault(self._tests[id(condition)], len(known))
        self._first_bits, self.words = _placed({name: len(it) for name, it in numbers.items()})
        self._numbers = numbers
        self.fields = tuple(
            FieldPlan(types[name], tuple(known), self._first_bits[name])
            for name, known in numbers.items()
        )

    def config(self, slug: str, config: IcpConfig) -> ConfigPlan:
        """Return a config with its conditions as bits."""
        return ConfigPlan(
            slug,
            config.label,
            config.priority,
            tuple(map(self._group, config.rules.groups)),
            at_least(config.min_score),
            config.exclude,
        )

    def condition(self, condition: Condition) -> ConditionPlan:
        """Return a condition as its bit."""
        number = self._numbers[condition.type][self._tests[id(condition)]]
        return ConditionPlan(
            self._first_bits[condition.type] + number,
            condition.is_negated,
            condition.optional,
            Fraction(str(condition.weight)),
        )

    def _group(self, group: Group) -> GroupPlan:
        return GroupPlan(Operator(group.operator), tuple(map(self.condition, group.conditions)))


def _order(entry: tuple[str, IcpConfig]) -> tuple[bool, int, str]:
    slug, config = entry
    return config.priority is None, config.priority or 0, slug


def rounded(score: Fraction) -> float:
    """Two decimals, half away from zero (scores are never negative)."""
    return hundredths(score) / 100


def hundredths(score: Fraction) -> int:
    """The score in hundredths, rounded half away from zero."""
    return (score * 100 + Fraction(1, 2)).__floor__()


def at_least(bound: float) -> int:
    """The lowest score, in hundredths, that reaches a bound."""
    return ceil(Fraction(str(bound)) * 100)


def _sum(weights: Iterable[Fraction]) -> Fraction:
    return sum(weights, Fraction(0))


def _heaviest(weights: Iterable[Fraction]) -> Fraction:
    return max(weights, default=Fraction(0))


def _placed(counts: dict[str, int]) -> tuple[dict[str, int], int]:
    """First bits for fields with these numbers of tests, and the words they take; first fit.

    A field of up to 8 tests lies within one word; a larger one begins a word.
    """
    first_bits: dict[str, int] = {}
    room: list[int] = []  # bits left in each word
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        fitting = next((w for w, left in enumerate(room) if left >= count), None)
        if fitting is None:
            fitting = len(room)
            room += [WORD] * -(-count // WORD)
        first_bits[name] = fitting * WORD + WORD - room[fitting]
        for word in range(fitting, len(room)):
            taken = min(count, room[word])
            room[word] -= taken
            count -= taken  # noqa: PLW2901 - what is left to place
    return first_bits, len(room)
