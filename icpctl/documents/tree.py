"""The tree that a YAML or JSON text is read into: values, and where each of them is."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct, field

MAX_DEPTH = 100
MAX_FINDINGS = 1_000  # of one file; more help nobody, and hostile text has a million


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
