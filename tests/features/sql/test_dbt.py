"""A model of dbt, built and tested by dbt itself on DuckDB: no error, and no deprecation."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.process import icpctl

if TYPE_CHECKING:
    from collections.abc import Sequence

PROJECT = """
name: visitors
version: "1.0"
profile: local
models: {visitors: {+materialized: view}}
"""
PROFILES = """
local:
  target: dev
  outputs: {dev: {type: duckdb, path: visitors.duckdb}}
"""
SOURCES = """
sources:
  - name: raw
    schema: main
    tables: [{name: visitors}]
"""


def dbt() -> str:
    """Return the path of dbt: beside this Python, or wherever the shell finds it."""
    path = os.environ.get("ICPCTL_DBT") or shutil.which("dbt", path=Path(sys.executable).parent)
    if path is None:
        pytest.skip("dbt is not installed")
    return str(path)


def run(folder: Path, *arguments: str) -> str:
    """Run dbt in its project, and return what it prints."""
    ended = subprocess.run(
        [dbt(), "--no-use-colors", "--no-send-anonymous-usage-stats", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def make_visitors(folder: Path, rows: Sequence[tuple[str, str, int]]) -> None:
    """Fill the table `visitors`, as many columns as icpctl reads."""
    with duckdb.connect(str(folder / "visitors.duckdb")) as connection:
        connection.execute(
            "create table visitors (visitor_id text, industry text, company_size double)"
        )
        connection.executemany("insert into visitors values (?, ?, ?)", rows)


def test_a_model_is_built_and_tested(tmp_path: Path) -> None:
    dbt()  # before anything is made: skip where there is none
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    (tmp_path / "profiles.yml").write_text(PROFILES)
    (tmp_path / "models" / "sources.yml").write_text(SOURCES)
    make_visitors(tmp_path, [("1", "SaaS", 900), ("2", "saas", 10), ("3", "Steel", 900)])
    where = ("--where", "industry equals SaaS", "--where", "company_size gte 500")
    made = icpctl(
        "create", "o-brien", "--label", "O'Brien {{ x }}", *where, "--dir", "configs", cwd=tmp_path
    )
    assert made.code == 0, made.err
    written = icpctl(
        "sql",
        *("--dialect", "duckdb", "--table", "raw.visitors", "--as", "dbt"),
        *("--dir", "configs", "--out", "models/icp_verdicts.sql"),
        cwd=tmp_path,
    )
    assert written.code == 0, written.err
    printed = run(tmp_path, "build", "--profiles-dir", ".", "--show-all-deprecations")
    assert "eprecat" not in printed
    assert "PASS=" in printed
    assert "WARN=0 ERROR=0" in printed
    with duckdb.connect(str(tmp_path / "visitors.duckdb")) as connection:
        rows = connection.execute("select id, icp, icp_match from icp_verdicts order by id")
        assert rows.fetchall() == [("1", "o-brien", True), ("2", None, False), ("3", None, False)]
