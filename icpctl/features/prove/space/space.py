"""All possible visitors, as far as the conditions of some configs can tell them apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.features.prove.space.numbers import NumberSource
from icpctl.features.prove.space.texts import PRESENT, TextSource
from icpctl.features.shared.exact_scores import hundredths, matches_group, weights_of
from icpctl.mappings import mapping
from icpctl.scoring.plan import make_plan
from icpctl.values import date_forms, text_forms
from icpctl.vocabulary import BUILT_IN, Form, Kind, Operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from icpctl.config.model import IcpConfig
    from icpctl.scoring.plan import Plan, Test
    from icpctl.scoring.scores import ConditionPlan, ConfigPlan, GroupPlan
    from icpctl.vocabulary import ConditionType

_SIZE = "company_size"

Source: TypeAlias = TextSource | NumberSource


class Claim(Struct, frozen=True):
    """A statement about a visitor: that it matches a config or a group, or holds a condition.

    All are numbers in the plan; without `group` it is about the config, without `condition` about
    the group. With `holds` False it says the opposite. With `enough` it says of a group that it
    matches with a score of at least the config's `minScore`: then so does the config.
    """

    config: int
    group: int | None = None
    condition: int | None = None
    holds: bool = True
    enough: bool = False

    def opposite(self) -> Claim:
        """The opposite statement."""
        return replace(self, holds=not self.holds)


class State(Struct, frozen=True):
    """A visitor: for each field the numbers of its texts, or of its lowest and highest point.

    A field that is in neither is missing.
    """

    texts: Mapping[str, frozenset[int]] = field(default_factory=dict)
    numbers: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def without(self, name: str) -> State:
        """The same visitor without a field."""
        texts = {key: values for key, values in self.texts.items() if key != name}
        return State(texts, {key: values for key, values in self.numbers.items() if key != name})

    def with_texts(self, name: str, numbers: Iterable[int]) -> State:
        """The same visitor with other texts in a field; without any it is missing."""
        left = frozenset(numbers)
        return State({**self.texts, name: left}, self.numbers) if left else self.without(name)

    def with_number(self, name: str, low: int, high: int) -> State:
        """The same visitor with another number in a field."""
        return State(self.texts, {**self.numbers, name: (low, high)})


class Space:
    """Every visitor that configs can tell apart. `configs` are `(slug, config)` pairs."""

    def __init__(
        self,
        configs: Sequence[tuple[str, IcpConfig]],
        *,
        case_sensitive: bool = False,
    ) -> None:
        self.case_sensitive = case_sensitive
        self.plan: Plan = make_plan(
            [(slug, _without_exclusion(config)) for slug, config in configs],
            as_of=date_forms.EPOCH,
            case_sensitive=case_sensitive,
        )
        self.tests: dict[int, tuple[str, Test]] = {
            field.first_bit + number: (field.type.name, test)
            for field in self.plan.fields
            for number, test in enumerate(field.tests)
        }
        self.types: dict[str, ConditionType] = {
            field.type.name: field.type for field in self.plan.fields
        }
        spelt = _spelt((config for _, config in configs), case_sensitive)
        by_source: dict[str, dict[int, tuple[str, Test]]] = {}
        for bit, (name, test) in self.tests.items():
            by_source.setdefault(self.source_name(name), {})[bit] = (name, test)
        of_ranges = {bit: test for bit, (name, test) in self.tests.items() if self._is_range(name)}
        if any(_any_listed(test) for test in of_ranges.values()):
            by_source.setdefault(_SIZE, {})
            self.types.setdefault(_SIZE, BUILT_IN.types[_SIZE])
        self.texts: dict[str, TextSource] = {}
        self.numbers: dict[str, NumberSource] = {}
        for name, tests in by_source.items():
            if name == mapping.PAGES or self.types[name].is_words:
                types = {own: self.types[own] for own, _ in tests.values()}
                self.texts[name] = TextSource(
                    name, types, tests, spelt, case_sensitive=case_sensitive
                )
            else:
                own = {bit: test for bit, (_, test) in tests.items()}
                limits = of_ranges if name == _SIZE else {}
                self.numbers[name] = NumberSource(self.types[name], own, limits)

    @property
    def configs(self) -> tuple[ConfigPlan, ...]:
        """The configs, in order."""
        return self.plan.configs

    def sources(self, claims: Iterable[Claim]) -> set[str]:
        """The fields that decide whether claims are true."""
        sources = set()
        for claim in claims:
            for condition in self._conditions(claim):
                name, test = self.tests[condition.bit]
                sources.add(self.source_name(name))
                if self._is_range(name) and _any_listed(test):
                    sources.add(_SIZE)
        return sources

    def holds(self, bit: int, state: State) -> bool:
        """Whether a test holds for a visitor."""
        name, _ = self.tests[bit]
        name = self.source_name(name)
        if name in self.numbers:
            point = state.numbers.get(name)
            return point is not None and self.numbers[name].held(bit, *point)
        texts = self.texts[name]
        hit = 0
        for number in state.texts.get(name, ()):
            hit |= texts.masks[number]
        if not hit & PRESENT and bit in getattr(self.numbers.get(_SIZE), "limits", {}):
            size = state.numbers.get(_SIZE)
            return size is not None and self.numbers[_SIZE].held(bit, *size)
        return texts.tests[bit].held(hit)

    def held(self, config: int, state: State) -> list[bool]:
        """Which conditions of a config a visitor holds."""
        return [self._is_held(condition, state) for condition in self.configs[config].conditions]

    def is_true(self, claim: Claim, state: State) -> bool:
        """Whether a claim is true of a visitor, looking at no more conditions than it takes."""
        config = self.configs[claim.config]
        groups = config.groups
        if claim.group is not None:
            groups = (groups[claim.group],)
        if claim.condition is not None:
            return self._is_held(groups[0].conditions[claim.condition], state) == claim.holds
        matched = any(self._is_matched(group, state) for group in groups)
        if matched and config.min_hundredths and asks_for_enough(claim):
            return claim_is_true(claim, config, self.held(claim.config, state))
        return matched == claim.holds

    def record(self, state: State) -> dict[str, Any]:
        """The visitor as a record."""
        record: dict[str, Any] = {}
        custom = (name for name, entry in self.types.items() if entry.is_custom)
        for name in (*mapping.FIELDS, *sorted(custom)):
            if name in state.texts:
                texts = [self.texts[name].texts[number] for number in sorted(state.texts[name])]
                record[name] = texts if name == mapping.PAGES or len(texts) > 1 else texts[0]
            elif name in state.numbers:
                low, high = state.numbers[name]
                record[name] = _value(self.numbers[name], low, high)
        return record

    def source_name(self, name: str) -> str:
        """The field of a record that a condition type looks at."""
        return mapping.PAGES if self.types[name].kind is Kind.PAGES else name

    def _is_range(self, name: str) -> bool:
        return self.types[name].form is Form.SIZE_RANGE

    def _is_held(self, condition: ConditionPlan, state: State) -> bool:
        return self.holds(condition.bit, state) != condition.negated

    def _is_matched(self, group: GroupPlan, state: State) -> bool:
        needed = [condition for condition in group.conditions if not condition.optional]
        together = all if group.operator == Operator.AND else any
        return not needed or together(self._is_held(condition, state) for condition in needed)

    def _conditions(self, claim: Claim) -> Iterator[ConditionPlan]:
        config = self.configs[claim.config]
        with_optional = config.min_hundredths > 0 and asks_for_enough(claim)
        for number, group in enumerate(config.groups):
            if claim.group in (None, number):
                if claim.condition is None:
                    yield from (
                        condition
                        for condition in group.conditions
                        if with_optional or not condition.optional
                    )
                else:
                    yield group.conditions[claim.condition]


def _without_exclusion(config: IcpConfig) -> IcpConfig:
    """A config whose matches are listed among all others; who is excluded follows from them."""
    return config.model_copy(update={"exclude": False})


def asks_for_enough(claim: Claim) -> bool:
    """Whether the config's `minScore` has a say in a claim."""
    return claim.group is None or claim.enough


def claim_is_true(claim: Claim, config: ConfigPlan, held: Sequence[bool]) -> bool:
    """Whether a claim is true of a visitor that holds these conditions of its config."""
    start = 0
    matched = []
    for number, group in enumerate(config.groups):
        ours = held[start : start + len(group.conditions)]
        start += len(group.conditions)
        if claim.group == number and claim.condition is not None:
            return bool(ours[claim.condition]) == claim.holds
        enough = not asks_for_enough(claim) or reaches(config, group, ours)
        matched.append(matches_group(group, ours) and enough)
    is_matched = any(matched) if claim.group is None else matched[claim.group]
    return is_matched == claim.holds


def reaches(config: ConfigPlan, group: GroupPlan, held: Sequence[bool]) -> bool:
    """Whether what is held of a group gives a score of at least the config's `minScore`."""
    return hundredths(weights_of(group, held).score) >= config.min_hundredths


def _any_listed(test: Test) -> bool:
    """Whether any one of the listed ranges will do, so that a number within it does too."""
    return test.is_equality and not test.needs_all


def _value(source: NumberSource, low: int, high: int) -> Any:
    least, most = source.points[low], source.points[high]
    if source.is_flag:
        return bool(least)
    first = int(least) if least == math.floor(least) else least
    if low == high:
        return first
    return f"{first}+" if math.isinf(most) else f"{first}-{int(most)}"


def _spelt(configs: Iterable[IcpConfig], case_sensitive: bool) -> dict[str, str]:
    """For each text as conditions see it the first spelling that a config has."""
    spellings: dict[str, str] = {}
    for config in configs:
        for group in config.rules.groups:
            for condition in group.conditions:
                value = condition.value
                for text in value if isinstance(value, tuple) else (value,):
                    if isinstance(text, str):
                        plain = text_forms.plain(text, case_sensitive=case_sensitive)
                        spellings.setdefault(plain, text.strip())
    return spellings
