"""What each conversion of a mapping makes of one value of `json_records.loads`.

Each takes the value and the conversion's argument. What it cannot read stays as it is; None means
that the record has nothing there.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from icpctl.values import json_records
from icpctl.values.forms import country_forms, date_forms, number_forms, text_forms, url_forms
from icpctl.values.typed_columns import number_reader

if TYPE_CHECKING:
    from collections.abc import Callable

_ENUM = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)*")
_RB2B = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d):\d\d(?:\.\d+)?([+-]\d\d)[.:]?(\d\d)", re.ASCII
)


def host(value: Any, _: None) -> Any:
    """Return the host of a URL or an email address."""
    text = _text(value)
    return value if text is None else url_forms.domain(text.removeprefix("//").rstrip("> "))


def place(part: int) -> Callable[[Any, Any], Any]:
    """Return what gives of `City, Region, Country` the part 0, 1 or 2."""

    def of(value: Any, _: None) -> Any:
        text = _text(value)
        if text is None:
            return value
        parts = [part_text.strip() for part_text in text.split(",")]
        country = ""
        # A code alone does not tell: in `San Francisco, CA` it is a state's.
        if len(parts) > 2 or (
            len(parts[-1]) > country_forms.LONGEST_CODE and _is_country(parts[-1])
        ):
            country = parts.pop()
        city, region = [*parts, "", ""][:2] if len(parts) < 3 else (parts[0], parts[-1])
        return (city, region, country)[part] or None

    return of


def _is_country(text: str) -> bool:
    return country_forms.country_code(text.casefold()) is not None


def size_range(value: Any, _: None) -> Any:
    """Return a range of employees as `51-200` or `10001+`; None for a mere number."""
    bounds = _bounds(value)
    if bounds is None or bounds[0] == bounds[1]:
        is_none = bounds is not None or value == {}
        return None if is_none else value
    return number_forms.size_text(*bounds)


def _bounds(value: Any) -> number_forms.Bounds | None:
    """Return the lowest and highest number of employees of a text or an object."""
    if isinstance(value, dict):
        return number_reader("company_size").from_token(json_records.dumps(value))
    text = _text(value)
    return None if text is None else number_forms.size_bounds(text)


def lower_end(value: Any, _: None) -> Any:
    """Return the lower end of a range, or a mere number."""
    bounds = _bounds(value)
    return value if bounds is None else _number(bounds[0])


def number(value: Any, _: None) -> Any:
    """Return the number that a text is in any spelling."""
    text = _text(value)
    read = None if text is None else number_forms.number(text)
    return value if read is None else _number(read)


def _number(value: float) -> json_records.Number:
    """Return a number as a record has it."""
    return json_records.Number(int(value) if value.is_integer() else repr(value))


def date(value: Any, formats: tuple[str, ...] | None) -> Any:
    """Return a date as ISO 8601, in one of the formats or in any usual spelling."""
    text = _text(value)
    moment = None if text is None else _moment(text, formats or ())
    return value if moment is None else _iso(moment)


def _moment(text: str, formats: tuple[str, ...]) -> int | None:
    """Return the microseconds since 1970 of a date in one of the formats, or of a usual one."""
    if len(text) > date_forms.LONGEST:
        return None
    for pattern in formats:
        try:
            when = datetime.strptime(text, pattern)
        except ValueError:
            continue
        return date_forms.micros(when if when.tzinfo else when.replace(tzinfo=UTC))
    return date_forms.instant(text)


def query(value: Any, name: str) -> Any:
    """Return a parameter of a URL's query; None where it has none."""
    text = _text(value)
    return value if text is None else url_forms.query_parameter(text, name) or None


def mapped(value: Any, pairs: tuple[tuple[str, str], ...]) -> Any:
    """Return what a text becomes by the pairs; letter case does not count."""
    text = _text(value)
    return value if text is None else _becomes(pairs).get(_plain(text), value)


@lru_cache
def _becomes(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {_plain(text): becomes for text, becomes in pairs}


def _plain(text: str) -> str:
    return text_forms.plain(text, case_sensitive=False)


def best(measure: Callable[[str], float | None]) -> Callable[[Any, Any], Any]:
    """Return what gives of a list the element that measures most; the first of several."""

    def of(value: Any, _: None) -> Any:
        if not isinstance(value, list):
            return value
        measured = [(measure(_text(element) or ""), element) for element in value]
        known = [(size, element) for size, element in measured if size is not None]
        return max(known, key=lambda pair: pair[0])[1] if known else None

    return of


def words(value: Any, _: None) -> Any:
    """Return a name in capitals and underscores as words."""
    text = _text(value)
    return text.replace("_", " ").title() if text and _ENUM.fullmatch(text) else value


def epoch(micros: int) -> Callable[[Any, Any], Any]:
    """Epoch times whose unit is this many microseconds, as ISO 8601."""

    def of(value: Any, _: None) -> Any:
        text = _text(value)
        if text is None or number_forms.json_number(text) is None:
            return value
        try:
            return _iso(int(Decimal(text) * micros // 1))
        except (OverflowError, ArithmeticError):
            return value

    return of


def _iso(micros: int) -> str:
    return date_forms.instant_text(date_forms.EPOCH + timedelta(microseconds=micros))


def rb2b_time(value: Any, _: None) -> Any:
    """Return a date as RB2B writes it as ISO 8601."""
    match = _RB2B.fullmatch(_text(value) or "")
    if not match:
        return value
    zone = f"{match[2]}:{match[3]}"
    return match[1] + ("Z" if zone in ("+00:00", "-00:00") else zone)


def count(value: Any, _: None) -> Any:
    """Return the number of elements of a list."""
    return json_records.Number(len(value)) if isinstance(value, list) else value


def split(value: Any, separator: str) -> Any:
    """Return the parts of a text, without outer spaces and empty parts."""
    text = _text(value)
    if text is None:
        return value
    return [part for it in text.split(separator) if (part := it.strip())]


def _text(value: Any) -> str | None:
    text = None if isinstance(value, bool) else json_records.scalar_text(value)
    return None if text is None else text.strip()


def is_date_format(pattern: str) -> bool:
    """Return whether a format of `datetime.strptime` says the year, the month and the day."""
    day = datetime(2026, 11, 20, 13, 5, 7, tzinfo=UTC)
    try:
        read = datetime.strptime(day.strftime(pattern), pattern)
    except (ValueError, re.error):
        return False
    return read.date() == day.date()
