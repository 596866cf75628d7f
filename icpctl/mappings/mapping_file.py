"""Mapping files: YAML text -> `Mapping`; everything that is wrong is a finding with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.documents.document import read_document
from icpctl.documents.keyed_files import KeyedReader, cut
from icpctl.documents.tree import List, Scalar
from icpctl.errors import Location
from icpctl.mappings.conversions import CONVERSIONS, COUNT, SPLIT
from icpctl.mappings.mapping import FIELDS, PAGES, SINGLE, Mapping
from icpctl.mappings.paths import (
    Constant,
    Convert,
    Path,
    Unless,
    conversion,
    is_many,
    parse_path,
    path_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.documents.document import Document
    from icpctl.documents.tree import Node

TITLE, MISSING = "title", "missing"
ABOUT = ("recognised_by", "by", "rollup_by", "session")
"""Keys that hold paths and are no fields."""

_KEYS = (TITLE, *ABOUT, MISSING, *FIELDS)
_ENTRY_KEYS = ("path", "as", SPLIT, "constant")
_EXAMPLE = "for example: industry: [industry, company.industry]"
_NO_OBJECT = ("ICP504", "a mapping is an object of fields and their paths", _EXAMPLE)


def read_mapping(name: str, data: bytes) -> Mapping:
    """The mapping in a file's bytes; `name` is its name, also in findings.

    Raises `IcpctlError` `bad_mapping` with every finding.
    """
    reader = _Reader(name, read_document(data, name))
    mapping = reader.mapping()
    hint = "icpctl mappings NAME prints one to start from"
    reader.require_right("the mapping is not right", "bad_mapping", hint)
    return mapping


class _Reader(KeyedReader):
    def __init__(self, name: str, document: Document) -> None:
        super().__init__(document)
        self.name = name

    def mapping(self) -> Mapping:
        """What the file says, as far as it is right; `problems` hold the rest."""
        paths: dict[str, tuple[Path, ...]] = dict.fromkeys(FIELDS, ())
        about: dict[str, tuple[Path, ...]] = dict.fromkeys(ABOUT, ())
        title = ""
        missing: tuple[str, ...] = ()
        for key, _, value in self.entries(_KEYS, "ICP501", _NO_OBJECT):
            if key == TITLE:
                title = self._text(value, "the title is a text") or ""
            elif key == MISSING:
                missing = self._texts(value)
            elif key in about:
                plain = [path for path, node in self._paths(value) if self._is_plain(path, node)]
                about[key] = tuple(plain)
            else:
                kept = [path for path, node in self._paths(value) if self._fits(key, path, node)]
                paths[key] = tuple(kept)
        if not self.problems and not any(paths.values()):
            self.note("ICP505", 0, "the mapping names no field", _EXAMPLE)
        for found in (paths, about):
            found |= {key: tuple(_unless(it, missing) for it in found[key]) for key in found}
        where = Location(self.name, 1, 1)
        return Mapping(self.name, paths, title or self.name, **about, where=where)

    def _paths(self, value: Node) -> Iterator[tuple[Path, Node]]:
        for entry in value.items if isinstance(value, List) else [value]:
            path = self._entry(entry)
            if path is not None:
                yield path, entry

    def _entry(self, node: Node) -> Path | None:
        """A path, or an object of a path and what is done with its value, or of a constant."""
        if isinstance(node, Scalar):
            return self._path(node)
        hint = "write {path: ...}, with as: ... or split: ... beside it, or {constant: ...}"
        if isinstance(node, List):
            self.note("ICP504", node.start, "a path is a text such as company.industry", hint)
            return None
        unknown = [
            (start, key) for key, (start, _) in node.entries.items() if key not in _ENTRY_KEYS
        ]
        for start, key in unknown:
            known = f"known are: {', '.join(_ENTRY_KEYS)}"
            self.note("ICP504", start, f"{cut(key)} does not belong here", known)
        found = {key: value for key, (_, value) in node.entries.items()}
        if unknown:
            return None
        if set(found) not in ({"path"}, {"path", "as"}, {"path", SPLIT}, {"constant"}):
            self.note(
                "ICP504", node.start, f"{' and '.join(found) or 'nothing'} make no path", hint
            )
            return None
        return self._composed(found)

    def _composed(self, found: dict[str, Node]) -> Path | None:
        if "constant" in found:
            text = self._text(found["constant"], "a constant is a text")
            return None if text is None else (Constant(text),)
        path = self._path(found["path"])
        if path is None:
            return None
        if SPLIT in found:
            separator = self._text(found[SPLIT], "a separator is a text such as ;")
            return None if separator is None else (*path, Convert(SPLIT, separator))
        if "as" in found:
            name = self._text(found["as"], "a conversion is one of its names")
            if name is None:
                return None
            if name not in CONVERSIONS:
                self.note_unknown("ICP503", found["as"].start, "conversion", name, CONVERSIONS)
                return None
            return (*path, Convert(name))
        return path

    def _path(self, node: Node) -> Path | None:
        text = self._text(node, "a path is a text such as company.industry")
        if text is None:
            return None
        try:
            return parse_path(text)
        except ValueError as error:
            self.note("ICP502", node.start, f"bad path {cut(text)}: {error}")
            return None

    def _texts(self, value: Node) -> tuple[str, ...]:
        nodes = value.items if isinstance(value, List) else [value]
        found = [self._text(node, "what stands for a missing value is a text") for node in nodes]
        return tuple(text for text in found if text)

    def _text(self, node: Node, wanted: str) -> str | None:
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value:
            return node.value
        self.note("ICP504", node.start, f"{wanted}, not empty")
        return None

    def _fits(self, field: str, path: Path, node: Node) -> bool:
        """Whether what the path gives can be what the field holds."""
        how = path[-1] if isinstance(path[-1], Convert) else None
        if field in SINGLE and how != Convert(COUNT):
            if is_many(path):
                message = f"{field} is one value, {path_text(path)} gives several"
                self.note("ICP506", node.start, message, "[0] is the first element, [-1] the last")
                return False
            if how and how.name == SPLIT:
                self.note("ICP506", node.start, f"{field} is one value, split gives several")
                return False
        elif field == PAGES and how == Convert(COUNT):
            self.note("ICP506", node.start, "pages are a list, count gives a number")
            return False
        return True

    def _is_plain(self, path: Path, node: Node) -> bool:
        if isinstance(path[-1], Convert | Constant):
            self.note("ICP504", node.start, "here a path is a text, without conversion or constant")
        elif is_many(path):
            self.note("ICP506", node.start, "one value is needed here", "[0] is the first element")
        else:
            return True
        return False


def _unless(path: Path, texts: tuple[str, ...]) -> Path:
    """The path, at which these texts count as nothing; a constant and a count are none of them."""
    how = conversion(path)
    if not texts or isinstance(path[0], Constant) or how == Convert(COUNT):
        return path
    return (*path[:-1], Unless(texts), how) if how else (*path, Unless(texts))
