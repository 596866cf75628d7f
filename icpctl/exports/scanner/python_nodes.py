"""Nodes, columns and tables in plain Python: the twins of `native/nodes.h` and `native/rows.h`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from icpctl.exports.scanner.json_tokens import BadTokenError, unescape
from icpctl.exports.scanner.scan_results import MAX_SPELLINGS, NO_KIND, Elements, Kind, Reason
from icpctl.values.text_forms import key_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.exports.scanner.scan_results import Path, Wanted

Target: TypeAlias = "tuple[Node, bool]"
"""A node, and whether a key is spelt exactly as its key is."""

_MAX_NODES = 1 << 16
_MAX_CACHED_KEYS = 1024


class PythonColumn(Struct):
    """A column while it is read: the rows that have a value, and the code of each."""

    number: int
    wanted: int
    table: int
    rows: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    dictionary: dict[bytes, int] = field(default_factory=dict)
    token_bytes: int = 0
    generation: int = 0

    def put(self, row: int, token: bytes) -> None:
        """Give a row its value."""
        code = self.dictionary.get(token)
        if code is None:
            code = self.dictionary[token] = len(self.dictionary)
            self.token_bytes += len(token)
        self.rows.append(row)
        self.codes.append(code)

    def take_back(self, row: int) -> None:
        """Take away the values of all rows from `row` on."""
        while self.rows and self.rows[-1] >= row:
            self.rows.pop()
            self.codes.pop()

    def forget_tokens(self) -> None:
        """Empty the dictionary."""
        if self.dictionary:
            self.dictionary, self.token_bytes = {}, 0
            self.generation += 1


class PythonTable(Struct):
    """The elements of the lists at one place; the offsets are one more than the parent's rows."""

    parent: int
    count: int = 0
    count_before: int = 0
    offsets: list[int] = field(default_factory=lambda: [0])


class Node(Struct, eq=False):
    """A place in a record: the record itself, a key of an object, or the elements of a list."""

    table: int
    key: str | None = None  # None for the record and for elements
    form: str = ""
    children: list[Node] = field(default_factory=list)
    elements: Node | None = None
    other: Node | None = None
    kinds: Kind = NO_KIND
    brief: Kind = NO_KIND
    column: PythonColumn | None = None
    turn: int = 0
    spelt: bytes = b""
    cache: dict[bytes, list[Target]] = field(default_factory=dict)


class Tree:
    """All nodes, columns and tables of a scanner."""

    def __init__(self, wanted: list[Wanted]) -> None:
        self.columns: list[PythonColumn] = []
        self.tables = [PythonTable(-1)]
        self._ordered = 0
        self._columns_of: dict[int, list[PythonColumn]] = {}
        self._count = 0
        self.record = self._new(0)
        for index, entry in enumerate(wanted):
            node = self.node(entry.path)
            node.kinds, node.brief = entry.kinds, entry.brief
            node.column = self._new_column(node, index)

    def node(self, path: Path) -> Node:
        """Return the node of a path, made where it is new."""
        node = self.record
        for step in path:
            node = self._elements(node) if isinstance(step, Elements) else self._child(node, step)
        return node

    def spelling(self, node: Node, count: int) -> Node:
        """Return the node that takes the value of the `count`-th other spelling of a key."""
        for _ in range(count):
            if node.other is None:
                node.other = self._copy(node, node.table)
            node = node.other
        return node

    def takers(self, targets: list[Target], written: bytes, turn: int, at: int) -> Iterator[Node]:
        """Yield which of the targets of a key, written at `at`, take its value.

        Of repeated keys of the object `turn` only the first has takers. Raises `BadTokenError`
        where the key has too many spellings.
        """
        for node, is_exact in targets:
            if is_exact:
                if node.turn != turn:
                    node.turn = turn
                    yield node
                continue
            taker = self._other_taker(node, unescape(written), turn, at)
            if taker:
                yield taker

    def columns_of(self, wanted: int) -> list[PythonColumn]:
        """Return the columns of a path, in order of preference."""
        if self._ordered != len(self.columns):
            self._ordered, self._columns_of = len(self.columns), {}
            for column in _columns_below(self.record):
                self._columns_of.setdefault(column.wanted, []).append(column)
        return self._columns_of.get(wanted, [])

    def _other_taker(self, node: Node, key: bytes, turn: int, at: int) -> Node | None:
        for _ in range(MAX_SPELLINGS):
            if node.other is None and self._count >= _MAX_NODES:
                break
            node = self.spelling(node, 1)
            if node.turn != turn:
                node.turn, node.spelt = turn, key
                return node
            if node.spelt == key:
                return None
        raise BadTokenError(Reason.SPELLINGS, at)

    def targets(self, parent: Node, written: bytes) -> list[Target]:
        """Return the children that a key as it is written is for."""
        targets = parent.cache.get(written)
        if targets is None:
            key = unescape(written).decode()
            form = key_form(key)
            targets = [(child, child.key == key) for child in parent.children if child.form == form]
            if len(parent.cache) >= _MAX_CACHED_KEYS:
                parent.cache.clear()
            parent.cache[written] = targets
        return targets

    def _child(self, parent: Node, key: str) -> Node:
        for child in parent.children:
            if child.key == key:
                return child
        child = self._new(parent.table)
        child.key, child.form = key, key_form(key)
        parent.children.append(child)
        parent.cache.clear()
        return child

    def _elements(self, node: Node) -> Node:
        if node.elements is None:
            node.elements = self._new(self._new_table(node.table))
        return node.elements

    def _copy(self, original: Node, table: int) -> Node:
        copy = self._new(table)
        copy.key, copy.form = original.key, original.form
        if original.column:
            copy.kinds, copy.brief = original.kinds, original.brief
            copy.column = self._new_column(copy, original.column.wanted)
        copy.children = [self._copy(child, table) for child in original.children]
        if original.elements:
            copy.elements = self._copy(original.elements, self._new_table(table))
        return copy

    def _new(self, table: int) -> Node:
        self._count += 1
        return Node(table)

    def _new_column(self, node: Node, wanted: int) -> PythonColumn:
        column = PythonColumn(len(self.columns), wanted, node.table)
        self.columns.append(column)
        return column

    def _new_table(self, parent: int) -> int:
        rows = self.tables[parent].count
        self.tables.append(PythonTable(parent, offsets=[0] * (rows + 1)))
        return len(self.tables) - 1


def _columns_below(node: Node) -> Iterator[PythonColumn]:
    if node.column:
        yield node.column
    for child in node.children:
        taker: Node | None = child
        while taker:
            yield from _columns_below(taker)
            taker = taker.other
    if node.elements:
        yield from _columns_below(node.elements)
