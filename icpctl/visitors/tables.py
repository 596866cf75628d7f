"""Rows of tables (CSV, Parquet) as batches: the same JSON texts that JSON lines give.

A mapping's path finds a column that is named as its keys are, with dots between them, else a
column named as its first keys, in whose structs or JSON texts the rest is looked for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.visitors import json_texts
from icpctl.visitors.columns import Columns
from icpctl.visitors.mapping import PAGES
from icpctl.visitors.reading import Batch, Reader, Rejected
from icpctl.visitors.sources import Source
from icpctl.vocabulary import CONDITION_TYPES

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from icpctl.visitors.mapping import Path


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
    """Where a table has a path: in a column, or at the keys `inside` its values."""

    column: str
    inside: Path


def places(columns: Columns, names: Container[str]) -> dict[str, list[Place]]:
    """For each field the places to try in a table with columns of these names."""
    return {
        name: [place for path in paths for place in _places(path, names)]
        for name, paths in columns.paths.items()
    }


def _places(path: Path, names: Container[str]) -> Iterator[Place]:
    for length in range(len(path), 0, -1):
        name = ".".join(path[:length])
        if name in names:
            yield Place(name, path[length:])


@dataclass(slots=True)
class Tables:
    """Makes batches of the pieces of one file.

    The texts of a CSV file are its cells: a JSON list or object in one is taken as that.
    """

    reader: Reader
    source: Source
    _count: int = field(default=0, init=False)

    def batches(self, pieces: Iterable[Piece]) -> Iterator[Batch]:
        """One batch for each piece."""
        for piece in pieces:
            found = places(self.reader.columns, piece.columns)
            if any(self._is_in_text(piece, place) for place in chain(*found.values())):
                yield self._through_records(piece, found)
            else:
                yield self._batch(piece, found)

    def _batch(self, piece: Piece, found: dict[str, list[Place]]) -> Batch:
        arrays = [self._field(piece, name, where) for name, where in found.items()]
        schema = pa.schema([(name, array.type) for name, array in zip(found, arrays, strict=True)])
        table = pa.RecordBatch.from_arrays(arrays, schema=schema)
        return Batch(self.source, table, piece.lines, piece.rejected, piece.bytes_read)

    def _field(self, piece: Piece, name: str, where: list[Place]) -> pa.Array:
        values = [
            value
            for place in where
            if (value := _inside(piece.columns[place.column], place.inside)) is not None
        ]
        if name == PAGES and len(values) == 1 and json_texts.is_list(values[0].type):
            return json_texts.list_texts(values[0])
        tokens = [self._tokens(value) for value in values]
        if len(tokens) == 1 and name in CONDITION_TYPES:
            return tokens[0]
        plain = [json_texts.plain(one) for one in tokens] or [
            pa.nulls(len(piece.lines), pa.string())
        ]
        first = pc.coalesce(*plain) if len(plain) > 1 else plain[0]
        return page_lists(first) if name == PAGES else first

    def _tokens(self, values: pa.Array) -> pa.Array:
        return opened(values) if self.source.format == "csv" else json_texts.json_texts(values)

    def _is_in_text(self, piece: Piece, place: Place) -> bool:
        """Whether a path goes on inside of texts, of which some are JSON objects."""
        return bool(place.inside) and _may_hold_objects(piece.columns[place.column], place.inside)

    def _through_records(self, piece: Piece, found: dict[str, list[Place]]) -> Batch:
        """The piece as JSON lines, read as such: for paths that go on inside of texts."""
        self._count += 1
        path = self.reader.spool / f"rows-{self._count}.jsonl"
        inside = {place.column for where in found.values() for place in where if place.inside}
        parts: list[pa.Array | str] = []
        for number, (name, values) in enumerate(piece.columns.items()):
            is_open = self.source.format == "csv" or name in inside
            as_json = opened if is_open else json_texts.json_texts
            key = json.dumps(name, ensure_ascii=False)
            texts = pc.fill_null(json_texts.plain(as_json(values)), "null")
            parts += [f"{',' if number else '{'}{key}:", texts]
        lines = pc.binary_join_element_wise(*parts, "}\n", "")
        path.write_bytes(b"".join(line.as_buffer() for line in lines))
        source = Source(self.source.name, path, path.stat().st_size, None)
        paths = {
            name: tuple((place.column, *place.inside) for place in where)
            for name, where in found.items()
        }
        reader = replace(self.reader, columns=Columns(paths), batch_rows=len(piece.lines))
        batches = list(reader.read(source))
        path.unlink()
        table = pa.Table.from_batches([batch.table for batch in batches]).combine_chunks()
        kept = np.concatenate([batch.lines for batch in batches]) - 1
        rejected = piece.rejected + [
            replace(one, line=int(piece.lines[one.line - 1]))
            for batch in batches
            for one in batch.rejected
        ]
        return Batch(
            self.source, table.to_batches()[0], piece.lines[kept], rejected, piece.bytes_read
        )


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


def page_lists(tokens: pa.Array) -> pa.Array:
    """JSON texts -> lists of them: a list's elements, or the one value."""
    is_list = pc.fill_null(pc.starts_with(tokens, "["), False)
    single = pc.if_else(pc.starts_with(tokens, "{"), "{}", tokens)  # an object is a misfit
    offsets = np.arange(len(tokens) + 1, dtype=np.int32)
    singles = pa.ListArray.from_arrays(pa.array(offsets), single, mask=pc.is_null(single))
    if not pc.any(is_list).as_py():
        return singles
    lists = _query(tokens.filter(is_list), "from_json(texts, '[\"JSON\"]')::varchar[]")
    flags = is_list.to_numpy(zero_copy_only=False)
    order = np.where(flags, len(tokens) + np.cumsum(flags) - 1, offsets[:-1])
    return pa.concat_arrays([singles, lists.cast(singles.type)]).take(pa.array(order))


def _query(texts: pa.Array, expression: str) -> pa.Array:
    """What a constant SQL expression makes of each of some `texts`."""
    with duckdb.connect(":memory:", config=_CONFIG) as connection:
        connection.register("rows", pa.table({"texts": texts}))
        found = connection.sql(f"select {expression} as found from rows")  # noqa: S608 - constant
        return found.to_arrow_table()["found"].combine_chunks()


_CONFIG: dict[str, Any] = {"autoinstall_known_extensions": False, "threads": 1}


def _inside(values: pa.Array, keys: Path) -> pa.Array | None:
    """What structs have at these keys; None where the type has no such place."""
    for key in keys:
        if not pa.types.is_struct(values.type):
            return None
        number = values.type.get_field_index(key)
        if number < 0:
            return None
        values = pc.struct_field(values, [number])
    return values


def _may_hold_objects(values: pa.Array, keys: Path) -> bool:
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
