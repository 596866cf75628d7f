"""Verdict rows as files: JSONL, CSV and Parquet, in `FORMATS`."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack, closing, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.exports.columns.json_texts import quoted
from icpctl.files import replacing
from icpctl.output.layout import EXCLUDED_BY, FORMS, TIER, WHY, RowFiles
from icpctl.values.typed_columns import carried_json, carried_texts, scalar_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import BinaryIO

    from icpctl.output.layout import Form, Layout, Targets, Writer
    from icpctl.scoring.run import Rows


class JsonLines:
    """One JSON object a line. A field that is carried keeps its JSON value."""

    def __init__(self, file: BinaryIO, layout: Layout) -> None:
        self._file = file
        self._layout = layout

    def write(self, rows: Rows) -> None:
        """Write the rows of one batch."""
        lines = json_lines(rows, self._layout, "\n")
        if len(lines):
            self._file.write(bytes_of(lines))
            self._file.flush()  # whoever reads a pipe gets the rows at once

    def close(self) -> None:
        """Write nothing: the last line has its end."""


def json_lines(rows: Rows, layout: Layout, end: str = "") -> pa.Array:
    """One JSON object for each row that is written, with `end` after it."""
    kept = _Kept(rows, layout)
    if not kept.count:
        return pa.array([], pa.string())
    texts = kept.json_texts()
    parts: list[pa.Array | str] = []
    columns = zip(layout.columns, layout.headers, strict=True)
    for number, (name, header) in enumerate(columns):
        parts += [("," if number else "{") + json.dumps(header, ensure_ascii=False) + ":"]
        parts += [texts[name]()]
    return pc.binary_join_element_wise(*parts, "}" + end, "")


def plain_columns(rows: Rows, layout: Layout, *, lists: bool) -> list[pa.Array]:
    """The columns of `layout` without dictionaries, of the rows that are written.

    `matches` are lists of structs with `lists`, else JSON texts.
    """
    kept = _Kept(rows, layout)
    columns = kept.plain()
    if lists:
        columns["matches"] = kept.plain_lists
    return [columns[name]() for name in layout.columns]


def plain_types(layout: Layout, *, lists: bool) -> dict[str, pa.DataType]:
    """The names and types of `plain_columns`."""
    return _types(layout, {"matches": _matches(pa.string())} if lists else {})


class Csv:
    """Comma-separated, with a header, quoted where needed; `matches` is JSON text."""

    def __init__(self, file: BinaryIO, layout: Layout) -> None:
        from pyarrow import csv

        self._layout = layout
        self._schema = pa.schema(_types(layout, {}))
        options = csv.WriteOptions(quoting_style="needed", quoting_header="needed")
        self._writer = csv.CSVWriter(file, self._schema, write_options=options)

    def write(self, rows: Rows) -> None:
        """Write the rows of one batch."""
        columns = _Kept(rows, self._layout).plain()
        arrays = [harmless(columns[name]()) for name in self._layout.columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the end."""
        self._writer.close()


class Parquet:
    """`matches` is a list of structs.

    A field that is carried is text, JSON text where it is not a scalar.
    """

    def __init__(self, file: BinaryIO, layout: Layout) -> None:
        from pyarrow import parquet

        self._layout = layout
        self._schema = pa.schema(_types(layout, _PARQUET_TYPES))
        coded = {"source", "icp", "icp_score", WHY}
        columns = [*zip(layout.columns, layout.headers, strict=True)]
        matches = [header for name, header in columns if name == "matches"]
        # Ids hardly repeat and statistics of nested columns serve nobody: both only take time.
        self._writer = parquet.ParquetWriter(
            file,
            self._schema,
            compression="zstd",
            store_schema=False,  # readers see plain text, not our dictionaries
            use_dictionary=[
                *(header for name, header in columns if name in coded),
                *(f"{header}.{part}" for header in matches for part in _MATCH_PARTS),
            ],
            write_statistics=[header for header in layout.headers if header not in matches],
        )

    def write(self, rows: Rows) -> None:
        """Write the rows of one batch."""
        kept = _Kept(rows, self._layout)
        columns = kept.plain() | kept.encoded()
        arrays = [columns[name]() for name in self._layout.columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the end."""
        self._writer.close()


_WRITERS: dict[Form, Callable[[BinaryIO, Layout], Writer]] = {
    "jsonl": JsonLines,
    "csv": Csv,
    "parquet": Parquet,
}
FORMATS = {suffix: _WRITERS[form] for suffix, form in FORMS.items()}
"""A file's extension -> what writes it."""


@contextmanager
def row_files(targets: Targets) -> Iterator[RowFiles]:
    """Yield what writes a run's files, which appear when the block ends without an error.

    Raises `IcpctlError` `not_written`.
    """
    files = RowFiles()
    with ExitStack() as stack:
        if targets.out is not None:
            file = (
                sys.stdout.buffer
                if targets.to_stdout
                else stack.enter_context(replacing(Path(targets.out)))
            )
            # Closed in any case: what a writer has not closed, it complains about at the end.
            files.rows = stack.enter_context(closing(FORMATS[targets.suffix](file, targets.layout)))
        if targets.rejects is not None:
            files.rejects = stack.enter_context(replacing(Path(targets.rejects)))
        yield files


_PLAIN_TYPES = {
    "source": pa.string(),
    "line": pa.int64(),
    "id": pa.string(),
    "icp_match": pa.bool_(),
    "icp": pa.string(),
    "icp_score": pa.float64(),
    "matches": pa.string(),
    TIER: pa.string(),
    EXCLUDED_BY: pa.string(),
    WHY: pa.string(),
}


def _matches(slugs: pa.DataType) -> pa.DataType:
    """The type of matches as lists, with slugs of this type."""
    return pa.list_(pa.struct([("config", slugs), ("score", pa.float64())]))


_CODED = pa.dictionary(pa.int32(), pa.string())
_PARQUET_TYPES = {
    "source": _CODED,
    "icp": _CODED,
    "matches": _matches(_CODED),
}
_MATCH_PARTS = ("list.element.config", "list.element.score")


def _types(layout: Layout, changed: Mapping[str, pa.DataType]) -> dict[str, pa.DataType]:
    """The columns of `layout` and their types, of which some are `changed`."""
    known = {**_PLAIN_TYPES, **changed, **dict.fromkeys(layout.carry, pa.string())}
    return {
        header: known[name] for name, header in zip(layout.columns, layout.headers, strict=True)
    }


class _Kept:
    """The rows to write, column by column; each is made when it is asked for."""

    def __init__(self, rows: Rows, layout: Layout) -> None:
        self._rows = rows
        self._slugs = rows.slugs
        self._verdicts = rows.verdicts
        self._matched = rows.verdicts.icp >= 0
        self._chosen = self._matched if layout.only_matched else None
        self.count = int(self._matched.sum()) if layout.only_matched else len(self._matched)

    def json_texts(self) -> dict[str, Callable[[], pa.Array | str]]:
        """JSON texts; a text alone is every row's."""
        slugs = [*map(json.dumps, self._slugs), "null"]
        return {
            "source": lambda: json.dumps(self._rows.source, ensure_ascii=False),
            "line": lambda: self._pick(pa.array(self._rows.lines)).cast(pa.string()),
            "id": lambda: _json_strings(scalar_texts(self._pick(self._rows.ids))),
            "icp_match": lambda: _taken(["false", "true"], self._pick(self._matched)),
            "icp": lambda: _taken(slugs, self._pick(self._verdicts.icp)),
            "icp_score": lambda: _score_texts(self._pick(self._verdicts.icp_hundredths)),
            "matches": lambda: self._pick(self._match_texts()),
            TIER: lambda: _taken([*map(json.dumps, self._rows.tiers), "null"], self._tier()),
            EXCLUDED_BY: lambda: _taken(slugs, self._excluded_by()),
            WHY: lambda: _json_strings(self._pick(self._why())),
            **{
                name: partial(self._carried, tokens, carried_json)
                for name, tokens in self._rows.carried.items()
            },
        }

    def plain(self) -> dict[str, Callable[[], pa.Array]]:
        """Columns of plain types."""
        slugs = [*self._slugs, None]
        return {
            "source": lambda: pa.repeat(self._rows.source, self.count),
            "line": lambda: self._pick(pa.array(self._rows.lines)),
            "id": lambda: scalar_texts(self._pick(self._rows.ids)),
            "icp_match": lambda: pa.array(self._pick(self._matched)),
            "icp": lambda: _taken(slugs, self._pick(self._verdicts.icp)),
            "icp_score": lambda: pa.array(self._pick(self._verdicts.icp_score)),
            "matches": lambda: self._pick(self._match_texts()),
            TIER: lambda: _taken([*self._rows.tiers, None], self._tier()),
            EXCLUDED_BY: lambda: _taken(slugs, self._excluded_by()),
            WHY: lambda: self._pick(self._why()),
            **{
                name: partial(self._carried, tokens, carried_texts)
                for name, tokens in self._rows.carried.items()
            },
        }

    def encoded(self) -> dict[str, Callable[[], pa.Array]]:
        """The columns that are better kept as numbers of a few texts, and the matches as lists."""
        return {
            "source": lambda: pa.DictionaryArray.from_arrays(
                np.zeros(self.count, np.int32), [self._rows.source]
            ),
            "icp": lambda: self._coded(self._pick(self._verdicts.icp)),
            "matches": lambda: self._pick(self._match_lists()),
        }

    def _tier(self) -> np.ndarray:
        """The number of each row's tier, -1 where it has none."""
        return self._numbers(self._verdicts.tier)

    def _excluded_by(self) -> np.ndarray:
        """The number of the config that excludes each row's visitor, -1 where none does."""
        return self._numbers(self._verdicts.excluded_by)

    def _numbers(self, numbers: np.ndarray | None) -> np.ndarray:
        none = np.full(len(self._matched), -1, np.int32)
        picked: np.ndarray = self._pick(none if numbers is None else numbers)
        return picked

    def plain_lists(self) -> pa.Array:
        """The matches as lists of structs of plain types."""
        slugs = pa.array(self._slugs, pa.string()).take(pa.array(self._verdicts.configs))
        return self._pick(self._lists(slugs))

    def _why(self) -> pa.Array:
        """The sentence of each row, null where none was made."""
        why = self._rows.why
        return pa.nulls(len(self._matched), pa.string()) if why is None else why

    def _carried(self, tokens: pa.Array, shown: Callable[[pa.Array], pa.Array]) -> pa.Array:
        return shown(self._pick(tokens))

    def _match_lists(self) -> pa.Array:
        return self._lists(self._coded(self._verdicts.configs))

    def _lists(self, slugs: pa.Array) -> pa.Array:
        fields = [slugs, pa.array(self._verdicts.scores)]
        structs = pa.StructArray.from_arrays(fields, names=["config", "score"])
        return pa.ListArray.from_arrays(pa.array(self._verdicts.offsets), structs)

    def _match_texts(self) -> pa.Array:
        """JSON texts of the lists; each match's text is made once for a config and score."""
        keys = self._verdicts.configs * _STEP + self._verdicts.hundredths
        encoded = pa.array(keys).dictionary_encode()
        pairs = (divmod(key, _STEP) for key in encoded.dictionary.to_pylist())
        texts = [
            f'{{"config":{json.dumps(self._slugs[config])},"score":{_score_text(score)}}}'
            for config, score in pairs
        ]
        items = pa.array(texts, pa.string()).take(encoded.indices)
        lists = pa.ListArray.from_arrays(pa.array(self._verdicts.offsets), items)
        return pc.binary_join_element_wise("[", pc.binary_join(lists, ","), "]", "")

    def _coded(self, numbers: np.ndarray) -> pa.Array:
        codes = pa.array(numbers, mask=numbers < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(self._slugs, pa.string()))

    def _pick(self, column: Any) -> Any:
        if self._chosen is None:
            return column
        if isinstance(column, np.ndarray):
            return column[self._chosen]
        return column.filter(pa.array(self._chosen))


_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$"
_STEP = 10_001  # scores, in hundredths, are below it
_score_text = cache(lambda hundredths: repr(hundredths / 100))  # which is how JSON has floats


def _score_texts(hundredths: np.ndarray) -> pa.Array:
    encoded = pa.array(hundredths).dictionary_encode()
    texts = map(_score_text, encoded.dictionary.to_pylist())
    return pa.array(texts, pa.string()).take(encoded.indices)


def _taken(texts: Sequence[str | None], numbers: np.ndarray) -> pa.Array:
    """`texts` by number; -1 is the last one."""
    at = np.where(numbers < 0, len(texts) - 1, numbers)
    return pa.array(texts, pa.string()).take(pa.array(at.astype(np.int64)))


def bytes_of(lines: pa.Array) -> memoryview:
    """The bytes of all strings of an array without gaps, one after another."""
    _, offsets, data = lines.buffers()
    first, last = np.frombuffer(offsets, np.int32)[[lines.offset, lines.offset + len(lines)]]
    return memoryview(data)[first:last]


def harmless(texts: pa.Array) -> pa.Array:
    """Return texts in which `'` precedes each that a spreadsheet would run as a formula.

    These begin with `=`, `+`, `-`, `@`, a tab or a return, and are not numbers. Columns that are
    not text are returned as they are.
    """
    if not pa.types.is_string(texts.type):
        return texts
    starts = pc.fill_null(pc.match_substring_regex(texts, _FORMULA), False)
    if not pc.any(starts).as_py():
        return texts
    is_formula = pc.and_not(starts, pc.match_substring_regex(texts, _NUMBER))
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", texts, ""), texts)


def _json_strings(texts: pa.Array) -> pa.Array:
    """Return texts as JSON strings, `null` for nulls."""
    return pc.fill_null(quoted(texts), "null")
