"""Mappings by name: built in, or files. What is wrong with a file are findings with places."""

from __future__ import annotations

import pathlib
import re
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec.structs import replace

from icpctl.documents.document import MAX_BYTES, KeyedReader, List, Object, Scalar, cut
from icpctl.documents.reading import read_document
from icpctl.errors import Location
from icpctl.files import read_regular
from icpctl.mappings.conversions import (
    CONVERSIONS,
    COUNT,
    DATE,
    MAP,
    OF_LISTS,
    QUERY,
    RANGE,
    SPLIT,
    is_date_format,
)
from icpctl.mappings.mapping import (
    CONTACT_FIELDS,
    CUSTOM_FIELD,
    DEAL_FIELDS,
    DEFAULT,
    FIELDS,
    PAGES,
    SINGLE,
    Mapping,
    built_in_names,
    built_in_text,
    no_such,
)
from icpctl.mappings.paths import (
    Constant,
    Convert,
    Path,
    Together,
    Unless,
    conversion,
    is_many,
    parse_path,
    path_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.documents.document import Node

ABOUT = ("by", "rollup_by", "session")
"""Keys that hold paths and are not fields."""

_OTHERS = ("extends", "records", "where", "deals", "contact", "together", "missing")
_KEYS = ("title", "recognised_by", *ABOUT, *_OTHERS, *FIELDS)
_ENTRY_KEYS = ("path", "as", "format", SPLIT, MAP, "all", "constant")
_EXAMPLE = "for example: industry: [industry, company.industry]"
_SHAPES = "write {path: ...}, with as: ..., split: ... or map: ... beside it, or {constant: ...}"
_SIGNS = re.compile(r"^(?:recognised_by|records):.*(?:\n .*)*", re.MULTILINE)
_NO_OBJECT = ("ICP504", "a mapping must be an object of fields and their paths", _EXAMPLE)


def load_mapping(name: str | None) -> Mapping:
    """The built-in mapping of this name (None: the default), or the file `name`.

    Raises `IcpctlError`: `no_such_mapping`; `bad_mapping` with every finding.
    """
    if name is None or name in built_in_names():
        return built_in(name or DEFAULT)
    try:
        data = read_regular(pathlib.Path(name), MAX_BYTES, "bad_mapping")
    except FileNotFoundError:
        raise no_such(name) from None
    return read_mapping(name, data)


def read_mapping(name: str, data: bytes, *, is_whole: bool = True) -> Mapping:
    """Return the mapping in a file's bytes; `name` is its name, also in findings.

    A part of a file need not name a field. Raises `IcpctlError` `bad_mapping` with every finding.
    """
    reader = _Reader(name, data)
    mapping = reader.mapping(is_whole=is_whole)
    hint = "icpctl mappings NAME prints one to start from"
    reader.require_right("the mapping is not valid", "bad_mapping", hint)
    return mapping


@cache
def built_in(name: str) -> Mapping:
    """The mapping `name` of `built_in_names`."""
    return read_mapping(name, built_in_text(name).encode())


@cache
def built_in_signs(name: str) -> Mapping:
    """The built-in mapping with its `recognised_by` and `records` alone.

    Of all formats but one nothing else is asked, and the whole of each takes five times as long.
    """
    text = "\n".join(_SIGNS.findall(built_in_text(name)))
    return read_mapping(name, text.encode(), is_whole=False)


_Paths: TypeAlias = dict[str, tuple[Path, ...]]


class _Reader(KeyedReader):
    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(read_document(data, name))
        self._name = name

    def mapping(self, *, is_whole: bool) -> Mapping:
        """What the file says, as far as it is right; `problems` hold the rest."""
        base: Mapping | None = None
        missing: tuple[str, ...] = ()
        keys: dict[str, Any] = {}
        paths: _Paths = dict.fromkeys(FIELDS, ())
        about: _Paths = dict.fromkeys(ABOUT, ())
        deals: _Paths = {}
        contact: _Paths = {}
        for key, _, value in self.entries(_KEYS, "ICP501", _NO_OBJECT, CUSTOM_FIELD):
            match key:
                case "title":
                    keys[key] = self._text(value, "the title must be text") or ""
                case "together":
                    keys[key] = self._text(value, "together must be a name") or ""
                case "recognised_by":
                    keys[key] = self._alternatives(value)
                case "records":
                    keys[key] = self._plain_paths(value)
                case "where":
                    keys["only"] = tuple(self._tests(value))
                case "extends":
                    base = self._extended_one(value)
                case "missing":
                    missing = self._texts(value, "what means a missing value must be text")
                case "deals":
                    deals = self._named_paths(value, key, DEAL_FIELDS)
                case "contact":
                    contact = self._named_paths(value, key, CONTACT_FIELDS)
                case _ if key in ABOUT:
                    about[key] = self._plain_paths(value)
                case _:
                    paths[key] = self._field_paths(key, value)
        if is_whole and not self.problems and not (any(paths.values()) or base or deals):
            self.note("ICP505", 0, "the mapping names no field", _EXAMPLE)
        keys |= _all_unless(about, missing)
        own = Mapping(
            self._name,
            _all_unless(paths, missing),
            deals=_all_unless(deals, missing),
            contact=_all_unless(contact, missing),
            where=Location(self._name, 1, 1),
            own=frozenset(name for name, of_field in paths.items() if of_field),
            **keys,
        )
        if base is not None:
            return own.extending(base)
        return own if own.title else replace(own, title=self._name)

    def _extended_one(self, node: Node) -> Mapping | None:
        name = self._text(node, "extends must name a built-in mapping")
        if name is None or name in built_in_names():
            return None if name is None else built_in(name)
        self.note_unknown("ICP507", node.start, "mapping", name, built_in_names())
        return None

    def _field_paths(self, field: str, value: Node) -> tuple[Path, ...]:
        kept = (path for path, node in self._paths(value) if self._fits(field, path, node))
        if field == "company_size":  # which reads ranges in every spelling, and mere numbers too
            return tuple(path[:-1] if path[-1] == Convert(RANGE) else path for path in kept)
        return tuple(kept)

    def _plain_paths(self, value: Node) -> tuple[Path, ...]:
        return tuple(path for path, node in self._paths(value) if self._is_plain(path, node))

    def _alternatives(self, value: Node) -> tuple[tuple[Path, ...], ...]:
        """The paths of a list, or of each of its lists: what the records of a format have."""
        if isinstance(value, List) and any(isinstance(item, List) for item in value.items):
            return tuple(self._plain_paths(item) for item in value.items)
        return (self._plain_paths(value),)

    def _tests(self, value: Node) -> Iterator[tuple[Path, tuple[str, ...]]]:
        """The paths of `where`, each with the texts that a record may have there."""
        for key, (start, texts) in self._object(
            value, "where must be an object such as {event: page}"
        ):
            path = self._parsed(key, start)
            if path is not None and self._is_plain(path, texts):
                yield path, self._texts(texts, "what a record must have must be text")

    def _named_paths(self, value: Node, what: str, known: tuple[str, ...]) -> _Paths:
        """The paths of an object of fields, such as that of `deals`; a name may have parts."""
        named: _Paths = {}
        shape = f"{what} must be an object of {', '.join(known)}"
        for key, (start, paths) in self._object(value, shape):
            if key in known:
                fitting = (
                    path
                    for path, node in self._paths(paths)
                    if key == "name" or self._is_one(path, node)
                )
                named[key] = tuple(fitting)
            else:
                self.note_unknown("ICP501", start, f"field of {what}", key, known)
        return named

    def _object(self, value: Node, shape: str) -> Iterator[tuple[str, tuple[int, Node]]]:
        if isinstance(value, Object):
            yield from value.entries.items()
        else:
            self.note("ICP504", value.start, shape)

    def _paths(self, value: Node) -> Iterator[tuple[Path, Node]]:
        for entry in value.items if isinstance(value, List) else [value]:
            path = self._entry(entry)
            if path is not None:
                yield path, entry

    def _entry(self, node: Node) -> Path | None:
        """A path, or an object of a path and what is done with its value, or of a constant."""
        if isinstance(node, Scalar):
            return self._path(node)
        if isinstance(node, List):
            self.note("ICP504", node.start, "a path must be text such as company.industry", _SHAPES)
            return None
        unknown = [
            (start, key) for key, (start, _) in node.entries.items() if key not in _ENTRY_KEYS
        ]
        for start, key in unknown:
            known = f"known: {', '.join(_ENTRY_KEYS)}"
            self.note("ICP504", start, f"{cut(key)} does not belong here", known)
        parts = {key: value for key, (_, value) in node.entries.items()}
        if unknown:
            return None
        if not _is_entry(parts):
            words = " and ".join(parts) or "nothing"
            self.note("ICP504", node.start, f"{words} make no path", _SHAPES)
            return None
        return self._composed(parts)

    def _composed(self, parts: dict[str, Node]) -> Path | None:
        if "constant" in parts:
            text = self._text(parts["constant"], "a constant must be text")
            return None if text is None else (Constant(text),)
        path = self._path(parts["path"]) if "path" in parts else self._together(parts["all"])
        known = len(self.problems)
        how = None
        for key, make in ((MAP, self._map), ("as", self._as), (SPLIT, self._split)):
            if key in parts:
                converted = make(parts[key], parts)
                how = replace(converted, then=how) if converted else how
        if path is None or len(self.problems) > known:
            return None
        return (*path, how) if how else path

    def _together(self, node: Node) -> Path | None:
        """Several paths, of which the record has the values in one list."""
        if not isinstance(node, List) or not node.items:
            self.note("ICP504", node.start, "all must be a list of paths", _SHAPES)
            return None
        paths = tuple(path for item in node.items if (path := self._path(item)) is not None)
        return (Together(paths),) if paths else None

    def _split(self, node: Node, _: dict[str, Node]) -> Convert | None:
        separator = self._text(node, "a separator must be text such as ;")
        return None if separator is None else Convert(SPLIT, separator)

    def _as(self, node: Node, parts: dict[str, Node]) -> Convert | None:
        text = self._text(node, "a conversion must be one of the known names")
        if text is None:
            return None
        name, _, argument = text.partition(" ")
        if name not in CONVERSIONS or (argument and name != QUERY):
            self.note_unknown("ICP503", node.start, "conversion", text, CONVERSIONS)
            return None
        if name == QUERY and not argument.strip():
            self.note("ICP504", node.start, "query needs a parameter, such as query utm_source")
            return None
        if "format" in parts and name != DATE:
            self.note("ICP504", parts["format"].start, "format belongs beside as: date")
            return None
        if name == DATE:
            return self._date(parts)
        return Convert(name, argument.strip() or None)

    def _date(self, parts: dict[str, Node]) -> Convert:
        node = parts.get("format")
        formats = (
            () if node is None else self._texts(node, "a format must be text such as %m/%d/%Y")
        )
        for pattern in formats:
            if node is not None and not is_date_format(pattern):
                hint = "%Y is the year, %m the month, %d the day: %m/%d/%Y"
                self.note("ICP508", node.start, f"{cut(pattern)} is not the format of a date", hint)
        return Convert(DATE, formats or None)

    def _map(self, node: Node, _: dict[str, Node]) -> Convert | None:
        pairs = []
        for text, (_start, becomes) in self._object(node, "map must be an object of texts"):
            becomes_text = self._text(becomes, "what a text becomes must be text")
            pairs.append((text, becomes_text or ""))
        return Convert(MAP, tuple(pairs)) if pairs else None

    def _path(self, node: Node) -> Path | None:
        text = self._text(node, "a path must be text such as company.industry")
        return None if text is None else self._parsed(text, node.start)

    def _parsed(self, text: str, start: int) -> Path | None:
        try:
            return parse_path(text)
        except ValueError as error:
            self.note("ICP502", start, f"bad path {cut(text)}: {error}")
            return None

    def _texts(self, value: Node, wanted: str) -> tuple[str, ...]:
        nodes = value.items if isinstance(value, List) else [value]
        texts = [self._text(node, wanted) for node in nodes]
        return tuple(text for text in texts if text)

    def _text(self, node: Node, wanted: str) -> str | None:
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value:
            return node.value
        self.note("ICP504", node.start, f"{wanted}, not empty")
        return None

    def _fits(self, field: str, path: Path, node: Node) -> bool:
        """Whether what the path gives can be what the field holds."""
        if field in SINGLE:
            return self._is_one(path, node, field)
        if field == PAGES and conversion(path) == Convert(COUNT):
            self.note("ICP506", node.start, "pages are a list, count gives a number")
            return False
        return True

    def _is_one(self, path: Path, node: Node, field: str = "this") -> bool:
        """Whether a path gives one value, as `field` holds."""
        names = _names(conversion(path))
        if not (is_many(path) or SPLIT in names) or OF_LISTS & set(names):
            return True
        if SPLIT in names:
            self.note("ICP506", node.start, f"{field} is one value, split gives several")
            return False
        message = f"{field} is one value, {path_text(path)} gives several"
        hint = "[0] is the first element, [-1] the last; as: latest or as: highest chooses one"
        self.note("ICP506", node.start, message, hint)
        return False

    def _is_plain(self, path: Path, node: Node) -> bool:
        if isinstance(path[-1], Convert | Constant | Together):
            self.note(
                "ICP504", node.start, "here a path must be text, without conversion or constant"
            )
        elif is_many(path):
            self.note("ICP506", node.start, "one value is needed here", "[0] is the first element")
        else:
            return True
        return False


def _names(how: Convert | None) -> list[str]:
    """The names of a path's conversions, in order."""
    return [how.name, *_names(how.then)] if how else []


def _is_entry(parts: dict[str, Node]) -> bool:
    """Whether these keys make an entry together."""
    keys = set(parts)
    if keys == {"constant"}:
        return True
    return (
        len(keys & {"path", "all"}) == 1
        and "constant" not in keys
        and ("format" not in keys or "as" in keys)
    )


def _all_unless(group: _Paths, texts: tuple[str, ...]) -> _Paths:
    return {key: tuple(_unless(path, texts) for path in paths) for key, paths in group.items()}


def _unless(path: Path, texts: tuple[str, ...]) -> Path:
    """The path, at which these texts count as nothing; a constant and a count are none of them."""
    how = conversion(path)
    if isinstance(path[0], Together):
        together = Together(tuple(_unless(each, texts) for each in path[0].paths))
        return (together, how) if how else (together,)
    if not texts or isinstance(path[0], Constant) or how == Convert(COUNT):
        return path
    return (*path[:-1], Unless(texts), how) if how else (*path, Unless(texts))
