"""Configs -> distinct conditions -> bits: what is decided once, before any visitor is read.

Each distinct test of all configs owns one bit of a row of 8-bit words; a condition is a bit that
must be set or, for a `not_` comparator, unset.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from icpctl.mappings import mapping
from icpctl.scoring.scores import WORD, ScoreTable
from icpctl.values import normal_forms
from icpctl.vocabulary import (
    COMPARATORS,
    CONDITION_TYPES,
    ConditionType,
    Form,
    Kind,
    Operator,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from icpctl.config.model import Condition, Group, IcpConfig

_SAME_TEST = {"equals": "in", "has_any": "in"}


@dataclass(frozen=True, slots=True)
class Test:
    """A comparator that is no negative, with its values; texts are trimmed and casefolded."""

    comparator: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """All tests of one condition type; test `i` owns bit `first_bit + i`."""

    type: ConditionType
    tests: tuple[Test, ...]
    first_bit: int


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
        needed = [h for h, one in zip(held, self.conditions, strict=True) if not one.optional]
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
    """One config, ready to be scored."""

    slug: str
    label: str
    priority: int | None
    groups: tuple[GroupPlan, ...]

    @cached_property
    def conditions(self) -> tuple[ConditionPlan, ...]:
        """The conditions of all groups, in order."""
        return tuple(one for group in self.groups for one in group.conditions)

    @cached_property
    def scores(self) -> ScoreTable:
        """The scores of the visitors that match, by what they hold."""
        return ScoreTable(self)

    def hundredths(self, held: Sequence[bool]) -> int:
        """As `score`, in hundredths, rounded."""
        return hundredths(self.score(held))

    def score(self, held: Sequence[bool]) -> Fraction:
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

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The visitor fields that must be read."""
        found = {name for field in self.fields for name in fields_of(field.type)}
        return tuple(name for name in mapping.FIELDS if name in found)


def fields_of(entry: ConditionType) -> tuple[str, ...]:
    """The fields of the mapping that a condition type looks at."""
    if entry.kind is Kind.PAGES:
        return (mapping.PAGES,)
    if entry.name == "last_seen_days":
        return (mapping.LAST_SEEN, entry.name)
    if entry.name in mapping.OF_QUERIES:
        return (entry.name, mapping.PAGES)
    if entry.form is Form.SIZE_RANGE:
        return (entry.name, "company_size")
    return (entry.name,)


def make_plan(
    configs: Iterable[tuple[str, IcpConfig]],
    *,
    as_of: datetime,
    case_sensitive: bool = False,
    others: Sequence[Condition] = (),
) -> Plan:
    """The plan for `(slug, config)` pairs; theirs is the order of SPEC 1.

    `others` are more conditions to make bits of.
    """
    configs = sorted(configs, key=_order)
    groups = [group.conditions for _, config in configs for group in config.rules.groups]
    tests: dict[str, dict[Test, int]] = {}  # condition type -> its tests, numbered
    for condition in chain(*groups, others):
        known = tests.setdefault(condition.type, {})
        known.setdefault(_test(condition, case_sensitive), len(known))
    first_bits, words = _placed({name: len(known) for name, known in tests.items()})
    fields = tuple(
        FieldPlan(CONDITION_TYPES[name], tuple(known), first_bits[name])
        for name, known in tests.items()
    )

    def planned(condition: Condition) -> ConditionPlan:
        test = _test(condition, case_sensitive)
        return ConditionPlan(
            first_bits[condition.type] + tests[condition.type][test],
            _is_negated(condition),
            condition.optional,
            Fraction(str(condition.weight)),
        )

    def planned_group(group: Group) -> GroupPlan:
        return GroupPlan(Operator(group.operator), tuple(map(planned, group.conditions)))

    return Plan(
        tuple(
            ConfigPlan(
                slug, config.label, config.priority, tuple(map(planned_group, config.rules.groups))
            )
            for slug, config in configs
        ),
        fields,
        words,
        as_of,
        case_sensitive,
        tuple(map(planned, others)),
    )


def _order(entry: tuple[str, IcpConfig]) -> tuple[bool, int, str]:
    slug, config = entry
    return config.priority is None, config.priority or 0, slug


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


def _is_negated(condition: Condition) -> bool:
    negative = COMPARATORS[condition.comparator].negates is not None
    return negative != (condition.value is False and "exists" in condition.comparator)


def _test(condition: Condition, case_sensitive: bool) -> Test:
    """The condition without its negation, so that equal tests are equal however they are put."""
    comparator = COMPARATORS[condition.comparator].negates or condition.comparator
    if comparator == "exists":
        return Test(comparator, ())
    value = condition.value
    values: tuple[Any, ...] = value if isinstance(value, tuple) else (value,)
    if CONDITION_TYPES[condition.type].kind in (Kind.TEXT, Kind.PAGES):
        values = tuple(
            normal_forms.plain(str(text), case_sensitive=case_sensitive) for text in values
        )
    if comparator in ("equals", "in", "has_any", "has_all"):
        values = tuple(dict.fromkeys(values))
    return Test(_SAME_TEST.get(comparator, comparator), values)


def _placed(counts: dict[str, int]) -> tuple[dict[str, int], int]:
    """First bits for fields of so many tests, and the words they take; first fit.

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
