"""The parse limit: DuckDB reads all fields of a file as text, and counts them.

`python -m bench.limit FILE`. FILE may be `-` for what another program decompresses.
"""

from __future__ import annotations

import sys

import duckdb

from bench.fields import ORDER


def main(file: str) -> None:
    """Print how many of each field are there."""
    columns = ", ".join(f"{name}: 'VARCHAR'" for name in ORDER)
    counts = ", ".join(f"count({name})" for name in ORDER)
    path = "/dev/stdin" if file == "-" else file
    source = f"read_json('{path}', format='newline_delimited', columns={{{columns}}})"
    print(duckdb.sql(f"select {counts} from {source}").fetchall()[0])


if __name__ == "__main__":
    main(sys.argv[1])
