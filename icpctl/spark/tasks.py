"""What a Spark task does: it reads its lines or rows and judges them, as one machine does."""

from __future__ import annotations

import os
import pickle
import zlib
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from icpctl.errors import IcpctlError
from icpctl.output.rows import json_lines, plain_columns
from icpctl.scoring.run import Counted, rows_of
from icpctl.scoring.verdicts import judge
from icpctl.spark.failures import TaskError
from icpctl.spark.pieces import pieces
from icpctl.spark.tables import RECORD, batches_of, table_pieces
from icpctl.spark.work import TALLY
from icpctl.timings import Timings
from icpctl.visitors.columns import Columns
from icpctl.visitors.reading import Reader
from icpctl.visitors.scan import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Rows
    from icpctl.scoring.stats import StatsCounts
    from icpctl.scoring.verdicts import Verdicts
    from icpctl.scoring.watching import Watch, WatchCounts
    from icpctl.spark.work import Place, Work
    from icpctl.visitors.reading import Batch, Rejected

Task = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


@dataclass(slots=True)
class BlockTally:
    """What was found in a block, and how many lines it has where those of a file are not known."""

    counted: Counted
    lines: int = 0
    stats: StatsCounts | None = None


@dataclass(slots=True)
class TaskTally:
    """What was found in the blocks of a task, and what insight counts of all of them."""

    blocks: dict[Place, BlockTally]
    watched: WatchCounts | None = None

    def follow(self, later: TaskTally) -> None:
        """Put what was found in other blocks with it, for the same work."""
        self.blocks |= later.blocks
        if self.watched and later.watched:
            self.watched.follow(later.watched)


@dataclass(slots=True)
class _Task:
    """One task's work."""

    work: Work
    plan: Plan
    watch: Watch | None
    tallies: dict[Place, BlockTally] = field(default_factory=dict)

    def of_lines(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with _temporary_folder() as folder:
            reader = Reader(Columns({}), folder, threads=1)
            for piece in pieces(batches, folder):
                file = self.work.files[piece.file]
                reader.columns = self.work.columns_of_lines(self.plan, file.mapping)
                place = piece.file, piece.start
                for batch in piece.batches(reader, file.name):
                    yield from self._of_batch(place, batch)
                yield from self._of_rejected(place, piece.too_long(file.name))
                self._tally(place).lines += piece.count
        yield self._last()

    def of_rows(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with _temporary_folder() as folder:
            reader = Reader(Columns({}), folder, threads=1)
            for piece in table_pieces(batches):
                file = self.work.files[piece.file]
                reader.columns = self.work.columns(self.plan, file.mapping)
                for batch in piece.batches(reader, file.name):
                    yield from self._of_batch((piece.file, piece.start), batch)
        yield self._last()

    def _tally(self, place: Place) -> BlockTally:
        if place not in self.tallies:
            stats = deepcopy(self.work.stats)
            self.tallies[place] = BlockTally(Counted.of(self.plan), stats=stats)
        return self.tallies[place]

    def _of_batch(self, place: Place, batch: Batch) -> Iterator[pa.RecordBatch]:
        form = self.work.form
        if form == "rejects":
            yield from self._of_rejected(place, batch.rejected)
            return
        judged = judge(batch.table, self.plan, Timings())
        if self.watch:
            self.watch(judged)()
        verdicts = judged.verdicts
        tally = self._tally(place)
        tally.counted.add(batch, verdicts, self.plan)
        if tally.stats:
            tally.stats.add(_rows(self.work, self.plan, batch, verdicts))
        if form:
            batch = replace(batch, lines=batch.lines + self.work.lines_before.get(place, 0))
            yield self._given(_arrays(self.work, self.plan, batch, verdicts))

    def _of_rejected(self, place: Place, rejected: Sequence[Rejected]) -> Iterator[pa.RecordBatch]:
        self._tally(place).counted.reject(rejected)
        if self.work.form == "rejects" and rejected:
            before = self.work.lines_before.get(place, 0)
            texts = [replace(one, line=one.line + before).as_json() for one in rejected]
            yield self._given([pa.array(texts, pa.string())])

    def _given(self, arrays: Sequence[pa.Array]) -> pa.RecordBatch:
        return _with_tally(self.work, arrays, pa.nulls(len(arrays[0]), pa.binary()))

    def _last(self) -> pa.RecordBatch:
        nothing = [pa.nulls(1, kind) for kind in self.work.types.values()]
        tally = TaskTally(self.tallies, self.watch.counts if self.watch else None)
        return _with_tally(self.work, nothing, pa.array([_packed(tally)], pa.binary()))


def counting_task(work: Work, *, on_lines: bool) -> Task:
    """The task that gives rows and what it counted, of batches of lines or of a table's rows."""

    @_telling
    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        watch = None if work.parts is None else work.insight().watch
        found = _Task(work, work.plan(), watch)
        yield from found.of_lines(batches) if on_lines else found.of_rows(batches)

    return task


def adding_task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The task that puts what tasks counted together, in their order."""
    tallies = (tally_of(tally.as_py()) for batch in batches for tally in batch[TALLY])
    whole = next(tallies, None)
    if whole:
        for later in tallies:
            whole.follow(later)
        yield pa.RecordBatch.from_arrays([pa.array([_packed(whole)], pa.binary())], names=[TALLY])


def plain_task(work: Work, kept: Sequence[str]) -> Task:
    """The task that gives the verdicts of a DataFrame's rows, and the columns `kept`."""

    @_telling
    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        plan = work.plan()
        (file,) = work.files.values()
        with _temporary_folder() as folder:
            reader = Reader(work.columns(plan, file.mapping), folder, threads=1)
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
    """What a column that is kept is called on its way to the task."""
    return f"kept_{at}"


def _telling(task: Task) -> Task:
    """The task, whose errors for people arrive as such."""

    @wraps(task)
    def telling(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from task(batches)
        except IcpctlError as error:
            raise TaskError.of(error) from None

    return telling


def tally_of(data: bytes) -> TaskTally:
    """What a task counted, from its last row."""
    found: TaskTally = pickle.loads(zlib.decompress(data))  # noqa: S301 - Spark takes workers' rows so too
    return found


def _packed(tally: TaskTally) -> bytes:
    """A tally for its way. Most of what insight counts are zeros, a twentieth is left of it."""
    return zlib.compress(pickle.dumps(tally), 1)


def _rows(work: Work, plan: Plan, batch: Batch, verdicts: Verdicts) -> Rows:
    slugs = tuple(config.slug for config in plan.configs)
    return rows_of(batch, verdicts, slugs, work.options)


def _arrays(work: Work, plan: Plan, batch: Batch, verdicts: Verdicts) -> list[pa.Array]:
    rows = _rows(work, plan, batch, verdicts)
    if work.form == "jsonl":
        return [json_lines(rows, work.layout)]
    return plain_columns(rows, work.layout, lists=work.form == "parquet")


def _with_tally(work: Work, arrays: Sequence[pa.Array], tally: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([*arrays, tally], names=[*work.types, TALLY])


def _temporary_folder() -> AbstractContextManager[Path]:
    """A folder where Spark has those of its own, which are on a disk with room."""
    folder, *_ = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")
    hint = "name another folder of the workers with --spark-conf spark.local.dir=DIR"
    return temporary_folder(Path(folder) if folder else None, hint)
