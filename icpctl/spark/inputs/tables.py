"""Rows of tables that Spark hands to a task, as pieces for the code of one machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct

from icpctl.exports.files.sources import Source
from icpctl.exports.readers import tables
from icpctl.exports.readers.reading import BATCH_ROWS, Reader
from icpctl.spark.inputs.pieces import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.exports.columns.batches import Batch

ROW = "row"
"""The column of a row's number in its file, from 0."""

RECORD = "record"
"""The column that holds a struct of all columns of the table."""

_MOST_BYTES = 96 * 1024 * 1024


class TablePiece(Struct, frozen=True):
    """Some rows of a block of a file; `rows` are structs."""

    file: int
    start: int
    records: pa.StructArray
    rows: np.ndarray

    def batches(self, reader: Reader, name: str) -> Iterator[Batch]:
        """Yield the records, numbered by the rows of the file, from 1."""
        yield from batches_of(self.records, self.rows + 1, name, reader)


def batches_of(
    records: pa.StructArray, lines: np.ndarray, name: str, reader: Reader
) -> Iterator[Batch]:
    """Yield structs, whose fields are the columns of a table, as batches."""
    source = Source(name, Path(name), 0, None, "parquet")
    columns: dict[str, pa.Array] = {}
    for number, field in enumerate(records.type):
        columns.setdefault(field.name, records.field(number))
    yield tables.Tables.of(reader.columns, source).batch(tables.Piece(columns, lines, [], 0))


def table_pieces(batches: Iterator[pa.RecordBatch]) -> Iterator[TablePiece]:
    """Yield the rows of a task, small batches joined."""
    waiting: list[TablePiece] = []
    for (file, start), rows in runs(batches):
        piece = TablePiece(file, start, rows[RECORD], rows[ROW].to_numpy())
        before = waiting[-1] if waiting else piece
        is_same = (before.file, before.start) == (piece.file, piece.start)
        if waiting and (not is_same or _is_enough(waiting)):
            yield _joined(waiting)
            waiting = []
        waiting.append(piece)
    if waiting:
        yield _joined(waiting)


def _is_enough(waiting: list[TablePiece]) -> bool:
    rows = sum(len(piece.rows) for piece in waiting)
    return rows >= BATCH_ROWS or sum(piece.records.nbytes for piece in waiting) >= _MOST_BYTES


def _joined(waiting: list[TablePiece]) -> TablePiece:
    first = waiting[0]
    records = pa.concat_arrays([piece.records for piece in waiting])
    return TablePiece(
        first.file, first.start, records, np.concatenate([piece.rows for piece in waiting])
    )
