"""Edits of a config's text that leave every other character as it is: comments, order, quotes.

Only the smallest span is replaced. Whoever calls reads the result back and compares it with what
was meant, because YAML has more ways to write a thing than an edit can foresee.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from icpctl.config.editing.layout import json_text, yaml_text
from icpctl.config.model import IcpConfig
from icpctl.documents.entries import Entry, TopLevel, top_level
from icpctl.documents.tree import Object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpctl.documents.document import Document

_LINE_END = re.compile(r"\r\n|\r|\n")
_REST_OF_LINE = re.compile(r"[ \t]*(#[^\r\n]*)?(\r\n|\r|\n|\Z)")
_COMMA = re.compile(r"\s*,[ \t]*")
_ORDER = (*IcpConfig.body_keys(), "etag")  # of fields in a file; the last is of `get`, no field


def edited(document: Document, fields: Mapping[str, Any], rules: str | None = None) -> bytes:
    """Return a config's bytes with these fields of its top level set, and those that are None gone.

    `rules` is YAML text for the field of that name, used where it can stand as it is written.
    """
    text = document.text
    for key in sorted(fields, key=_ORDER.index):
        text = _Edit(replace(document, text=text), key, rules).result(fields[key])
    mark = codecs.BOM_UTF8 if document.data.startswith(codecs.BOM_UTF8) else b""
    return mark + text.encode()


def block_text(document: Document) -> str | None:
    """Return a YAML text that is one object in block form, without indentation, else None."""
    if document.is_json or not isinstance(document.root, Object):
        return None
    level = top_level(document)
    if level.flow or not level.entries:
        return None
    start = _line_start(document.text, level.entries[0].key_start)
    column = level.entries[0].key_start - start
    lines = _LINE_END.split(document.text[start:].rstrip())
    return "\n".join(line[min(column, len(line) - len(line.lstrip(" "))) :] for line in lines)


def with_first_line(data: bytes, line: str) -> bytes:
    """Return YAML bytes that begin with `line`."""
    body = data.removeprefix(codecs.BOM_UTF8)
    mark = data[: len(data) - len(body)]
    return mark + line.encode() + newline_of(body.decode()).encode() + body


def newline_of(text: str) -> str:
    """Return how the lines of a text end."""
    found = _LINE_END.search(text)
    return found.group() if found else "\n"


class _Edit:
    """One field of one text, to be set or removed."""

    def __init__(self, document: Document, key: str, rules: str | None) -> None:
        self.text = document.text
        self.is_json = document.is_json
        self.level: TopLevel = top_level(document)
        self.key = key
        self.rules = rules if key == "rules" else None
        self.newline = newline_of(self.text)

    def result(self, value: object) -> str:
        entry = self.level.find(self.key)
        if entry is None:
            return self.text if value is None else self.inserted(value)
        if value is None:
            return self.without_flow(entry) if self.level.flow else self.without_block(entry)
        return self.replaced(entry, value)

    def replaced(self, entry: Entry, value: object) -> str:
        old = self.text[entry.start : entry.end]
        behind = old[len(old.rstrip()) :]  # a block scalar ends behind its last line
        if self.level.flow:
            new = self.in_flow(value, old)
        elif isinstance(value, dict):
            new = self.in_block(value, entry)
        else:
            new = self.scalar(value, old)
        before = self.text[: entry.start]
        if new.startswith(self.newline):
            before = before.rstrip(" \t")
        elif not old and not before[-1].isspace():
            new = f" {new}"
        return before + new + behind + self.text[entry.end :]

    def inserted(self, value: object) -> str:
        """Put the field behind the last one that stands before it in the usual order."""
        earlier = _ORDER[: _ORDER.index(self.key)]
        before = [entry for entry in self.level.entries if entry.key in earlier]
        if self.level.flow:
            return self.inserted_in_flow(before, value)
        first = self.level.entries[0]
        indent = " " * (first.key_start - _line_start(self.text, first.key_start))
        line = f"{indent}{self.key}: {self.scalar(value, '')}"
        if isinstance(value, dict):
            line = f"{indent}{self.key}:{self.newline}{self.block(value, indent + '  ')}"
        if not before:
            at = _line_start(self.text, first.key_start)
            return f"{self.text[:at]}{line}{self.newline}{self.text[at:]}"
        at = before[-1].end
        if self.text[at - 1] in "\r\n":
            return f"{self.text[:at]}{line}{self.newline}{self.text[at:]}"
        end = _LINE_END.search(self.text, at)
        at = end.start() if end else len(self.text)
        deeper = re.compile(rf"((\r\n|\r|\n){indent}[ \t]+#[^\r\n]*)*").match(self.text, at)
        at = deeper.end() if deeper else at  # comments that belong to what stands before
        return f"{self.text[:at]}{self.newline}{line}{self.text[at:]}"

    def inserted_in_flow(self, before: list[Entry], value: object) -> str:
        entries = self.level.entries
        name = f'"{self.key}"' if self.is_json else self.key
        space = "" if self.is_compact() else " "
        new = f"{name}:{space}{self.in_flow(value, '')}"
        indent = self.indent_of(entries[0])
        gap = space if indent is None else self.newline + indent
        if not before:
            at = entries[0].key_start
            return f"{self.text[:at]}{new},{gap}{self.text[at:]}"
        at = before[-1].end
        comma = _COMMA.match(self.text, at)
        rest = _REST_OF_LINE.match(self.text, comma.end() if comma else at)
        if indent is None or rest is None or not rest[1]:
            return f"{self.text[:at]},{gap}{new}{self.text[at:]}"
        line, end = self.text[at : rest.end()], rest.end()  # a comment stays where it is
        if comma:
            return f"{self.text[:end]}{indent}{new},{self.newline}{self.text[end:]}"
        return f"{self.text[:at]},{line}{indent}{new}{self.newline}{self.text[end:]}"

    def without_block(self, entry: Entry) -> str:
        start = _line_start(self.text, entry.key_start)
        if self.text[entry.end - 1] in "\r\n":
            return self.text[:start] + self.text[entry.end :]
        end = _LINE_END.search(self.text, entry.end)
        return self.text[:start] + (self.text[end.end() :] if end else "")

    def without_flow(self, entry: Entry) -> str:
        start, end = entry.key_start, entry.end
        comma = _COMMA.match(self.text, end)
        index = self.level.entries.index(entry)
        before = self.level.entries[index - 1].end if index else start
        rest = _REST_OF_LINE.match(self.text, comma.end() if comma else end)
        has_line = rest and rest[2] and not self.text[_line_start(self.text, start) : start].strip()
        # The last one leaves a comma behind where a comment stands between them, or behind it.
        if rest and has_line and (comma or rest[1] or "#" in self.text[before:start]):
            return self.text[: _line_start(self.text, start)] + self.text[rest.end() :]
        if comma is None or index == len(self.level.entries) - 1:
            return self.text[:before] + self.text[end:]
        return self.text[:start] + self.text[comma.end() :]

    def scalar(self, value: object, old: str) -> str:
        quote = old[0] if isinstance(value, str) and old[:1] in ("'", '"') else None
        return yaml_text(value, quote=quote).rstrip("\n")

    def in_flow(self, value: object, old: str) -> str:
        if not self.is_json:
            quote = old[0] if isinstance(value, str) and old[:1] in ("'", '"') else None
            return yaml_text([value], flow=True, quote=quote).rstrip("\n")[1:-1]
        indent = self.indent_of(self.level.entries[0])
        ascii_only = "\\u" in self.text and self.text.isascii()
        new = json_text(value, indent, ascii_only=ascii_only, compact=self.is_compact())
        return new.replace("\n", self.newline + (indent or ""))

    def in_block(self, value: dict[str, Any], entry: Entry) -> str:
        line = _line_start(self.text, entry.start)
        if self.text[line : entry.start].strip(" "):  # it stands on the line of its key
            column = entry.key_start - _line_start(self.text, entry.key_start) + 2
            return self.newline + self.block(value, " " * column)
        return self.block(value, " " * (entry.start - line)).lstrip(" ")

    def block(self, value: dict[str, Any], indent: str) -> str:
        lines = (self.rules or yaml_text(value).rstrip("\n")).split("\n")
        return self.newline.join(indent + line if line else "" for line in lines)

    def is_compact(self) -> bool:
        """Whether this is JSON without a space behind its colons."""
        return self.is_json and self.text[self.level.entries[0].start - 1] == ":"

    def indent_of(self, entry: Entry) -> str | None:
        """Return the white space before a key that begins its line, else None."""
        start = _line_start(self.text, entry.key_start)
        indent = self.text[start : entry.key_start]
        return indent if start and not indent.strip() else None


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
