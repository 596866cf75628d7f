"""The cells of CSV records, in plain Python: the twin of `native/csv_records.h`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from icpctl.exports.scanner.json_tokens import not_utf8
from icpctl.exports.scanner.scan_results import Reason
from icpctl.values.json_records import MAX_LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIMIT = MAX_LINE_BYTES + 1  # bytes of a record that are looked at
_QUOTED = re.compile(rb'"((?:[^"]++|"")*+)"')
_ESCAPED = re.compile(rb'["\\\x00-\x1f]')


class Record(Struct):
    """A record: its cells, or why it is rejected, `wrong` being an offset from `start`.

    `end` is where its line feed is (that of its first line if the rest is not read), None if that
    is not among the data.
    """

    start: int
    end: int | None = None
    cells: list[tuple[bytes, bool]] = field(default_factory=list)  # each with whether in quotes
    feeds: int = 0
    reason: Reason | None = None
    wrong: int = 0

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing but spaces on its line."""
        return len(self.cells) == 1 and not self.cells[0][1] and not self.cells[0][0].strip(b" \r")


class Splitter:
    """Splits records into cells."""

    def __init__(self, data: bytes, stop: int, width: int, delimiter: bytes, *, is_last: bool):
        """`data` has a line feed at `stop`, which counts as data only if it is below `stop`."""
        self._data = data
        self._stop = stop
        self._width = width
        self._delimiter = delimiter
        self._is_last = is_last
        self._plain_end = re.compile(b"[%s\n]" % re.escape(delimiter))

    def records(self, start: int) -> Iterator[Record]:
        """Yield the records from `start` on, up to the first that is cut off by the data's end."""
        while start < self._stop:
            record = self._record(start)
            if record is None:
                return
            yield record
            if record.end is None:
                return
            start = record.end + 1

    def _record(self, start: int) -> Record | None:
        record = Record(start)
        is_whole = self._stop - start > _LIMIT
        limit = start + _LIMIT if is_whole else self._stop
        wrong: int | None = None
        at = start
        while True:
            if self._data[at] == ord('"') and at < self._stop:
                match = _QUOTED.match(self._data, at, limit)
                if match and match.end() == self._stop and not self._is_last:
                    return None
                if match is None:
                    if not is_whole and not self._is_last:
                        return None
                    return self._given_up(record, at, Reason.UNCLOSED, is_whole=is_whole)
                begin, end = match.span(1)
                record.cells.append((match[1].replace(b'""', b'"'), True))
                record.feeds += match[1].count(b"\n")
                at = closed = match.end()
                if self._data[at : at + 2] == b"\r\n":
                    at += 1
                if self._data[at : at + 1] not in (self._delimiter, b"\n"):
                    return self._given_up(record, closed, Reason.QUOTES, is_whole=is_whole)
            else:
                begin = at
                match = self._plain_end.search(self._data, at)
                end = at = match.start() if match else self._stop
                if self._data[at] == ord("\n") and self._data[begin:at].endswith(b"\r"):
                    end -= 1
                record.cells.append((self._data[begin:end], False))
            if at - start > _LIMIT:
                return self._given_up(record, start, Reason.TOO_LONG, is_whole=True)
            if at >= self._stop and not self._is_last:
                return None
            if wrong is None:
                place = not_utf8(self._data[begin:end])
                wrong = None if place is None else begin + place - start
            if self._data[at] == ord("\n"):
                break
            at += 1
        record.end = at
        return self._checked(record, wrong)

    def _given_up(
        self, record: Record, wrong: int, reason: Reason, *, is_whole: bool
    ) -> Record | None:
        end = self._data.find(b"\n", record.start, self._stop)
        record.end = None if end < 0 else end
        record.feeds = 0
        if record.end is None and not is_whole:
            return None
        record.reason, record.wrong = reason, wrong - record.start
        if record.end is None or line_size(self._data, record.start, record.end) > MAX_LINE_BYTES:
            record.reason, record.wrong = Reason.TOO_LONG, 0
        return record

    def _checked(self, record: Record, wrong: int | None) -> Record | None:
        end = record.end or record.start
        if line_size(self._data, record.start, end) > MAX_LINE_BYTES:
            return self._given_up(record, record.start, Reason.TOO_LONG, is_whole=True)
        if record.is_blank:
            return record
        if len(record.cells) != self._width:
            record.reason, record.wrong = Reason.WIDTH, len(record.cells)
        elif wrong is not None:
            record.reason, record.wrong = Reason.NOT_UTF8, wrong
        return record


def line_size(data: bytes, start: int, feed: int) -> int:
    """Return the number of bytes of a line without its end, CR LF or LF."""
    return feed - start - (feed > start and data[feed - 1 : feed] == b"\r")


def json_string(cell: bytes) -> bytes:
    """Return a cell as a JSON string: escaped is only what must be."""
    return b'"%s"' % _ESCAPED.sub(_escape, cell)


def _escape(match: re.Match[bytes]) -> bytes:
    byte = match[0]
    return b"\\" + byte if byte in b'"\\' else b"\\u%04x" % byte[0]


def json_line(cell: bytes) -> bytes:
    """Return the JSON in a cell as one line."""
    return cell.replace(b"\n", b"\r") + b"\n"
