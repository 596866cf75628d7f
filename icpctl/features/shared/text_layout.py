"""New text for values, as YAML or JSON, laid out for reading."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

_SHORT = 80  # characters of a list that is written on one line
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


# What has no width or turns the direction of what is around it; only quoted text has any of it.
_HIDDEN = re.compile("[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


def json_text(
    value: object, indent: str | None, *, ascii_only: bool = False, compact: bool = False
) -> str:
    """Return a value as JSON, on one line unless there is an indentation."""
    signs = ("," if compact or indent is not None else ", ", ":" if compact else ": ")
    return json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=signs)


def yaml_text(value: object, *, flow: bool = False, quote: str | None = None) -> str:
    """Return a value as YAML lines, or on one line with `flow`; `quote` is for a lone scalar.

    Text that any version of YAML would take for something else is quoted.
    """
    import yaml

    if quote == '"' and isinstance(value, str) and value.isprintable():
        return json_text(value, None) + "\n"  # which is YAML too, and escapes no emoji
    text: str = yaml.dump(
        value,
        Dumper=_dumper(),
        sort_keys=False,
        allow_unicode=True,
        width=2**20,
        default_flow_style=flow,
        default_style=quote,
    )
    return _HIDDEN.sub(_escaped, text.removesuffix("...\n"))


def _escaped(character: re.Match[str]) -> str:
    return f"\\u{ord(character[0]):04x}"


@cache
def _dumper() -> type[yaml.SafeDumper]:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Indents lists, prefers double quotes, and writes short lists on one line."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            del indentless
            super().increase_indent(flow, False)

        def choose_scalar_style(self) -> str:
            style: str = super().choose_scalar_style()
            event: Any = self.event
            unasked = style == "'" and event.style is None
            return '"' if unasked and max(event.value, default="") < "\U00010000" else style

        def ignore_aliases(self, data: object) -> bool:
            del data
            return True

    def text_node(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
        odd = _NUMBER.fullmatch(value) or not value.isprintable()
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if odd else None)

    def list_node(dumper: yaml.SafeDumper, value: list[object]) -> yaml.Node:
        nested = any(isinstance(item, dict | list) for item in value)
        flow = True if len(str(value)) <= _SHORT and not nested else None
        return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flow)

    Dumper.add_representer(str, text_node)
    Dumper.add_representer(list, list_node)
    return Dumper
