"""The lines of a file, walked once beside the bulk reader.

The bulk reader (DuckDB) parses fast but does not say which line a row came from, turns a bad line
into an empty row, and lets trailing commas and lines over 16 MiB pass. `Lines` goes over the same
bytes with a few vector operations a block, so it costs little: it counts lines, and picks out
those that were asked for or that look wrong.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from icpctl.values.json_records import MAX_LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 256 * 1024  # bytes; blocks that stay in the processor's cache are twice as fast
_TRAILING_COMMA = re.compile(rb",[ \t\r\n]*[}\]]")
_LF, _SPACE, _COMMA = 10, 32, 44
_CLOSING, _CLOSING_MASK = 0x7D, 0x20  # `}` is 0x7d; `]`, 0x5d, becomes it with this bit
# With this bit changed, white space and the comma (and some marks that seldom end a value or
# begin a line) are up to the last gap, and what ends a value, the quote too, is above.
_GAP_MASK, _LAST_GAP = 0x08, 0x29


class Stream(Protocol):
    """Bytes, in order."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer from its start, and return how much of it; 0 at the end."""


class DamagedError(OSError):
    """The bytes of a file end where they should not, as in a cut-off gzip file."""


@dataclass(frozen=True, slots=True)
class TooLong:
    """Stands for the bytes of a line over `MAX_LINE_BYTES`."""


Instead = TooLong | DamagedError


@dataclass(frozen=True, slots=True)
class Picked:
    """A line to look at: its place among the lines taken, and its bytes without the line end."""

    index: int
    line: bytes | Instead


@dataclass(slots=True)
class _Block:
    """Lines that are not blank, in `data`: how many, and the indices of those that look wrong.

    `places` are their starts, ends and numbers. Without them no line is blank, `number` is that
    of the first, and they are found when a line is asked for.
    """

    data: memoryview
    count: int
    number: int
    doubtful: np.ndarray
    places: _Places | None = None
    instead: Instead | None = None  # of the bytes of the block's only line

    def numbers(self, start: int, stop: int) -> np.ndarray:
        if self.places:
            return self.places.numbers[start:stop]
        return np.arange(self.number + start, self.number + stop)

    def line(self, index: int) -> bytes | Instead:
        if self.instead:
            return self.instead
        self.places = self.places or _Places.of(self.data, self.number)
        return bytes(self.data[self.places.starts[index] : self.places.ends[index]])


@dataclass(frozen=True, slots=True)
class _Places:
    """Where lines start and end, and their numbers in the file."""

    starts: np.ndarray
    ends: np.ndarray
    numbers: np.ndarray

    @classmethod
    def of(cls, data: memoryview, number: int) -> _Places:
        array = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(array == _LF)
        if array[-1] != _LF:
            ends = np.append(ends, len(array))
        starts = np.concatenate([[0], ends[:-1] + 1])
        return cls(starts, ends, np.arange(number, number + len(ends)))


class Lines:
    """Walks forward over the lines of `stream` that are not blank.

    `stream` gives the bytes as they are after decompression; `damaged` says that they have ended
    where they should not.
    """

    def __init__(self, stream: Stream) -> None:
        self.damaged = False
        self._blocks = _blocks(stream)
        self._block: _Block | None = None
        self._at = 0

    def take(self, count: int, wanted: np.ndarray) -> tuple[np.ndarray, list[Picked]]:
        """Moves on by `count` lines: their numbers in the file, and the lines picked.

        Picked are those at the indices `wanted` (sorted) and all that look wrong. Fewer numbers
        than `count` mean that the file has ended.
        """
        numbers: list[np.ndarray] = [np.empty(0, np.int64)]
        picked: list[Picked] = []
        taken = 0
        while taken < count and (block := self._current()):
            start, stop = self._at, min(self._at + count - taken, block.count)
            numbers.append(block.numbers(start, stop))
            low, high = np.searchsorted(wanted, [taken, taken + stop - start])
            doubtful = block.doubtful[(block.doubtful >= start) & (block.doubtful < stop)]
            if high > low or len(doubtful):
                indices = np.union1d(wanted[low:high] - taken + start, doubtful)
                picked += [Picked(int(i) + taken - start, block.line(int(i))) for i in indices]
            taken += stop - start
            self._at = stop
        return np.concatenate(numbers), picked

    def has_more(self) -> bool:
        """Whether there are lines behind those taken."""
        return self._current() is not None

    def _current(self) -> _Block | None:
        while self._block is None or self._at >= self._block.count:
            self._block = next(self._blocks, None)
            self._at = 0
            if self._block is None:
                return None
            self.damaged = isinstance(self._block.instead, DamagedError)
        return self._block


def whole_lines(stream: Stream) -> Iterator[memoryview | Instead]:
    """The stream in pieces that end with a line's end (the last one perhaps not).

    A byte order mark at the start is no part of any line. What cannot be given, a line that is
    too long or damaged data, has a stand-in. A piece is only good until the next one is asked
    for: the buffer is used again, because fresh memory for each block costs as much as all the
    rest.
    """
    pieces = _pieces(stream)
    first = next(pieces, None)
    if isinstance(first, memoryview) and bytes(first[: len(BOM_UTF8)]) == BOM_UTF8:
        first = first[len(BOM_UTF8) :]
    if first:
        yield first
    yield from pieces


def _pieces(stream: Stream) -> Iterator[memoryview | Instead]:
    data = bytearray(2 * _BLOCK)
    view = memoryview(data)
    filled = 0  # bytes at the front that belong to an unfinished line
    skipping = False  # ... of which the beginning was too long to keep
    while True:
        try:
            count = stream.readinto(view[filled : filled + _BLOCK])
        except OSError as error:
            yield DamagedError(*error.args)
            return
        if not count:
            break
        size = filled + count
        cut = data.rfind(b"\n", filled, size) + 1
        first = 0
        if cut and (skipping or filled > MAX_LINE_BYTES - _BLOCK):
            first = data.index(b"\n", 0, cut) + 1
            if skipping:
                skipping = False
            elif _is_too_long(data, first):
                yield TooLong()
            else:
                first = 0
        if first < cut:
            yield view[first:cut]
        filled = size - cut
        if skipping or filled > MAX_LINE_BYTES + 1:
            if not skipping:
                yield TooLong()
            skipping, filled = True, 0
        elif cut:
            view[:filled] = view[cut:size]
        if len(data) - filled < _BLOCK or (len(data) > 2 * _BLOCK and filled <= _BLOCK):
            data, kept = bytearray(max(2 * _BLOCK, 4 * filled)), view[:filled]
            data[:filled] = kept
            view = memoryview(data)
    if filled:
        yield TooLong() if _is_too_long(data, filled) else view[:filled]


def _is_too_long(data: bytearray, size: int) -> bool:
    return len(data[:size].rstrip(b"\r\n")) > MAX_LINE_BYTES


def _blocks(stream: Stream) -> Iterator[_Block]:
    number = 1
    scratch = _Scratch(2 * _BLOCK)
    for piece in whole_lines(stream):
        if isinstance(piece, memoryview):
            scratch = scratch if len(piece) <= scratch.size else _Scratch(len(piece))
            block, count = _block(piece, number, scratch)
            number += count
            yield block
        else:
            yield _Block(memoryview(b""), 1, number, np.zeros(1, np.int64), instead=piece)
            number += 1


_NOTHING = np.empty(0, np.int64)


class _Scratch:
    """Memory for intermediate results, used again for each block."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._bytes = np.empty(size, np.uint8)
        self._flags = np.empty((3, size), bool)

    def plain_lines(self, array: np.ndarray) -> int | None:
        """How many lines there are, None where they need a closer look.

        They do where a line, or what stands before a closing bracket, may be white space or a
        comma. Finding places takes as long as all of this, so most blocks go without.
        """
        count = len(array)
        mixed, (feeds, gaps, near) = self._bytes[:count], self._flags[:, :count]
        np.less_equal(np.bitwise_xor(array, _GAP_MASK, out=mixed), _LAST_GAP, out=gaps)
        np.equal(np.bitwise_or(array, _CLOSING_MASK, out=mixed), _CLOSING, out=near)
        np.equal(array, _LF, out=feeds)
        inner = near[2:]  # for each byte between the first and the last: what is beside it
        np.logical_or(inner, feeds[:-2], out=inner)
        np.logical_and(inner, gaps[1:-1], out=inner)
        if gaps[0] or inner.any() or (feeds[-2:-1].any() and gaps[-1]):
            return None
        return int(np.count_nonzero(feeds)) + (not feeds[-1])


def _block(data: memoryview, number: int, scratch: _Scratch) -> tuple[_Block, int]:
    """The block's lines that are not blank, and how many lines it has in all."""
    array = np.frombuffer(data, np.uint8)
    count = scratch.plain_lines(array)
    if count is not None:
        return _Block(data, count, number, _NOTHING), count
    places = _Places.of(data, number)
    starts, ends = places.starts, places.ends
    count = len(ends)
    doubtful = _with_trailing_comma(data, _open_ends(array), starts, ends)
    spaced = np.flatnonzero(array[np.minimum(starts, len(array) - 1)] <= _SPACE)
    blank = [i for i in spaced if not bytes(data[starts[i] : ends[i]]).strip()]
    if blank:
        kept = np.ones(count, bool)
        kept[blank] = False
        places = _Places(starts[kept], ends[kept], places.numbers[kept])
        doubtful = (np.cumsum(kept) - 1)[doubtful]
    return _Block(data, count - len(blank), number, doubtful, places), count


def _open_ends(array: np.ndarray) -> np.ndarray:
    """Positions of a comma, or of the last of some white space, before a closing bracket."""
    closing = np.flatnonzero((array | _CLOSING_MASK) == _CLOSING)
    places: np.ndarray = np.maximum(closing - 1, 0)
    before = array[places]
    places = places[(before == _COMMA) | (before <= _SPACE)]
    if len(places):
        earlier = array[np.maximum(places - 1, 0)]
        spaced = (array[places] <= _SPACE) & (earlier != _COMMA) & (earlier > _SPACE)
        places = places[~spaced]
    return places


def _with_trailing_comma(
    data: memoryview, open_ends: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> np.ndarray:
    """Indices of the lines that hold a comma before a closing bracket, perhaps in a string."""
    if not len(open_ends):
        return _NOTHING
    lines = np.unique(np.searchsorted(ends, open_ends))
    found = [i for i in lines if _TRAILING_COMMA.search(data, starts[i], ends[i])]
    return np.array(found, np.int64)
