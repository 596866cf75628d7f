"""Named conversions: what a mapping may do with a value that an export writes in its own way.

A value that a conversion cannot read stays as it is, so that it is reported where it does not fit
its field. None means that the record has nothing there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from icpctl.mappings import value_conversions
from icpctl.values import json_records
from icpctl.values.forms import date_forms, number_forms

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


@dataclass(frozen=True, slots=True)
class Conversion:
    """One conversion. `example` is a JSON value of an export, `becomes` what is made of it.

    `convert` takes the value and the argument; `argument` is the one of the example.
    """

    name: str
    meaning: str
    example: str
    becomes: str
    convert: Callable[[Any, Any], Any]
    argument: str | tuple[str, ...] | None = None


def convert(value: Any, how: Convert | None) -> Any:
    """What a conversion makes of a value of `records.loads`; of a list, of each of its elements.

    None, which no conversion changes, is a missing value.
    """
    while how is not None and value is not None:
        value = _once(value, how)
        how = how.then
    return value


def _once(value: Any, how: Convert) -> Any:
    if how.name in OF_LISTS:
        return CONVERSIONS[how.name].convert(value, how.argument)
    of_one = _BESIDE.get(how.name) or CONVERSIONS[how.name].convert
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


_CONVERSIONS = [
    Conversion(
        "host",
        "the host of a URL, or what follows the @ of an email address",
        '"https://www.northwind.example/about"',
        '"northwind.example"',
        value_conversions.host,
    ),
    Conversion(
        "place_city",
        "the city in `City, Region, Country` or `City, Country`",
        '"Munich, Bavaria, Germany"',
        '"Munich"',
        value_conversions.place(0),
    ),
    Conversion(
        "place_region",
        "the region in `City, Region, Country`",
        '"Munich, Bavaria, Germany"',
        '"Bavaria"',
        value_conversions.place(1),
    ),
    Conversion(
        "place_country",
        "the country in `City, Region, Country` or `City, Country`",
        '"Munich, Bavaria, Germany"',
        '"Germany"',
        value_conversions.place(2),
    ),
    Conversion(
        RANGE,
        "a range of employees in a text or in an object of `min` and `max`; "
        "a plain number is not a range",
        '"2 to 10 employees"',
        '"2-10"',
        value_conversions.size_range,
    ),
    Conversion(
        "words",
        "a name in capitals and underscores as words",
        '"FINANCIAL_SERVICES"',
        '"Financial Services"',
        value_conversions.words,
    ),
    Conversion(
        COUNT,
        "how many elements a list has",
        '["/pricing", "/demo"]',
        "2",
        value_conversions.count,
    ),
    Conversion(
        "lower_end",
        "the lower end of a range",
        '"51-200 employees"',
        "51",
        value_conversions.lower_end,
    ),
    Conversion(
        "number",
        "a number in any spelling",
        '"$1.5M"',
        "1500000",
        value_conversions.number,
    ),
    Conversion(
        DATE,
        "a date in the `format` beside it, or in any spelling that has one reading",
        '"11/20/2026"',
        '"2026-11-20T00:00:00Z"',
        value_conversions.date,
        ("%m/%d/%Y",),
    ),
    Conversion(
        QUERY,
        "a parameter of a URL: `as: query utm_source`",
        '"https://www.example.com/?utm_source=google"',
        '"google"',
        value_conversions.query,
        "utm_source",
    ),
    Conversion(
        LATEST,
        "the latest date of a list",
        '["2026-11-19", "2026-11-20"]',
        '"2026-11-20"',
        value_conversions.best(date_forms.instant),
    ),
    Conversion(
        HIGHEST,
        "the highest number of a list",
        "[3, 12, 7]",
        "12",
        value_conversions.best(number_forms.number),
    ),
    Conversion(
        "epoch_seconds",
        "a date in seconds since 1970",
        "1795170600",
        '"2026-11-20T10:30:00Z"',
        value_conversions.epoch(1_000_000),
    ),
    Conversion(
        "epoch_milliseconds",
        "a date in milliseconds since 1970",
        "1795170600250",
        '"2026-11-20T10:30:00.250000Z"',
        value_conversions.epoch(1_000),
    ),
    Conversion(
        "epoch_microseconds",
        "a date in microseconds since 1970",
        '"1795170600000000"',
        '"2026-11-20T10:30:00Z"',
        value_conversions.epoch(1),
    ),
    Conversion(
        "rb2b_time",
        "a date as RB2B writes it",
        '"2026-11-20T10:30:00:00.00+00.00"',
        '"2026-11-20T10:30:00Z"',
        value_conversions.rb2b_time,
    ),
]

CONVERSIONS: dict[str, Conversion] = {entry.name: entry for entry in _CONVERSIONS}
"""What `as` may name in a mapping. `split` and `map` are separate keys beside a path."""


_BESIDE: dict[str, Callable[[Any, Any], Any]] = {
    SPLIT: value_conversions.split,
    MAP: value_conversions.mapped,
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
