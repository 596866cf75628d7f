"""Runs one peer as a process: `python -m bench.peers NAME VISITORS CONFIGS OUT`."""

from __future__ import annotations

import sys
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from bench.columnar import COLUMNAR
from bench.fields import AS_OF
from bench.loops import LOOPS
from bench.rules import load_configs, load_visitors, row

MODULES = {
    "pydantic loop": "pydantic",
    "zen-engine": "zen",
    "rule-engine": "rule_engine",
    "json-logic": "json_logic",
    "polars": "polars",
    "DuckDB SQL": "duckdb",
}
"""Each peer, and the module that it needs."""


def installed() -> list[str]:
    """The peers that can run here."""
    return [name for name, module in MODULES.items() if find_spec(module)]


def run(name: str, visitors: Path, configs: Path, as_of: datetime, out: Path) -> None:
    """Score `visitors` with one peer; loops write JSON lines, the others Parquet."""
    plan = load_configs(configs)
    if name in COLUMNAR:
        COLUMNAR[name](visitors, plan, as_of, out)
        return
    evaluate = LOOPS[name](plan)
    with out.open("w", encoding="utf-8") as file:
        for record in load_visitors(visitors, as_of):
            file.write(row(record["visitor_id"], evaluate(record)))


if __name__ == "__main__":
    peer, *paths = sys.argv[1:]
    run(peer, *map(Path, paths[:2]), datetime.fromisoformat(AS_OF), Path(paths[2]))
