"""`python -m bench.spark [VISITORS] [RUNS]`: Spark on one and two cores beside one machine.

Spark reads the visitors once from a disk, as tasks do themselves, and once from a file system that
it has a connector for (`viewfs`, which here leads to the same file). Each run is held to as many
processors as it has cores for its tasks, Java and Python together, so a rate is that of so much
hardware. Rates are taken from the run's own time, without the start of Spark (given separately),
which is the same however many visitors there are.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from bench.data import DATA, configs, visitors
from bench.fields import AS_OF
from bench.suites import ICPCTL

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIGS = 5


def main() -> int:
    """Run all and print a table in Markdown; the number to exit with."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    available = sorted(os.sched_getaffinity(0))
    visitors(count)
    print(f"{count:,} flat visitors, {CONFIGS} configs, to Parquet; median of {runs} runs\n")
    print(
        "| cores | one machine, visitors/s | Spark, disk | ratio | elsewhere | ratio | start, s |"
    )
    print("|--:|--:|--:|--:|--:|--:|--:|")
    rates: dict[tuple[str, int], float] = {}
    for cores in (1, 2):
        if cores > len(available):
            print(f"| {cores} | this machine has fewer | | | | | |")
            continue
        processors = set(available[:cores])
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
        for _ in range(runs):  # in turn, so that other load meets all
            for name, way in WAYS.items():
                taken[name].append(_seconds(count, processors, name, way(count, cores)))
        for name, its in taken.items():
            rates[name, cores] = count / median(seconds for seconds, _ in its)
        here, disk, elsewhere = (rates[name, cores] for name in WAYS)
        print(
            f"| {cores} | {here:,.0f} | {disk:,.0f} | {disk / here:.2f} | {elsewhere:,.0f} "
            f"| {elsewhere / here:.2f} | {median(start for _, start in taken['disk']):.1f} |",
            flush=True,
        )
    for name in ("disk", "elsewhere"):
        if (name, 2) in rates:
            gain = rates[name, 2] / rates[name, 1]
            print(f"\nSpark, {name}, from one core to two: {gain:.2f} times")
    return 0


def _on_spark(visitors: str, cores: int, *settings: str) -> list[str]:
    conf = [word for it in settings for word in ("--spark-conf", it)]
    return [visitors, "--engine", "spark", "--master", f"local[{cores}]", *conf]


def _elsewhere(count: int, cores: int) -> list[str]:
    link = f"spark.hadoop.fs.viewfs.mounttable.lake.link./data=file:{DATA.absolute()}"
    return _on_spark(f"viewfs://lake/data/{visitors(count).name}", cores, link)


WAYS: dict[str, Callable[[int, int], list[str]]] = {
    "here": lambda count, _: [str(visitors(count))],
    "disk": lambda count, cores: _on_spark(str(visitors(count)), cores),
    "elsewhere": _elsewhere,
}


def _seconds(
    count: int, processors: set[int], name: str, arguments: list[str]
) -> tuple[float, float]:
    """The seconds of a run, and those of the process besides."""
    out = DATA / f"{name}.parquet"
    shutil.rmtree(out, ignore_errors=True)
    out.unlink(missing_ok=True)
    options = ["--dir", configs(CONFIGS), "--as-of", AS_OF, "--out", out, "-o", "json"]
    started = time.perf_counter()
    ended = subprocess.run(
        [*ICPCTL, "score", *arguments, *map(str, options)],
        stdout=subprocess.PIPE,
        check=True,
        preexec_fn=partial(os.sched_setaffinity, 0, processors),
    )
    whole = time.perf_counter() - started
    report = json.loads(ended.stdout)
    assert report["visitors"] == count
    return report["elapsedSeconds"], whole - report["elapsedSeconds"]


if __name__ == "__main__":
    sys.exit(main())
