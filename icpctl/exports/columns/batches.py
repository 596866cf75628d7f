"""Batches of records on their way from a file to whoever asked for them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.exports.columns.field_columns import FieldColumns, only_name
from icpctl.exports.columns.json_texts import opened
from icpctl.exports.columns.path_values import ScannedRecords
from icpctl.exports.columns.tokens import KeptTokens
from icpctl.exports.files.streams import UnreadableError
from icpctl.exports.scanner import new_scanner
from icpctl.exports.scanner.scan_results import Block
from icpctl.timings import Timings
from icpctl.values import typed_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from icpctl.exports.columns.field_columns import Columns
    from icpctl.exports.columns.field_warnings import Misfits
    from icpctl.exports.files.sources import OpenedSource, Source
    from icpctl.exports.files.streams import DamagedError
    from icpctl.exports.scanner.scan_results import CsvHeader, Scanner


class Rejected(Struct, frozen=True):
    """A line that is not a record, or with `is_damage` the place from which nothing can be read.

    `raw` is None for a line over 16 MiB.
    """

    file: str
    line: int
    reason: str
    raw: bytes | None
    is_damage: bool = False

    def as_json(self) -> str:
        """Return one line of a rejects file; `raw` is base64 where it is not UTF-8."""
        from base64 import b64encode

        body: dict[str, Any] = {"file": self.file, "line": self.line, "reason": self.reason}
        try:
            body["raw"] = None if self.raw is None else self.raw.decode()
        except UnicodeDecodeError:
            body["rawBase64"] = b64encode(self.raw or b"").decode()
        return json.dumps(body, ensure_ascii=False)


def too_long(file: str, line: int) -> Rejected:
    """Return the entry for a line that was not even read, since it is over 16 MiB."""
    return Rejected(file, line, "the line is over 16 MiB", None)


def damaged(file: str, line: int, error: DamagedError) -> Rejected:
    """Return the entry for the place from which a file cannot be read."""
    reason = f"the compressed data is cut off or damaged here ({error})"
    if isinstance(error, UnreadableError):
        reason = str(error)
    return Rejected(file, line, reason, None, is_damage=True)


class Batch(Struct, frozen=True):
    """Some records of one file, in order.

    `table` has the columns of `Columns.paths`; `lines` [rows] are the records' line numbers, where
    `line_count` is how many lines the batch has in all, those without a record too; `bytes_read`
    of the file were read for it and those before. With `is_end_of` it is the last of a file, and
    `repeated_headers` of CSV were passed over. `left_out` records are not those that the mapping
    asks for. Where records are rolled up `misfits` has those of the records by field, and the
    visitors' own do not count.
    """

    source: Source
    table: pa.RecordBatch
    lines: np.ndarray
    rejected: list[Rejected]
    bytes_read: int
    misfits: dict[str, Misfits] | None = None
    line_count: int = 0
    is_end_of: OpenedSource | None = None
    repeated_headers: int = 0
    left_out: int = 0

    def of_visitors(self, columns: Columns) -> Batch:
        """Return the batch with only the records that `columns.only` asks for."""
        if not columns.only:
            return self
        kept = np.ones(self.table.num_rows, bool)
        for number, (_, texts) in enumerate(columns.only):
            kept &= _has_one_of(self.table[only_name(number)], texts)
        table = self.table.select(list(columns.paths)).filter(pa.array(kept))
        left_out = int(np.count_nonzero(~kept))
        return replace(self, table=table, lines=self.lines[kept], left_out=left_out)

    def after(self, lines_before: int) -> Batch:
        """Return the batch with `lines_before` lines of its file before it."""
        if not lines_before:
            return self
        rejected = [replace(it, line=it.line + lines_before) for it in self.rejected]
        return replace(self, lines=self.lines + lines_before, rejected=rejected)


def _has_one_of(tokens: pa.Array, texts: Sequence[str]) -> np.ndarray:
    held = pc.is_in(typed_columns.scalar_texts(tokens), value_set=pa.array(texts, pa.string()))
    rows: np.ndarray = held.to_numpy(zero_copy_only=False)
    return rows


Task = Callable[[], Batch]
"""Reads a batch, on any thread; its lines are numbered from its own first one."""


class Numbering:
    """Numbers the lines of batches, which come in the order of their files."""

    def __init__(self) -> None:
        self._source: Source | None = None
        self._lines = 0

    def placed(self, batch: Batch) -> Batch:
        """Return a batch with its lines numbered from the first of its file.

        Raises `IcpctlError` where it is the last one of a file that has changed meanwhile.
        """
        if batch.source != self._source:
            self._source, self._lines = batch.source, 0
        if batch.is_end_of:
            with batch.is_end_of as opened:
                opened.require_same()
        before = self._lines
        self._lines += batch.line_count
        return batch.after(before)


def numbered(tasks: Iterable[Task]) -> Iterator[Batch]:
    """Do tasks in order; see `Numbering.placed`."""
    numbering = Numbering()
    for task in tasks:
        yield numbering.placed(task())


class OwnScanner(Struct, frozen=True):
    """A scanner for some columns, and the bytes that it is to read next.

    Dictionaries of more than `kept_bytes` are forgotten with the rows.
    """

    columns: Columns
    header: CsvHeader | None
    fields: FieldColumns
    scanner: Scanner
    block: Block
    kept: KeptTokens
    timings: Timings
    kept_bytes: int

    def begin(self, line: int, *, at_start: bool = False) -> None:
        """Forget all rows; see `Scanner.clear`."""
        self.scanner.clear(line=line, at_start=at_start, max_bytes=self.kept_bytes)
        self.block.clear()

    def batch(self, source: Source, bytes_read: int) -> Batch:
        """Return what was read of a file as a batch."""
        scanner = self.scanner
        rejected = [
            Rejected(source.name, line.line, line.words, line.raw) for line in scanner.rejected
        ]
        with self.timings.step("columns"):
            table = self.table(source.partition)
        lines, count = scanner.lines.copy(), scanner.next_line - 1
        batch = Batch(source, table, lines, rejected, bytes_read, line_count=count)
        return batch.of_visitors(self.columns)

    def table(self, partition: Sequence[tuple[str, str]] = ()) -> pa.RecordBatch:
        """Return the columns of the rows that were read; see `FieldColumns.table`."""
        return self.fields.table(ScannedRecords(self.scanner, self.kept), partition)


class ThreadScanners(Struct):
    """A scanner for each thread, which is kept as long as the same columns are wanted.

    Dictionaries of up to `kept_bytes` are kept from batch to batch.
    """

    timings: Timings = field(default_factory=Timings)
    kept_bytes: int = 0
    _local: threading.local = field(default_factory=threading.local)

    def own(self, columns: Columns, header: CsvHeader | None = None) -> OwnScanner:
        """Return this thread's scanner for these columns, and of CSV for this header."""
        own: OwnScanner | None = getattr(self._local, "own", None)
        if own is None or own.header != header or own.columns != columns:
            fields = FieldColumns.of(columns, is_table=header is not None)
            scanner = new_scanner(fields.wanted)
            if header is not None:
                scanner.header(header)
            kept = KeptTokens(None if header is None else opened)  # a cell may hold JSON
            own = self._local.own = OwnScanner(
                columns, header, fields, scanner, Block(), kept, self.timings, self.kept_bytes
            )
        return own
