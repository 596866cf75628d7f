"""Rows of typed tables (Parquet, Spark) as batches: the same JSON tokens that JSON lines give."""

from __future__ import annotations

from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.exports.columns import json_texts
from icpctl.exports.columns.batches import Batch, Rejected
from icpctl.exports.columns.field_columns import FieldColumns
from icpctl.exports.columns.json_texts import opened, opened_token
from icpctl.exports.columns.path_values import RECORDS, Scanned, ScannedRecords, WantedPaths
from icpctl.exports.columns.tokens import KeptTokens, TokenLists, Tokens
from icpctl.exports.scanner import new_scanner
from icpctl.exports.scanner.scan_results import ELEMENTS, Block, Kind, Table
from icpctl.values import json_records
from icpctl.values.column import first_bytes
from icpctl.values.text_forms import key_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from icpctl.exports.columns.field_columns import Columns
    from icpctl.exports.files.sources import Source
    from icpctl.exports.scanner.scan_results import Path, Step, Wanted


class Piece(Struct, frozen=True):
    """Some rows of a table: its wanted columns by name, as they are in the file.

    `lines` [rows] says where each row is; `bytes_read` of the file were read with it.
    """

    columns: dict[str, pa.Array]
    lines: np.ndarray
    rejected: list[Rejected]
    bytes_read: int


class Tables(Struct, frozen=True):
    """Makes batches of the pieces of one file, of what `fields` want."""

    fields: FieldColumns
    source: Source

    @classmethod
    def of(cls, columns: Columns, source: Source) -> Tables:
        """Plan some columns for a file."""
        return cls(FieldColumns.of(columns, is_table=True), source)

    def batch(self, piece: Piece) -> Batch:
        """Return the batch of a piece."""
        piece = _readable(piece, self.source)
        rows = self.fields.table(_TableRows(piece, self.fields.wanted), self.source.partition)
        batch = Batch(self.source, rows, piece.lines, piece.rejected, piece.bytes_read)
        return batch.of_visitors(self.fields.columns)


class ColumnNames:
    """The names of a table's columns, by the form in which they are compared."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_form: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            self._by_form.setdefault(key_form(name), []).append(name)

    def like(self, name: str) -> list[str]:
        """Return the columns of this name, the one that is spelt exactly so first."""
        columns = self._by_form.get(key_form(name), [])
        return sorted(columns, key=lambda column: column != name)

    def places(self, path: Path) -> Iterator[tuple[str, Path]]:
        """Yield where the value of a scanner's path may be, the best place first.

        That is a column, in whose name dots may be between keys, and the steps that go on in it.
        """
        keys = list(takewhile(lambda step: step is not ELEMENTS, path))
        for length in range(len(keys), 0, -1):
            for name in self.like(".".join(map(str, keys[:length]))):
                yield name, path[length:]


class _Values(Struct, eq=False, dict=True):
    """The values at one place, one for each row of a `table`; `parts` are those within them."""

    array: pa.Array
    table: int = RECORDS
    parts: dict[Step, _Values] = field(default_factory=dict)

    @cached_property
    def tokens(self) -> Tokens:
        """The JSON texts of the values."""
        return Tokens.of(json_texts.json_texts(self.array))


class _TableRows(Scanned):
    """The columns of a piece as a scanner would give them if the rows were JSON.

    Structs and lists are gone into as they are. What else may hold JSON is scanned: each distinct
    value once, for all paths that go on in it.
    """

    def __init__(self, piece: Piece, wanted: Sequence[Wanted]) -> None:
        self.rows = len(piece.lines)
        self._wanted = wanted
        self._tables = [Table(-1, self.rows, np.zeros(1, np.int32))]
        names = ColumnNames(piece.columns)
        columns = {name: _Values(array) for name, array in piece.columns.items()}
        ends = [
            [end for name, rest in names.places(path) for end in self._ends(columns[name], rest)]
            for path in (entry.path for entry in wanted)
        ]
        going_on: dict[_Values, dict[int, Path]] = {}
        for number, places in enumerate(ends):
            for values, rest in places:
                if rest:
                    going_on.setdefault(values, {})[number] = rest
        scans = {values: self._scan(values, paths) for values, paths in going_on.items()}
        self._columns = [
            [
                column
                for values, rest in places
                for column in (scans[values][number] if rest else [self._whole(values, number)])
                if column[1].is_present.any()
            ]
            for number, places in enumerate(ends)
        ]

    def table(self, number: int) -> Table:
        """See `Scanned.table`."""
        return self._tables[number]

    def columns(self, number: int) -> list[tuple[int, Tokens]]:
        """See `Scanned.columns`."""
        return self._columns[number]

    def opened(self, tokens: Tokens) -> Tokens:
        """See `Scanned.opened`."""
        return tokens.converted(opened)

    def _ends(self, values: _Values, path: Path) -> Iterator[tuple[_Values, Path]]:
        """Yield where a path ends in typed values, and the steps that go on in JSON there."""
        kind, step = values.array.type, path[0] if path else None
        if isinstance(step, str) and pa.types.is_struct(kind):
            names = [field.name for field in kind]
            for name in ColumnNames(names).like(step):
                if name not in values.parts:
                    array = pc.struct_field(values.array, [names.index(name)])
                    values.parts[name] = _Values(array, values.table)
                yield from self._ends(values.parts[name], path[1:])
        elif step is ELEMENTS and json_texts.is_list(kind):
            if ELEMENTS not in values.parts:
                lengths = pc.fill_null(pc.list_value_length(values.array), 0)
                offsets = np.append(0, np.cumsum(lengths.to_numpy(zero_copy_only=False)))
                table = self._new_table(values.table, offsets)
                values.parts[ELEMENTS] = _Values(pc.list_flatten(values.array), table)
            yield from self._ends(values.parts[ELEMENTS], path[1:])
        else:
            yield values, path

    def _new_table(self, parent: int, offsets: np.ndarray) -> int:
        self._tables.append(Table(parent, int(offsets[-1]), offsets.astype(np.int32)))
        return len(self._tables) - 1

    def _whole(self, values: _Values, number: int) -> tuple[int, Tokens]:
        """Return values as they are, but of the brief kinds only `[]` or `{}`."""
        kind, brief = values.array.type, self._wanted[number].brief
        is_brief_list = Kind.LIST in brief and json_texts.is_list(kind)
        if is_brief_list or (Kind.OBJECT in brief and pa.types.is_struct(kind)):
            is_valid = values.array.is_valid().to_numpy(zero_copy_only=False)
            token = "[]" if is_brief_list else "{}"
            return values.table, Tokens.constant(token, len(is_valid)).only(is_valid)
        return values.table, values.tokens

    def _scan(self, values: _Values, paths: dict[int, Path]) -> dict[int, list[tuple[int, Tokens]]]:
        """Return the columns of paths, by their numbers, that go on in the JSON of values."""
        wanted = WantedPaths()
        numbers = {
            number: wanted.add((_VALUE, *path), self._wanted[number].brief)
            for number, path in paths.items()
        }
        tokens = self.opened(values.tokens) if values.table == RECORDS else values.tokens
        numbers_of_json = np.flatnonzero(np.isin(first_bytes(tokens.distinct), _CONTAINERS))
        texts = tokens.distinct.take(pa.array(numbers_of_json))
        scanner = new_scanner(wanted.wanted())
        block = Block(b"".join(_line_of(text) for text in texts.to_pylist()))
        scanner.scan_json(block, is_last=True)
        row_of = np.full(len(tokens.distinct) + 1, -1)
        row_of[numbers_of_json[scanner.lines - 1]] = np.arange(scanner.rows)
        placed = {RECORDS: (values.table, row_of[tokens.codes])}

        def place(number: int) -> tuple[int, np.ndarray]:
            """Return the number that a table of the scan has here, and the row of each row."""
            if number not in placed:
                table = scanner.table(number)
                parent, rows = place(table.parent)
                numbered = Tokens(np.arange(table.rows, dtype=np.int32), texts)
                lists = TokenLists(table.offsets, numbered).at(rows)
                placed[number] = self._new_table(parent, lists.offsets), lists.elements.codes
            return placed[number]

        scanned = ScannedRecords(scanner, KeptTokens())
        return {
            number: [
                (place(table)[0], tokens.at(place(table)[1]))
                for table, tokens in scanned.columns(inner)
            ]
            for number, inner in numbers.items()
        }


_VALUE = "value"
_CONTAINERS = [*b"[{"]


def _line_of(token: str) -> bytes:
    """Return a record that holds a token, on one line: a line feed in JSON is white space."""
    return b'{"value":%s}\n' % token.replace("\n", " ").encode()


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
