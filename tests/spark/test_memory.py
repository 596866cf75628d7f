"""The memory of Python workers is bounded, whatever a partition holds."""

from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path

import pytest

from icpctl.exports.visitor_keys import VisitorKey
from icpctl.features.rollup.on_spark import roll_up
from icpctl.features.rollup.printing import How
from icpctl.spark.run import Folders, score
from tests.exports.torture import CONFIGS, MIB, padded, visitor
from tests.spark.engine import PLACES, elsewhere, models, options, spark

MOST = 1024  # MB
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def peaks() -> list[float]:
    """The highest memory that each Python worker of this process's Spark has had, in MB."""
    parents: dict[int, int] = {}
    memory: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(
                line.split(":\t", 1) for line in (folder / "status").read_text().splitlines()
            )
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        parents[int(folder.name)] = int(status["PPid"])
        if b"pyspark.daemon" in command and "VmHWM" in status:
            memory[int(folder.name)] = int(status["VmHWM"].split()[0]) / 1024

    def is_ours(process: int) -> bool:
        return process == os.getpid() or (process > 1 and is_ours(parents.get(process, 0)))

    return [peak for process, peak in memory.items() if is_ours(process)]


FEW, MANY = 24, int(os.environ.get("ICPCTL_SPARK_VISITORS", "150000"))


@pytest.mark.parametrize("place", PLACES)
def test_memory_of_workers(tmp_path: Path, place: str) -> None:
    """Files that one task each gets: of huge lines, and of very many."""
    with gzip.open(tmp_path / "huge.jsonl.gz", "wb", 1) as file:
        for number in range(FEW):
            file.write(padded(15 * MIB, f"huge {number}") + b"\n")
    with gzip.open(tmp_path / "many.jsonl.gz", "wb", 1) as file:
        for number in range(MANY):
            file.write(visitor(f"v{number}", pages=[f"/{number}"] * 20, padding="x" * 500) + b"\n")
    out = str(tmp_path / "rows.parquet")
    name = str(tmp_path) if place == "on disks" else elsewhere(tmp_path)
    run = score(spark(), [name], models(CONFIGS), options(), Folders(out))
    assert (run.report.visitors, run.report.rejected) == (FEW + MANY, 0)
    check()


def test_memory_where_one_visitor_has_most_events(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bot.jsonl.gz", "wb", 1) as file:
        for number in range(MANY):
            pages = [f"https://www.example.com/a/page/{number}/{part}" for part in range(5)]
            file.write(visitor("bot", pages=pages, session_id=f"session {number}") + b"\n")
    out = str(tmp_path / "visitors.parquet")
    run = roll_up(spark(), [str(tmp_path)], How(by=(VisitorKey.of("id"),)), out)
    assert (run.records, run.visitors) == (MANY, 1)
    check()


def check() -> None:
    found = peaks()
    assert found
    assert max(found) < MOST
