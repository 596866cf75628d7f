"""`python -m bench.spark [VISITORS] [RUNS]`: Spark on one and two cores beside one machine.

Each run is held to as many processors as it has cores for its tasks, Java and Python together, so
a rate is that of so much hardware. Rates are taken from the run's own time, without the start of
Spark (told apart), which is the same however many visitors there are.
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

from bench.data import DATA, configs, visitors
from bench.fields import AS_OF
from bench.suites import ICPCTL

CONFIGS = 5


def main() -> int:
    """Run all and print a table in Markdown; the number to exit with."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    available = sorted(os.sched_getaffinity(0))
    visitors(count)
    print(f"{count:,} flat visitors, {CONFIGS} configs, to Parquet; median of {runs} runs\n")
    print("| cores | one machine, visitors/s | Spark, visitors/s | ratio | Spark's start, s |")
    print("|--:|--:|--:|--:|--:|")
    rates: dict[tuple[str, int], float] = {}
    for cores in (1, 2):
        if cores > len(available):
            print(f"| {cores} | this machine has fewer | | | |")
            continue
        processors = set(available[:cores])
        here, there, started = [], [], []
        for _ in range(runs):  # in turn, so that other load meets both
            here.append(_seconds(count, processors, "one.parquet")[0])
            engine = ["--engine", "spark", "--master", f"local[{cores}]"]
            seconds, start = _seconds(count, processors, "spark.parquet", *engine)
            there.append(seconds)
            started.append(start)
        rates["here", cores] = count / median(here)
        rates["spark", cores] = count / median(there)
        ratio = rates["spark", cores] / rates["here", cores]
        print(
            f"| {cores} | {rates['here', cores]:,.0f} | {rates['spark', cores]:,.0f} "
            f"| {ratio:.2f} | {median(started):.1f} |",
            flush=True,
        )
    if ("spark", 2) in rates:
        print(f"\nSpark, from one core to two: {rates['spark', 2] / rates['spark', 1]:.2f} times")
    return 0


def _seconds(count: int, processors: set[int], name: str, *engine: str) -> tuple[float, float]:
    """The seconds of a run, and those of the process besides."""
    out = DATA / name
    shutil.rmtree(out, ignore_errors=True)
    out.unlink(missing_ok=True)
    options = ["--dir", configs(CONFIGS), "--as-of", AS_OF, "--out", out, "-o", "json", *engine]
    started = time.perf_counter()
    ended = subprocess.run(
        [*ICPCTL, "score", str(visitors(count)), *map(str, options)],
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
