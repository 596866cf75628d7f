"""Edits of a text that leave every other character as it is: comments, order, quotes, line ends.

`edited` walks the tree of a text beside what it holds and what it is to hold, and replaces, adds
and removes the smallest spans. Whoever calls it reads the result back and compares it with what
was meant, because YAML has more ways to write a thing than an edit can foresee.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from icpctl.documents.document import List, Node, Object, Scalar, plain
from icpctl.features.editing.texts.alignment import align, same_key
from icpctl.features.editing.texts.edited_text import LINE_END, EditedText
from icpctl.features.editing.texts.members import Member, members
from icpctl.features.shared.text_layout import yaml_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from icpctl.documents.document import Document
    from icpctl.features.editing.texts.edited_text import Meaning

_REST_OF_LINE = re.compile(r"[ \t]*(#[^\r\n]*)?(\r\n|\r|\n|\Z)")
_FREE_SPACES = re.compile(r"[ \t]+(?!#)")
_COMMA = re.compile(r"\s*,")
_BLOCK_SCALAR = re.compile(r"((?:&\S+[ \t]+)?[|>][0-9]?)([+-]?)([0-9]?)([ \t]+#[^\r\n]*)?")


_KINDS: dict[type, type[Object | List]] = {dict: Object, list: List}


def edited(document: Document, old: dict[str, Any], new: dict[str, Any], meaning: Meaning) -> bytes:
    """Return the bytes of a document that holds `old`, changed to hold `new`.

    Both have a value for every key, also for those that are absent in the text: None, or the
    default. What is equal in both keeps its bytes; what becomes None goes.
    """
    editor = _Editor(document, meaning)
    root = document.root
    if old != new and isinstance(root, Object):
        editor.merge(root, old, new)
        editor.write_out_aliases(root)
        editor.end_open_scalar()
    mark = codecs.BOM_UTF8 if document.data.startswith(codecs.BOM_UTF8) else b""
    return mark + editor.result().encode()


class _Level(Struct):
    """A list or object that is edited: its members, those that go, and what comes after which."""

    node: List | Object
    members: list[Member]
    removed: dict[int, int] = field(default_factory=dict)  # index -> where the removal begins
    inserted: list[tuple[int, str | None, Any]] = field(default_factory=list)

    def insertions(self) -> dict[int, list[tuple[str | None, Any]]]:
        """Return what is inserted, by the index of the kept member before it: -1 if none is."""
        placed: dict[int, list[tuple[str | None, Any]]] = {}
        for after, key, value in self.inserted:
            kept = (index for index in range(after, -1, -1) if index not in self.removed)
            placed.setdefault(next(kept, -1), []).append((key, value))
        return placed


class _Editor(EditedText):
    """The walk along the tree. `gone` are the nodes whose text changes, by their id."""

    def __init__(self, document: Document, meaning: Meaning) -> None:
        super().__init__(document, meaning)
        self.gone: set[int] = set()
        self.cut: set[int] = set()  # where members begin that go or are replaced whole
        self.open_end: Node | None = None  # what the text ends with, if more comes after it

    # The walk

    def merge(self, node: List | Object, old: Any, new: Any) -> None:
        """Make a list or object that holds `old` hold `new`, which is of its kind."""
        self.gone.add(id(node))
        level = _Level(node, members(self.text, node))
        if isinstance(node, Object):
            self.merge_entries(level, list(node.entries), old, new)
        else:
            self.merge_items(level, old, new)
        (self.change_flow if node.flow else self.change_block)(level)

    def merge_entries(
        self, level: _Level, keys: list[str], old: dict[str, Any], new: dict[str, Any]
    ) -> None:
        order = self.meaning.order
        for key in sorted(new, key=order.index):
            if old.get(key) == new[key]:
                continue
            if key not in keys and new[key] is None:
                continue
            if key not in keys:
                earlier = [i for i, other in enumerate(keys) if _comes_before(other, key, order)]
                level.inserted.append((max(earlier, default=-1), key, new[key]))
            elif new[key] is None:
                self.remove(level, keys.index(key))
            else:
                self.change(level, keys.index(key), old.get(key), new[key])

    def merge_items(self, level: _Level, old: list[Any], new: list[Any]) -> None:
        pairs = align(old, new, self.meaning.name_key)
        lost = {same_key(old[i]): i for i, j in pairs if i is not None and j is None}
        last = -1
        for i, j in pairs:
            if j is None and i is not None:
                self.remove(level, i)
            elif i is None and j is not None:
                moved = lost.pop(same_key(new[j]), None)
                level.inserted.append(
                    (last, None, new[j] if moved is None else level.members[moved])
                )
            elif i is not None and j is not None:
                last = i
                if old[i] != new[j]:
                    self.change(level, i, old[i], new[j])
        for _, _, value in level.inserted:
            if isinstance(value, Member):  # it takes the comments above it along
                level.removed[level.members.index(value)] = self.chunk_start(value)

    def change(self, level: _Level, index: int, old: Any, new: Any) -> None:
        member = level.members[index]
        name = self.meaning.name_key
        kind = _KINDS.get(type(new))
        is_same = type(old) is type(new) and not member.is_alias
        if kind is Object and is_same:
            is_same = old.get(name) == new.get(name)
        if kind is not None and is_same and isinstance(member.node, kind):
            self.merge(member.node, old, new)
        else:
            self.replace(level, member, new)

    def remove(self, level: _Level, index: int) -> None:
        self.forget(level.members[index])
        level.removed[index] = level.members[index].begin

    def forget(self, member: Member) -> None:
        """Note that the text of a member goes, with the anchors in it."""
        self.cut.add(member.begin)
        if not member.is_alias:
            self.gone.update(map(id, _nodes(member.node, member.end)))

    def write_out_aliases(self, node: List | Object) -> None:
        """Write the values of aliases whose anchors change or go."""
        if self.is_json or "*" not in self.text:
            return
        for member in members(self.text, node):
            if member.begin in self.cut:
                continue
            if member.is_alias and id(member.node) in self.gone:
                self.splice(member.start, member.end, self.flow_text(plain(member.node)))
            elif isinstance(member.node, List | Object) and not member.is_alias:
                self.write_out_aliases(member.node)

    def end_open_scalar(self) -> None:
        """End a block scalar that the end of the text ended, before the line end that follows."""
        node = self.open_end
        while isinstance(node, List | Object):
            node = members(self.text, node)[-1].node
        header = _BLOCK_SCALAR.match(self.text, node.start) if node else None
        if header and node and id(node) not in self.gone:
            self.splice(*header.span(2), "-")

    # Values

    def replace(self, level: _Level, member: Member, new: Any) -> None:
        """Put another value in the place of a member's, whole."""
        self.forget(member)
        old = self.text[member.start : member.end].rstrip()
        if not old:
            self.fill(level, member, self.value_text(level, new, ""))
        elif member.is_block and member.mark is not None:
            stop = self.line_stop(member.end)
            if isinstance(level.node, List):
                text = self.block_text(new, self.indent_of(member) + "  ")
                self.splice(member.mark, stop, f" {text}")
            else:
                comments = self.text[member.mark : member.start].rstrip()
                self.splice(member.mark, stop, f" {self.flow_text(new)}{comments}")
        else:
            header = None if level.node.flow else _BLOCK_SCALAR.match(old)
            comment = (header[4] or "") if header else ""
            text = self.value_text(level, new, old) + comment
            self.splice(member.start, member.start + len(old), text)

    def fill(self, level: _Level, member: Member, text: str) -> None:
        """Write a value where a key has none."""
        if member.mark is not None:
            spaces = _FREE_SPACES.match(self.text, member.mark)
            self.splice(member.mark, spaces.end() if spaces else member.mark, f" {text}")
        elif level.node.flow:
            self.splice(member.start, member.start, f": {text}")
        else:
            at = self.line_stop(member.begin, anywhere=True)
            self.splice(at, at, f"{self.newline}{self.indent_of(member)}: {text}")

    def value_text(self, level: _Level, value: Any, old: str) -> str:
        quote = old[0] if isinstance(value, str) and old[:1] in ("'", '"') else None
        if level.node.flow or isinstance(value, dict | list):
            return self.flow_text(value, old, self.line_indent(level), quote)
        return yaml_text(value, quote=quote).rstrip("\n")

    # Lines

    def line_indent(self, level: _Level) -> str:
        """Return the white space before the first member, if that begins its line."""
        first = level.members[0]
        return (
            self.text[self.line_start(first.begin) : first.begin] if self.begins_line(first) else ""
        )

    # Block form

    def change_block(self, level: _Level) -> None:
        for after, values in level.insertions().items():
            for key, value in values:
                self.insert_in_block(level, after, key, value)
        for index, begin in level.removed.items():
            self.remove_from_block(level.members[index], begin)

    def insert_in_block(self, level: _Level, after: int, key: str | None, value: Any) -> None:
        first = level.members[0]
        indent = self.indent_of(first)
        text = indent + self.block_member(level, key, value, indent)
        if after < 0 and self.begins_line(first):
            at = self.line_start(first.begin)
            self.splice(at, at, text + self.newline)
        elif after < 0:
            self.splice(first.begin, first.begin, text.lstrip() + self.newline + indent)
        elif self.text[level.members[after].end - 1] in "\r\n":
            at = level.members[after].end
            self.splice(at, at, text + self.newline)
        else:
            at = self.line_stop(level.members[after].end)
            deeper = re.compile(rf"((\r\n|\r|\n){indent}[ \t]+#[^\r\n]*)*").match(self.text, at)
            at = deeper.end() if deeper else at  # comments that belong to what is before
            self.splice(at, at, self.newline + text)
            if at == len(self.text):
                self.open_end = level.members[after].node

    def block_member(self, level: _Level, key: str | None, value: Any, indent: str) -> str:
        if isinstance(value, Member):
            stop = self.line_stop(value.end)
            return self.text[self.chunk_start(value) : stop].removeprefix(indent)
        if key is not None:
            return self.block_text({key: value}, indent)
        like = level.members[-1].node
        if isinstance(value, dict) and isinstance(like, Object) and like.flow:
            return f"- {self.flow_text(value)}"
        return f"- {self.block_text(value, indent + '  ')}"

    def remove_from_block(self, member: Member, begin: int) -> None:
        stop = self.line_stop(member.end)
        if not self.begins_line(member):
            self.splice(begin, stop, "")
            return
        newline = LINE_END.match(self.text, stop)
        stop = newline.end() if newline else stop
        self.splice(self.line_start(begin), max(stop, member.end), "")

    # Flow form

    def change_flow(self, level: _Level) -> None:
        for after, values in level.insertions().items():
            texts = [self.flow_member(level, key, value) for key, value in values]
            self.insert_in_flow(level, after, texts)
        for run in _runs(level.removed):
            self.remove_from_flow(level, run)

    def insert_in_flow(self, level: _Level, after: int, texts: list[str]) -> None:
        first = level.members[0]
        own_line = self.begins_line(first) and self.line_start(first.begin) > 0
        gap = self.newline + self.line_indent(level) if own_line else "" if self.is_compact else " "
        text = f",{gap}".join(texts)
        later = [i for i in range(after + 1, len(level.members)) if i not in level.removed]
        if later:
            at = level.members[later[0]].begin
            self.splice(at, at, f"{text},{gap}")
            return
        end = level.members[after].end
        comma = _COMMA.match(self.text, end)
        rest = _REST_OF_LINE.match(self.text, comma.end() if comma else end)
        if own_line and rest and rest[1] and rest[2]:  # a comment stays with what it is about
            self.splice(end, end, "" if comma else ",")
            self.splice(rest.start(2), rest.start(2), gap + text + ("," if comma else ""))
        else:
            self.splice(end, end, f",{gap}{text}")

    def flow_member(self, level: _Level, key: str | None, value: Any) -> str:
        if isinstance(value, Member):
            return self.text[value.start : value.end]
        like = level.members[-1]
        text = self.flow_text(value, self.text[like.start : like.end], self.line_indent(level))
        if key is None:
            return text
        name = f'"{key}"' if self.is_json else key
        return f"{name}:{'' if self.is_compact else ' '}{text}"

    def remove_from_flow(self, level: _Level, run: list[int]) -> None:
        """Remove members that are neighbours, and as many commas."""
        first, last = level.members[run[0]], level.members[run[-1]]
        is_last = run[-1] == len(level.members) - 1
        before = level.members[run[0] - 1].end if run[0] else first.begin
        after = level.node.end if is_last else level.members[run[-1] + 1].begin
        if not self.is_json and "#" in self.text[before:after]:
            for index in run:
                self.remove_with_its_line(level.members[index])
        elif is_last:
            self.splice(before, last.end, "")
        else:
            self.splice(first.begin, after, "")

    def remove_with_its_line(self, member: Member) -> None:
        """Remove a member of YAML's flow form and its comma, but no comment on another line."""
        comma = _COMMA.match(self.text, member.end)
        end = comma.end() if comma else member.end
        rest = _REST_OF_LINE.match(self.text, end)
        if rest and self.begins_line(member):
            self.splice(self.line_start(member.begin), rest.end(), "")
        else:
            self.splice(member.begin, end, "")


def _comes_before(key: str, other: str, order: Sequence[str]) -> bool:
    return key in order and order.index(key) < order.index(other)


def _nodes(node: Node, end: int) -> Iterator[Node]:
    """Yield a node and those in it; not what aliases in it stand for, which begins before it."""
    yield node
    if isinstance(node, Scalar):
        return
    children = (
        node.items if isinstance(node, List) else [value for _, value in node.entries.values()]
    )
    for child in children:
        if node.start <= child.start <= end:
            yield from _nodes(child, end)


def _runs(indices: Mapping[int, int]) -> list[list[int]]:
    """Return the runs of neighbours among these indices."""
    runs: list[list[int]] = []
    for index in sorted(indices):
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs
