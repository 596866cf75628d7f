"""Rows of typed tables (Parquet, Spark) as batches: the same JSON tokens that JSON lines give."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace

from icpctl.exports.columns import json_texts
from icpctl.exports.columns.batches import Batch, Rejected
from icpctl.exports.columns.field_columns import FieldColumns, field_array, of_partition
from icpctl.exports.columns.first_values import converted, first_lists, has_text, with_tests
from icpctl.exports.columns.scanned_paths import Scanned
from icpctl.exports.columns.table_paths import ColumnNames, Place, tests_of
from icpctl.exports.columns.tokens import TokenLists, Tokens, opened, opened_token, together
from icpctl.exports.columns.visitor_columns import Columns
from icpctl.exports.scanner.blocks import Block
from icpctl.exports.scanner.scanning import new_scanner
from icpctl.mappings.conversions import OF_LISTS
from icpctl.mappings.mapping import PAGES
from icpctl.mappings.paths import Constant, Convert, Together, Unless, conversion, missing_texts
from icpctl.values import json_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from icpctl.exports.columns.tokens import Values
    from icpctl.exports.files.sources import Source
    from icpctl.mappings.paths import Path


class Piece(Struct, frozen=True):
    """Some rows of a table: its wanted columns by name, as they are in the file.

    `lines` [rows] says where each row is; `bytes_read` of the file were read with it.
    """

    columns: dict[str, pa.Array]
    lines: np.ndarray
    rejected: list[Rejected]
    bytes_read: int


class Tables(Struct, frozen=True):
    """Makes batches of the pieces of one file."""

    columns: Columns
    source: Source

    def batch(self, piece: Piece) -> Batch:
        """Return the batch of a piece."""
        piece = _readable(piece, self.source)
        table = _Table(piece)
        arrays = [
            field_array(
                name,
                list(self._values(table, name, paths)),
                len(piece.lines),
                self.columns.type_of(name),
            )
            for name, paths in self.columns.read_paths.items()
        ]
        rows = pa.RecordBatch.from_arrays(arrays, names=list(self.columns.read_paths))
        batch = Batch(self.source, rows, piece.lines, piece.rejected, piece.bytes_read)
        return batch.of_visitors(self.columns)

    def _values(self, table: _Table, name: str, paths: Iterable[Path]) -> Iterator[Values]:
        for path in paths:
            yield from table.values(path, as_list=name == PAGES)
            yield from of_partition(path, self.source.partition, table.rows)


class _Table:
    """The columns of a piece as values of paths.

    All paths that go on within the texts of a column are looked for together.
    """

    def __init__(self, piece: Piece) -> None:
        self.rows = len(piece.lines)
        self._columns = piece.columns
        self._names = ColumnNames(piece.columns)
        self._tokens: dict[tuple[str, tuple[str, ...]], Tokens] = {}

    def values(self, path: Path, *, as_list: bool = False) -> list[Values]:
        """Return what a path gives in each place where it may lead, the best first."""
        if isinstance(path[0], Together):
            return self._together(path[0].paths, conversion(path))
        if isinstance(path[0], Constant):
            return [Tokens.constant(json_records.dumps(path[0].text), self.rows)]
        found = [
            values
            for place in self._names.places(path)
            for values in self._at(place, as_list=as_list)
        ]
        tests = tests_of(path)
        if not tests:
            return found
        held = reduce(np.logical_and, (self._holds(keys, text) for keys, text in tests))
        return [with_tests(one, held) for one in found]

    def _together(self, paths: Iterable[Path], how: Convert | None) -> list[Values]:
        found = [self.values(path, as_list=True) for path in paths]
        lists = [first_lists(candidates) for candidates in found if candidates]
        return [converted(together(lists), (), how)] if lists else []

    def _holds(self, keys: tuple[str, ...], text: str) -> np.ndarray:
        held = np.zeros(self.rows, bool)
        is_known = np.zeros(self.rows, bool)
        for place in self._names.of_test(keys):
            for tokens in self._at(place, as_list=False):
                if isinstance(tokens, Tokens):
                    own = tokens.holding(has_text(tokens.distinct, (text,)))
                    held |= own & ~is_known
                    is_known |= tokens.is_present
        return held

    def _at(self, place: Place, *, as_list: bool) -> list[Values]:
        if place.bounds:
            values = _of_bounds({bound: self._columns[name] for bound, name in place.bounds})
            return [converted(Tokens.of(json_texts.json_texts(values)), (), conversion(place.rest))]
        values, keys, rest = _descended(self._columns[place.column], place.rest)
        how = conversion(place.rest) if place.rest else None
        if not any(not isinstance(step, Unless | Convert) for step in rest):
            if as_list and json_texts.is_list(values.type):
                lists = json_texts.list_texts(values)
                return [converted(_token_lists(lists), missing_texts(rest), how)]
            if not (how and how.name == "count") and not (as_list and _may_be_json(values)):
                tokens = self._tokens_of(place.column, keys, values)
                if how and how.name in OF_LISTS and _may_be_json(values):
                    tokens = tokens.converted(opened)
                return [converted(tokens, missing_texts(rest), how)]
        return self._within(place.column, keys, values, rest, as_list=as_list)

    def _tokens_of(self, column: str, keys: tuple[str, ...], values: pa.Array) -> Tokens:
        if (column, keys) not in self._tokens:
            self._tokens[column, keys] = Tokens.of(json_texts.json_texts(values))
        return self._tokens[column, keys]

    def _within(
        self, column: str, keys: tuple[str, ...], values: pa.Array, rest: Path, *, as_list: bool
    ) -> list[Values]:
        """Return what a path gives within JSON, of the distinct values of a column."""
        tokens = self._tokens_of(column, keys, values)
        name = PAGES if as_list else "value"
        fields = FieldColumns.of(Columns({name: ((_VALUE, *rest),)}))
        scanner = new_scanner(fields.wanted)
        texts = opened(tokens.distinct) if _is_text(values.type) else tokens.distinct
        block = Block(b"".join(_line_of(text) for text in texts.to_pylist()))
        scanner.scan_json(block, is_last=True)
        row_of = np.full(len(texts) + 1, -1)
        row_of[scanner.lines - 1] = np.arange(scanner.rows)
        rows = row_of[tokens.codes]
        scanned = Scanned(scanner, fields.kept_tokens())
        return [one.at(rows) for path in fields.planned[name] for one in path.values(scanned)]


_VALUE = "value"


def _line_of(token: str) -> bytes:
    """Return a record that holds a token, on one line: a line feed in JSON is white space."""
    return b'{"value":%s}\n' % token.replace("\n", " ").encode()


def _token_lists(lists: pa.Array) -> TokenLists:
    offsets = np.asarray(lists.offsets)
    first, last = int(offsets[0]), int(offsets[-1])
    return TokenLists(offsets - first, Tokens.of(lists.values.slice(first, last - first)))


def _descended(values: pa.Array, rest: Path) -> tuple[pa.Array, tuple[str, ...], Path]:
    """Go into structs by keys; return what is there, the keys taken, and the steps left."""
    taken: list[str] = []
    while rest and isinstance(rest[0], str) and pa.types.is_struct(values.type):
        names = [field.name for field in values.type]
        like = ColumnNames(names).like(rest[0])
        if not like:
            return pa.nulls(len(values), pa.string()), (*taken, rest[0]), ()
        if len(like) > 1:  # rows may have any of the spellings, as JSON has them
            break
        taken.append(like[0])
        values = pc.struct_field(values, [names.index(like[0])])
        rest = rest[1:]
    return values, tuple(taken), rest


def first_rows(pieces: Iterable[Piece], source: Source, count: int) -> Iterator[dict[str, Any]]:
    """Yield the first rows as JSON lines would have them; a column `a.b` is the key `b` in `a`."""
    left = count
    for piece in (_readable(it, source) for it in pieces):
        rows = min(left, len(piece.lines))
        columns = {
            name: json_texts.plain(json_texts.json_texts(values.slice(0, rows))).to_pylist()
            for name, values in piece.columns.items()
        }
        for row in range(rows):
            texts = {name: tokens[row] for name, tokens in columns.items()}
            values = {
                name: None if text is None else json_records.loads(_opened_or_not(text))
                for name, text in texts.items()
            }
            yield nested(values)
        left -= rows
        if not left:
            return


def _opened_or_not(token: str) -> str:
    return opened_token(token) if token[:2] in ('"[', '"{', '"=', '"\\', '" ') else token


def nested(values: dict[str, Any]) -> dict[str, Any]:
    """Return a record of the values of columns, where `a.b` is the key `b` in `a`.

    >>> nested({"company.size": 5, "No. of Pages": 3})
    {'company': {'size': 5}, 'No. of Pages': 3}
    """
    record: dict[str, Any] = {}
    for name, value in values.items():
        _put(record, name, value)
    return record


def _put(record: dict[str, Any], name: str, value: Any) -> None:
    parts = name.split(".")
    *keys, last = parts if all(part and part == part.strip() for part in parts) else [name]
    inside: Any = record
    for key in keys:
        inside = inside.setdefault(key, {}) if isinstance(inside, dict) else None
    if isinstance(inside, dict) and last not in inside:
        inside[last] = value
    else:
        record[name] = value


def _readable(piece: Piece, source: Source) -> Piece:
    """Return the piece without the rows whose texts are too long, or not UTF-8.

    Arrow lets both pass.
    """
    reasons: dict[int, str] = {}
    for name, values in piece.columns.items():
        for row in _too_long(values):
            reasons.setdefault(int(row), "the line is over 16 MiB")
        for row in _not_utf8(values, range(len(values))):
            reasons.setdefault(row, f"a text in the column {name} is not UTF-8")
    if not reasons:
        return piece
    rejected = [
        Rejected(source.name, int(piece.lines[row]), reasons[row], None) for row in sorted(reasons)
    ]
    kept = np.delete(np.arange(len(piece.lines)), list(reasons))
    columns = {name: _decoded(it).take(pa.array(kept)) for name, it in piece.columns.items()}
    return replace(
        piece, columns=columns, lines=piece.lines[kept], rejected=piece.rejected + rejected
    )


def _too_long(values: pa.Array) -> np.ndarray:
    """Return the numbers of the rows that hold a text over `MAX_LINE_BYTES`."""
    if values.nbytes <= json_records.MAX_LINE_BYTES or not json_texts.is_text(values.type):
        return np.empty(0, np.int64)
    lengths = pc.fill_null(pc.binary_length(values), 0).to_numpy(zero_copy_only=False)
    return np.flatnonzero(lengths > json_records.MAX_LINE_BYTES)


def _not_utf8(values: pa.Array, rows: range) -> Iterator[int]:
    """Yield the numbers of the rows, of those that `values` are, that hold such a text."""
    try:
        values.validate(full=True)
    except pa.ArrowInvalid as error:
        if "UTF8" not in str(error):  # a number out of its range, which is looked at later
            return
        if len(rows) == 1:
            yield rows.start
            return
        # What is taken has its own copy of the values, which a slice has not.
        middle = len(rows) // 2
        for part in (range(middle), range(middle, len(rows))):
            own = _decoded(values).take(pa.array(part))
            yield from _not_utf8(own, rows[part.start : part.stop])


def _decoded(values: pa.Array) -> pa.Array:
    """Return the values without dictionaries, which keep what no row has any more."""
    if pa.types.is_dictionary(values.type):
        return values.dictionary_decode()
    if pa.types.is_struct(values.type):
        inside = list(map(_decoded, values.flatten()))
        return pa.StructArray.from_arrays(inside, list(values.type.names), mask=values.is_null())
    return values


def _of_bounds(bounds: dict[str, pa.Array]) -> pa.Array:
    """Return columns of the bounds of a range as objects, as JSON lines have them."""
    return pa.StructArray.from_arrays(list(bounds.values()), list(bounds))


def _may_be_json(values: pa.Array) -> bool:
    if not _is_text(values.type):
        return False
    distinct = values.dictionary if pa.types.is_dictionary(values.type) else values
    return bool(pc.any(pc.match_substring_regex(distinct, r"^\s*\[")).as_py())


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return json_texts.is_text(kind)
