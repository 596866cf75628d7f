"""Named conversions: what a mapping may do with a value that an export writes in its own way.

Each takes a value of `json_records.loads` and the conversion's argument. A value that it cannot
read stays as it is, so that it is reported where it does not fit its field. None means that the
record has nothing there.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from icpctl.values import (
    country_forms,
    date_forms,
    json_records,
    number_forms,
    text_forms,
    url_forms,
)
from icpctl.values.typed_columns import number_reader

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from icpctl.mappings.paths import Convert

COUNT, SPLIT, RANGE, MAP = "count", "split", "range", "map"
DATE, QUERY, LATEST, HIGHEST = "date", "query", "latest", "highest"
OF_LISTS = frozenset({COUNT, LATEST, HIGHEST})
"""Conversions that make one value of a list; the others convert each of its elements."""

BOUNDS = ("min", "max")
"""The keys of a range that is an object."""

_CACHED = 1 << 16
_ENUM = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)*")
_RB2B = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d):\d\d(?:\.\d+)?([+-]\d\d)[.:]?(\d\d)", re.ASCII
)


def convert(value: Any, how: Convert | None) -> Any:
    """What a conversion makes of a value; of a list, of each of its elements.

    None, which no conversion changes, is a missing value.
    """
    while how is not None and value is not None:
        value = _once(value, how)
        how = how.then
    return value


def _once(value: Any, how: Convert) -> Any:
    if how.name in OF_LISTS:
        return CONVERSIONS[how.name](value, how.argument)
    of_one = _BESIDE.get(how.name) or CONVERSIONS[how.name]
    if not isinstance(value, list):
        return of_one(value, how.argument)
    made = [_once(element, how) for element in value if element is not None]
    if how.name == SPLIT:
        made = [part for parts in made for part in (parts if isinstance(parts, list) else [parts])]
    return [element for element in made if element is not None]


def convert_tokens(tokens: pa.Array, how: Convert) -> pa.Array:
    """The same for a column of JSON texts: each distinct one is converted once."""
    import pyarrow as pa

    at_once = _AT_ONCE.get(how.name)
    if at_once and (converted := at_once(tokens)) is not None:
        return converted
    encoded = tokens.dictionary_encode()
    made = [_converted(token, how) for token in encoded.dictionary.to_pylist()]
    return pa.array(made, pa.string()).take(encoded.indices)


@lru_cache(_CACHED)
def _converted(token: str, how: Convert) -> str | None:
    value = convert(json_records.loads(token), how)
    return None if value is None else json_records.dumps(value)


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
    return [part for piece in text.split(separator) if (part := piece.strip())]


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


CONVERSIONS: dict[str, Callable[[Any, Any], Any]] = {
    "host": host,
    "place_city": place(0),
    "place_region": place(1),
    "place_country": place(2),
    RANGE: size_range,
    "words": words,
    COUNT: count,
    "lower_end": lower_end,
    "number": number,
    DATE: date,
    QUERY: query,
    LATEST: best(date_forms.instant),
    HIGHEST: best(number_forms.number),
    "epoch_seconds": epoch(1_000_000),
    "epoch_milliseconds": epoch(1_000),
    "epoch_microseconds": epoch(1),
    "rb2b_time": rb2b_time,
}
"""What `as` may name in a mapping: each takes a value and its argument.

`docs/mappings.md` says what each does, with an example; `split` and `map` are keys beside a path.
"""

_BESIDE: dict[str, Callable[[Any, Any], Any]] = {
    SPLIT: split,
    MAP: mapped,
}
"""Conversions that are keys beside a path."""


def _rb2b_times(tokens: pa.Array) -> pa.Array | None:
    """RB2B's common form, all rows at once; None when any row differs."""
    import pyarrow.compute as pc

    usual = pc.match_substring_regex(tokens, r'^"[0-9T:-]{19}:00\.00\+00\.00"$')
    if not pc.all(usual).as_py():
        return None
    return pc.binary_join_element_wise(pc.utf8_slice_codeunits(tokens, 0, 20), 'Z"', "")


def _epochs(unit: str) -> Callable[[pa.Array], pa.Array | None]:
    """Whole numbers of a unit of this century, all rows at once; None when any row differs."""

    def of(tokens: pa.Array) -> pa.Array | None:
        import pyarrow as pa
        import pyarrow.compute as pc

        digits = pc.utf8_trim(tokens, characters='"')
        usual = pc.match_substring_regex(digits, f"^[12][0-9]{{{_DIGITS[unit] - 1}}}$")
        if not pc.all(usual).as_py():
            return None
        times = digits.cast(pa.int64()).cast(pa.timestamp(unit))
        if unit != "s":
            try:
                times = times.cast(pa.timestamp("s"))
            except pa.ArrowInvalid:  # fractions of a second
                times = times.cast(pa.timestamp("us"))
        text = pc.replace_substring(times.cast(pa.string()), " ", "T")
        return pc.binary_join_element_wise('"', text, 'Z"', "")

    return of


_DIGITS = {"s": 10, "ms": 13, "us": 16}

_AT_ONCE: dict[str, Callable[[pa.Array], pa.Array | None]] = {
    "rb2b_time": _rb2b_times,
    "epoch_seconds": _epochs("s"),
    "epoch_milliseconds": _epochs("ms"),
    "epoch_microseconds": _epochs("us"),
}
"""Conversions of what differs in almost every record, with Arrow's kernels."""
