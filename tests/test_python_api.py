"""`icpctl.score` and its like: what the command line says, and the examples of docs/python.md."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

import icpctl
from tests.long import long, some
from tests.process import ROOT, environment
from tests.process import icpctl as command

if TYPE_CHECKING:
    from pathlib import Path

CONFIGS, FLAT = ROOT / "sample_configs", ROOT / "sample_visitors" / "visitors.jsonl"
AS_OF = datetime(2026, 11, 23, 12, tzinfo=UTC)
RECORDS = [json.loads(line) for line in FLAT.read_text("utf-8").splitlines()]


def test_the_examples_of_the_docs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    page = str(ROOT / "docs" / "python.md")
    failed, tried = doctest.testfile(page, module_relative=False, encoding="utf-8")
    assert (failed, tried > 10) == (0, True)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the command line writes of the sample."""
    folder = tmp_path_factory.mktemp("rows")
    given = ("--dir", CONFIGS, "--as-of", AS_OF.isoformat(), "--why", "--out", "rows.parquet")
    assert command("score", FLAT, *given, cwd=folder).code == 0
    written: list[dict[str, Any]] = parquet.read_table(folder / "rows.parquet").to_pylist()
    return written


def in_columns() -> pa.Table:
    """The sample's records as a table of the values that all of them spell alike."""
    return pa.table({name: [record.get(name) for record in RECORDS] for name in RECORDS[0]})


@pytest.mark.parametrize("kind", some(["path", "records", "generator", "text", "paths"], 2))
def test_the_rows_are_those_of_the_command_line(rows: list[dict[str, Any]], kind: str) -> None:
    visitors: Any = {
        "path": FLAT,
        "text": str(FLAT),
        "paths": [FLAT],
        "records": RECORDS,
        "generator": (record for record in RECORDS),
    }[kind]
    result = icpctl.score(visitors, CONFIGS, as_of=AS_OF, why=True)
    assert result.table().to_pylist() == rows
    assert result.report.matched == sum(row["icp_match"] for row in rows)


def test_a_table_is_read_as_a_file_of_it(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": [1, 2, 3],
            "Industry": ["SaaS", None, "Retail"],
            "company": [{"size": 900}, {"size": None}, {"size": 3}],
            "pages": [["/pricing"], [], None],
        }
    )
    parquet.write_table(table, tmp_path / "v.parquet")
    from_file = icpctl.score(tmp_path / "v.parquet", CONFIGS, as_of=AS_OF)
    assert icpctl.score(table, CONFIGS, as_of=AS_OF).table() == from_file.table()
    assert from_file.table()["id"].to_pylist() == ["1", "2", "3"]


@long
def test_an_explanation_is_that_of_the_command_line(tmp_path: Path) -> None:
    given = ("--dir", CONFIGS, "--as-of", AS_OF.isoformat(), "--id", "v160")
    expected = json.loads(command("explain", FLAT, *given, "-o", "json", cwd=tmp_path).out)
    shown = command("explain", FLAT, *given, cwd=tmp_path).out
    for visitors in (FLAT, RECORDS):
        explanation = icpctl.score(visitors, CONFIGS, as_of=AS_OF).explain("v160")
        assert explanation.body() == expected
        assert str(explanation) == shown.partition("\n")[2].rstrip("\n")
        assert (explanation.icp, explanation.icp_score) == (expected["icp"], 100.0)
        assert explanation.line == 160
    with pytest.raises(icpctl.IcpctlError, match="no visitor with the id 'v0160'") as caught:
        icpctl.score(FLAT, CONFIGS).explain("v0160")
    assert caught.value.hint == "did you mean v160?"


def test_options(tmp_path: Path) -> None:
    visitors = [{"id": "a", "industry": "saas", "company_size": 900, "note": [1]}]
    result = icpctl.score(
        visitors, CONFIGS, as_of=AS_OF, tiers={"low": 0, "high": 90}, carry=["note"]
    )
    [row] = result.table().to_pylist()
    assert (row["icp_tier"], row["note"]) == ("low", "[1]")
    assert result.report.tiers == {"high": 0, "low": 1}
    exact = icpctl.score(visitors, CONFIGS, as_of=AS_OF, case_sensitive=True)
    assert exact.report.matched == 0
    mapping = tmp_path / "m.yaml"
    mapping.write_text("industry: sector\ncompany_size: people\n")
    renamed = [{"sector": "SaaS", "people": 900}]
    assert icpctl.score(renamed, CONFIGS, mapping=str(mapping)).report.matched == 1


def test_what_did_not_fit_and_what_was_rejected(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_text('{"company_size": "lots"}\nbad\n')
    result = icpctl.score(tmp_path / "v.jsonl", CONFIGS, as_of=AS_OF)
    [warning], [rejected] = result.warnings, result.rejected
    place = str(tmp_path / "v.jsonl")
    assert (warning.field, warning.places) == ("company_size", ((place, 1),))
    assert (rejected.file, rejected.line) == (place, 2)
    in_memory = icpctl.score([{}, {"company_size": "lots"}], CONFIGS, as_of=AS_OF)
    assert in_memory.warnings[0].places == (("records", 2),)


def test_values_that_json_has_no_type_for() -> None:
    import numpy as np

    record = {"id": np.int64(7), "industry": {"SaaS"}, "company_size": np.float64(900)}
    seen = {"last_seen": datetime(2026, 11, 20, tzinfo=UTC), "city": float("nan")}
    result = icpctl.score([record | seen], CONFIGS, as_of=AS_OF)
    assert (result.table()["id"].to_pylist(), result.report.field_warnings) == (["7"], {})
    assert result.table()["icp"].to_pylist() == ["enterprise-saas"]


@pytest.mark.parametrize(
    ("visitors", "message"),
    [
        (3, "visitors cannot be a int"),
        ({"id": "a"}, "visitors cannot be a dict"),
        ([3], "record 1 is a int"),
        ([{}, "v.jsonl"], "record 2 is a str"),
        ("no-such-file.jsonl", "no-such-file.jsonl"),
    ],
)
def test_what_is_not_visitors(visitors: Any, message: str) -> None:
    with pytest.raises(icpctl.IcpctlError) as caught:
        icpctl.score(visitors, CONFIGS)
    assert message in str(caught.value)


def test_nobody_is_no_error() -> None:
    result = icpctl.score([], CONFIGS, as_of=AS_OF)
    assert (result.table().num_rows, result.report.visitors) == (0, 0)


def test_a_date_without_a_time_zone_and_no_configs() -> None:
    with pytest.raises(icpctl.IcpctlError, match="as_of has no time zone"):
        icpctl.score([], CONFIGS, as_of=datetime(2026, 11, 23))
    with pytest.raises(icpctl.IcpctlError, match="no configs"):
        icpctl.score([], [])


def test_configs_of_a_folder(tmp_path: Path) -> None:
    active = [config.slug for config in icpctl.load_configs(CONFIGS)]
    everything = [config.slug for config in icpctl.load_configs(str(CONFIGS), inactive=True)]
    assert active == [slug for slug in everything if slug != "legacy-webinar-2024"]
    assert icpctl.load_configs(CONFIGS, "northwind")
    (tmp_path / "a.yaml").write_text("label: A\n")
    with pytest.raises(icpctl.IcpctlError) as caught:
        icpctl.load_configs(tmp_path)
    assert [finding.code for finding in caught.value.findings] == ["ICP101"]


def test_importing_is_cheap() -> None:
    code = "import icpctl, sys; print(sorted({n.partition('.')[0] for n in sys.modules} & set("
    code += "['numpy', 'pyarrow', 'duckdb', 'pydantic', 'typer', 'rich'])))"
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert ended.stdout == "[]\n"


def test_every_public_name_is_there() -> None:
    assert {*dir(icpctl)} == {*icpctl.__all__}
    for name in icpctl.__all__:
        assert getattr(icpctl, name) is not None
