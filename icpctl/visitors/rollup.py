"""Records of events or sessions -> visitors, one for each value of a key.

The records go into a DuckDB table on disk, come back sorted by visitor and time, however many
they are, and are folded batch by batch. A fold turns the rows of each visitor into one row of the
same shape, so the visitor that a batch ends with is simply the next batch's first row.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.errors import IcpctlError, Location
from icpctl.visitors import json_texts, values
from icpctl.visitors.columns import Columns
from icpctl.visitors.conversions import COUNT
from icpctl.visitors.mapping import FIELDS, ID, LAST_SEEN, PAGES
from icpctl.visitors.misfits import Misfits, is_missing, misfit_rows
from icpctl.visitors.paths import Convert, conversion, path_text, scalar_paths
from icpctl.visitors.reading import Batch, first_records
from icpctl.vocabulary import CONDITION_TYPES, Kind, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from icpctl.visitors.mapping import Mapping
    from icpctl.visitors.reading import Reader
    from icpctl.visitors.sources import Source

MEMORY = "1GB"
"""What DuckDB may use before it spills to the reader's folder of temporary files."""

PAGE_VIEWS = "page_view_count"
COUNTED = (ID, PAGE_VIEWS, "session_count")
"""Fields that a visitor may have though no record has them."""

BY, SESSION, VIEWED = "by", "session", "viewed"
_SCHEMA = {
    "ordinal": pa.int64(),
    "source": pa.int32(),
    "line": pa.int64(),
    "key": pa.string(),
    "micros": pa.int64(),
    "session": pa.string(),
    "viewed": pa.int64(),
}


@dataclass(slots=True)
class RollUp:
    """Reads sources with `reader` as visitors.

    Its columns are the visitors' columns. `records` are counted, and those `without_key`, which
    are each a visitor of their own; with `needs_keys` it is an error when all are.
    """

    reader: Reader
    mapping: Mapping
    needs_keys: bool = False
    records: int = 0
    without_key: int = 0

    def read(self, sources: Sequence[Source]) -> Iterator[Batch]:
        """First batches without rows, which tell what is rejected, then those of the visitors.

        A visitor stands where its first record stands, and has its line. Raises `IcpctlError`
        where a source cannot be read, and `no_key` where keys are needed and no record has one.
        """
        import duckdb

        with tempfile.TemporaryDirectory(prefix="rollup-", dir=self.reader.spool) as folder:
            try:
                yield from self._read(sources, FilePath(folder))
            except (
                duckdb.IOException,
                duckdb.OutOfMemoryException,
                duckdb.TransactionException,
                duckdb.FatalException,
            ) as error:
                raise IcpctlError(
                    f"the records cannot be kept there: {str(error).splitlines()[0]}",
                    "io_error",
                    Location(str(self.reader.spool.parent)),
                    "name a folder with more space with --temp-dir",
                ) from None

    def _read(self, sources: Sequence[Source], folder: FilePath) -> Iterator[Batch]:
        import duckdb

        wanted = self.reader.columns
        needed = {name: self.mapping.paths[name] for name in (PAGES, LAST_SEEN)}
        needed |= {BY: self.mapping.by, SESSION: self.mapping.session}
        # What is counted in each record is added up; only a count that a record gives is final.
        views = wanted.paths.get(PAGE_VIEWS, ())
        counts = tuple(path for path in views if conversion(path) == Convert(COUNT))
        given = {PAGE_VIEWS: tuple(path for path in views if path not in counts)} if counts else {}
        columns = Columns(wanted.paths | needed | given | {VIEWED: counts})
        reader = replace(self.reader, columns=columns, spool=folder)
        fields = [name for name in columns.paths if name not in (BY, SESSION, VIEWED)]
        config: dict[str, Any] = {
            "autoinstall_known_extensions": False,
            "threads": reader.threads,
            "memory_limit": MEMORY,
            "temp_directory": str(folder / "spill"),
        }
        with duckdb.connect(str(folder / "records.duckdb"), config=config) as connection:
            connection.execute(_create(fields))
            for number, source in enumerate(sources):
                for batch in reader.read(source):
                    rows = self._rows(batch, number, fields)
                    told = _without_rows(batch, wanted)
                    connection.register("added", rows)
                    connection.execute("insert into records select * from added")
                    connection.unregister("added")
                    yield told
            if self.needs_keys and self.without_key == self.records > 0:
                raise _no_key(self.mapping, sources[0])
            for folded in _folds(connection, fields, reader.batch_rows):
                yield from _batches(folded, sources, wanted)

    def _rows(self, batch: Batch, number: int, fields: Sequence[str]) -> pa.Table:
        """The records of a batch as the table has them."""
        count = batch.table.num_rows
        micros, known, _ = values.instants(batch.table[LAST_SEEN])
        keys = keys_of(batch.table)
        about = {
            "ordinal": pa.array(np.arange(self.records, self.records + count)),
            "source": pa.array(np.full(count, number, np.int32)),
            "line": pa.array(batch.lines),
            "key": keys,
            "micros": pa.array(micros, mask=~known),
            "session": values.scalar_texts(batch.table[SESSION]),
            "viewed": _whole_numbers(batch.table[VIEWED]),
        }
        found = {
            name: json_texts.joined(column)
            if json_texts.is_list((column := batch.table[name]).type)
            else json_texts.plain(column)
            for name in fields
        }
        self.records += count
        self.without_key += keys.null_count
        return pa.table(about | found)


def _no_key(mapping: Mapping, source: Source) -> IcpctlError:
    """Names the path that is most like the first of the key's, among those of the first records."""
    keys = list(map(path_text, mapping.by))
    known = {path_text(path) for record in first_records(source) for path in scalar_paths(record)}
    meant = nearest(keys[0], sorted(known))
    hint = f"did you mean {meant}? " if meant else ""
    return IcpctlError(
        f"no record has {' or '.join(keys)}, by which records are put together",
        "no_key",
        Location(source.name),
        f"{hint}--by PATH names what the records of a visitor have in common, and "
        f"icpctl inspect {source.name} shows what is in them",
    )


def keys_of(table: pa.RecordBatch) -> pa.Array:
    """The key of each record, whose paths are the column `BY`; null where it has none."""
    return pc.utf8_trim_whitespace(values.scalar_texts(table[BY]))


def _whole_numbers(tokens: pa.Array) -> pa.Array:
    """What `as: count` gives for a list; null for what was none."""
    is_count = pc.match_substring_regex(tokens, "^[0-9]{1,9}$")
    return pc.if_else(is_count, tokens, None).cast(pa.int64())


def _create(fields: Sequence[str]) -> str:
    types = {pa.int64(): "bigint", pa.int32(): "integer", pa.string(): "varchar"}
    columns = [f"{name} {types[kind]}" for name, kind in _SCHEMA.items()]
    columns += [f'"{name}" varchar' for name in fields]
    return f"create table records ({', '.join(columns)})"


def _folds(
    connection: duckdb.DuckDBPyConnection, fields: Sequence[str], batch_rows: int
) -> Iterator[pa.Table]:
    """The visitors in the order of their first records."""
    connection.execute(
        "create temp table firsts as select key, min(ordinal) as visitor,"
        " arg_min(source, ordinal) as source, arg_min(line, ordinal) as line"
        " from records where key is not null group by key"
    )
    named = ", ".join(f'records."{name}"' for name in fields)
    rows = connection.sql(
        "select coalesce(firsts.visitor, ordinal) as visitor,"  # noqa: S608 - names of fields
        " coalesce(firsts.source, records.source) as source,"
        " coalesce(firsts.line, records.line) as line,"
        " key, micros, viewed as page_views,"
        f" case when session is null then []::varchar[] else [session] end as sessions, {named}"
        " from records left join firsts using (key)"
        " order by visitor, micros nulls first, ordinal"
    ).to_arrow_reader(batch_rows)
    last: pa.Table | None = None
    for batch in rows:
        table = pa.Table.from_batches([batch])
        folded = _fold(pa.concat_tables([last, table.cast(last.schema)]) if last else table)
        yield folded.slice(0, len(folded) - 1)
        last = folded.slice(len(folded) - 1)
    if last:
        yield last


def _fold(rows: pa.Table) -> pa.Table:
    """One row for each visitor, from its rows in order of time."""
    rows = rows.combine_chunks()
    columns = {name: rows[name].combine_chunks() for name in rows.column_names}
    visitors = columns["visitor"].to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], visitors[1:] != visitors[:-1]]))
    lengths = np.diff(np.append(starts, len(visitors)))
    groups = _Groups(starts, np.repeat(np.arange(len(starts)), lengths))
    first = pa.array(starts)
    found = {name: columns[name].take(first) for name in ("visitor", "source", "line", "key")}
    known = columns["micros"].is_valid().to_numpy(zero_copy_only=False)
    found["micros"] = columns["micros"].take(groups.last(known))
    pages = values.pages(columns[PAGES])
    found["page_views"] = groups.page_views(columns["page_views"], pages)
    found["sessions"] = groups.distinct(
        columns["sessions"].offsets.to_numpy() - columns["sessions"].offsets[0].as_py(),
        columns["sessions"].flatten(),
    )
    for name in rows.column_names[len(found) :]:
        if name == PAGES:
            found[name] = groups.pages(columns[name], pages)
            continue
        present, misfits = _present(columns[name], name, known)
        found[name] = columns[name].take(groups.last(present, misfits))
    return pa.table(found)


def _present(tokens: pa.Array, name: str, has_instant: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which rows have a value of the field, and the rows that have something that does not fit."""
    if name in CONDITION_TYPES:
        column = values.of_kind(tokens, name, CONDITION_TYPES[name].kind)
        return column.present(), column.misfits
    if name == LAST_SEEN:
        return has_instant, np.flatnonzero(~is_missing(tokens) & ~has_instant)
    if name == ID:
        present = values.scalar_texts(tokens).is_valid().to_numpy(zero_copy_only=False)
        return present, np.empty(0, np.int64)
    return ~is_missing(tokens), np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Rows that belong together: where each group starts, and each row's group."""

    starts: np.ndarray
    of_row: np.ndarray

    def last(self, present: np.ndarray, misfits: np.ndarray | None = None) -> pa.Array:
        """Each group's last row that is present, else its last misfit, else null."""
        numbers = np.arange(len(self.of_row))
        found = np.maximum.reduceat(np.where(present, numbers, -1), self.starts)
        if misfits is not None and len(misfits):
            odd = np.full(len(numbers), -1)
            odd[misfits] = misfits
            found = np.where(found >= 0, found, np.maximum.reduceat(odd, self.starts))
        return pa.array(found, mask=found < 0)

    def page_views(self, before: pa.Array, pages: values.Column) -> pa.Array:
        """How many pages were seen; `before` has the number where it is known already."""
        lengths = np.diff(np.asarray(pages.offsets))
        known = before.is_valid().to_numpy(zero_copy_only=False)
        counts = np.where(known, pc.fill_null(before, 0).to_numpy(), lengths)
        return pa.array(np.add.reduceat(counts, self.starts))

    def distinct(self, offsets: np.ndarray, texts: pa.Array) -> pa.Array:
        """The lists of all rows of each group in one, each text once, in order."""
        encoded = texts.dictionary_encode()
        codes = encoded.indices.to_numpy().astype(np.int64)
        owners = np.repeat(self.of_row, np.diff(offsets))
        _, firsts = np.unique(owners * max(len(encoded.dictionary), 1) + codes, return_index=True)
        firsts.sort()
        ends = np.cumsum(np.bincount(owners[firsts], minlength=len(self.starts)))
        kept = encoded.dictionary.take(pa.array(codes[firsts]))
        return pa.ListArray.from_arrays(pa.array(np.append(0, ends).astype(np.int32)), kept)

    def pages(self, tokens: pa.Array, pages: values.Column) -> pa.Array:
        """The pages of each group, each once, in order; where none fits, its last misfit."""
        texts = json_texts.quoted(pages.values).take(pa.array(np.asarray(pages.elements)))
        union = self.distinct(np.asarray(pages.offsets), texts)
        found = pc.if_else(pc.greater(pc.list_value_length(union), 0), union, None)
        nothing = np.zeros(len(self.of_row), bool)
        return pc.coalesce(json_texts.joined(found), tokens.take(self.last(nothing, pages.misfits)))


def _without_rows(batch: Batch, wanted: Columns) -> Batch:
    """What is to be told of a batch of records: what was rejected, and what does not fit."""
    misfits = {
        name: Misfits.of(batch.table[name], rows, batch.lines)
        for name in wanted.paths
        if name in FIELDS and len(rows := misfit_rows(name, batch.table[name]))
    }
    table = batch.table.select(list(wanted.paths)).slice(0, 0)
    return replace(batch, table=table, lines=batch.lines[:0], misfits=misfits)


def _ids(own: pa.Array, keys: pa.Array) -> pa.Array:
    """The visitors' ids: their keys, be it as the records write them; without a key their own."""
    is_key = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(values.scalar_texts(own)), keys), False)
    return pc.coalesce(pc.if_else(is_key, own, json_texts.quoted(keys)), own)


def _batches(folded: pa.Table, sources: Sequence[Source], wanted: Columns) -> Iterator[Batch]:
    """The visitors as batches of one source each."""
    columns = {name: folded[name].combine_chunks() for name in folded.column_names}
    sessions = pc.list_value_length(columns["sessions"])
    counted = {PAGE_VIEWS: columns["page_views"], "session_count": sessions}
    arrays = []
    for name in wanted.paths:
        array = columns[name]
        if name in counted:
            count = pc.if_else(pc.greater(counted[name], 0), counted[name], None)
            fits = values.of_kind(array, name, Kind.NUMBER).present()
            own = pc.if_else(pa.array(fits), array, None)
            array = pc.coalesce(own, count.cast(pa.string()), array)
        arrays.append(_ids(array, columns["key"]) if name == ID else array)
    table = pa.RecordBatch.from_arrays(arrays, names=list(wanted.paths))
    numbers, lines = columns["source"].to_numpy(), columns["line"].to_numpy()
    edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    for start, end in pairwise(edges):
        if end > start:
            source = sources[numbers[start]]
            part = table.slice(start, end - start)
            yield Batch(source, part, lines[start:end], [], source.size, {})
