"""CSV files through the scanner: the header, then blocks of records that threads read.

A block ends after a line feed with an even number of quotes before it, which is the end of a record
unless quotes are wrong. So each block is read at once, and again if the block before turns out to
leave the beginning of a record.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.errors import IcpctlError, Location
from icpctl.exports.columns.batches import Batch, Rejected, Task, ThreadScanners, damaged
from icpctl.exports.columns.json_texts import opened_token
from icpctl.exports.files.csv_dialect import Header, find_header, first_whole_records
from icpctl.exports.files.encodings import Utf8, likely_encoding
from icpctl.exports.files.streams import DamagedError, fill
from icpctl.exports.readers.other_lines import (
    IS_HEADER,
    IS_TOTALS,
    without_empty_rows,
    without_headers,
    without_other_headers,
    without_totals,
)
from icpctl.exports.readers.tables import nested
from icpctl.exports.scanner.scan_results import PADDING, Block, CsvHeader, Reason
from icpctl.values import json_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.exports.columns.batches import OwnScanner
    from icpctl.exports.columns.field_columns import Columns
    from icpctl.exports.files.sources import OpenedSource, Source
    from icpctl.exports.files.streams import Stream

_REPORT = 1 << 23
"""Bytes of a file in which rows of totals are looked for; those of a larger one are at its end."""

_HEAD = 1 << 18
"""Bytes in which the header is looked for; they fit into the processor's cache."""

_READ = 1 << 20
"""Bytes that are read, and decoded, at once."""


def read_header(source: Source) -> Header:
    """Return the header of a file, without cells where it has none, or it cannot be read."""
    return _first_bytes(source)[2]


def first_csv_records(source: Source, count: int) -> Iterator[dict[str, Any]]:
    """Yield the first records as JSON lines would have them; a column `a.b` is `b` in `a`."""
    head, is_whole, header = _first_bytes(source)
    if not header.cells:
        return
    names = distinct_names(header.names)
    for record in first_whole_records(
        head, header.end, 1, header.delimiter, is_whole=is_whole, most=count
    ):
        if len(record.cells) == len(names) and not record.is_blank:
            cells = (cell.decode(errors="replace") or None for cell in record.cells)
            yield nested(dict(zip(names, map(_value_of, cells), strict=True)))


def _first_bytes(source: Source) -> tuple[bytes, bool, Header]:
    """Return the first bytes, whether these are all, and the header in them."""
    with source.open(is_last=False) as opened:
        head, is_whole, _ = _head(Utf8(opened.stream, source.encoding))
    return head, is_whole, find_header(head, is_whole=is_whole)


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
    reader = _Records(source, columns, scanners, header, _named(header))
    if not header.cells:
        rejected = _doubts(source, header)
        rejected += [damaged(source.name, 1, damage)] if damage else []
        yield lambda: replace(reader.nothing(), rejected=rejected)
        return
    if b"\0" in header.raw and not source.encoding:
        raise _not_utf8(source, header.raw)
    rest = _Rest(head[header.end :], None if is_whole else stream, damage)
    block: _Block | None = None
    for block in _cut(rest, most, reader.buffers, opened):
        yield partial(reader.read, block)
    last = _Block(memoryview(b""), source.size, block, is_last=True)
    yield lambda: reader.read(last)
    yield lambda: replace(reader.nothing(), is_end_of=opened)


def _named(header: Header) -> CsvHeader:
    """Return the names of the columns, and the one by which the header is known again."""
    sign = header.sign
    sign_cell = header.cells.index(sign, 1) if sign else -1
    return CsvHeader(distinct_names(header.names), sign_cell, sign)


def _head(stream: Stream) -> tuple[bytes, bool, DamagedError | None]:
    """Return the first bytes, whether these are all, and what is damaged there."""
    data = bytearray(_HEAD)
    filled, damage = fill(stream, memoryview(data))
    return bytes(data[:filled]), bool(damage) or filled < _HEAD, damage


class _Rest(Struct):
    """A stream of what follows the header: `first`, then `stream`, and what is damaged there."""

    first: bytes
    stream: Stream | None
    damage: DamagedError | None

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer from its start and return the number of bytes, 0 at the end."""
        if self.first:
            count = min(len(buffer), len(self.first))
            buffer[:count], self.first = self.first[:count], self.first[count:]
            return count
        if self.damage:
            raise self.damage
        return self.stream.readinto(buffer[:_READ]) or 0 if self.stream else 0


def _cut(
    stream: Stream, most: int, buffers: deque[bytearray], opened: OpenedSource
) -> Iterator[_Block]:
    """Cut a stream, the rest of what is opened, after lines with an even number of quotes so far.

    The bytes of a block are in one of the `buffers` that nobody uses, or in a new one.
    """
    kept, before = b"", None
    while True:
        buffer = buffers.pop() if buffers else bytearray(most + PADDING)
        view = memoryview(buffer)[:most]
        view[: len(kept)] = kept
        filled, damage = fill(stream, view, len(kept))
        if damage or filled < most:
            yield _Block(view[:filled], opened.bytes_read, before, is_at_end=True, error=damage)
            return
        cut = buffer.rfind(b"\n", 0, most) + 1
        while cut and _quotes(view[:cut]) % 2:
            quote = buffer.rfind(b'"', 0, cut)
            cut = buffer.rfind(b"\n", 0, quote) + 1
        cut = cut or filled  # a record that is longer, or wrong: the next block goes on with it
        kept = bytes(view[cut:])
        before = _Block(view[:cut], opened.bytes_read, before)
        yield before


def _quotes(data: memoryview) -> int:
    """Return how many quotes there are; there may be one in every cell."""
    values = np.frombuffer(data, np.uint8)
    pieces = (values[start : start + _HEAD] for start in range(0, len(values), _HEAD))
    return sum(int(np.count_nonzero(piece == ord('"'))) for piece in pieces)


class _Block(Struct):
    """Bytes of records, and what of them was left when `is_read` is set.

    The bytes of the block that `is_last` are none; those of the one that `is_at_end` are before it.
    """

    data: memoryview
    bytes_read: int
    before: _Block | None
    is_last: bool = False
    is_at_end: bool = False
    error: DamagedError | None = None
    is_read: Event = field(default_factory=Event)
    left: bytes = b""

    def records(self) -> Block:
        """Return the bytes for a scanner, which may change `PADDING` bytes after them."""
        buffer = self.data.obj
        return Block.over(buffer, len(self.data)) if isinstance(buffer, bytearray) else Block()

    def begun(self) -> bytes:
        """Return the beginning of a record that the block before has left, when it is known."""
        if not self.before:
            return b""
        self.before.is_read.wait()
        left, self.before = self.before.left, None
        return left


class _Cleaned(Struct, frozen=True):
    """Bytes without headers in between, empty rows and totals, and what of it was `taken`.

    That is by its line, with the reason and the bytes.
    """

    data: bytes | bytearray
    taken: list[tuple[int, str, bytes]]
    repeated_headers: int


class _Records(Struct, frozen=True):
    """Reads blocks of records of one file. What held a block that was read is in `buffers`."""

    source: Source
    columns: Columns
    scanners: ThreadScanners
    header: Header
    named: CsvHeader
    buffers: deque[bytearray] = field(default_factory=deque)

    def read(self, block: _Block) -> Batch:
        """Return the batch of a block's whole records."""
        is_first, is_last = block.before is None, block.is_last
        is_reported = block.bytes_read <= _REPORT or block.is_at_end
        cleaned: _Cleaned | None = None
        try:
            if is_reported or self.named.sign_cell < 0:
                cleaned = self._cleaned(block.data, is_reported=is_reported)
            records = Block(cleaned.data) if cleaned else block.records()
            own = self._scan(records, is_first=is_first, is_last=is_last)
            if own.scanner.doubtful and not cleaned:
                cleaned = self._cleaned(block.data, is_reported=is_reported)
                records = Block(cleaned.data)
                own = self._scan(records, is_first=is_first, is_last=is_last)
            begun = block.begun()
            if begun:  # so what was read did not begin with a record
                cleaned = cleaned or self._cleaned(block.data, is_reported=is_reported)
                records = Block(begun + cleaned.data)
                own = self._scan(records, is_first=False, is_last=is_last)
            if not block.error:  # of a record that is cut off by damage nothing is read
                block.left = bytes(records.data)
        finally:
            block.is_read.set()
        before = self.header.next_line if is_first else 1 + begun.count(b"\n")
        self._release(block)
        repeated, taken = (cleaned.repeated_headers, cleaned.taken) if cleaned else (0, [])
        batch = replace(self._batch(own, block.bytes_read), repeated_headers=repeated)
        if is_first:
            batch.rejected[:0] = _doubts(self.source, self.header)
        for line, why, raw in taken:
            batch.rejected.append(Rejected(self.source.name, before + line, why, raw))
        batch.rejected.sort(key=lambda rejected: rejected.line)
        if block.error:
            line = batch.line_count + 1
            batch.rejected.append(damaged(self.source.name, line, block.error))
        return batch

    def _cleaned(self, data: memoryview, *, is_reported: bool) -> _Cleaned:
        records, repeated = without_headers(bytes(data), self.header)
        records = without_empty_rows(records, self.header)
        records, headers = without_other_headers(records, self.header)
        taken = [(line, IS_HEADER, raw) for line, raw in headers]
        if is_reported:
            records, totals = without_totals(records, self.header.delimiter)
            taken += [(line, IS_TOTALS, raw) for line, raw in totals]
        return _Cleaned(records, taken, repeated)

    def _release(self, block: _Block) -> None:
        """Let the bytes of a block be written over."""
        if isinstance(buffer := block.data.obj, bytearray):
            self.buffers.append(buffer)
        block.data = memoryview(b"")

    def nothing(self) -> Batch:
        """Return a batch without records."""
        return self._batch(self._scan(Block(), is_first=False, is_last=True), self.source.size)

    def _scan(self, records: Block, *, is_first: bool, is_last: bool) -> OwnScanner:
        own = self.scanners.own(self.columns, self.named)
        with self.scanners.timings.step("scan"):
            line = self.header.next_line if is_first else 1
            own.begin(line)
            own.scanner.scan_csv(records, delimiter=self.header.delimiter, is_last=is_last)
        return own

    def _batch(self, own: OwnScanner, bytes_read: int) -> Batch:
        for it in own.scanner.rejected:
            if it.reason is Reason.NOT_UTF8 and not self.source.encoding:
                raise _not_utf8(self.source, it.raw or b"")
        return own.batch(self.source, bytes_read)


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
