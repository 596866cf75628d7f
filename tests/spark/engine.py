"""Spark for tests: whether it is there, one session a process, and runs beside one machine's."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from icpctl.config.model import IcpConfig
from icpctl.output.layout import Layout
from icpctl.output.verdict_rows import FORMATS
from icpctl.scoring.run import Options
from icpctl.scoring.run import score as score_here
from icpctl.spark.run import Folders, score
from icpctl.spark.session import Cluster, session
from tests.support import AS_OF

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql import SparkSession

Configs = list[tuple[str, dict[str, Any]]]


def missing() -> str | None:
    """What keeps Spark from being started, None where nothing does."""
    try:
        import pandas  # noqa: F401 - is it there?
        import pyspark  # noqa: F401
    except ImportError:
        return "pyspark is not installed: pip install -e '.[spark]'"
    home = os.environ.get("JAVA_HOME")
    if not shutil.which(Path(home, "bin", "java") if home else "java"):
        return "no Java: apt-get install default-jre-headless"
    return None


QUIET = (("spark.ui.enabled", "false"), ("spark.sql.shuffle.partitions", "4"))
_ended = ExitStack()
_lakes = count()


@cache
def spark() -> SparkSession:
    """The one session of this process, on two cores."""
    return _ended.enter_context(session(Cluster("local[2]", QUIET), "icpctl tests"))


@contextmanager
def blocks_of(size: int) -> Iterator[None]:
    """Files are split into blocks of so many bytes."""
    conf = spark().conf
    kept = {
        name: conf.get(name)
        for name in ("spark.sql.files.maxPartitionBytes", "spark.sql.files.openCostInBytes")
    }
    for name in kept:
        conf.set(name, str(size))
    try:
        yield
    finally:
        for name, value in kept.items():
            conf.set(name, value)


class Found(NamedTuple):
    """What a run gives: rows by source and line, rejected lines, and what is told of all."""

    rows: dict[tuple[str, int], dict[str, Any]]
    rejected: list[dict[str, Any]]
    told: dict[str, Any]


def models(configs: Configs) -> list[tuple[str, IcpConfig]]:
    """The configs of JSON bodies."""
    return [(slug, IcpConfig.model_validate(body)) for slug, body in configs]


def options(**changes: Any) -> Options:
    """How tests score."""
    return replace(Options(datetime.fromisoformat(AS_OF)), **changes)


def on_spark(configs: Configs, visitors: Sequence[object], **changes: Any) -> Found:
    """Scores what `visitors` name on Spark."""
    with tempfile.TemporaryDirectory() as folder:
        out, rejects = f"{folder}/rows.jsonl", f"{folder}/rejects"
        how = options(**changes)
        layout = Layout(with_line=True, carry=how.carry)
        run = score(
            spark(),
            [str(it) for it in visitors],
            models(configs),
            how,
            Folders(out, rejects, layout),
        )
        assert Path(out, "_SUCCESS").exists()
        assert Path(rejects, "_SUCCESS").exists()
        return _found(lines_in(out), lines_in(rejects), run)


def check(configs: Configs, folder: Path, place: str, **changes: Any) -> Found:
    """What Spark finds in a folder at a `PLACES`, which must be what one machine finds."""
    name = {"on disks": str, "elsewhere": elsewhere}[place](folder)
    found = on_spark(configs, [name], **changes)
    assert text(found) == text(on_one_machine(configs, [folder], **changes)).replace(
        str(folder), name
    )
    return found


PLACES = ["on disks", "elsewhere"]


def elsewhere(folder: Path) -> str:
    """A name for a folder in a file system that is no disk to icpctl, but Spark has it."""
    lake = f"viewfs://lake-{next(_lakes)}"
    context: Any = spark().sparkContext
    link = f"fs.viewfs.mounttable.{lake.removeprefix('viewfs://')}.link./exports"
    context._jsc.hadoopConfiguration().set(link, f"file:{folder}")
    return f"{lake}/exports"


def text(found: Found) -> str:
    """All that was found, the rows in order."""
    return "\n".join(map(repr, [*sorted(found.rows.items()), found.rejected, found.told]))


def on_one_machine(configs: Configs, visitors: Sequence[object], **changes: Any) -> Found:
    """Scores the same here."""
    rejected: list[dict[str, Any]] = []
    how = options(**changes)
    with tempfile.TemporaryFile() as file:
        layout = Layout(with_line=True, carry=how.carry)
        layout = layout.used_by((config for _, config in models(configs)), how.tiers)
        writer = FORMATS[".jsonl"](file, layout)
        run = score_here(
            [str(it) for it in visitors],
            models(configs),
            how,
            on_rows=writer.write,
            on_rejected=lambda one: rejected.append(json.loads(one.as_json())),
        )
        writer.close()
        file.seek(0)
        return _found(list(map(json.loads, file)), rejected, run)


def _found(rows: list[dict[str, Any]], rejected: list[dict[str, Any]], run: Any) -> Found:
    report = json.loads(run.report.model_dump_json(by_alias=True))
    del report["elapsedSeconds"]
    told = {
        "report": report,
        "mapped": [(it.source, it.mapping.name, it.recognised, it.fits) for it in run.mapped],
        "rejected": run.rejected,
        # Not the values: whether NaN is told as it is spelt depends on how a line was read.
        "warnings": [(it.field, it.count, it.places) for it in run.warnings],
        "best": run.best,
    }
    by_place = {(row["source"], row["line"]): row for row in rows}
    assert len(by_place) == len(rows)
    return Found(by_place, sorted(rejected, key=lambda it: (it["file"], it["line"])), told)


def lines_in(folder: str | Path) -> list[dict[str, Any]]:
    """The JSON objects on the lines of a folder's files."""
    return list(map(json.loads, texts_in(folder)))


def texts_in(folder: str | Path) -> Iterator[str]:
    """The lines of a folder's files."""
    for part in sorted(Path(folder).glob("part-*")):
        with part.open(encoding="utf-8", newline="\n") as file:
            yield from (line.removesuffix("\n") for line in file)
