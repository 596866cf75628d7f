"""Reads exports into batches of columns, on all cores, and loses nothing on the way (SPEC 6).

A file is cut into blocks of lines. Reading a block is a task that any thread may do; its lines are
numbered from 1, and put behind those of the blocks before when these are known.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from icpctl.exports.batches import (
    Batch,
    Numbering,
    Rejected,
    Task,
    ThreadScanners,
    damaged,
    too_long,
)
from icpctl.exports.line_blocks import file_ranges, line_blocks, without_mark
from icpctl.timings import Timings
from icpctl.values import json_records

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from icpctl.exports.columns import Columns
    from icpctl.exports.line_blocks import FileRange, LineBlock
    from icpctl.exports.sources import OpenedSource, Source
    from icpctl.exports.streams import Stream

BATCH_ROWS = 61_440
"""Rows of a batch of a table. Few, so that scoring begins and writing ends soon."""

BATCH_BYTES = 32 << 20
"""Bytes of a batch of lines: many rows make each row cheaper, and few take little memory."""

_SAMPLE_LINES = 200
_SAMPLE_BYTES = 1024 * 1024  # of a line
_SAMPLE_BLOCK = 1 << 18


@dataclass(slots=True)
class Reader:
    """Reads sources into batches of some columns.

    `batch_rows` is for tables, `batch_bytes` for lines. `temp_dir` is the folder for the temporary
    files of a roll-up, where it is not the system's. With `reads_again` what cannot be read twice,
    such as stdin, is kept.
    """

    columns: Columns
    batch_rows: int = BATCH_ROWS
    batch_bytes: int = BATCH_BYTES
    temp_dir: Path | None = None
    reads_again: bool = False
    timings: Timings = field(default_factory=Timings)
    _scanners: ThreadScanners = field(init=False)

    def __post_init__(self) -> None:
        self._scanners = ThreadScanners(self.timings)

    def read(self, source: Source) -> Iterator[Batch]:
        """Yield the batches of one file. Raises `IcpctlError` where it cannot be read."""
        numbering = Numbering()
        with closing(self.tasks(source)) as tasks:
            for task in tasks:
                yield numbering.placed(task())

    def tasks(self, source: Source) -> Generator[Task]:
        """Yield what reads the batches of one file. Raises `IcpctlError`, and so does a task."""
        if source.format == "parquet":
            yield from self._table_tasks(source)
            return
        opened = source.open(is_last=not self.reads_again)
        if source.format == "csv":
            from icpctl.exports.csv_files import csv_tasks

            yield from csv_tasks(source, opened, self.columns, self._scanners, self.batch_bytes)
            return
        lines = _LineReader(source, self.columns, self._scanners)
        if source.compression or source.pipe:
            yield from lines.of_stream(opened, self.batch_bytes)
        else:
            yield from lines.of_file(opened, self.batch_bytes)

    def _table_tasks(self, source: Source) -> Generator[Task]:
        from icpctl.exports.parquet_files import read_parquet
        from icpctl.exports.tables import Tables

        pieces = read_parquet(source, self.columns, self.batch_rows)
        tables = Tables(self.columns, source)
        for piece in pieces:
            yield lambda piece=piece: tables.batch(piece)  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class _LineReader:
    """Reads blocks of JSON lines of one file into batches."""

    source: Source
    columns: Columns
    scanners: ThreadScanners

    def of_file(self, opened: OpenedSource, most: int) -> Iterator[Task]:
        """Yield a task for each range of a file."""
        for part in file_ranges(opened.file, self.source.size, most) if opened.file else ():
            yield lambda part=part: self._of_range(part)  # type: ignore[misc]
        yield lambda: self._last(opened)

    def _of_range(self, part: FileRange) -> Batch:
        return self._batch(part, part.stop, is_first=part.start == 0)

    def _last(self, opened: OpenedSource) -> Batch:
        """Return an empty batch, the last one."""
        batch = self._batch(_Memory(memoryview(b"")), self.source.size, is_first=False)
        return replace(batch, is_end_of=opened)

    def of_stream(self, opened: OpenedSource, most: int) -> Iterator[Task]:
        """Yield a task for each block of a stream."""
        is_first = True
        for block in line_blocks(opened.stream, most):
            read = opened.bytes_read
            yield lambda block=block, read=read, is_first=is_first: self._of_block(  # type: ignore[misc]
                block, read, is_first=is_first
            )
            is_first = False
        yield lambda: self._last(opened)

    def _of_block(self, block: LineBlock, bytes_read: int, *, is_first: bool) -> Batch:
        batch = self._batch(_Memory(block.data), bytes_read, is_first=is_first)
        if block.is_too_long:
            return replace(batch, rejected=[too_long(self.source.name, 1)], line_count=1)
        if block.damage:  # what is left is the beginning of a line, or a whole one
            rows = batch.table.num_rows
            damage = damaged(self.source.name, rows + 1, block.damage)
            return replace(batch, rejected=[damage], line_count=rows + 1)
        return batch

    def _batch(self, stream: Stream, bytes_read: int, *, is_first: bool) -> Batch:
        own = self.scanners.own(self.columns)
        scanner = own.scanner
        with self.scanners.timings.step("scan"):
            scanner.clear(line=1, at_start=is_first)
            own.block.clear()
            is_last = False
            while not is_last:
                is_last = not own.block.fill(stream.readinto)
                scanner.scan_json(own.block, is_last=is_last)
        rejected = [
            Rejected(self.source.name, it.line, it.words, it.raw) for it in scanner.rejected
        ]
        with self.scanners.timings.step("columns"):
            table = own.fields.table(scanner, self.source.partition)
        lines = scanner.lines.copy()
        count = scanner.next_line - 1
        return Batch(self.source, table, lines, rejected, bytes_read, line_count=count)


class _Memory:
    """A stream over bytes in memory."""

    def __init__(self, data: memoryview) -> None:
        self._data = data

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer from its start and return the number of bytes, 0 at the end."""
        count = min(len(buffer), len(self._data))
        buffer[:count] = self._data[:count]
        self._data = self._data[count:]
        return count


def first_records(source: Source, count: int = _SAMPLE_LINES) -> Iterator[dict[str, Any]]:
    """Yield records among the first `count` lines, without long ones."""
    if source.format == "json":
        yield from _first_json(source, count)
    elif source.format == "csv":
        from icpctl.exports.csv_files import first_csv_records

        yield from first_csv_records(source, count)
    else:
        from icpctl.exports.parquet_files import read_parquet
        from icpctl.exports.tables import first_rows

        yield from first_rows(read_parquet(source, None, count), source, count)


def _first_json(source: Source, count: int) -> Iterator[dict[str, Any]]:
    size = 0
    for line in _first_lines(source, count):
        size += len(line)
        if size > json_records.MAX_LINE_BYTES:
            return
        try:
            if len(line) <= _SAMPLE_BYTES:
                yield json_records.parse_record(line)
        except json_records.NotARecordError:
            pass


def _first_lines(source: Source, count: int) -> Iterator[bytes]:
    """Yield the first `count` lines of a file that are not blank."""
    is_first = True
    with source.open(is_last=False) as opened:
        for block in line_blocks(opened.stream, _SAMPLE_BLOCK):
            data = without_mark(bytes(block.data)) if is_first else bytes(block.data)
            is_first = False
            for line in data.split(b"\n"):
                if line.strip():
                    yield line
                    count -= 1
                    if not count:
                        return


def column_names(source: Source) -> list[str]:
    """Return the names of a table's columns as the file has them, also those that it has twice."""
    from icpctl.exports import csv_files, parquet_files

    if source.format == "json":
        return []
    names_of = csv_files.header_names if source.format == "csv" else parquet_files.column_names
    return names_of(source)
