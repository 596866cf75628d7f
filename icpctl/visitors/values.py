"""From the JSON texts of a field to its values (SPEC 4): texts, pages, numbers, booleans, days.

A field arrives as one JSON text a record (`"Software"`, `180`, `["a", "b"]`, null where absent),
because only that tells the string "180" from the number and a list from a text that looks like
one. Each distinct JSON text is converted once; rows refer to the results by number.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.visitors import normal, records

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_ASCII_SPACE = " \t\n\r\v\f\x1c\x1d\x1e\x1f"  # what str.strip() takes of ASCII
_QUOTE = ord('"')
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
        found = np.zeros((len(self.offsets) - 1, table.shape[1]), table.dtype)
        filled = np.flatnonzero(np.diff(self.offsets))
        if len(filled):
            starts = self.offsets[filled]
            found[filled] = np.bitwise_or.reduceat(table[self.elements], starts, axis=0)
        return found

    def spread(self, cells: np.ndarray) -> np.ndarray:
        """Bits per cell [cells, words] -> bits per row [rows, words]; none where nothing is."""
        nothing = np.zeros((1, cells.shape[1]), cells.dtype)
        found: np.ndarray = np.concatenate([cells, nothing])[self.rows]
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


def texts(tokens: pa.Array) -> Column:
    """A text field: scalars as text, each list as its scalars."""
    rows, distinct = _distinct(tokens)
    decoded = _Decoded(distinct)
    misfit = np.zeros(len(distinct), bool)
    value_of = np.arange(len(distinct), dtype=np.int32)
    several: dict[int, list[int]] = {}  # cell -> its values' numbers
    for cell in decoded.odd:
        found, misfit[cell] = _scalars(distinct[cell].as_py())
        added = [decoded.add(text) for text in found]
        value_of[cell] = added[0] if added else -1
        if len(added) > 1:
            several[cell] = added
    values, filled = _trimmed(decoded.values())
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


def pages(tokens: pa.ListArray) -> Column:
    """A list of pages a row, each element the JSON text of a string or of an object."""
    lengths = pc.fill_null(pc.list_value_length(tokens), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    codes, distinct = _distinct(pc.list_flatten(tokens))
    decoded = _Decoded(distinct)
    misfit = np.zeros(len(distinct) + 1, bool)  # the last for elements that are null
    value_of = np.arange(len(distinct) + 1, dtype=np.int32)
    value_of[-1] = -1
    for cell in decoded.odd:
        page = _page(distinct[cell].as_py())
        misfit[cell] = page is None
        value_of[cell] = decoded.add(page) if page else -1
    values, filled = _trimmed(decoded.values())
    value_of[:-1][~filled[value_of[:-1]]] = -1
    elements = value_of[codes]
    gone = elements < 0
    misfits = np.empty(0, np.int64)
    if gone.any():
        owner = np.repeat(np.arange(len(lengths)), lengths)
        misfits = np.unique(owner[misfit[codes]])
        elements = elements[~gone]
        offsets = np.concatenate(
            [[0], np.cumsum(np.bincount(owner[~gone], minlength=len(lengths)))]
        )
    return Column(values, np.arange(len(lengths)), offsets, elements, misfits)


def numbers(tokens: pa.Array, *, ranges: bool = False) -> Column:
    """A number field; with `ranges` also texts such as `51-200`."""

    def read(token: str) -> tuple[float, float] | None:
        text = json.loads(token) if token[:1] == '"' else token
        value = normal.number(text)
        if value is not None:
            return value, value
        is_text = ranges and text is not token
        return normal.range_bounds(normal.size_range(text)) if is_text else None

    rows, distinct = _distinct(tokens)
    bounds = np.zeros((len(distinct), 2))
    first = _first_bytes(distinct)
    plain = (first >= ord("0")) & (first <= ord("9"))  # JSON numbers, all at once
    if plain.any():
        found = distinct.filter(pa.array(plain)).cast(pa.float64()).to_numpy()
        plain[plain] = np.isfinite(found)
        bounds[plain] = found[np.isfinite(found), None]
    return _converted(rows, distinct, bounds, ~plain, read)


def booleans(tokens: pa.Array) -> Column:
    """A boolean field: true and false are 1 and 0."""

    def read(token: str) -> tuple[float, float] | None:
        text = str(json.loads(token)) if token[:1] == '"' else token
        word = text.strip().casefold() if text is not token else text
        value = {"true": 1.0, "1": 1.0, "false": 0.0, "0": 0.0}.get(word)
        return None if value is None else (value, value)

    rows, distinct = _distinct(tokens)
    bounds = np.zeros((len(distinct), 2))
    return _converted(rows, distinct, bounds, np.ones(len(distinct), bool), read)


def instants(tokens: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Dates -> microseconds since 1970 in UTC (int64), which rows have one, and misfit rows."""
    micros = np.zeros(len(tokens), np.int64)
    simple = _zulu_seconds(tokens)
    if simple is not None:
        known = pc.is_valid(simple).to_numpy(zero_copy_only=False)
        micros[known] = simple.drop_null().cast(pa.int64()).to_numpy() * 1_000_000
        return micros, known, np.empty(0, np.int64)
    rows, distinct = _distinct(tokens)
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
    now = normal.micros(as_of)
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
        return normal.instant(str(json.loads(token)))
    value = normal.number(token)
    return None if value is None else normal.epoch(value)


def _zulu_seconds(tokens: pa.Array) -> pa.Array | None:
    """The common form `"2026-11-20T10:30:00Z"`, all rows at once; None when any row differs."""
    lengths = pc.min_max(pc.binary_length(tokens)).as_py()
    if lengths != {"min": 22, "max": 22} or not pc.all(pc.ends_with(tokens, 'Z"')).as_py():
        return None
    try:
        return pc.utf8_slice_codeunits(tokens, 1, 20).cast(pa.timestamp("s"))
    except pa.ArrowInvalid:  # another form of the same length, or the 30th of February
        return None


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


def _first_bytes(texts: pa.Array) -> np.ndarray:
    """The first byte of each text; none of them may be empty or null."""
    _, offsets, data = texts.buffers()
    starts = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts)]
    return np.frombuffer(data, np.uint8)[starts] if len(texts) else np.empty(0, np.uint8)


def _is_blank(token: str) -> bool:
    if token[:1] == '"':
        return not json.loads(token).strip()
    return token == _EMPTY_LIST


def _distinct(tokens: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """The number of each row's distinct value (-1 for null), and the distinct values."""
    encoded = tokens.dictionary_encode()
    return pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), encoded.dictionary


class _Decoded:
    """The texts of JSON strings; `odd` are the numbers of those that need a closer look.

    Strings without escapes only lose their quotes, all at once. The odd ones keep their place,
    to which nothing refers; what they turn out to be is added behind.
    """

    def __init__(self, tokens: pa.Array) -> None:
        escaped = pc.match_substring(tokens, "\\").to_numpy(zero_copy_only=False)
        self.odd: list[int] = np.flatnonzero((_first_bytes(tokens) != _QUOTE) | escaped).tolist()
        self._sliced = pc.utf8_slice_codeunits(tokens, 1, -1)
        self._added: list[str] = []

    def add(self, text: str) -> int:
        self._added.append(text)
        return len(self._sliced) + len(self._added) - 1

    def values(self) -> pa.Array:
        if not self._added:
            return self._sliced
        return pa.concat_arrays([self._sliced, pa.array(self._added, pa.string())])


def _scalars(token: str) -> tuple[list[str], bool]:
    """The texts in a JSON text, and whether something in it does not fit."""
    value = records.loads(token)
    elements = value if isinstance(value, list) else [value]
    known = [element for element in elements if element is not None]
    found = [text for element in known if (text := records.scalar_text(element)) is not None]
    return found, len(found) < len(known)


def _page(token: str) -> str | None:
    """The address in a page's JSON text: a string, or an object with `url` or `path`."""
    page = records.loads(token)
    if isinstance(page, dict):
        page = page.get("url") if page.get("url") is not None else page.get("path")
    return page if isinstance(page, str) and not isinstance(page, records.Number) else None


def _trimmed(values: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """The values without outer spaces, and which of them are neither null nor blank."""
    trimmed = pc.ascii_trim(values, characters=_ASCII_SPACE)
    mask = pc.invert(pc.fill_null(pc.string_is_ascii(trimmed), True))
    if mask.true_count:
        stripped = [text.strip() for text in trimmed.filter(mask).to_pylist()]
        trimmed = pc.replace_with_mask(trimmed, mask, pa.array(stripped, pa.string()))
    lengths = pc.fill_null(pc.binary_length(trimmed), 0)
    return trimmed, lengths.to_numpy(zero_copy_only=False) > 0


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
        found = [records.scalar_text(records.loads(t)) for t in tokens.filter(odd).to_pylist()]
        sliced = pc.replace_with_mask(sliced, odd, pa.array(found, pa.string()))
    _, filled = _trimmed(sliced)
    return pc.if_else(pa.array(filled), sliced, None)


def carried_texts(tokens: pa.Array) -> pa.Array:
    """Carried fields for columns of text: scalars as text, the rest as JSON text."""
    plain = scalar_texts(tokens)
    return pc.if_else(
        pc.is_valid(plain), plain, pc.if_else(pc.starts_with(tokens, '"'), None, tokens)
    )
