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

from icpctl.errors import IcpctlError, Location
from icpctl.exports.format_detection import map_sources
from icpctl.exports.visitor_scan import temporary_folder
from icpctl.features.insight.counting import Insight
from icpctl.output.score import refuse_stdout, refuse_taken_names
from icpctl.output.verdict_rows import FORMS, Layout
from icpctl.scoring.run import Counted
from icpctl.spark.inputs.frames import Frames, lines_before
from icpctl.spark.inputs.inputs import find_inputs
from icpctl.spark.jobs import Jobs
from icpctl.spark.rejects import write_rejects
from icpctl.spark.session import session
from icpctl.spark.tasks import adding_task, counting_task
from icpctl.spark.work import TALLY, File, Work, refuse_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from icpctl.config.config_file import ConfigFile
    from icpctl.config.model import IcpConfig
    from icpctl.exports.format_detection import Mapped
    from icpctl.features.insight.counting import InsightCounts
    from icpctl.features.stats.counting import Stats, StatsCounts
    from icpctl.output.verdict_rows import Form
    from icpctl.scoring.run import Options, Run
    from icpctl.spark.session import Cluster
    from icpctl.spark.tasks import BlockTally, TaskTally
    from icpctl.spark.work import Place

_TASK = "task"


@dataclass(frozen=True, slots=True)
class Folders:
    """Where rows and rejected lines go, named as Spark names folders; None is nowhere.

    Raises `IcpctlError` where that cannot be written, whatever is there: `unknown_format`, or
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
    """As `score`, with Spark started for it. Raises `IcpctlError` for whatever goes wrong."""
    with session(cluster, "icpctl score") as spark:
        return score(spark, visitors, [(it.slug, it.config) for it in configs], options, folders)


def stats_on(
    cluster: Cluster,
    visitors: Sequence[str],
    configs: Sequence[ConfigFile],
    options: Options,
    counts: StatsCounts,
    organization: str | None,
) -> Stats:
    """As `stats`, with Spark started for it. Raises `IcpctlError` for whatever goes wrong."""
    pairs = [(it.slug, it.config) for it in configs]
    with session(cluster, "icpctl stats") as spark:
        return stats(spark, visitors, pairs, options, counts, organization)


def insight_on(
    cluster: Cluster,
    visitors: Sequence[str],
    configs: Sequence[ConfigFile],
    options: Options,
) -> Insight:
    """As `insight`, with Spark started for it. Raises `IcpctlError` for whatever goes wrong."""
    with session(cluster, "icpctl insight") as spark:
        return insight(spark, visitors, [(it.slug, it.config) for it in configs], options)


def score(
    spark: SparkSession,
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    folders: Folders,
) -> Run:
    """Score what `visitors` name against `(slug, config)` pairs.

    The folders appear when all is read, and stay only where all goes well. Raises `IcpctlError`:
    `not_written` where one is there already, and what reading raises; Spark's own errors pass.
    """
    jobs = Jobs(spark)
    out, rejects = jobs.new_folders(folders.out, folders.rejects)
    scan = _Scan.of(spark, visitors, options, jobs)
    frames = scan.frames
    work = scan.work(configs, layout=folders.layout, form=folders.form)
    with frames.fixed_blocks(), jobs.all_or_nothing():
        counts: dict[Place, int] = {}
        if work.form and work.layout.with_line:
            jobs.describe(f"count the lines of {frames.words}")
            counts = frames.line_counts()
            work = replace(work, lines_before=lines_before(sorted(counts.items())))
        jobs.describe(f"score {frames.words} against {len(configs)} configs")
        found = _blocks(_counted(jobs, frames, work, out))
        frames.require_same(counts, _lines(found, counts))
        blocks = frames.in_order(found)
        if rejects is not None:
            before = lines_before((place, tally.lines) for place, tally in blocks)
            rejected = {place: (it.lines, it.counted.rejected) for place, it in blocks}
            write_rejects(jobs, frames, work, rejected, before, rejects)
    return scan.run(blocks, work)


def stats(
    spark: SparkSession,
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    counts: StatsCounts,
    organization: str | None,
) -> Stats:
    """Score visitors against `(slug, config)` pairs, and count those of a period with `counts`.

    Raises what reading raises; Spark's own errors pass.
    """
    jobs = Jobs(spark)
    options = replace(options, fields=counts.fields)
    scan = _Scan.of(spark, visitors, options, jobs)
    work = scan.work(configs, stats=counts)
    frames = scan.frames
    jobs.describe(f"statistics of {frames.words} against {len(configs)} configs")
    with frames.fixed_blocks():
        found = _blocks(jobs.run(_judged(frames, work), frames.size))
    blocks = frames.in_order(found)
    for _, tally in blocks:
        if tally.stats:
            counts.follow(tally.stats)
    run = scan.run(blocks, work)
    return counts.stats(run, organization, case_sensitive=options.case_sensitive)


def insight(
    spark: SparkSession,
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
) -> Insight:
    """Score visitors against `(slug, config)` pairs, and count what keeps them away.

    Parts of pages are counted by a second job, when the first knows which are worth it. Raises what
    reading raises; Spark's own errors pass.
    """
    jobs = Jobs(spark)
    scan = _Scan.of(spark, visitors, options, jobs)
    work = scan.work(configs, parts={})
    frames = scan.frames
    with frames.fixed_blocks():
        jobs.describe(f"insight into {len(configs)} configs by {frames.words}")
        counts, found = _looked_into(scan, work, jobs)
        parts = counts.watch.told_parts()
        if parts:
            jobs.describe(f"count parts of pages in {frames.words}")
            of_parts, again = _looked_into(scan, scan.work(configs, parts=parts), jobs)
            frames.require_same(_visitors(found), _visitors(again))
            counts.take_parts(of_parts)
    run = scan.run(frames.in_order(found), work)
    return Insight(counts.report(run), run)


def _looked_into(
    scan: _Scan, work: Work, jobs: Jobs
) -> tuple[InsightCounts, dict[Place, BlockTally]]:
    """What insight counts, and what was found in each block."""
    counts = work.insight()
    blocks: dict[Place, BlockTally] = {}
    for tally in jobs.run(_put_together(_judged(scan.frames, work)), scan.frames.size):
        blocks |= tally.blocks
        if tally.watched:
            counts.follow(tally.watched)
    return counts, blocks


def _put_together(frame: DataFrame) -> DataFrame:
    """What the tasks of a frame counted, put together by tasks: of thousands tens are left.

    The same ones meet in the same order, whichever ends first.
    """
    from pyspark.sql import functions as f

    several = math.isqrt(frame.rdd.getNumPartitions()) or 1
    tallies = frame.where(f.col(TALLY).isNotNull())
    numbered = tallies.select(TALLY, f.spark_partition_id().alias(_TASK))
    in_order = numbered.repartition(several, _TASK).sortWithinPartitions(_TASK).select(TALLY)
    return in_order.mapInArrow(adding_task, in_order.schema)


@dataclass(frozen=True, slots=True)
class _Scan:
    """What is read, and with which mappings."""

    started: float
    options: Options
    frames: Frames
    mapped: list[Mapped]

    @classmethod
    def of(
        cls, spark: SparkSession, visitors: Sequence[str], options: Options, jobs: Jobs
    ) -> _Scan:
        """Finds the files. Raises `IcpctlError` where there are none, or Spark cannot read one."""
        started = time.perf_counter()
        jobs.describe("look at the first records of each file")
        with temporary_folder(options.temp_dir) as spool:
            inputs = find_inputs(spark, visitors, spool)
            mapped = map_sources([it.source for it in inputs], options.mapping)
        for one in mapped:
            refuse_events(one.mapping, Location(one.source))
        return cls(started, options, Frames.of(spark, inputs), mapped)

    def work(self, configs: Sequence[tuple[str, IcpConfig]], **more: Any) -> Work:
        """What tasks are to do."""
        files = {
            number: File(one.source, one.mapping)
            for number, one in zip(self.frames.numbers, self.mapped, strict=True)
        }
        return Work(uuid.uuid4().hex, tuple(configs), self.options, files, **more)

    def run(self, blocks: Sequence[tuple[Place, BlockTally]], work: Work) -> Run:
        """What was found in all blocks, which are in order."""
        counted = Counted.of(work.plan())
        so_far: Counter[int] = Counter()
        for (file, _), tally in blocks:
            counted.follow(tally.counted, so_far[file])
            so_far[file] += tally.lines
        seconds = time.perf_counter() - self.started
        return counted.run(work.plan(), seconds, self.mapped, {})


def _counted(jobs: Jobs, frames: Frames, work: Work, out: str | None) -> list[TaskTally]:
    """What tasks counted that do `work`; with `out` their rows are written."""
    form = work.form
    if out is None or form is None:
        return jobs.run(_judged(frames, work), frames.size)
    work = replace(work, tallies=jobs.tallies())
    return jobs.write(_judged(frames, work), frames.size, out, form, work.tallies)


def _judged(frames: Frames, work: Work) -> DataFrame:
    """What the tasks give that do `work`."""
    return frames.worked_on(work, work.types, partial(counting_task, work))


def _blocks(tallies: Iterable[TaskTally]) -> dict[Place, BlockTally]:
    """What was found in each block, of what each task found."""
    return {place: tally for found in tallies for place, tally in found.blocks.items()}


def _lines(found: Mapping[Place, BlockTally], like: Mapping[Place, int]) -> dict[Place, int]:
    """How many lines the blocks have, of the files that `like` has."""
    files = {file for file, _ in like}
    return {place: tally.lines for place, tally in found.items() if place[0] in files}


def _visitors(found: Mapping[Place, BlockTally]) -> dict[Place, int]:
    """How many visitors the blocks have."""
    return {place: tally.counted.counts.visitors for place, tally in found.items()}
