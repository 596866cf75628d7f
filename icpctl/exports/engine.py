"""DuckDB in memory, as everything here opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb


def connect(threads: int) -> duckdb.DuckDBPyConnection:
    """A connection of its own, which takes some 15 ms; its cursors are cheap.

    It loads no extension by itself, so that nothing is fetched from a network.
    """
    import duckdb

    config: dict[str, Any] = {"autoinstall_known_extensions": False, "threads": threads}
    return duckdb.connect(":memory:", config=config)
