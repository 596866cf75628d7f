"""Compares the verdicts of two engines: `python -m bench.compare A B`; exit code 1 says where.

A file is JSON lines or Parquet with the columns of `icpctl score --out`. The order of the rows
counts, that of a visitor's matches too.
"""

from __future__ import annotations

import json
import sys
from itertools import zip_longest
from pathlib import Path
from typing import Any


def rows(file: Path) -> list[dict[str, Any]]:
    """The rows of a file of verdicts."""
    if file.suffix == ".parquet":
        from pyarrow import parquet

        found: list[dict[str, Any]] = parquet.read_table(file).to_pylist()
        return found
    with file.open("rb") as lines:
        return [json.loads(line) for line in lines]


def main(one: Path, other: Path) -> int:
    """Print the first difference; the number to exit with."""
    for number, (a, b) in enumerate(zip_longest(rows(one), rows(other)), 1):
        if a != b:
            print(f"row {number}: {a} is not {b}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
