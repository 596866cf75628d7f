"""Rows of texts and numbers as files: JSON lines, CSV or Parquet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from icpctl.output.verdict_rows import harmless
from icpctl.values.typed_columns import carried_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from icpctl.output.layout import Form

    Row = tuple[object, ...]


class PlainWriter(Protocol):
    """Takes rows in order; a row has a JSON value for each column."""

    def write(self, rows: Sequence[Row]) -> None:
        """Write some rows."""

    def close(self) -> None:
        """Write what the format needs at its end."""


class _JsonLines:
    """One JSON object a line, with the values as they are."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._file = file
        self._names = schema.names

    def write(self, rows: Sequence[Row]) -> None:
        for cells in rows:
            row = dict(zip(self._names, cells, strict=True))
            text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
            self._file.write(text.encode() + b"\n")

    def close(self) -> None:
        """Write nothing: the last line has its end."""


class _Csv:
    """Comma-separated, with a header; texts that a spreadsheet would run are made harmless."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        from pyarrow import csv

        options = csv.WriteOptions(quoting_style="needed", quoting_header="needed")
        self._schema = schema
        self._writer = csv.CSVWriter(file, schema, write_options=options)

    def write(self, rows: Sequence[Row]) -> None:
        arrays = [
            harmless(column) if pa.types.is_string(column.type) else column
            for column in _columns(rows, self._schema)
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


class _Parquet:
    """The columns of the schema."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        from pyarrow import parquet

        self._schema = schema
        self._writer = parquet.ParquetWriter(file, schema, compression="zstd")

    def write(self, rows: Sequence[Row]) -> None:
        arrays = _columns(rows, self._schema)
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


WRITERS: dict[Form, Callable[[BinaryIO, pa.Schema], PlainWriter]] = {
    "jsonl": _JsonLines,
    "csv": _Csv,
    "parquet": _Parquet,
}


def _columns(rows: Sequence[Row], schema: pa.Schema) -> list[pa.Array]:
    """The columns; in those of text a list is JSON."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return [
        _texts(column) if pa.types.is_string(field.type) else pa.array(column, field.type)
        for field, column in zip(schema, columns, strict=True)
    ]


def _texts(values: Sequence[object]) -> pa.Array:
    if all(value is None or isinstance(value, str) for value in values):
        return pa.array(values, pa.string())
    tokens = [json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in values]
    return carried_texts(pa.array(tokens, pa.string()))
