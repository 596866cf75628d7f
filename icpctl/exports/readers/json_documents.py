"""JSON that is not lines: arrays, objects one after another, pages of an API.

Each record is put on one line for the scanner, with the number of the line on which it begins.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field

from icpctl.exports.files.streams import DamagedError
from icpctl.values.json_records import MAX_LINE_BYTES, NotARecordError, parse_record
from icpctl.values.text_forms import key_form

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from icpctl.exports.files.streams import Stream

PAGE_KEYS = ("data", "results", "records", "items", "value", "hits")
"""The keys under which pages of APIs have their records."""

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|["{}\[\],\n]', re.DOTALL)
_EMPTY = re.compile(rb"\[\s*\]")
_COLON = re.compile(rb"\s*:\s*")
_SPACE = b" \t\r\n"
_CHUNK = 1 << 20
_BATCH = 16 << 20  # bytes of records that are read together

Kind = Literal["array", "objects", "page"]


class Layout(Struct, frozen=True):
    """How a file holds its records: `start` is the byte after the bracket of a list of them.

    `begins` is the first byte of the array or object.
    """

    kind: Kind
    start: int = 0
    begins: int = 0


def layout_of(
    head: bytes,
    *,
    is_whole: bool,
    read_keys: Collection[str],
    named: Sequence[tuple[str, ...]] = (),
) -> Layout | None:
    """Return how a file whose first bytes are `head` holds its records; None for lines.

    `is_whole` says that these are all bytes. `read_keys` are the forms of the keys that the mapping
    reads of a record: an object that has one of these is not a page, unless it has a list at one
    of the `named` keys, where the mapping says that records are.
    """
    body = head.removeprefix(BOM_UTF8)
    before = len(head) - len(body)
    text = body.lstrip(_SPACE)
    start = before + len(body) - len(text)
    if text.startswith(b"["):
        return Layout("array", start + 1, start)
    if not text.startswith(b"{"):
        return None
    line, _, rest = text.partition(b"\n")
    is_alone = is_whole and not rest.strip()
    if _is_object(line) and not is_alone:
        return None
    listed = _list_at(text, named) or _list_of_page(text, read_keys)
    end = _end_of_object(text)
    if listed and end is None:
        # The file goes on, or something in it is bad or cut off. Of lines the first has a record.
        is_page = not is_whole or not rest.strip() or listed >= len(line.rstrip())
    else:
        is_page = end is not None and not text[end:].strip()
    if listed and is_page:
        return Layout("page", start + listed, start)
    if end is not None and _has_commas(text[end:].lstrip(_SPACE), is_whole=is_whole):
        return Layout("objects", start, start)
    if is_alone or end is None or b"\n" not in text[:end]:
        return None
    return Layout("objects", start, start)


def _is_object(line: bytes) -> bool:
    try:
        parse_record(line)
    except NotARecordError:
        return False
    return True


def _has_commas(rest: bytes, *, is_whole: bool) -> bool:
    """Return whether there is a comma after an object and after the next one, if more follows."""
    following = rest[1:].lstrip(_SPACE)
    end = _end_of_object(following) if rest.startswith(b",") else None
    after = following[end:].lstrip(_SPACE)
    return end is not None and (after.startswith(b",") if after else is_whole)


def _end_of_object(text: bytes) -> int | None:
    """Return where the object ends that the text begins with; None where that is not there."""
    decoded = text.decode(errors="replace")
    try:
        value, end = json.JSONDecoder().raw_decode(decoded)
    except (ValueError, RecursionError):
        return None
    return len(decoded[:end].encode()) if isinstance(value, dict) else None


def _list_at(text: bytes, named: Sequence[tuple[str, ...]]) -> int | None:
    """Return the byte after the bracket of the first list at one of some keys in an object."""
    wanted = [[key_form(key) for key in keys] for keys in named]
    above: list[str] = []  # the keys of the objects that are open; "" for a list
    key = ""
    for token in _TOKEN.finditer(text) if wanted else ():
        mark = token[0]
        if mark == b"[" and [*above[1:], key] in wanted:
            return token.end()
        if mark in (b"{", b"["):
            above.append(key if mark == b"{" else "[")
        elif mark in (b"}", b"]"):
            above = above[:-1]
        elif mark[:1] == b'"' and _COLON.match(text, token.end()):
            key = key_form(_text(mark) or "")
    return None


def _list_of_page(text: bytes, read_keys: Collection[str]) -> int | None:
    """Return the byte after the bracket of an object's list of records, if it is a page."""
    depth = 0
    begin = empty = None
    tokens = [it for it in _TOKEN.finditer(text) if it[0] != b"\n"]
    for token in tokens:
        mark = token[0]
        if mark in (b"{", b"["):
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
        elif mark[:1] == b'"' and len(mark) > 1 and depth == 1:
            after = _COLON.match(text, token.end())
            key = _text(mark) if after else None
            if key is None or after is None:
                continue
            if begin is None and key in PAGE_KEYS and _lists_objects(text[after.end() :]):
                begin = after.end() + 1
            elif empty is None and key in PAGE_KEYS and _EMPTY.match(text, after.end()):
                empty = after.end() + 1
            elif key_form(key) in read_keys:
                return None
    return begin or empty


def _text(token: bytes) -> str | None:
    try:
        text: Any = json.loads(token)
    except ValueError:
        return None
    return str(text)


def _lists_objects(text: bytes) -> bool:
    return bool(re.match(rb"\[\s*(?:\{|\Z)", text))


class RecordLines(Struct):
    """Records, each on one line of `data`; `lines` are the lines of the file they begin on.

    `too_long` are the lines of records over 16 MiB; `rejected` are other lines that are not
    records, each with the reason and what is there. `repeated_headers` of a sheet were passed over.
    """

    data: bytearray = field(default_factory=bytearray)
    lines: list[int] = field(default_factory=list)
    too_long: list[int] = field(default_factory=list)
    rejected: list[tuple[int, str, bytes]] = field(default_factory=list)
    repeated_headers: int = 0

    def add(self, record: bytes, line: int) -> None:
        """Add a record after the others; a line feed in JSON is white space."""
        self.data += record.replace(b"\n", b" ")
        self.data += b"\n"
        self.lines.append(line)


def record_lines(stream: Stream, layout: Layout) -> Iterator[RecordLines]:
    """Yield the records of a stream, about `_BATCH` bytes at a time.

    After the end of the list may be another one. Anything else there is rejected like a record.
    Where the stream is damaged, what precedes the damage is yielded; then `DamagedError` is raised.
    """
    splitter = _Splitter(stream, layout)
    batch = RecordLines()
    try:
        while (following := splitter.next_record()) is not None:
            record, line = following
            if record is None:
                batch.too_long.append(line)
            else:
                batch.add(record, line)
            if len(batch.data) >= _BATCH:
                yield batch
                batch = RecordLines()
    except DamagedError:
        yield batch
        raise
    if splitter.is_open:
        batch.rejected.append((splitter.line, "the list is cut off: its ] is missing", b""))
    yield batch


class _Splitter:
    """Cuts a stream into the values of a list, or into values that follow each other."""

    def __init__(self, stream: Stream, layout: Layout) -> None:
        self._stream = stream
        self._kind = layout.kind
        self._is_list = layout.kind != "objects"
        self._data = b""
        self._at = 0  # up to where `_data` was looked at
        self.line = 1
        self._has_ended = False
        self._skip(layout.start)

    @property
    def is_open(self) -> bool:
        """Whether the stream has ended in a list, after a whole value or none."""
        return self._is_list

    def next_record(self) -> tuple[bytes | None, int] | None:
        """Return the next value, None for one that is too long, and its line; None at the end."""
        self._drop_space()
        begins = {"array": b"[", "objects": b","}.get(self._kind)
        if begins and not self._is_list and self._data.startswith(begins):
            self._pass(1)  # one array after another, or a comma between objects
            self._is_list = self._kind == "array"
            self._drop_space()
        if not self._data:
            return None
        line, depth, is_long = self.line, 0, False
        while True:
            token = _TOKEN.search(self._data, self._at)
            if token is None or (token[0] == b'"' and not self._has_ended):
                is_long |= self._shorten(None if token is None else token.start())
                if self._more():
                    continue
                self._is_list &= depth == 0  # else the value is cut off, which is said of it
                return self._cut(len(self._data), line, is_long=is_long)
            mark = token[0]
            self._at = token.end()
            if mark in (b"{", b"["):
                depth += 1
            elif mark in (b"}", b"]"):
                if depth == 0 and self._is_list and mark == b"]":
                    return self._end_list(token.start(), line, is_long=is_long)
                depth -= 1
                if depth <= 0 and not self._is_list:
                    return self._cut(token.end(), line, is_long=is_long)
            elif mark == b"," and depth == 0 and self._is_list:
                return self._cut(token.start(), line, is_long=is_long, passed=1)

    def _end_list(self, end: int, line: int, *, is_long: bool) -> tuple[bytes | None, int] | None:
        self._is_list = False
        if not self._data[:end].strip(_SPACE) and not is_long:
            self._pass(end + 1)
            return None if self._kind == "page" else self.next_record()
        found = self._cut(end, line, is_long=is_long, passed=1)
        if self._kind == "page":
            self._data, self._has_ended = b"", True
        return found

    def _cut(
        self, end: int, line: int, *, is_long: bool, passed: int = 0
    ) -> tuple[bytes | None, int]:
        record = self._data[:end].strip(_SPACE)
        self._pass(end + passed)
        is_long |= len(record) > MAX_LINE_BYTES
        return (None if is_long else record), line

    def _pass(self, end: int) -> None:
        self.line += self._data.count(b"\n", 0, end)
        self._data = self._data[end:]
        self._at = 0

    def _shorten(self, start: int | None) -> bool:
        """Forget what was looked at of a record that is too long already."""
        self._at = len(self._data) if start is None else start
        if self._at <= MAX_LINE_BYTES:
            return False
        at = self._at
        self._pass(at)
        return True

    def _drop_space(self) -> None:
        while True:
            size = len(self._data) - len(self._data.lstrip(_SPACE))
            self._pass(size)
            if self._data or not self._more():
                return

    def _skip(self, count: int) -> None:
        while len(self._data) < count and self._more():
            pass
        self._pass(min(count, len(self._data)))

    def _more(self) -> bool:
        if self._has_ended:
            return False
        buffer = bytearray(_CHUNK)
        count = self._stream.readinto(memoryview(buffer)) or 0
        self._has_ended = not count
        self._data += buffer[:count]
        return bool(count)
