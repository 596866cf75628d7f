"""Ranges of numbers as people and vendors write them: `51-200`, `251-1K`, `over 10,000`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from icpctl.values.forms import number_forms
from icpctl.values.forms.text_forms import changed, visible

if TYPE_CHECKING:
    import pyarrow as pa

Bounds: TypeAlias = tuple[float, float]
"""Lowest and highest number."""

NextTo: TypeAlias = Callable[[float, int], float]
"""The number next above (1) or below (-1) another."""

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
"""What ranges may have in place of `-`."""

LONGEST = 200
"""Characters of the longest text that is read as a range."""

_NUMBER = "[0-9]+(?:[,.' ][0-9]{3})*(?:[.][0-9]+)?(?:[Ee][+-]?[0-9]+)?"
_AROUND = "[A-Za-z<>=+ -]"
_LIKE_A_RANGE = rf"^{_AROUND}*{_NUMBER}(?:{_AROUND}+{_NUMBER})?{_AROUND}*$|[^ -~]|  "
"""What matches every range, for Arrow: one number or two and what may be around them.

So may every text with something else than printable ASCII, or with two spaces in a row.
"""

_ANY_CASE = re.IGNORECASE | re.ASCII
_EMPLOYEES = re.compile(r" ?employees?\Z", _ANY_CASE)
_TO = re.compile(f" ?[-{DASHES}] ?| to ", _ANY_CASE)
_ONE_SIDED: tuple[tuple[re.Pattern[str], Callable[[float, NextTo], Bounds | None]], ...] = (
    (
        re.compile(r"(.+?)(?: ?\+| and (?:above|over|more|up)| or (?:above|over|more))", _ANY_CASE),
        lambda value, _: (value, math.inf),
    ),
    (
        re.compile("(?:at least |>= ?|\u2265 ?)(.+)", _ANY_CASE),
        lambda value, _: (value, math.inf),
    ),
    (
        re.compile("(?:over |above |more than |> ?)(.+)", _ANY_CASE),
        lambda value, next_to: (next_to(value, 1), math.inf),
    ),
    (
        re.compile("(?:up to |<= ?|\u2264 ?)(.+)", _ANY_CASE),
        lambda value, _: _ordered(0.0, value),
    ),
    (
        re.compile("(?:under |below |less than |fewer than |< ?)(.+)", _ANY_CASE),
        lambda value, next_to: _ordered(0.0, next_to(value, -1)),
    ),
)
"""Ranges that name one number: how they are written, and their bounds by that number."""


def size_bounds(text: str) -> Bounds | None:
    """Return the lowest and the highest number of employees that a text says, or None.

    Both are the same for a mere number; the highest is infinite for `10,001+` and `over 10,000`.
    """
    if len(text) > LONGEST:
        return None
    return _bounds(_EMPLOYEES.sub("", visible(text)), number_forms.count, _next_whole)


def number_bounds(text: str) -> Bounds | None:
    """Return the same for any numbers, with currency signs or without: `$1M-$10M`."""
    if len(text) > LONGEST:
        return None
    return _bounds(visible(text), number_forms.number, _next_double)


def size_range(text: str) -> str:
    """Return the form in which ranges are equal: `51-200` or `10001+`, else the text itself."""
    bounds = size_bounds(text)
    return text if bounds is None else size_text(*bounds)


def size_range_column(texts: pa.Array) -> pa.Array:
    """Return `size_range` of each text. Where there are many, most are nothing like a range."""
    import pyarrow.compute as pc

    may_differ = pc.match_substring_regex(texts, _LIKE_A_RANGE)
    return changed(texts, may_differ, texts, size_range)


def size_text(low: float, high: float) -> str:
    """Return a range of employees as `size_range` has it."""
    return f"{int(low)}+" if math.isinf(high) else f"{int(low)}-{int(high)}"


def _bounds(text: str, read: Callable[[str], float | None], next_to: NextTo) -> Bounds | None:
    """Return the bounds of a number, or of a range of what `read` reads."""
    value = read(text)
    if value is not None:
        return value, value
    ends = _TO.split(text, maxsplit=2)
    low, high = map(read, ends) if len(ends) == 2 else (None, None)
    if low is not None and high is not None:
        return _ordered(low, high)
    for pattern, bounds in _ONE_SIDED:
        written = pattern.fullmatch(text)
        value = read(written[1]) if written else None
        if value is not None:
            return bounds(value, next_to)
    return None


def _ordered(low: float, high: float) -> Bounds | None:
    return (low, high) if low <= high else None


def _next_whole(value: float, step: int) -> float:
    return value + step


def _next_double(value: float, step: int) -> float:
    return math.nextafter(value, step * math.inf)
