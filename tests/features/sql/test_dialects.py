"""What is written for each dialect: it reads back as what was meant, and holds no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
import sqlglot
import yaml
from sqlglot import exp

from icpctl.errors import IcpctlError
from icpctl.features.sql.columns import Column, ColumnType, default_columns
from icpctl.features.sql.command import SqlDialect
from icpctl.features.sql.dialects import DIALECTS
from icpctl.features.sql.rendering import Wrapping, render
from icpctl.features.sql.request import Request
from icpctl.features.sql.statement import make_statement
from icpctl.mappings.mapping import FIELDS, PAGES
from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES
from tests.features.sql.tables import USUAL, expected, files_of, row_of, seen, sql_of
from tests.long import LONG, long

if TYPE_CHECKING:
    from icpctl.config.model import ConfigFile
    from icpctl.features.sql.statement import Statement
    from tests.features.sql.engines import Engine

NAMES = get_args(SqlDialect)
EXAMPLES = [
    *({"type": it.name, **yaml.safe_load(it.example)} for it in CONDITION_TYPES.values()),
    *(yaml.safe_load(it.example) for it in COMPARATORS.values()),
]
HOSTILE = [
    *("it's", '"q"', "\\", "a\\'b", "*/ drop", "/* x", "-- x", "{{ evil }}", "{% raw %}", "{# x"),
    *("$$", "$1", "%s", "${x}", "\u202e rtl", "a\nb", "a\u2028b", "`tick`", "\\u0041", "\x7f"),
    *("E'x'", "U&'x'", "q'[x]'", "?", ":x", "@x", "{", "}}", "NULL", "\U0001f680", "'; drop --"),
]
HOSTILE_COLUMNS = ['a"b', "a`b", "{{x}}", "*/", "a\\b", "SELECT", "%s", "\u00e9 \U0001f680"]


REFUSED = {
    "redshift": {"page_contains", "page_equals", "last_seen_days"},
    "trino": {"last_seen_days"},
}
"""The condition types that a dialect cannot express where columns have their usual types."""

NO_WORDS = ("redshift", "snowflake")
"""The dialects whose patterns know no letters beyond ASCII."""


def alone(conditions: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """One config for each condition, so that none hides what another gives."""
    return [(f"c{number:04}", body_of([it])) for number, it in enumerate(conditions)]


def body_of(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    group = {"operator": "OR", "conditions": conditions}
    return {"label": "*/ it's {{ x }} \n-- y", "rules": {"groups": [group, group]}}


INDUSTRY = files_of(
    [("a", body_of([{"type": "industry", "comparator": "equals", "value": "a"}]))], Path()
)


def hostile() -> list[dict[str, Any]]:
    """Conditions on texts of all normal forms whose values are hostile.

    A quick run has each value in both lists and alone in one of the other conditions.
    """
    names = ("domain", "page_equals", "linkedin_url", "country", "city")
    alone = [(name, "equals") for name in names]
    alone += [("job_title", word) for word in ("contains", "starts_with", "ends_with")]
    return [
        {"type": "industry", "comparator": "in", "value": HOSTILE},
        {"type": "page_contains", "comparator": "has_all", "value": HOSTILE},
        *(
            {"type": name, "comparator": comparator, "value": value}
            for number, (name, comparator) in enumerate(alone)
            for value in (HOSTILE if LONG else HOSTILE[number :: len(alone)])
        ),
    ]


def statement_of(dialect: str, files: list[ConfigFile], **columns: Column) -> Statement:
    return make_statement(files, Request(dialect, ("visitors",), default_columns() | columns))


def literals(tree: exp.Expr) -> set[str]:
    """The texts of a statement, with the escapes of some dialects undone."""
    escaped = {
        "".join(chr(int(it, 16)) for it in node.name.split("\\") if it)
        for node in tree.find_all(exp.UnicodeString)
    }
    return escaped | {node.name for node in tree.find_all(exp.Literal) if node.is_string}


def ctes(tree: exp.Expr) -> list[str]:
    return [it.alias for it in tree.find_all(exp.CTE)]


def test_there_is_a_name_for_each_dialect() -> None:
    assert set(NAMES) == set(DIALECTS)


@pytest.mark.parametrize("dialect", NAMES)
def test_what_is_refused(dialect: str) -> None:
    files = files_of(alone(EXAMPLES), Path())
    refused = {
        slug
        for (slug, _), it in zip(alone(EXAMPLES), EXAMPLES, strict=True)
        if it["type"] in REFUSED.get(dialect, ())
        or ("word" in it["comparator"] and dialect in NO_WORDS)
    }
    found = set()
    try:
        statement_of(dialect, files)
    except IcpctlError as error:
        if error.code != "not_expressible":
            raise
        found = {Path(it.location.file).stem for it in error.findings}
    assert found == refused


WORDS = ("contains_word", "not_contains_word")
NO_WORDS = {"snowflake": WORDS, "redshift": WORDS}
"""Dialects whose patterns cannot say what a whole word is."""


@pytest.mark.parametrize(
    ("dialect", "conditions"),
    [
        *(pytest.param(name, EXAMPLES, id=f"{name}-examples") for name in NAMES),
        *(
            pytest.param(name, hostile(), id=f"{name}-hostile", marks=() if once else long)
            for name in NAMES
            for once in [name in ("duckdb", "snowflake", "bigquery", "clickhouse")]
        ),
    ],
)
def test_it_reads_back_as_what_was_meant(dialect: str, conditions: list[dict[str, Any]]) -> None:
    refused = {*REFUSED.get(dialect, ()), *NO_WORDS.get(dialect, ())}
    kept = [it for it in conditions if refused.isdisjoint((it["type"], it["comparator"]))]
    tree = statement_of(dialect, files_of([("a", body_of(kept))], Path())).tree
    text = tree.sql(dialect, pretty=True)
    (back,) = sqlglot.parse(text, dialect=dialect)
    assert back is not None
    again = back.sql(dialect, pretty=True)
    assert sqlglot.parse_one(again, dialect=dialect) == back
    assert literals(back) - {"g"} == literals(tree) - {"g"}  # the flag of REGEXP_REPLACE
    assert ctes(back) == ctes(tree)
    if dialect != "snowflake":  # which writes escapes that sqlglot does not keep
        assert again == text


@pytest.mark.parametrize("dialect", NAMES)
def test_names_are_quoted(dialect: str) -> None:
    for name in HOSTILE_COLUMNS:
        column = Column(name, ColumnType.TEXT)
        text = statement_of(dialect, INDUSTRY, industry=column).tree.sql(dialect)
        (back,) = sqlglot.parse(text, dialect=dialect)
        assert back is not None
        assert name in {it.name for it in back.find_all(exp.Column)}


@pytest.mark.parametrize("name", HOSTILE_COLUMNS)
def test_databases_find_columns_of_odd_names(database: Engine, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    database.execute("drop table if exists visitors")
    database.execute(f"create table visitors as select '1' visitor_id, 'A' {quoted}")
    column = Column(name, ColumnType.TEXT)
    text = statement_of(database.name, INDUSTRY, industry=column).tree.sql(database.name)
    assert database.execute(text)[0][:3] == ("1", True, "a")


def test_hostile_values_match_themselves(engine: Engine) -> None:
    names = ("domain", "linkedin_url", "country", "city", "industry", "job_title")
    rows = [
        row_of({"id": str(number), "pages": [value, "/"]} | dict.fromkeys(names, value), USUAL)
        for number, value in enumerate(HOSTILE)
    ]
    configs = alone(hostile())
    found = engine.run(sql_of(engine.name, files_of(configs, Path()), USUAL), rows, USUAL)
    assert len(found) == len(rows)
    for verdict in found:
        assert seen(verdict) == expected(configs, rows[int(verdict[0])], USUAL, False)


TABLES = ["icp_values", "icp_folded", "icp_forms", "ICP_TESTS", "icp_scores", "icp_ranked"]


@pytest.mark.parametrize("form", ["select", "view", "table", "dbt"])
@pytest.mark.parametrize("table", [*TABLES, "icp_row", 'a "b" {{ c }}', "icp_values_"])
def test_a_table_is_called_as_a_subquery_is(database: Engine, table: str, form: str) -> None:
    quoted = '"' + table.replace('"', '""') + '"'
    database.execute(f"drop table if exists {quoted} cascade")
    columns = "'1' visitor_id, 'https://A.example' \"domain\", 'DE' country"
    database.execute(f"create table {quoted} as select {columns}")
    equals = {"comparator": "equals"}
    conditions = [
        {"type": "domain", "value": "a.example", **equals},
        {"type": "country", "value": "Germany", **equals},
    ]
    request = Request(database.name, (table,), default_columns())
    statement = make_statement(files_of(alone(conditions), Path()), request)
    text = render(statement, request, Wrapping(form, (f"made_{form}",), ()))
    if form == "dbt":
        text = of_jinja(text, {(table,): quoted})
    if form in ("view", "table"):
        database.execute(f"drop {form} if exists made_{form}")
        database.execute(text)
        text = f"select * from made_{form}"
    found = [seen(it) for it in database.execute(text)]
    assert [[it["config"] for it in one["matches"]] for one in found] == [["c0000", "c0001"]]


@pytest.mark.parametrize("dialect", NAMES)
def test_names_mean_the_table_and_its_columns(dialect: str) -> None:
    # Snowflake takes a subquery that reads one of its own name as recursive, and ClickHouse a
    # column as what another one is called.
    request = Request(dialect, ("icp_values",), default_columns())
    text = make_statement(INDUSTRY, request).tree.sql(dialect)
    tree = sqlglot.parse_one(text, dialect=dialect)
    first, *_ = tree.find_all(exp.CTE)
    (table,) = first.find_all(exp.Table)
    assert (table.name, table.alias) == ("icp_values", "icp_row")
    assert "icp_values" not in ctes(tree)
    assert {it.table for it in first.find_all(exp.Column)} == {"icp_row"}


def test_a_column_that_a_table_lacks_is_an_error(database: Engine) -> None:
    database.execute("drop table if exists industry")
    database.execute("create table industry as select '1' visitor_id, 'a' city")
    request = Request(database.name, ("industry",), default_columns())
    with pytest.raises(Exception, match="industry"):
        database.execute(make_statement(INDUSTRY, request).tree.sql(database.name))


def test_columns_that_are_called_as_other_fields(engine: Engine) -> None:
    columns = {
        "industry": Column("city", ColumnType.TEXT),
        "city": Column("region", ColumnType.TEXT),
    }
    wanted = {"industry": "a", "city": "b"}
    configs = alone([{"type": it, "comparator": "equals", "value": wanted[it]} for it in wanted])
    row = row_of({"id": "1", "city": "A", "region": "B"}, USUAL)
    text = statement_of(
        engine.name, files_of(configs, Path()), **columns, id=Column("id", ColumnType.TEXT)
    )
    ((_, matched, _, _, matches),) = engine.run(text.tree.sql(engine.name), [row], USUAL)
    assert matched
    assert len(json.loads(matches)) == 2


@long
@pytest.mark.parametrize("dialect", ["postgres", "redshift"])
@pytest.mark.parametrize("what", ["different tests", "configs"])
def test_more_columns_than_a_select_has(dialect: str, what: str) -> None:
    values = [f"v{number}" for number in range(1_664)]
    one = [{"type": "city", "comparator": "contains", "value": it} for it in values]
    configs = [("a", body_of(one))]
    if what == "configs":
        configs = [(f"c{number:04}", body_of(one[:1])) for number in range(1_664)]
    with pytest.raises(IcpctlError) as caught:
        statement_of(dialect, files_of(configs, Path()))
    assert caught.value.code == "not_expressible"
    assert caught.value.message == (
        f"1,664 {what} are a column each, and a SELECT of {dialect} has 1,664 columns at most"
    )


def test_as_many_columns_as_a_select_has(postgres: Engine) -> None:
    values = [f"v{number}" for number in range(1_663)]
    group = [{"type": "city", "comparator": "contains", "value": it} for it in values]
    files = files_of([("a", body_of(group))], Path())
    rows = [row_of({"id": "1", "city": "v1662"}, USUAL)]
    ((_, matched, *_),) = postgres.run(sql_of("postgres", files, USUAL), rows, USUAL)
    assert matched


def test_postgres_computes_each_step_once(postgres: Engine) -> None:
    conditions = [
        {"type": "domain", "comparator": "equals", "value": "a.example"},
        {"type": "page_equals", "comparator": "has_all", "value": ["/a", "/b"]},
    ]
    sql = sql_of("postgres", files_of(alone(conditions), Path()), USUAL)
    postgres.run(sql, [], USUAL)
    plan = "\n".join(line for (line,) in postgres.execute(f"explain {sql}"))
    steps = ctes(sqlglot.parse_one(sql, dialect="postgres"))
    assert len(steps) == 6
    assert all(f"Subquery Scan on {it}" in plan for it in steps[:-1]), plan


def test_what_redshift_lacks_is_said() -> None:
    page = {"type": "page_contains", "comparator": "contains", "value": "/x"}
    size = {"type": "company_size", "comparator": "gte", "value": 1}
    files = files_of([("a", body_of([page, size]))], Path("configs"))
    columns = {"company_size": Column("size", ColumnType.TEXT)}
    with pytest.raises(IcpctlError) as caught:
        statement_of("redshift", files, **columns)
    assert caught.value.code == "not_expressible"
    found = caught.value.findings
    assert {str(it.location).partition(":")[0] for it in found} == {"configs/a.json"}
    reasons = [it.message.partition("exactly: ")[2] for it in found[:2]]
    assert reasons == [
        "'pages' is a list, which redshift has no columns of",
        "'company_size' holds numbers as text, and a cast of one that is too large for a double "
        "ends a statement of redshift",
    ]
    text = {PAGES: Column("page", ColumnType.TEXT), "company_size": Column("n", ColumnType.NUMBER)}
    assert statement_of("redshift", files, **text).reads == ("page", "n", "visitor_id")


def test_weights_that_are_too_fine() -> None:
    group = {
        "operator": "AND",
        "conditions": [
            {"type": "industry", "comparator": "exists", "weight": weight, "optional": True}
            for weight in (1e-9, 1e9, 1)
        ],
    }
    files = files_of([("a", {"label": "A", "rules": {"groups": [group]}})], Path("configs"))
    with pytest.raises(IcpctlError) as caught:
        statement_of("bigquery", files)
    assert caught.value.findings[0].hint == "write weights of fewer digits"
    assert "INT128" in statement_of("duckdb", files).tree.sql("duckdb")


def test_a_table_has_no_field_that_is_mapped_to_nothing(database: Engine) -> None:
    columns = {name: Column(None, it.type) for name, it in default_columns().items()}
    statement = statement_of(database.name, files_of(alone(EXAMPLES), Path()), **columns)
    assert statement.reads == ()
    database.execute("drop table if exists visitors")
    database.execute("create table visitors as select 1 one")
    found = database.execute(statement.tree.sql(database.name))
    wanted = expected(alone(EXAMPLES), dict.fromkeys(FIELDS), USUAL, False)
    assert [seen(it) for it in found] == [wanted]


def of_jinja(model: str, tables: dict[tuple[str, ...], str]) -> str:
    """What dbt makes of a model: `ref` and `source` give the name of a table."""
    from jinja2 import Environment

    known = {
        "config": lambda **_: "",
        "ref": lambda *it: tables[it],
        "source": lambda *it: tables[it],
    }
    return Environment(autoescape=False).from_string(model).render(known).strip()


@pytest.mark.parametrize("table", [("visitors",), ("raw", "it's {{ x }}")])
def test_jinja_gives_a_model_back_as_it_is(table: tuple[str, ...]) -> None:
    files = files_of([("a", body_of(hostile()))], Path())
    request = Request("duckdb", table, default_columns())
    statement = make_statement(files, request)
    words = ("a {{ b }} {% c %} {# d #}",)
    plain = render(statement, request, Wrapping("select", ("v",), words))
    model = render(statement, request, Wrapping("dbt", ("v",), words))
    quoted = ".".join('"' + it.replace('"', '""') + '"' for it in table)
    assert of_jinja(model, {table: quoted}) == plain.removesuffix(";\n")


def test_matches_are_json_in_order(duckdb: Engine) -> None:
    exists = {"type": "industry", "comparator": "not_exists"}
    configs = [(slug, body_of([exists])) for slug in ("b", "a")]
    sql = sql_of("duckdb", files_of(configs, Path()), USUAL)
    ((_, matched, icp, score, matches),) = duckdb.run(sql, [row_of({}, USUAL)], USUAL)
    assert (matched, icp, str(score)) == (True, "a", "100.00")
    assert json.loads(matches) == [
        {"config": "a", "score": 100.0},
        {"config": "b", "score": 100.0},
    ]
