"""Named conversions: what a mapping may do with a value that an export writes in its own way.

A value that a conversion cannot read stays as it is, so that it is reported where it does not fit
its field. None means that the record has nothing there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from icpctl.values import json_records, normal_forms

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from icpctl.mappings.paths import Convert

COUNT, SPLIT, RANGE = "count", "split", "range"
BOUNDS = ("min", "max")
"""The keys of a range that is an object."""

_ENUM = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)*")
_RANGE = re.compile(r"[0-9]+-[0-9]+|[0-9]+\+")
_RB2B = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d):\d\d(?:\.\d+)?([+-]\d\d)[.:]?(\d\d)", re.ASCII
)
_PATH = re.compile("[/?#]")  # where a URL's host ends
_CACHED = 1 << 16


@dataclass(frozen=True, slots=True)
class Conversion:
    """One conversion. `example` is a JSON value of an export, `becomes` what is made of it."""

    name: str
    meaning: str
    example: str
    becomes: str
    convert: Callable[[Any], Any]


def convert(value: Any, how: Convert | None) -> Any:
    """What a conversion makes of a value of `records.loads`; of a list, of each of its elements.

    None, which no conversion changes, is a value that is missing.
    """
    if how is None or value is None:
        return value
    if how.name == SPLIT:
        return _split(value, how.argument or "")
    of_one = CONVERSIONS[how.name].convert
    if not isinstance(value, list) or how.name == COUNT:
        return of_one(value)
    return [it for it in map(of_one, value) if it is not None]


def convert_tokens(tokens: pa.Array, how: Convert) -> pa.Array:
    """The same for a column of JSON texts: each distinct one is converted once."""
    import pyarrow as pa

    at_once = _AT_ONCE.get(how.name)
    if at_once and (found := at_once(tokens)) is not None:
        return found
    encoded = tokens.dictionary_encode()
    made = [_converted(token, how) for token in encoded.dictionary.to_pylist()]
    return pa.array(made, pa.string()).take(encoded.indices)


@lru_cache(_CACHED)
def _converted(token: str, how: Convert) -> str | None:
    value = convert(json_records.loads(token), how)
    return None if value is None else json_records.dumps(value)


def _host(value: Any) -> Any:
    text = _text(value)
    if text is None:
        return value
    rest = text.partition("://")[2] or text.removeprefix("//")
    return normal_forms.domain(_PATH.split(rest)[0].rpartition("@")[2].rstrip("> "))


def _place(part: int) -> Callable[[Any], Any]:
    """Of `City, Region, Country` the part 0, 1 or 2."""

    def of(value: Any) -> Any:
        text = _text(value)
        if text is None:
            return value
        parts = [it.strip() for it in text.split(",")]
        country = ""
        # A code alone does not tell: in `San Francisco, CA` it is a state's.
        if len(parts) > 2 or (
            len(parts[-1]) > normal_forms.LONGEST_CODE and _is_country(parts[-1])
        ):
            country = parts.pop()
        city, region = [*parts, "", ""][:2] if len(parts) < 3 else (parts[0], parts[-1])
        return (city, region, country)[part] or None

    return of


def _is_country(text: str) -> bool:
    return not normal_forms.country(text).endswith("\0")


def _range(value: Any) -> Any:
    if isinstance(value, dict):
        low, high = (_whole(value.get(bound)) for bound in BOUNDS)
        if low is None and high is None:
            return None
        return f"{low or 1}-{high}" if high else f"{low}+"
    text = _text(value)
    if text is None or normal_forms.number(text) is not None:
        return None
    found = _RANGE.search(normal_forms.size_range(text))
    return found.group() if found else value


def _whole(value: Any) -> str | None:
    """A number's text, without the `.0` of one that is kept as a double."""
    text = _text(value)
    return re.sub(r"\.0+$", "", text) or None if text else None


def _words(value: Any) -> Any:
    text = _text(value)
    return text.replace("_", " ").title() if text and _ENUM.fullmatch(text) else value


def _epoch(micros: int) -> Callable[[Any], Any]:
    """Epoch times whose unit is so many microseconds, as ISO 8601."""

    def of(value: Any) -> Any:
        text = _text(value)
        if text is None or normal_forms.number(text) is None:
            return value
        try:
            return _iso(int(Decimal(text) * micros // 1))
        except (OverflowError, ArithmeticError):
            return value

    return of


def _iso(micros: int) -> str:
    return normal_forms.instant_text(normal_forms.EPOCH + timedelta(microseconds=micros))


def _rb2b_time(value: Any) -> Any:
    found = _RB2B.fullmatch(_text(value) or "")
    if not found:
        return value
    zone = f"{found[2]}:{found[3]}"
    return found[1] + ("Z" if zone in ("+00:00", "-00:00") else zone)


def _count(value: Any) -> Any:
    return json_records.Number(len(value)) if isinstance(value, list) else value


def _split(value: Any, separator: str) -> Any:
    text = _text(value)
    if text is None:
        return value
    return [part for it in text.split(separator) if (part := it.strip())]


def _text(value: Any) -> str | None:
    text = None if isinstance(value, bool) else json_records.scalar_text(value)
    return None if text is None else text.strip()


_CONVERSIONS = [
    Conversion(
        "host",
        "the host of a URL, or what stands behind the @ of an email address",
        '"https://www.northwind.example/about"',
        '"northwind.example"',
        _host,
    ),
    Conversion(
        "place_city",
        "the city in `City, Region, Country` or `City, Country`",
        '"Munich, Bavaria, Germany"',
        '"Munich"',
        _place(0),
    ),
    Conversion(
        "place_region",
        "the region in `City, Region, Country`",
        '"Munich, Bavaria, Germany"',
        '"Bavaria"',
        _place(1),
    ),
    Conversion(
        "place_country",
        "the country in `City, Region, Country` or `City, Country`",
        '"Munich, Bavaria, Germany"',
        '"Germany"',
        _place(2),
    ),
    Conversion(
        RANGE,
        "a range in a text or in an object of `min` and `max`; a mere number is none",
        '"2-10 employees"',
        '"2-10"',
        _range,
    ),
    Conversion(
        "words",
        "a name in capitals and underscores as words",
        '"FINANCIAL_SERVICES"',
        '"Financial Services"',
        _words,
    ),
    Conversion(
        COUNT,
        "how many elements a list has",
        '["/pricing", "/demo"]',
        "2",
        _count,
    ),
    Conversion(
        "epoch_seconds",
        "a date in seconds since 1970",
        "1795170600",
        '"2026-11-20T10:30:00Z"',
        _epoch(1_000_000),
    ),
    Conversion(
        "epoch_milliseconds",
        "a date in milliseconds since 1970",
        "1795170600250",
        '"2026-11-20T10:30:00.250000Z"',
        _epoch(1_000),
    ),
    Conversion(
        "epoch_microseconds",
        "a date in microseconds since 1970",
        '"1795170600000000"',
        '"2026-11-20T10:30:00Z"',
        _epoch(1),
    ),
    Conversion(
        "rb2b_time",
        "a date as RB2B writes it",
        '"2026-11-20T10:30:00:00.00+00.00"',
        '"2026-11-20T10:30:00Z"',
        _rb2b_time,
    ),
]

CONVERSIONS: dict[str, Conversion] = {entry.name: entry for entry in _CONVERSIONS}
"""What `as` may name in a mapping. `split` is apart, since it takes a separator."""


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
