"""Reads a file of a table format field by field, for tests."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any, NamedTuple

from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.files.sources import find_sources
from icpctl.exports.readers.reading import Reader
from icpctl.mappings.mapping import PAGES
from icpctl.mappings.paths import parse_path

if TYPE_CHECKING:
    from pathlib import Path


class Read(NamedTuple):
    """Rows as Python values, their lines, and rejected lines with reasons."""

    rows: list[dict[str, Any]]
    lines: list[int]
    rejected: list[tuple[int, str]]

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]


def read(
    path: Path | str,
    fields: dict[str, str | list[str]],
    *,
    batch_rows: int = 1000,
    batch_bytes: int = 1 << 20,
    encoding: str | None = None,
) -> Read:
    """The fields of all rows; for each the paths to try."""
    columns = Columns(
        {
            name: tuple(map(parse_path, [paths] if isinstance(paths, str) else paths))
            for name, paths in fields.items()
        }
    )
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    rejected: list[tuple[int, str]] = []
    with tempfile.TemporaryDirectory():
        reader = Reader(columns, batch_rows=batch_rows, batch_bytes=batch_bytes)
        for source in find_sources([str(path)], encoding):
            for batch in reader.read(source):
                rows += [
                    {name: _value(name, found) for name, found in row.items()}
                    for row in batch.table.to_pylist()
                ]
                lines += batch.lines.tolist()
                rejected += [(one.line, one.reason) for one in batch.rejected]
    return Read(rows, lines, rejected)


def _value(name: str, found: Any) -> Any:
    if name == PAGES and isinstance(found, list):
        return [one and json.loads(one) for one in found]
    return None if found is None else json.loads(found)
