"""A scoring run on Spark: one machine's `Run`, and rows in folders that Spark commits."""

from __future__ import annotations

import math
import time
import uuid
from collections import Counter
from contextlib import contextmanager
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.config.model import named_configs
from icpctl.errors import IcpctlError, Location
from icpctl.exports.format_detection import map_sources
from icpctl.exports.visitor_scan import visitor_groups
from icpctl.output.layout import FORMS, Layout, refuse_taken_names, require_lines
from icpctl.scoring.counts import RunCounts
from icpctl.scoring.run import Run
from icpctl.scoring.unread_fields import SURVEYS, extra_fields, require_carried
from icpctl.spark.inputs.frames import Frames, lines_before
from icpctl.spark.inputs.inputs import find_inputs
from icpctl.spark.jobs import Jobs
from icpctl.spark.judging import judging
from icpctl.spark.rejects import write_rejects
from icpctl.spark.rollup import require_keys
from icpctl.spark.session import session
from icpctl.spark.tasks import adding_task
from icpctl.spark.work import TALLY, File, Work
from icpctl.temporary_folders import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from icpctl.config.model import ConfigFile, IcpConfig
    from icpctl.exports.files.sources import Source
    from icpctl.exports.format_detection import Mapped
    from icpctl.output.layout import Form
    from icpctl.scoring.run import Options
    from icpctl.spark.judging import Judging
    from icpctl.spark.session import Cluster
    from icpctl.spark.tasks import BlockTally, TaskTally
    from icpctl.spark.work import Place

T = TypeVar("T")

_TASK = "task"


class Folders(Struct, frozen=True):
    """Where rows and rejected lines go, named as Spark names folders; None is nowhere.

    Raises `IcpctlError` if that can never be written: `unknown_format`, or
    `bad_usage` for stdout, and where a column's name is taken.
    """

    out: str | None = None
    rejects: str | None = None
    layout: Layout = field(default_factory=Layout)

    @property
    def form(self) -> Form | None:
        """What the rows are."""
        return None if self.out is None else FORMS.get(PurePosixPath(self.out).suffix.lower())

    def __post_init__(self) -> None:
        refuse_taken_names(self.layout)
        require_lines(self.rejects)
        if self.out is not None and self.form is None:
            raise IcpctlError(
                "the extension of the folder does not say its format",
                "unknown_format",
                Location(self.out or "--out ''"),
                f"end it in one of {', '.join(FORMS)}",
            )


def score_on(
    cluster: Cluster,
    visitors: Sequence[str],
    configs: Sequence[ConfigFile],
    options: Options,
    folders: Folders,
) -> Run:
    """Start Spark and call `score`. Raises `IcpctlError` for every failure."""
    with session(cluster, "icpctl score") as spark:
        return score(spark, visitors, named_configs(configs), options, folders)


def score(
    spark: SparkSession,
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    folders: Folders,
) -> Run:
    """Score what `visitors` name against `(slug, config)` pairs.

    The folders appear after everything has been read, and remain only if everything succeeds.
    Raises `IcpctlError`: `not_written` if one exists already, and what reading raises; Spark's
    own errors pass.
    """
    jobs = Jobs(spark)
    out, rejects = jobs.new_folders(folders.out, folders.rejects)
    scan = SparkScan.of(spark, visitors, options, jobs)
    frames = scan.frames
    layout = folders.layout.used_by((config for _, config in configs), options.tiers)
    work = scan.work(configs, layout=layout, form=folders.form)
    with frames.fixed_blocks(), jobs.all_or_nothing():
        counts: dict[Place, int] = {}
        if work.form and work.layout.with_line:
            jobs.describe(f"count the lines of {frames.words}")
            counts = frames.line_counts()
            work = replace(work, lines_before=lines_before(sorted(counts.items())))
        if out is not None:
            work = replace(work, tallies=jobs.tallies())
        jobs.describe(f"score {frames.words} against {len(configs)} configs")
        with scan.judging(work, jobs) as judging:
            tallies = judging.blocks(_counted(jobs, judging, frames.size, out))
        frames.require_same(counts, _lines(tallies, counts))
        blocks = scan.in_order(tallies)
        if rejects is not None:
            before = lines_before((place, tally.lines) for place, tally in blocks)
            rejected = {place: (tally.lines, tally.counts.rejected) for place, tally in blocks}
            write_rejects(jobs, frames, work, rejected, before, rejects)
        return scan.run(blocks, work)


def merged(frame: DataFrame) -> DataFrame:
    """Return the tallies of a frame's tasks, merged by tasks from thousands to tens.

    The same tallies merge in the same order, whichever task ends first.
    """
    from pyspark.sql import functions as f

    several = math.isqrt(frame.rdd.getNumPartitions()) or 1
    tallies = frame.where(f.col(TALLY).isNotNull())
    numbered = tallies.select(TALLY, f.spark_partition_id().alias(_TASK))
    in_order = numbered.repartition(several, _TASK).sortWithinPartitions(_TASK).select(TALLY)
    return in_order.mapInArrow(adding_task, in_order.schema)


class SparkScan(Struct, frozen=True, dict=True):
    """What is read, and with which mappings."""

    started: float
    options: Options
    frames: Frames
    sources: list[Source]
    mapped: list[Mapped]
    skipped: list[str]

    @classmethod
    def of(
        cls, spark: SparkSession, visitors: Sequence[str], options: Options, jobs: Jobs
    ) -> SparkScan:
        """Find the files. Raises `IcpctlError` if there are none, or Spark cannot read one."""
        started = time.perf_counter()
        jobs.describe("look at the first records of each file")
        with temporary_folder(options.temp_dir) as spool:
            skipped: list[str] = []
            inputs = find_inputs(spark, visitors, spool, skipped)
            sources = [file.source for file in inputs]
            mapped = map_sources(
                sources, options.mappings, keep=SURVEYS, rolled_up=bool(options.by)
            )
        return cls(started, options, Frames.of(spark, inputs), sources, mapped, skipped)

    @cached_property
    def groups(self) -> dict[int, int]:
        """The files whose records are rolled up -> the position of the first with its visitors."""
        numbers = self.frames.numbers
        groups = visitor_groups([file.mapping for file in self.mapped], self.options.by)
        return {
            numbers[member]: group.members[0]
            for group in groups
            if group.is_rolled_up
            for member in group.members
        }

    @contextmanager
    def judging(self, work: Work, jobs: Jobs) -> Iterator[Judging]:
        """Yield what tasks yield for `work`, during the block; raise `IcpctlError` `no_key`."""
        options = self.options
        with judging(self.frames, work, self.groups, options.by, jobs) as judged:
            if judged.records and (options.mappings or options.by):
                require_keys(judged.records, self.groups, self.mapped, self.sources, options.by)
            yield judged

    def in_order(self, blocks: Mapping[Place, T]) -> list[tuple[Place, T]]:
        """Return blocks in the order in which one machine reads them."""
        position = {number: at for at, number in enumerate(self.frames.numbers)}
        in_order = self.frames.in_order(blocks)
        return sorted(in_order, key=lambda item: self.groups.get(item[0][0], position[item[0][0]]))

    def work(self, configs: Sequence[tuple[str, IcpConfig]], **more: Any) -> Work:
        """Return what tasks are to do."""
        files = {
            number: File(its.source, its.mapping)
            for number, its in zip(self.frames.numbers, self.mapped, strict=True)
        }
        work = Work(uuid.uuid4().hex, tuple(configs), self.options, files, **more)
        wanted = extra_fields(self.mapped, work.plan())
        return replace(work, options=self.options.with_fields(wanted))

    def run(self, blocks: Sequence[tuple[Place, BlockTally]], work: Work) -> Run:
        """Return the merged tallies of all blocks, which are in order."""
        counts = RunCounts.of(work.plan())
        so_far: Counter[int] = Counter()
        for (file, _), tally in blocks:
            counts.merge(tally.counts, so_far[file])
            so_far[file] += tally.lines
        types = [*self.options.custom, *work.plan().types]
        require_carried(self.options.carry, counts.files, self.sources, self.mapped, types)
        seconds = time.perf_counter() - self.started
        plan, configs = work.plan(), work.configs
        by = self.options.by
        run = Run.of(counts, plan, configs, seconds, self.sources, self.mapped, {}, by)
        run.skipped = self.skipped
        return run


def _counted(jobs: Jobs, judging: Judging, size: int, out: str | None) -> list[TaskTally]:
    """Return the tallies of the tasks, which read `size` bytes; with `out` rows are written."""
    form = judging.work.form
    if out is None or form is None:
        return jobs.run(judging.rows, size)
    return jobs.write(judging.rows, size, out, form, judging.work.tallies)


def _lines(blocks: Mapping[Place, BlockTally], like: Mapping[Place, int]) -> dict[Place, int]:
    """Return the number of lines of the blocks of the files in `like`."""
    files = {file for file, _ in like}
    return {place: tally.lines for place, tally in blocks.items() if place[0] in files}


def visitors_in(blocks: Mapping[Place, BlockTally]) -> dict[Place, int]:
    """Return how many visitors the blocks have."""
    return {place: tally.counts.counts.visitors for place, tally in blocks.items()}
