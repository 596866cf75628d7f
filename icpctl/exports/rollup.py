"""Records of events or sessions -> visitors, one for each value of a key.

The records go into a DuckDB table on disk, come back sorted by visitor and time, however many
they are, and are folded batch by batch.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace

from icpctl.errors import IcpctlError, Location, nearest
from icpctl.exports.columns.batches import Batch
from icpctl.exports.columns.field_warnings import misfits_of
from icpctl.exports.merge_events import (
    ABOUT,
    KEY,
    PERSON,
    columns_read,
    fields_kept,
    folds,
    kept,
    own_key,
    persons_of,
    types_of,
    visitors_of,
)
from icpctl.exports.readers.reading import cores
from icpctl.exports.recognition import first_records
from icpctl.mappings.mapping import FIELDS
from icpctl.mappings.paths import path_text, scalar_paths
from icpctl.temporary_folders import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path as FilePath

    import duckdb

    from icpctl.exports.columns.field_columns import Columns
    from icpctl.exports.files.sources import Source
    from icpctl.exports.readers.reading import Reader
    from icpctl.exports.visitor_keys import By
    from icpctl.mappings.mapping import Mapping

MEMORY = "1GB"
"""What DuckDB may use before it spills to the reader's folder of temporary files."""

_PLACE = {
    "ordinal": pa.int64(),
    "source": pa.int32(),
    "line": pa.int64(),
    PERSON: pa.string(),
}


class RollUp(Struct):
    """Reads sources, each with its mapping, with `reader` as visitors.

    `columns_of` gives the visitors' columns, which have the same names for each mapping. `by` says
    what the records of a visitor have in common, else their mappings do. A record that has no key
    of `by` takes that of the others with the key of its mapping, the latest. `records` are counted,
    and those `without_key`, which are each a separate visitor; with `needs_keys` it is an error
    if no record has the key.
    """

    reader: Reader
    columns_of: Callable[[Mapping], Columns]
    by: By = ()
    needs_keys: bool = False
    records: int = 0
    without_key: int = 0
    _with_key: int = 0

    def read(self, mapped: Sequence[tuple[Source, Mapping]]) -> Iterator[Batch]:
        """First batches without rows, which tell what is rejected, then those of the visitors.

        A visitor has the place and the line of its first record. Raises `IcpctlError`
        where a source cannot be read, and `no_key` where keys are needed and no record has one.
        """
        import duckdb

        with temporary_folder(self.reader.temp_dir) as folder:
            try:
                yield from self._read(mapped, folder)
            except (
                duckdb.IOException,
                duckdb.OutOfMemoryException,
                duckdb.TransactionException,
                duckdb.FatalException,
            ) as error:
                raise IcpctlError(
                    f"the records cannot be kept there: {str(error).splitlines()[0]}",
                    "io_error",
                    Location(str(self.reader.temp_dir or folder.parent)),
                    "name a folder with more space with --temp-dir",
                ) from None

    def _read(self, mapped: Sequence[tuple[Source, Mapping]], folder: FilePath) -> Iterator[Batch]:
        import duckdb

        wanted = self.columns_of(mapped[0][1])
        fields = fields_kept(wanted.paths)
        config: dict[str, Any] = {
            "autoinstall_known_extensions": False,
            "threads": cores(),
            "memory_limit": MEMORY,
            "temp_directory": str(folder / "spill"),
        }
        with duckdb.connect(str(folder / "records.duckdb"), config=config) as connection:
            connection.execute(_create(fields))
            for number, (source, mapping) in enumerate(mapped):
                columns = columns_read(self.columns_of(mapping), mapping, self.by)
                for batch in replace(self.reader, columns=columns).read(source):
                    rows = self._rows(batch, number, mapping, fields)
                    reported = without_rows(batch, wanted)
                    connection.register("added", rows)
                    connection.execute("insert into records select * from added")
                    connection.unregister("added")
                    yield reported
            if self.needs_keys and self.records and not self._with_key:
                raise no_key(mapped[0][1], mapped[0][0], self.by)
            sources = [source for source, _ in mapped]
            most = self.reader.batch_rows
            rows = _sorted(connection, fields, most, by_given=bool(self.by))
            for folded in folds(rows, wanted, self.by):
                yield from _batches(folded, sources, wanted)

    def _rows(self, batch: Batch, number: int, mapping: Mapping, fields: Sequence[str]) -> pa.Table:
        """Return the records of a batch as the table has them."""
        count = batch.table.num_rows
        columns = kept(batch.table, fields, self.by)
        person = persons_of(batch.table, mapping) if self.by else pa.nulls(count, pa.string())
        place = {
            "ordinal": pa.array(np.arange(self.records, self.records + count)),
            "source": pa.array(np.full(count, number, np.int32)),
            "line": pa.array(batch.lines),
            PERSON: person,
        }
        self.records += count
        self._with_key += count - columns[KEY].null_count
        self.without_key += pc.coalesce(columns[KEY], person).null_count
        return pa.table(place | columns)


def no_key(mapping: Mapping, source: Source, by: By = ()) -> IcpctlError:
    """What to say where no record has a key; `source` is the first of those read.

    Names the path that is most like the first of the key's, among those of the first records.
    """
    keys = [key.name for key in by] or list(map(path_text, own_key(mapping)))
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


def _create(fields: Sequence[str]) -> str:
    types = {pa.int64(): "bigint", pa.int32(): "integer", pa.string(): "varchar"}
    types[pa.list_(pa.string())] = "varchar[]"
    columns = _PLACE | ABOUT | types_of(fields)
    written = (f'"{name}" {types[kind]}' for name, kind in columns.items())
    return f"create table records ({', '.join(written)})"


def _sorted(
    connection: duckdb.DuckDBPyConnection, fields: Sequence[str], batch_rows: int, *, by_given: bool
) -> pa.RecordBatchReader:
    """Return the records in the order of their visitors' first ones, then in that of time.

    `fields` are kept of each. With `by_given` a record without a key has that of its person.
    """
    records, visitor, key = "records", "records.key", "records.key"
    if by_given:
        connection.execute(
            "create temp table persons as select person, arg_max(key, "
            "{'micros': coalesce(micros, -9223372036854775807), 'ordinal': ordinal}) as key"
            " from records where person is not null and key is not null group by person"
        )
        records = "records left join persons using (person)"
        visitor = "coalesce('k' || records.key, 'k' || persons.key, 'p' || person)"
        key = "coalesce(records.key, persons.key, substr(person, instr(person, ' ') + 1))"
    connection.execute(
        f"create temp table firsts as select {visitor} as its, min(ordinal) as visitor,"  # noqa: S608 - fixed names, no values
        " arg_min(source, ordinal) as source, arg_min(line, ordinal) as line"
        f" from {records} where {visitor} is not null group by its"
    )
    named = ", ".join(f'records."{name}"' for name in [*ABOUT, *fields] if name != KEY)
    return connection.sql(
        "select coalesce(firsts.visitor, ordinal) as visitor,"  # noqa: S608 - fixed names, no values
        " coalesce(firsts.source, records.source) as source,"
        f" coalesce(firsts.line, records.line) as line, {key} as {KEY}, {named}"
        f" from {records} left join firsts on firsts.its = {visitor}"
        " order by visitor, micros nulls first, ordinal"
    ).to_arrow_reader(batch_rows)


def without_rows(batch: Batch, wanted: Columns) -> Batch:
    """Return what is reported of a batch of records: what was rejected, and what does not fit."""
    types = {name: wanted.type_of(name) for name in wanted.paths}
    of_fields = {name: entry for name, entry in types.items() if entry or name in FIELDS}
    misfits = misfits_of(batch.table, of_fields, batch.lines)
    table = batch.table.select(list(wanted.paths)).slice(0, 0)
    return replace(
        batch, table=table, lines=batch.lines[:0], misfits=misfits, line_count=0, is_end_of=None
    )


def _batches(folded: pa.Table, sources: Sequence[Source], wanted: Columns) -> Iterator[Batch]:
    """The visitors as batches of one source each."""
    table = visitors_of(folded, list(wanted.paths))
    numbers, lines = folded["source"].to_numpy(), folded["line"].to_numpy()
    edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    for start, end in pairwise(edges):
        if end > start:
            source = sources[numbers[start]]
            part = table.slice(start, end - start)
            yield Batch(source, part, lines[start:end], [], source.size, {})
