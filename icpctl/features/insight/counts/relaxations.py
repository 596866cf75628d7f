"""Ways to let a condition ask for less: which there are, and what each is in the config."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from icpctl.features.insight.model import Relaxation
from icpctl.features.reasons.seen_values import as_number
from icpctl.vocabulary import Form, Kind, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.config.model import Condition
    from icpctl.features.insight.counts.distinct_counts import NumberCounts
    from icpctl.features.insight.model import Change

MOST_THRESHOLDS = 3
_STEPS = 10
_MANY = 50  # values of a list, up to which it is tried without each of them
_FURTHER = 1.25  # a threshold further away must gain so much more to be worth a line
_FAR = 0.25  # of the nearest number; a threshold that far beyond it tells little of it
_MOST_CANDIDATES = 200
_LEAST = 1e-300  # below that numbers lose their digits

SIZE_RANGES = (
    "1-10",
    "11-50",
    "51-200",
    "201-500",
    "501-1000",
    "1001-5000",
    "5001-10000",
    "10001+",
)
"""The ranges of employees that exports have, to be listed where they are not."""


def changed(condition: Condition, comparator: str, value: Any) -> Condition:
    """The condition with another comparator and value."""
    return condition.changed(comparator=comparator, value=value)


def listing(condition: Condition, value: str | float) -> Condition:
    """The condition with one more value in its list."""
    comparison = condition.comparison
    several = comparison.name if comparison.shape is Shape.LIST else "in"
    return changed(condition, several, [*condition.listed, value])


def known_changes(condition: Condition) -> Iterator[tuple[Change, str | float | None, Condition]]:
    """Changes that are known before any visitor is: what changes, the value, and what it becomes.

    Whoever holds the condition holds what it becomes.
    """
    entry = condition.condition_type
    comparison, value = condition.comparison, condition.value
    is_all = comparison.needs_all or (comparison.negates is not None and comparison.takes_list)
    if is_all and isinstance(value, tuple) and 1 < len(value) <= _MANY:
        for at, removed in enumerate(value):
            left = [*value[:at], *value[at + 1 :]]
            yield "remove", removed, changed(condition, comparison.name, left)
    if (looser := looser_comparator(condition)) is not None:
        yield "comparator", None, changed(condition, looser, value)
    if may_list_more(condition) and entry.form is Form.SIZE_RANGE:
        for listed in SIZE_RANGES:
            yield "add", listed, listing(condition, listed)


def looser_comparator(condition: Condition) -> str | None:
    """A comparator of texts that holds wherever the condition does, None where there is none."""
    entry, comparison = condition.condition_type, condition.comparison
    if comparison.negates or not entry.is_words or comparison.looser is None:
        return None
    if comparison.needs_all:
        return comparison.looser if len(condition.listed) > 1 else None
    if comparison.is_equality:
        is_plain = entry.kind is Kind.TEXT and entry.form is Form.PLAIN
        return comparison.looser if is_plain and _has_parts(condition) else None
    return comparison.looser


def _has_parts(condition: Condition) -> bool:
    """Whether what it names are texts that a longer one may contain, few enough to be tried."""
    listed = condition.listed
    return len(listed) <= _MANY and all(str(value).strip() for value in listed)


def may_list_more(condition: Condition) -> bool:
    """Whether one more value of its list would let it hold more often."""
    comparison = condition.comparison
    return comparison.is_equality and not comparison.negates and not comparison.needs_all


def lists_values(condition: Condition) -> bool:
    """Whether values that visitors have may be listed; which, only the visitors tell."""
    entry = condition.condition_type
    return (
        may_list_more(condition)
        and entry.kind is not Kind.BOOLEAN
        and entry.form not in (Form.SIZE_RANGE, Form.PART_OF_PAGE)
    )


def lists_parts(condition: Condition) -> bool:
    """Whether parts of pages may be listed."""
    return may_list_more(condition) and condition.condition_type.form is Form.PART_OF_PAGE


def is_equality(condition: Condition) -> bool:
    """Whether the condition, or its twin, compares for equality with what it lists."""
    return condition.comparison.positive.is_equality


def moved(condition: Condition, counts: NumberCounts) -> list[Relaxation]:
    """The thresholds next to the condition's that gain visitors, the nearest first."""
    bound = condition.comparison.bound
    included = bound is not None and bound.is_included
    numbers = _numbers(condition)
    old = numbers[0] if counts.below else numbers[-1]
    gained = 0
    relaxations: list[Relaxation] = []
    for threshold in _candidates(float(old), condition, counts, included=included):
        gain = counts.reached(threshold, included=included)
        if len(relaxations) == MOST_THRESHOLDS or gain is None or gain <= _FURTHER * gained:
            continue
        gained = gain
        new: Any = as_number(threshold)
        value = new
        if condition.comparison.shape is Shape.BOUNDS:
            value = [new, numbers[1]] if counts.below else [numbers[0], new]
        becomes = changed(condition, condition.comparator, value)
        relaxations.append(Relaxation(change="threshold", value=new, becomes=becomes, gain=gain))
    return relaxations


def _numbers(condition: Condition) -> list[int | float]:
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    return [it for it in values if isinstance(it, int | float)]


def _candidates(
    old: float, condition: Condition, counts: NumberCounts, *, included: bool
) -> list[float]:
    """Round numbers away from a threshold, or away from visitors' numbers where these are far."""
    low, high = condition.condition_type.bounds or (-math.inf, math.inf)
    low = max(low, min(0.0, old))  # nothing that is counted is below 0

    def usable(threshold: float) -> bool:
        is_passed = threshold < old if counts.below else threshold > old
        return is_passed and math.isfinite(threshold) and low <= threshold <= high

    multiples = [it for it in _multiples(old, below=counts.below) if usable(it)]
    first = next((it for it in multiples if counts.reached(it, included=included)), None)
    nearest = counts.nearest()
    if nearest is None:
        return []
    if first is not None and abs(first - nearest) <= _FAR * abs(nearest):
        return multiples
    rounded = [_rounded(it, below=counts.below, included=included) for it in counts.from_nearest()]
    return [it for it in dict.fromkeys(rounded) if usable(it)][:_MOST_CANDIDATES]


def _multiples(old: float, *, below: bool) -> list[float]:
    """The next round numbers on one side of a threshold."""
    away = -1 if below else 1
    step = _round_step(abs(old) / _STEPS, whole=old.is_integer())
    places = max(0, -math.floor(math.log10(step)))
    start = (math.ceil(old / step) if below else math.floor(old / step)) * away
    multiples = [start + number for number in range(1, _STEPS + 1)]
    multiples += [] if below else [number * _STEPS for number in (2, 5, 10)]
    return [round(away * multiple * step, places) for multiple in multiples]


def _rounded(number: float, *, below: bool, included: bool) -> float:
    """The round number at or beyond a visitor's number that lets it in, such as 200 for 188."""
    step = _round_step(abs(number) / _STEPS / 2, whole=number.is_integer())
    away = -1 if below else 1
    places = max(0, -math.floor(math.log10(step)))
    multiple = math.ceil(away * number / step)
    rounded = round(away * multiple * step, places)
    return rounded if included or rounded != number else round(rounded + away * step, places)


def _round_step(least: float, *, whole: bool) -> float:
    """1, 2 or 5 times a power of ten, at least `least`."""
    if least < _LEAST or (whole and least <= 1):
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next((it * power for it in (1, 2, 5) if it * power >= least), 10 * power)
