"""CSV and Parquet beside JSON lines: `python -m bench.tables VISITORS.jsonl CONFIGS [RUNS]`.

Makes the same visitors in each format, scores them in turn, and prints medians of seconds and of
seconds of processor, and how many times faster each is than JSON lines.
"""

from __future__ import annotations

import csv
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

AS_OF = "2026-11-23T12:00:00Z"
_ROWS = 100_000


def make(path: Path, folder: Path) -> list[Path]:
    """The visitors of a file of flat JSON lines in each format."""
    flat, typed = folder / "visitors.csv", folder / "visitors.parquet"
    with path.open("rb") as lines, flat.open("w", newline="") as file:
        first = json.loads(lines.readline())
        lines.seek(0)
        table = csv.DictWriter(file, list(first))
        table.writeheader()
        writer = None
        while rows := [json.loads(line) for line in islice(lines, _ROWS)]:
            table.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
            batch = pa.Table.from_pylist(rows, None if writer is None else writer.schema)
            writer = writer or parquet.ParquetWriter(typed, batch.schema, compression="zstd")
            writer.write_table(batch)
        if writer:
            writer.close()
    return [path, flat, typed]


def _cell(value: object) -> object:
    return json.dumps(value) if isinstance(value, list) else value


def main(path: Path, configs: Path, runs: int = 3) -> None:
    """Print a line for each format."""
    with tempfile.TemporaryDirectory() as name:
        files = make(path, Path(name))
        taken: dict[Path, list[tuple[float, float]]] = {file: [] for file in files}
        for _ in range(runs):
            for file in files:
                taken[file].append(_score(file, configs))
        base = [statistics.median(it) for it in zip(*taken[path], strict=True)]
        for file in files:
            wall, processor = (statistics.median(it) for it in zip(*taken[file], strict=True))
            print(
                f"{file.suffix:9} {file.stat().st_size / 1e6:7.0f} MB {wall:6.2f} s"
                f" {processor:6.2f} s of processor; times faster than JSON lines:"
                f" {base[0] / wall:.2f} and {base[1] / processor:.2f}"
            )


def _score(file: Path, configs: Path) -> tuple[float, float]:
    command = [sys.executable, "-m", "icpctl", "score", file, "--dir", configs, "--as-of", AS_OF]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, processor


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
