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
from tests.warehouse.engines import DuckDb, Engine, postgres_server, why_no_postgres
from tests.warehouse.tables import LAYOUTS, expected, files_of, row_of, seen, sql_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each database that can be had here."""
    if request.param == "duckdb":
        yield DuckDb()
        return
    if reason := why_no_postgres():
        pytest.skip(reason)
    with postgres_server() as server:
        yield server


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case_sensitive", [False, True])
@settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(drawn=cases())
def test_they_are_the_oracles(
    drawn: Case, engine: Engine, case_sensitive: bool, layout: str
) -> None:
    types = LAYOUTS[layout]
    files = files_of(drawn.configs, Path("configs"))
    try:
        sql = sql_of(engine.name, files, types, case_sensitive=case_sensitive)
    except IcpctlError as error:
        if error.code != "not_expressible":
            raise
        return
    rows = [
        row_of(visitor, types) | {ID: str(number)} for number, visitor in enumerate(drawn.visitors)
    ]
    found = {verdict[0]: seen(verdict) for verdict in engine.run(sql, rows, types)}
    for row in rows:
        wanted = expected(drawn.configs, row, types, case_sensitive)
        assert found.pop(row[ID]) == wanted, shown(drawn, row)
    assert not found


def shown(case: Case, row: dict[str, Any]) -> str:
    """What repeats a row by hand."""
    configs = [f"{slug}.json: {json.dumps(body)}" for slug, body in case.configs]
    return "\n".join([*configs, repr({key: it for key, it in row.items() if it is not None})])
