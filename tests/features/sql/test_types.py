"""Columns of other types than the usual ones, and days to the moment when a statement runs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from icpctl.features.sql.columns import Column, ColumnType, default_columns
from icpctl.features.sql.request import Request
from icpctl.features.sql.statement import make_statement
from tests.features.sql import tables
from tests.features.sql.tables import AS_OF, TEXTS, USUAL, files_of, row_of
from tests.long import some

if TYPE_CHECKING:
    from tests.features.sql.engines import Engine


CELLS = [
    ("last_seen_at", "timestamp '2026-11-21 12:00:00'", "last_seen_days", "equals", 2),
    ("last_seen_at", "timestamp '2026-11-21 12:00:00.000001'", "last_seen_days", "equals", 1),
    ("last_seen_at", "timestamptz '2026-11-21 12:00:00+00'", "last_seen_days", "equals", 2),
    ("last_seen_at", "timestamptz '2026-11-21 12:00:00-05'", "last_seen_days", "equals", 1),
    ("last_seen_at", "date '2026-11-21'", "last_seen_days", "equals", 2),
    ("last_seen_at", "timestamptz '2027-01-01 00:00:00+00'", "last_seen_days", "equals", 0),
    ("last_seen_at", "timestamptz 'infinity'", "last_seen_days", "not_exists", None),
    ("last_seen_at", "timestamptz '-infinity'", "last_seen_days", "not_exists", None),
    ("last_seen_at", "timestamp '0001-01-01 00:00:00'", "last_seen_days", "gte", 739000),
    ("company_postal_code", "94105", "company_postal_code", "equals", "94105"),
    ("city", "cast('Ulm' as char(10))", "city", "ends_with", "lm"),
    ("city", "cast('Ulm' as varchar(10))", "city", "equals", "ULM"),
    ("company_size", "cast(120 as bigint)", "company_size", "equals", 120),
    ("icp_score", "cast(0.1 as decimal(5, 2))", "icp_score", "equals", 0.1),
    ("company_size", "cast(0.1 as decimal(5, 2))", "company_size", "not_exists", None),
    ("company_size", "cast('NaN' as real)", "company_size", "not_exists", None),
    ("company_size", "cast('-infinity' as real)", "company_size", "not_exists", None),
    ("persona_match", "1", "persona_match", "equals", True),
    ("persona_match", "0.0", "persona_match", "equals", False),
    ("persona_match", "2", "persona_match", "not_exists", None),
]


@pytest.mark.parametrize(("column", "cell", "field", "comparator", "value"), CELLS)
def test_types(
    database: Engine, column: str, cell: str, field: str, comparator: str, value: Any
) -> None:
    run = database.execute
    names = {column, "last_seen_days"} if field == "last_seen_days" else {column}
    absent = ", ".join(f"cast(null as float) {it}" for it in names - {column})
    run("drop table if exists visitors")
    run(f"create table visitors as select '1' visitor_id, {cell} {column}{absent and ', '}{absent}")
    condition = {"type": field, "comparator": comparator, "value": value}
    types = {"persona_match": Column("persona_match", ColumnType.NUMBER)}
    ((_, matched, *_),) = run(sql_of(database.name, condition, AS_OF, **types))
    assert matched


@pytest.mark.parametrize("comparator", ["in", "equals", "between", "gte"])
def test_minus_zero_is_zero(engine: Engine, comparator: str) -> None:
    value = {"in": [0, 1], "between": [0, 1]}.get(comparator, 0)
    condition = {"type": "session_count", "comparator": comparator, "value": value}
    group = {"operator": "AND", "conditions": [condition]}
    files = files_of([("a", {"label": "A", "rules": {"groups": [group]}})], Path())
    row = row_of({"id": "1"}, USUAL) | {"session_count": -0.0}
    ((_, matched, *_),) = engine.run(tables.sql_of(engine.name, files, USUAL), [row], USUAL)
    assert matched


@pytest.mark.parametrize("number", some([2.0**63, 1e300, 2.0**53, 1e19], 2))
@pytest.mark.parametrize("field", ["session_count", "company_size", "last_seen_days"])
def test_numbers_beyond_whole_numbers_of_64_bits(engine: Engine, field: str, number: float) -> None:
    condition = {"type": field, "comparator": "equals", "value": number}
    group = {"operator": "AND", "conditions": [condition]}
    files = files_of([("a", {"label": "A", "rules": {"groups": [group]}})], Path())
    for types, cell in ((USUAL, number), (TEXTS, f"{number:.0f}")):
        if engine.name == "clickhouse" and types is TEXTS:
            continue  # it reads no numbers as text
        row = row_of({"id": "1"}, types) | {field: cell}
        ((_, matched, *_),) = engine.run(tables.sql_of(engine.name, files, types), [row], types)
        assert matched


def sql_of(dialect: str, condition: dict[str, Any], as_of: str | None, **columns: Column) -> str:
    group = {"operator": "AND", "conditions": [condition]}
    files = files_of([("a", {"label": "A", "rules": {"groups": [group]}})], Path())
    when = None if as_of is None else datetime.fromisoformat(as_of)
    request = Request(dialect, ("visitors",), default_columns() | columns, when)
    return make_statement(files, request).tree.sql(dialect)


def test_days_to_now(database: Engine) -> None:
    run = database.execute
    run("drop table if exists visitors")
    ago = "current_timestamp - interval '10 days' - interval '1 hour'"
    run(f"create table visitors as select '1' visitor_id, {ago} last_seen_at, null last_seen_days")
    condition = {"type": "last_seen_days", "comparator": "equals", "value": 10}
    columns = {"last_seen_days": Column(None, ColumnType.NUMBER)}
    ((_, matched, *_),) = run(sql_of(database.name, condition, None, **columns))
    assert matched


def test_pages_that_duckdb_read_as_objects(duckdb: Engine, tmp_path: Path) -> None:
    file = tmp_path / "visitors.jsonl"
    pages = '[{"url": "https://a.example/x/"}, {"path": "/docs"}]'
    file.write_text(f'{{"visitor_id": "1", "pages": {pages}}}\n{{"visitor_id": "2"}}\n')
    duckdb.execute("drop table if exists visitors")
    duckdb.execute(f"create table visitors as from '{file}'")
    condition = {"type": "page_equals", "comparator": "has_all", "value": ["/docs", "a.example/x"]}
    columns = {"pages": Column("pages", ColumnType.JSON)}
    found = duckdb.execute(sql_of("duckdb", condition, None, **columns))
    assert [it[:2] for it in found] == [("1", True), ("2", False)]


def test_a_visitor_without_an_id(database: Engine) -> None:
    run = database.execute
    run("drop table if exists visitors")
    run("create table visitors as select ' ' visitor_id, 'x' city")
    condition = {"type": "city", "comparator": "exists"}
    assert run(sql_of(database.name, condition, None))[0][:2] == (None, True)
