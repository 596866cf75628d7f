"""New texts of configs: laid out for reading, YAML or JSON, whole or one field of one."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from icpctl.config.scalars import NUMBER

if TYPE_CHECKING:
    import yaml

FileFormat = Literal["yaml", "json"]

# A relative name, because editors look for it beside the file; hidden, so that it is no config.
SCHEMA_FILE = ".icpctl.schema.json"
SCHEMA_LINE = f"# yaml-language-server: $schema={SCHEMA_FILE}"

# The order of a config's fields in a file; what servers set comes last.
FIELDS = ("label", "priority", "isActive", "minScore", "exclude", "rules")

_SHORT = 80  # characters of a list that stands on one line


def config_text(body: dict[str, Any], form: FileFormat) -> str:
    """Return the text of a new file for a body, which is JSON values with the API's keys."""
    ordered = {key: body[key] for key in FIELDS if key in body}
    ordered |= {key: value for key, value in body.items() if key not in ordered}
    if form == "json":
        return json_text(ordered, "  ") + "\n"
    head = {key: value for key, value in ordered.items() if key in FIELDS and key != "rules"}
    tail = {key: value for key, value in ordered.items() if key not in FIELDS}
    parts = (head, {"rules": ordered["rules"]}, tail)
    return SCHEMA_LINE + "\n" + "\n".join(yaml_text(part) for part in parts if part)


def json_text(
    value: object, indent: str | None, *, ascii_only: bool = False, compact: bool = False
) -> str:
    """Return a value as JSON, on one line unless there is an indentation."""
    signs = ("," if compact or indent is not None else ", ", ":" if compact else ": ")
    return json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=signs)


def yaml_text(value: object, *, flow: bool = False, quote: str | None = None) -> str:
    """Return a value as YAML lines, or on one line with `flow`; `quote` is for a lone scalar.

    Text that any version of YAML would take for something else stands in quotes.
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
    return text.removesuffix("...\n")


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
        odd = NUMBER.fullmatch(value) or not value.isprintable()
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if odd else None)

    def list_node(dumper: yaml.SafeDumper, value: list[object]) -> yaml.Node:
        short = len(str(value)) <= _SHORT and not any(isinstance(it, dict | list) for it in value)
        flow = True if short else None
        return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flow)

    Dumper.add_representer(str, text_node)
    Dumper.add_representer(list, list_node)
    return Dumper
