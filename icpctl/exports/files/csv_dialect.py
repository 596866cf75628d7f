"""How a CSV file is written, as its first lines show: its delimiter and its header."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from icpctl.values.text_forms import key_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

DELIMITERS = (b",", b";", b"\t", b"|")
_EXCEL_HINT = re.compile(rb'"?sep=(.)"?[\r\n]+')  # a first line in which Excel names the delimiter
_END = re.compile(rb"\r?\n|\r?\Z")
_QUOTED = re.compile(rb'"(?:[^"]|"")*+"?')
_RULE = re.compile(rb"(?=[^\r\n]*--)[-=+:|,;\t \"]+")  # a line between rows of a printed table
_LOOKED_AT = 64  # records in which the header is looked for


class Record(Struct, frozen=True):
    """A record's cells, the line on which it begins, and the byte where it ends."""

    cells: list[bytes]
    line: int
    end: int

    @property
    def is_blank(self) -> bool:
        """Whether it is an empty line, or the empty row of a spreadsheet."""
        return not self.filled

    @property
    def filled(self) -> int:
        """How many cells are not blank."""
        return sum(bool(cell.strip()) for cell in self.cells)


class Header(Struct, frozen=True):
    """The header of a CSV file: its cells, its line, and the byte and line that follow it.

    `raw` are its bytes without the line's end. `skipped` is how many lines above it, a title or a
    preamble, are not records, and `below` how many below it; see `second_headers`. `doubt` is why
    the header cannot be read as written.
    """

    delimiter: bytes
    cells: list[bytes]
    line: int
    end: int
    next_line: int
    skipped: int = 0
    doubt: str | None = None
    raw: bytes = b""
    below: int = 0

    @property
    def names(self) -> list[str]:
        """The names of the columns, without spaces around them."""
        return _texts(self.cells)

    @property
    def sign(self) -> bytes:
        """The longest name without quotes. Not the first, which a byte order mark may precede."""
        return max((cell for cell in self.cells[1:] if b'"' not in cell), key=len, default=b"")

    @property
    def spellings(self) -> list[bytes]:
        """The lines that say the same: as written, with all cells quoted, and with none."""
        quoted = [b'"%s"' % cell.replace(b'"', b'""') for cell in self.cells]
        special = (self.delimiter, b'"', b"\n", b"\r")
        plain = [
            quote if any(character in cell for character in special) else cell
            for cell, quote in zip(self.cells, quoted, strict=True)
        ]
        lines = (self.raw, self.delimiter.join(quoted), self.delimiter.join(plain))
        return list(dict.fromkeys(lines))

    def fitted(self, head: bytes, *, is_whole: bool) -> Header:
        """Return the header as the first records have it: `head` are the bytes that it is from.

        A rule below it, and second headers, are passed over. Where all records end with a delimiter
        more than it has, or without those at its end, it has as many columns as they have.
        """
        rule = _RULE.match(head, self.end)
        end = _END.match(head, rule.end()) if rule else None
        start, line = (end.end(), self.next_line + 1) if end else (self.end, self.next_line)
        records = first_whole_records(head, start, line, self.delimiter, is_whole=is_whole)
        below = second_headers(self.names, [_texts(record.cells) for record in records[:2]])
        if below:
            below_start, start = start, records[below - 1].end
            line += head.count(b"\n", below_start, start)
            records = records[below:]
        rows = [record.cells for record in records if len(record.cells) > 1]
        widths = {len(row) for row in rows}
        cells, width = self.cells, widths.pop() if len(widths) == 1 else len(self.cells)
        if width == len(cells) + 1 and not any(row[-1].strip() for row in rows):
            cells = [*cells, b""]
        elif width < len(cells) and not any(cell.strip() for cell in cells[width:]):
            cells = cells[:width]
        return replace(self, cells=cells, end=start, next_line=line, below=below)


def second_headers(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return how many of the first two rows below a header are headers too.

    The first may have two and a third of its names in other spellings, as Salesforce's API has
    them. Qualtrics writes a row of questions, and one of their ids.

    >>> second_headers(["Lead ID", "Job Title", "Country"], [["Id", "job_title", "country"]])
    1
    """
    for count, row in enumerate(rows[:2], 1):
        if any(row) and all('"ImportId"' in cell for cell in row if cell):
            return count
    again = list(map(key_form, rows[0])) if rows and list(rows[0]) != list(names) else []
    same = sum(
        bool(cell) and key_form(name) == cell for name, cell in zip(names, again, strict=False)
    )
    return int(same >= 2 and same * 3 >= sum(map(bool, again)))


def looks_like_csv(head: bytes) -> bool:
    """Return whether the first two lines have the same delimiter and begin no JSON.

    A first line in which Excel names the delimiter, which may be in quotes, says it at once.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    head = head.removeprefix(codecs.BOM_UTF8)
    if _EXCEL_HINT.match(head):
        return True
    filled = (line for line in re.split(rb"\r\n|\n|\r", head) if line.strip())
    lines = [line for line in filled if not _RULE.fullmatch(line)][:2]
    if not lines or any(line.lstrip()[:1] in (b"{", b"[") for line in lines):
        return False
    delimiter = _commonest(lines[0])
    return all(delimiter in _QUOTED.sub(b"", line) for line in lines)


@lru_cache(maxsize=1)  # a file's is asked for when it is recognised, mapped and read
def find_header(head: bytes, *, is_whole: bool) -> Header:
    """Return the header in the first bytes of a file, in UTF-8 without a byte order mark.

    `is_whole` says that these are all bytes. It has no cells where there are but blank lines.
    """
    start = len(head) - len(head.lstrip(b" \r\n"))
    start = max(head.rfind(b"\n", 0, start), head.rfind(b"\r", 0, start)) + 1
    line = head.count(b"\n", 0, start) + 1
    hint = _EXCEL_HINT.match(head, start)
    if hint:
        line, start = line + 1, hint.end()
    if start >= len(head):
        return Header(DELIMITERS[0], [], line, start, line)
    delimiter = hint[1] if hint else _delimiter(head, start, line, is_whole=is_whole)
    best = None if hint else _below_preamble(head, start, line, is_whole=is_whole)
    if best:
        return best.fitted(head, is_whole=is_whole)
    return _header(head, start, line, delimiter).fitted(head, is_whole=is_whole)


def _header(head: bytes, start: int, line: int, delimiter: bytes, skipped: int = 0) -> Header:
    try:
        record = read_record(head, start, line, delimiter)
    except ValueError as error:
        return Header(delimiter, [], line, start, line, doubt=str(error))
    next_line = record.line + head.count(b"\n", start, record.end)
    raw = head[start : record.end].rstrip(b"\r\n")
    doubt = _bad_utf8(raw)
    return Header(delimiter, record.cells, line, record.end, next_line, skipped, doubt, raw)


def _texts(cells: Iterable[bytes]) -> list[str]:
    return [cell.decode(errors="replace").strip() for cell in cells]


def _bad_utf8(raw: bytes) -> str | None:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return f"invalid UTF-8 at byte {error.start + 1}"
    return None


def _below_preamble(head: bytes, start: int, line: int, *, is_whole: bool) -> Header | None:
    """Return the header if lines that are not records, a title or a preamble, are above it.

    Those fill a cell or two. The header is the first record that fills as many cells as any of the
    first ones, and all of them are texts.
    """
    for delimiter in sorted(DELIMITERS, key=lambda it: -head.count(it)):
        records = first_whole_records(head, start, line, delimiter, is_whole=is_whole)
        most = max((it.filled for it in records), default=0)
        if most < 2 or not any(it.filled for it in records[1:]):
            continue
        header = next(it for it in records if it.filled == most)
        above = records[: records.index(header)]
        if above and _is_header(header):
            if any(it.filled > min(2, most - 1) for it in above):
                return None
            begin = _start_of(start, records, header)
            return _header(head, begin, header.line, delimiter, skipped=header.line - line)
        return None
    return None


def _start_of(start: int, records: list[Record], wanted: Record) -> int:
    for before, record in pairwise(records):
        if record is wanted:
            return before.end
    return start


def _is_header(record: Record) -> bool:
    cells = [cell.strip() for cell in record.cells if cell.strip()]
    return not any(re.fullmatch(rb"[-+0-9.,:/]+", cell) for cell in cells)


def first_whole_records(
    head: bytes,
    start: int,
    line: int,
    delimiter: bytes,
    *,
    is_whole: bool,
    most: int = _LOOKED_AT,
) -> list[Record]:
    """Return the first records, up to one that is cut off or wrong."""
    records: list[Record] = []
    while start < len(head) and len(records) < most:
        try:
            record = read_record(head, start, line, delimiter)
        except ValueError:
            break
        if record.end == len(head) and not is_whole:
            break
        records.append(record)
        line += head.count(b"\n", start, record.end)
        start = record.end
    return records


def read_record(data: bytes, start: int, line: int, delimiter: bytes) -> Record:
    """Return the record that begins at byte `start`, on `line`.

    Raises `ValueError` where its quotes are wrong.
    """
    stop = re.escape(delimiter)
    plain = re.compile(rb"(?:[^%s\r\n]|\r(?!\n|\Z))*+" % stop)
    quoted = re.compile(rb'"((?:[^"]|"")*+)"')
    cells: list[bytes] = []
    at = start
    while True:
        if data[at : at + 1] == b'"':
            match = quoted.match(data, at)
            if not match:
                raise ValueError(f"the quote at {_place(data, start, at, line)} is never closed")
            cells.append(match[1].replace(b'""', b'"'))
        else:
            match = plain.match(data, at)
            cells.append(match[0] if match else b"")
        at = match.end() if match else at
        end = _END.match(data, at)
        if end:
            return Record(cells, line, end.end())
        if data[at : at + 1] != delimiter:
            raise ValueError(
                f"the quotes do not match at {_place(data, start, at, line)}; "
                "a quote inside of quotes is written twice"
            )
        at += 1


def _place(data: bytes, start: int, at: int, line: int) -> str:
    before = data[start:at]
    feeds = before.count(b"\n")
    byte = len(before) - before.rfind(b"\n")
    return f"byte {byte}" + (f" of line {line + feeds}" if feeds else "")


def _delimiter(head: bytes, start: int, line: int, *, is_whole: bool) -> bytes:
    """Return the delimiter that makes records as wide as the header, else its commonest one."""
    bare = re.split(rb"[\r\n]", _QUOTED.sub(b"", head[start:]), maxsplit=1)[0]
    for delimiter in sorted(DELIMITERS, key=lambda each: -bare.count(each)):
        records = first_whole_records(head, start, line, delimiter, is_whole=is_whole)
        widths = [len(record.cells) for record in records if not record.is_blank]
        if widths and widths[0] > 1 and widths[1:].count(widths[0]) * 2 >= len(widths):
            return delimiter
    return _commonest(head[start:])


def _commonest(line: bytes) -> bytes:
    """Return the delimiter that the first line has most often outside of quotes."""
    bare = re.split(rb"[\r\n]", _QUOTED.sub(b"", line), maxsplit=1)[0]
    return max(DELIMITERS, key=bare.count)
