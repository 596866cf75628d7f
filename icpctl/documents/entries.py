"""Where the entries of a config's top level stand in its text, to the character."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from icpctl.documents.json_reader import object_spans
from icpctl.documents.yaml_reader import yaml_events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.documents.document import Document


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value: where each begins, and where the value ends; empty: it begins there."""

    key: str
    key_start: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TopLevel:
    """The entries of a config's top level in their order; `flow` when braces hold them."""

    entries: list[Entry]
    flow: bool

    def find(self, key: str) -> Entry | None:
        """Return the entry of a key, or None."""
        return next((entry for entry in self.entries if entry.key == key), None)


def top_level(document: Document) -> TopLevel:
    """Return the top level of a document that holds a config."""
    if document.is_json:
        return TopLevel([Entry(*span) for span in object_spans(document.text)], flow=True)
    return _yaml_top_level(document.text)


def _yaml_top_level(text: str) -> TopLevel:
    flow = False
    nodes: list[tuple[str, int, int]] = []
    for depth, event in _nodes(text):
        if depth == 0:
            flow = bool(event.flow_style)
        elif depth == 1:
            name = getattr(event, "value", "")
            nodes.append((name, event.start_mark.index, event.end_mark.index))
        else:  # a block ends where the last thing in it ends, not where the next one begins
            name, start, end = nodes[-1]
            nodes[-1] = name, start, max(end, event.end_mark.index)
    pairs = zip(nodes[::2], nodes[1::2], strict=True)
    return TopLevel([Entry(key[0], key[1], it[1], it[2]) for key, it in pairs], flow)


def _nodes(text: str) -> Iterator[tuple[int, Any]]:
    """Yield what stands in a YAML text, with its depth; flow collections also when they end."""
    depth = 0
    for event in yaml_events(text):
        closes = text[event.start_mark.index : event.end_mark.index] in ("}", "]")
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            if closes and depth:
                yield depth + 1, event
        elif isinstance(event, yaml.NodeEvent):
            yield depth, event
            depth += isinstance(event, yaml.CollectionStartEvent)
