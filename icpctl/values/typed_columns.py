"""From the JSON texts of a field to its values (SPEC 4): texts, pages, numbers, booleans, days.

A field arrives as one JSON text a record (`"Software"`, `180`, `["a", "b"]`, null where absent),
because only that tells the string "180" from the number and a list from a text that looks like
one. Each distinct JSON text is converted once; rows refer to the results by number.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.values import json_records, normal_forms, page_lists
from icpctl.values.tokens import Decoded, distinct_of, first_bytes, trimmed
from icpctl.vocabulary import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_EMPTY_LIST = "[]"
_DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class Column:
    """What the rows of a batch have in one field.

    `values` holds the values, few of them twice: texts (a string array), or numbers and booleans
    (a float64 array [values, 2] of lowest and highest number). Row `r` has the cell `rows[r]`,
    -1 where it has none. Without `offsets` cell `c` is the one value `c`; with them, it is the
    values `elements[offsets[c]:offsets[c + 1]]`, perhaps none. `misfits` are the rows that hold
    something that does not fit the field's kind.
    """

    values: Any
    rows: np.ndarray
    offsets: np.ndarray | None = None
    elements: np.ndarray | None = None
    misfits: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def cells(self, table: np.ndarray) -> np.ndarray:
        """Bits per value [values, words] -> bits per cell: those of any of its values."""
        if self.offsets is None or self.elements is None:
            return table
        wide = _widened(table)
        found = np.zeros((len(self.offsets) - 1, wide.shape[1]), wide.dtype)
        filled = np.flatnonzero(np.diff(self.offsets))
        if len(filled):
            starts = self.offsets[filled]
            for part in range(wide.shape[1]):
                bits = wide[:, part].take(self.elements)
                found[filled, part] = np.bitwise_or.reduceat(bits, starts)
        return found.view(np.uint8)[:, : table.shape[1]]

    def spread(self, cells: np.ndarray) -> np.ndarray:
        """Bits per cell [cells, words] -> bits per row [rows, words]; none where nothing is."""
        nothing = np.zeros((1, cells.shape[1]), cells.dtype)
        found: np.ndarray = np.concatenate([cells, nothing]).take(self.rows, axis=0, mode="wrap")
        return found

    def to_lists(self) -> list[list[Any]]:
        """For each row its values, as Python values."""
        values: list[Any] = self.values.tolist()
        if self.offsets is None or self.elements is None:
            return [[values[cell]] if cell >= 0 else [] for cell in self.rows.tolist()]
        found = [values[element] for element in self.elements.tolist()]
        starts = self.offsets.tolist()
        return [
            found[starts[cell] : starts[cell + 1]] if cell >= 0 else []
            for cell in self.rows.tolist()
        ]

    def present(self) -> np.ndarray:
        """For each row whether it has a value."""
        ones = np.ones((len(self.values), 1), np.uint8)
        return self.spread(self.cells(ones))[:, 0].astype(bool)


def _widened(table: np.ndarray) -> np.ndarray:
    """The bytes of each row as few large words: an operation takes as long for any size."""
    width = table.shape[1]
    word = next((size for size in (1, 2, 4) if width <= size), 8)
    padded = np.zeros((len(table), -(-width // word) * word), np.uint8)
    padded[:, :width] = table
    return padded.view(f"u{word}")


def of_kind(tokens: pa.Array, name: str, kind: Kind) -> Column:
    """The column of a condition type's field."""
    match kind:
        case Kind.PAGES:
            return pages(tokens)
        case Kind.TEXT:
            return texts(tokens)
        case Kind.NUMBER:
            return numbers(tokens, ranges=name == "company_size")
        case Kind.BOOLEAN:
            return booleans(tokens)


def texts(tokens: pa.Array) -> Column:
    """A text field: scalars as text, each list as its scalars."""
    rows, distinct = distinct_of(tokens)
    decoded = Decoded(distinct)
    misfit = np.zeros(len(distinct), bool)
    value_of = np.arange(len(distinct), dtype=np.int32)
    several: dict[int, list[int]] = {}  # cell -> its values' numbers
    for cell in decoded.odd:
        found, misfit[cell] = _scalars(distinct[cell].as_py())
        added = [decoded.add(text) for text in found]
        value_of[cell] = added[0] if added else -1
        if len(added) > 1:
            several[cell] = added
    values, filled = trimmed(decoded.values())
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


def pages(tokens: pa.Array) -> Column:
    """Lists of pages: a list of JSON texts a row, or the JSON text of each row's list."""
    found = _split(tokens) if pa.types.is_string(tokens.type) else _listed(tokens)
    values, filled = trimmed(found.texts)
    elements = found.codes
    gone = ~np.append(filled, [False, False])[elements]
    lengths, misfits = found.lengths, _NO_ROWS
    if gone.any():
        owner = np.repeat(np.arange(len(lengths)), lengths)
        misfits = np.unique(owner[elements == _MISFIT])
        elements = elements[~gone]
        lengths = np.bincount(owner[~gone], minlength=len(lengths))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Column(values, np.arange(len(lengths)), offsets, elements, misfits)


_NOTHING, _MISFIT = -1, -2


@dataclass(frozen=True, slots=True)
class _Pages:
    """`lengths[r]` of the `codes` belong to row `r`: numbers of texts, `_NOTHING` or `_MISFIT`."""

    texts: pa.Array
    codes: np.ndarray
    lengths: np.ndarray


def _listed(tokens: pa.ListArray) -> _Pages:
    lengths = pc.fill_null(pc.list_value_length(tokens), 0).to_numpy(zero_copy_only=False)
    codes, distinct = distinct_of(pc.list_flatten(tokens))
    decoded = Decoded(distinct)
    code_of = np.arange(len(distinct) + 1, dtype=np.int32)
    code_of[-1] = _NOTHING
    for cell in decoded.odd:
        page = _page(json_records.loads(distinct[cell].as_py()))
        code_of[cell] = _MISFIT if page is None else decoded.add(page)
    return _Pages(decoded.values(), code_of[codes], lengths)


def _split(tokens: pa.Array) -> _Pages:
    found = page_lists.split(tokens)
    if not len(found.odd):
        return _Pages(found.texts, found.codes, found.lengths)
    texts: list[str] = []
    codes: list[int] = []
    counts = []
    for row in found.odd:
        value = json_records.loads(tokens[int(row)].as_py())
        elements = value if isinstance(value, list) else [{} if isinstance(value, dict) else value]
        counts.append(len(elements))
        for element in elements:
            page = _page(element)
            missing = _NOTHING if element is None else _MISFIT
            codes.append(missing if page is None else len(found.texts) + len(texts))
            texts += [] if page is None else [page]
    places = np.concatenate([[0], np.cumsum(found.lengths)])[found.odd]
    lengths = found.lengths.copy()
    lengths[found.odd] = counts
    return _Pages(
        pa.concat_arrays([found.texts, pa.array(texts, pa.string())]),
        np.insert(found.codes, np.repeat(places, counts), np.array(codes, np.int32)),
        lengths,
    )


def numbers(tokens: pa.Array, *, ranges: bool = False) -> Column:
    """A number field; with `ranges` also texts such as `51-200`."""

    def read(token: str) -> tuple[float, float] | None:
        text = json.loads(token) if token[:1] == '"' else token
        value = normal_forms.number(text)
        if value is not None:
            return value, value
        is_text = ranges and text is not token
        return normal_forms.range_bounds(normal_forms.size_range(text)) if is_text else None

    rows, distinct = distinct_of(tokens)
    distinct = _unquoted_numbers(distinct)
    bounds = np.zeros((len(distinct), 2))
    first = first_bytes(distinct)
    plain = (first >= ord("0")) & (first <= ord("9"))  # JSON numbers, all at once
    if plain.any():
        found = distinct.filter(pa.array(plain)).cast(pa.float64()).to_numpy()
        plain[plain] = np.isfinite(found)
        bounds[plain] = found[np.isfinite(found), None]
    return _converted(rows, distinct, bounds, ~plain, read)


def _unquoted_numbers(tokens: pa.Array) -> pa.Array:
    """Texts that are numbers, as CSV files have them, as JSON numbers."""
    if not pc.any(pc.starts_with(tokens, '"')).as_py():
        return tokens
    mask = pc.match_substring_regex(tokens, '^"-?(0|[1-9][0-9]*)([.][0-9]+)?"$')
    return pc.if_else(mask, pc.utf8_slice_codeunits(tokens, 1, -1), tokens)


def booleans(tokens: pa.Array) -> Column:
    """A boolean field: true and false are 1 and 0."""

    def read(token: str) -> tuple[float, float] | None:
        text = str(json.loads(token)) if token[:1] == '"' else token
        word = text.strip().casefold() if text is not token else text
        value = {"true": 1.0, "1": 1.0, "false": 0.0, "0": 0.0}.get(word)
        return None if value is None else (value, value)

    rows, distinct = distinct_of(tokens)
    bounds = np.zeros((len(distinct), 2))
    return _converted(rows, distinct, bounds, np.ones(len(distinct), bool), read)


def instants(tokens: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Dates -> microseconds since 1970 in UTC (int64), which rows have one, and misfit rows."""
    micros = np.zeros(len(tokens), np.int64)
    simple = _plain_times(tokens)
    if simple is not None:
        known = pc.is_valid(simple).to_numpy(zero_copy_only=False)
        micros[known] = simple.drop_null().cast(pa.int64()).to_numpy()
        return micros, known, np.empty(0, np.int64)
    rows, distinct = distinct_of(tokens)
    table = np.zeros(len(distinct) + 1, np.int64)
    unknown = np.ones(len(distinct) + 1, bool)
    misfit = np.zeros(len(distinct), bool)
    for cell, token in enumerate(distinct.to_pylist()):
        found = _instant(token)
        if found is None:
            misfit[cell] = not _is_blank(token)
        else:
            table[cell], unknown[cell] = found, False
    return table[rows], ~unknown[rows], _rows_of(rows, misfit)


def days(last_seen: pa.Array, last_seen_days: pa.Array, as_of: datetime) -> tuple[Column, ...]:
    """Whole days from `last_seen` to `as_of`, else the record's own `last_seen_days`.

    Returns the column, whose misfits are those of `last_seen`, and the column of
    `last_seen_days` alone, for its misfits.
    """
    micros, known, misfits = instants(last_seen)
    now = normal_forms.micros(as_of)
    count = np.maximum((now - micros) // _DAY, 0)
    own = numbers(last_seen_days)
    encoded = pa.array(count, mask=~known).dictionary_encode()
    low = encoded.dictionary.to_numpy().astype(np.float64)
    values = np.concatenate([np.stack([low, low], axis=1), own.values])
    rows = np.where(own.rows >= 0, own.rows + len(low), -1)
    codes = pc.fill_null(encoded.indices, -1).to_numpy()
    return Column(values, np.where(known, codes, rows), misfits=misfits), own


def _instant(token: str) -> int | None:
    """Microseconds since 1970 of one JSON text, None where it is no date."""
    if token[:1] == '"':
        return normal_forms.instant(str(json.loads(token)))
    value = normal_forms.number(token)
    return None if value is None else normal_forms.epoch(value)


def _plain_times(tokens: pa.Array) -> pa.Array | None:
    """Dates in the forms that Arrow reads, all rows at once, in microseconds.

    Like `"2026-11-20T10:30:00Z"`, `"2026-11-20 10:30:00.123+00"` and `"2026-11-20"`; None when
    any row is no such date, or only some have a zone.
    """
    at = pc.index(pc.is_valid(tokens), True).as_py()
    first = tokens[at].as_py() if at >= 0 else ""
    if first[:1] != '"':
        return None
    zone = "UTC" if _ZONE.search(first) else None
    try:
        found = pc.utf8_slice_codeunits(tokens, 1, -1).cast(pa.timestamp("us", zone))
    except pa.ArrowInvalid:
        return None
    span = pc.min_max(found.cast(pa.int64())).as_py()
    return (
        found
        if span["min"] >= normal_forms.YEAR_1 and span["max"] <= normal_forms.YEAR_9999
        else None
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
        found = read(token)
        if found is None:
            value_of[cell] = -1
            misfit[cell] = not _is_blank(token)
        else:
            bounds[cell] = found
    return Column(bounds, np.append(value_of, np.int32(-1))[rows], misfits=_rows_of(rows, misfit))


def _is_blank(token: str) -> bool:
    if token[:1] == '"':
        return not json.loads(token).strip()
    return token == _EMPTY_LIST


def _scalars(token: str) -> tuple[list[str], bool]:
    """The texts in a JSON text, and whether something in it does not fit."""
    value = json_records.loads(token)
    elements = value if isinstance(value, list) else [value]
    known = [element for element in elements if element is not None]
    found = [text for element in known if (text := json_records.scalar_text(element)) is not None]
    return found, len(found) < len(known)


def _page(page: Any) -> str | None:
    """The address of a page: a string, or an object with `url` or `path`; None for a misfit."""
    if isinstance(page, dict):
        page = page.get("url") if page.get("url") is not None else page.get("path")
    return page if isinstance(page, str) and not isinstance(page, json_records.Number) else None


def _rows_of(rows: np.ndarray, misfit: np.ndarray) -> np.ndarray:
    """The rows whose cell is a misfit."""
    return np.flatnonzero(np.append(misfit, False)[rows]) if misfit.any() else _NO_ROWS


_NO_ROWS = np.empty(0, np.int64)


def scalar_texts(tokens: pa.Array) -> pa.Array:
    """Ids for people and columns: the text of each scalar as it stands, null for all else."""
    clean = pc.and_not(pc.starts_with(tokens, '"'), pc.match_substring(tokens, "\\"))
    sliced = pc.utf8_slice_codeunits(tokens, 1, -1)
    odd = pc.and_(pc.invert(clean), pc.is_valid(tokens))
    if pc.any(odd).as_py():
        found = [
            json_records.scalar_text(json_records.loads(t)) for t in tokens.filter(odd).to_pylist()
        ]
        sliced = pc.replace_with_mask(sliced, odd, pa.array(found, pa.string()))
    _, filled = trimmed(sliced)
    return pc.if_else(pa.array(filled), sliced, None)


def carried_json(tokens: pa.Array) -> pa.Array:
    """Carried fields as JSON that everybody can read; null where there is nothing."""
    odd = pc.match_substring_regex(tokens, "(?i)nan|inf")
    if pc.any(odd).as_py():
        found = [json_records.standard(token) for token in tokens.filter(odd).to_pylist()]
        tokens = pc.replace_with_mask(tokens, odd, pa.array(found, pa.string()))
    return pc.fill_null(tokens, "null")


def carried_texts(tokens: pa.Array) -> pa.Array:
    """Carried fields for columns of text: scalars as text, the rest as JSON text."""
    tokens = carried_json(tokens)
    tokens = pc.if_else(pc.equal(tokens, "null"), None, tokens)
    plain = scalar_texts(tokens)
    return pc.if_else(
        pc.is_valid(plain), plain, pc.if_else(pc.starts_with(tokens, '"'), None, tokens)
    )
