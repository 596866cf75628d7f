"""Spark's tasks of a scoring run: they read lines or rows and score them, as one machine does."""

from __future__ import annotations

import pickle
import zlib
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.errors import IcpctlError
from icpctl.output.verdict_rows import harmless, json_lines, plain_columns
from icpctl.scoring.counts import RunCounts
from icpctl.scoring.run import rows_of
from icpctl.scoring.verdicts import judge
from icpctl.spark.failures import telling
from icpctl.spark.inputs.reads import task_reader
from icpctl.spark.inputs.tables import RECORD, batches_of
from icpctl.spark.work import TALLY
from icpctl.timings import Timings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from icpctl.exports.columns.batches import Batch
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Rows
    from icpctl.scoring.verdicts import Verdicts
    from icpctl.spark.failures import Task
    from icpctl.spark.inputs.reads import Read, Reads
    from icpctl.spark.work import BlockCounts, Place, TaskCounting, TaskCounts, Work


class BlockTally(Struct):
    """The counts of a block, and how many lines it has if the lines of its file are not known."""

    counts: RunCounts
    lines: int = 0
    more: BlockCounts | None = None


class TaskTally(Struct):
    """The counts of a task's blocks, and what an inquiry counts of all of them."""

    blocks: dict[Place, BlockTally]
    answers: TaskCounts | None = None

    def merge(self, later: TaskTally) -> None:
        """Add the counts of other blocks, for the same work."""
        self.blocks |= later.blocks
        if self.answers and later.answers:
            self.answers.merge(later.answers)


class _Task(Struct):
    """One task's work."""

    work: Work
    plan: Plan
    counting: TaskCounting | None
    tallies: dict[Place, BlockTally] = field(default_factory=dict)

    def run(self, reads: Iterator[Read]) -> Iterator[pa.RecordBatch]:
        for read in reads:
            for batch in read.batches:
                yield from self._of_batch(read.place, batch)
            tally = self._tally(read.place)
            tally.counts.reject(read.too_long)
            tally.lines += read.lines
        yield self._last()

    def _tally(self, place: Place) -> BlockTally:
        if place not in self.tallies:
            more = deepcopy(self.work.block_counts)
            self.tallies[place] = BlockTally(RunCounts.of(self.plan), more=more)
        return self.tallies[place]

    def _of_batch(self, place: Place, batch: Batch) -> Iterator[pa.RecordBatch]:
        judged = judge(batch.table, self.plan, Timings())
        if self.counting:
            self.counting.watch(judged)()
        verdicts = judged.verdicts
        tally = self._tally(place)
        tally.counts.add(batch, verdicts, self.plan)
        if tally.more:
            tally.more.add(_rows(self.work, self.plan, batch, verdicts))
        if self.work.form:
            batch = replace(batch, lines=batch.lines + self.work.lines_before.get(place, 0))
            yield self._given(_arrays(self.work, self.plan, batch, verdicts))

    def _given(self, arrays: Sequence[pa.Array]) -> pa.RecordBatch:
        return _with_tally(self.work, arrays, pa.nulls(len(arrays[0]), pa.binary()))

    def _last(self) -> pa.RecordBatch:
        tally = packed(TaskTally(self.tallies, self.counting.counts if self.counting else None))
        if self.work.tallies:
            self.work.tallies.add([tally])
        nothing = [pa.nulls(1, kind) for kind in self.work.types.values()]
        return _with_tally(self.work, nothing, pa.array([tally], pa.binary()))


def counting_task(work: Work, reads: Reads) -> Task:
    """Return the task that yields rows, and their tally, for what `reads` reads."""

    @telling
    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from _Task(work, work.plan(), work.begin()).run(reads(batches, work))

    return task


def adding_task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Return the task that merges the tallies of tasks, in their order."""
    tallies = (unpacked(tally.as_py()) for batch in batches for tally in batch[TALLY])
    whole = next(tallies, None)
    if whole:
        for later in tallies:
            whole.merge(later)
        yield pa.RecordBatch.from_arrays([pa.array([packed(whole)], pa.binary())], names=[TALLY])


def plain_task(work: Work, kept: Sequence[str]) -> Task:
    """Return the task that yields the verdicts of a DataFrame's rows, and the columns `kept`."""

    @telling
    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        plan = work.plan()
        (file,) = work.files.values()
        with task_reader() as reader:
            reader.columns = work.columns(file.mapping)
            for rows in batches:
                numbers = np.arange(1, rows.num_rows + 1)
                for batch in batches_of(rows[RECORD], numbers, file.name, reader):
                    if batch.rejected:
                        raise IcpctlError(f"a row cannot be scored: {batch.rejected[0].reason}")
                    verdicts = judge(batch.table, plan, Timings()).verdicts
                    arrays = _arrays(work, plan, batch, verdicts)
                    columns = [rows[kept_name(at)] for at in range(len(kept))]
                    yield pa.RecordBatch.from_arrays(
                        [*arrays, *columns], names=[*work.types, *kept]
                    )

    return task


def kept_name(at: int) -> str:
    """Return the name of a kept column on its way to the task."""
    return f"kept_{at}"


def packed(tally: object) -> bytes:
    """Return a task's tally, compressed for its last row; most of its counts are zeros."""
    return zlib.compress(pickle.dumps(tally), 1)


def unpacked(tally: bytes) -> Any:
    """Return a task's tally, from its last row."""
    return pickle.loads(zlib.decompress(tally))  # noqa: S301 - Spark takes workers' rows so too


def _rows(work: Work, plan: Plan, batch: Batch, verdicts: Verdicts) -> Rows:
    return rows_of(batch, verdicts, plan, work.options)


def _arrays(work: Work, plan: Plan, batch: Batch, verdicts: Verdicts) -> list[pa.Array]:
    rows = _rows(work, plan, batch, verdicts)
    if work.form == "jsonl":
        return [json_lines(rows, work.layout)]
    columns = plain_columns(rows, work.layout, lists=work.form == "parquet")
    return [*map(harmless, columns)] if work.form == "csv" else columns


def _with_tally(work: Work, arrays: Sequence[pa.Array], tally: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([*arrays, tally], names=[*work.types, TALLY])
