"""Spark's tasks of a roll-up: some read records, others fold the records of a visitor.

Between the two Spark brings the records of a visitor together, in order of time. Tallies of
the records travel the same way, in separate rows, so each is counted once, as records are, even
if a task runs several times.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from icpctl.exports.merge_events import (
    ABOUT,
    KEY,
    PERSON,
    VISITOR,
    columns_read,
    fields_kept,
    folds,
    kept,
    persons_of,
    types_of,
)
from icpctl.exports.rollup import without_rows
from icpctl.spark.failures import telling
from icpctl.spark.tasks import packed, unpacked
from icpctl.spark.work import TALLY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from icpctl.exports.columns.batches import Batch, Rejected
    from icpctl.exports.columns.field_columns import Columns
    from icpctl.exports.visitor_keys import By
    from icpctl.mappings.mapping import Mapping as RecordMapping
    from icpctl.spark.failures import Task
    from icpctl.spark.inputs.reads import Reads
    from icpctl.spark.work import File, Place

PLACE = {"position": pa.int32(), "start": pa.int64(), "line": pa.int64()}
"""Where a record is among all: its file's position, where its block starts, and its line there."""


class RecordCounts(Protocol):
    """What is counted of the records of a block besides their number."""

    def reject(self, rejected: Sequence[Rejected]) -> None:
        """Count rejected lines."""


class RecordTally(Struct):
    """The counts of a block, and how many lines it has if the lines of its file are not known.

    `with_key` records have the key that records are put together by; those `without_key` are each
    a separate visitor.
    """

    counts: Any
    lines: int = 0
    records: int = 0
    with_key: int = 0
    without_key: int = 0


class Folding(Protocol):
    """What a task makes of folded visitors, and the tallies of the blocks of their records."""

    blocks: dict[Place, RecordTally]

    def columns(self, folded: pa.Table) -> dict[str, pa.Array]:
        """Return the columns that are kept of some visitors, a row each."""


@dataclass(frozen=True)
class RecordWork(ABC):
    """Everything that tasks need to roll records up.

    `positions` of files are those among the inputs; `groups` are the positions of the first files
    with the same visitors, whose records are rolled up together. `by` says what records of a
    visitor have in common, else their mappings do.
    """

    files: Mapping[int, File]
    positions: Mapping[int, int]
    groups: Mapping[int, int]
    by: By

    @abstractmethod
    def wanted(self, mapping: RecordMapping) -> Columns:
        """Return the columns that visitors are to have, with the same names for each mapping."""

    @abstractmethod
    def begin(self) -> RecordCounts:
        """Return the counts of no records yet."""

    @abstractmethod
    def count(self, counts: Any, batch: Batch) -> None:
        """Count what is reported of records, which the batch is `without_rows` of."""

    @abstractmethod
    def folding(self) -> Folding:
        """Return what a task makes of visitors."""

    @property
    @abstractmethod
    def visitor_types(self) -> dict[str, pa.DataType]:
        """The names and types of the columns that `folding` gives."""

    def columns(self, mapping: RecordMapping) -> Columns:
        """Return the columns to read from records."""
        return columns_read(self.wanted(mapping), mapping, self.by)

    @property
    def any_wanted(self) -> Columns:
        """The columns of visitors, by the mapping of some file."""
        return self.wanted(next(iter(self.files.values())).mapping)

    @property
    def kept_types(self) -> dict[str, pa.DataType]:
        """The names and types of the columns that are kept of records."""
        fields = fields_kept(self.any_wanted.paths)
        about = {VISITOR: pa.string(), PERSON: pa.string(), **ABOUT}
        return about | {column_name(name): kind for name, kind in types_of(fields).items()}


def reading_task(work: RecordWork, reads: Reads) -> Task:
    """Return the task that yields records with their `PLACE`, and each block's `RecordTally`."""

    @telling
    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        wanted = work.any_wanted
        fields = fields_kept(wanted.paths)
        tallies: dict[Place, RecordTally] = {}
        for read in reads(batches, work):
            tally = tallies.setdefault(read.place, RecordTally(work.begin()))
            for batch in read.batches:
                columns = {
                    PERSON: persons_of(batch.table, work.files[read.place[0]].mapping),
                    **kept(batch.table, fields, work.by),
                }
                work.count(tally.counts, without_rows(batch, wanted))
                tally.records += batch.table.num_rows
                tally.with_key += batch.table.num_rows - columns[KEY].null_count
                known = pc.coalesce(columns[KEY], columns[PERSON]) if work.by else columns[KEY]
                tally.without_key += known.null_count
                yield rows_without_tally(_placed(work, read.place, batch.lines, columns))
            tally.counts.reject(read.too_long)
            tally.lines += read.lines
        yield _last({**PLACE, **work.kept_types}, tallies)

    return task


def _placed(
    work: RecordWork, place: Place, lines: np.ndarray, columns: dict[str, pa.Array]
) -> dict[str, pa.Array]:
    """Return records with their place, and the key that identifies their visitor."""
    file, start = place
    group, position = work.groups[file], work.positions[file]
    texts = pa.array(lines).cast(pa.string())
    alone = pc.binary_join_element_wise(f"{group} {position} {start}", texts, " ")
    visitors = pc.coalesce(pc.binary_join_element_wise(str(group), columns[KEY], "="), alone)
    return {
        "position": pa.array(np.full(len(lines), position, np.int32)),
        "start": pa.array(np.full(len(lines), start, np.int64)),
        "line": pa.array(lines),
        VISITOR: visitors,
        **{column_name(name): column for name, column in columns.items()},
    }


def column_name(field: str) -> str:
    """Return how a field's column is called on Spark, which takes a dot for a field of a struct.

    >>> column_name("field.revenue")
    'field/revenue'
    """
    return field.replace(".", "/")


def with_field_names(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return columns called as `column_name` says with the names of their fields."""
    return batch.rename_columns([name.replace("/", ".") for name in batch.schema.names])


def folding_task(work: RecordWork) -> Task:
    """Return the task that turns sorted records into visitors, and yields its `Folding`."""

    @telling
    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        folding = work.folding()

        def records() -> Iterator[pa.RecordBatch]:
            for batch in batches:
                tallies = batch[TALLY]
                for tally in tallies.drop_null().to_pylist():
                    folding.blocks |= unpacked(tally)
                yield with_field_names(batch.filter(tallies.is_null()).drop_columns([TALLY]))

        for folded in folds(records(), work.any_wanted, work.by):
            if folded.num_rows:
                yield rows_without_tally(folding.columns(folded))
        yield _last(work.visitor_types, folding)

    return task


def rows_without_tally(columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """Return rows of a task, none of which is its tally."""
    count = len(next(iter(columns.values())))
    return pa.RecordBatch.from_pydict({**columns, TALLY: pa.nulls(count, pa.binary())})


def _last(types: Mapping[str, pa.DataType], tally: object) -> pa.RecordBatch:
    nothing = {name: pa.nulls(1, kind) for name, kind in types.items()}
    return pa.RecordBatch.from_pydict({**nothing, TALLY: pa.array([packed(tally)])})
