"""Configs -> distinct tests -> bits: what is decided once, before any visitor is read.

A test is what a condition asks without its negation. Each distinct test of all configs owns one bit
of a row of 8-bit words; a condition is a bit that must be set or, for a `not_` comparator, unset.
All equality tests of a field are one lookup, from a value to the bits of the tests that it meets.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from functools import cached_property
from itertools import chain
from math import ceil
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from msgspec import Struct

from icpctl.mappings import mapping
from icpctl.mappings.mapping import custom_paths
from icpctl.mappings.paths import parse_path
from icpctl.scoring.scores import WORD, ConditionPlan, ConfigPlan, GroupPlan, ScoreTable
from icpctl.values import normal_forms, text_forms, url_forms
from icpctl.vocabulary import COMPARATORS, ConditionType, Form, Kind, Operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import pyarrow as pa

    from icpctl.config.model import Condition, Group, IcpConfig
    from icpctl.mappings.paths import Path


class Test(Struct, frozen=True, cache_hash=True):
    """A comparator that is not negative, with its values; texts are as they are compared.

    It is hashed once, because a list may be long.
    """

    __test__ = False  # for pytest: nothing to collect

    comparator: str
    values: tuple[Any, ...]

    @property
    def is_equality(self) -> bool:
        """Whether it compares whole values in their normal form."""
        return COMPARATORS[self.comparator].is_equality

    @property
    def needs_all(self) -> bool:
        """Whether every listed value must be met."""
        return COMPARATORS[self.comparator].needs_all

    @property
    def asks_presence(self) -> bool:
        """Whether any value will do."""
        return COMPARATORS[self.comparator].asks_presence


def make_test(condition: Condition, *, case_sensitive: bool) -> Test:
    """Return what a condition asks, so that equal tests are equal however they are put."""
    comparison = condition.comparison.positive
    if comparison.asks_presence:
        return Test(comparison.test, ())
    values = condition.listed
    if condition.condition_type.is_words:
        values = tuple(
            text_forms.plain(str(text), case_sensitive=case_sensitive) for text in values
        )
    if comparison.is_equality or comparison.takes_list:
        values = tuple(dict.fromkeys(values))
    return Test(comparison.test, values)


class TestLayout:
    """Which bits of a value's words the tests of a field own.

    After them is one for each value that a test lists which needs all of them, since different
    values of a visitor may meet those. `width` are the words of the tests alone, `size` all bits.
    """

    __test__ = False

    def __init__(self, tests: Sequence[Test]) -> None:
        self.tests = tuple(tests)
        self.width = -(-len(tests) // WORD)
        self.parts: dict[int, range] = {}
        self.size = len(tests)
        for number, test in enumerate(tests):
            if test.needs_all:
                self.parts[number] = range(self.size, self.size + len(test.values))
                self.size += len(test.values)


_Bits: TypeAlias = "dict[int, list[str]]"
"""For each bit the values that own it."""


class EqualityTable:
    """Listed values in their normal form, and the bits that each has.

    `bits` [values + 1, words] has a last row for what is not listed.
    """

    def __init__(self, values_of_bits: _Bits, words: int) -> None:
        numbers: dict[str, int] = {}
        rows_of_bits = {
            bit: [numbers.setdefault(value, len(numbers)) for value in values]
            for bit, values in values_of_bits.items()
        }
        self.values = list(numbers)
        self.bits = np.zeros((len(numbers) + 1, words), np.uint8)
        for bit, rows in rows_of_bits.items():
            self.bits[rows, bit // WORD] |= np.uint8(1 << bit % WORD)

    @cached_property
    def value_set(self) -> pa.Array:
        """The values as an Arrow array."""
        import pyarrow as pa

        return pa.array(self.values, pa.string())

    def bits_of(self, texts: pa.Array) -> np.ndarray:
        """The bits of each of some texts in the same normal form [texts, words]."""
        import pyarrow.compute as pc

        places = pc.fill_null(pc.index_in(texts, value_set=self.value_set), len(self.values))
        taken: np.ndarray = self.bits.take(places.to_numpy(zero_copy_only=False), axis=0)
        return taken


class EqualityTables:
    """The tables of a field: `paths` for values that are compared with a page's path alone."""

    def __init__(self, entry: ConditionType, layout: TestLayout) -> None:
        of_paths: _Bits = defaultdict(list)
        others: _Bits = defaultdict(list)
        is_page = entry.form is Form.PAGE
        for number, test in enumerate(layout.tests):
            if not test.is_equality or entry.form is Form.PART_OF_PAGE:
                continue
            parts = layout.parts.get(number)
            formed = normal_forms.forms_of(entry.form, test.values)
            for at, (value, form) in enumerate(zip(test.values, formed, strict=True)):
                bit = parts[at] if parts else number
                if is_page and value[:1] == "/":
                    of_paths[bit].append(url_forms.path_value(value))
                else:
                    others[bit].append(form)
        words = -(-layout.size // WORD)
        self.paths = EqualityTable(of_paths, words) if of_paths else None
        self.others = EqualityTable(others, words) if others else None


Tiers = tuple[tuple[str, int], ...]
"""Names of tiers with their lowest score in hundredths, the highest first."""


class FieldPlan(Struct, frozen=True, dict=True):
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


class Plan(Struct, frozen=True, dict=True):
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

    @cached_property
    def score_tables(self) -> tuple[ScoreTable, ...]:
        """The scores of each config, by what visitors whom a group matches hold."""
        return tuple(map(ScoreTable, self.configs))

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
    """The plan for `(slug, config)` pairs, put in order: by priority, absent last, then by slug.

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


def at_least(bound: float) -> int:
    """The lowest score, in hundredths, that reaches a bound."""
    return ceil(Fraction(str(bound)) * 100)


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


def is_custom(types: Mapping[str, ConditionType], name: str) -> bool:
    """Return whether a column is that of a custom field among these condition types."""
    return name in types and types[name].is_custom


def paths_of(
    types: Mapping[str, ConditionType], of_file: mapping.Mapping, name: str
) -> tuple[Path, ...]:
    """Return the paths of a field; a custom field of `types` may name some itself."""
    if name in mapping.CONTACTS:
        return of_file.contact.get(mapping.CONTACTS[name], ())
    if is_custom(types, name):
        return custom_paths(of_file, types[name])
    return of_file.paths.get(name, ())  # another file's mapping may name a custom field


def carried_paths(
    types: Mapping[str, ConditionType], of_file: mapping.Mapping, text: str
) -> tuple[Path, ...]:
    """Return where a carried value is: a field's paths where the text names one, else a path.

    What a record has under the very name of the field comes after these.
    """
    path = parse_path(text)
    if text in of_file.paths or is_custom(types, text):
        return (*paths_of(types, of_file, text), path)
    return (path,)


def carried_name(number: int) -> str:
    """Return the column of a carried value; a number, since any text may be asked for."""
    return f"carry {number}"
