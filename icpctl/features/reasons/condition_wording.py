"""Why a condition is met or not, in words: what was seen, and what would have been needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from icpctl.config.definitions import NamedList
from icpctl.features.reasons.seen_values import listed_values
from icpctl.features.shared.condition_phrases import (
    phrase,
    quoted,
    value_in_words,
    value_text,
    values_in_words,
)
from icpctl.mappings.mapping import LAST_SEEN
from icpctl.output.notes import wanted
from icpctl.output.wording import cut
from icpctl.values import normal_forms
from icpctl.values.json_records import Number, dumps
from icpctl.vocabulary import COMPARATORS, Form, Kind, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.model import Condition
    from icpctl.features.reasons.explanation import ConditionExplanation

_LONGEST = 100  # characters of one value
_MOST_SEEN = 3
_MOST_LISTED = 8
_FORMS = (Form.DOMAIN, Form.URL, Form.SIZE_RANGE)  # country codes say nothing new


def reason(explained: ConditionExplanation) -> str:
    """Return what the visitor has and, where the condition does not hold, what it needs."""
    if explained.missing:
        return _absence(explained)
    return _seen(explained) if explained.held else f"{_seen(explained)}; {needed(explained)}"


def in_words(explained: ConditionExplanation) -> str:
    """Return a condition in words, with what the visitor has where that says more.

    Such as `company size is at least 500 (180, 320 short)` and `viewed /pricing and /contact`.
    """
    condition, listed = explained.condition, [value for value, _ in explained.hits]
    if not explained.held or condition.comparison.negates:
        return phrase(condition) + _in_brackets(explained)
    if not listed and condition.comparison.is_equality and _kind(condition) is Kind.NUMBER:
        listed = list(explained.seen.values)
    if isinstance(condition.value, NamedList):
        return phrase(condition) + _in_brackets(explained)
    said = phrase(condition, listed or None)
    return said if _is_plain(explained, listed) else said + _in_brackets(explained)


def _is_plain(explained: ConditionExplanation, listed: Sequence[Any]) -> bool:
    """Whether the words of a condition that holds name all that there is to see."""
    if _kind(explained.condition) in (Kind.PAGES, Kind.BOOLEAN):
        return True
    seen = {value_text(value).casefold() for value in _met(explained)}
    named = listed or explained.condition.listed
    return seen == {value_text(value).casefold() for value in named}


def _in_brackets(explained: ConditionExplanation) -> str:
    text = _instead(explained)
    return f" ({text})" if text else ""


def _instead(explained: ConditionExplanation) -> str:
    """What the visitor has for a condition, in a few words."""
    condition, seen = explained.condition, explained.seen
    comparison, is_pages = condition.comparison.positive, _kind(condition) is Kind.PAGES
    if explained.missing and not seen.fits:
        return f"{_short(dumps(seen.raw))} is not {wanted(seen.field)}"
    if explained.missing:
        return "" if comparison.asks_presence else "no pages" if is_pages else "unknown"
    if explained.held and condition.comparison.negates and is_pages:
        return ""
    if comparison.needs_all and not explained.held and explained.hits:
        return f"not {values_in_words(_lacking(explained), 'and')}"
    if _kind(condition) is Kind.NUMBER:
        return _number_seen(explained)
    shown = list(map(quoted, _met(explained)))
    more = len(shown) - _MOST_SEEN
    rest = f" and {more} other{'s' * (more > 1)}" if more > 0 else ""
    prefix = "viewed " if is_pages and not explained.held else ""
    suffix = " employees" if seen.field == "company_size" else ""
    return f"{prefix}{', '.join(shown[:_MOST_SEEN])}{rest}{suffix}"


def _number_seen(explained: ConditionExplanation) -> str:
    (value,) = explained.seen.values
    unit = " days ago" if explained.condition.condition_type.is_days else ""
    text = f"{value_in_words(value)}{unit.replace('s', '', 1) if value == 1 else unit}"
    bounds = [bound for bound in explained.condition.listed if isinstance(bound, int | float)]
    is_short = not explained.held and bounds and explained.condition.comparison.bound
    if not is_short or not isinstance(value, int | float):
        return text
    return text + _short_of(explained, bounds[0], bounds[-1])


def _lacking(explained: ConditionExplanation) -> list[Any]:
    """The values of `has_all` that the visitor does not have."""
    has = {value for value, _ in explained.hits}
    return [value for value in explained.condition.listed if value not in has]


def _met(explained: ConditionExplanation) -> list[Any]:
    """The visitor's values that meet a condition, or all where nothing is to be met."""
    values = explained.seen.values
    met = [at for at in range(len(values)) if any(flags[at] for _, flags in explained.hits)]
    return [values[at] for at in met] or list(values)


def needed(explained: ConditionExplanation) -> str:
    """Return what a condition that the visitor has something for needs to hold."""
    condition = explained.condition
    comparison, is_pages = condition.comparison.positive, _kind(condition) is Kind.PAGES
    phrases = comparison.phrases
    shown = quoted(condition.value)
    if condition.condition_type.form is Form.PART_OF_PAGE and comparison.is_equality:
        phrases = COMPARATORS["contains"].phrases
        shown = shown if comparison.shape is Shape.SCALAR else "one of these"
    elif comparison.shape is Shape.TEXTS and isinstance(condition.value, tuple):
        shown = f"one of {shown}"
    if condition.comparison.negates:
        return (phrases.no_pages if is_pages else phrases.no_text).format(shown)
    if comparison.needs_all:
        return f"lacks {', '.join(map(quoted, _lacking(explained)))}"
    if _kind(condition) is Kind.NUMBER:
        return _number_needed(explained)
    return (phrases.pages if is_pages else phrases.text).format(shown)


def _number_needed(explained: ConditionExplanation) -> str:
    """Return which number is needed, and how far from it the one seen is."""
    comparison = explained.condition.comparison.positive
    values = [float(it) for it in listed_values(explained.condition)]
    needs = comparison.phrases.number.format(*map(quoted, listed_values(explained.condition)))
    if comparison.shape is Shape.SCALAR and _number(explained) is None:
        return needs.replace("needs", "needs just", 1)
    if comparison.shape not in (Shape.SCALAR, Shape.NUMBER, Shape.BOUNDS) or not values:
        return needs
    return needs + _short_of(explained, values[0], values[-1])


def _absence(explained: ConditionExplanation) -> str:
    seen = explained.seen
    if seen.raw is None:
        text = f"{seen.field} is not in this record"
    elif seen.fits:
        text = f"{seen.field} is empty in this record"
    else:
        raw = _short(dumps(seen.raw))
        text = f"{seen.field} is {raw}, which is not {wanted(seen.field)} and counts as missing"
    if explained.held and not explained.condition.comparison.asks_presence:
        text += f", so {explained.condition.comparator} is met"
    return text


def _seen(explained: ConditionExplanation) -> str:
    """The visitor's values: of several, those that meet the condition."""
    count = len(explained.seen.values)
    met = [at for at in range(count) if any(flags[at] for _, flags in explained.hits)]
    is_asked = not explained.condition.comparison.asks_presence
    chosen = (met or list(range(count)))[: _MOST_SEEN if is_asked else 1]
    values = ", ".join(quoted(explained.seen.values[at]) + _remark(explained, at) for at in chosen)
    others = count - len(chosen)
    return f"seen {values}" + (f" and {others} other{'s' * (others > 1)}" if others else "")


def _remark(explained: ConditionExplanation, at: int) -> str:
    """What makes of the visitor's value number `at` what the condition compares."""
    condition, seen = explained.condition, explained.seen
    value = str(seen.values[at])
    if condition.condition_type.is_days and seen.field == LAST_SEEN:
        return f" (last_seen {_short(str(seen.raw))})"
    if condition.condition_type.is_days and condition.condition_type.is_custom:
        return f" (from {_short(str(seen.raw))})"
    if seen.field != condition.type and _kind(condition) is Kind.TEXT:
        return f" as {seen.field}"
    if _kind(condition) in (Kind.NUMBER, Kind.BOOLEAN):
        return _converted(seen.raw, seen.values[at])
    met = [listed for listed, flags in explained.hits if flags[at]]
    if met and len(listed_values(condition)) > 1 and str(met[0]).casefold() != value.casefold():
        return f" (meets {quoted(met[0])})"
    form = condition.condition_type.form
    if form in _FORMS and condition.comparison.positive.is_equality:
        compared = normal_forms.FORMS[form](value)
        return f" (that is {_short(compared)})" if compared != value else ""
    return ""


def _converted(raw: Any, value: Any) -> str:
    """What the record has where that is written otherwise: a text for a number, 1 for true."""
    is_number = isinstance(raw, int | float | Number) and not isinstance(raw, bool)
    if is_number and not isinstance(value, bool):
        return ""
    text = raw.strip() if isinstance(raw, str) else dumps(raw)
    return "" if text.casefold() == value_text(value).casefold() else f" (from {_short(text)})"


def _number(explained: ConditionExplanation) -> float | None:
    """The number seen; None for a range."""
    (value,) = explained.seen.values
    return None if isinstance(value, str) else float(value)


def _short_of(explained: ConditionExplanation, low: float, high: float) -> str:
    """How far the number seen is from `low` to `high`."""
    number = _number(explained)
    if number is None:
        return " for every number of the range"
    distance = low - number if number < low else number - high
    side = "short" if number < low else "over"
    return f", {distance:,.12g} {side}" if distance > 0 else ""


def _kind(condition: Condition) -> Kind:
    return condition.condition_type.kind


def _short(text: str) -> str:
    return cut(text, _LONGEST)
