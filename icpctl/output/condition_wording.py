"""Why a condition holds or not, in words: what was seen, and what would have been needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from icpctl.mappings.mapping import LAST_SEEN
from icpctl.output.config_lists import value_text
from icpctl.output.wording import cut
from icpctl.scoring.seen_values import listed_values, positive
from icpctl.values import normal_forms
from icpctl.values.json_records import Number, dumps
from icpctl.vocabulary import CONDITION_TYPES, Form, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpctl.config.model import Condition
    from icpctl.scoring.explanation import ConditionExplanation

_LONGEST = 100  # characters of one value
_MOST_SEEN = 3
_MOST_LISTED = 8
_FORMS = (Form.DOMAIN, Form.URL, Form.SIZE_RANGE)  # country codes say nothing new
_EQUALITIES = ("equals", "in", "has_any", "has_all")

_WANTED = {
    Kind.TEXT: "text",
    Kind.NUMBER: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.PAGES: "a list of pages",
}


def wanted(field: str) -> str:
    """Return what a value of a field of the mapping must be."""
    if field == LAST_SEEN:
        return "a date"
    if field == "company_size":
        return "a number or a range"
    entry = CONDITION_TYPES.get(field)
    return _WANTED[Kind.PAGES if entry is None else entry.kind]


def head(condition: Condition) -> str:
    """Return the condition itself, as in `company_size gte 500`."""
    value = condition.value
    if condition.comparator == "between" and isinstance(value, tuple):
        shown = " and ".join(map(_text, value))
    elif isinstance(value, tuple):
        shown = ", ".join(map(_text, value[:_MOST_LISTED]))
        more = len(value) - _MOST_LISTED
        shown += f" and {more} more" if more > 0 else ""
    else:
        shown = _text(value)
    return f"{condition.type} {condition.comparator} {shown}".rstrip()


def role(condition: Condition) -> str:
    """Return a condition's part in its group, as in ` (optional, weight 2)`; often nothing."""
    parts = ["optional"] if condition.optional else []
    if condition.weight != 1:
        parts.append(f"weight {condition.weight:g}")
    return f" ({', '.join(parts)})" if parts else ""


def reason(explained: ConditionExplanation) -> str:
    """Return what the visitor has and, where the condition does not hold, what it needs."""
    if explained.missing:
        return _absence(explained)
    return _seen(explained) if explained.held else f"{_seen(explained)}; {needed(explained)}"


def ground(explained: ConditionExplanation) -> str:
    """Return in a few words what a condition that holds found: of pages, the values it met."""
    condition = explained.condition
    if explained.missing or condition.comparator != positive(condition.comparator):
        return head(condition)
    if _kind(condition) is Kind.PAGES:
        if not explained.hits:
            return head(condition)
        listed = zip(listed_values(condition), explained.hits, strict=True)
        values = [_text(value) for value, flags in listed if any(flags)]
    else:
        values = [_text(value) for value in _met(explained)]
    more = len(values) - _MOST_SEEN
    return f"{condition.type} {', '.join(values[:_MOST_SEEN])}" + (f" and {more} more" * (more > 0))


def _met(explained: ConditionExplanation) -> list[Any]:
    """The visitor's values that meet a condition, or all where nothing is to be met."""
    values = explained.seen.values
    met = [at for at in range(len(values)) if any(flags[at] for flags in explained.hits)]
    return [values[at] for at in met] or list(values)


def needed(explained: ConditionExplanation) -> str:
    """Return what a condition that the visitor has something for needs to hold."""
    twin = positive(explained.condition.comparator)
    if twin == "exists":
        return "must be missing"
    is_pages = _kind(explained.condition) is Kind.PAGES
    if explained.condition.type == "page_contains" and twin in _EQUALITIES and twin != "has_all":
        twin = "contains" if twin == "equals" else "contains any"
    if explained.condition.comparator != positive(explained.condition.comparator):
        words = _PAGES_MUST_NOT if is_pages else _MUST_NOT
        return words[twin].format(_text(explained.condition.value))
    if twin == "has_all":
        lacking = zip(listed_values(explained.condition), explained.hits, strict=True)
        return f"lacks {', '.join(_text(value) for value, hit in lacking if not any(hit))}"
    if _kind(explained.condition) is Kind.NUMBER:
        return NUMBER_NEEDS[twin](explained)
    return (PAGES_NEED if is_pages else TEXT_NEEDS)[twin].format(_text(explained.condition.value))


def _absence(explained: ConditionExplanation) -> str:
    seen = explained.seen
    if seen.raw is None:
        text = f"{seen.field} is not in this record"
    elif seen.fits:
        text = f"{seen.field} is empty in this record"
    else:
        raw = _short(dumps(seen.raw))
        text = f"{seen.field} is {raw}, which is not {wanted(seen.field)} and counts as missing"
    if explained.held and positive(explained.condition.comparator) != "exists":
        text += f"; {explained.condition.comparator} holds then"
    return text


def _seen(explained: ConditionExplanation) -> str:
    """The visitor's values: of several, those that meet the condition."""
    count = len(explained.seen.values)
    met = [at for at in range(count) if any(flags[at] for flags in explained.hits)]
    is_asked = positive(explained.condition.comparator) != "exists"
    chosen = (met or list(range(count)))[: _MOST_SEEN if is_asked else 1]
    values = ", ".join(_text(explained.seen.values[at]) + _remark(explained, at) for at in chosen)
    others = count - len(chosen)
    return f"seen {values}" + (f" and {others} other{'s' * (others > 1)}" if others else "")


def _remark(explained: ConditionExplanation, at: int) -> str:
    """What makes of the visitor's value number `at` what the condition compares."""
    condition, seen = explained.condition, explained.seen
    value = str(seen.values[at])
    if condition.type == "last_seen_days" and seen.field == LAST_SEEN:
        return f" (last_seen {_short(str(seen.raw))})"
    if seen.field != condition.type and _kind(condition) is Kind.TEXT:
        return f" as {seen.field}"
    if _kind(condition) in (Kind.NUMBER, Kind.BOOLEAN):
        return _converted(seen.raw, seen.values[at])
    listed = listed_values(condition)
    met = [it for it, flags in zip(listed, explained.hits, strict=False) if flags[at]]
    if met and len(listed) > 1 and str(met[0]).casefold() != value.casefold():
        return f" (meets {_text(met[0])})"
    form = CONDITION_TYPES[condition.type].form
    if form in _FORMS and positive(condition.comparator) in _EQUALITIES:
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


def _at_least(word: str) -> Callable[[ConditionExplanation], str]:
    def say(explained: ConditionExplanation) -> str:
        (wanted,) = listed_values(explained.condition)
        return word.format(_text(wanted)) + _short_of(explained, float(wanted), float(wanted))

    return say


def _short_of(explained: ConditionExplanation, low: float, high: float) -> str:
    """How far the number seen is from `low` to `high`."""
    number = _number(explained)
    if number is None:
        return " for every number of the range"
    distance = low - number if number < low else number - high
    side = "short" if number < low else "over"
    return f", {distance:,.12g} {side}" if distance > 0 else ""


def _exactly(explained: ConditionExplanation) -> str:
    (wanted,) = listed_values(explained.condition)
    if _number(explained) is None:
        return f"needs just {_text(wanted)}"
    return f"needs {_text(wanted)}" + _short_of(explained, float(wanted), float(wanted))


def _between(explained: ConditionExplanation) -> str:
    low, high = listed_values(explained.condition)
    return f"needs {_text(low)} to {_text(high)}" + _short_of(explained, float(low), float(high))


NUMBER_NEEDS: dict[str, Callable[[ConditionExplanation], str]] = {
    "equals": _exactly,
    "in": lambda _: "needs one of these",
    "gt": _at_least("needs more than {}"),
    "gte": _at_least("needs {} or more"),
    "lt": _at_least("needs less than {}"),
    "lte": _at_least("needs {} or less"),
    "between": _between,
}
TEXT_NEEDS = {
    "equals": "needs {}",
    "contains": "needs {} in it",
    "starts_with": "needs to begin with {}",
    "ends_with": "needs to end with {}",
    "in": "needs one of these",
    "has_any": "needs one of these",
}
PAGES_NEED = {
    "equals": "needs the page {}",
    "contains": "needs a page with {} in it",
    "contains any": "needs a page with one of these in it",
    "starts_with": "needs a page that begins with {}",
    "ends_with": "needs a page that ends with {}",
    "in": "needs one of these pages",
    "has_any": "needs one of these pages",
}
_MUST_NOT = {
    "equals": "must not be {}",
    "contains": "must not contain {}",
    "in": "must be none of these",
}
_PAGES_MUST_NOT = {
    "equals": "no page may be {}",
    "contains": "no page may contain {}",
    "contains any": "no page may contain one of these",
    "in": "no page may be one of these",
}


def _kind(condition: Condition) -> Kind:
    return CONDITION_TYPES[condition.type].kind


def _text(value: Any) -> str:
    text = value_text(value)
    is_plain = text == text.strip() and text and ", " not in text and '"' not in text
    return _short(text if is_plain or value is None or not isinstance(value, str) else f'"{text}"')


def _short(text: str) -> str:
    return cut(text, _LONGEST)
