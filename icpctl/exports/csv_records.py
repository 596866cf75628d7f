"""The records of CSV text, each with its line, and what is wrong with the others.

Blocks of lines in which quotes, cells and letters are all as they should be are found with a few
vector operations and left whole. Any other block is walked record by record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from icpctl.exports.lines import DamagedError, TooLong, whole_lines
from icpctl.exports.utf8 import Utf8
from icpctl.values.json_records import MAX_LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.exports.lines import Stream
    from icpctl.exports.sources import Source

_DELIMITERS = ",;\t"
_QUOTE, _LF, _CR, _SPACE = 34, 10, 13, 32
_NONE = np.empty(0, np.int64)
_QUOTED = re.compile(rb'"(?:[^"]|"")*+"?')
_END = re.compile(rb"\r?\n|\r?\Z")
_EXCEL_HINT = re.compile(rb"sep=(.)[\r\n]")  # a first line in which Excel names the delimiter


def looks_like_csv(source: Source) -> bool:
    """Whether the first two lines have the same delimiter and begin no JSON object or list."""
    stream, raw = source.open()
    with raw:
        first = next(whole_lines(Utf8(stream)), None)
        lines = bytes(first).split(b"\n") if isinstance(first, memoryview) else []
    lines = [line for line in lines if line.strip()][:2]
    if not lines or any(line.lstrip()[:1] in b"{[" for line in lines):
        return False
    delimiter = _delimiter(lines[0])
    return all(delimiter in _QUOTED.sub(b"", line) for line in lines)


@dataclass(frozen=True, slots=True)
class Bad:
    """A record that is none: the line where it begins, and why."""

    line: int
    reason: str
    raw: bytes | None


@dataclass(frozen=True, slots=True)
class Clean:
    """Whole records in which all is as it should be; `lines` has one entry for each."""

    data: bytes
    lines: np.ndarray


@dataclass(frozen=True, slots=True)
class Cells:
    """One record's cells."""

    cells: list[str]
    line: int


Found = Clean | Cells | Bad
"""What a walk gives, one after another."""


class Records:
    """Walks over the records of a stream of UTF-8."""

    def __init__(self, stream: Stream) -> None:
        self._pieces = whole_lines(stream)
        self._data = b""  # whole lines
        self._at = 0  # where in them the next record begins, and the number of its line
        self._line = 1
        self._instead: TooLong | DamagedError | None = None  # of what follows `_data`
        self._width = 0
        self.delimiter = b","
        self.doubt: Bad | None = None

    def header(self) -> list[str] | None:
        """The names of the columns, None where none can be read.

        `doubt` is what is wrong with it. Letters that are no UTF-8 spoil only their own names.
        """
        while self._more() and not self._data.strip(b" \r\n"):
            pass
        hint = _EXCEL_HINT.match(self._data)
        if hint:
            self._move_to(self._end_of_line())
        self.delimiter = hint[1] if hint else _delimiter(self._data.lstrip(b" \r\n"))
        while self._is_left():
            found = self._record(None)
            if isinstance(found, Cells):
                self._width = len(found.cells)
                return [cell.strip() for cell in found.cells]
            if found:
                self.doubt = found
                return None
        return None

    def rest(self) -> Iterator[Found]:
        """Everything behind the header, in order."""
        while self._more() or self._is_left():
            clean = self._clean()
            if clean:
                yield clean
                continue
            begun = self._data
            while self._is_left() and self._data is begun:  # until more had to be read
                found = self._record(self._width)
                if found:
                    yield found

    def _is_left(self) -> bool:
        return self._at < len(self._data) or self._instead is not None

    def _more(self) -> bool:
        """Read on; false at the end, and where bytes are missing, which `_instead` tells."""
        piece = None if self._instead else next(self._pieces, None)
        if isinstance(piece, memoryview):
            self._data = self._data[self._at :] + piece
            self._at = 0
        elif piece:
            self._instead = piece
        return piece is not None

    def _move_to(self, end: int) -> bytes:
        """What lies before `end`, without the line's end."""
        passed = self._data[self._at : end]
        self._line += passed.count(b"\n")
        self._at = end
        return passed.rstrip(b"\r\n")

    def _end_of_line(self) -> int:
        return self._data.find(b"\n", self._at) + 1 or len(self._data)

    def _clean(self) -> Clean | None:
        """The whole records of what was read, if all of them are good."""
        data = self._data[self._at :]
        if data and not data.endswith(b"\n"):
            data += b"\n"
        found = _whole_records(data, self.delimiter, self._width) if data else None
        if found is None:
            return None
        size, starts = found
        feeds = np.flatnonzero(np.frombuffer(data, np.uint8)[:size] == _LF)
        clean = Clean(data[:size], self._line + np.searchsorted(feeds, starts))
        self._move_to(min(self._at + size, len(self._data)))
        return clean

    def _record(self, width: int | None) -> Cells | Bad | None:
        """The next record, None for a blank line; the header may have any number of cells."""
        if self._at == len(self._data) and self._instead:
            return self._stand_in(self._instead)
        cells: list[bytes] = []
        cell = _Cell(self.delimiter)
        offset = 0  # from where the record begins, which moves when more is read
        while True:
            found = cell.at(self._data, self._at + offset)
            if found is None:
                if len(self._data) - self._at <= MAX_LINE_BYTES and self._more():
                    continue
                return self._bad_line(f"the quote at {self._place(offset)} is never closed")
            text, end = found
            cells.append(text)
            offset = end - self._at
            stop = _END.match(self._data, end)
            if stop:
                break
            if self._data[end : end + 1] != self.delimiter:
                return self._bad_line(
                    f"the quotes do not match at {self._place(offset)}; "
                    "a quote inside of quotes is written twice"
                )
            offset += 1
        line = self._line
        raw = self._move_to(stop.end())
        if not raw.strip(b" \r"):
            return None
        if width is not None and len(cells) != width:
            count = f"{len(cells)} cell{'' if len(cells) == 1 else 's'}"
            return Bad(line, f"the row has {count}, the header has {width}", raw)
        try:
            return Cells([text.decode() for text in cells], line)
        except UnicodeDecodeError:
            bad = Bad(line, _first_bad_byte(raw), raw)
        if width is not None:
            return bad
        self.doubt = bad
        return Cells([text.decode(errors="replace") for text in cells], line)

    def _bad_line(self, reason: str) -> Bad:
        """Only one line is given up: what follows may well be good."""
        return Bad(self._line, reason, self._move_to(self._end_of_line()))

    def _stand_in(self, instead: TooLong | DamagedError) -> Bad:
        self._instead = None
        self._line += 1
        reason = "the line is over 16 MiB"
        if isinstance(instead, DamagedError):
            reason = f"the compressed data is cut off or damaged here ({instead})"
        return Bad(self._line - 1, reason, None)

    def _place(self, offset: int) -> str:
        before = self._data[self._at : self._at + offset]
        feeds = before.count(b"\n")
        byte = offset - before.rfind(b"\n")
        return f"byte {byte}" + (f" of line {self._line + feeds}" if feeds else "")


class _Cell:
    """Finds one cell."""

    def __init__(self, delimiter: bytes) -> None:
        stop = re.escape(delimiter)
        self._plain = re.compile(rb"(?:[^%s\r\n]|\r(?!\n|\Z))*+" % stop)
        self._quoted = re.compile(rb'"((?:[^"]|"")*+)"')

    def at(self, data: bytes, start: int) -> tuple[bytes, int] | None:
        """The cell that begins here, and where it ends; None where its quote is not closed."""
        if data[start : start + 1] != b'"':
            end = self._plain.match(data, start).end()  # type: ignore[union-attr]  # matches nothing
            return data[start:end], end
        found = self._quoted.match(data, start)
        return (found[1].replace(b'""', b'"'), found.end()) if found else None


def _whole_records(data: bytes, delimiter: bytes, width: int) -> tuple[int, np.ndarray] | None:
    """Where the last whole record ends and where each begins; None if any may be wrong.

    A quote opens a cell if it stands at the cell's beginning, and then every second quote closes
    one. So it is enough that quotes number 1, 3, ... stand behind a delimiter, a line's end or a
    quote, and the others before one.
    """
    array = np.frombuffer(data, np.uint8)
    is_end, is_mark = array == _LF, array == delimiter[0]
    quotes = _NONE
    if b'"' in data:
        is_quote = array == _QUOTE
        outside = np.bitwise_xor.accumulate(is_quote) ^ True
        is_end &= outside
        is_mark &= outside
        quotes = np.flatnonzero(is_quote)
    ends, marks = np.flatnonzero(is_end), np.flatnonzero(is_mark)
    if not len(ends):
        return None
    if not _are_at_edges(array, quotes[: np.searchsorted(quotes, ends[-1])], delimiter[0]):
        return None
    size = int(ends[-1]) + 1
    if b"\r" in data and data.count(b"\r", 0, size) != data.count(b"\r\n", 0, size):
        return None
    starts = np.concatenate([[0], ends[:-1] + 1])
    counts = np.searchsorted(marks, ends) - np.searchsorted(marks, starts)
    filled = (starts < ends) & (array[starts] != _CR)
    spaced = filled & (array[starts] == _SPACE) & (counts == 0)
    if spaced.any() or (counts[filled] != width - 1).any():
        return None
    try:
        data[:size].decode()
    except UnicodeDecodeError:
        return None
    return size, starts[filled]


def _are_at_edges(array: np.ndarray, quotes: np.ndarray, delimiter: int) -> bool:
    opening, closing = quotes[0::2], quotes[1::2]
    before = array[opening[opening > 0] - 1]
    good = (before == delimiter) | (before == _LF) | (before == _QUOTE)
    if not good.all():
        return False
    after = array[closing + 1]
    is_end = (after == _CR) | (after == _LF)
    return bool(((after == delimiter) | (after == _QUOTE) | is_end).all())


def _delimiter(line: bytes) -> bytes:
    """The one that the first line has most often outside of quotes."""
    bare = _QUOTED.sub(b"", line).partition(b"\n")[0]
    return max((mark.encode() for mark in _DELIMITERS), key=bare.count)


def _first_bad_byte(raw: bytes) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return f"invalid UTF-8 at byte {error.start + 1}"
    return "invalid UTF-8 between delimiters"
