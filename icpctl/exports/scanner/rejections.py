"""Lines and records that a scanner rejects, and the reasons in words."""

from __future__ import annotations

from codecs import BOM_UTF8
from enum import IntEnum

from msgspec import Struct

MAX_LINE_BYTES = 16 * 1024 * 1024
"""A longer line or CSV record is rejected; its end, LF or CR LF, does not count."""

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
