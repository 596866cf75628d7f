"""Numbers, counts, ranges and booleans as people and vendors write them.

`1,200`, `1 200`, `1'200`, `1.5K`, `$2M`, `12 €`; `51-200`, `251-1K`, `over 10,000`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from icpctl.values.text_forms import changed, visible

if TYPE_CHECKING:
    import pyarrow as pa

# What Arrow's and databases' regular expressions read as Python's do.
DECIMAL = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"
NUMBER = f"{DECIMAL}([eE][+-]?[0-9]+)?"
"""A number by JSON's grammar."""

_LONGEST_NUMBER = 1_000
"""Characters of the longest text that is read as a number."""

APOSTROPHES = "'\u2019"
_SEPARATORS = f"[,{APOSTROPHES} ]"
_GROUPED = rf"[1-9][0-9]{{0,2}}(?P<separator>{_SEPARATORS})[0-9]{{3}}(?:(?P=separator)[0-9]{{3}})*"
_THOUSANDS = {"": "", "k": "e3", "m": "e6", "b": "e9"}

_ANY_CASE = re.IGNORECASE | re.ASCII
_JSON_NUMBER = re.compile(NUMBER)
_WRITTEN = re.compile(
    rf"(?P<digits>0|[1-9][0-9]*|{_GROUPED})(?P<fraction>\.[0-9]+)?(?: ?(?P<unit>[kmb]))?",
    _ANY_CASE,
)
_DOTTED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_NOT_DIGITS = re.compile("[^0-9]")


def json_number(text: str) -> float | None:
    """Return the number that a text is by JSON's grammar, None for others and infinite ones."""
    if len(text) > _LONGEST_NUMBER or not _JSON_NUMBER.fullmatch(text):
        return None
    return _finite(float(text))


def number(text: str) -> float | None:
    """Return the number that a text is in any spelling, with a currency sign or without, or None.

    `1,200.50`, `1 200`, `1'200`, `1.5K`, `-$2M`, `12 €`, `1e3`; never NaN or infinite.
    """
    if len(text) > _LONGEST_NUMBER:
        return None
    text = visible(text)
    value = json_number(text)
    return _signed(text) if value is None else value


def count(text: str) -> float | None:
    """Return the whole number from 0 on that a text is, or None.

    As `number`, but without a currency sign; `1.200` is 1200, since a count has no fraction.
    """
    if len(text) > _LONGEST_NUMBER:
        return None
    text = visible(text)
    if _DOTTED.fullmatch(text):
        return _finite(float(text.replace(".", "")))
    value = json_number(text)
    return whole(_unsigned(text) if value is None else value)


def whole(value: float | None) -> float | None:
    """Return the number if it may be a count: whole, and not below 0."""
    return value if value is not None and value >= 0 and value.is_integer() else None


def _signed(text: str) -> float | None:
    value = _unsigned(_without_currency(text.removeprefix("-").lstrip()))
    return -value if value is not None and text.startswith("-") else value


def _unsigned(text: str) -> float | None:
    written = _WRITTEN.fullmatch(text)
    if not written:
        return None
    digits = _NOT_DIGITS.sub("", written["digits"])
    unit = (written["unit"] or "").lower()
    return _finite(float(f"{digits}{written['fraction'] or ''}{_THOUSANDS[unit]}"))


def _without_currency(text: str) -> str:
    """Return the text without one currency sign at its beginning or its end."""
    if text and _is_currency(text[0]):
        return text[1:].lstrip()
    return text[:-1].rstrip() if text and _is_currency(text[-1]) else text


def _is_currency(character: str) -> bool:
    return unicodedata.category(character) == "Sc"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


WORDS = {
    **dict.fromkeys(("true", "yes", "y", "t", "on", "1", "1.0"), True),
    **dict.fromkeys(("false", "no", "n", "f", "off", "0", "0.0"), False),
}
"""The texts that are booleans, in any letter case, and what they are."""

_LONGEST_WORD = 100


def boolean(text: str) -> bool | None:
    """Return the boolean that a text is, or None."""
    return WORDS.get(visible(text).casefold()) if len(text) <= _LONGEST_WORD else None


Bounds: TypeAlias = tuple[float, float]
"""Lowest and highest number."""

NextTo: TypeAlias = Callable[[float, int], float]
"""The number next above (1) or below (-1) another."""

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
"""What ranges may have in place of `-`."""

_LONGEST_RANGE = 200
"""Characters of the longest text that is read as a range."""

_NUMBER = "[0-9]+(?:[,.' ][0-9]{3})*(?:[.][0-9]+)?(?:[Ee][+-]?[0-9]+)?"
_AROUND = "[A-Za-z<>=+ -]"
_LIKE_A_RANGE = rf"^{_AROUND}*{_NUMBER}(?:{_AROUND}+{_NUMBER})?{_AROUND}*$|[^ -~]|  "
"""What matches every range, for Arrow: one number or two and what may be around them.

So may every text with something else than printable ASCII, or with two spaces in a row.
"""

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
    if len(text) > _LONGEST_RANGE:
        return None
    return _bounds(_EMPLOYEES.sub("", visible(text)), count, _next_whole)


def number_bounds(text: str) -> Bounds | None:
    """Return the same for any numbers, with currency signs or without: `$1M-$10M`."""
    if len(text) > _LONGEST_RANGE:
        return None
    return _bounds(visible(text), number, _next_double)


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
