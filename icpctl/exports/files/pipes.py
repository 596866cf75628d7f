"""Pipes, which can be read once: what is read to tell the format is kept for the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO


class Pipe:
    """What can be read once: stdin, or a named pipe.

    What is read of it is kept, so that it can be opened again, until it is opened for the last
    time. It is closed at its end, unless it is stdin. Where it is `followed` nothing waits for
    more than its first line before it is opened for the last time: it seems to end there.
    """

    def __init__(self, file: BinaryIO, *, is_stdin: bool, followed: bool = False) -> None:
        self._file = file
        self._is_stdin = is_stdin
        self.followed = followed
        self._kept: list[bytes] = []
        self._is_last = False

    def open(self, *, is_last: bool) -> _PipeReader:
        """Return a stream from the first byte on."""
        kept = self._kept
        if is_last:
            self._kept, self._is_last = [], True
        return _PipeReader(self, list(kept))

    def more(self, size: int) -> bytes:
        """Return the next bytes, none at the end."""
        if self._file.closed or (self.followed and not self._is_last and self._has_line):
            return b""
        read = getattr(self._file, "read1", self._file.read)
        data: bytes = read(size)
        if not data and not self._is_stdin:
            self._file.close()
        if not self._is_last:
            self._kept.append(data)
        return data

    @property
    def _has_line(self) -> bool:
        """Whether what is kept has a line that is not blank."""
        return b"\n" in b"".join(self._kept).lstrip()


class _PipeReader:
    def __init__(self, pipe: Pipe, kept: list[bytes]) -> None:
        self._pipe = pipe
        self._kept = kept[::-1]  # the next one is the last

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer from its start and return the number of bytes, 0 at the end."""
        data = self._kept.pop() if self._kept else self._pipe.more(len(buffer))
        if len(data) > len(buffer):
            self._kept.append(data[len(buffer) :])
            data = data[: len(buffer)]
        buffer[: len(data)] = data
        return len(data)
