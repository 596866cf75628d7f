"""A text that is edited: its lines, new text for values, and the splices to be made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from icpctl.features.shared.text_layout import json_text, yaml_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from icpctl.documents.document import Document
    from icpctl.features.editing.texts.members import Member

LINE_END = re.compile(r"\r\n|\r|\n")


class Meaning(Struct, frozen=True):
    """What an edit must know of a format beyond its text.

    `order` is the usual order of all keys. `defaults` are what keys mean that are absent, where
    that is not null. Objects of a list whose `name_key` differs are about different things.
    """

    order: Sequence[str]
    defaults: Mapping[str, object]
    name_key: str


def newline_of(text: str) -> str:
    """Return how the lines of a text end."""
    first = LINE_END.search(text)
    return first.group() if first else "\n"


class EditedText:
    """A text, and what is to be replaced in it: `splices` of start, end and new text."""

    def __init__(self, document: Document, meaning: Meaning) -> None:
        self.text = document.text
        self.is_json = document.is_json
        self.meaning = meaning
        self.newline = newline_of(self.text)
        self.is_ascii = self.is_json and "\\u" in self.text and self.text.isascii()
        self.is_compact = self.is_json and re.search(r'":\S', self.text) is not None
        self.splices: list[tuple[int, int, str]] = []

    def result(self) -> str:
        """Return the text with all splices made."""
        parts, at = [], 0
        for start, end, new in sorted(self.splices, key=lambda splice: splice[:2]):
            parts += [self.text[at:start], new]
            at = max(at, end)
        return "".join([*parts, self.text[at:]])

    def splice(self, start: int, end: int, new: str) -> None:
        """Note that new text takes the place of `text[start:end]`."""
        self.splices.append((start, end, new))

    def flow_text(
        self, value: Any, like: str = "", indent: str = "", quote: str | None = None
    ) -> str:
        """Return a value on one line, or as JSON on as many as the value that it is to be like."""
        value = self.short(value)
        if not self.is_json:
            return yaml_text([value], flow=True, quote=quote).rstrip("\n")[1:-1]
        unit = indent if LINE_END.search(like) else None
        text = json_text(value, self.unit if unit is not None else None,
                         ascii_only=self.is_ascii, compact=self.is_compact)  # fmt: skip
        return text.replace("\n", self.newline + indent)

    def block_text(self, value: Any, indent: str) -> str:
        """Return a value as lines of YAML, of which all but the first have an indentation."""
        text = yaml_text(self.short(value)).rstrip("\n")
        return text.replace("\n", self.newline + indent)

    def short(self, value: Any) -> Any:
        """Return a value without what its objects say by default."""
        if isinstance(value, list):
            return [self.short(item) for item in value]
        if not isinstance(value, dict):
            return value
        defaults = self.meaning.defaults
        return {
            key: self.short(item)
            for key, item in value.items()
            if item is not None and (key not in defaults or item != defaults[key])
        }

    @property
    def unit(self) -> str:
        """The indentation of JSON: the white space before the first key, if it begins a line."""
        first = re.search(r"[\r\n]([ \t]*)\"", self.text)
        return first[1] if first else "  "

    def line_start(self, at: int) -> int:
        """Return where the line of a place begins."""
        return max(self.text.rfind("\n", 0, at), self.text.rfind("\r", 0, at)) + 1

    def begins_line(self, member: Member) -> bool:
        """Whether only white space is before a member on its line."""
        return not self.text[self.line_start(member.begin) : member.begin].strip()

    def indent_of(self, member: Member) -> str:
        """Return the indentation of a member of a block, of which a dash may be part."""
        return " " * (member.begin - self.line_start(member.begin))

    def line_stop(self, at: int, *, anywhere: bool = False) -> int:
        """Return where the line ends in which something ends: before its line end."""
        if at and self.text[at - 1] in "\r\n" and not anywhere:  # a block scalar has its line end
            return len(self.text[:at].rstrip("\r\n"))
        end = LINE_END.search(self.text, at)
        return end.start() if end else len(self.text)

    def chunk_start(self, member: Member) -> int:
        """Return where the comments begin that are directly above an item of a block list."""
        if not self.begins_line(member):
            return member.begin
        start = self.line_start(member.begin)
        comment = self.indent_of(member) + "#"
        while start and self.text.startswith(comment, above := self.line_start(start - 1)):
            start = above
        return start
