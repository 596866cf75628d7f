"""Streams in other encodings, and with other line ends, as UTF-8 with line feeds."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icpctl.exports.files.streams import Stream

_BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_LIKELY = {
    "cp1252": "Windows-1252 (Western Europe)",
    "mac_roman": "Mac Roman",
    "cp850": "code page 850 (DOS)",
}
_LETTERS = frozenset(
    "äöüÄÖÜßéèêëáàâåãíìîïóòôõúùûçñøæÉÈÁÀÅÇÑØÆ\u2013\u2014\u2019\u2018\u201c\u201d€"
)


class Utf8:
    """A stream as UTF-8 without a byte order mark and with LF at the end of its lines.

    Without an `encoding` the byte order mark tells UTF-16, and all else is taken for UTF-8.
    """

    def __init__(self, stream: Stream, encoding: str | None = None) -> None:
        self._stream = stream
        self._decoder: codecs.IncrementalDecoder | None = None
        if encoding and codecs.lookup(encoding).name != "utf-8":
            self._decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
        self._has_begun = self._has_ended = self._is_cr_only = False
        self._ready = memoryview(b"")

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer from its start and return the number of bytes, 0 at the end."""
        if self._has_begun and not (self._ready or self._decoder or self._is_cr_only):
            return self._stream.readinto(buffer) or 0
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
            data = self._without_mark(data)
        if self._decoder:
            try:
                text = self._decoder.decode(data, final=self._has_ended)
            except UnicodeDecodeError:
                text = "\udc00"  # half a letter at the end
            data = text.encode("utf-8", "surrogatepass")  # lone halves stay wrong in UTF-8 too
        if is_first:
            self._is_cr_only = b"\r" in data and b"\n" not in data
        return data.replace(b"\r", b"\n") if self._is_cr_only else data

    def _without_mark(self, data: bytes) -> bytes:
        for mark, name in _BOMS.items():
            if data.startswith(mark):
                self._decoder = codecs.getincrementaldecoder(name)("surrogatepass")
                return data[len(mark) :]
        return data.removeprefix(codecs.BOM_UTF8)


def likely_encoding(raw: bytes) -> tuple[str, str]:
    """Return the name for `--encoding`, and the words, of what some bytes are most likely in.

    It is the encoding in which most of the bytes beyond ASCII are letters of Western Europe.
    """

    def letters(name: str) -> int:
        return sum(letter in _LETTERS for letter in raw.decode(name, "replace"))

    name = max(_LIKELY, key=letters)
    return name, _LIKELY[name]
