"""The built-in mappings as a list, in the formats of `LISTS`, and one of them as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from icpctl.mappings.paths import path_text
from icpctl.output.console import print_json, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.mappings.mapping import Mapping
    from icpctl.output.console import ReportFormat


def list_table(mappings: Sequence[Mapping]) -> None:
    """Print one line per mapping."""
    rows = [
        [
            mapping.name,
            mapping.title,
            "events" if mapping.by else "",
            ", ".join(map(path_text, mapping.by or mapping.rollup_by)),
        ]
        for mapping in mappings
    ]
    table(["MAPPING", "FORMAT", "RECORDS", "ROLLED UP BY"], rows, folds="ROLLED UP BY")


def list_json(mappings: Sequence[Mapping]) -> None:
    """Print an array of the mappings, their paths as text."""
    print_json([_body(mapping) for mapping in mappings])


def print_mapping(mapping: Mapping) -> None:
    """Print one mapping as the array has it."""
    print_json(_body(mapping))


def _body(mapping: Mapping) -> dict[str, Any]:
    return {
        "name": mapping.name,
        "title": mapping.title,
        "recognisedBy": [list(map(path_text, keys)) for keys in mapping.recognised_by],
        "by": list(map(path_text, mapping.by)),
        "rollupBy": list(map(path_text, mapping.rollup_by)),
        "session": list(map(path_text, mapping.session)),
        "fields": {
            name: list(map(path_text, paths)) for name, paths in mapping.paths.items() if paths
        },
    }


LISTS: dict[ReportFormat, Callable[[Sequence[Mapping]], None]] = {
    "table": list_table,
    "json": list_json,
}
