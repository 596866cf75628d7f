"""Streams in other encodings, and with other line ends, as UTF-8 with line feeds."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icpctl.exports.files.streams import Stream

_BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_WESTERN = "äöüÄÖÜßéèêëáàâåãíìîïóòôõúùûçñøæÉÈÊÁÀÂÃÅÍÓÚÇÑØÆ\u2013\u2014\u2019\u2018\u201c\u201d€"
_LIKELY = {
    "cp1252": ("Windows-1252 (Western Europe)", _WESTERN),
    "mac_roman": ("Mac Roman", _WESTERN),
    "cp850": ("code page 850 (DOS)", _WESTERN),
    "cp1250": (
        "Windows-1250 (Central Europe)",
        "ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůžýáíéúČĎŘŠŽÁÍÉőűöüäßăîâșț",
    ),
}
"""Encodings of Latin letters: their words, and the letters that are common in them."""

_SCRIPTS = {
    "cp1251": ("Windows-1251 (Cyrillic)", r"[\u0400-\u042f]?[\u0430-\u045f]+|[\u0400-\u042f]+"),
    "shift_jis": ("Shift JIS (Japanese)", r"[\u3040-\u30ff\u4e00-\u9fff]+"),
    "cp949": ("code page 949 (Korean)", r"[\uac00-\ud7a3]+"),
    "cp1253": ("Windows-1253 (Greek)", r"[\u0386-\u03ab]?[\u03ac-\u03ce]+|[\u0386-\u03ab]+"),
    "gb18030": ("GB 18030 (Chinese)", r"[\u4e00-\u9fff]+"),
}
"""Encodings of other scripts: their words, and how words are written in them."""

_OTHER_SCRIPT = re.compile(rb"[\x80-\xff][\x40-\xff][\x80-\xff][\x40-\xff]")
_WORDS = re.compile(r"[^\W\d_]+")


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

    In Latin letters that is where most of the bytes beyond ASCII are common ones. Several such
    bytes in a row are of another script, where all words should be of its letters.
    """
    if b"\0" in raw:
        order = "be" if raw.startswith(b"\0") else "le"
        return f"utf-16-{order}", "UTF-16 without a byte order mark"
    if _OTHER_SCRIPT.search(raw):
        for name, (words, pattern) in _SCRIPTS.items():
            texts = _WORDS.findall(raw.decode(name, "replace"))
            others = [text for text in texts if not text.isascii()]
            if others and all(re.fullmatch(pattern, text) for text in others):
                return name, words

    def letters(name: str) -> int:
        common = _LIKELY[name][1]
        return sum(letter in common for letter in raw.decode(name, "replace"))

    name = max(_LIKELY, key=letters)
    return name, _LIKELY[name][0]
