"""Mapping files: YAML text -> `Mapping`; everything that is wrong is a finding with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from icpctl.errors import Finding, IcpctlError, Location
from icpctl.visitors.conversions import CONVERSIONS, COUNT, SPLIT
from icpctl.visitors.mapping import FIELDS, PAGES, SINGLE, Mapping
from icpctl.visitors.paths import Constant, Convert, Path, is_many, parse_path, path_text
from icpctl.vocabulary import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_BYTES = 1_048_576
TITLE = "title"
ABOUT = ("recognised_by", "by", "session")
"""Keys that hold paths and are no fields."""

_KEYS = (TITLE, *ABOUT, *FIELDS)
_ENTRY_KEYS = ("path", "as", SPLIT, "constant")
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def read_mapping(name: str, data: bytes) -> Mapping:
    """The mapping in a file's bytes; `name` is its name, also in findings.

    Raises `IcpctlError` `bad_mapping` with every finding.
    """
    reader = _Reader(name)
    mapping = reader.mapping(reader.root(data))
    if reader.findings:
        raise IcpctlError(
            "the mapping is not right",
            "bad_mapping",
            hint="docs/mappings.md tells what it may hold; icpctl mappings NAME prints one",
            findings=reader.findings,
        )
    return mapping


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.findings: list[Finding] = []

    def root(self, data: bytes) -> yaml.Node | None:
        """The tree of the one YAML document, or None and a finding."""
        try:
            if len(data) <= MAX_BYTES:
                return yaml.compose(data.decode("utf-8-sig"), Loader=_LOADER)
            message, place = "the file is over 1 MiB", Location(self.name)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            column = error.start - data.rfind(b"\n", 0, error.start)
            message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
            place = Location(self.name, line, column)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Location(self.name, *((mark.line + 1, mark.column + 1) if mark else ()))
            message = str(error.problem)
        except (yaml.YAMLError, RecursionError) as error:
            message, place = str(error).splitlines()[0], Location(self.name)
        self.findings.append(Finding("ICP501", "error", message, place))
        return None

    def _find(self, code: str, node: yaml.Node, message: str, hint: str | None = None) -> None:
        place = Location(self.name, node.start_mark.line + 1, node.start_mark.column + 1)
        self.findings.append(Finding(code, "error", message, place, hint))

    def mapping(self, root: yaml.Node | None) -> Mapping:
        paths: dict[str, tuple[Path, ...]] = dict.fromkeys(FIELDS, ())
        about: dict[str, tuple[Path, ...]] = dict.fromkeys(ABOUT, ())
        title = ""
        for key, value in self._entries(root):
            if key == TITLE:
                title = self._text(value, "the title is a text") or ""
            elif key in about:
                plain = [path for path, node in self._paths(value) if self._is_plain(path, node)]
                about[key] = tuple(plain)
            else:
                kept = [path for path, node in self._paths(value) if self._fits(key, path, node)]
                paths[key] = tuple(kept)
        if not self.findings and not any(paths.values()):
            self.findings.append(
                Finding(
                    "ICP507",
                    "error",
                    "the mapping names no field",
                    Location(self.name, 1, 1),
                    "for example: industry: [industry, company.industry]",
                )
            )
        where = Location(self.name, 1, 1)
        return Mapping(self.name, paths, title or self.name, **about, where=where)

    def _entries(self, root: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
        """The known keys of the file with their values."""
        if root is None:
            return
        if not isinstance(root, yaml.MappingNode):
            hint = "for example: industry: [industry, company.industry]"
            self._find("ICP505", root, "a mapping is an object of fields and their paths", hint)
            return
        seen: dict[str, int] = {}
        for key, value in root.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name not in _KEYS:
                meant = nearest(name, _KEYS)
                hint = f"did you mean {meant}?" if meant else f"known are: {', '.join(_KEYS)}"
                self._find("ICP502", key, f"unknown field {name[:60]!r}", hint)
            elif name in seen:
                message = f"the field {name!r} stands here again"
                self._find("ICP506", key, message, f"see line {seen[name]}")
            else:
                seen[name] = key.start_mark.line + 1
                yield name, value

    def _paths(self, value: yaml.Node) -> Iterator[tuple[Path, yaml.Node]]:
        entries: Iterable[yaml.Node] = (
            value.value if isinstance(value, yaml.SequenceNode) else [value]
        )
        for entry in entries:
            path = self._entry(entry)
            if path is not None:
                yield path, entry

    def _entry(self, node: yaml.Node) -> Path | None:
        """A path, or an object of a path and what is done with its value, or of a constant."""
        if isinstance(node, yaml.ScalarNode):
            return self._path(node)
        if not isinstance(node, yaml.MappingNode):
            hint = "write company.industry, or {path: company.website, as: host}"
            self._find("ICP505", node, "a path is a text, or an object of path and as", hint)
            return None
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name not in _ENTRY_KEYS or name in found:
                hint = f"known are: {', '.join(_ENTRY_KEYS)}, each once"
                self._find("ICP505", key, f"{name[:60]!r} does not belong here", hint)
                return None
            found[name] = value
        if set(found) not in ({"path"}, {"path", "as"}, {"path", SPLIT}, {"constant"}):
            hint = "write {path: ...}, with as: ... or split: ... beside it, or {constant: ...}"
            self._find("ICP505", node, f"{' and '.join(found) or 'nothing'} make no path", hint)
            return None
        return self._composed(found)

    def _composed(self, found: dict[str, yaml.Node]) -> Path | None:
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
                meant = nearest(name, CONVERSIONS)
                hint = f"did you mean {meant}?" if meant else f"known are: {', '.join(CONVERSIONS)}"
                self._find("ICP504", found["as"], f"unknown conversion {name[:60]!r}", hint)
                return None
            return (*path, Convert(name))
        return path

    def _path(self, node: yaml.Node) -> Path | None:
        text = self._text(node, "a path is a text such as company.industry")
        if text is None:
            return None
        try:
            return parse_path(text)
        except ValueError as error:
            self._find("ICP503", node, f"bad path {text[:60]!r}: {error}")
            return None

    def _text(self, node: yaml.Node, wanted: str) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.value:
            return str(node.value)
        self._find("ICP505", node, f"{wanted}, not empty")
        return None

    def _fits(self, field: str, path: Path, node: yaml.Node) -> bool:
        """Whether what the path gives can be what the field holds."""
        how = path[-1] if isinstance(path[-1], Convert) else None
        if field in SINGLE and how != Convert(COUNT):
            if is_many(path):
                message = f"{field} is one value, {path_text(path)} gives several"
                self._find("ICP508", node, message, "[0] is the first element, [-1] the last")
                return False
            if how and how.name == SPLIT:
                self._find("ICP508", node, f"{field} is one value, split gives several")
                return False
        elif field == PAGES and how == Convert(COUNT):
            self._find("ICP508", node, "pages are a list, count gives a number")
            return False
        return True

    def _is_plain(self, path: Path, node: yaml.Node) -> bool:
        if isinstance(path[-1], Convert | Constant):
            self._find("ICP505", node, "here a path is a text, without conversion or constant")
        elif is_many(path):
            self._find("ICP508", node, "one value is needed here", "[0] is the first element")
        else:
            return True
        return False
