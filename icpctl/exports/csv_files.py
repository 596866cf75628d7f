"""CSV files: the rows of each file in pieces, and the lines that are none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import csv

from icpctl.exports.csv_records import Bad, Cells, Clean, Found, Records
from icpctl.exports.reading import Rejected
from icpctl.exports.tables import Piece, places
from icpctl.exports.utf8 import Utf8

if TYPE_CHECKING:
    from collections.abc import Generator

    from icpctl.exports.columns import Columns
    from icpctl.exports.sources import Source

_NONE = np.empty(0, np.int64)


def read_csv(source: Source, columns: Columns | None, batch_rows: int) -> Generator[Piece]:
    """The rows of a file in pieces, an empty cell as null; a row's line is where it begins.

    Only what `columns` need is read, all without. Of two columns with one name the first counts.
    """
    stream, raw = source.open()
    with raw:
        records = Records(Utf8(stream))
        header = records.header()
        doubt = records.doubt
        if doubt:
            told = Rejected(source.name, doubt.line, f"the header: {doubt.reason}", doubt.raw)
            yield Piece({}, _NONE, [told], raw.tell() if header else source.size)
        if header is None:
            return
        found = places(columns, set(header))
        wanted = {name for where in found.values() for place in where for name in place.columns}
        numbers = {name: header.index(name) for name in dict.fromkeys(header) if name in wanted}
        pending = _Pending(source, numbers, len(header), records.delimiter)
        for one in records.rest():
            pending.add(one)
            if pending.count >= batch_rows:
                yield pending.piece(raw.tell())
        yield pending.piece(source.size)


def header_names(source: Source) -> list[str]:
    """The names of a file's columns, as they stand in its header."""
    stream, raw = source.open()
    with raw:
        return Records(Utf8(stream)).header() or []


@dataclass(slots=True)
class _Pending:
    """Gathers what makes up the next piece."""

    source: Source
    numbers: dict[str, int]
    width: int
    delimiter: bytes
    count: int = 0
    _tables: list[pa.Table] = field(default_factory=list)
    _data: list[bytes] = field(default_factory=list)
    _cells: list[list[str]] = field(default_factory=list)
    _lines: list[np.ndarray] = field(default_factory=list)
    _rejected: list[Rejected] = field(default_factory=list)

    def add(self, found: Found) -> None:
        match found:
            case Bad():
                one = Rejected(self.source.name, found.line, found.reason, found.raw)
                self._rejected.append(one)
            case Clean():
                self._flush_cells()
                self._data.append(found.data)
                self._lines.append(found.lines)
                self.count += len(found.lines)
            case Cells():
                self._flush_data()
                self._cells.append(found.cells)
                self._lines.append(np.array([found.line]))
                self.count += 1

    def piece(self, bytes_read: int) -> Piece:
        self._flush_data()
        self._flush_cells()
        lines = np.concatenate([_NONE, *self._lines])
        columns = {name: pa.array([], pa.string()) for name in self.numbers}
        if self._tables:
            table = pa.concat_tables(self._tables).combine_chunks()
            columns = {name: _whole(table[name]) for name in self.numbers}
        piece = Piece(columns, lines, self._rejected, bytes_read)
        self.count, self._tables, self._lines, self._rejected = 0, [], [], []
        return piece

    def _flush_data(self) -> None:
        if self._data and self.numbers:
            self._tables.append(self._parsed(b"".join(self._data)))
        self._data = []

    def _parsed(self, data: bytes) -> pa.Table:
        names = [str(number) for number in range(self.width)]
        wanted = [str(number) for number in self.numbers.values()]
        table = csv.read_csv(
            pa.BufferReader(data),
            csv.ReadOptions(column_names=names, block_size=len(data) + 1),
            csv.ParseOptions(delimiter=self.delimiter.decode(), newlines_in_values=b'"' in data),
            csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=wanted,
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        return table.rename_columns(list(self.numbers))

    def _flush_cells(self) -> None:
        if self._cells and self.numbers:
            columns = {
                name: pa.array([cells[number] or None for cells in self._cells], pa.string())
                for name, number in self.numbers.items()
            }
            self._tables.append(pa.table(columns))
        self._cells = []


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)
