"""What a Spark task does: it reads its lines or rows and judges them, as one machine does."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from icpctl.output.rows import Layout, json_lines, plain_columns
from icpctl.scoring.plan import make_plan
from icpctl.scoring.run import Counted, columns_of, rows_of
from icpctl.scoring.verdicts import judge
from icpctl.spark.pieces import pieces
from icpctl.spark.tables import table_pieces
from icpctl.timings import Timings
from icpctl.visitors.columns import Columns
from icpctl.visitors.mapping import ID
from icpctl.visitors.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from icpctl.config.model import IcpConfig
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Options, Rows
    from icpctl.visitors.mapping import Mapping as RecordMapping
    from icpctl.visitors.reading import Batch, Rejected

Form = Literal["jsonl", "csv", "parquet", "rejects"]
"""What a task gives for each visitor (with `rejects`, for each rejected line)."""

TALLY, TEXT = "tally", "value"
"""Columns of what a task gives: what it counted, in its last row alone, and a line of text."""

Place = tuple[int, int]
"""A block: the number of its file, and where in the file it starts."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that is read: its name for people, and the mapping of its records."""

    name: str
    mapping: RecordMapping


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that tasks need: it is shipped with the function that they call.

    `key` tells it from other work. Rows are given in `form`, if at all. `lines_before` says of
    each block how many lines of its file go before it, where that matters; blocks that it lacks
    begin their file.
    """

    key: str
    configs: tuple[tuple[str, IcpConfig], ...]
    options: Options
    files: Mapping[int, File]
    layout: Layout = field(default_factory=Layout)
    form: Form | None = None
    lines_before: Mapping[Place, int] = field(default_factory=dict)

    def plan(self) -> Plan:
        """The configs' plan, made once in a process."""
        if self.key not in _plans:
            options = self.options
            _plans[self.key] = make_plan(
                self.configs, as_of=options.as_of, case_sensitive=options.case_sensitive
            )
            while len(_plans) > _MOST_PLANS:
                _plans.popitem(last=False)
        return _plans[self.key]

    def columns(self, plan: Plan, mapping: RecordMapping) -> Columns:
        """What is read of records: where only rejected lines count, as little as can be."""
        if self.form == "rejects":
            return Columns({ID: mapping.paths[ID]})
        return columns_of(plan, mapping, self.options)

    @property
    def types(self) -> dict[str, pa.DataType]:
        """The names and types of what a task gives, besides `TALLY`."""
        if self.form is None:
            return {}
        if self.form in ("jsonl", "rejects"):
            return {TEXT: pa.string()}
        known = _TYPES | ({"matches": _LISTS} if self.form == "parquet" else {})
        known |= dict.fromkeys(self.layout.carry, pa.string())
        return {name: known[name] for name in self.layout.columns}


_TYPES = {
    "source": pa.string(),
    "line": pa.int64(),
    "id": pa.string(),
    "icp_match": pa.bool_(),
    "icp": pa.string(),
    "icp_score": pa.float64(),
    "matches": pa.string(),
}
_LISTS = pa.list_(pa.struct([("config", pa.string()), ("score", pa.float64())]))

_MOST_PLANS = 4
_plans: OrderedDict[str, Plan] = OrderedDict()


@dataclass(slots=True)
class BlockTally:
    """What was found in a block, and how many lines it has where those of a file are not known."""

    counted: Counted
    lines: int = 0


@dataclass(slots=True)
class _Task:
    """One task's work."""

    work: Work
    plan: Plan
    tallies: dict[Place, BlockTally] = field(default_factory=dict)
    timings: Timings = field(default_factory=Timings)

    def of_lines(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with _temporary_folder() as folder:
            reader = Reader(Columns({}), Path(folder), threads=1)
            for piece in pieces(batches, Path(folder)):
                file = self.work.files[piece.file]
                reader.columns = self.work.columns(self.plan, file.mapping)
                place = piece.file, piece.start
                for batch in piece.batches(reader, file.name):
                    yield from self._of_batch(place, batch)
                yield from self._of_rejected(place, piece.too_long(file.name))
                self._tally(place).lines += piece.count
        yield self._last()

    def of_rows(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with _temporary_folder() as folder:
            reader = Reader(Columns({}), Path(folder), threads=1)
            for piece in table_pieces(batches):
                file = self.work.files[piece.file]
                reader.columns = self.work.columns(self.plan, file.mapping)
                for batch in piece.batches(reader, file.name):
                    yield from self._of_batch((piece.file, piece.start), batch)
        yield self._last()

    def _tally(self, place: Place) -> BlockTally:
        if place not in self.tallies:
            self.tallies[place] = BlockTally(Counted.of(self.plan))
        return self.tallies[place]

    def _of_batch(self, place: Place, batch: Batch) -> Iterator[pa.RecordBatch]:
        form = self.work.form
        if form == "rejects":
            yield from self._of_rejected(place, batch.rejected)
            return
        verdicts = judge(batch.table, self.plan, self.timings).verdicts
        self._tally(place).counted.add(batch, verdicts, self.plan)
        if form:
            batch = replace(batch, lines=batch.lines + self.work.lines_before.get(place, 0))
            slugs = tuple(config.slug for config in self.plan.configs)
            rows = rows_of(batch, verdicts, slugs, self.work.options)
            yield self._given(_arrays(rows, self.work.layout, form))

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
        return _with_tally(self.work, nothing, pa.array([pickle.dumps(self.tallies)], pa.binary()))


def working(
    work: Work, *, on_lines: bool
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that a task calls with its batches: of lines, or of a table's rows."""

    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        found = _Task(work, work.plan())
        yield from found.of_lines(batches) if on_lines else found.of_rows(batches)

    return task


def tallies_of(data: bytes) -> dict[Place, BlockTally]:
    """What a task counted, from its last row."""
    found: dict[Place, BlockTally] = pickle.loads(data)  # noqa: S301 - our own tasks wrote it
    return found


def _arrays(rows: Rows, layout: Layout, form: Form) -> list[pa.Array]:
    if form == "jsonl":
        return [json_lines(rows, layout)]
    return plain_columns(rows, layout, lists=form == "parquet")


def _with_tally(work: Work, arrays: Sequence[pa.Array], tally: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([*arrays, tally], names=[*work.types, TALLY])


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder where Spark has those of its own, which are on a disk with room."""
    folders = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")
    return tempfile.TemporaryDirectory(prefix="icpctl-", dir=folders[0] or None)
