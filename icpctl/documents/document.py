"""What a text is read into: a tree of values with their places, and problems that have one too.

`KeyedReader` reads files that are one object of known keys, such as mappings.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from icpctl.errors import Finding, IcpctlError, Location, severity_of, word_hint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

MAX_BYTES = 1_048_576
MAX_DEPTH = 100
MAX_FINDINGS = 1_000  # of one file; more help nobody, and hostile text has a million
EMPTY = "ICP007"

_LINE_END = re.compile(r"\r\n|\r|\n")


class Scalar(Struct):
    """Text as typed (YAML), any JSON scalar, or None for null.

    `start` and `end` count characters; the start is that of an anchor, where there is one.
    """

    start: int
    value: str | int | float | bool | None
    end: int = 0


class List(Struct):
    """A list and its items, in order; `flow` if brackets hold them."""

    start: int
    items: list[Node] = field(default_factory=list)
    end: int = 0
    flow: bool = True


class Object(Struct):
    """An object: for each key the place where it begins, and its value; `flow` if in braces."""

    start: int
    entries: dict[str, tuple[int, Node]] = field(default_factory=dict)
    end: int = 0
    flow: bool = True


Node: TypeAlias = Scalar | List | Object


class Problem(Struct, frozen=True):
    """What is wrong at a place of a text: a finding that does not know its file yet."""

    code: str
    start: int
    message: str
    hint: str | None = None


class UnreadableError(Exception):
    """A text that cannot be read on; `problem` says why and where."""

    def __init__(self, code: str, start: int, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(code, start, message, hint)


def plain(node: Node) -> object:
    """Return the values of a tree as dicts, lists and scalars; its depth is limited."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, List):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, (_, value) in node.entries.items()}


def find(node: Node, path: tuple[str | int, ...]) -> int:
    """Return where the last step of `path` begins, or as far along it as the tree goes.

    The place of a value is its own start, that of a null its key, which can be seen.
    """
    start = node.start
    for step in path:
        if isinstance(node, Object) and step in node.entries:
            key, node = node.entries[str(step)]
            start = key if isinstance(node, Scalar) and node.value is None else node.start
        elif isinstance(node, List) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            start = node.start
        else:
            break
    return start


def find_key(node: Node, path: tuple[str | int, ...]) -> int:
    """Return where the key begins that is the last step of `path`."""
    for step in path[:-1]:
        if isinstance(node, Object):
            node = node.entries[str(step)][1]
        elif isinstance(node, List):
            node = node.items[int(step)]
    return node.entries[str(path[-1])][0] if isinstance(node, Object) else node.start


def duplicate_key(text: str, start: int, key: str, first: int) -> Problem:
    """Return the problem of a key that its object has had since `first`."""
    line = text.count("\n", 0, first) + 1
    return Problem("ICP009", start, f"duplicate key {key[:60]!r}", f"the first is on line {line}")


def too_deep(start: int) -> UnreadableError:
    """Return the error for a text nested deeper than any config."""
    return UnreadableError("ICP013", start, f"nested deeper than {MAX_DEPTH} levels")


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


class KeyedReader:
    """Reads the entries of a file; what is wrong with it is noted, and raised at the end."""

    def __init__(self, document: Document) -> None:
        self._document = document
        # What an empty file means is what one means that holds comments only.
        self.problems = [problem for problem in document.problems if problem.code != EMPTY]

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
