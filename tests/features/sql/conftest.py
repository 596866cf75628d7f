"""The databases of the tests: each started once in a process, when it is first asked for.

Tests of one that is not there are skipped, unless ICPCTL_POSTGRES or ICPCTL_SPARK is set.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import duckdb as duckdb_library
import pytest

from tests.features.sql.engines import DuckDb, Postgres, Spark, postgres_server, why_no_postgres
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


@pytest.fixture(params=["duckdb", "postgres"])
def database(request: pytest.FixtureRequest) -> Engine:
    """Each of the databases whose SQL of tables and types is nearly the same."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["duckdb", "postgres", "spark"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each of the databases."""
    return request.getfixturevalue(request.param)
