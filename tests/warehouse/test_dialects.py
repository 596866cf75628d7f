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
from icpctl.output.formats import SqlDialect
from icpctl.visitors.mapping import FIELDS, PAGES
from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES
from icpctl.warehouse.columns import Column, ColumnType, default_columns
from icpctl.warehouse.dialects import DIALECTS
from icpctl.warehouse.rendering import Wrapping, render
from icpctl.warehouse.request import Request
from icpctl.warehouse.statement import make_statement
from tests.warehouse.engines import DuckDb, postgres_server, why_no_postgres
from tests.warehouse.tables import USUAL, expected, files_of, row_of, seen, sql_of

if TYPE_CHECKING:
    from icpctl.config.files import ConfigFile
    from icpctl.warehouse.statement import Statement

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


def conditions_of(dialect: str, conditions: list[dict[str, Any]]) -> list[ConfigFile]:
    """One OR group of the conditions that a dialect can express."""
    kept = []
    for condition in conditions:
        body = body_of([condition])
        try:
            sql_of(dialect, files_of([("a", body)], Path()), USUAL)
        except IcpctlError as error:
            if error.code != "not_expressible":
                raise
        else:
            kept.append(condition)
    assert len(kept) > len(conditions) / 2
    return files_of([("a", body_of(kept))], Path())


def body_of(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    group = {"operator": "OR", "conditions": conditions}
    return {"label": "*/ it's {{ x }} \n-- y", "rules": {"groups": [group, group]}}


def hostile() -> list[dict[str, Any]]:
    """Conditions on texts of all normal forms whose values are hostile."""
    names = ("domain", "page_equals", "linkedin_url", "country", "city")
    return [
        {"type": "industry", "comparator": "in", "value": HOSTILE},
        {"type": "page_contains", "comparator": "has_all", "value": HOSTILE},
        *(
            {"type": it, "comparator": "equals", "value": value}
            for it in names
            for value in HOSTILE
        ),
        *(
            {"type": "job_title", "comparator": comparator, "value": value}
            for comparator in ("contains", "starts_with", "ends_with")
            for value in HOSTILE
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


@pytest.mark.parametrize("conditions", [EXAMPLES, hostile()], ids=["examples", "hostile"])
@pytest.mark.parametrize("dialect", NAMES)
def test_it_reads_back_as_what_was_meant(dialect: str, conditions: list[dict[str, Any]]) -> None:
    files = conditions_of(dialect, conditions)
    tree = statement_of(dialect, files).tree
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
    industry = {"type": "industry", "comparator": "equals", "value": "a"}
    files = files_of([("a", body_of([industry]))], Path())
    for name in HOSTILE_COLUMNS:
        column = Column(name, ColumnType.TEXT)
        text = statement_of(dialect, files, industry=column).tree.sql(dialect)
        (back,) = sqlglot.parse(text, dialect=dialect)
        assert back is not None
        assert name in {it.name for it in back.find_all(exp.Column)}


@pytest.mark.parametrize("name", HOSTILE_COLUMNS)
def test_databases_find_columns_of_odd_names(name: str) -> None:
    import duckdb

    industry = {"type": "industry", "comparator": "equals", "value": "a"}
    files = files_of([("a", body_of([industry]))], Path())
    column = Column(name, ColumnType.TEXT)
    text = statement_of("duckdb", files, industry=column).tree.sql("duckdb")
    quoted = name.replace('"', '""')
    with duckdb.connect() as connection:
        connection.execute(f"create table visitors as select '1' visitor_id, 'A' \"{quoted}\"")
        assert connection.execute(text).fetchall()[0][:3] == ("1", True, "a")


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_hostile_values_match_themselves(engine: str) -> None:
    if engine == "postgres" and (reason := why_no_postgres()):
        pytest.skip(reason)
    names = ("domain", "linkedin_url", "country", "city", "industry", "job_title")
    rows = [
        row_of({"id": str(number), "pages": [value, "/"]} | dict.fromkeys(names, value), USUAL)
        for number, value in enumerate(HOSTILE)
    ]
    body = body_of(hostile())
    sql = sql_of(engine, files_of([("a", body)], Path()), USUAL)
    if engine == "duckdb":
        found = DuckDb().run(sql, rows, USUAL)
    else:
        with postgres_server() as server:
            found = server.run(sql, rows, USUAL)
    for verdict in found:
        assert seen(verdict) == expected([("a", body)], rows[int(verdict[0])], USUAL, False)


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


def test_a_table_has_no_field_that_is_mapped_to_nothing() -> None:
    columns = {name: Column(None, it.type) for name, it in default_columns().items()}
    files = files_of([("a", body_of(EXAMPLES))], Path())
    statement = statement_of("duckdb", files, **columns)
    assert statement.reads == ()
    import duckdb

    sql = statement.tree.sql("duckdb")
    with duckdb.connect() as connection:
        found = connection.execute(f"create table visitors as select 1 one; {sql}").fetchall()
    wanted = expected([("a", body_of(EXAMPLES))], dict.fromkeys(FIELDS), USUAL, False)
    assert [seen(it) for it in found] == [wanted]


@pytest.mark.parametrize("table", [("visitors",), ("raw", "it's {{ x }}")])
def test_jinja_gives_a_model_back_as_it_is(table: tuple[str, ...]) -> None:
    from jinja2 import Environment

    files = files_of([("a", body_of(hostile()))], Path())
    request = Request("duckdb", table, default_columns())
    statement = make_statement(files, request)
    words = ("a {{ b }} {% c %} {# d #}",)
    plain = render(statement, request, Wrapping("select", ("v",), words))
    model = render(statement, request, Wrapping("dbt", ("v",), words))
    quoted = ".".join('"' + it.replace('"', '""') + '"' for it in table)
    known = {
        "config": lambda **_: "",
        "ref": lambda *it: quoted if it == table else "?",
        "source": lambda *it: quoted if it == table else "?",
    }
    made = Environment(autoescape=False).from_string(model).render(known)
    assert made.strip() == plain.removesuffix(";\n")


def test_matches_are_json_in_order() -> None:
    exists = {"type": "industry", "comparator": "not_exists"}
    configs = [(slug, body_of([exists])) for slug in ("b", "a")]
    sql = sql_of("duckdb", files_of(configs, Path()), USUAL)
    ((_, matched, icp, score, matches),) = DuckDb().run(sql, [row_of({}, USUAL)], USUAL)
    assert (matched, icp, str(score)) == (True, "a", "100.00")
    assert json.loads(matches) == [
        {"config": "a", "score": 100.0},
        {"config": "b", "score": 100.0},
    ]
