"""Parquet files: row groups one after another, and what cannot be read of them is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct
from pyarrow import parquet

from icpctl.exports.columns.batches import Rejected
from icpctl.exports.readers.tables import ColumnNames, Piece

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from icpctl.exports.files.sources import Source
    from icpctl.exports.scanner.scan_results import Path, Wanted

_FEW_BYTES = 4  # of a value on average: a dictionary and small numbers, no separate text
UNREADABLE = (pa.ArrowException, OSError)


def read_parquet(
    source: Source, wanted: Sequence[Wanted] | None, batch_rows: int
) -> Generator[Piece]:
    """Yield the rows of a file in pieces; a row's line is its number, from 1.

    Only what is `wanted` is read, all where that is None. A row group that is damaged is rejected
    with the number of its first row that is lost. Raises `IcpctlError` where the file changes
    meanwhile.
    """
    opened = source.open_file()
    try:
        yield from _pieces(source, opened.as_file(), wanted, batch_rows)
        opened.require_same()
    finally:
        opened.close()


def _pieces(
    source: Source, raw: BinaryIO, wanted: Sequence[Wanted] | None, batch_rows: int
) -> Iterator[Piece]:
    try:
        metadata = parquet.read_metadata(raw)
        schema = metadata.schema.to_arrow_schema()
    except UNREADABLE as error:
        yield Piece({}, _NO_LINES, [_rejected(source, 1, "the file", error)], source.size)
        return
    leaves = _leaves(schema, wanted)
    numbers = source.groups or range(metadata.num_row_groups)
    done = sum(metadata.row_group(group).num_rows for group in range(numbers.start))
    file = _File(source, raw, metadata, leaves, batch_rows)
    for groups in _runs(metadata, numbers, batch_rows):
        count = sum(metadata.row_group(group).num_rows for group in groups)
        yield from file.rows(groups, done)
        done += count


class _File(Struct, frozen=True):
    """A file that is read, and what is read of it: `leaves` in batches of `batch_rows`."""

    source: Source
    raw: BinaryIO
    metadata: parquet.FileMetaData
    leaves: list[str]
    batch_rows: int

    def rows(self, groups: Sequence[int], before: int, skip: int = 0) -> Iterator[Piece]:
        """Yield the rows of some groups; `before` are before them, the first `skip` are known."""
        source, metadata = self.source, self.metadata
        counts = [metadata.row_group(group).num_rows for group in groups]
        total = max(metadata.num_rows, 1)
        done = 0
        try:
            for batch in self._batches(groups):
                start = before + max(done, skip)
                new = batch.slice(max(skip - done, 0))
                done += batch.num_rows
                if new.num_rows:
                    lines = np.arange(start + 1, before + done + 1)
                    yield Piece(_named(new), lines, [], source.size * (before + done) // total)
        except UNREADABLE as error:
            known = max(skip, done)
            if len(groups) == 1:
                last = before + counts[0]
                what = f"what follows, up to row {last},"
                rejected = _rejected(source, before + known + 1, what, error)
                yield Piece({}, _NO_LINES, [rejected], source.size * last // total)
                return
            for group, count in zip(groups, counts, strict=True):
                if known < count:
                    yield from self.rows([group], before, known)
                known = max(known - count, 0)
                before += count

    def _batches(self, groups: Sequence[int]) -> Iterator[pa.RecordBatch]:
        file = parquet.ParquetFile(
            self.raw,
            metadata=self.metadata,
            read_dictionary=_repeating(self.metadata, groups[0], self.leaves),
        )
        yield from file.iter_batches(self.batch_rows, row_groups=groups, columns=self.leaves)


_NO_LINES = np.empty(0, np.int64)


def column_names(source: Source) -> list[str]:
    """Return the names of a file's columns; none where it cannot be read."""
    opened = source.open_file()
    try:
        names: list[str] = parquet.read_schema(opened.as_file()).names
    except UNREADABLE:
        return []
    return names


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


def _named(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    """The columns by name; of two with one name the first."""
    columns: dict[str, pa.Array] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        columns.setdefault(name, column)
    return columns


def _leaves(schema: pa.Schema, wanted: Sequence[Wanted] | None) -> list[str]:
    """Return what to read: columns, or what the paths lead to inside of their structs."""
    if wanted is None:
        return list(dict.fromkeys(schema.names))
    names = ColumnNames(schema.names)
    places = (place for entry in wanted for place in names.places(entry.path))
    return sorted({_leaf(schema, name, rest) for name, rest in places})


def _leaf(schema: pa.Schema, name: str, rest: Path) -> str:
    leaf = [name]
    kind = schema.field(schema.names.index(name)).type
    for step in rest:
        if not pa.types.is_struct(kind) or not isinstance(step, str):
            break
        like = ColumnNames(field.name for field in kind).like(step)
        if len(like) != 1:  # none, or several spellings, of which rows may have any
            break
        leaf.append(like[0])
        kind = kind.field(like[0]).type
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
