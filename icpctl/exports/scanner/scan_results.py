"""What a scanner is asked for, what it reads and gives: paths, blocks, columns, rejected lines.

`native_scanner` is the compiled one, `python_scanner` the one in Python; both are a `Scanner`.
"""

from __future__ import annotations

import ctypes
from codecs import BOM_UTF8
from enum import Enum, IntEnum, IntFlag
from typing import TYPE_CHECKING, Protocol, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Int32s: TypeAlias = NDArray[np.int32]
    Int64s: TypeAlias = NDArray[np.int64]
    Bytes: TypeAlias = NDArray[np.uint8]


class Elements(Enum):
    """The step of a path that leads to all elements of a list."""

    ELEMENTS = "[]"


ELEMENTS = Elements.ELEMENTS

Step: TypeAlias = str | Elements
Path: TypeAlias = tuple[Step, ...]
"""The steps from a record down to a value. What cannot be said so (one element, a filter) is found
in the tokens of the list, once for each distinct one."""


class Kind(IntFlag):
    """The kinds of a JSON value, and sets of them. Null is none: it is like an absent key."""

    STRING = 1
    NUMBER = 2
    BOOLEAN = 4
    LIST = 8
    OBJECT = 16
    NOT_FINITE = 32
    """NaN, Infinity and -Infinity in any letter case, which JSON lacks and exports have."""


ANY = Kind(63)
NO_KIND = Kind(0)


class Wanted(Struct, frozen=True):
    """A path whose values are wanted, of the given `kinds`; a value of another kind is absent.

    Of a list or object of the `brief` kinds only `[]` or `{}` is kept: enough to know that one is
    there where none belongs, in a dictionary of few entries.
    """

    path: Path
    kinds: Kind = ANY
    brief: Kind = NO_KIND


class CsvHeader(Struct, frozen=True):
    """What the cells of CSV records are called.

    `sign` is the text of cell number `sign_cell`, which has no quotes: a record with the same there
    may be the header once more. Without such a cell `sign_cell` is -1.
    """

    names: Sequence[str]
    sign_cell: int = -1
    sign: bytes = b""


class Column(Struct, frozen=True):
    """The values of one spelling of one path.

    `codes` [rows of the table, int32] has for each row the code of its JSON token, -1 for none.
    Token c is `data[offsets[c]:offsets[c + 1]]` (uint8; `offsets` [tokens + 1, int32]): the value
    exactly as it is written. The arrays are the scanner's own memory, good until its next scan or
    `clear`: copy what must last longer.

    `number` names the column for as long as the scanner lives. Codes keep their meaning as long as
    `generation` is the same; new tokens only come after the others. So what was found out about a
    token need not be found out again. A column is plain if nearly all of its values differ: then
    each row has its own code, in ascending order, and equal tokens may have several.
    """

    number: int
    table: int
    codes: Int32s
    offsets: Int32s
    data: Bytes
    is_plain: bool
    generation: int


class Table(Struct, frozen=True):
    """The elements of the lists at one place. Table 0 is the records, which have no offsets.

    The elements of row r of the table `parent` are rows offsets[r] to offsets[r + 1] (int32,
    [rows of the parent + 1]); they last as long as a column's arrays.
    """

    parent: int
    rows: int
    offsets: Int32s


class Scanner(Protocol):
    """Reads blocks of bytes into columns.

    It is used by one thread at a time. Rows, rejected lines and elements add up over several
    blocks until `clear`.
    """

    def header(self, header: CsvHeader) -> None:
        """Say what the cells of CSV records are called. Raises `MemoryError`.

        A name is for each path of keys that, with dots between them, has its form; JSON in a cell
        is looked into where the path goes on. Of equal names the first counts.
        """

    def scan_json(self, block: Block, *, is_last: bool) -> None:
        """Read the whole lines of a block, and with `is_last` the rest. Raises `MemoryError`."""

    def scan_csv(self, block: Block, *, delimiter: bytes, is_last: bool) -> None:
        """Read the whole records of a block, and with `is_last` the rest. Raises `MemoryError`."""

    def clear(self, *, line: int, at_start: bool = False, max_bytes: int = 0) -> None:
        """Forget rows, rejected lines, and dictionaries of more than `max_bytes` of tokens.

        `line` is the number of the next line; with `at_start` a new stream begins, which may have
        a byte order mark.
        """

    @property
    def rows(self) -> int:
        """How many records there are."""

    @property
    def next_line(self) -> int:
        """The number of the line after the last that was read."""

    @property
    def doubtful(self) -> int:
        """How many CSV records may be empty rows, or the header: by its sign, or a mark."""

    @property
    def lines(self) -> Int64s:
        """The line of each record [rows, int64]; it lasts as long as a column's arrays."""

    @property
    def rejected(self) -> list[Rejected]:
        """The lines that are not records, in order."""

    def columns(self, wanted: int) -> list[Column]:
        """Return the columns of a wanted path, by its index, that may have values.

        There is one for each spelling of its keys that a record has beside another, in order of
        preference: take, in each row, the first that has a value that fits.
        """

    def table(self, number: int) -> Table:
        """Return the rows of a table."""


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

    def __init__(self, data: bytes | bytearray = b"") -> None:
        self._start = self._end = 0
        self._use(bytearray(max(len(data), BLOCK_BYTES) + PADDING))
        self.append(data)

    @classmethod
    def over(cls, buffer: bytearray, size: int) -> Block:
        """Return the first `size` bytes of a buffer, without a copy; `PADDING` more follow."""
        block = cls.__new__(cls)
        block._start, block._end = 0, size
        block._use(buffer)
        return block

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
            self._use(bytearray(max(2 * self._room, len(kept) + size) + PADDING))
        self._start, self._end = 0, len(kept)
        self._view[: self._end] = kept

    def _use(self, buffer: bytearray) -> None:
        self._room = len(buffer) - PADDING
        self._view = memoryview(buffer)
        self._address = ctypes.addressof((ctypes.c_char * len(buffer)).from_buffer(buffer))


MAX_SPELLINGS = 8
"""Spellings of one key in one object, besides the exact one."""


class Reason(IntEnum):
    """Why a line is rejected; the numbers are those of `native/scan.h`."""

    NO_OBJECT = 1
    NO_VALUE = 2
    NO_KEY = 3
    NO_COLON = 4
    NO_COMMA = 5
    UNTERMINATED = 6
    CONTROL = 7
    ESCAPE = 8
    HEX = 9
    NOT_UTF8 = 10
    EXTRA = 11
    TOO_LONG = 12
    SPELLINGS = 13
    WIDTH = 14
    UNCLOSED = 15
    QUOTES = 16
    OUT_OF_MEMORY = 17
    FULL = 18


_SYNTAX = {
    Reason.NO_VALUE: "expecting value",
    Reason.NO_KEY: "expecting property name enclosed in double quotes",
    Reason.NO_COLON: "expecting ':' delimiter",
    Reason.NO_COMMA: "expecting ',' delimiter",
    Reason.UNTERMINATED: "unterminated string",
    Reason.CONTROL: "invalid control character",
    Reason.ESCAPE: "invalid \\escape",
    Reason.HEX: "invalid \\uXXXX escape",
}
_VALUES = {"[": "a list", "n": "null", "t": "a boolean", "f": "a boolean", '"': "a string"}


class Rejected(Struct, frozen=True):
    """A line, or a CSV record, that is not read.

    `line` is its number, for a record that of its first line. `raw` is its bytes without the line
    feed, None where it is too long to be kept. `at` is the offset in `raw` of the first byte that
    is wrong; for `WIDTH` it is the number of cells.
    """

    line: int
    reason: Reason
    at: int
    raw: bytes | None
    words: str

    def __str__(self) -> str:
        return self.words


def json_words(reason: Reason, at: int, raw: bytes | None) -> str:
    """Return the reason for which a line is not a JSON object, for a person."""
    if reason is Reason.TOO_LONG or raw is None:
        return _TOO_LONG
    if reason is Reason.NOT_UTF8:
        return f"invalid UTF-8 at byte {at + 1}"
    if raw.startswith(BOM_UTF8):
        return "bad JSON: a byte order mark inside the file"
    if reason is Reason.NO_OBJECT:
        return f"{_value_words(raw[at:])}, not an object"
    raw = raw.rstrip()
    where = f"at column {len(raw[:at].decode()) + 1}"
    if reason is Reason.EXTRA:
        return f"something follows the first value {where}"
    if reason is Reason.SPELLINGS:
        return f"a key has more than {MAX_SPELLINGS} spellings {where}"
    if reason is Reason.UNTERMINATED or at >= len(raw):
        return f"the line is cut off: {_SYNTAX[reason]} {where}"
    return f"bad JSON: {_SYNTAX[reason]} {where}"


def _value_words(raw: bytes) -> str:
    first = chr(raw[0])
    return "a number" if raw[:2].lower() == b"na" else _VALUES.get(first, "a number")


def csv_words(reason: Reason, at: int, line: int, width: int, place: tuple[int, int]) -> str:
    """Return the reason for which a CSV record is not read, for a person.

    `line` is the number of its first line, `width` the number of cells of the header; `place` is
    the number of the line on which a quote is wrong, and that of the byte in it.
    """
    if reason is Reason.WIDTH:
        count = f"{at} cell{'' if at == 1 else 's'}"
        return f"the row has {count}, the header has {width}"
    if reason is Reason.NOT_UTF8:
        return f"invalid UTF-8 at byte {at + 1}"
    if reason is Reason.TOO_LONG:
        return _TOO_LONG
    wrong_line, byte = place
    where = f"byte {byte}" + (f" of line {wrong_line}" if wrong_line != line else "")
    if reason is Reason.UNCLOSED:
        return f"the quote at {where} is never closed"
    return f"the quotes do not match at {where}; a quote inside of quotes is written twice"


_TOO_LONG = "the line is over 16 MiB"
