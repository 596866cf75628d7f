"""Columns of JSON tokens as a scanner gives them: codes by row, and the distinct tokens.

A token is the JSON text of a value. What is done with tokens is done once for each distinct one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from icpctl.exports.columns import json_texts
from icpctl.mappings.conversions import SPLIT, convert_tokens
from icpctl.values import json_records
from icpctl.values.column import first_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from icpctl.exports.scanner.scan_results import Column
    from icpctl.mappings.paths import Convert

_BRACKET = ord("[")


class Tokens(Struct, frozen=True):
    """What the rows have in one column.

    `codes` [rows, int32] is for each row the number of its token in `distinct` (a string array
    without nulls), -1 where it has none. Where `is_plain` nearly all rows have their own
    token, in order.
    """

    codes: np.ndarray
    distinct: pa.Array
    is_plain: bool = False

    @classmethod
    def of(cls, array: pa.Array) -> Tokens:
        """Return the tokens of a column: a string array, or a dictionary of strings."""
        if pa.types.is_dictionary(array.type):
            distinct = array.dictionary
            codes = pc.fill_null(array.indices, -1).to_numpy(zero_copy_only=False)
            return cls(codes.astype(np.int32, copy=False), distinct).without_nulls()
        valid = array.is_valid().to_numpy(zero_copy_only=False)
        codes = np.where(valid, np.cumsum(valid, dtype=np.int32) - 1, np.int32(-1))
        return cls(codes.astype(np.int32, copy=False), array.drop_null(), is_plain=True)

    @classmethod
    def constant(cls, token: str | None, rows: int) -> Tokens:
        """Return `rows` rows that all have one token, or none."""
        code = -1 if token is None else 0
        distinct = pa.array([] if token is None else [token], pa.string())
        return cls(np.full(rows, code, np.int32), distinct)

    @classmethod
    def concatenated(cls, parts: Sequence[Tokens]) -> Tokens:
        """Return the rows of all parts, one part after another."""
        before = np.cumsum([0, *(len(part.distinct) for part in parts)])
        codes = [
            np.where(part.codes >= 0, part.codes + count, -1)
            for part, count in zip(parts, before, strict=False)
        ]
        distinct = pa.concat_arrays([part.distinct for part in parts])
        return cls(np.concatenate(codes).astype(np.int32), distinct)

    def without_nulls(self) -> Tokens:
        """Return the same with -1 for each code whose distinct token is null."""
        if not self.distinct.null_count:
            return self
        valid = self.distinct.is_valid().to_numpy(zero_copy_only=False)
        numbers = np.where(valid, np.cumsum(valid) - 1, -1).astype(np.int32)
        codes = np.append(numbers, np.int32(-1))[self.codes]
        return Tokens(codes, self.distinct.drop_null(), self.is_plain)

    def converted(self, convert: Callable[[pa.Array], pa.Array]) -> Tokens:
        """Return what `convert` makes of the distinct tokens; null means no value."""
        made = convert(self.distinct) if len(self.distinct) else self.distinct
        return Tokens(self.codes, made, self.is_plain).without_nulls()

    def only(self, held: np.ndarray) -> Tokens:
        """Return the tokens of the rows that are true in `held` [rows]."""
        return Tokens(np.where(held, self.codes, np.int32(-1)), self.distinct)

    def at(self, rows: np.ndarray) -> Tokens:
        """Return the tokens of the rows numbered so, none for -1."""
        return Tokens(np.append(self.codes, np.int32(-1))[rows], self.distinct)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.codes)

    @property
    def is_present(self) -> np.ndarray:
        """Which rows have a token."""
        return self.codes >= 0

    def holding(self, flags: np.ndarray) -> np.ndarray:
        """Return which rows have a token that is true in `flags` [distinct tokens]."""
        held: np.ndarray = np.append(flags, False)[self.codes]
        return held

    def array(self) -> pa.Array:
        """Return the column for Arrow: a dictionary, or texts where nearly all differ."""
        if not self.is_plain:
            return pa.DictionaryArray.from_arrays(self._indices(), self.distinct)
        return self.texts()

    def _indices(self) -> pa.Array:
        """Return the codes for Arrow, null where there is none, without a copy of them."""
        valid = np.packbits(self.is_present, bitorder="little")
        buffers = [pa.py_buffer(valid), pa.py_buffer(np.ascontiguousarray(self.codes, np.int32))]
        return pa.Array.from_buffers(pa.int32(), self.rows, buffers)

    def texts(self) -> pa.Array:
        """Return the token of each row as a string array, null where there is none."""
        if self.is_plain and np.array_equal(self.codes, np.arange(len(self.distinct))):
            return self.distinct  # each row has its own
        return self.distinct.take(self._indices())


class TokenLists(Struct, frozen=True):
    """Rows of lists, of which an empty one is null for Arrow.

    Row r has the rows `offsets[r]` to `offsets[r + 1]` of `elements`.
    """

    offsets: np.ndarray
    elements: Tokens

    @classmethod
    def concatenated(cls, parts: Sequence[TokenLists]) -> TokenLists:
        """Return the rows of all parts, one part after another."""
        offsets = np.append(0, np.cumsum(np.concatenate([part.lengths for part in parts])))
        elements = Tokens.concatenated([part.elements for part in parts])
        return cls(offsets.astype(np.int32), elements)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """How many elements each row has."""
        return np.diff(self.offsets)

    @property
    def is_present(self) -> np.ndarray:
        """Which rows have an element."""
        return self.lengths > 0

    def converted(self, convert: Callable[[pa.Array], pa.Array]) -> TokenLists:
        """Return the lists of what `convert` makes of their elements, without those it drops."""
        return TokenLists(self.offsets, self.elements.converted(convert)).without_gaps()

    def at(self, rows: np.ndarray) -> TokenLists:
        """Return the lists of the rows numbered so, empty ones for -1."""
        lengths = np.where(rows >= 0, np.append(self.lengths, 0)[rows], 0)
        codes = self.elements.codes[_places(self.offsets, rows, lengths)]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        return TokenLists(offsets, Tokens(codes, self.elements.distinct))

    def without_gaps(self) -> TokenLists:
        """Return the lists without elements that have no token."""
        is_present = self.elements.is_present
        if is_present.all():
            return self
        before = np.concatenate([[0], np.cumsum(is_present)])
        elements = Tokens(self.elements.codes[is_present], self.elements.distinct)
        return TokenLists(before[self.offsets].astype(np.int32), elements)

    def array(self) -> pa.Array:
        """Return the column for Arrow: lists of tokens."""
        offsets = pa.array(self.offsets.astype(np.int32, copy=False))
        is_empty = pa.array(~self.is_present)
        return pa.ListArray.from_arrays(offsets, self.elements.array(), mask=is_empty)

    def joined(self) -> Tokens:
        """Return each list as the JSON text of a list, none for one that is empty."""
        lists = pa.ListArray.from_arrays(
            pa.array(self.offsets.astype(np.int32, copy=False)), self.elements.texts()
        )
        texts = pc.if_else(pa.array(self.is_present), json_texts.joined(lists), None)
        return Tokens.of(texts)


Values = Tokens | TokenLists
"""What a path gives: one value per row, or several."""

AnyValues = TypeVar("AnyValues", bound=Values)
"""One of the two: all candidates for a field are of one kind."""


class KeptTokens:
    """The distinct tokens of a scanner's columns, copied out once, with those that come later.

    `change` is made of each token. Used by one thread at a time, as the scanner.
    """

    def __init__(self, change: Callable[[pa.Array], pa.Array] | None = None) -> None:
        self._change = change
        self._kept: dict[int, tuple[int, pa.Array]] = {}

    def of(self, column: Column) -> Tokens:
        """Return a scanner's column, copied out of its memory, in the tokens that are used here."""
        generation, distinct = self._kept.get(column.number, (-1, _NO_TEXTS))
        if generation != column.generation or column.is_plain:
            distinct = _NO_TEXTS
        if len(distinct) < len(column.offsets) - 1:
            distinct = pa.concat_arrays([distinct, self._later(column, len(distinct))])
        if not column.is_plain:
            self._kept[column.number] = column.generation, distinct
        return Tokens(column.codes.copy(), distinct, column.is_plain)

    def _later(self, column: Column, start: int) -> pa.Array:
        """Return the tokens of a column from code `start` on."""
        offsets = column.offsets[start:]
        data = pa.py_buffer(column.data[offsets[0] : offsets[-1]].copy())
        buffers = [None, pa.py_buffer(offsets - offsets[0]), data]
        tokens = json_texts.standard_tokens(
            pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)
        )
        return self._change(tokens) if self._change else tokens


_NO_TEXTS = pa.array([], pa.string())


def singles(tokens: Tokens) -> TokenLists:
    """Return lists of the one token that each row has; an object, no page alone, is `{}`."""
    is_present = tokens.is_present
    offsets = np.concatenate([[0], np.cumsum(is_present)]).astype(np.int32)
    is_object = pc.starts_with(tokens.distinct, "{")
    distinct = pc.if_else(is_object, "{}", tokens.distinct)
    return TokenLists(offsets, Tokens(tokens.codes[is_present], distinct))


def chosen(candidates: Sequence[AnyValues], choice: np.ndarray) -> AnyValues:
    """Return for each row what the candidate number `choice` [rows] has, nothing for -1."""
    concatenated: Any = type(candidates[0]).concatenated
    rows = choice * len(choice) + np.arange(len(choice))
    values: AnyValues = concatenated(candidates).at(np.where(choice >= 0, rows, -1))
    return values


def together(lists: Sequence[TokenLists]) -> TokenLists:
    """Return for each row the elements of all of its lists, one list after another."""
    rows = np.arange(lists[0].rows * len(lists)).reshape(len(lists), -1)
    by_row = TokenLists.concatenated(lists).at(rows.T.ravel())
    return TokenLists(by_row.offsets[:: len(lists)], by_row.elements)


def as_lists(values: Values) -> TokenLists:
    """Return values as lists: a token that is a list, as conversions give them, is taken apart."""
    if isinstance(values, TokenLists):
        return values
    first = first_bytes(values.distinct)
    if not (first == _BRACKET).any():
        return singles(values)
    elements = [_elements(token) for token in values.distinct.to_pylist()]
    ends = np.concatenate([[0], np.cumsum([len(its) for its in elements])]).astype(np.int32)
    flat = Tokens.of(pa.array([it for its in elements for it in its], pa.string()))
    return TokenLists(ends, flat).at(values.codes)


def _elements(token: str) -> list[str | None]:
    value = json_records.loads(token)
    elements = value if isinstance(value, list) else [{} if isinstance(value, dict) else value]
    return [None if it is None else json_records.dumps(it) for it in elements]


def _places(offsets: np.ndarray, rows: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the numbers of the elements of some rows, one after another."""
    if not len(rows) or len(offsets) < 2:
        return np.empty(0, np.int64)
    ends = np.cumsum(lengths)
    starts = np.repeat(offsets[:-1][rows].astype(np.int64) - (ends - lengths), lengths)
    return starts + np.arange(int(ends[-1]))


def first_of(candidates: Sequence[AnyValues]) -> AnyValues:
    """Return for each row what the first candidate has that has anything."""
    if len(candidates) == 1:
        return candidates[0]
    choice = np.full(candidates[0].rows, -1)
    for number, values in reversed(list(enumerate(candidates))):
        choice[values.is_present] = number
    return chosen(candidates, choice)


def with_tests(values: Values, held: np.ndarray) -> Values:
    """Return the values of the rows that are true in `held` [rows]."""
    return values.at(np.where(held, np.arange(len(held)), -1))


def converted(values: Values, missing: tuple[str, ...], how: Convert | None) -> Values:
    """Apply to values the texts that count as none, and a conversion other than `count`."""
    if missing:
        values = values.converted(
            lambda distinct: pc.if_else(pa.array(has_text(distinct, missing)), None, distinct)
        )
    if how:
        values = values.converted(lambda distinct: convert_tokens(distinct, how))
    if how and how.name == SPLIT and isinstance(values, TokenLists):
        parts = as_lists(values.elements)  # of each element, which was split
        return TokenLists(parts.offsets[values.offsets], parts.elements)
    return values


def has_text(distinct: pa.Array, texts: Iterable[str]) -> np.ndarray:
    """Return which tokens are scalars with one of these texts."""
    forms = pa.array(list(_forms(texts)), pa.string())
    escaped = pc.match_substring(distinct, "\\")
    is_listed = pc.is_in(distinct, forms).to_numpy(zero_copy_only=False)
    if pc.any(escaped).as_py():
        mask = escaped.to_numpy(zero_copy_only=False)
        wanted = set(texts)
        is_listed[mask] = [
            json_records.scalar_text(json_records.loads(token)) in wanted
            for token in distinct.filter(escaped).to_pylist()
        ]
    flags: np.ndarray = np.asarray(is_listed)
    return flags


def _forms(texts: Iterable[str]) -> Iterator[str]:
    """Yield the JSON tokens without escapes of the scalars that have these texts."""
    for text in texts:
        yield json_records.dumps(text)
        if text in ("true", "false") or text.lstrip("-")[:1].isdigit():
            yield text
