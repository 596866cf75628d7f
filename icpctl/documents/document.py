"""Bytes of a file -> text, tree and places; whatever is wrong is a problem with a place.

`KeyedReader` reads files that are one object of known keys, such as mappings.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.documents.tree import Node, Object, Problem, Scalar
from icpctl.documents.yaml_reader import read_yaml
from icpctl.errors import Finding, IcpctlError, Location, severity_of, word_hint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

MAX_BYTES = 1_048_576
_EMPTY = "ICP007"

# What YAML 1.1 cannot hold as it is; JSON refuses the same below the space only.
_UNPRINTABLE = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]"
_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f]"
_LINE_END = re.compile(r"\r\n|\r|\n")
_WIDE = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


class Document(Struct, frozen=True, dict=True):
    """A config file's text as it was read.

    `file` is its name in findings. `root` is None when there is no tree: then `problems` say why.
    """

    file: str
    data: bytes
    text: str
    root: Node | None
    problems: Sequence[Problem]
    is_json: bool = False

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def location(self, start: int) -> Location:
        """Return line and column of a place in the text."""
        line = bisect_right(self._line_starts, start)
        return Location(self.file, line, start - self._line_starts[line - 1] + 1)

    def finding(self, problem: Problem) -> Finding:
        """Return a problem as a finding."""
        return Finding(
            problem.code,
            severity_of(problem.code),
            problem.message,
            self.location(problem.start),
            problem.hint,
        )


def split_lines(text: str) -> list[str]:
    """Return the lines of a text without their ends, counted as findings count them."""
    return _LINE_END.split(text)


def read_document(data: bytes, file: str, *, is_json: bool | None = None) -> Document:
    """Read the bytes of a config file.

    A name that ends in `.json` means JSON, any other YAML, unless `is_json` says which it is.
    """
    if is_json is None:
        is_json = file.endswith(".json")
    if len(data) > MAX_BYTES:
        problem = Problem("ICP002", 0, "the file is over 1 MiB", "a config is a few kilobytes")
        return Document(file, data, "", None, [problem], is_json)
    text, problems = _decode(data)
    if not problems:
        problems = _unprintable(text, _CONTROL if is_json else _UNPRINTABLE)
    if problems:
        return Document(file, data, text, None, problems, is_json)
    if is_json:
        from icpctl.documents.json_reader import read_json

        root, problems = read_json(text)
    else:
        root, problems = read_yaml(text)
    if not problems and (root is None or (isinstance(root, Scalar) and root.value is None)):
        root, problems = None, [Problem(_EMPTY, 0, "the file holds no config")]
    return Document(file, data, text, root, problems, is_json)


def _decode(data: bytes) -> tuple[str, list[Problem]]:
    for mark, name in _WIDE.items():
        if data.startswith(mark):
            return "", [Problem("ICP003", 0, f"the file is {name}", "save it as UTF-8")]
    body = data.removeprefix(codecs.BOM_UTF8)
    try:
        return body.decode(), []
    except UnicodeDecodeError as error:
        start = len(body[: error.start].decode())
        message = f"the byte 0x{body[error.start]:02x} is not UTF-8"
        text = body.decode(errors="replace")
        return text, [Problem("ICP003", start, message, "save the file as UTF-8")]


def _unprintable(text: str, pattern: str) -> list[Problem]:
    if text.replace("\n", "").isprintable():  # few texts ask for the pattern, which is slow to make
        return []
    character = re.search(pattern, text)
    if character is None:
        return []
    hint = "is the file UTF-16? Save it as UTF-8" if "\0" in text[:2] else "remove it"
    message = f"the character U+{ord(character.group()):04X} is not allowed in a file"
    return [Problem("ICP004", character.start(), message, hint)]


class KeyedReader:
    """Reads the entries of a file; what is wrong with it is noted, and raised at the end."""

    def __init__(self, document: Document) -> None:
        self._document = document
        # What an empty file means is what one means that holds comments only.
        self.problems = [problem for problem in document.problems if problem.code != _EMPTY]

    def entries(
        self,
        known: Collection[str],
        unknown: str,
        bad: tuple[str, str, str],
        more: re.Pattern[str] | None = None,
    ) -> Iterator[tuple[str, int, Node]]:
        """The known keys of the file, and those like `more`, with their places and values.

        `unknown` is the code of any other key; `bad` are code, message and hint of a file that is
        not an object.
        """
        for key, start, value in self.all_entries(bad):
            if key in known or (more and more.fullmatch(key)):
                yield key, start, value
            else:
                self.note_unknown(unknown, start, "field", key, known)

    def all_entries(self, bad: tuple[str, str, str]) -> Iterator[tuple[str, int, Node]]:
        """The keys of the file with their places and values, whatever they are."""
        root = self._document.root
        if isinstance(root, Object):
            yield from ((key, start, value) for key, (start, value) in root.entries.items())
        elif root is not None:
            code, message, hint = bad
            self.note(code, root.start, message, hint)

    def note(self, code: str, start: int, message: str, hint: str | None = None) -> None:
        """Note what is wrong at a place of the text."""
        self.problems.append(Problem(code, start, message, hint))

    def note_unknown(
        self, code: str, start: int, what: str, word: str, known: Collection[str]
    ) -> None:
        """Note a word that is none of those that are known."""
        self.note(code, start, f"unknown {what} {cut(word)}", word_hint(word, known))

    def require_right(self, message: str, code: str, hint: str) -> None:
        """Raise `IcpctlError` `code` with a finding for each problem, if there is one."""
        if self.problems:
            findings = [self._document.finding(problem) for problem in self.problems]
            raise IcpctlError(message, code, hint=hint, findings=findings)


def cut(word: str) -> str:
    """A word in quotes, as much of it as helps."""
    return repr(word if len(word) <= 60 else f"{word[:60]}...")
