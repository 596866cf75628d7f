"""Streams in other encodings, and with other line ends, as UTF-8 with line feeds."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icpctl.exports.lines import Stream

_BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Utf8:
    """A stream as UTF-8 without a byte order mark, which tells UTF-16, and with LF in its lines."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._decoder: codecs.IncrementalDecoder | None = None
        self._has_begun = self._has_ended = self._is_cr_only = False
        self._ready = memoryview(b"")

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer from its start, and return how much of it; 0 at the end."""
        while not self._ready and not self._has_ended:
            data = bytearray(len(buffer))
            count = self._stream.readinto(memoryview(data)) or 0
            self._has_ended = not count
            self._ready = memoryview(self._decoded(bytes(data[:count])))
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _decoded(self, data: bytes) -> bytes:
        is_first, self._has_begun = not self._has_begun, True
        if is_first:
            for mark, name in _BOMS.items():
                if data.startswith(mark):
                    self._decoder = codecs.getincrementaldecoder(name)("surrogatepass")
                    data = data[len(mark) :]
            data = data.removeprefix(codecs.BOM_UTF8)
        if self._decoder:
            try:
                text = self._decoder.decode(data, final=self._has_ended)
            except UnicodeDecodeError:
                text = "\udc00"  # half a letter at the end
            data = text.encode("utf-8", "surrogatepass")  # lone halves stay wrong in UTF-8 too
        if is_first:
            self._is_cr_only = b"\r" in data and b"\n" not in data
        return data.replace(b"\r", b"\n") if self._is_cr_only else data
