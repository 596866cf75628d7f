"""Reads exports into batches of columns, on all cores, and loses nothing on the way.

A file is cut into blocks. Reading a block is a task that any thread may do; its lines are numbered
from 1, and put after those of the blocks before it when these are known. JSON lines, and records
that are put on lines, are read here; the other modules read other kinds of files.
"""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.exports.columns.batches import (
    Batch,
    Rejected,
    Task,
    ThreadScanners,
    damaged,
    numbered,
    too_long,
)
from icpctl.exports.columns.field_columns import keys_of_lists, keys_of_paths
from icpctl.exports.files.sources import HEAD_BYTES, head_of
from icpctl.exports.files.streams import DamagedError, PieceStream, fill
from icpctl.exports.readers.json_documents import layout_of, record_lines
from icpctl.values.json_records import MAX_LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from icpctl.exports.columns.field_columns import Columns
    from icpctl.exports.files.sources import OpenedSource, Source
    from icpctl.exports.files.streams import OpenedFile, Stream
    from icpctl.exports.readers.json_documents import RecordLines

_SEARCHED = 1 << 16  # bytes in which the end of a line is looked for at once


class FileRange(Struct):
    """The lines of a file that begin from byte `start` on and before byte `stop`, as a stream."""

    file: OpenedFile
    start: int
    stop: int
    _at: int = -1
    _end: int = -1

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer from its start and return the number of bytes, 0 at the end."""
        if self._at < 0:
            self._at = line_start(self.file.descriptor, self.start)
            self._end = line_start(self.file.descriptor, self.stop)
        wanted = min(len(buffer), self._end - self._at)
        if wanted <= 0:
            return 0
        count = os.preadv(self.file.descriptor, [buffer[:wanted]], self._at)
        self._at += count
        return count


def file_ranges(file: OpenedFile, size: int, most: int) -> Iterator[FileRange]:
    """Yield the ranges, of at most `most` bytes, into which a file of `size` bytes is cut."""
    for start in range(0, size, most):
        yield FileRange(file, start, min(start + most, size))


def line_start(descriptor: int, at: int) -> int:
    """Return where the first line begins that begins at byte `at` or after it."""
    if at == 0:
        return 0
    at -= 1
    while data := os.pread(descriptor, _SEARCHED, at):
        feed = data.find(b"\n")
        if feed >= 0:
            return at + feed + 1
        at += len(data)
    return at


class LineBlock(Struct, frozen=True):
    """Whole lines of a stream; only the last line of all may lack its line feed.

    A block `is_too_long` stands for one line over `MAX_LINE_BYTES`, of which nothing is kept. Where
    the stream is damaged the last block has the `damage`, and begins of a line as its data.
    """

    data: memoryview
    is_too_long: bool = False
    damage: DamagedError | None = None


_NOTHING = memoryview(b"")


def line_blocks(stream: Stream, most: int, *, follow: bool = False) -> Iterator[LineBlock]:
    """Cut a stream into blocks of at least one line and about `most` bytes.

    With `follow` a block has the lines that are there, and does not wait for more.
    """
    kept = b""  # the beginning of the next line
    while True:
        data = bytearray(len(kept) + max(most, len(kept)))
        buffer = memoryview(data)
        buffer[: len(kept)] = kept
        filled, damage = fill(stream, buffer, len(kept), to_line=follow)
        cut = data.rfind(b"\n", 0, filled) + 1
        is_end = bool(damage) or (filled < len(buffer) and not (follow and cut))
        if is_end and not damage:
            cut = filled
        if cut:
            yield LineBlock(buffer[:cut])
        if is_end:
            if damage:
                yield LineBlock(buffer[cut:filled], damage=damage)
            return
        kept = bytes(buffer[cut:filled])
        if len(kept) > MAX_LINE_BYTES + len(b"\r\n"):
            yield LineBlock(_NOTHING, is_too_long=True)
            rest = _after_line(stream)
            if isinstance(rest, DamagedError):
                yield LineBlock(_NOTHING, damage=rest)
                return
            kept = rest


def _after_line(stream: Stream) -> bytes | DamagedError:
    """Read on to the end of a line; return what was read of the next one."""
    buffer = memoryview(bytearray(_SEARCHED))
    while True:
        filled, damage = fill(stream, buffer)
        feed = bytes(buffer[:filled]).find(b"\n")
        if feed >= 0 and not damage:
            return bytes(buffer[feed + 1 : filled])
        if damage or filled < len(buffer):
            return damage or b""


class LineReader(Struct, frozen=True):
    """Reads blocks of JSON lines of one file into batches."""

    source: Source
    columns: Columns
    scanners: ThreadScanners

    def of_file(self, opened: OpenedSource, most: int) -> Iterator[Task]:
        """Yield a task for each range of a file."""
        for part in file_ranges(opened.file, self.source.size, most) if opened.file else ():
            yield partial(self._of_range, part)
        yield lambda: replace(self._empty(), is_end_of=opened)

    def _of_range(self, part: FileRange) -> Batch:
        return self._batch(part, part.stop, is_first=part.start == 0)

    def of_stream(self, opened: OpenedSource, most: int, *, follow: bool = False) -> Iterator[Task]:
        """Yield a task for each block of a stream; with `follow` one for the lines that come."""
        is_first = True
        for block in line_blocks(opened.stream, most, follow=follow):
            read = opened.bytes_read
            yield partial(self._of_block, block, read, is_first=is_first)
            is_first = False
        yield lambda: replace(self._empty(), is_end_of=opened)

    def of_records(
        self, opened: OpenedSource | None, batches: Iterator[RecordLines]
    ) -> Iterator[Task]:
        """Yield a task for each batch of records that are put on lines."""
        last = 0
        try:
            for records in batches:
                read = opened.bytes_read if opened else 0
                last = max([last, *records.lines[-1:]])
                yield partial(self._of_records, records, read)
        except DamagedError as error:
            damage = damaged(self.source.name, last + 1, error)
            yield lambda: replace(self._empty(), rejected=[damage])
        yield lambda: replace(self._empty(), is_end_of=opened)

    def _empty(self) -> Batch:
        return self._batch(PieceStream(iter(())), self.source.size, is_first=False)

    def _of_records(self, records: RecordLines, bytes_read: int) -> Batch:
        batch = self._batch(
            PieceStream(iter([memoryview(records.data)])), bytes_read, is_first=False
        )
        numbers = np.array([0, *records.lines])
        rejected = [replace(line, line=int(numbers[line.line])) for line in batch.rejected]
        rejected += [too_long(self.source.name, line) for line in records.too_long]
        rejected += [Rejected(self.source.name, *place) for place in records.rejected]
        rejected.sort(key=lambda line: line.line)
        return replace(
            batch,
            lines=numbers[batch.lines],
            rejected=rejected,
            line_count=0,
            repeated_headers=records.repeated_headers,
        )

    def _of_block(self, block: LineBlock, bytes_read: int, *, is_first: bool) -> Batch:
        batch = self._batch(PieceStream(iter([block.data])), bytes_read, is_first=is_first)
        if block.is_too_long:
            return replace(batch, rejected=[too_long(self.source.name, 1)], line_count=1)
        if block.damage:  # what is left is the beginning of a line, or a whole one
            rows = batch.table.num_rows + batch.left_out
            damage = damaged(self.source.name, rows + 1, block.damage)
            return replace(batch, rejected=[damage], line_count=rows + 1)
        return batch

    def _batch(self, stream: Stream, bytes_read: int, *, is_first: bool) -> Batch:
        own = self.scanners.own(self.columns)
        with self.scanners.timings.step("scan"):
            own.begin(1, at_start=is_first)
            is_last = False
            while not is_last:
                is_last = not own.block.fill(stream.readinto)
                own.scanner.scan_json(own.block, is_last=is_last)
        return own.batch(self.source, bytes_read)


BATCH_ROWS = 45_056
"""Rows of a batch of a table. Few, so that scoring begins and writing ends soon."""

BATCH_BYTES = 32 << 20
"""Most bytes of a batch of lines: many rows make each row cheaper, few take little memory."""

_LEAST_BYTES = 1 << 18

_FOLLOWED_BYTES = 1 << 16
"""Most bytes of a batch of lines that are read as they come."""

KEPT_BYTES = 1 << 20
"""Bytes of a dictionary that are kept from batch to batch: enough for 30,000 values."""


class Reader(Struct):
    """Reads sources into batches of some columns.

    A batch has about `batch_rows` rows, and of files of lines at most `batch_bytes` bytes.
    `temp_dir` is the folder for the temporary files of a roll-up, where it is not the system's.
    With `reads_again` what cannot be read twice, such as stdin, is kept. With `lines_only` JSON is
    lines, whatever a file begins with: a part of a file may begin with a line that is an array.
    What `scanners` keep from batch to batch may be values that no row of a batch has, in an order
    that depends on the threads.
    """

    columns: Columns
    batch_rows: int = BATCH_ROWS
    batch_bytes: int = BATCH_BYTES
    temp_dir: Path | None = None
    reads_again: bool = False
    lines_only: bool = False
    scanners: ThreadScanners = field(default_factory=ThreadScanners)

    def read(self, source: Source) -> Iterator[Batch]:
        """Yield the batches of one file. Raises `IcpctlError` where it cannot be read."""
        with closing(self.tasks(source)) as tasks:
            yield from numbered(tasks)

    def tasks(self, source: Source) -> Generator[Task]:
        """Yield what reads the batches of one file. Raises `IcpctlError`, and so does a task."""
        lines = LineReader(source, self.columns, self.scanners)
        if source.is_followed:
            yield from lines.of_stream(source.open(), _FOLLOWED_BYTES, follow=True)
        elif source.format == "parquet":
            from icpctl.exports.readers.parquet_files import read_parquet
            from icpctl.exports.readers.tables import Tables

            tables = Tables.of(self.columns, source)
            for piece in read_parquet(source, tables.fields.wanted, self.batch_rows):
                yield partial(tables.batch, piece)
        elif source.format == "workbook":
            from icpctl.exports.readers.workbooks import sheet_lines

            yield from lines.of_records(None, sheet_lines(source))
        else:
            yield from self._text_tasks(source, lines)

    def _text_tasks(self, source: Source, lines: LineReader) -> Iterator[Task]:
        head = head_of(source)
        # About `batch_rows` lines, by the first ones of the file.
        size = len(head) * self.batch_rows // max(head.count(b"\n"), 1)
        most = min(self.batch_bytes, max(size, _LEAST_BYTES))
        layout = None
        if source.format == "json" and not self.lines_only:
            is_whole = len(head) < HEAD_BYTES
            keys = keys_of_paths(self.columns.paths) | self.columns.keys
            named = keys_of_lists(self.columns.records)
            layout = layout_of(head, is_whole=is_whole, read_keys=keys, named=named)
        opened = source.open(is_last=not self.reads_again)
        if source.format == "csv":
            from icpctl.exports.readers.csv_files import csv_tasks

            yield from csv_tasks(source, opened, self.columns, self.scanners, most)
        elif layout:
            yield from lines.of_records(opened, record_lines(opened.stream, layout))
        elif source.compression or source.pipe or source.member:
            yield from lines.of_stream(opened, most)
        else:
            yield from lines.of_file(opened, most)


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
