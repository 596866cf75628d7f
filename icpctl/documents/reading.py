"""Bytes of a file -> document: decoded, then read as YAML here, or as JSON by `json_reader`.

YAML is read from the parser's events, so that hostile text ends in a problem, not a crash. Every
scalar stays the text that was typed: YAML's own idea of types is never asked.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

import yaml
from msgspec import Struct

from icpctl.documents.document import (
    EMPTY,
    MAX_BYTES,
    MAX_DEPTH,
    Document,
    List,
    Node,
    Object,
    Problem,
    Scalar,
    UnreadableError,
    duplicate_key,
    too_deep,
)

MAX_ALIASED = 10_000
NULLS = frozenset({"", "~", "null", "Null", "NULL"})

_TAG_DIRECTIVE = re.compile("(?:^|[\n\r\x85\u2028\u2029])(%TAG)")

# libyaml's parser where PyYAML was built with it: the same events, ten times as fast.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

# What YAML 1.1 cannot hold as it is; JSON refuses the same below the space only.
_UNPRINTABLE = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]"
_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f]"
_WIDE = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


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
        root, problems = None, [Problem(EMPTY, 0, "the file holds no config")]
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


class _Frame(Struct):
    """A list or object that is being read. Of an object, `key` waits for its value.

    `entries` are those of an object, None for a list.
    `size` counts nodes and `height` levels, aliases expanded; `key` is None for no key, and a
    key whose text is None belongs to a pair that was refused. `end` is that of its last entry.
    """

    node: List | Object
    anchor: str | None
    entries: dict[str, tuple[int, Node]] | None
    key: tuple[int, str | None] | None = None
    size: int = 1
    height: int = 1
    end: int = 0


def read_yaml(text: str) -> tuple[Node | None, list[Problem]]:
    """Return the tree of the one document in `text`, and what is wrong.

    The tree is None where the text is empty, or cannot be read to its end.
    """
    if directive := _TAG_DIRECTIVE.search(text):
        # Useless without tags, and libyaml takes seconds over thousands of them.
        return None, [
            Problem("ICP010", directive.start(1), "tags are not supported", "leave it out")
        ]
    builder = _Builder(text)
    try:
        builder.read()
    except UnreadableError as error:
        return None, [*builder.problems, error.problem]
    except yaml.YAMLError as error:
        return None, [*builder.problems, _syntax(error, text)]
    return builder.root, builder.problems


class _Builder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self.stack: list[_Frame] = []
        self.frame: _Frame | None = None  # the innermost
        self.anchors: dict[str, tuple[Node, int, int] | None] = {}
        self.aliased = 0

    def read(self) -> None:
        parser = _Loader(self.text)
        documents = 0
        try:
            while (event := parser.get_event()) is not None:
                kind = event.__class__
                if kind is yaml.ScalarEvent:
                    self.scalar(event)
                elif kind is yaml.MappingStartEvent:
                    self.open(Object(event.start_mark.index), event)
                elif kind is yaml.SequenceStartEvent:
                    self.open(List(event.start_mark.index), event)
                elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                    self.close(event)
                elif kind is yaml.AliasEvent:
                    self.alias(event)
                elif kind is yaml.DocumentStartEvent:
                    documents += 1
                    if documents > 1:
                        raise UnreadableError(
                            "ICP008",
                            event.start_mark.index,
                            "a second document begins here",
                            "keep one config in a file",
                        )
                elif kind is yaml.StreamEndEvent:
                    break
        finally:
            parser.dispose()

    def scalar(self, event: Any) -> None:
        start, value, typed = event.start_mark.index, event.value, event.implicit[0]
        if event.tag is not None:
            self.refuse_tag(event)
        frame = self.frame
        if frame is not None and frame.key is None and frame.entries is not None:
            is_plain = value and value != "<<" and value not in frame.entries
            frame.key = start, value if is_plain else self.key(start, value, typed, frame.entries)
            return
        end = event.end_mark.index
        node = Scalar(start, None if typed and value in NULLS else value, end)
        if event.anchor is not None:
            self.anchors[event.anchor] = node, 1, 1
        self.add(node, 1, 1, end if value else self.last_character(end))

    def key(
        self, start: int, value: str, typed: bool, entries: dict[str, tuple[int, Node]]
    ) -> str | None:
        if typed and value == "<<":
            self.problem("ICP012", start, "merge keys (<<) are not supported", "write the keys out")
            return None
        if typed and not value:
            self.problem("ICP014", start, "a key is missing before this colon")
            return None
        if value in entries:
            self.problems.append(duplicate_key(self.text, start, value, entries[value][0]))
            return None
        return value

    def open(self, node: List | Object, event: Any) -> None:
        if event.tag is not None:
            self.refuse_tag(event)
        if len(self.stack) == MAX_DEPTH:
            raise too_deep(node.start)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        node.flow = bool(event.flow_style)
        entries = node.entries if isinstance(node, Object) else None
        self.frame = _Frame(node, event.anchor, entries)
        self.stack.append(self.frame)

    def close(self, event: Any) -> None:
        frame = self.stack.pop()
        self.frame = self.stack[-1] if self.stack else None
        if frame.anchor is not None:
            self.anchors[frame.anchor] = frame.node, frame.size, frame.height
        # A block ends with the last thing in it, not where the next one begins.
        end = event.end_mark.index if frame.node.flow else frame.end
        frame.node.end = end
        self.add(frame.node, frame.size, frame.height, end)

    def alias(self, event: Any) -> None:
        name, start = event.anchor, event.start_mark.index
        if name not in self.anchors:
            raise UnreadableError("ICP011", start, f"no anchor &{name} before this alias")
        target = self.anchors[name]
        if target is None:
            raise UnreadableError("ICP011", start, f"the alias *{name} is inside its own anchor")
        node, size, height = target
        self.aliased += size
        if self.aliased > MAX_ALIASED:
            raise UnreadableError("ICP011", start, f"aliases expand past {MAX_ALIASED:,} nodes")
        if len(self.stack) + height > MAX_DEPTH:
            raise too_deep(start)
        self.add(node, size, height, event.end_mark.index, start)

    def last_character(self, end: int) -> int:
        """Return where the last character before `end` ends that is not white space."""
        while end and self.text[end - 1].isspace():
            end -= 1
        return end

    def add(self, node: Node, size: int, height: int, end: int, start: int | None = None) -> None:
        """Put a finished node where it belongs; `start` is that of an alias for it."""
        frame = self.frame
        if frame is None:
            self.root = node
            return
        frame.end = end
        frame.size += size
        if height >= frame.height:
            frame.height = height + 1
        if frame.key is not None:
            key_start, key = frame.key
            frame.key = None
            if key is not None and frame.entries is not None:
                frame.entries[key] = key_start, node
        elif isinstance(frame.node, List):
            frame.node.items.append(node)
        else:
            place = node.start if start is None else start
            self.problem(
                "ICP014",
                place,
                "a key must be text, not a list, an object or an alias",
                "quote text that begins with {, [ or *",
            )
            frame.key = place, None

    def refuse_tag(self, event: Any) -> None:
        self.problem(
            "ICP010",
            event.start_mark.index,
            f"tags are not supported: {event.tag.replace('tag:yaml.org,2002:', '!!')[:60]!r}",
            "leave it out: the field decides the type",
        )

    def problem(self, code: str, start: int, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(code, start, message, hint))


# What libyaml says, and what a person needs to hear: message, hint, and whether the place that
# helps is where the construct began (the context) or where reading stopped.
_SYNTAX = {
    "mapping values are not allowed": (
        "a ': ' cannot be here",
        "quote text that holds ': ', or check the indentation",
        False,
    ),
    "could not find expected ':'": ("this key has no ': ' and value", None, True),
    "found unexpected end of stream": ("this quote is never closed", None, True),
    "found unexpected document indicator": ("this quote is never closed", None, True),
    "did not find expected key": (
        "this does not fit what is above it",
        "keys of one object begin in the same column; text with quotes inside is quoted whole",
        False,
    ),
    "did not find expected '-' indicator": (
        "this does not fit the list above it",
        "entries of one list begin in the same column with '- '",
        False,
    ),
    "did not find expected node content": ("expected a value", None, False),
    "did not find expected alphabetic": (
        "a name is missing: & begins an anchor and * an alias",
        "put text in quotes",
        False,
    ),
    "found unknown escape character": (
        "YAML does not know this escape",
        "write a backslash as \\\\, or use single quotes",
        False,
    ),
    "found invalid Unicode character escape": (
        "this escape is not a character",
        "write the character itself, or \\U and eight digits",
        False,
    ),
    "block sequence entries are not allowed": (
        "a list cannot begin here",
        "begin it on a new line, or write [a, b]",
        False,
    ),
    "did not find expected ',' or ']'": ("expected ',' or ']' to end the list", None, False),
    "did not find expected ',' or '}'": ("expected ',' or '}' to end the object", None, False),
}


def _syntax(error: yaml.YAMLError, text: str) -> Problem:
    said = str(getattr(error, "problem", None) or error)
    stopped = getattr(error, "problem_mark", None)
    began = getattr(error, "context_mark", None)
    start = stopped.index if stopped else began.index if began else 0
    at = text[start : start + 1]
    if at == "\t":
        return Problem("ICP005", start, "a tab cannot indent YAML", "indent with spaces")
    if at == ":" and said.startswith("did not find expected key"):
        return Problem("ICP005", start, "a key is missing before this colon")
    if said.startswith("found character that cannot start any token"):
        return Problem("ICP005", start, f"text cannot begin with {at}", "put the text in quotes")
    if said.startswith("exceeded maximum nesting depth"):  # libyaml looks far ahead of its events
        return too_deep(start).problem
    for words, (message, hint, from_began) in _SYNTAX.items():
        if said.startswith(words):
            return Problem("ICP005", began.index if from_began and began else start, message, hint)
    return Problem("ICP005", start, said)
