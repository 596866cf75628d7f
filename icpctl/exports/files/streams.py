"""The bytes of an export, opened once: plain, gzip or zstd, up to the last good one.

Where compressed data are damaged, everything that precedes the damage is given first; then
`DamagedError` says what is wrong. gzip is RFC 1952, zstd is RFC 8878.
"""

from __future__ import annotations

import os
import sys
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from icpctl.errors import IcpctlError, Location

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 1 << 18  # bytes of compressed data at a time
_OUTPUT = 1 << 20  # bytes decompressed at a time, so that a bomb never fills the memory
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE_MAGIC = b"\x2a\x4d\x18"  # after a byte from 0x50 to 0x5f
_MAX_WINDOW_LOG = 31  # what `zstd --long=31` writes
_CHECKSUM, _MAX_BLOCK = 4, 1 << 17


class Stream(Protocol):
    """Bytes in order."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer from its start and return the number of bytes, 0 at the end."""


class DamagedError(OSError):
    """The compressed data end, or stop making sense, before their end."""


class UnreadableError(DamagedError):
    """Nothing of a file can be read; the text says why."""


def compression_of(head: bytes) -> str | None:
    """Return `gzip`, `zstd` or None for a file that begins with the bytes `head`."""
    if head.startswith(_GZIP_MAGIC):
        return "gzip"
    is_skippable = head[1:4] == _SKIPPABLE_MAGIC and 0x50 <= head[0] <= 0x5F
    return "zstd" if is_skippable or head.startswith(_ZSTD_MAGIC) else None


def decompressed(raw: Stream, compression: str | None) -> Stream:
    """Return a stream of what `raw` holds; `compression` is `gzip`, `zstd` or None."""
    if compression is None:
        return raw
    pieces = _gunzip if compression == "gzip" else _unzstd
    return PieceStream(pieces(_Input(raw)))


def changed(name: str) -> IcpctlError:
    """Return the error for a file that was not the same from the first byte to the last."""
    return IcpctlError(
        "the file changed while it was read",
        "unreadable",
        Location(name),
        "copy it first, or read it when nothing writes to it",
    )


def fill(
    stream: Stream, buffer: memoryview, filled: int = 0, *, to_line: bool = False
) -> tuple[int, DamagedError | None]:
    """Fill a buffer, which is filled up to `filled`, as far as the stream goes.

    With `to_line` that is until a line ends. Return how far it is filled then, and what is damaged
    there.
    """
    try:
        while filled < len(buffer) and (count := stream.readinto(buffer[filled:])):
            filled += count
            if to_line and b"\n" in bytes(buffer[filled - count : filled]):
                break
    except DamagedError as error:
        return filled, error
    return filled, None


class PieceStream:
    """A stream over pieces of bytes. What making a piece raises is raised when its turn comes."""

    def __init__(self, pieces: Iterator[bytes | memoryview]) -> None:
        self._pieces = pieces
        self._piece = memoryview(b"")

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer from its start and return the number of bytes, 0 at the end."""
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = memoryview(piece)
        count = min(len(buffer), len(self._piece))
        buffer[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count


class OpenedFile:
    """A file that is read through one descriptor, which also tells whether it changed.

    It is closed at the latest when nothing refers to it: tasks on several threads may.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self.status = os.fstat(self.descriptor)

    def __del__(self) -> None:
        self.close()

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer from its start and return the number of bytes, 0 at the end."""
        return os.readv(self.descriptor, [buffer])

    @property
    def bytes_read(self) -> int:
        """How far it was read, in bytes as they lie on disk."""
        return os.lseek(self.descriptor, 0, os.SEEK_CUR)

    def as_file(self) -> BinaryIO:
        """Return a file object that reads it; closing that leaves this open."""
        return os.fdopen(self.descriptor, "rb", buffering=0, closefd=False)

    def require_same(self, identity: tuple[int, ...] | None = None) -> None:
        """Raise `IcpctlError` where the file is not as it was when it was opened.

        With `identity` (of `identity_of`) it must be as it was then.
        """
        expected = identity or identity_of(self.status)
        if identity_of(os.fstat(self.descriptor)) != expected:
            raise changed(self.name)

    def close(self) -> None:
        """Close the file; do nothing where it is closed."""
        descriptor, self.descriptor = getattr(self, "descriptor", -1), -1
        if descriptor >= 0:
            os.close(descriptor)


def identity_of(status: os.stat_result) -> tuple[int, ...]:
    """Return what is the same as long as nobody writes to a file or puts another in its place."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class _Input:
    """Compressed bytes, with a look at those that come next."""

    def __init__(self, raw: Stream) -> None:
        self._raw = raw
        self._buffer = memoryview(bytearray(_CHUNK))
        self._kept = b""

    def chunk(self) -> bytes:
        """Return some bytes, none at the end."""
        if self._kept:
            kept, self._kept = self._kept, b""
            return kept
        count = self._raw.readinto(self._buffer) or 0
        return bytes(self._buffer[:count])

    def give_back(self, data: bytes) -> None:
        """Put bytes before those that come next."""
        self._kept = data + self._kept

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes, fewer at the end."""
        parts = []
        while count and (data := self.chunk()):
            parts.append(data[:count])
            self.give_back(data[count:])
            count -= len(parts[-1])
        return b"".join(parts)

    def peek(self, count: int) -> bytes:
        """Return the next `count` bytes, fewer at the end, and leave them there."""
        data = self.take(count)
        self.give_back(data)
        return data


def _gunzip(source: _Input) -> Iterator[bytes]:
    """Decompress one gzip member after another; zeros may fill the end up, as in tar files."""
    while head := source.peek(2):
        if head != _GZIP_MAGIC:
            if not any(chunk.strip(b"\0") for chunk in iter(source.chunk, b"")):
                return
            raise DamagedError("what follows the end is not gzip")
        yield from _gunzip_member(source)


def _gunzip_member(source: _Input) -> Iterator[bytes]:
    decoder = zlib.decompressobj(wbits=31)
    while not decoder.eof:
        chunk = source.chunk()
        if not chunk:
            raise DamagedError("the gzip data end too early")
        while chunk and not decoder.eof:
            before = decoder.copy()
            try:
                yield decoder.decompress(chunk, _OUTPUT)
            except zlib.error as error:
                yield from _until_damage(before, chunk)
                raise DamagedError(f"gzip: {_reason(error)}") from None
            chunk = decoder.unconsumed_tail
    source.give_back(decoder.unused_data)


def _until_damage(decoder: Any, chunk: bytes) -> Iterator[bytes]:
    """Decompress byte by byte, which gives everything that precedes the damage."""
    for at in range(len(chunk)):
        try:
            yield decoder.decompress(chunk[at : at + 1])
        except zlib.error:
            return


def _reason(error: Exception) -> str:
    """`Error -3 while decompressing data: incorrect data check` -> `incorrect data check`."""
    return str(error).rpartition(": ")[2]


def _unzstd(source: _Input) -> Iterator[bytes]:
    """Decompress one zstd frame after another; skippable frames hold nothing."""
    while head := source.peek(4):
        if compression_of(head) != "zstd":
            raise DamagedError("what follows the end is not zstd")
        if head != _ZSTD_MAGIC:
            _skip_frame(source)
        else:
            yield from _unzstd_frame(source)


def _skip_frame(source: _Input) -> None:
    header = source.take(8)
    left = int.from_bytes(header[4:], "little")
    while left and (data := source.take(min(left, _CHUNK))):
        left -= len(data)
    if left or len(header) < 8:
        raise DamagedError("the zstd data end too early")


def _unzstd_frame(source: _Input) -> Iterator[bytes]:
    """Decompress a frame block by block: only a whole block can be decompressed.

    The checksum comes last and by itself, so that a wrong one takes nothing away.
    """
    header = source.take(_header_size(source.peek(5)))
    limit = _zstd().DecompressionParameter.window_log_max
    decoder = _zstd().ZstdDecompressor(options={limit: _MAX_WINDOW_LOG})
    yield from _decoded(decoder, header)
    is_last = False
    while not is_last:
        block = source.take(3)
        about = int.from_bytes(block, "little")
        is_last, kind, size = bool(about & 1), about >> 1 & 3, about >> 3
        if len(block) == 3 and kind != 1 and size > _MAX_BLOCK:
            raise DamagedError("zstd: a block is too large")
        block += source.take(1 if kind == 1 else size) if len(block) == 3 else b""
        if len(block) < 3 + (1 if kind == 1 else size):
            raise DamagedError("the zstd data end too early")
        yield from _decoded(decoder, block)
    if header[4] & _CHECKSUM:
        yield from _decoded(decoder, source.take(4))
    if not decoder.eof:
        raise DamagedError("the zstd data end too early")


def _header_size(start: bytes) -> int:
    """Return the size of a frame's header from its first five bytes (RFC 8878, 3.1.1.1)."""
    about = start[4] if len(start) == 5 else 0
    is_single = bool(about & 0x20)
    content = (1 if is_single else 0, 2, 4, 8)[about >> 6]
    return 5 + (not is_single) + (0, 1, 2, 4)[about & 3] + content


def _decoded(decoder: Any, data: bytes) -> Iterator[bytes]:
    try:
        yield decoder.decompress(data, _OUTPUT)
        while not decoder.needs_input and not decoder.eof:
            yield decoder.decompress(b"", _OUTPUT)
    except (_zstd().ZstdError, EOFError) as error:
        raise DamagedError(f"zstd: {_reason(error)}") from None


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


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
        self._is_last = self._has_ended = False

    def open(self, *, is_last: bool) -> PieceStream:
        """Return a stream from the first byte on."""
        kept = list(self._kept)
        if is_last:
            self._kept, self._is_last = [], True
        return PieceStream(self._pieces(kept))

    def _pieces(self, kept: list[bytes]) -> Iterator[bytes]:
        yield from kept
        while data := self._more():
            yield data

    def _more(self) -> bytes:
        """Return the next bytes, none at the end."""
        if self._has_ended or (self.followed and not self._is_last and self._has_line):
            return b""
        read = getattr(self._file, "read1", self._file.read)
        data: bytes = read(_OUTPUT)
        self._has_ended = not data
        if self._has_ended and not self._is_stdin:
            self._file.close()
        if not self._is_last:
            self._kept.append(data)
        return data

    @property
    def _has_line(self) -> bool:
        """Whether what is kept has a line that is not blank."""
        return b"\n" in b"".join(self._kept).lstrip()
