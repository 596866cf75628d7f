"""Files and streams of lines, cut into blocks that threads can read by themselves."""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.exports.files.streams import DamagedError
from icpctl.values.json_records import MAX_LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.exports.files.streams import OpenedFile, Stream

_SEARCHED = 1 << 16  # bytes in which the end of a line is looked for at once


class FileRange(Struct):
    """The lines of a file that begin from byte `start` on and before byte `stop`, as a stream."""

    file: OpenedFile
    start: int
    stop: int
    _at: int = -1
    _end: int = -1

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer from its start and return the number of bytes, 0 at the end."""
        if self._at < 0:
            self._at = line_start(self.file.descriptor, self.start)
            self._end = line_start(self.file.descriptor, self.stop)
        wanted = min(len(buffer), self._end - self._at)
        if wanted <= 0:
            return 0
        count = os.preadv(self.file.descriptor, [buffer[:wanted]], self._at)
        self._at += count
        return count


def file_ranges(file: OpenedFile, size: int, most: int) -> Iterator[FileRange]:
    """Yield the ranges, of at most `most` bytes, into which a file of `size` bytes is cut."""
    for start in range(0, size, most):
        yield FileRange(file, start, min(start + most, size))


def line_start(descriptor: int, at: int) -> int:
    """Return where the first line begins that begins at byte `at` or after it."""
    if at == 0:
        return 0
    at -= 1
    while data := os.pread(descriptor, _SEARCHED, at):
        feed = data.find(b"\n")
        if feed >= 0:
            return at + feed + 1
        at += len(data)
    return at


class LineBlock(Struct, frozen=True):
    """Whole lines of a stream; only the last line of all may lack its line feed.

    A block `is_too_long` stands for one line over `MAX_LINE_BYTES`, of which nothing is kept. Where
    the stream is damaged the last block has the `damage`, and begins of a line as its data.
    """

    data: memoryview
    is_too_long: bool = False
    damage: DamagedError | None = None


_NOTHING = memoryview(b"")


def line_blocks(stream: Stream, most: int, *, follow: bool = False) -> Iterator[LineBlock]:
    """Cut a stream into blocks of at least one line and about `most` bytes.

    With `follow` a block has the lines that are there, and does not wait for more.
    """
    kept = b""  # the beginning of the next line
    while True:
        buffer = memoryview(bytearray(len(kept) + max(most, len(kept))))
        buffer[: len(kept)] = kept
        filled, damage, is_end = _fill(stream, buffer, len(kept), to_line=follow)
        cut = _last_feed(buffer, filled)
        if is_end and not damage:
            cut = filled
        if cut:
            yield LineBlock(buffer[:cut])
        if is_end:
            if damage:
                yield LineBlock(buffer[cut:filled], damage=damage)
            return
        kept = bytes(buffer[cut:filled])
        if len(kept) > MAX_LINE_BYTES + len(b"\r\n"):
            yield LineBlock(_NOTHING, is_too_long=True)
            rest = _after_line(stream)
            if isinstance(rest, DamagedError):
                yield LineBlock(_NOTHING, damage=rest)
                return
            kept = rest


def _fill(
    stream: Stream, buffer: memoryview, filled: int, *, to_line: bool = False
) -> tuple[int, DamagedError | None, bool]:
    """Fill a buffer, with `to_line` until a line ends in it.

    Return how far it is filled, what is damaged there, and whether the stream ends there.
    """
    try:
        while filled < len(buffer):
            count = stream.readinto(buffer[filled:])
            if not count:
                return filled, None, True
            filled += count
            if to_line and b"\n" in bytes(buffer[filled - count : filled]):
                break
    except DamagedError as error:
        return filled, error, True
    return filled, None, False


def _last_feed(buffer: memoryview, filled: int) -> int:
    """Return where the last whole line ends, 0 where none does."""
    data = buffer.obj
    return data.rfind(b"\n", 0, filled) + 1 if isinstance(data, bytearray) else 0


def _after_line(stream: Stream) -> bytes | DamagedError:
    """Read on to the end of a line; return what was read of the next one."""
    buffer = memoryview(bytearray(_SEARCHED))
    while True:
        filled, damage, is_end = _fill(stream, buffer, 0)
        feed = bytes(buffer[:filled]).find(b"\n")
        if feed >= 0 and not damage:
            return bytes(buffer[feed + 1 : filled])
        if is_end:
            return damage or b""


def without_mark(data: bytes) -> bytes:
    """Return the bytes of a file without a byte order mark at the start."""
    return data.removeprefix(BOM_UTF8)
