"""Blocks of bytes on their way from a stream to a scanner."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PADDING = 64
"""Bytes after the data of a block that a scanner may read and write."""

BLOCK_BYTES = 1 << 20
"""Bytes that are best read at once: they stay in the processor's cache."""


class Block:
    """The bytes of a stream that are not scanned yet.

    Bytes are put in at the end (`fill`, `append`), and a scanner takes whole lines from the front.
    What it leaves, the beginning of a line, stays before what comes next; no line keeps more
    than `MAX_LINE_BYTES` and one block in memory.
    """

    def __init__(self, data: bytes = b"") -> None:
        self._start = self._end = 0
        self._make(max(len(data), BLOCK_BYTES))
        self.append(data)

    def __len__(self) -> int:
        return self._end - self._start

    @property
    def data(self) -> memoryview:
        """The bytes that are not scanned yet; good until the next call of any method."""
        return self._view[self._start : self._end]

    @property
    def address(self) -> int:
        """The address of the first byte of `data`, after which `PADDING` bytes may be written."""
        return self._address + self._start

    def fill(self, readinto: Callable[[memoryview], int | None], size: int = BLOCK_BYTES) -> int:
        """Read up to `size` bytes with `readinto`; return how many there were, 0 at the end."""
        self._make_room(size)
        count = readinto(self._view[self._end : self._end + size]) or 0
        self._end += count
        return count

    def append(self, data: bytes | bytearray | memoryview) -> None:
        """Put bytes at the end."""
        self._make_room(len(data))
        self._view[self._end : self._end + len(data)] = data
        self._end += len(data)

    def drop(self, count: int) -> None:
        """Take away the first `count` bytes, which have been scanned."""
        self._start += count
        if self._start == self._end:
            self._start = self._end = 0

    def clear(self) -> None:
        """Take away all bytes."""
        self._start = self._end = 0

    def _make_room(self, size: int) -> None:
        if self._end + size <= self._room:
            return
        kept = bytes(self.data)
        if len(kept) + size > self._room:
            self._make(max(2 * self._room, len(kept) + size))
        self._start, self._end = 0, len(kept)
        self._view[: self._end] = kept

    def _make(self, room: int) -> None:
        self._room = room
        data = bytearray(room + PADDING)
        self._view = memoryview(data)
        self._address = ctypes.addressof((ctypes.c_char * len(data)).from_buffer(data))
