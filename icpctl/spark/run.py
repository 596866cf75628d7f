"""A scoring run on Spark: one machine's `Run`, and rows in folders that Spark commits."""

from __future__ import annotations

import sys
import time
import uuid
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from icpctl.errors import IcpctlError, Location
from icpctl.output.console import note
from icpctl.output.progress import progress
from icpctl.output.rows import Layout
from icpctl.output.score import refuse_taken_names
from icpctl.scoring.run import Counted
from icpctl.scoring.stats import StatsCounts
from icpctl.spark.frames import Frames
from icpctl.spark.inputs import find_inputs
from icpctl.spark.session import apart, session
from icpctl.spark.tasks import tallies_of
from icpctl.spark.watching import watched
from icpctl.spark.work import TALLY, File, Work
from icpctl.visitors.recognition import map_sources
from icpctl.visitors.scan import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from icpctl.config.files import ConfigFile
    from icpctl.config.model import IcpConfig
    from icpctl.scoring.run import Options, Run
    from icpctl.scoring.stats import Period, Stats
    from icpctl.spark.session import Cluster
    from icpctl.spark.tasks import BlockTally
    from icpctl.spark.work import Form, Place
    from icpctl.visitors.recognition import Mapped

_GROUP = "icpctl"
_GONE, _WAIT = 3, 0.2
"""So often, with so many seconds between, a folder must be gone until it is taken to be."""

_FORMS: dict[str, Form] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
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
    """Where rows and rejected lines go, named as Spark names folders; None is nowhere."""

    out: str | None = None
    rejects: str | None = None
    layout: Layout = field(default_factory=Layout)

    @property
    def form(self) -> Form | None:
        """What the rows are."""
        return None if self.out is None else _FORMS.get(PurePosixPath(self.out).suffix.lower())

    def check(self) -> None:
        """Raise `IcpctlError` where that cannot be written, whatever is there.

        `unknown_format`, or `bad_usage` where a column's name is taken.
        """
        refuse_taken_names(self.layout)
        if self.out is not None and self.form is None:
            raise IcpctlError(
                "what the folder should hold is not clear from its name",
                "unknown_format",
                Location(self.out or "--out ''"),
                f"end it in one of {', '.join(_FORMS)}",
            )


def score_on(
    cluster: Cluster,
    visitors: Sequence[str],
    configs: Sequence[ConfigFile],
    options: Options,
    folders: Folders,
) -> Run:
    """As `score`, with Spark started for it. Raises `IcpctlError` for whatever goes wrong."""
    folders.check()
    with session(cluster, "icpctl score") as spark:
        return score(spark, visitors, [(it.slug, it.config) for it in configs], options, folders)


def stats_on(
    cluster: Cluster,
    visitors: Sequence[str],
    configs: Sequence[ConfigFile],
    options: Options,
    period: Period,
    *,
    organization: str | None,
    by: str | None,
) -> Stats:
    """As `stats`, with Spark started for it. Raises `IcpctlError` for whatever goes wrong."""
    counts = StatsCounts.of(period, by, len(configs))
    pairs = [(it.slug, it.config) for it in configs]
    with session(cluster, "icpctl stats") as spark:
        return stats(spark, visitors, pairs, options, counts, organization)


def score(
    spark: SparkSession,
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    folders: Folders,
) -> Run:
    """Score what `visitors` name against `(slug, config)` pairs.

    A folder appears when all is read. Raises `IcpctlError`: `not_written` where one is there
    already, and what reading raises; Spark's own errors pass.
    """
    jobs = _Jobs(spark)
    out, rejects = map(jobs.new_folder, (folders.out, folders.rejects))
    if out is not None and out == rejects:
        raise _taken(folders.out or "", "rows and rejected lines cannot go into one folder")
    scan = _Scan.of(spark, visitors, options, jobs)
    work = scan.work(configs, layout=folders.layout, form=folders.form)
    with scan.frames.fixed_blocks():
        if work.form and work.layout.with_line:
            jobs.describe(f"count the lines of {scan.words}")
            counts = scan.frames.line_counts()
            work = replace(work, lines_before=_before(sorted(counts.items())))
        jobs.describe(f"score {scan.words} against {len(configs)} configs")
        found = jobs.run(scan.frames.worked_on(work), scan.size, out, work.form)
        blocks = scan.in_order(found)
        if rejects is not None:
            lines_before = _before((place, tally.lines) for place, tally in blocks)
            again = replace(work, form="rejects", lines_before=lines_before)
            places = [place for place, tally in blocks if tally.counted.rejected]
            some = scan.frames.only(places)
            jobs.describe(f"write the rejected lines of {scan.words}")
            second = jobs.run(some.worked_on(again), scan.size, rejects, "rejects")
            _require_same(found, second, folders.rejects or "")
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
        found = jobs.run(scan.frames.worked_on(work), scan.size)
    blocks = scan.in_order(found)
    for _, tally in blocks:
        if tally.stats:
            counts.follow(tally.stats)
    run = scan.run(blocks, work)
    return counts.stats(run, organization, case_sensitive=options.case_sensitive)


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
        _refuse_events(mapped)
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

    def describe(self, what: str) -> None:
        """Say what the jobs do that run from now on."""
        self._context.setJobGroup(_GROUP, f"icpctl: {what}", interruptOnCancel=True)
        self._context.setLocalProperty("callSite.short", f"icpctl: {what}")

    def new_folder(self, name: str | None) -> str | None:
        """How Spark names a folder that is to be made. Raises `IcpctlError` where it is there."""
        if name is None:
            return None
        path = self._path(name)
        system = self._system(path)
        whole = system.makeQualified(path)
        if system.exists(whole):
            raise _taken(name, "there is something here already, which Spark does not replace")
        found: str = whole.toString()
        return found

    def run(
        self, frame: DataFrame, size: int, out: str | None = None, form: Form | None = None
    ) -> dict[Place, BlockTally]:
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
            return self._run(frame, out, form)

    def _run(self, frame: DataFrame, out: str | None, form: Form | None) -> dict[Place, BlockTally]:
        from pyspark.sql import Observation
        from pyspark.sql import functions as f

        if out is None or form is None:
            tallies = [
                row[0] for row in frame.where(f.col(TALLY).isNotNull()).select(TALLY).collect()
            ]
        else:
            seen = Observation()
            rows = frame.observe(seen, f.collect_list(TALLY).alias(TALLY))
            rows = rows.where(f.col(TALLY).isNull()).drop(TALLY)
            with self._whole(out):
                writer = rows.write.mode("error")
                if form == "csv":
                    writer.options(**_CSV).csv(out)
                elif form == "parquet":
                    writer.option("compression", "zstd").parquet(out)
                else:
                    writer.text(out)
            tallies = seen.get[TALLY]
        found: dict[Place, BlockTally] = {}
        for tally in tallies:
            found |= tallies_of(bytes(tally))
        return found

    @contextmanager
    def _whole(self, out: str) -> Iterator[None]:
        """A folder that is written whole: what is left of it where that fails is removed."""
        try:
            yield
        except BaseException as error:
            is_another = isinstance(error, Exception) and "ALREADY_EXISTS" in str(error)
            if not is_another:
                apart(lambda: self._remove_unfinished(out))
            raise

    def _remove_unfinished(self, out: str) -> None:
        self._context.cancelJobGroup(_GROUP)
        path, success = self._path(out), self._path(f"{out}/_SUCCESS")
        system = self._system(path)
        if system.exists(success):
            return
        # Tasks that are told to end may still make the folders that they write to.
        gone = 0
        while gone < _GONE:
            system.delete(path, True)
            time.sleep(_WAIT)
            gone = 0 if system.exists(path) else gone + 1

    def _path(self, name: str) -> Any:
        jvm = self._context._jvm
        default = jvm.org.apache.hadoop.fs.FileSystem.getDefaultUri(
            self._context._jsc.hadoopConfiguration()
        )
        if "://" not in name and not name.startswith("file:") and default.getScheme() == "file":
            name = f"file:{Path(name).absolute()}"
        return jvm.org.apache.hadoop.fs.Path(name)

    def _system(self, path: Any) -> Any:
        return path.getFileSystem(self._context._jsc.hadoopConfiguration())


def _refuse_events(mapped: Sequence[Mapped]) -> None:
    for one in mapped:
        if one.mapping.by:
            raise IcpctlError(
                f"these records are {one.mapping.title}, to be rolled up to visitors first, which "
                "is not done on Spark",
                "not_on_spark",
                Location(one.source),
                "icpctl rollup makes visitors of them, which Spark then scores",
            )


def _taken(name: str, why: str) -> IcpctlError:
    return IcpctlError(why, "not_written", Location(name), "name another folder, or remove it")


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


def _require_same(
    first: Mapping[Place, BlockTally], second: Mapping[Place, BlockTally], folder: str
) -> None:
    """Raise `IcpctlError` where the second time did not reject what the first time did."""
    rejected = [sum(it.counted.rejected for it in found.values()) for found in (first, second)]
    if rejected[0] != rejected[1]:
        raise IcpctlError(
            f"a file changed while it was read: {rejected[0]:,} lines were rejected at first, "
            f"{rejected[1]:,} the second time",
            "unreadable",
            Location(folder),
            "score what nothing writes to",
        )
