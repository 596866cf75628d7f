"""Conditions as people say them: `company size is at least 500`, `viewed /pricing or /demo`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from icpctl.config.definitions import NamedList
from icpctl.output.wording import cut
from icpctl.vocabulary import Form, Kind, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.model import Condition
    from icpctl.vocabulary import Comparator

_LONGEST = 100  # characters of one value
_MOST_LISTED = 8
_GROUPED_FROM = 10_000  # a year keeps its four digits together
_OF_LIST = {Shape.TEXTS: "a text of the list {}", Shape.LIST: "in the list {}"}
_UNITS = re.compile(r"\b(page|session|day)s\b")


def phrase(condition: Condition, values: Sequence[Any] | None = None) -> str:
    """Return a condition in words; with `values` only these of those that it lists are named."""
    if condition.condition_type.kind is Kind.PAGES:
        return _pages_phrase(condition, values)
    said, entry = _predicate(condition), condition.condition_type
    amount = said.format(values_of(condition, values))
    if entry.amount and amount.startswith("is ") and not _is_denied(condition):
        return _amount(entry.amount, amount.removeprefix("is "))
    return f"{entry.name_in_words} {amount}"


def values_in_words(values: Sequence[Any], joint: str = "or") -> str:
    """Return values as a person lists them, such as `a, b or c`."""
    shown = list(map(value_in_words, values[:_MOST_LISTED]))
    more = len(values) - _MOST_LISTED
    if more > 0:
        shown.append(f"{more:,} more")
    return f" {joint} ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def value_text(value: object) -> str:
    """Return a condition's value for people: lists with commas, booleans as in JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, NamedList):
        return f"{{list: {value.name}}}"
    return ", ".join(map(value_text, value)) if isinstance(value, tuple) else str(value)


def value_in_words(value: Any) -> str:
    """Return one value: numbers in groups of three, texts in quotes where they need them."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}" if abs(value) >= _GROUPED_FROM else str(value)
    return quoted(value)


def quoted(value: Any) -> str:
    """Return a value as its text, cut where it is long, and in quotes where these help."""
    text = value_text(value)
    is_plain = text == text.strip() and text and ", " not in text and '"' not in text
    if is_plain or value is None or not isinstance(value, str):
        return cut(text, _LONGEST)
    return cut(f'"{text}"', _LONGEST)


def _pages_phrase(condition: Condition, values: Sequence[Any] | None) -> str:
    comparison, is_denied = condition.comparison.positive, _is_denied(condition)
    if comparison.asks_presence:
        return "viewed no page" if is_denied else "viewed a page"
    shown = values_of(condition, values)
    is_part = condition.condition_type.form is Form.PART_OF_PAGE
    if comparison.is_equality or (is_part and comparison.name == "contains"):
        page = "" if is_part or isinstance(condition.value, NamedList) else "the page "
        return f"{'did not view' if is_denied else 'viewed'} {page}{shown}"
    says = comparison.phrases.says.format(shown)
    return f"viewed {'no' if is_denied else 'a'} page that {says}"


def _predicate(condition: Condition) -> str:
    phrases = condition.comparison.positive.phrases
    return phrases.denies if _is_denied(condition) else phrases.says


def _is_denied(condition: Condition) -> bool:
    """Whether the condition says that something is not so; a value of false inverts `exists`."""
    is_inverted = condition.comparison.asks_presence and condition.value is False
    return bool(condition.comparison.negates) != is_inverted


def values_of(condition: Condition, values: Sequence[Any] | None = None) -> str:
    """Return what a condition names, or only these `values` of it."""
    comparison, value = condition.comparison.positive, condition.value
    if values is not None:
        return values_in_words(values, "and")
    if isinstance(value, NamedList):
        is_page = condition.condition_type.kind is Kind.PAGES
        return _list_words(comparison, is_page=is_page).format(value.name)
    if isinstance(value, tuple):
        return values_in_words(value, _joint(comparison))
    return value_in_words(value)


def _list_words(comparison: Comparator, *, is_page: bool) -> str:
    if comparison.needs_all:
        return "all of the list {}"
    return "a page of the list {}" if is_page else _OF_LIST[comparison.shape]


def _joint(comparison: Comparator) -> str:
    return "and" if comparison.needs_all or comparison.shape is Shape.BOUNDS else "or"


def _amount(template: str, amount: str) -> str:
    """Return an amount in its sentence, of 1 in the singular: `had at least 1 session`."""
    is_one = amount == "1" or amount.endswith(" 1")
    return (_UNITS.sub(r"\1", template) if is_one else template).format(amount)


def role(condition: Condition) -> str:
    """Return a condition's part in its group, as in ` (optional, weight 2)`; often nothing."""
    parts = ["optional"] if condition.optional else []
    if condition.weight != 1:
        parts.append(f"weight {condition.weight:g}")
    return f" ({', '.join(parts)})" if parts else ""
