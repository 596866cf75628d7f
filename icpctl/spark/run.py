"""A scoring run on Spark: one machine's `Run`, and rows in folders that Spark commits."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from icpctl.errors import IcpctlError, Location
from icpctl.output.rows import Layout
from icpctl.output.score import refuse_taken_names
from icpctl.scoring.run import Counted
from icpctl.spark.frames import Frames
from icpctl.spark.inputs import find_inputs
from icpctl.spark.session import session
from icpctl.spark.work import TALLY, File, Work, tallies_of
from icpctl.visitors.recognition import map_sources
from icpctl.visitors.scan import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from icpctl.config.files import ConfigFile
    from icpctl.config.model import IcpConfig
    from icpctl.scoring.run import Options, Run
    from icpctl.spark.session import Cluster
    from icpctl.spark.work import BlockTally, Form, Place
    from icpctl.visitors.recognition import Mapped

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
    started = time.perf_counter()
    form = folders.form
    jobs = _Jobs(spark)
    out, rejects = map(jobs.new_folder, (folders.out, folders.rejects))
    if out is not None and out == rejects:
        raise _taken(folders.out or "", "rows and rejected lines cannot go into one folder")
    with temporary_folder(options.temp_dir) as spool:
        inputs = find_inputs(spark, visitors, spool)
        mapped = map_sources([it.source for it in inputs], options.mapping)
    _refuse_events(mapped)
    frames = Frames.of(spark, inputs)
    files = {
        number: File(one.source, one.mapping)
        for number, one in zip(frames.numbers, mapped, strict=True)
    }
    work = Work(uuid.uuid4().hex, tuple(configs), options, files, folders.layout, form)
    named = _words(inputs_count=len(inputs), size=sum(it.source.size for it in inputs))
    if form and folders.layout.with_line:
        jobs.describe(f"count the lines of {named}")
        counts = frames.line_counts()
        work = replace(work, lines_before=_before(sorted(counts.items())))
    jobs.describe(f"score {named} against {len(configs)} configs")
    found = jobs.run(frames.worked_on(work), out, form)
    blocks = sorted(found.items(), key=_order(frames))
    if rejects is not None:
        lines_before = _before((place, tally.lines) for place, tally in blocks)
        work = replace(work, form="rejects", lines_before=lines_before)
        some = [place for place, tally in blocks if tally.counted.rejected]
        jobs.describe(f"write the rejected lines of {named}")
        again = jobs.run(frames.only(some).worked_on(work), rejects, "rejects")
        _require_same(found, again, folders.rejects or "")
    counted = _together(blocks, Counted.of(work.plan()))
    return counted.run(work.plan(), time.perf_counter() - started, mapped, {})


class _Jobs:
    """Runs jobs, and names them and their stages by what they do."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._context: Any = spark.sparkContext
        self._what = ""

    def describe(self, what: str) -> None:
        """Say what the jobs do that run from now on."""
        self._what = what
        self._context.setJobGroup("icpctl", f"icpctl: {what}", interruptOnCancel=True)
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

    def run(self, frame: DataFrame, out: str | None, form: Form | None) -> dict[Place, BlockTally]:
        """What the tasks counted; with `out` their rows are written."""
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
            if "ALREADY_EXISTS" not in str(error):
                with suppress(Exception):
                    path = self._path(out)
                    system = self._system(path)
                    if not system.exists(
                        self._context._jvm.org.apache.hadoop.fs.Path(path, "_SUCCESS")
                    ):
                        system.delete(path, True)
            raise

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


def _words(inputs_count: int, size: int) -> str:
    files = "1 file" if inputs_count == 1 else f"{inputs_count:,} files"
    return f"{files} ({size / 1e6:,.0f} MB)"


def _order(frames: Frames) -> Callable[[tuple[Place, BlockTally]], tuple[int, int]]:
    """Where a block stands in the order of the inputs."""
    position = {number: at for at, number in enumerate(frames.numbers)}
    return lambda item: (position[item[0][0]], item[0][1])


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


def _together(blocks: Iterable[tuple[Place, BlockTally]], counted: Counted) -> Counted:
    """What was found in all blocks, which are in the order of the inputs."""
    so_far: Counter[int] = Counter()
    for (file, _), tally in blocks:
        counted.follow(tally.counted, so_far[file])
        so_far[file] += tally.lines
    return counted


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
