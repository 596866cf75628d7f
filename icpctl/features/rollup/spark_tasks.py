"""Spark's tasks of a roll-up: some read records, others fold the records of a visitor.

Between the two Spark brings the records of a visitor together, in order of time. Tallies of
the records travel the same way, in separate rows, so each is counted once, as records are, even
if a task runs several times.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.exports.columns.field_warnings import misfits_of
from icpctl.exports.columns.visitor_columns import Columns
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
    several,
    visitors_of,
)
from icpctl.features.rollup.printing import RollUpRun
from icpctl.features.rollup.visitor_files import Shapes, normalised
from icpctl.spark.failures import telling
from icpctl.spark.tasks import packed, unpacked
from icpctl.spark.work import TALLY, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from icpctl.exports.visitor_keys import By
    from icpctl.mappings.mapping import Mapping as RecordMapping
    from icpctl.spark.failures import Task
    from icpctl.spark.inputs.reads import Reads
    from icpctl.spark.work import File, Place

PLACE = {"position": pa.int32(), "start": pa.int64(), "line": pa.int64()}
"""Where a record is among all: its file's position, where its block starts, and its line there."""


@dataclass(slots=True)
class RecordTally:
    """The counts of a block, and how many lines it has if the lines of its file are not known.

    `with_key` records have the key that records are put together by.
    """

    counts: RollUpRun = field(default_factory=RollUpRun)
    lines: int = 0
    with_key: int = 0


@dataclass(slots=True)
class VisitorTally:
    """The counts of visitors, and of the blocks that hold their records."""

    count: int = 0
    shapes: Shapes = field(default_factory=Shapes)
    blocks: dict[Place, RecordTally] = field(default_factory=dict)

    def follow(self, other: VisitorTally) -> None:
        """Add the counts of other visitors."""
        self.count += other.count
        self.shapes.follow(other.shapes)
        self.blocks |= other.blocks


@dataclass(frozen=True, slots=True)
class RollUpWork:
    """Everything that tasks need; `names` are the fields of visitors.

    `positions` of files are those among the inputs; `groups` are the positions of the first files
    with the same visitors, whose records are rolled up together. `by` says what records of a
    visitor have in common, else their mappings do.
    """

    names: tuple[str, ...]
    files: Mapping[int, File]
    positions: Mapping[int, int]
    groups: Mapping[int, int]
    by: By = ()

    def columns(self, mapping: RecordMapping) -> Columns:
        """Return the columns to read from records."""
        wanted = Columns.of(mapping, {name: mapping.paths[name] for name in self.names})
        return columns_read(wanted, mapping, self.by)

    @property
    def several(self) -> tuple[str, ...]:
        """The fields of which every value is kept."""
        return several(Columns(dict.fromkeys(self.names, ())), self.by)

    @property
    def kept_types(self) -> dict[str, pa.DataType]:
        """The names and types of the columns that are kept of records."""
        return {
            VISITOR: pa.string(),
            PERSON: pa.string(),
            **ABOUT,
            **dict.fromkeys(fields_kept(self.names), pa.string()),
        }

    @property
    def visitor_types(self) -> dict[str, pa.DataType]:
        """The names and types of visitors' fields, which are JSON texts."""
        return dict.fromkeys(self.names, pa.string())


def reading_task(work: RollUpWork, reads: Reads) -> Task:
    """Return the task that yields records with their `PLACE`, and each block's `RecordTally`."""

    @telling
    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        fields = fields_kept(work.names)
        tallies: dict[Place, RecordTally] = {}
        for read in reads(batches, work):
            tally = tallies.setdefault(read.place, RecordTally())
            for batch in read.batches:
                misfits = misfits_of(batch.table, work.names, batch.lines)
                columns = {
                    PERSON: persons_of(batch.table, work.files[read.place[0]].mapping),
                    **kept(batch.table, fields, work.by),
                }
                tally.counts.add(replace(batch, misfits=misfits))
                tally.counts.records += batch.table.num_rows
                tally.with_key += batch.table.num_rows - columns[KEY].null_count
                known = pc.coalesce(columns[KEY], columns[PERSON]) if work.by else columns[KEY]
                tally.counts.without_key += known.null_count
                yield _given(_placed(work, read.place, batch.lines, columns))
            tally.counts.reject(read.too_long)
            tally.lines += read.lines
        yield _last({**PLACE, **work.kept_types}, tallies)

    return task


def _placed(
    work: RollUpWork, place: Place, lines: np.ndarray, columns: dict[str, pa.Array]
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
        **columns,
    }


def folding_task(work: RollUpWork) -> Task:
    """Return the task that turns sorted records into visitors, and yields a `VisitorTally`."""

    @telling
    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        total = VisitorTally()

        def records() -> Iterator[pa.RecordBatch]:
            for batch in batches:
                tallies = batch[TALLY]
                for tally in tallies.drop_null().to_pylist():
                    total.blocks |= unpacked(tally)
                yield batch.filter(tallies.is_null()).drop_columns([TALLY])

        for folded in folds(records(), work.several):
            visitors = normalised(visitors_of(folded, work.names))
            if visitors.num_rows:
                total.count += visitors.num_rows
                total.shapes.see(visitors)
                yield _given(dict(zip(work.names, visitors.columns, strict=True)))
        yield _last(work.visitor_types, total)

    return task


def writing_task(shapes: Shapes, *, as_text: bool) -> Task:
    """Return the task that yields visitors as written: columns of `shapes`, or JSON lines."""

    @telling
    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if batch.num_rows and as_text:
                yield _given({TEXT: shapes.json_lines(batch)})
            elif batch.num_rows:
                rows = shapes.typed(batch)
                yield _given(dict(zip(rows.schema.names, rows.columns, strict=True)))

    return task


def _given(columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    count = len(next(iter(columns.values())))
    return pa.RecordBatch.from_pydict({**columns, TALLY: pa.nulls(count, pa.binary())})


def _last(types: Mapping[str, pa.DataType], tally: object) -> pa.RecordBatch:
    nothing = {name: pa.nulls(1, kind) for name, kind in types.items()}
    return pa.RecordBatch.from_pydict({**nothing, TALLY: pa.array([packed(tally)])})
