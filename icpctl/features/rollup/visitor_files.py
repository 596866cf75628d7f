"""Visitors as files in the flat form: JSON lines and Parquet, by `FORMATS`.

The columns are the fields that any visitor has. Which these are, and what type each has, is known
only at the end, so the visitors wait in a temporary file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.exports.columns import json_texts
from icpctl.exports.columns.field_warnings import misfit_rows
from icpctl.mappings.mapping import FIELDS, FLAT_NAMES, ID, LAST_SEEN, PAGES
from icpctl.output.verdict_rows import bytes_of
from icpctl.values import json_records, typed_columns
from icpctl.vocabulary import CONDITION_TYPES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

_INTEGER, _NUMBER, _BOOLEAN = r"^-?[0-9]{1,15}$", r"^-?[0-9]", "^(true|false)$"
_INSTANT = pa.timestamp("us", "UTC")


class Visitors:
    """Visitors to be written, kept in the file `spool` until then."""

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None
        self._shapes = Shapes()
        self.count = 0

    def add(self, table: pa.RecordBatch) -> None:
        """Add visitors: one JSON text per field, pages as lists of JSON texts."""
        batch = normalised(table)
        if self._writer is None:
            self._writer = pa.ipc.new_stream(str(self._spool), batch.schema)
        self._shapes.see(batch)
        self._writer.write_batch(batch)
        self.count += batch.num_rows

    def write(self, file: BinaryIO, suffix: str) -> None:
        """Write all visitors in the format of `suffix`, a key of `FORMATS`."""
        if self._writer is not None:
            self._writer.close()
        FORMATS[suffix](file, self._shapes, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        if self._writer is not None:
            with pa.memory_map(str(self._spool)) as file, pa.ipc.open_stream(file) as stream:
                yield from stream


class Shapes:
    """What the fields of the visitors seen so far hold.

    There is always an id, because a table without visitors still needs a column.
    """

    def __init__(self) -> None:
        self._shapes = {ID: _Shape(ID)}

    def see(self, batch: pa.RecordBatch) -> None:
        """Take account of visitors, which are `normalised`."""
        for name in batch.schema.names:
            self._shapes.setdefault(name, _Shape(name)).see(batch[name])

    def follow(self, others: Shapes) -> None:
        """Merge what another part saw of the same fields."""
        for name, shape in others._shapes.items():
            self._shapes.setdefault(name, _Shape(name)).follow(shape)

    @property
    def schema(self) -> pa.Schema:
        """Return the columns of a table of visitors and their types, without the empty ones."""
        return pa.schema([(shape.title, shape.type) for shape in self._written])

    def typed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return normalised visitors as rows of a table."""
        arrays = [shape.typed(batch[shape.name]) for shape in self._written]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def json_lines(self, batch: pa.RecordBatch, end: str = "") -> pa.Array:
        """Return normalised visitors as one JSON object each, followed by `end`."""
        parts: list[pa.Array | str] = ["{"]
        for number, shape in enumerate(self._written):
            key = json.dumps(shape.title)
            column = batch[shape.name]
            texts = json_texts.joined(column) if shape.name == PAGES else column
            parts += [f"{',' if number else ''}{key}:", pc.fill_null(texts, "null")]
        return pc.binary_join_element_wise(*parts, "}" + end, "")

    @property
    def _written(self) -> list[_Shape]:
        return [shape for shape in self._shapes.values() if shape.type is not None]


class _Shape:
    """What a field holds in the visitors seen so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.title = FLAT_NAMES.get(name, name)
        self._kind = CONDITION_TYPES[name].kind if name in CONDITION_TYPES else Kind.TEXT
        self._holds_any = self._holds_lists = False
        self._fits = {pa.int64(): _INTEGER, pa.float64(): _NUMBER}
        if self._kind is Kind.BOOLEAN:
            self._fits = {pa.bool_(): _BOOLEAN}
        elif self._kind is not Kind.NUMBER:
            self._fits = {}

    def see(self, column: pa.Array) -> None:
        if column.null_count == len(column):
            return
        self._holds_any = True
        self._holds_lists = self._holds_lists or self._has_lists(column)
        self._fits = {
            kind: pattern
            for kind, pattern in self._fits.items()
            if pc.all(pc.match_substring_regex(column, pattern)).as_py()
        }

    def follow(self, other: _Shape) -> None:
        self._holds_any |= other._holds_any
        self._holds_lists |= other._holds_lists
        self._fits = {kind: example for kind, example in self._fits.items() if kind in other._fits}

    @property
    def type(self) -> pa.DataType | None:
        """The type that all values have; None if there are no values."""
        if self.name == ID:
            return pa.string()
        if not self._holds_any:
            return None
        if self.name == LAST_SEEN:
            return _INSTANT
        return _TEXTS if self._holds_lists else next(iter(self._fits), pa.string())

    def _has_lists(self, column: pa.Array) -> bool:
        """Return whether a value may be several texts; numbers, dates and ids are single."""
        if self.name == PAGES:
            return True
        is_text = self._kind is Kind.TEXT and self.name != LAST_SEEN
        return is_text and bool(pc.any(pc.starts_with(column, "[")).as_py())

    def typed(self, tokens: pa.Array) -> pa.Array:
        """Return the values of JSON texts; what does not fit is null."""
        if self.type == _INSTANT:
            micros, known, _ = typed_columns.instants(tokens)
            return pa.array(micros, mask=~known).cast(_INSTANT)
        if self.type == _TEXTS:
            return _lists(
                typed_columns.pages(tokens) if self.name == PAGES else typed_columns.texts(tokens)
            )
        if self.type == pa.string():
            return typed_columns.scalar_texts(tokens)
        return tokens.cast(self.type)


_TEXTS = pa.list_(pa.string())


class _Write(Protocol):
    def __call__(
        self, file: BinaryIO, shapes: Shapes, batches: Iterator[pa.RecordBatch]
    ) -> None: ...


def _write_json_lines(file: BinaryIO, shapes: Shapes, batches: Iterator[pa.RecordBatch]) -> None:
    for batch in batches:
        file.write(bytes_of(shapes.json_lines(batch, "\n")))


def _write_parquet(file: BinaryIO, shapes: Shapes, batches: Iterator[pa.RecordBatch]) -> None:
    from pyarrow import parquet

    with parquet.ParquetWriter(file, shapes.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(shapes.typed(batch))


FORMATS: dict[str, _Write] = {
    ".jsonl": _write_json_lines,
    ".ndjson": _write_json_lines,
    ".parquet": _write_parquet,
}
"""A file's extension -> what writes it."""


def normalised(visitors: pa.RecordBatch) -> pa.RecordBatch:
    """Return fields as JSON writes numbers, booleans and dates, without misfits."""
    names = visitors.schema.names
    return pa.RecordBatch.from_pydict({name: _normalised(name, visitors[name]) for name in names})


def _normalised(name: str, tokens: pa.Array) -> pa.Array:
    tokens = json_texts.plain(tokens)
    if name not in FIELDS:  # a custom field, whose kind is known to the folder of configs
        return tokens
    if name == LAST_SEEN:
        micros, known, _ = typed_columns.instants(tokens)
        instants = pa.array(micros, mask=~known).cast(_INSTANT)
        return json_texts.plain(json_texts.json_texts(instants))
    kind = CONDITION_TYPES[name].kind if name in CONDITION_TYPES else Kind.TEXT
    if kind not in (Kind.NUMBER, Kind.BOOLEAN):
        return _without_misfits(name, tokens)
    column = typed_columns.of_kind(tokens, name, kind)
    write = _boolean if kind is Kind.BOOLEAN else _number
    texts = [write(low) if low == high else None for low, high in column.values.tolist()]
    written = pa.array([*texts, None], pa.string()).take(
        pa.array(np.where(column.rows < 0, len(texts), column.rows))
    )
    ranges = pc.if_else(pa.array(column.rows >= 0), tokens, None)
    return pc.coalesce(written, ranges)


def _without_misfits(name: str, tokens: pa.Array) -> pa.Array:
    """Return texts without misfits, of which the rest of a list is kept, and pages that fit."""
    rows = misfit_rows(name, tokens, CONDITION_TYPES.get(name))
    if not len(rows):
        return tokens
    mask = np.zeros(len(tokens), bool)
    mask[rows] = True
    if name == PAGES:  # a visitor with any page that fits has no others
        return tokens.take(pa.array(np.arange(len(tokens)), mask=mask))
    lists = typed_columns.texts(tokens.take(pa.array(rows))).to_lists()
    kept = [json_records.dumps(values) if values and name != ID else None for values in lists]
    return pc.replace_with_mask(tokens, pa.array(mask), pa.array(kept, pa.string()))


def _lists(column: typed_columns.Column) -> pa.Array:
    """Return the values of each row as a list, null if it has none."""
    offsets, elements = column.offsets, column.elements
    if offsets is None or elements is None:
        offsets, elements = np.arange(len(column.values) + 1), np.arange(len(column.values))
    lengths = np.append(np.diff(offsets), 0)[column.rows]
    ends = np.cumsum(lengths)
    starts = np.append(offsets[:-1], 0)[column.rows]
    chosen = elements[np.arange(lengths.sum()) + np.repeat(starts - (ends - lengths), lengths)]
    return pa.ListArray.from_arrays(
        pa.array(np.append(0, ends).astype(np.int32)),
        column.values.take(pa.array(chosen)),
        mask=pa.array(lengths == 0),
    )


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else json.dumps(value)


def _boolean(value: float) -> str:
    return "true" if value else "false"
