"""Generated SQL, executed: its verdicts are the oracle's, row by row, on cases of Hypothesis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from icpctl.errors import IcpctlError
from icpctl.features.sql.columns import ColumnType
from icpctl.mappings.mapping import ID, PAGES
from icpctl.vocabulary import CONDITION_TYPES, Kind
from tests.features.sql.tables import LAYOUTS, as_assumed, expected, files_of, row_of, seen, sql_of
from tests.long import LONG, some
from tests.test_oracle_differential import Case, cases

if TYPE_CHECKING:
    from tests.features.sql.engines import Engine


def examples(count: int) -> settings:
    """So many examples, a third in a quick run, none of which is made smaller in minutes."""
    return settings(
        max_examples=count if LONG else max(5, count // 3),
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


layouts = pytest.mark.parametrize("layout", some(LAYOUTS))
cases_of_letters = pytest.mark.parametrize("case_sensitive", some([False, True]))


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
@examples(40)
@given(drawn=cases())
def test_spark(drawn: Case, spark: Engine, case_sensitive: bool, layout: str) -> None:
    agree(drawn, spark, case_sensitive, layout)


@layouts
@cases_of_letters
@examples(10)
@given(drawn=cases())
def test_clickhouse(drawn: Case, clickhouse: Engine, case_sensitive: bool, layout: str) -> None:
    agree(drawn, clickhouse, case_sensitive, layout)


@layouts
@cases_of_letters
@examples(10)
@given(drawn=cases())
def test_bigquery(drawn: Case, bigquery: Engine, case_sensitive: bool, layout: str) -> None:
    agree(drawn, bigquery, case_sensitive, layout)


def agree(case: Case, engine: Engine, case_sensitive: bool, layout: str) -> None:
    """Whether an engine gives what the oracle says, for all configs that its SQL can express."""
    types = LAYOUTS[layout]

    def sql() -> str:
        files = files_of(configs, Path("configs"))
        return sql_of(engine.name, files, types, case_sensitive=case_sensitive, tiers=case.tiers)

    configs = case.configs
    try:
        statement = sql()
    except IcpctlError as error:
        if error.code != "not_expressible":
            raise
        refused = {Path(it.location.file).stem for it in error.findings}
        configs = [it for it in case.configs if it[0] not in refused]
        statement = sql() if configs else ""
    for it in case.configs:
        must, may = is_refused(it[1], engine.name, types)
        assert must <= (it not in configs) <= may, it
    if not configs:
        return
    rows = [
        as_assumed(row_of(visitor, types), engine.name) | {ID: str(number)}
        for number, visitor in enumerate(case.visitors)
    ]
    found = {
        verdict[0]: seen(verdict, tiers=bool(case.tiers))
        for verdict in engine.run(statement, rows, types)
    }
    for row in rows:
        wanted = expected(configs, row, types, case_sensitive, case.tiers)
        assert found.pop(row[ID]) == wanted, shown(configs, row)
    assert not found


def is_refused(
    body: dict[str, Any], dialect: str, types: dict[str, ColumnType]
) -> tuple[bool, bool]:
    """Whether a config must be refused, and whether it may be."""
    conditions = [it for group in body["rules"]["groups"] for it in group["conditions"]]
    names = {condition["type"] for condition in conditions}
    is_simple = dialect in ("duckdb", "postgres")
    no_pages = types[PAGES] is ColumnType.JSON and not is_simple
    no_numbers = dialect == "clickhouse" and any(
        CONDITION_TYPES[name].kind is Kind.NUMBER and types[name] is ColumnType.TEXT
        for name in names
    )
    must = (no_pages and not names.isdisjoint(("page_contains", "page_equals"))) or no_numbers
    may_read_sizes = dialect == "clickhouse" and "employee_size_range" in names
    has_nul = "\\u0000" in json.dumps(body)
    has_fine_weight = any(len(repr(it.get("weight", 1))) > 15 for it in conditions)
    may = has_nul or may_read_sizes or (has_fine_weight and not is_simple)
    return must, must or may


def shown(configs: list[tuple[str, dict[str, Any]]], row: dict[str, Any]) -> str:
    """What repeats a row by hand."""
    lines = [f"{slug}.json: {json.dumps(body)}" for slug, body in configs]
    return "\n".join([*lines, repr({key: it for key, it in row.items() if it is not None})])
