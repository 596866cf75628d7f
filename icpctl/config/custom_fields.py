"""Custom fields: `fields.yaml` in a folder of configs -> condition types `field.NAME`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from icpctl.documents.document import KeyedReader, List, Object, Scalar, cut
from icpctl.documents.reading import read_document
from icpctl.mappings.paths import is_many, parse_path
from icpctl.vocabulary import CUSTOM_PREFIX, ConditionType, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.documents.document import Node
    from icpctl.errors import Finding

NAME = re.compile(r"[a-z][a-z0-9_]*")
_KEYS = ("kind", "paths", "description")
_KINDS = {
    "text": (Kind.TEXT, "{comparator: exists}"),
    "number": (Kind.NUMBER, "{comparator: gte, value: 1}"),
    "boolean": (Kind.BOOLEAN, "{comparator: equals, value: true}"),
    "days": (Kind.NUMBER, "{comparator: lte, value: 30}"),
}
_EXAMPLE = "for example: annual_revenue: {kind: number, paths: [company.annual_revenue]}"
_NOT_AN_OBJECT = ("ICP801", "fields.yaml must be an object of fields", _EXAMPLE)


def read_fields(data: bytes, file: str) -> tuple[list[ConditionType], list[Finding]]:
    """Return the condition types that a `fields.yaml` declares, and what is wrong with it."""
    document = read_document(data, file)
    reader = _FieldsReader(document)
    entries = list(reader.fields())
    return entries, [document.finding(problem) for problem in reader.problems]


class _FieldsReader(KeyedReader):
    """Reads the fields one by one, and notes each problem at its place."""

    def fields(self) -> Iterator[ConditionType]:
        """Yield the fields that are right."""
        for name, start, node in self.all_entries(_NOT_AN_OBJECT):
            own = name.removeprefix(CUSTOM_PREFIX)
            if not NAME.fullmatch(own):
                hint = "a name is a lower-case letter, then letters, digits and _"
                self.note("ICP802", start, f"{cut(name)} is not the name of a field", hint)
            elif not isinstance(node, Object):
                self.note("ICP801", start, f"the field {name} must be an object", _EXAMPLE)
            elif entry := self._field(own, start, node):
                yield entry

    def _field(self, name: str, start: int, node: Object) -> ConditionType | None:
        for key, (place, _) in node.entries.items():
            if key not in _KEYS:
                self.note_unknown("ICP801", place, "key", key, _KEYS)
        keys = {key: value for key, (_, value) in node.entries.items()}
        kind = self._kind(name, start, keys.get("kind"))
        paths = self._paths(name, start, keys.get("paths"), kind)
        if kind is None or not paths:
            return None
        about = self._text(keys["description"], "a description") if "description" in keys else None
        return ConditionType(
            CUSTOM_PREFIX + name,
            _KINDS[kind][0],
            about or name.replace("_", " "),
            _KINDS[kind][1],
            has_ranges=kind == "number",
            is_count=kind == "days",
            is_days=kind == "days",
            paths=tuple(paths),
            amount=f"{name.replace('_', ' ')} was {{}} days ago" if kind == "days" else "",
        )

    def _kind(self, name: str, start: int, node: Node | None) -> str | None:
        if node is None:
            hint = f"such as kind: text; known: {', '.join(_KINDS)}"
            self.note("ICP801", start, f"the field {name} has no kind", hint)
            return None
        kind = self._text(node, "a kind")
        if kind is not None and kind not in _KINDS:
            self.note_unknown("ICP803", node.start, "kind", kind, _KINDS)
            return None
        return kind

    def _paths(self, name: str, start: int, node: Node | None, kind: str | None) -> list[str]:
        if node is None:
            self.note("ICP801", start, f"the field {name} has no paths", _EXAMPLE)
            return []
        paths: list[str] = []
        for entry in node.items if isinstance(node, List) else [node]:
            path = self._text(entry, "a path")
            if path is not None and self._is_path(path, entry, name, kind):
                paths.append(path)
        if isinstance(node, List) and not node.items:
            self.note("ICP801", node.start, f"the field {name} has no paths", _EXAMPLE)
        return paths

    def _is_path(self, text: str, node: Node, name: str, kind: str | None) -> bool:
        try:
            steps = parse_path(text)
        except ValueError as error:
            self.note("ICP804", node.start, f"bad path {cut(text)}: {error}")
            return False
        if kind != "text" and is_many(steps):
            message = f"{name} is one value, {text} gives several"
            self.note("ICP804", node.start, message, "[0] is the first element, [-1] the last")
            return False
        return True

    def _text(self, node: Node, what: str) -> str | None:
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
            return node.value.strip()
        self.note("ICP801", node.start, f"{what} must be text that is not empty")
        return None
