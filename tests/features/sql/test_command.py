"""`icpctl sql` as a process: what it writes and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tests.long import long
from tests.process import ROOT, icpctl

if TYPE_CHECKING:
    from pathlib import Path

SAAS = """\
label: SaaS
priority: 2
rules:
  groups:
    - operator: AND
      conditions:
        - {type: industry, comparator: equals, value: SaaS}
        - {type: last_seen_days, comparator: lte, value: 30, optional: true}
"""
ASLEEP = "isActive: false\n" + SAAS.replace("label: SaaS", "label: Asleep").replace("SaaS}", "X}")
DUCKDB = ["sql", "--dialect", "duckdb", "--table", "visitors"]


def with_options(args: list[str]) -> list[str]:
    """The usual call, with other options in the place of its own."""
    usual = {"--dialect": "duckdb", "--table": "visitors"}
    kept = [word for name, value in usual.items() if name not in args for word in (name, value)]
    return ["sql", *kept, *args]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs/saas.yaml").write_text(SAAS)
    (tmp_path / "icp_configs/asleep.yaml").write_text(ASLEEP)
    return tmp_path


def test_a_select_on_stdout(here: Path) -> None:
    ended = icpctl(*DUCKDB, "--as-of", "2026-11-23", cwd=here)
    assert ended.code == 0
    assert ended.err == "reads from visitors: industry, last_seen_days, last_seen_at, visitor_id\n"
    assert ended.out.startswith(
        "-- 1 config of icp_configs in the SQL of duckdb, written by icpctl sql.\n"
        "-- For each row: id, icp_match, icp, icp_score, and matches as JSON text.\n"
        "-- Days are counted up to 2026-11-23T00:00:00Z; letter case is ignored.\n-- "
    )
    assert "\nWITH " in ended.out
    assert ended.out.endswith('FROM "icp_ranked";\n')
    assert "CURRENT_TIMESTAMP" not in ended.out
    assert "CURRENT_TIMESTAMP" in icpctl(*DUCKDB, cwd=here).out


def test_a_file(here: Path) -> None:
    ended = icpctl(*DUCKDB, "--out", "icp.sql", cwd=here)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.startswith("wrote icp.sql in ")
    assert (here / "icp.sql").read_text() == icpctl(*DUCKDB, "--out", "-", cwd=here).out


@long
def test_the_text_is_the_same_in_each_run(here: Path) -> None:
    countries = SAAS.replace("{type: industry,", "{type: country,").replace("SaaS}", "Germany}")
    (here / "icp_configs/saas.yaml").write_text(countries)
    first, second = (icpctl(*DUCKDB, cwd=here, PYTHONHASHSEED=it).out for it in "12")
    assert "'federal republic of germany'" in first
    assert first == second


def test_which_configs(here: Path) -> None:
    assert "'asleep'" not in icpctl(*DUCKDB, cwd=here).out
    assert "'asleep'" in icpctl(*DUCKDB, "--config", "asleep", cwd=here).out
    ended = icpctl(*DUCKDB, "--config", "sas", cwd=here)
    assert (ended.code, ended.out) == (2, "")
    assert "did you mean saas?" in ended.err


@pytest.mark.parametrize("setting", ["option", "settings"])
def test_letter_case(here: Path, setting: str) -> None:
    args = ["--case-sensitive"] if setting == "option" else []
    if setting == "settings":
        (here / "icpctl.toml").write_text("case_sensitive = true\n")
    out = icpctl(*DUCKDB, *args, cwd=here).out
    assert "LOWER" not in out
    assert "'SaaS'" in out
    assert "letter case is significant." in out


def test_a_view_and_a_table(here: Path) -> None:
    view = icpctl(*DUCKDB, "--as", "view", cwd=here).out
    assert 'CREATE OR REPLACE VIEW "icp_verdicts" AS\nWITH ' in view
    table = icpctl(*DUCKDB, "--as", "table", "--name", "crm.scores", cwd=here).out
    assert 'CREATE TABLE "crm"."scores" AS\nWITH ' in table


def test_a_model_of_dbt(here: Path) -> None:
    args = ["--as", "dbt", "--out", "icp.sql"]
    ended = icpctl(*DUCKDB, *args, cwd=here)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.startswith("wrote icp.sql and icp.yml in ")
    model = (here / "icp.sql").read_text()
    assert model.startswith('{{ config(materialized="view") }}\n')
    assert 'FROM {{ ref("visitors") }} AS "icp_row"\n' in model
    (found,) = yaml.safe_load((here / "icp.yml").read_text())["models"]
    assert found["name"] == "icp"
    columns = {it["name"]: it["data_tests"] for it in found["columns"]}
    assert list(columns) == ["id", "icp_match", "icp", "icp_score", "matches"]
    assert columns["id"] == ["unique", "not_null"]
    assert columns["icp"] == [{"accepted_values": {"arguments": {"values": ["saas"]}}}]
    assert icpctl(*DUCKDB, *args, cwd=here).code == 0
    (here / "icp.yml").write_text("version: 2\n")
    ended = icpctl(*DUCKDB, *args, cwd=here)
    assert ended.code == 2
    assert "icp.yml: error: this file was not written by icpctl sql" in ended.err
    assert (here / "icp.yml").read_text() == "version: 2\n"


def test_a_source_of_dbt(here: Path) -> None:
    args = ["--table", "raw.visitors", "--as", "dbt", "--out", "icp.sql"]
    assert icpctl(*with_options(args), cwd=here).code == 0
    assert '{{ source("raw", "visitors") }}' in (here / "icp.sql").read_text()


COLUMNS = """\
company_sise: employees
industry: [a, b]
company_size: {column: size, type: boolean}
pages: {type: json}
icp_score: {column: score, type: numeric}
city: ""
region: "a\\eb"
"""
COLUMN_ERRORS = """\
columns.yaml:1:1: error[ICP701] unknown field 'company_sise'
columns.yaml:2:11: error[ICP702] this is not a column of industry
columns.yaml:3:36: error[ICP703] the column of company_size cannot be of type boolean
columns.yaml:4:1: error[ICP702] pages has a type and no column
columns.yaml:5:34: error[ICP703] unknown type of a column
columns.yaml:6:7: error[ICP702] the name of a column must be printable text that is not empty
columns.yaml:7:9: error[ICP702] the name of a column must be printable text that is not empty
"""


def test_what_is_wrong_with_columns(here: Path) -> None:
    (here / "columns.yaml").write_text(COLUMNS)
    ended = icpctl(*DUCKDB, "--columns", "columns.yaml", cwd=here)
    assert (ended.code, ended.out) == (2, "")
    assert [it for it in ended.err.splitlines() if ": error[" in it] == COLUMN_ERRORS.splitlines()
    assert "did you mean company_size?" in ended.err
    assert ended.err.count("Traceback") == 0


def test_columns(here: Path) -> None:
    (here / "columns.yaml").write_text("industry: Sector\nlast_seen_days: ~\nid: uuid\n")
    ended = icpctl(*DUCKDB, "--columns", "columns.yaml", cwd=here)
    assert ended.err == "reads from visitors: Sector, last_seen_at, uuid\n"
    (here / "columns.yaml").write_text("# nothing yet\n")
    assert icpctl(*DUCKDB, "--columns", "columns.yaml", cwd=here).code == 0


def test_what_a_dialect_cannot_say(here: Path) -> None:
    (here / "out.sql").write_text("before")
    args = ["sql", "--dialect", "trino", "--table", "visitors", "--out", "out.sql"]
    ended = icpctl(*args, cwd=here)
    assert ended.code == 2
    assert "icp_configs/saas.yaml:8:11: error[ICP704] saas: trino cannot do this" in ended.err
    assert (here / "out.sql").read_text() == "before"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--dialect", "oracle"], "'oracle' is not one of"),
        (["--table", "a..b"], "'a..b' is not the name of a table"),
        (["--table", "a.b.c.d"], "'a.b.c.d' is not the name of a table"),
        (["--table", 'a"b'], "is not the name of a table"),
        (["--table", "a\nb"], "is not the name of a table"),
        (["--table", "`a.b`"], "is not the name of a table"),
        (["--as", "dbt"], "--out models/icp_verdicts.sql"),
        (["--as", "dbt", "--out", "a b.sql"], "a b.sql cannot be the file of a model"),
        (["--as", "dbt", "--out", "a.sql", "--table", "a.b.c"], "source.table"),
        (["--name", "x"], "--name is the name of a view or a table"),
        (["--as", "view", "--name", "."], "'.' is not the name of a table"),
        (["--as", "view", "--name", "visitors"], "visitors is the table of visitors"),
        (["--as", "dbt", "--out", "visitors.sql"], "visitors is the table of visitors"),
        (["--dialect", "clickhouse", "--as", "table"], "an engine and an order"),
        (["--columns", "none.yaml"], "none.yaml: error: no such file\n"),
        (["--columns", "."], "this is a folder"),
        (["--as-of", "soon"], "--as-of 'soon' is not a valid date"),
        (["--dir", "empty"], "no configs in empty"),
        (["--dir", "gone"], "gone does not exist"),
        (["--out", "no/such/folder.sql"], "its folder does not exist"),
    ],
    ids=" ".join,
)
def test_what_is_refused(here: Path, args: list[str], says: str) -> None:
    (here / "empty").mkdir()
    ended = icpctl(*with_options(args), cwd=here)
    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err
    assert "Traceback" not in ended.err
    assert "internal" not in ended.err


def test_only_inactive_configs(here: Path) -> None:
    (here / "icp_configs/saas.yaml").unlink()
    ended = icpctl(*DUCKDB, cwd=here)
    assert (ended.code, ended.out) == (2, "")
    assert "no config in icp_configs is active" in ended.err


def test_without_the_extra(here: Path) -> None:
    (here / "without/sqlglot").mkdir(parents=True)
    (here / "without/sqlglot/__init__.py").write_text("raise ImportError('No module named s')\n")
    ended = icpctl(*DUCKDB, cwd=here, PYTHONPATH=f"{here / 'without'}:{ROOT}")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "error: SQL needs sqlglot, which is not installed (No module named s)\n"
        '  hint: from a clone of icpctl: pip install ".[sql]"\n'
    )
