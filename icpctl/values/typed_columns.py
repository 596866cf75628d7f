"""From the JSON texts of a field to its values: texts, pages, numbers, booleans, days.

A field arrives as one JSON text a record (`"Software"`, `180`, `["a", "b"]`, null where absent),
because only that tells the string "180" from the number and a list from a text that looks like
one. Each distinct JSON text is converted once; rows refer to the results by number.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace

from icpctl.values import date_forms, json_records, number_forms, url_forms
from icpctl.values.column import (
    Column,
    Decoded,
    distinct_of,
    first_bytes,
    is_missing,
    missing,
    visible_texts,
)
from icpctl.values.number_forms import boolean, json_number, size_text
from icpctl.values.page_columns import pages
from icpctl.vocabulary import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from icpctl.values.number_forms import Bounds
    from icpctl.vocabulary.condition_types import ConditionType

__all__ = ["Column", "booleans", "of_kind", "pages", "texts"]

_DAY = 86_400_000_000  # microseconds


def of_kind(tokens: pa.Array, name: str, kind: Kind) -> Column:
    """Return the column of a condition type's field."""
    match kind:
        case Kind.PAGES:
            return pages(tokens)
        case Kind.TEXT if name == "domain":
            column = texts(tokens)
            return replace(column, values=url_forms.domain_column(column.values))
        case Kind.TEXT if name == "employee_size_range":
            return texts(_without_objects(tokens))
        case Kind.TEXT:
            return texts(tokens)
        case Kind.NUMBER:
            return numbers(tokens, name)
        case Kind.BOOLEAN:
            return booleans(tokens)


def fitting(
    tokens: pa.Array, name: str, entry: ConditionType | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows [rows] have a value that fits a field, and the rows of those that do not.

    `entry` is the field's condition type; what has none, such as `id`, takes any scalar.
    """
    if name == "last_seen" or (entry and entry.is_custom and entry.is_days):
        _, present, misfits = instants(tokens)
        return present, misfits
    if entry:
        column = of_kind(tokens, name, entry.kind)
        return column.present(), column.misfits
    present = scalar_texts(tokens).is_valid().to_numpy(zero_copy_only=False)
    return present, np.flatnonzero(~missing(tokens) & ~present)


def texts(tokens: pa.Array) -> Column:
    """Return a text field: scalars as text, each list as its scalars."""
    rows, distinct = distinct_of(tokens)
    decoded = Decoded(distinct)
    misfit = np.zeros(len(distinct), bool)
    value_of = np.arange(len(distinct), dtype=np.int32)
    several: dict[int, list[int]] = {}  # cell -> its values' numbers
    for cell in decoded.odd:
        scalars, misfit[cell] = _scalars(distinct[cell].as_py())
        added = [decoded.add(text) for text in scalars]
        value_of[cell] = added[0] if added else -1
        if len(added) > 1:
            several[cell] = added
    values, filled = visible_texts(decoded.values())
    filled = np.append(filled, False)
    value_of[~filled[value_of]] = -1
    misfits = _rows_of(rows, misfit)
    if not several:
        return Column(values, np.append(value_of, np.int32(-1))[rows], misfits=misfits)
    counts = (value_of >= 0).astype(np.int64)
    for cell, added in several.items():
        several[cell] = [value for value in added if filled[value]]
        counts[cell] = len(several[cell])
    offsets = np.concatenate([[0], np.cumsum(counts)])
    elements = np.repeat(value_of, counts)
    for cell, added in several.items():
        elements[offsets[cell] : offsets[cell + 1]] = added
    return Column(values, rows, offsets, elements, misfits)


def _without_objects(tokens: pa.Array) -> pa.Array:
    """Return the JSON texts of ranges, with those of `{min, max}` as texts such as `51-200`."""
    if pa.types.is_dictionary(tokens.type):
        return pa.DictionaryArray.from_arrays(tokens.indices, _without_objects(tokens.dictionary))
    is_object = pc.fill_null(pc.starts_with(tokens, "{"), False)
    if not pc.any(is_object).as_py():
        return tokens
    read = number_reader("company_size").from_token
    objects = tokens.filter(is_object).to_pylist()
    made = [
        token if bounds is None else json.dumps(size_text(*bounds))
        for token, bounds in zip(objects, map(read, objects), strict=True)
    ]
    return pc.replace_with_mask(tokens, is_object, pa.array(made, pa.string()))


def numbers(tokens: pa.Array, name: str) -> Column:
    """Return a number field, by the spellings that `name` takes."""
    reader = number_reader(name)
    rows, distinct = distinct_of(tokens)
    distinct = _unquoted_integers(distinct)
    bounds = np.zeros((len(distinct), 2))
    first = first_bytes(distinct)
    is_plain = (first >= ord("0")) & (first <= ord("9"))  # JSON numbers, all at once
    if is_plain.any():
        plain = distinct.filter(pa.array(is_plain)).cast(pa.float64())
        values = reader.from_numbers(plain.to_numpy())
        known = np.isfinite(values)
        is_plain[is_plain] = known
        bounds[is_plain] = values[known, None]
    return _converted(rows, distinct, bounds, ~is_plain, reader.from_token)


def _unquoted_integers(tokens: pa.Array) -> pa.Array:
    """Return texts that are whole numbers, as CSV files have them, as JSON numbers."""
    if not pc.any(pc.starts_with(tokens, '"')).as_py():
        return tokens
    mask = pc.match_substring_regex(tokens, '^"(0|[1-9][0-9]*)"$')
    return pc.if_else(mask, pc.utf8_slice_codeunits(tokens, 1, -1), tokens)


def booleans(tokens: pa.Array) -> Column:
    """Return a boolean field: true and false are 1 and 0."""

    def read(token: str) -> tuple[float, float] | None:
        value = boolean(str(json.loads(token))) if token[:1] == '"' else _json_boolean(token)
        return None if value is None else (float(value), float(value))

    rows, distinct = distinct_of(tokens)
    bounds = np.zeros((len(distinct), 2))
    return _converted(rows, distinct, bounds, np.ones(len(distinct), bool), read)


def _json_boolean(token: str) -> bool | None:
    words = {"true": True, "false": False}
    if token in words:
        return words[token]
    value = json_number(token)
    return bool(value) if value in (0, 1) else None


Instants = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Microseconds since 1970 in UTC [rows, int64], which rows have a date, and the misfit rows."""


def instants(tokens: pa.Array) -> Instants:
    """Return the dates of JSON texts."""
    rows, distinct = distinct_of(tokens)
    micros = np.zeros(len(distinct) + 1, np.int64)
    known, misfit = np.zeros(len(distinct) + 1, bool), np.zeros(len(distinct), bool)
    simple = _plain_times(distinct)
    if simple is not None:
        micros[:-1], known[:-1] = simple.cast(pa.int64()).to_numpy(), True
    else:
        for cell, token in enumerate(distinct.to_pylist()):
            moment = _instant(token)
            if moment is None:
                misfit[cell] = not is_missing(token)
            else:
                micros[cell], known[cell] = moment, True
    return micros[rows], known[rows], _rows_of(rows, misfit)


def days(last_seen: Instants, last_seen_days: pa.Array, as_of: datetime) -> tuple[Column, ...]:
    """Whole days from `last_seen` to `as_of`, else the record's own `last_seen_days`.

    Returns the column, whose misfits are those of `last_seen`, and the column of
    `last_seen_days` alone, for its misfits.
    """
    micros, known, misfits = last_seen
    now = date_forms.micros(as_of)
    count = np.maximum((now - micros) // _DAY, 0)
    own = numbers(last_seen_days, "last_seen_days")
    encoded = pa.array(count, mask=~known).dictionary_encode()
    low = encoded.dictionary.to_numpy().astype(np.float64)
    values = np.concatenate([np.stack([low, low], axis=1), own.values])
    rows = np.where(own.rows >= 0, own.rows + len(low), -1)
    codes = pc.fill_null(encoded.indices, -1).to_numpy()
    return Column(values, np.where(known, codes, rows), misfits=misfits), own


def _instant(token: str) -> int | None:
    """Microseconds since 1970 of one JSON text, None where it is not a valid date."""
    if token[:1] == '"':
        return date_forms.instant(str(json.loads(token)))
    return date_forms.epoch(token)


def _plain_times(tokens: pa.Array) -> pa.Array | None:
    """Dates in the forms that Arrow reads, all at once, in microseconds.

    Like `"2026-11-20T10:30:00Z"`, `"2026-11-20 10:30:00.123+00"` and `"2026-11-20"`; None when
    any of the tokens is not such a date, or only some have a zone.
    """
    first = tokens[0].as_py() if len(tokens) else ""
    if first[:1] != '"':
        return None
    zone = "UTC" if _ZONE.search(first) else None
    try:
        times = pc.utf8_slice_codeunits(tokens, 1, -1).cast(pa.timestamp("us", zone))
    except pa.ArrowInvalid:
        return None
    span = pc.min_max(times.cast(pa.int64())).as_py()
    return (
        times if span["min"] >= date_forms.YEAR_1 and span["max"] <= date_forms.YEAR_9999 else None
    )


_ZONE = re.compile(r':.*(Z|[+-]\d\d(:?\d\d)?)"$')


def _converted(
    rows: np.ndarray,
    distinct: pa.Array,
    bounds: np.ndarray,
    unread: np.ndarray,
    read: Callable[[str], tuple[float, float] | None],
) -> Column:
    """The `unread` of the distinct JSON texts through `read`, which gives None for a misfit."""
    value_of = np.arange(len(distinct), dtype=np.int32)
    misfit = np.zeros(len(distinct), bool)
    for cell in np.flatnonzero(unread):
        token = distinct[cell].as_py()
        value = read(token)
        if value is None:
            value_of[cell] = -1
            misfit[cell] = not is_missing(token)
        else:
            bounds[cell] = value
    return Column(bounds, np.append(value_of, np.int32(-1))[rows], misfits=_rows_of(rows, misfit))


def _scalars(token: str) -> tuple[list[str], bool]:
    """The texts in a JSON text, and whether something in it does not fit."""
    value = json_records.loads(token)
    elements = value if isinstance(value, list) else [value]
    known = [element for element in elements if element is not None]
    scalars = [text for element in known if (text := json_records.scalar_text(element)) is not None]
    return scalars, len(scalars) < len(known)


def _rows_of(rows: np.ndarray, misfit: np.ndarray) -> np.ndarray:
    """The rows whose cell is a misfit."""
    return np.flatnonzero(np.append(misfit, False)[rows]) if misfit.any() else _NO_ROWS


_NO_ROWS = np.empty(0, np.int64)


def scalar_texts(tokens: pa.Array) -> pa.Array:
    """Ids for people and columns: the text of each scalar as written, null for all else."""
    clean = pc.and_not(pc.starts_with(tokens, '"'), pc.match_substring(tokens, "\\"))
    sliced = pc.utf8_slice_codeunits(tokens, 1, -1)
    if not pc.all(clean).as_py():
        is_number = pc.match_substring_regex(tokens, "^-?[0-9]+([.][0-9]+)?$")
        numbers_as_text = pc.replace_substring_regex(tokens, "[.]0+$", "")
        sliced = pc.if_else(is_number, numbers_as_text, sliced)
        clean = pc.or_(clean, is_number)
    odd = pc.and_(pc.invert(clean), pc.is_valid(tokens))
    if pc.any(odd).as_py():
        texts_of_odd = [
            json_records.scalar_text(json_records.loads(t)) for t in tokens.filter(odd).to_pylist()
        ]
        sliced = pc.replace_with_mask(sliced, odd, pa.array(texts_of_odd, pa.string()))
    _, filled = visible_texts(sliced)
    return pc.if_else(pa.array(filled), sliced, None)


def carried_json(tokens: pa.Array) -> pa.Array:
    """Carried fields as JSON that everybody can read; null where there is nothing."""
    odd = pc.match_substring_regex(tokens, "(?i)nan|inf")
    if pc.any(odd).as_py():
        standard = [json_records.standard(token) for token in tokens.filter(odd).to_pylist()]
        tokens = pc.replace_with_mask(tokens, odd, pa.array(standard, pa.string()))
    return pc.fill_null(tokens, "null")


def carried_texts(tokens: pa.Array) -> pa.Array:
    """Carried fields for columns of text: scalars as text, the rest as JSON text."""
    tokens = carried_json(tokens)
    tokens = pc.if_else(pc.equal(tokens, "null"), None, tokens)
    plain = scalar_texts(tokens)
    return pc.if_else(
        pc.is_valid(plain), plain, pc.if_else(pc.starts_with(tokens, '"'), None, tokens)
    )


class NumberReader(Struct, frozen=True):
    """How a field reads numbers: JSON numbers at once, and the other JSON texts one by one.

    `from_numbers` gives NaN for a number that does not fit. `from_text` is for what strings hold.
    """

    from_numbers: Callable[[np.ndarray], np.ndarray]
    from_text: Callable[[str], Bounds | None]
    has_ranges: bool = False

    def from_token(self, token: str) -> Bounds | None:
        """Return the lowest and highest number of a JSON text, None where it does not fit."""
        if token[:1] == '"':
            return self.from_text(str(json_records.loads(token)))
        if token[:1] == "{" and self.has_ranges:
            return self._from_object(json_records.loads(token))
        value = number_forms.json_number(token)
        if value is None:
            return None
        (fitting,) = self.from_numbers(np.array([value]))
        return None if np.isnan(fitting) else (float(fitting), float(fitting))

    def _from_object(self, value: dict[str, Any]) -> Bounds | None:
        """Return the bounds of `{min, max}`; a missing `max` is open, a missing `min` is 1."""
        low, high = (json_records.scalar_text(value.get(bound)) for bound in ("min", "max"))
        if low is None:
            return None if high is None else self.from_text(f"1 to {high}")
        return self.from_text(f"{low}+" if high is None else f"{low} to {high}")


def number_reader(name: str) -> NumberReader:
    """Return the reader of a condition type's field."""
    return _READERS.get(name, _ANY)


def _any_number(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)


def _counts(values: np.ndarray) -> np.ndarray:
    fits = np.isfinite(values) & (values >= 0) & (values == np.floor(values))
    return np.where(fits, values, np.nan)


def _days(values: np.ndarray) -> np.ndarray:
    days: np.ndarray = np.maximum(np.floor(_any_number(values)), 0)
    return days


def _single(
    read: Callable[[str], float | None], fitting: Callable[[np.ndarray], np.ndarray]
) -> Callable[[str], Bounds | None]:
    """Return what makes the bounds of a text that is one number."""

    def bounds(text: str) -> Bounds | None:
        value = read(text)
        if value is None:
            return None
        (fitted,) = fitting(np.array([value]))
        return float(fitted), float(fitted)

    return bounds


_COUNT = NumberReader(_counts, _single(number_forms.count, _counts))
_ANY = NumberReader(_any_number, number_forms.number_bounds, has_ranges=True)
_READERS = {
    "page_view_count": _COUNT,
    "session_count": _COUNT,
    "company_size": NumberReader(_counts, number_forms.size_bounds, has_ranges=True),
    "icp_score": NumberReader(_any_number, _single(number_forms.number, _any_number)),
    "last_seen_days": NumberReader(_days, _single(number_forms.number, _days)),
}
"""The readers of the fields that do not take ranges of any numbers, as custom fields do."""
