"""The lines of a file, walked once beside the bulk reader.

The bulk reader (DuckDB) parses fast but does not say which line a row came from, turns a bad line
into an empty row, and lets trailing commas and lines over 16 MiB pass. `Lines` goes over the same
bytes with a few vector operations a block, so it costs little: it counts lines, and picks out
those that were asked for or that look wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from icpctl.visitors.records import MAX_LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 256 * 1024  # bytes; blocks that stay in the processor's cache are twice as fast
_TRAILING_COMMA = re.compile(rb",[ \t\r\n]*[}\]]")
_LF, _SPACE, _QUOTE, _COMMA = 10, 32, 34, 44
_CLOSING, _CLOSING_MASK = 0x7D, 0x20  # `}` is 0x7d; `]`, 0x5d, becomes it with this bit


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
    """Lines that are not blank: where they start and end in `data`, and their line numbers."""

    data: memoryview
    starts: np.ndarray
    ends: np.ndarray
    numbers: np.ndarray
    doubtful: np.ndarray  # indices of lines with a trailing comma
    instead: Instead | None = None  # of the bytes of the block's only line

    def line(self, index: int) -> bytes | Instead:
        return self.instead or bytes(self.data[self.starts[index] : self.ends[index]])


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
            start, stop = self._at, min(self._at + count - taken, len(block.starts))
            numbers.append(block.numbers[start:stop])
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
        while self._block is None or self._at >= len(self._block.starts):
            self._block = next(self._blocks, None)
            self._at = 0
            if self._block is None:
                return None
            self.damaged = isinstance(self._block.instead, DamagedError)
        return self._block


def whole_lines(stream: Stream) -> Iterator[memoryview | Instead]:
    """The stream in pieces that end with a line's end (the last one perhaps not).

    What cannot be given, a line that is too long or damaged data, has a stand-in. A piece is
    only good until the next one is asked for: the buffer is used again, because fresh memory for
    each block costs as much as all the rest.
    """
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
            one = np.zeros(1, np.int64)
            yield _Block(memoryview(b""), one, one, one + number, one, piece)
            number += 1


_NOTHING = np.empty(0, np.int64)


class _Scratch:
    """Memory for intermediate results, used again for each block."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._bytes = np.empty(size, np.uint8)
        self._flags = np.empty((3, size), bool)

    def line_ends(self, array: np.ndarray) -> np.ndarray:
        """Positions of line feeds."""
        return np.flatnonzero(np.equal(array, _LF, out=self._flags[0, : len(array)]))

    def open_ends(self, array: np.ndarray) -> np.ndarray:
        """Positions of a comma, or of the last of some white space, before a closing bracket."""
        count = len(array) - 1
        closing, low, other = self._flags[:, :count]
        folded = np.bitwise_or(array[1:], _CLOSING_MASK, out=self._bytes[:count])
        np.equal(folded, _CLOSING, out=closing)
        # Of the bytes up to the comma only the quote often stands before a bracket.
        np.less_equal(array[:-1], _COMMA, out=low)
        np.not_equal(array[:-1], _QUOTE, out=other)
        np.logical_and(closing, low, out=closing)
        np.logical_and(closing, other, out=closing)
        places: np.ndarray = np.flatnonzero(closing)
        found = array[places]
        places = places[(found == _COMMA) | (found <= _SPACE)]
        if len(places):
            earlier = array[np.maximum(places - 1, 0)]
            spaced = (array[places] <= _SPACE) & (earlier != _COMMA) & (earlier > _SPACE)
            places = places[~spaced]
        return places


def _block(data: memoryview, number: int, scratch: _Scratch) -> tuple[_Block, int]:
    """The block's lines that are not blank, and how many lines it has in all."""
    array = np.frombuffer(data, np.uint8)
    ends = scratch.line_ends(array)
    if array[-1] != _LF:
        ends = np.append(ends, len(array))
    starts = np.concatenate([[0], ends[:-1] + 1])
    numbers = np.arange(number, number + len(ends))
    doubtful = _with_trailing_comma(data, scratch.open_ends(array), starts, ends)
    spaced = np.flatnonzero(array[np.minimum(starts, len(array) - 1)] <= _SPACE)
    blank = [i for i in spaced if not bytes(data[starts[i] : ends[i]]).strip()]
    if not blank:
        return _Block(data, starts, ends, numbers, doubtful), len(ends)
    kept = np.ones(len(ends), bool)
    kept[blank] = False
    doubtful = (np.cumsum(kept) - 1)[doubtful]
    return _Block(data, starts[kept], ends[kept], numbers[kept], doubtful), len(ends)


def _with_trailing_comma(
    data: memoryview, open_ends: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> np.ndarray:
    """Indices of the lines that hold a comma before a closing bracket, perhaps in a string."""
    if not len(open_ends):
        return _NOTHING
    lines = np.unique(np.searchsorted(ends, open_ends))
    found = [i for i in lines if _TRAILING_COMMA.search(data, starts[i], ends[i])]
    return np.array(found, np.int64)
