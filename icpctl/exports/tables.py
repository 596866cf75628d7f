"""Rows of tables (CSV, Parquet) as batches: the same JSON texts that JSON lines give.

A mapping's path finds a column that is named as its keys are, with dots between them, else a
column named as its first keys, in whose structs or JSON texts the rest is looked for.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, takewhile
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.exports import json_texts
from icpctl.exports.columns import Columns
from icpctl.exports.engine import connect
from icpctl.exports.key_tree import json_forms
from icpctl.exports.reading import Batch, Reader, Rejected
from icpctl.exports.sources import Source
from icpctl.mappings import conversions
from icpctl.mappings.conversions import BOUNDS, COUNT, RANGE
from icpctl.mappings.mapping import PAGES
from icpctl.mappings.paths import (
    Constant,
    Elements,
    Unless,
    conversion,
    keys_needed,
    missing_texts,
)
from icpctl.values import json_records
from icpctl.vocabulary import CONDITION_TYPES

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Generator, Iterable, Iterator

    import duckdb

    from icpctl.mappings.paths import Convert, Keys, Path


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a table: its wanted columns by name, as they are in the file.

    `lines` [rows] says where each row is; `bytes_read` of the file lie behind it.
    """

    columns: dict[str, pa.Array]
    lines: np.ndarray
    rejected: list[Rejected]
    bytes_read: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table has a path: `path`, in which the first key is the name of a column.

    Where the table has no such column but one for each bound of a range, `bounds` are these.
    """

    path: Path
    bounds: tuple[str, ...] = ()

    @property
    def needed(self) -> list[Keys]:
        """The columns, with keys in their structs, that it takes to find the value."""
        return [(name,) for name in self.bounds] or keys_needed(self.path)

    @property
    def columns(self) -> list[str]:
        """The columns that it takes to find the value."""
        return [keys[0] for keys in self.needed]

    @property
    def keys(self) -> Keys | None:
        """The column and keys in its structs, where it takes no more to find the value."""
        steps = [it for it in self.path if not isinstance(it, Unless)]
        steps = steps[:-1] if conversion(self.path) else steps
        keys = tuple(step for step in steps if isinstance(step, str))
        how = conversion(self.path)
        is_plain = len(keys) == len(steps) and not (how and how.name == COUNT)
        return keys if is_plain else None


def places(columns: Columns | None, names: Collection[str]) -> dict[str, list[Place]]:
    """For each field the places to try in a table with columns of these names.

    Without `columns` each column is a field.
    """
    if columns is None:
        return {name: [Place((name,))] for name in names}
    return {
        name: [place for path in paths for place in _places(path, names)]
        for name, paths in columns.paths.items()
    }


def _places(path: Path, names: Collection[str]) -> Iterator[Place]:
    yield from map(Place, _renamed(path, names))
    how = conversion(path)
    *keys, _ = path
    if how and how.name == RANGE and all(isinstance(key, str) for key in keys):
        column = ".".join(cast("Keys", keys))
        bounds = tuple(name for bound in BOUNDS if (name := f"{column}.{bound}") in names)
        if bounds and column not in names:
            yield Place((column, how), bounds)


def _renamed(path: Path, names: Container[str]) -> Iterator[Path]:
    """The path with its first keys as the name of a column, in each way that there is one."""
    first, *rest = path
    if isinstance(first, Constant):
        yield path
    elif isinstance(first, Elements):
        tests = [next(_keys_renamed(keys, names), None) for keys, _ in first.where]
        if all(tests):
            texts = [text for _, text in first.where]
            renamed = tuple(zip(filter(None, tests), texts, strict=True))
            for inside in _renamed(tuple(rest), names):
                yield (Elements(renamed, first.pick), *inside)
    else:
        keys = tuple(takewhile(lambda step: isinstance(step, str), path))
        for found in _keys_renamed(cast("Keys", keys), names):
            yield (*found, *path[len(keys) :])


def _keys_renamed(keys: Keys, names: Container[str]) -> Iterator[Keys]:
    for length in range(len(keys), 0, -1):
        name = ".".join(keys[:length])
        if name in names:
            yield (name, *keys[length:])


def first_records(pieces: Iterable[Piece], source: Source, count: int) -> Iterator[dict[str, Any]]:
    """The first rows as JSON lines would have them; a column `a.b` is the key `b` in `a`."""
    left = count
    for piece in (_readable(it, source) for it in pieces):
        rows = min(left, len(piece.lines))
        columns = {
            name: json_texts.plain(opened(values.slice(0, rows))).to_pylist()
            for name, values in piece.columns.items()
        }
        for row in range(rows):
            record: dict[str, Any] = {}
            for name, texts in columns.items():
                text = texts[row]
                _put(record, name, None if text is None else json_records.loads(text))
            yield record
        left -= rows
        if not left:
            return


def _put(record: dict[str, Any], name: str, value: Any) -> None:
    *keys, last = name.split(".")
    inside: Any = record
    for key in keys:
        inside = inside.setdefault(key, {}) if isinstance(inside, dict) else None
    if isinstance(inside, dict) and last not in inside:
        inside[last] = value
    else:
        record[name] = value


@dataclass(slots=True)
class Tables:
    """Makes batches of the pieces of one file.

    The texts of a CSV file are its cells: a JSON list or object in one is taken as that.
    """

    reader: Reader
    source: Source

    def batches(self, pieces: Iterable[Piece]) -> Generator[Batch]:
        """One batch for each piece."""
        for piece in (_readable(it, self.source) for it in pieces):
            found = places(self.reader.columns, piece.columns)
            for place in chain(*found.values()):
                if place.bounds:
                    piece.columns[cast("str", place.path[0])] = _of_bounds(piece, place.bounds)
            if any(_takes_records(piece, place) for place in chain(*found.values())):
                yield self._through_records(piece, found)
            else:
                yield self._batch(piece, found)

    def _batch(self, piece: Piece, found: dict[str, list[Place]]) -> Batch:
        arrays = [self._field(piece, name, where) for name, where in found.items()]
        schema = pa.schema([(name, array.type) for name, array in zip(found, arrays, strict=True)])
        table = pa.RecordBatch.from_arrays(arrays, schema=schema)
        return Batch(self.source, table, piece.lines, piece.rejected, piece.bytes_read)

    def _field(self, piece: Piece, name: str, where: list[Place]) -> pa.Array:
        count = len(piece.lines)
        found: list[pa.Array] = []
        for place in where:
            if place.keys:
                values = _inside(piece.columns[place.keys[0]], place.keys[1:])
                if values is None:
                    continue
                how = conversion(place.path)
                if (
                    name == PAGES
                    and json_texts.is_list(values.type)
                    and len(where) == 1
                    and not how
                ):
                    return json_texts.list_texts(values)
                found.append(self._tokens(values, missing_texts(place.path), how))
            elif isinstance(place.path[0], Constant):
                found.append(pa.repeat(json_records.dumps(place.path[0].text), count))
        if len(found) == 1 and name in CONDITION_TYPES:
            return found[0]
        plain = [json_texts.plain(one) for one in found] or [pa.nulls(count, pa.string())]
        return pc.coalesce(*plain) if len(plain) > 1 else plain[0]

    def _tokens(self, values: pa.Array, missing: tuple[str, ...], how: Convert | None) -> pa.Array:
        tokens = opened(values) if self.source.format == "csv" else json_texts.json_texts(values)
        if missing:
            tokens = json_texts.plain(tokens)
            gone = pc.is_in(tokens, pa.array(json_forms(missing), pa.string()))
            tokens = pc.if_else(gone, None, tokens)
        return conversions.convert_tokens(json_texts.plain(tokens), how) if how else tokens

    def _through_records(self, piece: Piece, found: dict[str, list[Place]]) -> Batch:
        """The piece as JSON lines, read as such: for paths that go on inside of texts."""
        inside = {name for where in found.values() for place in where for name in _opened_by(place)}
        parts: list[pa.Array | str] = []
        for number, (name, values) in enumerate(piece.columns.items()):
            is_open = self.source.format == "csv" or name in inside
            as_json = opened if is_open else json_texts.json_texts
            key = json.dumps(name, ensure_ascii=False)
            texts = pc.fill_null(json_texts.plain(as_json(values)), "null")
            parts += [f"{',' if number else '{'}{key}:", texts]
        lines = pc.binary_join_element_wise(*parts, "}\n", "")
        columns = Columns(
            {name: tuple(place.path for place in where) for name, where in found.items()}
        )
        with tempfile.TemporaryDirectory(prefix="rows-", dir=self.reader.spool) as folder:
            path = FilePath(folder, "rows.jsonl")
            path.write_bytes(b"".join(line.as_buffer() for line in lines))
            source = Source(self.source.name, path, path.stat().st_size, None)
            reader = Reader(
                columns,
                FilePath(folder),
                self.reader.threads,
                len(piece.lines),
                engine=self.reader.open(),
            )
            batches = list(reader.read(source))
        table = pa.concat_batches([batch.table for batch in batches])
        kept = np.concatenate([batch.lines for batch in batches]) - 1
        rejected = piece.rejected + [
            replace(one, line=int(piece.lines[one.line - 1]))
            for batch in batches
            for one in batch.rejected
        ]
        return Batch(self.source, table, piece.lines[kept], rejected, piece.bytes_read)


def _readable(piece: Piece, source: Source) -> Piece:
    """The piece without the rows whose texts are not UTF-8, which Arrow lets pass."""
    reasons: dict[int, str] = {}
    for name, values in piece.columns.items():
        for row in _not_utf8(values, range(len(values))):
            reasons.setdefault(row, f"a text in the column {name} is not UTF-8")
    if not reasons:
        return piece
    rejected = [
        Rejected(source.name, int(piece.lines[row]), reasons[row], None) for row in sorted(reasons)
    ]
    kept = np.delete(np.arange(len(piece.lines)), list(reasons))
    columns = {name: _decoded(it).take(pa.array(kept)) for name, it in piece.columns.items()}
    return replace(
        piece, columns=columns, lines=piece.lines[kept], rejected=piece.rejected + rejected
    )


def _not_utf8(values: pa.Array, rows: range) -> Iterator[int]:
    """The numbers of the rows, of those that `values` are, that hold such a text."""
    try:
        values.validate(full=True)
    except pa.ArrowInvalid as error:
        if "UTF8" not in str(error):  # a number out of its range, which is looked at later
            return
        if len(rows) == 1:
            yield rows.start
            return
        # What is taken has a copy of its own values, which a slice has not.
        middle = len(rows) // 2
        for part in (range(middle), range(middle, len(rows))):
            own = _decoded(values).take(pa.array(part))
            yield from _not_utf8(own, rows[part.start : part.stop])


def _decoded(values: pa.Array) -> pa.Array:
    """The values without dictionaries, which keep what no row has any more."""
    if pa.types.is_dictionary(values.type):
        return values.dictionary_decode()
    if pa.types.is_struct(values.type):
        inside = list(map(_decoded, values.flatten()))
        return pa.StructArray.from_arrays(inside, list(values.type.names), mask=values.is_null())
    return values


def _of_bounds(piece: Piece, bounds: Iterable[str]) -> pa.Array:
    """Columns of the bounds of a range as objects, as JSON lines have them."""
    keys = [name.rpartition(".")[2] for name in bounds]
    return pa.StructArray.from_arrays([piece.columns[name] for name in bounds], keys)


def _takes_records(piece: Piece, place: Place) -> bool:
    """Whether a path takes more than columns and structs, or goes on inside of JSON texts."""
    if isinstance(place.path[0], Constant):
        return False
    if not place.keys:
        return True
    column, *inside = place.keys
    return bool(inside) and _may_hold_objects(piece.columns[column], tuple(inside))


def _opened_by(place: Place) -> list[str]:
    """The columns whose texts are looked into as JSON."""
    return [keys[0] for keys in keys_needed(place.path) if len(keys) > 1 or not place.keys]


def opened(values: pa.Array) -> pa.Array:
    """JSON texts of values, where a text that is a JSON list or object is taken as that."""
    if not _is_text(values.type):
        return json_texts.json_texts(values)
    return json_texts.by_distinct(json_texts.plain(values).cast(pa.string()), _opened)


def _opened(texts: pa.Array) -> pa.Array:
    is_open = pc.or_(pc.starts_with(texts, "["), pc.starts_with(texts, "{"))
    if not pc.any(is_open).as_py():
        return json_texts.quoted(texts)
    found = _query(texts, "case when json_valid(texts) then json(texts)::varchar end")
    found = pc.if_else(is_open, found, None)
    return pc.coalesce(found, json_texts.quoted(pc.if_else(pc.is_valid(found), None, texts)))


def _query(texts: pa.Array, expression: str) -> pa.Array:
    """What a constant SQL expression makes of each of some `texts`."""
    if not len(texts):
        return texts
    with _engine().cursor() as connection:
        connection.register("rows", pa.table({"texts": texts}))
        found = connection.sql(f"select {expression} as found from rows")  # noqa: S608 - constant
        return found.to_arrow_table()["found"].combine_chunks()


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return connect(1)


def _inside(values: pa.Array, keys: Keys) -> pa.Array | None:
    """What structs have at these keys; None where the type has no such place."""
    for key in keys:
        if not pa.types.is_struct(values.type):
            return None
        number = values.type.get_field_index(key)
        if number < 0:
            return None
        values = pc.struct_field(values, [number])
    return values


def _may_hold_objects(values: pa.Array, keys: Keys) -> bool:
    for key in keys:
        if not pa.types.is_struct(values.type):
            break
        number = values.type.get_field_index(key)
        if number < 0:
            return False
        values = pc.struct_field(values, [number])
    else:
        return False
    if pa.types.is_map(values.type) or isinstance(values.type, pa.JsonType):
        return True
    if not _is_text(values.type):
        return False
    distinct = values.dictionary if pa.types.is_dictionary(values.type) else values
    return bool(pc.any(pc.match_substring_regex(distinct, r"^\s*\{")).as_py())


def _is_text(kind: pa.DataType) -> bool:
    return json_texts.is_text(kind.value_type if pa.types.is_dictionary(kind) else kind)
