"""The databases of the tests: each started once in a process, when it is first asked for.

Tests of one that is not there are skipped, unless ICPCTL_POSTGRES, ICPCTL_SPARK or
ICPCTL_WAREHOUSES (ClickHouse and BigQuery's ZetaSQL) is set.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import duckdb as duckdb_library
import pytest

from tests.features.sql.engines import (
    BigQuery,
    ClickHouse,
    DuckDb,
    Postgres,
    Spark,
    postgres_server,
    why_no_postgres,
)
from tests.spark.engine import missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.features.sql.engines import Engine


@pytest.fixture(scope="session")
def duckdb() -> Iterator[DuckDb]:
    with duckdb_library.connect() as connection:
        yield DuckDb(connection)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    reason = why_no_postgres()
    if reason and "ICPCTL_POSTGRES" not in os.environ:
        pytest.skip(reason)
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def spark() -> Spark:
    reason = missing()
    if reason and "ICPCTL_SPARK" not in os.environ:
        pytest.skip(reason)
    return Spark()


def _require(module: str) -> None:
    if "ICPCTL_WAREHOUSES" not in os.environ:
        pytest.importorskip(module, exc_type=ImportError)


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> ClickHouse:
    _require("chdb")
    return ClickHouse(str(tmp_path_factory.mktemp("clickhouse")))


@pytest.fixture(scope="session")
def bigquery() -> BigQuery:
    _require("zetasql")
    return BigQuery()


@pytest.fixture(params=["duckdb", "postgres"])
def database(request: pytest.FixtureRequest) -> Engine:
    """Each of the databases whose SQL of tables and types is nearly the same."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["duckdb", "postgres", "spark", "clickhouse", "bigquery"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each of the databases."""
    return request.getfixturevalue(request.param)
