"""CSV files through the scanner: the header, then blocks of records that threads read.

A block ends after a line feed with an even number of quotes before it, which is the end of a record
unless quotes are wrong. So each block is read at once, and again if the block before turns out to
leave the beginning of a record.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from icpctl.errors import IcpctlError, Location
from icpctl.exports.columns.batches import Batch, Rejected, Task, ThreadScanners, damaged
from icpctl.exports.columns.tokens import opened_token
from icpctl.exports.files.csv_dialect import Header, find_header, read_record
from icpctl.exports.files.encodings import Utf8, likely_encoding
from icpctl.exports.files.streams import DamagedError, PieceStream, fill
from icpctl.exports.readers.other_lines import (
    IS_HEADER,
    IS_TOTALS,
    without_empty_rows,
    without_headers,
    without_other_headers,
    without_totals,
)
from icpctl.exports.readers.tables import nested
from icpctl.exports.scanner.rejections import Reason
from icpctl.values import json_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.exports.columns.batches import OwnScanner
    from icpctl.exports.columns.visitor_columns import Columns
    from icpctl.exports.files.sources import OpenedSource, Source
    from icpctl.exports.files.streams import Stream
    from icpctl.exports.readers.other_lines import Taken

_REPORT = 1 << 23
"""Bytes of a file in which rows of totals are looked for; those of a larger one are at its end."""

_HEAD = 1 << 18
"""Bytes in which the header is looked for."""


def read_header(source: Source) -> Header | None:
    """Return the header of a file; None where it has none, or it cannot be read."""
    with source.open(is_last=False) as opened:
        head, is_whole, _ = _head(Utf8(opened.stream, source.encoding))
    return find_header(head, is_whole=is_whole)


def first_csv_records(source: Source, count: int) -> Iterator[dict[str, Any]]:
    """Yield the first records as JSON lines would have them; a column `a.b` is `b` in `a`."""
    with source.open(is_last=False) as opened:
        head, is_whole, _ = _head(Utf8(opened.stream, source.encoding))
    header = find_header(head, is_whole=is_whole)
    if header is None or not header.cells:
        return
    names = distinct_names(header.names)
    start = header.end
    for _ in range(count):
        try:
            record = read_record(head, start, 1, header.delimiter)
        except ValueError:
            return
        if start >= len(head) or (record.end == len(head) and not is_whole):
            return
        start = record.end
        if len(record.cells) == len(names) and not record.is_blank:
            cells = (cell.decode(errors="replace") or None for cell in record.cells)
            yield nested(dict(zip(names, map(_value_of, cells), strict=True)))


def _value_of(cell: str | None) -> Any:
    """Return a cell as a value, as `opened_token` does."""
    if cell is None or cell[:1] not in ("[", "{", "=", '"', " "):
        return cell
    return json_records.loads(opened_token(json_records.dumps(cell)))


def distinct_names(names: list[str]) -> list[str]:
    """Return the names of columns, the second of one name as `NAME_1`, the third as `NAME_2`.

    >>> distinct_names(["id", "Industry", "Industry"])
    ['id', 'Industry', 'Industry_1']
    """
    counts: dict[str, int] = {}
    taken = set(names)
    distinct = []
    for name in names:
        count = counts.get(name, 0)
        made = f"{name}_{count}" if count and name else name
        while count and name and made in taken:
            count += 1
            made = f"{name}_{count}"
        counts[name] = count + 1
        taken.add(made)
        distinct.append(made)
    return distinct


def csv_tasks(
    source: Source, opened: OpenedSource, columns: Columns, scanners: ThreadScanners, most: int
) -> Iterator[Task]:
    """Yield what reads the batches of a file, about `most` bytes each."""
    stream = Utf8(opened.stream, source.encoding)
    head, is_whole, damage = _head(stream)
    header = find_header(head, is_whole=is_whole)
    if header is None or not header.cells:
        yield lambda: _nothing_but(source, columns, scanners, header, damage)
        return
    if b"\0" in header.raw and not source.encoding:
        raise _not_utf8(source, header.raw)
    rest = _rest(head[header.end :], None if is_whole else stream, damage)
    reader = _Records(source, columns, scanners, header, distinct_names(header.names))
    before: _Block | None = None
    for data, error, is_at_end in _cut(rest, most):
        block = _Block(data, opened.bytes_read, before, error=error, is_at_end=is_at_end)
        yield partial(reader.read, block)
        before = block
    last = _Block(b"", source.size, before, is_last=True)
    yield lambda: reader.read(last)
    yield lambda: replace(reader.nothing(), is_end_of=opened)


def _head(stream: Stream) -> tuple[bytes, bool, DamagedError | None]:
    """Return the first bytes, whether these are all, and what is damaged there."""
    data = bytearray(_HEAD)
    filled, damage = fill(stream, memoryview(data))
    return bytes(data[:filled]), bool(damage) or filled < _HEAD, damage


def _rest(first: bytes, stream: Stream | None, damage: DamagedError | None) -> Stream:
    """Return a stream of what follows the header."""

    def pieces() -> Iterator[bytes]:
        yield first
        buffer = memoryview(bytearray(_HEAD))
        while stream and (count := stream.readinto(buffer)):
            yield bytes(buffer[:count])
        if damage:
            raise damage

    return PieceStream(pieces())


def _cut(stream: Stream, most: int) -> Iterator[tuple[bytearray, DamagedError | None, bool]]:
    """Cut a stream after lines with an even number of quotes before their end.

    Yields the bytes, what is damaged after them, and whether they are the last.
    """
    kept = bytearray()
    while True:
        buffer = bytearray(len(kept) + most)
        buffer[: len(kept)] = kept
        with memoryview(buffer) as view:
            filled, damage = fill(stream, view, len(kept))
        if damage or filled < len(buffer):
            yield buffer[:filled], damage, True
            return
        cut = buffer.rfind(b"\n", 0, filled) + 1
        while cut and _quotes(buffer, cut) % 2:
            quote = buffer.rfind(b'"', 0, cut)
            cut = buffer.rfind(b"\n", 0, quote) + 1
        cut = cut or filled  # a record that is longer, or wrong: the next block goes on with it
        kept = buffer[cut:]
        del buffer[cut:]  # which copies nothing, as a slice would
        yield buffer, None, False


def _quotes(buffer: bytearray, stop: int) -> int:
    """Return how many quotes there are before byte `stop`; there may be one in every cell."""
    return int(np.count_nonzero(np.frombuffer(buffer, np.uint8, stop) == ord('"')))


@dataclass(slots=True)
class _Block:
    """Bytes of records, and what of them was left when `is_read` is set.

    The bytes of the block that `is_last` are none; those of the one that `is_at_end` are before it.
    """

    data: bytes | bytearray
    bytes_read: int
    before: _Block | None
    is_last: bool = False
    is_at_end: bool = False
    error: DamagedError | None = None
    is_read: Event = field(default_factory=Event)
    left: bytes = b""

    def begun(self) -> bytes:
        """Return the beginning of a record that the block before has left, when it is known."""
        if not self.before:
            return b""
        self.before.is_read.wait()
        left, self.before = self.before.left, None
        return left


@dataclass(frozen=True, slots=True)
class _Records:
    """Reads blocks of records of one file."""

    source: Source
    columns: Columns
    scanners: ThreadScanners
    header: Header
    names: list[str]

    def read(self, block: _Block) -> Batch:
        """Return the batch of a block's whole records."""
        is_first = block.before is None
        data, repeated = without_headers(block.data, self.header)
        data = without_empty_rows(data, self.header)
        data, headers = without_other_headers(data, self.header)
        totals: Taken = []
        if block.bytes_read <= _REPORT or block.is_at_end:
            data, totals = without_totals(data, self.header.delimiter)
        block.data = data
        try:
            own = self._scan(block.data, is_first=is_first, is_last=block.is_last)
            begun = block.begun()
            before = self.header.next_line if is_first else 1 + begun.count(b"\n")
            if begun:
                own = self._scan(begun + block.data, is_first=False, is_last=block.is_last)
            if not block.error:  # of a record that is cut off by damage nothing is read
                block.left = bytes(own.block.data)
        finally:
            block.is_read.set()
        block.data = data = b""  # what is judged next needs none of it
        batch = replace(self._batch(own, block.bytes_read), repeated_headers=repeated)
        if is_first:
            batch.rejected[:0] = _doubts(self.source, self.header)
        for why, taken in ((IS_HEADER, headers), (IS_TOTALS, totals)):
            for line, raw in taken:
                batch.rejected.append(Rejected(self.source.name, before + line, why, raw))
        batch.rejected.sort(key=lambda rejected: rejected.line)
        if block.error:
            line = batch.line_count + 1
            batch.rejected.append(damaged(self.source.name, line, block.error))
        return batch

    def nothing(self) -> Batch:
        """Return a batch without records."""
        return self._batch(self._scan(b"", is_first=False, is_last=True), self.source.size)

    def _scan(self, data: bytes | bytearray, *, is_first: bool, is_last: bool) -> OwnScanner:
        own = self.scanners.own(self.columns, self.names)
        with self.scanners.timings.step("scan"):
            line = self.header.next_line if is_first else 1
            own.begin(line, kept_bytes=self.scanners.kept_bytes)
            view = memoryview(data)
            for start in range(0, len(data), _HEAD):
                own.block.append(view[start : start + _HEAD])
                own.scanner.scan_csv(own.block, delimiter=self.header.delimiter, is_last=False)
            if is_last:
                own.scanner.scan_csv(own.block, delimiter=self.header.delimiter, is_last=True)
        return own

    def _batch(self, own: OwnScanner, bytes_read: int) -> Batch:
        rejected = []
        for it in own.scanner.rejected:
            if it.reason is Reason.NOT_UTF8 and not self.source.encoding:
                raise _not_utf8(self.source, it.raw or b"")
            rejected.append(Rejected(self.source.name, it.line, it.words, it.raw))
        with self.scanners.timings.step("columns"):
            table = own.table(self.source.partition)
        lines = own.scanner.lines.copy()
        count = own.scanner.next_line - 1
        batch = Batch(self.source, table, lines, rejected, bytes_read, line_count=count)
        return batch.of_visitors(self.columns)


def _not_utf8(source: Source, raw: bytes) -> IcpctlError:
    name, words = likely_encoding(raw)
    return IcpctlError(
        f"this is not UTF-8, most likely {words}",
        "unreadable",
        Location(source.name),
        f"--encoding {name} reads it; with --encoding utf-8 the bad lines are rejected singly",
    )


def _doubts(source: Source, header: Header) -> list[Rejected]:
    if not header.doubt:
        return []
    return [Rejected(source.name, header.line, f"the header: {header.doubt}", None)]


def _nothing_but(
    source: Source,
    columns: Columns,
    scanners: ThreadScanners,
    header: Header | None,
    damage: DamagedError | None,
) -> Batch:
    """Return a batch without records, for a file without a header that can be read."""
    rejected = _doubts(source, header) if header else []
    if damage:
        rejected.append(damaged(source.name, 1, damage))
    own = scanners.own(columns, ())
    own.begin(1)
    batch = Batch(source, own.table(), np.empty(0, np.int64), rejected, source.size)
    return batch.of_visitors(columns)
