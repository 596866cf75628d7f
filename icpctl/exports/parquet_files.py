"""Parquet files: row groups one after another, and what cannot be read of them is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from icpctl.exports.reading import Rejected
from icpctl.exports.tables import Piece, places

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from icpctl.exports.columns import Columns
    from icpctl.exports.sources import Source
    from icpctl.mappings.paths import Keys

_FEW_BYTES = 4  # of a value on average: a dictionary and small numbers, no text of its own
_UNREADABLE = (pa.ArrowException, OSError)


def read_parquet(source: Source, columns: Columns | None, batch_rows: int) -> Generator[Piece]:
    """The rows of a file; a row's line is its number, from 1.

    Only what `columns` need is read, all without.
    A row group that is damaged is rejected with the number of its first row that is lost.
    """
    try:
        metadata = parquet.read_metadata(source.path)
        schema = metadata.schema.to_arrow_schema()
    except _UNREADABLE as error:
        yield Piece({}, _NO_LINES, [_rejected(source, 1, "the file", error)], source.size)
        return
    found = places(columns, set(schema.names))
    wanted = {keys for it in found.values() for place in it for keys in place.needed}
    leaves = sorted({_leaf(schema, keys) for keys in wanted})
    numbers = source.groups or range(metadata.num_row_groups)
    done = sum(metadata.row_group(group).num_rows for group in range(numbers.start))
    for groups in _runs(metadata, numbers, batch_rows):
        count = sum(metadata.row_group(group).num_rows for group in groups)
        yield from _rows(source, metadata, groups, leaves, batch_rows, done)
        done += count


_NO_LINES = np.empty(0, np.int64)


def column_names(source: Source) -> list[str]:
    """The names of a file's columns; none where it cannot be read."""
    try:
        names: list[str] = parquet.read_schema(source.path).names
    except _UNREADABLE:
        return []
    return names


def row_groups(source: Source, most: int) -> Iterator[tuple[range, int]]:
    """Parts of a file: row groups that follow each other, and their size, at most this many bytes.

    A row group is in one part. A file without any, or that cannot be read, has one part.
    """
    try:
        metadata = parquet.read_metadata(source.path)
    except _UNREADABLE:
        yield range(0), source.size
        return
    first = size = 0
    for number in range(metadata.num_row_groups):
        own = _compressed_size(metadata.row_group(number))
        if size and size + own > most:
            yield range(first, number), size
            first, size = number, 0
        size += own
    yield range(first, metadata.num_row_groups), size


def _compressed_size(group: parquet.RowGroupMetaData) -> int:
    return sum(group.column(number).total_compressed_size for number in range(group.num_columns))


def _runs(metadata: parquet.FileMetaData, numbers: range, batch_rows: int) -> Iterator[list[int]]:
    """Row groups that follow each other and make at least a batch together."""
    run: list[int] = []
    rows = 0
    for group in numbers:
        run.append(group)
        rows += metadata.row_group(group).num_rows
        if rows >= batch_rows:
            yield run
            run, rows = [], 0
    if run:
        yield run


def _rows(
    source: Source,
    metadata: parquet.FileMetaData,
    groups: Sequence[int],
    leaves: Sequence[str],
    batch_rows: int,
    before: int,
    skip: int = 0,
) -> Iterator[Piece]:
    """The rows of some groups, `before` which there are others; the first `skip` are known."""
    counts = [metadata.row_group(group).num_rows for group in groups]
    total = max(metadata.num_rows, 1)
    done = 0
    try:
        file = parquet.ParquetFile(
            source.path,
            metadata=metadata,
            read_dictionary=_repeating(metadata, groups[0], leaves),
        )
        with file:
            for batch in file.iter_batches(batch_rows, row_groups=groups, columns=leaves):
                start = before + max(done, skip)
                new = batch.slice(max(skip - done, 0))
                done += batch.num_rows
                if new.num_rows:
                    lines = np.arange(start + 1, before + done + 1)
                    yield Piece(_named(new), lines, [], source.size * (before + done) // total)
    except _UNREADABLE as error:
        known = max(skip, done)
        if len(groups) == 1:
            last = before + counts[0]
            rejected = _rejected(
                source, before + known + 1, f"what follows, up to row {last},", error
            )
            yield Piece({}, _NO_LINES, [rejected], source.size * last // total)
            return
        for group, count in zip(groups, counts, strict=True):
            if known < count:
                yield from _rows(source, metadata, [group], leaves, batch_rows, before, known)
            known = max(known - count, 0)
            before += count


def _named(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    """The columns by name; of two with one name the first."""
    columns: dict[str, pa.Array] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        columns.setdefault(name, column)
    return columns


def _leaf(schema: pa.Schema, keys: Keys) -> str:
    """What to read for a place: a column, or what is inside of its structs."""
    name, *inside = keys
    leaf = [name]
    kind = schema.field(schema.names.index(name)).type
    for key in inside:
        if not pa.types.is_struct(kind) or kind.get_field_index(key) < 0:
            break
        kind = kind.field(key).type
        leaf.append(key)
    return ".".join(leaf)


def _repeating(metadata: parquet.FileMetaData, group: int, leaves: Iterable[str]) -> list[str]:
    """Text columns that hold few distinct values, which are read as dictionaries."""
    wanted = set(leaves)
    found = []
    chunks = metadata.row_group(group)
    for number in range(chunks.num_columns):
        chunk = chunks.column(number)
        is_small = chunk.total_uncompressed_size < _FEW_BYTES * chunk.num_values
        if chunk.path_in_schema in wanted and chunk.physical_type == "BYTE_ARRAY" and is_small:
            found.append(chunk.path_in_schema)
    return found


def _rejected(source: Source, line: int, what: str, error: Exception) -> Rejected:
    reason = " ".join(str(error).split()) or type(error).__name__
    return Rejected(source.name, line, f"{what} cannot be read: {reason}", None)
