"""Other weights and thresholds in a config's file, with every other byte and comment kept."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from icpctl.config.editing.edits import edited
from icpctl.config.editing.writing import checked_text
from icpctl.documents.tree import List, Object, Scalar

if TYPE_CHECKING:
    from icpctl.config.config_file import ConfigFile
    from icpctl.documents.tree import Node

_SCALAR = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|[^\s,}\]#]+")


def with_rules(file: ConfigFile, rules: dict[str, Any]) -> bytes:
    """The file's bytes with these rules, which differ in thresholds and weights.

    Where the file is written in a way that single values cannot be changed, its rules are laid out
    anew.
    """
    wanted = file.config.rules.model_validate(rules)
    if wanted == file.config.rules:
        return file.data
    data = _patched(file, rules)
    config = checked_text(data) if data is not None else None
    if data is not None and config is not None and config.rules == wanted:
        return data
    return edited(file.document, {"rules": rules})


def _patched(file: ConfigFile, rules: dict[str, Any]) -> bytes | None:
    text, edits = file.document.text, []
    for group, conditions in enumerate(rules["groups"]):
        for place, body in enumerate(conditions["conditions"]):
            path = ("rules", "groups", group, "conditions", place)
            node = _at(file.document.root, path)
            if not isinstance(node, Object):
                return None
            old = file.config.rules.groups[group].conditions[place]
            if (
                "value" in body
                and not isinstance(body["value"], list)
                and body["value"] != old.value
            ):
                edits.append(_replacement(text, node, "value", body["value"]))
            if body.get("weight", 1) != old.weight:
                edits.append(_replacement(text, node, "weight", body["weight"]))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    mark = file.data[: len(file.data) - len(file.document.text.encode())]
    return mark + text.encode()


def _replacement(text: str, node: Object, key: str, value: object) -> tuple[int, int, str]:
    """What to write where: over the scalar that is there, or before another key."""
    written = json.dumps(value)
    if key in node.entries and isinstance(node.entries[key][1], Scalar):
        start = node.entries[key][1].start
        old = _SCALAR.match(text, start)
        return start, old.end() if old else start, written
    before = node.entries["optional" if "optional" in node.entries else "comparator"][0]
    if text[node.start] == "{":
        name = json.dumps(key) if text[before] == '"' else key
        return before, before, f"{name}: {written}, "
    column = before - (text.rfind("\n", 0, before) + 1)
    return before, before, f"{key}: {written}\n{' ' * column}"


def _at(node: Node | None, path: tuple[str | int, ...]) -> Node | None:
    for step in path:
        if isinstance(node, Object):
            node = node.entries.get(str(step), (0, None))[1]
        elif isinstance(node, List) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node
