"""Reads exports into batches of columns, on all cores, and loses nothing on the way (SPEC 6).

A file is cut into blocks. Reading a block is a task that any thread may do; its lines are numbered
from 1, and put after those of the blocks before it when these are known.
"""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct, field

from icpctl.exports.columns.batches import Batch, Numbering, Task, ThreadScanners
from icpctl.exports.columns.table_paths import keys_of_lists
from icpctl.exports.columns.visitor_columns import keys_read
from icpctl.exports.files.sources import HEAD_BYTES, head_of
from icpctl.exports.readers.json_documents import layout_of, record_lines
from icpctl.exports.readers.line_files import LineReader

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from icpctl.exports.columns.visitor_columns import Columns
    from icpctl.exports.files.sources import Source
    from icpctl.exports.readers.json_documents import Layout

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
        numbering = Numbering()
        with closing(self.tasks(source)) as tasks:
            for task in tasks:
                yield numbering.placed(task())

    def tasks(self, source: Source) -> Generator[Task]:
        """Yield what reads the batches of one file. Raises `IcpctlError`, and so does a task."""
        if source.is_followed:
            yield from self._followed_tasks(source)
            return
        if source.format == "parquet":
            yield from self._table_tasks(source)
            return
        if source.format == "workbook":
            yield from self._workbook_tasks(source)
            return
        head = head_of(source)
        most = self._batch_size(head)
        layout = self._layout(source, head)
        opened = source.open(is_last=not self.reads_again)
        if source.format == "csv":
            from icpctl.exports.readers.csv_files import csv_tasks

            yield from csv_tasks(source, opened, self.columns, self.scanners, most)
            return
        lines = LineReader(source, self.columns, self.scanners)
        if layout:
            yield from lines.of_records(opened, record_lines(opened.stream, layout))
        elif source.compression or source.pipe or source.member:
            yield from lines.of_stream(opened, most)
        else:
            yield from lines.of_file(opened, most)

    def _followed_tasks(self, source: Source) -> Iterator[Task]:
        lines = LineReader(source, self.columns, self.scanners)
        yield from lines.of_stream(source.open(), _FOLLOWED_BYTES, follow=True)

    def _batch_size(self, head: bytes) -> int:
        """Return how many bytes have about `batch_rows` lines, by the first ones of a file."""
        size = len(head) * self.batch_rows // max(head.count(b"\n"), 1)
        return min(self.batch_bytes, max(size, _LEAST_BYTES))

    def _layout(self, source: Source, head: bytes) -> Layout | None:
        if source.format != "json" or self.lines_only:
            return None
        return layout_of(
            head,
            is_whole=len(head) < HEAD_BYTES,
            read_keys=keys_read(self.columns),
            named=keys_of_lists(self.columns.records),
        )

    def _workbook_tasks(self, source: Source) -> Iterator[Task]:
        from icpctl.exports.readers.workbooks import sheet_lines

        lines = LineReader(source, self.columns, self.scanners)
        yield from lines.of_records(None, sheet_lines(source))

    def _table_tasks(self, source: Source) -> Generator[Task]:
        from icpctl.exports.readers.parquet_files import read_parquet
        from icpctl.exports.readers.tables import Tables

        pieces = read_parquet(source, self.columns, self.batch_rows)
        tables = Tables(self.columns, source)
        for piece in pieces:
            yield partial(tables.batch, piece)


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
