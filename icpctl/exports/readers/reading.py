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
from icpctl.exports.columns.visitor_columns import keys_of_lists, keys_read
from icpctl.exports.files.sources import HEAD_BYTES, head_of
from icpctl.exports.readers.json_documents import layout_of, record_lines
from icpctl.exports.readers.line_files import LineReader

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from icpctl.exports.columns.visitor_columns import Columns
    from icpctl.exports.files.sources import Source

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
            is_whole, keys = len(head) < HEAD_BYTES, keys_read(self.columns)
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
