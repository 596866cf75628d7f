"""Generated SQL, executed: its verdicts are the oracle's, row by row, on cases of Hypothesis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from icpctl.errors import IcpctlError
from icpctl.visitors.mapping import ID
from tests.test_oracle_differential import Case, cases
from tests.warehouse.engines import (
    DuckDb,
    Engine,
    postgres_server,
    spark_session,
    why_no_postgres,
    why_no_spark,
)
from tests.warehouse.tables import LAYOUTS, expected, files_of, row_of, seen, sql_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def duckdb() -> Engine:
    return DuckDb()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Engine]:
    if reason := why_no_postgres():
        pytest.skip(reason)
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="module")
def spark() -> Iterator[Engine]:
    if reason := why_no_spark():
        pytest.skip(reason)
    with spark_session() as session:
        yield session


def examples(count: int) -> settings:
    """So many examples, none of which is made smaller: that would take minutes."""
    return settings(
        max_examples=count,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


layouts = pytest.mark.parametrize("layout", LAYOUTS)
cases_of_letters = pytest.mark.parametrize("case_sensitive", [False, True])


@layouts
@cases_of_letters
@examples(25)
@given(drawn=cases())
def test_duckdb(drawn: Case, duckdb: Engine, case_sensitive: bool, layout: str) -> None:
    agree(drawn, duckdb, case_sensitive, layout)


@layouts
@cases_of_letters
@examples(25)
@given(drawn=cases())
def test_postgres(drawn: Case, postgres: Engine, case_sensitive: bool, layout: str) -> None:
    agree(drawn, postgres, case_sensitive, layout)


@layouts
@cases_of_letters
@examples(4)
@given(drawn=cases())
def test_spark(drawn: Case, spark: Engine, case_sensitive: bool, layout: str) -> None:
    agree(drawn, spark, case_sensitive, layout)


def agree(case: Case, engine: Engine, case_sensitive: bool, layout: str) -> None:
    """Whether what an engine gives is what the oracle says, unless the dialect refuses it."""
    types = LAYOUTS[layout]
    files = files_of(case.configs, Path("configs"))
    try:
        sql = sql_of(engine.name, files, types, case_sensitive=case_sensitive)
    except IcpctlError as error:
        if error.code != "not_expressible":
            raise
        return
    rows = [
        row_of(visitor, types) | {ID: str(number)} for number, visitor in enumerate(case.visitors)
    ]
    found = {verdict[0]: seen(verdict) for verdict in engine.run(sql, rows, types)}
    for row in rows:
        wanted = expected(case.configs, row, types, case_sensitive)
        assert found.pop(row[ID]) == wanted, shown(case, row)
    assert not found


def shown(case: Case, row: dict[str, Any]) -> str:
    """What repeats a row by hand."""
    configs = [f"{slug}.json: {json.dumps(body)}" for slug, body in case.configs]
    return "\n".join([*configs, repr({key: it for key, it in row.items() if it is not None})])
