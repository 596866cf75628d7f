"""One record in plain Python: for the few lines that the bulk reader cannot vouch for."""

from __future__ import annotations

import json
import re
from typing import Any

MAX_LINE_BYTES = 16 * 1024 * 1024
"""A longer line or CSV record is rejected; its end, LF or CR LF, does not count."""

_DEEP = 100

_STRING = r'"(?:[^"\\]++|\\.)*+"?'  # perhaps without its end, so that nothing is gone over twice
_NO_NUMBER = re.compile(rf"({_STRING})|-?(?:nan|inf(?:inity)?)", re.DOTALL | re.IGNORECASE)
_EMPTY_FRACTION = re.compile(r"(?<=[0-9])\.0+\Z")
_SPACE = " \t\n\r\v\f"
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotARecordError(ValueError):
    """A line is not one JSON object."""


class Number(str):
    """The JSON text of a number: a record's numbers stay text, so that none is too big."""

    __slots__ = ()


def parse_record(line: bytes) -> dict[str, Any]:
    """The JSON object on a line.

    Numbers become `Number` as they are written, lone surrogates U+FFFD; of duplicate keys the first
    wins, NaN and the infinities may have any letter case, and any ASCII white space may come
    around the object: all as in the bulk reader. Raises `NotARecordError`.
    """
    try:
        record = loads(line.decode().strip(_SPACE))
    except ValueError:
        raise NotARecordError from None
    if not isinstance(record, dict):
        raise NotARecordError
    return record


def loads(text: str) -> Any:
    """`json.loads` at any depth; what lies deeper than any path reaches becomes 0.

    Raises `json.JSONDecodeError`.
    """
    try:
        value = _decoder.decode(text)
    except RecursionError:
        value = _decoder.decode(shallow(text, _DEEP))
    return value


def dumps(value: Any) -> str:
    """The JSON text of a value from `loads`, without spaces, as the bulk reader writes it."""
    if isinstance(value, Number):
        return value
    if isinstance(value, list):
        return f"[{','.join(map(dumps, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{dumps(k)}:{dumps(v)}' for k, v in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)


def standard(text: str) -> str:
    """A JSON text with null for NaN and the infinities, which the standard does not have."""
    return _NO_NUMBER.sub(lambda match: match[1] or "null", text)


def scalar_text(value: object) -> str | None:
    """Return the text of a JSON scalar, None for null, lists, objects, NaN and the infinities.

    A number is its JSON text, but a whole one loses an empty fraction: `78701.0` is `78701`.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        is_finite = value.removeprefix("-")[:1].isdigit()
        return _EMPTY_FRACTION.sub("", value) if is_finite else None
    return str(value) if isinstance(value, str) else None


def resolve(record: Any, path: tuple[str, ...]) -> Any:
    """What a record has at a path of keys; None where it has nothing."""
    for key in path:
        if not isinstance(record, dict):
            return None
        record = record.get(key)
    return record


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for key, value in pairs:
        record.setdefault(_whole(key), value)
    return record


def _whole(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text)


class _Decoder(json.JSONDecoder):
    """Strings are repaired on the way out, since the decoder has no hook for them."""

    def decode(self, s: str, *args: Any) -> Any:
        try:
            value = super().decode(s, *args)
        except json.JSONDecodeError:
            folded = s.lower()
            if "nan" not in folded and "inf" not in folded:
                raise
            spelt = _NO_NUMBER.sub(lambda match: match[1] or "NaN".rjust(len(match[0])), s)
            value = super().decode(spelt, *args)
        return _repaired(value) if "\\u" in s and "\\ud" in s.lower() else value


def _repaired(value: Any) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, Number) else _whole(value)
    if isinstance(value, list):
        return [_repaired(element) for element in value]
    if isinstance(value, dict):
        return {key: _repaired(element) for key, element in value.items()}
    return value


_decoder = _Decoder(
    object_pairs_hook=_object,
    parse_int=lambda text: Number("0" if text == "-0" else text),
    parse_float=Number,
    parse_constant=Number,
)


_TOKEN = re.compile(
    r"""[ \t\n\r]*+(?:
      (?P<open>[\[{])
    | (?P<close>[\]}])
    | (?P<comma>,)
    | (?P<colon>:)
    | (?P<string>"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+")
    | (?P<scalar>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null
      | -?(?i:nan|inf(?:inity)?))
    )""",
    re.VERBOSE,
)
# What may come next.
_VALUE, _VALUE_OR_END, _KEY, _KEY_OR_END, _COLON, _COMMA_OR_END = range(6)
_VALUES = (_VALUE, _VALUE_OR_END)
_ENDS = {
    "]": {("[", _VALUE_OR_END), ("[", _COMMA_OR_END)},
    "}": {("{", _KEY_OR_END), ("{", _COMMA_OR_END)},
}


def shallow(text: str, levels: int) -> str:
    """Return the text with each list and object below `levels` levels put as 0.

    JSON nested deeper than Python's decoder goes is checked token by token, in little memory.
    Raises `json.JSONDecodeError` where `text` is not one JSON value.
    """
    kept: list[str] = []
    around: list[str] = []  # the brackets that are open
    start = position = 0
    after = _VALUE
    while around or after == _VALUE:
        token = _TOKEN.match(text, position)
        kind = token.lastgroup if token else None
        position = token.end() if token else position
        last = text[position - 1 : position]
        if kind == "open" and after in _VALUES:
            around.append(last)
            after = _VALUE_OR_END if last == "[" else _KEY_OR_END
            if len(around) == levels + 1:
                kept += [text[start : position - 1], "0"]
        elif kind == "close" and around and (around[-1], after) in _ENDS[last]:
            around.pop()
            after = _COMMA_OR_END
            if len(around) == levels:
                start = position
        elif kind == "comma" and around and after == _COMMA_OR_END:
            after = _VALUE if around[-1] == "[" else _KEY
        elif kind == "colon" and after == _COLON:
            after = _VALUE
        elif kind == "string" and after in (_KEY, _KEY_OR_END):
            after = _COLON
        elif kind in ("string", "scalar") and after in _VALUES:
            after = _COMMA_OR_END
        else:
            raise json.JSONDecodeError("Expecting something else", text, position)
    if text[position:].strip(" \t\n\r"):
        raise json.JSONDecodeError("Extra data", text, position)
    return "".join([*kept, text[start:]])
