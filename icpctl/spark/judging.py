"""Visitors judged on Spark: those that records are, and those that records are rolled up to."""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from msgspec import Struct, field

from icpctl.exports.columns.batches import Batch
from icpctl.exports.files.sources import Source
from icpctl.exports.merge_events import types_of, visitors_of
from icpctl.scoring.counts import RunCounts
from icpctl.scoring.verdicts import judge
from icpctl.spark.inputs.frames import schema_of
from icpctl.spark.inputs.pieces import FILE, START, runs
from icpctl.spark.inputs.reads import Read
from icpctl.spark.rollup import rolled_up
from icpctl.spark.rollup_tasks import PLACE, RecordWork, column_name, with_field_names
from icpctl.spark.tasks import BlockTally, counting_task
from icpctl.spark.work import TALLY
from icpctl.timings import Timings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pyspark.sql import DataFrame

    from icpctl.exports.columns.field_columns import Columns
    from icpctl.exports.visitor_keys import By
    from icpctl.mappings.mapping import Mapping as RecordMapping
    from icpctl.spark.failures import Task
    from icpctl.spark.inputs.frames import Frames
    from icpctl.spark.inputs.reads import Reading, Reads
    from icpctl.spark.jobs import Jobs
    from icpctl.spark.rollup_tasks import RecordTally
    from icpctl.spark.tasks import TaskTally
    from icpctl.spark.work import Place, Work


class Judging(Struct, frozen=True):
    """The `rows` that tasks yield for `work`, and the tallies of the records rolled up for it."""

    rows: DataFrame
    work: Work
    records: Mapping[Place, RecordTally] = field(default_factory=dict)

    def blocks(self, tallies: Iterable[TaskTally]) -> dict[Place, BlockTally]:
        """Return the tally of each block: of its records, and of the visitors that begin there."""
        blocks = {place: block for tally in tallies for place, block in tally.blocks.items()}
        for place, records in self.records.items():
            more = deepcopy(self.work.block_counts)
            whole = BlockTally(records.counts, records.lines, more)
            if place in blocks:
                whole.counts.merge(blocks[place].counts)
                whole.more = blocks[place].more
            blocks[place] = whole
        return blocks


@contextmanager
def judging(
    frames: Frames, work: Work, groups: Mapping[int, int], by: By, jobs: Jobs
) -> Iterator[Judging]:
    """Yield the rows that tasks yield for `work`, during the block.

    `groups` are the files whose records are rolled up, with the positions of the first files with
    the same visitors; `by` says what these have in common, else their mappings do.
    """
    task_of = partial(counting_task, work)
    if not groups:
        yield Judging(frames.worked_on(work, work.types, task_of), work)
        return
    rolled, others = frames.of_files(groups), frames.of_files(work.files.keys() - groups.keys())
    files = {number: work.files[number] for number in rolled.numbers}
    positions = {number: at for at, number in enumerate(frames.numbers)}
    with rolled_up(rolled, JudgedRecords(files, positions, groups, by, work)) as visitors:
        records: dict[Place, RecordTally] = {}
        for folding in jobs.run(visitors, frames.size):
            records |= folding.blocks
        rows = _judged(visitors, work, task_of)
        if others.numbers:
            rows = others.worked_on(work, work.types, task_of).unionAll(rows)
        yield Judging(rows, work, records)


def _judged(visitors: DataFrame, work: Work, task_of: Callable[[Reads], Task]) -> DataFrame:
    """Return the rows of the visitors, in the order of their first records.

    The visitors that begin in a block come to one task.
    """
    from pyspark.sql import functions as f

    only = visitors.where(f.col(TALLY).isNull()).drop(TALLY)
    in_order = only.repartitionByRange("position", START).sortWithinPartitions(*PLACE)
    return in_order.mapInArrow(
        task_of(_reads_of_visitors), schema_of({**work.types, TALLY: pa.binary()})
    )


def _reads_of_visitors(batches: Iterator[pa.RecordBatch], work: Reading) -> Iterator[Read]:
    """Yield visitors, in the columns of `JudgedRecords.visitor_types`."""
    for place, rows in runs(batches):
        name = work.files[place[0]].name
        source = Source(name, Path(name), 0, None, "parquet")
        table = with_field_names(rows.drop_columns([FILE, *PLACE]))
        lines = rows["line"].to_numpy()
        yield Read(place, iter([Batch(source, table, lines, [], 0, {})]), [], 0)


@dataclass(frozen=True)
class JudgedRecords(RecordWork):
    """Records that are rolled up to visitors which are judged for `work`."""

    work: Work

    def wanted(self, mapping: RecordMapping) -> Columns:
        """Return the columns that judging reads."""
        return self.work.columns(mapping)

    def begin(self) -> RunCounts:
        """Return the counts of no records yet."""
        return RunCounts.of(self.work.plan())

    def count(self, counts: RunCounts, batch: Batch) -> None:
        """Count the misfits and rejected lines of a batch without rows."""
        plan = self.work.plan()
        counts.add(batch, judge(batch.table, plan, Timings()).verdicts, plan)

    def folding(self) -> PlacedVisitors:
        """Return what a task makes of visitors."""
        numbers = {position: number for number, position in self.positions.items()}
        return PlacedVisitors(tuple(self.any_wanted.paths), numbers)

    @property
    def visitor_types(self) -> dict[str, pa.DataType]:
        """The names and types of visitors' columns: the place of the first record, and fields."""
        types = types_of(self.any_wanted.paths)
        fields = {column_name(name): kind for name, kind in types.items()}
        return {FILE: pa.int64(), **PLACE, **fields}


class PlacedVisitors(Struct):
    """Gives visitors with their places; `numbers` are those of files by position."""

    names: tuple[str, ...]
    numbers: Mapping[int, int]
    blocks: dict[Place, RecordTally] = field(default_factory=dict)

    def columns(self, folded: pa.Table) -> dict[str, pa.Array]:
        """Return the file, the place and the fields of visitors."""
        places = {name: folded[name].combine_chunks() for name in PLACE}
        files = [self.numbers[position] for position in places["position"].to_pylist()]
        names, fields = map(column_name, self.names), visitors_of(folded, self.names).columns
        return {
            FILE: pa.array(files, pa.int64()),
            **places,
            **dict(zip(names, fields, strict=True)),
        }
