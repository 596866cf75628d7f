"""DuckDB, on which the tests execute what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.warehouse.dialects.base import LONG, Dialect
from icpctl.warehouse.trees import whole

if TYPE_CHECKING:
    from icpctl.warehouse.trees import Tree


class DuckDb(Dialect):
    """DuckDB."""

    name = "duckdb"

    def long(self, value: int, largest: int) -> Tree:
        if largest > 2**127 - 1:
            return super().long(value, largest)
        return exp.cast(whole(value), "HUGEINT" if largest > LONG else "BIGINT")
