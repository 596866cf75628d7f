"""Files of JSON lines, and of records that are put on lines, through the scanner."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from icpctl.exports.columns.batches import Batch, Rejected, Task, ThreadScanners, damaged, too_long
from icpctl.exports.files.streams import DamagedError
from icpctl.exports.readers.line_blocks import file_ranges, line_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.exports.columns.visitor_columns import Columns
    from icpctl.exports.files.sources import OpenedSource, Source
    from icpctl.exports.files.streams import Stream
    from icpctl.exports.readers.json_documents import RecordLines
    from icpctl.exports.readers.line_blocks import FileRange, LineBlock


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
        return self._batch(_Memory(memoryview(b"")), self.source.size, is_first=False)

    def _of_records(self, records: RecordLines, bytes_read: int) -> Batch:
        batch = self._batch(_Memory(memoryview(records.data)), bytes_read, is_first=False)
        numbers = np.array([0, *records.lines])
        rejected = [replace(it, line=int(numbers[it.line])) for it in batch.rejected]
        rejected += [too_long(self.source.name, line) for line in records.too_long]
        rejected += [Rejected(self.source.name, *place) for place in records.rejected]
        rejected.sort(key=lambda it: it.line)
        return replace(
            batch,
            lines=numbers[batch.lines],
            rejected=rejected,
            line_count=0,
            repeated_headers=records.repeated_headers,
        )

    def _of_block(self, block: LineBlock, bytes_read: int, *, is_first: bool) -> Batch:
        batch = self._batch(_Memory(block.data), bytes_read, is_first=is_first)
        if block.is_too_long:
            return replace(batch, rejected=[too_long(self.source.name, 1)], line_count=1)
        if block.damage:  # what is left is the beginning of a line, or a whole one
            rows = batch.table.num_rows + batch.left_out
            damage = damaged(self.source.name, rows + 1, block.damage)
            return replace(batch, rejected=[damage], line_count=rows + 1)
        return batch

    def _batch(self, stream: Stream, bytes_read: int, *, is_first: bool) -> Batch:
        own = self.scanners.own(self.columns)
        scanner = own.scanner
        with self.scanners.timings.step("scan"):
            own.begin(1, at_start=is_first, kept_bytes=self.scanners.kept_bytes)
            is_last = False
            while not is_last:
                is_last = not own.block.fill(stream.readinto)
                scanner.scan_json(own.block, is_last=is_last)
        rejected = [
            Rejected(self.source.name, it.line, it.words, it.raw) for it in scanner.rejected
        ]
        with self.scanners.timings.step("columns"):
            table = own.table(self.source.partition)
        lines = scanner.lines.copy()
        count = scanner.next_line - 1
        batch = Batch(self.source, table, lines, rejected, bytes_read, line_count=count)
        return batch.of_visitors(self.columns)


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
