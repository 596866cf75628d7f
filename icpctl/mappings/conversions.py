"""Named conversions: what a mapping may do with a value that an export writes in its own way.

A value that a conversion cannot read stays as it is, so that it is reported where it does not fit
its field. None means that the record has nothing there.
"""

from __future__ import annotations

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


CONVERSIONS: dict[str, Callable[[Any, Any], Any]] = {
    "host": value_conversions.host,
    "place_city": value_conversions.place(0),
    "place_region": value_conversions.place(1),
    "place_country": value_conversions.place(2),
    RANGE: value_conversions.size_range,
    "words": value_conversions.words,
    COUNT: value_conversions.count,
    "lower_end": value_conversions.lower_end,
    "number": value_conversions.number,
    DATE: value_conversions.date,
    QUERY: value_conversions.query,
    LATEST: value_conversions.best(date_forms.instant),
    HIGHEST: value_conversions.best(number_forms.number),
    "epoch_seconds": value_conversions.epoch(1_000_000),
    "epoch_milliseconds": value_conversions.epoch(1_000),
    "epoch_microseconds": value_conversions.epoch(1),
    "rb2b_time": value_conversions.rb2b_time,
}
"""What `as` may name in a mapping: each takes a value and its argument.

`docs/mappings.md` says what each does, with an example; `split` and `map` are keys beside a path.
"""

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
