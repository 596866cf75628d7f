"""Where JSON tokens end, in plain Python: the twin of `native/tokens.h`.

All functions take the bytes of one line, which end with its line feed, and an offset. A line feed
is in no token and is not white space here, so nothing reads beyond it.
"""

from __future__ import annotations

import json
import re

from icpctl.exports.scanner.scan_results import NO_KIND, Kind, Reason

_ESCAPE = rb'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})'
_STRING_START = rb'"(?:[^"\\\x00-\x1f]++|%s)*+' % _ESCAPE
_NUMBER = rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+"
_SCALAR = re.compile(
    rb'(?P<STRING>%s")|(?P<NUMBER>%s)|(?P<BOOLEAN>true|false)|(?P<NOTHING>null)'
    rb"|(?P<NOT_FINITE>-?(?i:nan|inf(?:inity)?))" % (_STRING_START, _NUMBER)
)
SCALAR_MEMBER = re.compile(
    rb'(%s")[ \t\r]*+:[ \t\r]*+(%s"|%s|true|false|null)[ \t\r]*+(?:,[ \t\r]*+|(\}))'
    % (_STRING_START, _STRING_START, _NUMBER)
)
"""A key, its value if that is a scalar (its kind is in `KINDS`, by its first byte), and the comma
after it, or the brace that ends the object: most of what there is to read, by one match."""
KINDS = {
    **dict.fromkeys(b"-0123456789", Kind.NUMBER),
    **dict.fromkeys(b"tf", Kind.BOOLEAN),
    ord('"'): Kind.STRING,
    ord("n"): NO_KIND,
}

_STRING = re.compile(_STRING_START + b'"')
_OPEN_STRING = re.compile(_STRING_START)
_SPACE = re.compile(rb"[ \t\r]*+")
_OUTER_SPACE = re.compile(rb"[ \t\r\v\f]*+")
_KINDS = {
    "STRING": Kind.STRING,
    "NUMBER": Kind.NUMBER,
    "BOOLEAN": Kind.BOOLEAN,
    "NOTHING": NO_KIND,
    "NOT_FINITE": Kind.NOT_FINITE,
}
_SURROGATE = re.compile("[\ud800-\udfff]")

QUOTE, COLON, COMMA, FEED = b'":,\n'
OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT = b"[]{}"


class BadTokenError(ValueError):
    """The line is not a record: why, and the offset of the first byte that is wrong."""

    def __init__(self, reason: Reason, at: int) -> None:
        super().__init__(reason.name, at)
        self.reason = reason
        self.at = at


def _end_of(pattern: re.Pattern[bytes], line: bytes, at: int) -> int:
    match = pattern.match(line, at)
    return match.end() if match else at


def skip_space(line: bytes, at: int) -> int:
    """Return the offset after white space within JSON."""
    return _end_of(_SPACE, line, at)


def skip_outer_space(line: bytes, at: int) -> int:
    """Return the offset after white space around a record."""
    return _end_of(_OUTER_SPACE, line, at)


def string_end(line: bytes, at: int) -> int:
    """Return the offset after a string, whose quote is at `at`. Raises `BadTokenError`."""
    match = _STRING.match(line, at)
    if match:
        return match.end()
    wrong = _end_of(_OPEN_STRING, line, at)
    if line[skip_outer_space(line, wrong)] == FEED or line[wrong : wrong + 2] == b"\\\n":
        raise BadTokenError(Reason.UNTERMINATED, at)
    if line[wrong : wrong + 2] == b"\\u":
        raise BadTokenError(Reason.HEX, wrong + 1)
    raise BadTokenError(
        Reason.ESCAPE if line[wrong : wrong + 1] == b"\\" else Reason.CONTROL, wrong
    )


def scalar_end(line: bytes, at: int) -> tuple[int, Kind]:
    """Return the offset after a scalar, and its kind. Raises `BadTokenError`."""
    match = _SCALAR.match(line, at)
    if match and match.lastgroup:
        return match.end(), _KINDS[match.lastgroup]
    if line[at] == QUOTE:
        string_end(line, at)
    raise BadTokenError(Reason.NO_VALUE, at)


def value_end(line: bytes, at: int) -> tuple[int, Kind]:
    """Return the offset after a value, and its kind. Raises `BadTokenError`."""
    if line[at] == OPEN_LIST:
        return container_end(line, at), Kind.LIST
    if line[at] == OPEN_OBJECT:
        return container_end(line, at), Kind.OBJECT
    return scalar_end(line, at)


def member_value(line: bytes, key_end: int) -> int:
    """Return the offset of the value after a key. Raises `BadTokenError`."""
    at = skip_space(line, key_end)
    if line[at] != COLON:
        raise BadTokenError(Reason.NO_COLON, at)
    return skip_space(line, at + 1)


def key_end(line: bytes, at: int) -> int:
    """Return the offset after a key. Raises `BadTokenError`."""
    if line[at] != QUOTE:
        raise BadTokenError(Reason.NO_KEY, at)
    return string_end(line, at)


def next_item(line: bytes, at: int, close: int) -> tuple[int, bool]:
    """Return the offset of the next item of a list or object, or that after it, if it ends.

    `at` is after an item. Raises `BadTokenError`.
    """
    at = skip_space(line, at)
    if line[at] == close:
        return at + 1, False
    if line[at] != COMMA:
        raise BadTokenError(Reason.NO_COMMA, at)
    return skip_space(line, at + 1), True


def container_end(line: bytes, at: int) -> int:
    """Return the offset after a list or object of any depth. Raises `BadTokenError`."""
    closing: list[int] = []
    while True:
        if line[at] in (OPEN_LIST, OPEN_OBJECT):
            closing.append(line[at] + 2)  # `]` and `}` are two after `[` and `{`
            at = skip_space(line, at + 1)
            if line[at] == closing[-1]:
                goes_on = False
                at += 1
            else:
                at, goes_on = _first_of_item(line, at, closing[-1]), True
        else:
            at, _ = scalar_end(line, at)
            at, goes_on = _after_item(line, at, closing[-1])
        while not goes_on:
            closing.pop()
            if not closing:
                return at
            at, goes_on = _after_item(line, at, closing[-1])


def _first_of_item(line: bytes, at: int, close: int) -> int:
    """The value of an item: in an object, after its key."""
    return member_value(line, key_end(line, at)) if close == CLOSE_OBJECT else at


def _after_item(line: bytes, at: int, close: int) -> tuple[int, bool]:
    at, goes_on = next_item(line, at, close)
    return (_first_of_item(line, at, close), True) if goes_on else (at, False)


def unescape(string: bytes) -> bytes:
    """Return the text of a string given with its quotes; a lone surrogate is U+FFFD."""
    if b"\\" not in string:
        return string[1:-1]
    return _SURROGATE.sub("\ufffd", json.loads(string)).encode()


def not_utf8(line: bytes) -> int | None:
    """Return the offset of the first byte that is not UTF-8, None if all are."""
    if line.isascii():
        return None
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None
