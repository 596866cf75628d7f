"""Files on disks that workers share: tasks read them as one machine does, a block at a time."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace
from pyarrow import parquet

from icpctl.errors import IcpctlError, Location
from icpctl.exports.files.streams import changed
from icpctl.exports.readers.parquet_files import UNREADABLE
from icpctl.spark.failures import SHARED, telling
from icpctl.spark.inputs.pieces import FILE, START, Piece

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from io import FileIO
    from pathlib import Path

    from icpctl.exports.files.sources import Source
    from icpctl.spark.failures import Task

COUNT = "count"

_BUFFER = 1 << 20  # bytes
_LF = ord("\n")

Tasks = tuple[tuple["Block", ...], ...]
"""The blocks of each task."""


def tasks_of(files: Iterable[tuple[int, Source]], most: int, cost: int) -> Tasks:
    """Return the blocks of these numbered files, of at most `most` bytes if files can be split.

    A task has several small blocks; each counts as `cost` bytes more.
    """
    tasks: list[list[Block]] = []
    room = 0
    for number, source in files:
        for block in _blocks(number, source, most):
            if block.size + cost > room:
                tasks.append([])
                room = most
            tasks[-1].append(block)
            room -= block.size + cost
    return tuple(map(tuple, tasks))


def blocks_in(batches: Iterable[pa.RecordBatch], tasks: Tasks) -> Iterator[Block]:
    """Yield the blocks of the tasks that Spark names by number, each checked to be unchanged."""
    for batch in batches:
        for number in batch[0].to_pylist():
            for block in tasks[number]:
                block.check()
                yield block


def line_count_task(tasks: Tasks) -> Task:
    """Return the task that yields the line counts of parts: `FILE`, `START`, `COUNT`."""

    @telling
    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        parts = [block for block in blocks_in(batches, tasks) if block.is_part]
        columns = {
            FILE: [part.file for part in parts],
            START: [part.start for part in parts],
            COUNT: [part.count_lines() for part in parts],
        }
        schema = pa.schema([(name, pa.int64()) for name in columns])
        yield pa.RecordBatch.from_pydict(columns, schema)

    return task


def _blocks(file: int, source: Source, most: int) -> Iterator[Block]:
    if source.format == "parquet":
        for groups, size in _row_groups(source, most):
            yield Block(file, groups.start, replace(source, groups=groups), size)
    elif source.format == "json" and not source.compression and source.size > most:
        for start in range(0, source.size, most):
            yield Block(file, start, source, min(most, source.size - start), is_part=True)
    else:
        yield Block(file, 0, source, source.size)


def _row_groups(source: Source, most: int) -> Iterator[tuple[range, int]]:
    """Yield parts of a file: row groups that follow each other, and their size, at most `most`.

    A row group is in one part. A file without any, or that cannot be read, has one part.
    """
    opened = source.open_file()
    try:
        metadata = parquet.read_metadata(opened.as_file())
    except UNREADABLE:
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


class Block(Struct, frozen=True):
    """A part of a file that one task reads, of about `size` bytes.

    `file` is the file's number. Of JSON lines `start` is a place in the file, and a block
    `is_part` of its file has the lines that begin there or later, before its end. Of Parquet
    `start` is the number of a row group, and `source` has the block's row groups alone.
    """

    file: int
    start: int
    source: Source
    size: int
    is_part: bool = False

    def check(self) -> None:
        """Raise `IcpctlError` if this is not the file that was inspected before."""
        try:
            size = self.source.path.stat().st_size
        except OSError as error:
            raise IcpctlError(
                f"a worker cannot read it: {error.strerror}",
                "unreadable",
                Location(self.source.name),
                SHARED,
            ) from None
        if size != self.source.size:
            raise changed(self.source.name)

    def copied(self, folder: Path) -> Piece:
        """Return the lines of a part, in a file in this folder."""
        path = folder / "lines.jsonl"
        with path.open("wb") as copy:
            copy.write(b"\n")  # as pieces have it
            count = self.count_lines(copy.write)
        return Piece(self.file, self.start, 0, path, count, is_too_long=False)

    def count_lines(self, take: Callable[[memoryview], object] = lambda _: None) -> int:
        """Return how many lines a part has, and pass their bytes to `take`."""
        count, last = 0, _LF
        with self.source.path.open("rb", buffering=0) as file:
            for data in self._data(file):
                array = np.frombuffer(data, np.uint8)
                count += int(np.count_nonzero(array == _LF))
                last = int(array[-1])
                take(data)
        return count + (last != _LF)

    def _data(self, file: FileIO) -> Iterator[memoryview]:
        """Yield the bytes of the lines, without a mark at the front of the file."""
        start = _line_start(file, self.start)
        stop = _line_start(file, self.start + self.size)
        file.seek(0)
        if start == 0 and file.read(len(BOM_UTF8)) == BOM_UTF8:
            start = len(BOM_UTF8)
        yield from _bytes(file, start, stop)


def _line_start(file: FileIO, at: int) -> int:
    """Return where the first line at or after a place begins, or the file's end."""
    if at == 0:
        return 0
    start = at - 1
    for data in _bytes(file, start, None):
        index = bytes(data).find(b"\n")
        if index >= 0:
            return start + index + 1
        start += len(data)
    return start


def _bytes(file: FileIO, start: int, stop: int | None) -> Iterator[memoryview]:
    """Yield the bytes between two places, or to the end; each piece is valid until the next."""
    buffer = memoryview(bytearray(_BUFFER))
    file.seek(start)
    while stop is None or start < stop:
        wanted = len(buffer) if stop is None else min(stop - start, len(buffer))
        count = file.readinto(buffer[:wanted])
        if not count:
            return
        yield buffer[:count]
        start += count
