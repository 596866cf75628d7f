"""A scoring run on Spark: one machine's `Run`, and rows in folders that Spark commits."""

from __future__ import annotations

import math
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from icpctl.config.config_file import named_configs
from icpctl.errors import IcpctlError, Location
from icpctl.exports.detection.format_detection import map_sources
from icpctl.output.runs.row_files import refuse_stdout, refuse_taken_names
from icpctl.output.runs.verdict_rows import FORMS, Layout
from icpctl.scoring.run import Run
from icpctl.scoring.run_counts import RunCounts
from icpctl.scoring.unread_fields import SURVEYS, extra_fields, require_carried
from icpctl.spark.inputs.frames import Frames, lines_before
from icpctl.spark.inputs.inputs import find_inputs
from icpctl.spark.jobs import Jobs
from icpctl.spark.rejects import write_rejects
from icpctl.spark.session import session
from icpctl.spark.tasks import adding_task, counting_task
from icpctl.spark.work import TALLY, File, Work, refuse_events
from icpctl.temporary_folders import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from icpctl.config.config_file import ConfigFile
    from icpctl.config.model import IcpConfig
    from icpctl.exports.detection.format_detection import Mapped
    from icpctl.exports.files.sources import Source
    from icpctl.output.runs.verdict_rows import Form
    from icpctl.scoring.run import Options
    from icpctl.spark.session import Cluster
    from icpctl.spark.tasks import BlockTally, TaskTally
    from icpctl.spark.work import Place

_TASK = "task"


@dataclass(frozen=True, slots=True)
class Folders:
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
        refuse_stdout(self.rejects)
        if self.out is not None and self.form is None:
            raise IcpctlError(
                "what the folder should hold is not clear from its name",
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
        jobs.describe(f"score {frames.words} against {len(configs)} configs")
        tallies = blocks_of(_counted(jobs, frames, work, out))
        frames.require_same(counts, _lines(tallies, counts))
        blocks = frames.in_order(tallies)
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


@dataclass(frozen=True, slots=True)
class SparkScan:
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
            mapped = map_sources(sources, options.mappings, keep=SURVEYS)
        for its in mapped:
            refuse_events(its.mapping, Location(its.source))
        return cls(started, options, Frames.of(spark, inputs), sources, mapped, skipped)

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
        require_carried(self.options.carry, counts.files, self.sources, self.mapped, work.plan())
        seconds = time.perf_counter() - self.started
        plan, configs = work.plan(), work.configs
        run = Run.of(counts, plan, configs, seconds, self.sources, self.mapped, {})
        run.skipped = self.skipped
        return run


def _counted(jobs: Jobs, frames: Frames, work: Work, out: str | None) -> list[TaskTally]:
    """Return the tallies of the tasks that do `work`; with `out` their rows are written."""
    form = work.form
    if out is None or form is None:
        return jobs.run(judged(frames, work), frames.size)
    work = replace(work, tallies=jobs.tallies())
    return jobs.write(judged(frames, work), frames.size, out, form, work.tallies)


def judged(frames: Frames, work: Work) -> DataFrame:
    """Return the rows that the tasks for `work` yield."""
    return frames.worked_on(work, work.types, partial(counting_task, work))


def blocks_of(tallies: Iterable[TaskTally]) -> dict[Place, BlockTally]:
    """Return the tally of each block, from the tallies of the tasks."""
    return {place: block for tally in tallies for place, block in tally.blocks.items()}


def _lines(blocks: Mapping[Place, BlockTally], like: Mapping[Place, int]) -> dict[Place, int]:
    """Return the number of lines of the blocks of the files in `like`."""
    files = {file for file, _ in like}
    return {place: tally.lines for place, tally in blocks.items() if place[0] in files}


def visitors_in(blocks: Mapping[Place, BlockTally]) -> dict[Place, int]:
    """Return how many visitors the blocks have."""
    return {place: tally.counts.counts.visitors for place, tally in blocks.items()}
