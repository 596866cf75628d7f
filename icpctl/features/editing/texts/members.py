"""Where the members of a list or object are in its text, to the character: what an edit needs."""

from __future__ import annotations

import re

from msgspec import Struct

from icpctl.documents.document import List, Node, Object

_ANCHOR = re.compile(r"&[^\s,\[\]{}]+")
_COMMENT = r"#[^\r\n]*|"
# What is looked for between two values, where comments may hold anything.
_MARKS = {mark: re.compile(_COMMENT + re.escape(mark)) for mark in "?:-"}
_ALIAS = re.compile(_COMMENT + r"\*[^\s,\[\]{}]+")


class Member(Struct, frozen=True):
    """An item of a list, or an entry of an object.

    It begins at `begin`: with its dash, its key or the `?` before it, or in a flow list with its
    value. `mark` is where its dash or colon ends, None where it has none. The value is
    `text[start:end]`; for an alias that is the alias, and `node` what the anchor holds.
    """

    begin: int
    mark: int | None
    start: int
    end: int
    node: Node
    is_alias: bool

    @property
    def is_block(self) -> bool:
        """Whether the value is a list or an object in block form."""
        return isinstance(self.node, List | Object) and not (self.node.flow or self.is_alias)


def members(text: str, node: List | Object) -> list[Member]:
    """Return the members of a list or object of a text that was read without problems."""
    anchor = _ANCHOR.match(text, node.start)
    lower = anchor.end() if anchor else node.start
    placed: list[Member] = []
    for part in node.items if isinstance(node, List) else node.entries.values():
        member = (
            _entry(text, lower, *part)
            if isinstance(part, tuple)
            else _item(text, lower, part, is_flow=node.flow)
        )
        placed.append(member)
        lower = member.end
    return placed


def _item(text: str, lower: int, value: Node, *, is_flow: bool) -> Member:
    dash = None if is_flow else _find(_MARKS["-"], text, lower, len(text))
    mark = dash[1] if dash else None
    start, end, is_alias = _value(text, mark or lower, value)
    return Member(dash[0] if dash else start, mark, start, end, value, is_alias)


def _entry(text: str, lower: int, key_start: int, value: Node) -> Member:
    question = _find(_MARKS["?"], text, lower, key_start)
    # An anchor is before all its aliases, so what begins before its key is an alias for it.
    upper = value.start if value.start >= key_start else len(text)
    colon = _find(_MARKS[":"], text, key_start, upper)
    mark = colon[1] if colon else None
    start, end, is_alias = _value(text, mark or key_start, value)
    begin = question[0] if question else key_start
    return Member(begin, mark, start, end, value, is_alias)


def _value(text: str, lower: int, node: Node) -> tuple[int, int, bool]:
    if node.start >= lower:
        return node.start, node.end, False
    alias = _find(_ALIAS, text, lower, len(text)) or (lower, lower)
    return *alias, True


def _find(pattern: re.Pattern[str], text: str, lower: int, upper: int) -> tuple[int, int] | None:
    """Return start and end of the first match that is not a comment."""
    for match in pattern.finditer(text, lower, upper):
        if not match.group().startswith("#"):
            return match.span()
    return None
