"""The built-in mappings as a list, in the formats of `LISTS`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from icpctl.mappings.paths import path_text
from icpctl.output.console import table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.mappings.mapping import Mapping
    from icpctl.output.formats import ReportFormat


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
    bodies = [
        {
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
        for mapping in mappings
    ]
    print(json.dumps(bodies, indent=2, ensure_ascii=False))


LISTS: dict[ReportFormat, Callable[[Sequence[Mapping]], None]] = {
    "table": list_table,
    "json": list_json,
}
