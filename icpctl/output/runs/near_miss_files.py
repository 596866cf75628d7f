"""Near misses as files: a row for a visitor, a config and the condition that fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from icpctl.output.condition_phrases import phrase
from icpctl.output.runs.csv_texts import harmless
from icpctl.values.typed_columns import carried_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from icpctl.output.runs.verdict_rows import Form
    from icpctl.scoring.reasons import NearMiss

COLUMNS = ("id", "config", "group", "condition", "seen")
_SCHEMA = pa.schema([(name, pa.int64() if name == "group" else pa.string()) for name in COLUMNS])


class NearMissWriter(Protocol):
    """Takes near misses in order."""

    def write(self, near_misses: Sequence[NearMiss]) -> None:
        """Write some near misses."""

    def close(self) -> None:
        """Write what the format needs at its end."""


class _JsonLines:
    """One JSON object a line; `seen` keeps its JSON value."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, near_misses: Sequence[NearMiss]) -> None:
        for cells in _cells(near_misses):
            row = dict(zip(COLUMNS, cells, strict=True))
            text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
            self._file.write(text.encode() + b"\n")

    def close(self) -> None:
        """Write nothing: the last line has its end."""


class _Csv:
    """Comma-separated, with a header."""

    def __init__(self, file: BinaryIO) -> None:
        from pyarrow import csv

        options = csv.WriteOptions(quoting_style="needed", quoting_header="needed")
        self._writer = csv.CSVWriter(file, _SCHEMA, write_options=options)

    def write(self, near_misses: Sequence[NearMiss]) -> None:
        arrays = [harmless(column) for column in _columns(near_misses)]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA))

    def close(self) -> None:
        self._writer.close()


class _Parquet:
    """The columns as text, `group` as a number."""

    def __init__(self, file: BinaryIO) -> None:
        from pyarrow import parquet

        self._writer = parquet.ParquetWriter(file, _SCHEMA, compression="zstd")

    def write(self, near_misses: Sequence[NearMiss]) -> None:
        self._writer.write_batch(pa.RecordBatch.from_arrays(_columns(near_misses), schema=_SCHEMA))

    def close(self) -> None:
        self._writer.close()


WRITERS: dict[Form, Callable[[BinaryIO], NearMissWriter]] = {
    "jsonl": _JsonLines,
    "csv": _Csv,
    "parquet": _Parquet,
}


def _cells(near_misses: Sequence[NearMiss]) -> Iterator[tuple[object, ...]]:
    """Yield the cells of each row; the text of a condition is made once."""
    texts: dict[int, str] = {}
    for visitor, config, group, condition, seen in near_misses:
        if id(condition) not in texts:
            texts[id(condition)] = phrase(condition)
        yield visitor, config, group, texts[id(condition)], seen


def _columns(near_misses: Sequence[NearMiss]) -> list[pa.Array]:
    """The columns; what was seen as text, a list as JSON."""
    ids, configs, groups, conditions, seen = zip(*_cells(near_misses), strict=True)
    tokens = [json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in seen]
    return [
        pa.array(ids, pa.string()),
        pa.array(configs, pa.string()),
        pa.array(groups, pa.int64()),
        pa.array(conditions, pa.string()),
        carried_texts(pa.array(tokens, pa.string())),
    ]
