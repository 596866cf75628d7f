"""JSON text -> tree: strict JSON, with places and with messages for what people write instead."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from icpctl.documents.document import (
    MAX_DEPTH,
    List,
    Node,
    Object,
    Problem,
    Scalar,
    UnreadableError,
    duplicate_key,
    too_deep,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]+|\\.)*')
_WORD = re.compile(r"[^\s,\[\]{}:\"]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONSTANTS = {"true": True, "false": False, "null": None}


def read_json(text: str) -> tuple[Node | None, list[Problem]]:
    """Return the tree of the one value in `text`, and what is wrong.

    The tree is None where the text is empty, or cannot be read to its end.
    """
    reader = _Reader(text)
    try:
        return reader.document(), reader.problems
    except UnreadableError as error:
        return None, [*reader.problems, error.problem]


class _Reader:
    """Reads values by recursion, whose depth is limited; `at` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.problems: list[Problem] = []

    def document(self) -> Node | None:
        if not self.peek():
            return None
        root = self.value(0)
        if self.peek():
            raise _stop(self.at, "nothing may follow the end of the JSON value")
        return root

    def peek(self) -> str:
        """Return the next character that is not white space, or "" at the end."""
        if space := _SPACE.match(self.text, self.at):
            self.at = space.end()
        return self.text[self.at : self.at + 1]

    def value(self, depth: int) -> Node:
        read = _READERS.get(self.peek(), _Reader.scalar_node)
        return read(self, depth)

    def object_node(self, depth: int) -> Node:
        node = Object(self.at)
        self.enter(depth)
        while self.more(node.start, "}", first=not node.entries):
            start = self.at
            if self.peek() != '"':
                raise self.unexpected("a key in double quotes")
            key = self.string()
            if self.peek() != ":":
                raise self.unexpected("':' after the key")
            self.at += 1
            value = self.value(depth + 1)
            if key in node.entries:
                first = node.entries[key][0]
                self.problems.append(duplicate_key(self.text, start, key, first))
            else:
                node.entries[key] = start, value
        node.end = self.at
        return node

    def list_node(self, depth: int) -> Node:
        node = List(self.at)
        self.enter(depth)
        while self.more(node.start, "]", first=not node.items):
            node.items.append(self.value(depth + 1))
        node.end = self.at
        return node

    def enter(self, depth: int) -> None:
        if depth == MAX_DEPTH:
            raise too_deep(self.at)
        self.at += 1

    def more(self, opened: int, close: str, *, first: bool) -> bool:
        """Go to the next entry, or past the end of the list or object that `opened` began."""
        character = self.peek()
        if character == close:
            self.at += 1
            return False
        if first and character:
            return True
        if character != ",":
            line = self.text.count("\n", 0, opened) + 1
            raise self.unexpected(f"',' or '{close}'", f"it was opened in line {line}")
        comma = self.at
        self.at += 1
        if self.peek() == close:
            raise _stop(comma, f"trailing comma before '{close}'", "remove it")
        return True

    def text_node(self, _: int) -> Node:
        start = self.at
        return Scalar(start, self.string(), self.at)

    def string(self) -> str:
        start = self.at
        body = _STRING.match(self.text, start)
        end = body.end() if body else start
        if self.text[end : end + 1] != '"':
            raise _open_string(self.text, start, end)
        self.at = end + 1
        literal = self.text[start : self.at]
        if "\\" not in literal:
            return literal[1:-1]
        try:
            text = str(json.loads(literal))
        except json.JSONDecodeError as error:
            raise _bad_escape(start + error.pos) from None
        if _SURROGATE.search(text):
            raise _stop(start, "the string holds half a character (a lone surrogate)")
        return text

    def scalar_node(self, _: int) -> Node:
        start = self.at
        word = _WORD.match(self.text, start)
        if word is None:
            raise self.unexpected("a value")
        self.at = word.end()
        return Scalar(start, _scalar_value(word.group(), start), self.at)

    def unexpected(self, wanted: str, hint: str | None = None) -> UnreadableError:
        character = self.peek()
        seen = repr(character) if character else "the end of the file"
        hint = _CHARACTER_HINTS.get(character, hint)
        return _stop(self.at, f"expected {wanted}, not {seen}", hint)


_READERS: dict[str, Callable[[_Reader, int], Node]] = {
    "{": _Reader.object_node,
    "[": _Reader.list_node,
    '"': _Reader.text_node,
}


def _scalar_value(word: str, start: int) -> int | float | bool | None:
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    number = _NUMBER.fullmatch(word)
    if number is None:
        raise _stop(start, f"expected a value, not {word[:60]!r}", _word_hint(word))
    # A double's range has 309 digits; longer ones are infinite here and refused by the model.
    return float(word) if number[2] or len(word) > 310 else int(word)


_CHARACTER_HINTS = {
    "'": "JSON text is in double quotes",
    "/": "JSON has no comments",
    "#": "JSON has no comments",
}


def _stop(start: int, message: str, hint: str | None = None) -> UnreadableError:
    return UnreadableError("ICP006", start, message, hint)


def _word_hint(word: str) -> str:
    if word.lower() in _CONSTANTS:
        return f"write {word.lower()}"
    if word == "None":
        return "write null"
    if word[0] in _CHARACTER_HINTS:
        return _CHARACTER_HINTS[word[0]]
    if word.lstrip("+-").lower() in ("nan", "infinity", "inf"):
        return "JSON has finite numbers only"
    if word[0] in "+-.0123456789":
        return "numbers are written like 12, -3 or 0.5, all else in double quotes"
    return "text is in double quotes"


def _open_string(text: str, start: int, end: int) -> UnreadableError:
    match text[end : end + 1]:
        case "\t":
            return _stop(end, "a tab inside a string", "write it as \\t")
        case "\r" | "\n":
            return _stop(start, "this string does not end on its line", "write a line break as \\n")
        case "\\" if end + 1 < len(text):
            return _bad_escape(end)
        case _:
            return _stop(start, "this string never ends", 'end it with "')


def _bad_escape(start: int) -> UnreadableError:
    return _stop(start, "JSON does not know this escape", "write a backslash as \\\\")
