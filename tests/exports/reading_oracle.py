"""What the reader gives of a file's lines, and what the oracle makes of the same bytes."""

from __future__ import annotations

import json
import math
import tempfile
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.files.sources import HEAD_BYTES, find_sources
from icpctl.exports.readers.json_documents import layout_of
from icpctl.exports.readers.reading import BATCH_ROWS, Reader
from icpctl.mappings.loading import load_mapping
from tests import oracle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.mappings.mapping import Mapping

DEEP = 60
"""Levels of nesting that are compared; what lies deeper reaches no condition."""

Paths = dict[str, list[tuple[str, ...]]]

DEFAULT: Paths = {
    field: [tuple(path.split(".")) for path in paths]  # no key of it has a dot
    for field, paths in yaml.safe_load(
        (resources.files("icpctl.mappings") / "formats" / "default.yaml").read_text("utf-8")
    ).items()
    if field not in ("title", "rollup_by", "session", "contact")
}
"""The default mapping as its file has it."""


class Lines(NamedTuple):
    """By line number: the fields of each record, and the lines that are rejected."""

    records: dict[int, dict[str, Any]]
    rejected: list[int]


def by_icpctl(
    data: bytes, *, mapping: Mapping | None = None, batch_rows: int = BATCH_ROWS
) -> Lines:
    """What the reader makes of a file."""
    columns = Columns(dict((mapping or load_mapping(None)).paths))
    found = Lines({}, [])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "visitors.jsonl")
        path.write_bytes(data)
        for source in find_sources([str(path)]):
            for batch in Reader(columns, batch_rows=batch_rows).read(source):
                rows = batch.table.to_pylist()
                for number, row in zip(batch.lines.tolist(), rows, strict=True):
                    assert number not in found.records
                    found.records[number] = {
                        name: of_field(name, value_of(text))
                        for name, text in row.items()
                        if text is not None and not (name == "pages" and is_empty(text))
                    }
                found.rejected.extend(one.line for one in batch.rejected)
    return found


def by_oracle(lines: Sequence[bytes], mapping: Paths = DEFAULT) -> Lines:
    """What the oracle makes of the same lines, each with its end."""
    found = Lines({}, [])
    for number, line in enumerate(lines, 1):
        record = oracle.read_line(line, first=number == 1)
        if isinstance(record, oracle.Rejected):
            found.rejected.append(number)
        elif record is not None:
            found.records[number] = fields_of(record, mapping)
    return found


def fields_of(record: dict[str, Any], mapping: Paths) -> dict[str, Any]:
    """Each field's value: of those at its paths the first that fits, else the first misfit."""
    fields: dict[str, Any] = {}
    for field, paths in mapping.items():
        found = [value for path in paths for value in at(record, path) if value is not None]
        if field == "pages":
            found = [value for value in found if not is_empty(value)]
        if found:
            fields[field] = comparable(of_field(field, best_of(field, found)))
    return fields


def best_of(field: str, values: Sequence[Any]) -> Any:
    """The first value that fits, else the first misfit; None of no values."""
    return max(values, key=lambda value: fitness(field, value), default=None)


def is_empty(value: Any) -> bool:
    """Whether it is a list without anything in it."""
    return isinstance(value, list) and all(element is None for element in value)


def fitness(field: str, value: Any) -> int:
    """2 for a value that fits the field, 1 for a misfit, 0 for what counts as nothing."""
    if field == "id" and isinstance(value, list):
        return int(value != [])  # an id is one text
    seen = oracle.texts(value) if field == "id" else oracle.see({field: value}, field)
    return 2 if seen.values else int(not seen.fits)


def of_field(name: str, value: Any) -> Any:
    """What counts of a value: of pages a list, in which an object alone stands for a misfit."""
    if name != "pages" or isinstance(value, list):
        return value
    return [{} if is_object(value) else value]


def at(value: Any, keys: tuple[str, ...]) -> list[Any]:
    """What lies at the end of some keys in any spelling, the exact ones first."""
    if not keys:
        return [value]
    if not isinstance(value, dict):
        return []
    spelt = [key for key in value if key != keys[0] and oracle.form(key) == oracle.form(keys[0])]
    own = [keys[0]] if keys[0] in value else []
    return [found for key in own + spelt for found in at(value[key], keys[1:])]


def is_object(value: Any) -> bool:
    return isinstance(value, dict)


def value_of(text: str | list[str | None]) -> Any:
    """The value of a column's JSON text; the pages are a list of texts."""
    if isinstance(text, list):
        return [None if one is None else value_of(one) for one in text]
    return comparable(oracle.parse(text))


def comparable(value: Any, depth: int = 0) -> Any:
    """A value that equals itself: numbers as the text of their double, NaN and infinities alike."""
    if depth > DEEP:
        return "deep"
    if isinstance(value, list):
        return [comparable(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {key: comparable(one, depth + 1) for key, one in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return ("number", number(value))
    return value


def number(value: float) -> str:
    """A number's double, -0 as 0."""
    try:
        double = float(value)
    except OverflowError:
        return "none"
    return json.dumps(double + 0.0) if math.isfinite(double) else "none"


def disagreement(lines: list[bytes], batch_rows: int = BATCH_ROWS) -> list[bytes]:
    """As few of the lines as still are read in another way than the oracle reads them."""

    def differ(some: list[bytes]) -> bool:
        keys = {oracle.form(path[0]) for paths in DEFAULT.values() for path in paths}
        if layout_of(b"".join(some)[:HEAD_BYTES], is_whole=True, read_keys=keys):
            return False  # an array, for example: not lines
        return by_icpctl(b"".join(some), batch_rows=batch_rows) != by_oracle(some)

    if not differ(lines):
        return []
    size = len(lines) // 2
    while size:
        for start in range(0, len(lines), size):
            fewer = lines[:start] + lines[start + size :]
            if fewer and differ(fewer):
                lines = fewer
                break
        else:
            size //= 2
    return lines
