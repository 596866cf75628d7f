"""The text of a new config file: its fields in their order, laid out for reading."""

from __future__ import annotations

from typing import Any, Literal

from icpctl.features.shared.text_layout import json_text, yaml_text

FileFormat = Literal["yaml", "json"]

# A relative name, because editors look for it beside the file; hidden, so that it is not a config.
SCHEMA_FILE = ".icpctl.schema.json"
SCHEMA_LINE = f"# yaml-language-server: $schema={SCHEMA_FILE}"

# The order of a config's fields in a file; what servers set comes last.
FIELDS = ("$schema", "label", "priority", "isActive", "minScore", "exclude", "rules")


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
