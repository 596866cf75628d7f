"""Verdict rows as files: JSONL, CSV and Parquet, behind `FORMATS`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.visitors.values import carried_json, carried_texts, scalar_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from icpctl.scoring.run import Rows

PLACE = ("source", "line")
VERDICT = ("id", "icp_match", "icp", "icp_score", "matches")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which rows and columns are written."""

    only_matched: bool = False
    with_line: bool = False
    carry: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names in order."""
        return (*(PLACE if self.with_line else ()), *VERDICT, *self.carry)


class Writer(Protocol):
    """Takes rows in order."""

    def write(self, rows: Rows) -> None:
        """Write the rows of one batch."""

    def close(self) -> None:
        """Write what the format needs at its end."""


class JsonLines:
    """One JSON object a line. A field that is carried keeps its JSON value."""

    def __init__(self, file: BinaryIO, layout: Layout) -> None:
        self._file = file
        self._layout = layout

    def write(self, rows: Rows) -> None:
        """Write the rows of one batch."""
        kept = _Kept(rows, self._layout)
        texts = {name: value for name, value in kept.json_texts().items() if value is not None}
        parts: list[pa.Array | str] = []
        for number, name in enumerate(self._layout.columns):
            parts += [("," if number else "{") + json.dumps(name, ensure_ascii=False) + ":"]
            parts += [texts[name]]
        if kept.count:
            lines = pc.binary_join_element_wise(*parts, "}\n", "")
            self._file.write(bytes_of(lines))

    def close(self) -> None:
        """Write nothing: the last line has its end."""


class Csv:
    """Comma-separated, with a header, quoted where needed; `matches` is JSON text."""

    def __init__(self, file: BinaryIO, layout: Layout) -> None:
        from pyarrow import csv

        self._layout = layout
        types = _PLAIN_TYPES | dict.fromkeys(layout.carry, pa.string())
        self._schema = pa.schema([(name, types[name]) for name in layout.columns])
        options = csv.WriteOptions(quoting_style="needed", quoting_header="needed")
        self._writer = csv.CSVWriter(file, self._schema, write_options=options)

    def write(self, rows: Rows) -> None:
        """Write the rows of one batch."""
        columns = _Kept(rows, self._layout).plain()
        arrays = [columns[name] for name in self._layout.columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the end."""
        self._writer.close()


class Parquet:
    """`matches` is a list of structs.

    A field that is carried is text, JSON text where it is no scalar.
    """

    def __init__(self, file: BinaryIO, layout: Layout) -> None:
        from pyarrow import parquet

        self._layout = layout
        types = _PLAIN_TYPES | {"matches": _MATCHES} | dict.fromkeys(layout.carry, pa.string())
        self._schema = pa.schema([(name, types[name]) for name in layout.columns])
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")

    def write(self, rows: Rows) -> None:
        """Write the rows of one batch."""
        kept = _Kept(rows, self._layout)
        columns = kept.plain() | {"matches": kept.match_lists()}
        arrays = [
            columns[name].cast(self._schema.field(name).type) for name in self._layout.columns
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the end."""
        self._writer.close()


FORMATS: dict[str, Callable[[BinaryIO, Layout], Writer]] = {
    ".jsonl": JsonLines,
    ".ndjson": JsonLines,
    ".csv": Csv,
    ".parquet": Parquet,
}
"""A file's extension -> what writes it."""

_PLAIN_TYPES = {
    "source": pa.string(),
    "line": pa.int64(),
    "id": pa.string(),
    "icp_match": pa.bool_(),
    "icp": pa.string(),
    "icp_score": pa.float64(),
    "matches": pa.string(),
}
_MATCHES = pa.list_(pa.struct([("config", pa.string()), ("score", pa.float64())]))


class _Kept:
    """The rows to write, column by column."""

    def __init__(self, rows: Rows, layout: Layout) -> None:
        self._rows = rows
        self._slugs = rows.slugs
        verdicts = rows.verdicts
        self._matched = verdicts.icp >= 0
        self._chosen = self._matched if layout.only_matched else None
        self.count = int(self._matched.sum()) if layout.only_matched else len(self._matched)

    def json_texts(self) -> dict[str, pa.Array | str]:
        verdicts = self._rows.verdicts
        return {
            "source": json.dumps(self._rows.source, ensure_ascii=False),
            "line": self._pick(pa.array(self._rows.lines)).cast(pa.string()),
            "id": _quoted(self._pick(self._rows.ids)),
            "icp_match": _taken(["false", "true"], self._pick(self._matched)),
            "icp": _taken([*map(json.dumps, self._slugs), "null"], self._pick(verdicts.icp)),
            "icp_score": _score_texts(self._pick(verdicts.icp_score)),
            "matches": self._pick(self._match_texts()),
            **{
                name: carried_json(self._pick(tokens))
                for name, tokens in self._rows.carried.items()
            },
        }

    def plain(self) -> dict[str, pa.Array]:
        verdicts = self._rows.verdicts
        return {
            "source": pa.repeat(self._rows.source, self.count),
            "line": self._pick(pa.array(self._rows.lines)),
            "id": scalar_texts(self._pick(self._rows.ids)),
            "icp_match": pa.array(self._pick(self._matched)),
            "icp": _taken([*self._slugs, None], self._pick(verdicts.icp)),
            "icp_score": pa.array(self._pick(verdicts.icp_score)),
            "matches": self._pick(self._match_texts()),
            **{
                name: carried_texts(self._pick(tokens))
                for name, tokens in self._rows.carried.items()
            },
        }

    def match_lists(self) -> pa.Array:
        verdicts = self._rows.verdicts
        fields = [_taken(list(self._slugs), verdicts.configs), pa.array(verdicts.scores)]
        structs = pa.StructArray.from_arrays(fields, names=["config", "score"])
        return self._pick(pa.ListArray.from_arrays(pa.array(verdicts.offsets), structs))

    def _match_texts(self) -> pa.Array:
        verdicts = self._rows.verdicts
        heads = [f'{{"config":{json.dumps(slug)},"score":' for slug in self._slugs]
        head = _taken(heads, verdicts.configs)
        items = pc.binary_join_element_wise(head, _score_texts(verdicts.scores), "}", "")
        lists = pa.ListArray.from_arrays(pa.array(verdicts.offsets), items)
        return pc.binary_join_element_wise("[", pc.binary_join(lists, ","), "]", "")

    def _pick(self, column: Any) -> Any:
        if self._chosen is None:
            return column
        if isinstance(column, np.ndarray):
            return column[self._chosen]
        return column.filter(pa.array(self._chosen))


def _taken(texts: Sequence[str | None], numbers: np.ndarray) -> pa.Array:
    """`texts` by number; -1 is the last one."""
    at = np.where(numbers < 0, len(texts) - 1, numbers)
    return pa.array(texts, pa.string()).take(pa.array(at.astype(np.int64)))


def _score_texts(scores: np.ndarray) -> pa.Array:
    distinct, numbers = np.unique(scores, return_inverse=True)
    return _taken([json.dumps(score) for score in distinct.tolist()] or [None], numbers)


def _quoted(tokens: pa.Array) -> pa.Array:
    """JSON texts of ids as JSON strings, null for what is no id."""
    simple = pc.and_(pc.starts_with(tokens, '"'), pc.invert(pc.match_substring(tokens, "\\")))
    if pc.all(pc.fill_null(simple, True)).as_py() and not pc.any(pc.equal(tokens, '""')).as_py():
        known = pc.fill_null(tokens, "null")
        blank = pc.match_substring_regex(known, r'^"\s*"$')
        if not pc.any(blank).as_py():
            return known
    texts = [
        None if text is None else json.dumps(text, ensure_ascii=False)
        for text in scalar_texts(tokens).to_pylist()
    ]
    return pc.fill_null(pa.array(texts, pa.string()), "null")


def bytes_of(lines: pa.Array) -> memoryview:
    """The bytes of all strings of an array without gaps, one after another."""
    _, offsets, data = lines.buffers()
    first, last = np.frombuffer(offsets, np.int32)[[lines.offset, lines.offset + len(lines)]]
    return memoryview(data)[first:last]
