"""A scoring run on Spark: one machine's `Run`, and rows in folders that Spark commits."""

from __future__ import annotations

import math
import sys
import time
import uuid
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from icpctl.errors import IcpctlError, Location
from icpctl.output.console import note
from icpctl.output.progress import progress
from icpctl.output.rows import FORMS, Layout
from icpctl.output.score import refuse_stdout, refuse_taken_names
from icpctl.scoring.insight import Insight
from icpctl.scoring.run import Counted
from icpctl.spark.file_systems import FileSystems
from icpctl.spark.frames import Frames
from icpctl.spark.inputs import find_inputs
from icpctl.spark.session import apart, session
from icpctl.spark.tasks import adding_task, tally_of
from icpctl.spark.watching import watched
from icpctl.spark.work import TALLY, File, Work, refuse_events
from icpctl.visitors.reading import changed
from icpctl.visitors.recognition import map_sources
from icpctl.visitors.scan import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from icpctl.config.files import ConfigFile
    from icpctl.config.model import IcpConfig
    from icpctl.output.rows import Form
    from icpctl.scoring.insight import InsightCounts
    from icpctl.scoring.run import Options, Run
    from icpctl.scoring.stats import Stats, StatsCounts
    from icpctl.spark.session import Cluster
    from icpctl.spark.tasks import BlockTally, TaskTally
    from icpctl.spark.work import Given, Place
    from icpctl.visitors.recognition import Mapped

_GROUP = "icpctl"
_TASK = "task"
_GONE, _WAIT = 3, 0.2
"""So often, with so many seconds between, a folder must be gone until it is taken to be."""

_CSV: dict[str, bool | str] = {
    "header": True,
    "quote": '"',
    "escape": '"',
    "nullValue": "",
    "emptyValue": "",
    "ignoreLeadingWhiteSpace": False,
    "ignoreTrailingWhiteSpace": False,
}


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
    jobs = _Jobs(spark)
    out, rejects = map(jobs.new_folder, (folders.out, folders.rejects))
    if out and rejects and (_is_within(out, rejects) or _is_within(rejects, out)):
        raise _taken(folders.out or "", "rows and rejected lines cannot go into one folder")
    scan = _Scan.of(spark, visitors, options, jobs)
    work = scan.work(configs, layout=folders.layout, form=folders.form)
    with scan.frames.fixed_blocks(), jobs.all_or_nothing():
        counts: dict[Place, int] = {}
        if work.form and work.layout.with_line:
            jobs.describe(f"count the lines of {scan.words}")
            counts = scan.frames.line_counts()
            work = replace(work, lines_before=_before(sorted(counts.items())))
        jobs.describe(f"score {scan.words} against {len(configs)} configs")
        found = _blocks(jobs.run(scan.frames.worked_on(work), scan.size, out, work.form))
        scan.require_same(counts, _lines(found, counts))
        blocks = scan.in_order(found)
        if rejects is not None:
            lines_before = _before((place, tally.lines) for place, tally in blocks)
            again = replace(work, form="rejects", lines_before=lines_before)
            first = {place: tally for place, tally in blocks if tally.counted.rejected}
            some = scan.frames.only(first)
            jobs.describe(f"write the rejected lines of {scan.words}")
            second = _blocks(jobs.run(some.worked_on(again), scan.size, rejects, "rejects"))
            scan.require_same(_rejected(first), _rejected(second))
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
    jobs = _Jobs(spark)
    options = replace(options, fields=counts.fields)
    scan = _Scan.of(spark, visitors, options, jobs)
    work = scan.work(configs, stats=counts)
    jobs.describe(f"statistics of {scan.words} against {len(configs)} configs")
    with scan.frames.fixed_blocks():
        found = _blocks(jobs.run(scan.frames.worked_on(work), scan.size))
    blocks = scan.in_order(found)
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
    jobs = _Jobs(spark)
    scan = _Scan.of(spark, visitors, options, jobs)
    work = scan.work(configs, parts={})
    with scan.frames.fixed_blocks():
        jobs.describe(f"insight into {len(configs)} configs by {scan.words}")
        counts, found = _looked_into(scan, work, jobs)
        parts = counts.watch.told_parts()
        if parts:
            jobs.describe(f"count parts of pages in {scan.words}")
            of_parts, again = _looked_into(scan, scan.work(configs, parts=parts), jobs)
            scan.require_same(_visitors(found), _visitors(again))
            counts.take_parts(of_parts)
    run = scan.run(scan.in_order(found), work)
    return Insight(counts.report(run), run)


def _looked_into(
    scan: _Scan, work: Work, jobs: _Jobs
) -> tuple[InsightCounts, dict[Place, BlockTally]]:
    """What insight counts, and what was found in each block."""
    counts = work.insight()
    blocks: dict[Place, BlockTally] = {}
    for tally in jobs.run(_put_together(scan.frames.worked_on(work)), scan.size):
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
        cls, spark: SparkSession, visitors: Sequence[str], options: Options, jobs: _Jobs
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

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(it.source.size for it in self.frames.inputs)

    @property
    def words(self) -> str:
        """What is read, for people."""
        count = len(self.frames.inputs)
        return f"{count:,} file{'s' if count != 1 else ''} ({self.size / 1e6:,.0f} MB)"

    def in_order(self, found: dict[Place, BlockTally]) -> list[tuple[Place, BlockTally]]:
        """The blocks in the order of the inputs."""
        position = {number: at for at, number in enumerate(self.frames.numbers)}
        return sorted(found.items(), key=lambda item: (position[item[0][0]], item[0][1]))

    def require_same(self, first: Mapping[Place, object], later: Mapping[Place, object]) -> None:
        """Raise `IcpctlError` where blocks of a file were not the same when read again."""
        differ = {
            place[0]
            for place in first.keys() | later.keys()
            if first.get(place) != later.get(place)
        }
        for number, one in zip(self.frames.numbers, self.frames.inputs, strict=True):
            if number in differ:
                raise changed(one.source.name)

    def run(self, blocks: Sequence[tuple[Place, BlockTally]], work: Work) -> Run:
        """What was found in all blocks, which are in order."""
        counted = Counted.of(work.plan())
        so_far: Counter[int] = Counter()
        for (file, _), tally in blocks:
            counted.follow(tally.counted, so_far[file])
            so_far[file] += tally.lines
        seconds = time.perf_counter() - self.started
        return counted.run(work.plan(), seconds, self.mapped, {})


class _Jobs:
    """Runs jobs, and names them and their stages by what they do."""

    def __init__(self, spark: SparkSession) -> None:
        self._context: Any = spark.sparkContext
        self._systems = FileSystems(spark)
        self._written: list[str] = []

    def describe(self, what: str) -> None:
        """Say what the jobs do that run from now on."""
        self._context.setJobGroup(_GROUP, f"icpctl: {what}", interruptOnCancel=True)
        self._context.setLocalProperty("callSite.short", f"icpctl: {what}")

    def new_folder(self, name: str | None) -> str | None:
        """How Spark names a folder that is to be made. Raises `IcpctlError` where it is there."""
        if name is None:
            return None
        path = self._systems.path(name)
        system = self._systems.system(path)
        whole = system.makeQualified(path)
        if system.exists(whole):
            raise _taken(name, "there is something here already, which Spark does not replace")
        found: str = whole.toString()
        return found

    def run(
        self, frame: DataFrame, size: int, out: str | None = None, form: Given | None = None
    ) -> Iterator[TaskTally]:
        """What the tasks counted of `size` bytes; with `out` their rows are written."""
        with (
            progress(sys.stderr) as tell,
            watched(
                self._context,
                _GROUP,
                lambda share: tell(int(share * size), size),
                lambda: note("no worker has begun: does the cluster have any with room for this?"),
            ),
        ):
            found = self._run(frame, out, form)
        return (tally_of(bytes(it)) for it in found)

    def _run(self, frame: DataFrame, out: str | None, form: Given | None) -> list[bytearray]:
        from pyspark.sql import Observation
        from pyspark.sql import functions as f

        is_tally = f.col(TALLY).isNotNull()
        if out is None or form is None:
            return [row[0] for row in frame.where(is_tally).select(TALLY).collect()]
        seen = Observation()
        rows = frame.observe(seen, f.collect_list(TALLY).alias(TALLY))
        self._write(rows.where(~is_tally).drop(TALLY), out, form)
        found: list[bytearray] = seen.get[TALLY]
        return found

    def _write(self, rows: DataFrame, out: str, form: Given) -> None:
        writer = rows.write.mode("error")
        self._written.append(out)
        try:
            if form == "csv":
                writer.options(**_CSV).csv(out)
            elif form == "parquet":
                writer.option("compression", "zstd").parquet(out)
            else:
                writer.text(out)
        except Exception as error:
            if "ALREADY_EXISTS" in str(error):
                self._written.remove(out)  # it is another's
            raise

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Folders that are written in the block are removed, whole ones too, where it fails."""
        try:
            yield
        except BaseException:
            for name in [*self._written]:
                apart(partial(self._remove, name))
            for name in self._written:
                note(f"{name} could not be removed: do not use what is there")
            raise

    def _remove(self, name: str) -> None:
        self._context.cancelJobGroup(_GROUP)
        path = self._systems.path(name)
        system = self._systems.system(path)
        # Tasks that are told to end may still write, or make the folders that they write to.
        gone = 0
        while gone < _GONE:
            with suppress(Exception):
                system.delete(path, True)
            time.sleep(_WAIT)
            gone = 0 if system.exists(path) else gone + 1
        self._written.remove(name)


def _taken(name: str, why: str) -> IcpctlError:
    return IcpctlError(
        why, "not_written", Location(name or "''"), "name another folder, or remove it"
    )


def _is_within(folder: str, other: str) -> bool:
    return f"{folder}/".startswith(f"{other}/")


def _before(lines: Iterable[tuple[Place, int]]) -> dict[Place, int]:
    """How many lines of its file go before each block; `lines` of each, those of a file in order.

    Blocks that begin their file are left out.
    """
    found: dict[Place, int] = {}
    so_far: Counter[int] = Counter()
    for place, count in lines:
        if so_far[place[0]]:
            found[place] = so_far[place[0]]
        so_far[place[0]] += count
    return found


def _lines(found: Mapping[Place, BlockTally], like: Mapping[Place, int]) -> dict[Place, int]:
    """How many lines the blocks have, of the files that `like` has."""
    files = {file for file, _ in like}
    return {place: tally.lines for place, tally in found.items() if place[0] in files}


def _blocks(tallies: Iterable[TaskTally]) -> dict[Place, BlockTally]:
    """What was found in each block, of what each task found."""
    return {place: tally for found in tallies for place, tally in found.blocks.items()}


def _visitors(found: Mapping[Place, BlockTally]) -> dict[Place, int]:
    """How many visitors the blocks have."""
    return {place: tally.counted.counts.visitors for place, tally in found.items()}


def _rejected(found: Mapping[Place, BlockTally]) -> dict[Place, tuple[int, int]]:
    """How many lines the blocks have, and how many of them are rejected."""
    return {place: (tally.lines, tally.counted.rejected) for place, tally in found.items()}
