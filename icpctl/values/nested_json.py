"""JSON nested deeper than Python's decoder goes: checked token by token, in little memory."""

from __future__ import annotations

import json
import re

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
_ANY_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SPACE = " \t\n\r"


# What may come next, and the message where something else does.
_VALUE, _VALUE_OR_END, _KEY, _KEY_OR_END, _COLON, _COMMA_OR_END = range(6)
_EXPECTING = (
    *("Expecting value", "Expecting value"),
    *["Expecting property name enclosed in double quotes"] * 2,
    *("Expecting ':' delimiter", "Expecting ',' delimiter"),
)
_VALUES = (_VALUE, _VALUE_OR_END)
_ENDS = {
    "]": {("[", _VALUE_OR_END), ("[", _COMMA_OR_END)},
    "}": {("{", _KEY_OR_END), ("{", _COMMA_OR_END)},
}


def shallow(text: str, levels: int) -> str:
    """The text with each list and object below `levels` levels put as 0.

    Raises `json.JSONDecodeError` where `text` is not one JSON value.
    """
    kept: list[str] = []
    around: list[str] = []  # the brackets that are open
    start = position = 0
    after = _VALUE
    while around or after == _VALUE:
        token = _TOKEN.match(text, position)
        kind = token.lastgroup if token else None
        if token is None or kind is None:
            raise _unknown(text, position, after)
        position = token.end()
        last = text[position - 1]
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
            raise json.JSONDecodeError(_EXPECTING[after], text, token.start(kind))
    if text[position:].strip(_SPACE):
        raise json.JSONDecodeError("Extra data", text, position)
    return "".join([*kept, text[start:]])


def _unknown(text: str, position: int, after: int) -> json.JSONDecodeError:
    """The error for what is not a token, or for the end of the text."""
    position += len(text[position:]) - len(text[position:].lstrip(_SPACE))
    if text[position : position + 1] == '"':
        closed = _ANY_STRING.match(text, position)
        what = "Invalid character or escape in the string" if closed else "Unterminated string"
        return json.JSONDecodeError(f"{what} starting at", text, position)
    return json.JSONDecodeError(_EXPECTING[after], text, position)
