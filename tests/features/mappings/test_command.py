"""`icpctl mappings`, `icpctl inspect`, and what `score` says of the mapping it uses."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from icpctl.mappings.loading import load_mapping
from icpctl.mappings.mapping import FIELDS, built_in_names
from icpctl.mappings.paths import parse_path, path_text
from tests.long import long
from tests.process import ROOT, icpctl, on_terminal

if TYPE_CHECKING:
    from pathlib import Path

EXPORTS = ROOT / "tests" / "fixtures" / "exports"
CONFIG = """
label: Buyers
rules:
  groups:
    - operator: AND
      conditions:
        - {type: industry, comparator: exists}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs" / "buyers.yaml").write_text(CONFIG)
    return tmp_path


def write(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def test_mappings_are_listed(tmp_path: Path) -> None:
    lines = icpctl("mappings", cwd=tmp_path).tabbed.splitlines()
    assert lines[0].split("\t") == ["MAPPING", "FORMAT", "RECORDS", "ROLLED UP BY"]
    assert [line.split("\t")[0] for line in lines[1:]] == list(built_in_names())
    assert "ga4\tGA4 BigQuery export\tevents\tuser_id, user_pseudo_id" in lines


def test_mappings_as_json(tmp_path: Path) -> None:
    found = json.loads(icpctl("mappings", "-o", "json", cwd=tmp_path).out)
    (ga4,) = [it for it in found if it["name"] == "ga4"]
    assert ga4["title"] == "GA4 BigQuery export"
    assert ga4["by"] == ["user_id", "user_pseudo_id"]
    assert ga4["fields"]["last_seen"] == ["event_timestamp as epoch_microseconds"]


@pytest.mark.parametrize("name", built_in_names())
def test_a_printed_mapping_is_one_to_start_from(name: str, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(icpctl("mappings", name, cwd=tmp_path).out, "utf-8")
    assert load_mapping(str(file)).paths == load_mapping(name).paths


def test_a_mapping_of_ones_own_is_printed_as_it_is(tmp_path: Path) -> None:
    text = "# mine\nid: who\n"
    (tmp_path / "own.yaml").write_text(text)
    assert icpctl("mappings", "own.yaml", cwd=tmp_path).out == text
    (tmp_path / "own.yaml").write_text("idd: who\n")
    ended = icpctl("mappings", "own.yaml", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("own.yaml:1:1: error[ICP501]")


def test_no_such_mapping(tmp_path: Path) -> None:
    ended = icpctl("mappings", "rb2", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "error: unknown mapping 'rb2'\n  hint: did you mean rb2b?\n"
    lost = icpctl("inspect", "x.jsonl", "--mapping", "own/rb2b.yaml", cwd=tmp_path)
    assert (lost.code, lost.err) == (2, "own/rb2b.yaml: error: no such file\n")
    unlike = icpctl("inspect", "x.jsonl", "--mapping", "zebra", cwd=tmp_path)
    assert "hint: icpctl mappings lists the built-in ones" in unlike.err


def test_one_mapping_as_json_is_as_in_the_list(tmp_path: Path) -> None:
    printed = icpctl("mappings", "hubspot", "-o", "json", cwd=tmp_path)
    listed = json.loads(icpctl("mappings", "-o", "json", cwd=tmp_path).out)
    assert [json.loads(printed.out)] == [body for body in listed if body["name"] == "hubspot"]


def test_score_says_what_it_recognised(folder: Path) -> None:
    file = EXPORTS / "rb2b_webhook.jsonl"
    ended = icpctl("score", file, "-o", "json", cwd=folder)
    assert ended.code == 0
    assert json.loads(ended.out)["matched"] == 4
    assert ended.err == f"{file}: read as RB2B webhook (--mapping rb2b)\n"


def test_score_says_nothing_of_flat_records(folder: Path) -> None:
    ended = icpctl("score", EXPORTS / "canonical.jsonl", "-o", "json", cwd=folder)
    assert (ended.code, ended.err) == (0, "")


def test_each_file_is_recognised_by_itself(folder: Path) -> None:
    names = ("canonical", "hubspot_contacts", "leadfeeder_leads", "rb2b_webhook")
    files = [EXPORTS / f"{name}.jsonl" for name in names]
    copy = folder / "again.jsonl"
    copy.write_bytes(files[-1].read_bytes())
    ended = icpctl("score", *files, copy, "-o", "json", cwd=folder)
    assert json.loads(ended.out)["matched"] == 5 + 5 + 5 + 4 + 4
    said = [line.partition(": ")[2] for line in ended.err.splitlines()]
    assert said == [
        "read as HubSpot contacts (--mapping hubspot)",
        "read as Leadfeeder leads (--mapping leadfeeder_leads)",
        "read as RB2B webhook (--mapping rb2b)",
    ]
    assert "rb2b_webhook.jsonl and 1 more: " in ended.err


def test_flat_records_with_the_keys_of_a_format_are_flat(folder: Path) -> None:
    likeness = {"id": "1", "properties": {}, "createdAt": "2026-11-20", "updatedAt": "2026-11-20"}
    file = write(folder / "v.jsonl", likeness | {"industry": "SaaS", "country": "DE"})
    ended = icpctl("score", file, "-o", "json", cwd=folder)
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out)["matched"] == 1


def test_the_second_of_two_columns_with_one_name_has_a_number(folder: Path) -> None:
    (folder / "v.csv").write_text("id,industry,city,industry\n1,SaaS,Ulm,Retail\n")
    ended = icpctl("score", "v.csv", "-o", "json", cwd=folder)
    assert json.loads(ended.out)["matched"] == 1
    carried = icpctl("score", "v.csv", "--out", "-", "--carry", "industry_1", cwd=folder)
    assert json.loads(carried.out)["industry_1"] == "Retail"


def test_what_fits_no_mapping_that_is_forced_is_told_of_this_one(folder: Path) -> None:
    fits = write(folder / "a.jsonl", {"Industry": "SaaS"})
    other = write(folder / "b.jsonl", {"colour": "red"})
    ended = icpctl("score", fits, other, "--mapping", "rb2b", "-o", "json", cwd=folder)
    assert "no record has a field of a visitor, only colour; tried the mapping rb2b" in ended.err


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_range_may_be_two_columns(suffix: str, folder: Path) -> None:
    """As flattened exports have it, with numbers that a data frame made doubles."""
    table = pa.table(
        {"id": [1, 2, 3], "size.min": [51.0, 6000.0, None], "size.max": [200.0, None, None]}
    )
    if suffix == ".csv":
        csv.write_csv(table, folder / "v.csv")
    else:
        parquet.write_table(table, folder / "v.parquet")
    (folder / "own.yaml").write_text("id: id\nemployee_size_range: {path: size, as: range}\n")
    ended = icpctl(
        "rollup",
        f"v{suffix}",
        "--by",
        "id",
        "--mapping",
        "own.yaml",
        "--out",
        "w.jsonl",
        cwd=folder,
    )
    assert ended.code == 0, ended.err
    rows = map(json.loads, (folder / "w.jsonl").read_text().splitlines())
    assert [row.get("employee_size_range") for row in rows] == ["51-200", "6000+", None]


def test_a_mapping_is_forced(folder: Path) -> None:
    file = write(folder / "v.jsonl", {"Industry": "SaaS"}, {"Industry": None})
    ended = icpctl("score", file, "--mapping", "rb2b", "-o", "json", cwd=folder)
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out)["matched"] == 1


def test_an_own_format_after_a_few_lines(folder: Path) -> None:
    """As docs/mappings.md tells."""
    write(
        folder / "v.jsonl",
        {"kind": "hit", "org": {"Sector (NACE)": "SaaS", "site": "https://acme.example/x"}},
        {"kind": "bot", "org": {"Sector (NACE)": "SaaS", "site": None}},
    )
    (folder / "own.yaml").write_text(
        "industry: '[kind=hit].org.\"Sector (NACE)\"'\n"
        "domain: {path: org.site, as: host}\n"
        'country: {constant: "DE"}\n'
    )
    found = json.loads(
        icpctl("inspect", "v.jsonl", "--mapping", "own.yaml", "-o", "json", cwd=folder).out
    )["files"][0]
    fields = {it["field"]: it for it in found["fields"]}
    assert fields["industry"]["have"] == 1
    assert fields["domain"]["values"] == [{"value": "acme.example", "records": 1}]
    assert fields["country"]["values"] == [{"value": "DE", "records": 2}]
    ended = icpctl("score", "v.jsonl", "--mapping", "own.yaml", "-o", "json", cwd=folder)
    assert json.loads(ended.out)["matched"] == 1


@pytest.mark.parametrize("command", ["score", "inspect"])
def test_a_mapping_that_fits_nothing(command: str, folder: Path) -> None:
    write(folder / "v.jsonl", {"firma": "Acme", "branche": "SaaS"})
    (folder / "own.yaml").write_text("industry: sector\n")
    ended = icpctl(command, "v.jsonl", "--mapping", "own.yaml", cwd=folder)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(
        "own.yaml:1:1: error: no field of this mapping is in the first records of v.jsonl\n"
    )
    assert "they have firma, branche; icpctl inspect v.jsonl shows" in ended.err


def test_an_export_that_no_mapping_knows(folder: Path) -> None:
    write(folder / "v.jsonl", {"firma": "Acme", "branche": "SaaS"})
    ended = icpctl("score", "v.jsonl", "-o", "json", cwd=folder)
    assert json.loads(ended.out)["visitors"] == 1
    assert "v.jsonl: warning: no record has a field of a visitor, only firma, branche" in ended.err
    assert "icpctl inspect --suggest v.jsonl" in ended.err


def test_a_mapping_with_errors_shows_them_all(folder: Path) -> None:
    write(folder / "v.jsonl", {"industry": "SaaS"})
    (folder / "own.yaml").write_text("industri: a\ncity: a..b\ndomain: {path: a, as: hots}\n")
    ended = icpctl("score", "v.jsonl", "--mapping", "own.yaml", cwd=folder)
    assert (ended.code, ended.out) == (2, "")
    for place in ("own.yaml:1:1", "own.yaml:2:7", "own.yaml:3:23"):
        assert f"{place}: error[ICP50" in ended.err
    assert "did you mean host?" in ended.err
    assert "  3 | domain: {path: a, as: hots}\n    |                       ^\n" in ended.err


def test_inspect(folder: Path) -> None:
    file = write(
        folder / "v.jsonl",
        {"industry": "SaaS", "company_size": "lots", "x": {"y": [1, {"z": 2}]}, "id": "a"},
        {"industry": "SaaS", "company_size": "51-200", "last_seen": "2026-11-20"},
        {
            "company": {"industry": "Retail"},
            "company_size": 20,
            "lastSeen": "2026-11-22",
            "x": None,
        },
        {"pages": ["/a", "/b", 7], "icp_match": "maybe", "persona_match": True},
    )
    file.write_bytes(file.read_bytes() + b"[1]\n")
    ended = icpctl("inspect", file, "-o", "json", cwd=folder)
    assert (ended.code, ended.err) == (0, "")
    (found,) = json.loads(ended.out)["files"]
    assert (found["mapping"], found["recognised"]) == ("default", False)
    assert (found["records"], found["rejected"]) == (4, 1)
    fields = {it["field"]: it for it in found["fields"]}
    assert list(fields) == list(FIELDS)
    assert fields["industry"] == {
        "field": "industry",
        "have": 3,
        "paths": [
            {"path": "industry", "records": 2},
            {"path": "company.industry", "records": 1},
        ],
        "values": [{"value": "SaaS", "records": 2}, {"value": "Retail", "records": 1}],
        "days": None,
        "misfits": 0,
        "misfit": None,
    }
    assert fields["company_size"]["have"] == 2
    assert fields["company_size"]["misfit"] == {"line": 1, "value": '"lots"'}
    assert [it["value"] for it in fields["company_size"]["values"]] == ["51-200", "20"]
    assert fields["last_seen"]["days"] == {"first": "2026-11-20", "last": "2026-11-22"}
    assert fields["last_seen"]["have"] == 2
    assert fields["pages"]["misfit"] == {"line": 4, "value": '["/a","/b",7]'}
    assert fields["icp_match"]["misfit"] == {"line": 4, "value": '"maybe"'}
    assert fields["persona_match"]["values"] == [{"value": "true", "records": 1}]
    assert fields["city"]["paths"] == []
    assert found["unused"] == [
        {"key": "x.y[]", "records": 1, "example": "1"},
        {"key": "x.y[].z", "records": 1, "example": "2"},
    ]


def test_a_null_in_pages_is_shown_as_null(folder: Path) -> None:
    write(folder / "nulls.jsonl", {"id": "a", "industry": "SaaS", "pages": ["/a", None, {"a": 1}]})
    found = json.loads(icpctl("inspect", "nulls.jsonl", "-o", "json", cwd=folder).out)
    [pages] = [field for field in found["files"][0]["fields"] if field["field"] == "pages"]
    assert pages["misfit"]["value"] == '["/a",null,{"a":1}]'


def test_inspect_counts_records_and_not_elements(folder: Path) -> None:
    records = [
        {"id": "a", "pages": ["/a", "/a", "/b"], "job_title": ["CTO", "CTO"]},
        {"id": "b", "pages": ["/a"], "job_title": "CTO"},
    ]
    write(folder / "lists.jsonl", *records)
    found = json.loads(icpctl("inspect", "lists.jsonl", "-o", "json", cwd=folder).out)
    fields = {field["field"]: field for field in found["files"][0]["fields"]}
    pages = [{"value": "/a", "records": 2}, {"value": "/b", "records": 1}]
    assert fields["pages"]["values"] == pages
    assert fields["job_title"]["values"] == [{"value": "CTO", "records": 2}]


@long
@pytest.mark.parametrize("file", sorted(EXPORTS.glob("*.jsonl")), ids=lambda it: it.stem)
def test_inspect_of_each_export(file: Path, tmp_path: Path) -> None:
    ended = icpctl("inspect", file, cwd=tmp_path)
    assert ended.code == 0
    rows = [line.split("\t") for line in ended.tabbed.splitlines()]
    assert [row[0] for row in rows[3 : 3 + len(FIELDS)]] == list(FIELDS)
    found = {row[0]: row for row in rows[3 : 3 + len(FIELDS)]}
    assert found["id"][1] == "100 %"
    assert found["last_seen"][1] == "100 %"
    assert "DOES NOT FIT" not in ended.out


def test_inspect_on_a_terminal(tmp_path: Path) -> None:
    file = write(tmp_path / "v.jsonl", {"industry": "SaaS", "pages": ["/a" * 90], "foo": "bar"})
    seen = on_terminal(f"icpctl inspect {file.name}", cwd=tmp_path)
    assert all(len(line) <= 80 for line in seen.splitlines())
    assert "v.jsonl: 1 record; mapping default" in seen
    assert "NOT USED" in seen


def test_inspect_of_an_export_that_no_mapping_knows(tmp_path: Path) -> None:
    file = write(tmp_path / "v.jsonl", {"firma": "Acme"})
    ended = icpctl("inspect", file.name, cwd=tmp_path)
    assert ended.code == 0
    assert 'firma\t100 %\t"Acme"' in ended.tabbed
    assert "warning: no record has a field of a visitor, only firma" in ended.err


def test_inspect_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_text("")
    ended = icpctl("inspect", "v.jsonl", cwd=tmp_path)
    assert (ended.code, ended.err) == (
        0,
        "v.jsonl: warning: this file has no record of a visitor\n",
    )
    assert "v.jsonl: 0 records; mapping default" in ended.out


DOCS = (ROOT / "docs" / "mappings.md").read_text("utf-8")


def test_the_mapping_in_the_docs(tmp_path: Path) -> None:
    (record,) = re.findall(r"^```json\n(.*?)^```$", DOCS, re.M | re.S)
    (mapping,) = re.findall(r"^```yaml\n(.*?)^```$", DOCS, re.M | re.S)
    (tmp_path / "v.jsonl").write_text(record, "utf-8")
    (tmp_path / "own.yaml").write_text(mapping, "utf-8")
    ended = icpctl("inspect", "v.jsonl", "--mapping", "own.yaml", "-o", "json", cwd=tmp_path)
    fields = json.loads(ended.out)["files"][0]["fields"]
    found = {it["field"]: [value["value"] for value in it["values"]] for it in fields if it["have"]}
    assert found == {
        "id": ["r-1"],
        "last_seen": [],
        "pages": ["https://www.example.com/pricing"],
        "page_view_count": ["1"],
        "utm_source": ["google"],
        "industry": ["Software Publishing"],
        "company_size": ["51-200"],
        "domain": ["acme.example"],
        "job_title": ["CTO"],
        "country": ["Germany"],
    }
    assert [it["misfits"] for it in fields] == [0] * len(fields)


def test_the_docs_have_every_format() -> None:
    assert [name for name in built_in_names() if f"\n{name} " not in DOCS] == []


def test_the_docs_tell_paths_that_can_be_read() -> None:
    table = DOCS.partition("| path | finds |")[2].partition("\n\n")[0]
    paths = [
        text
        for row in table.splitlines()[2:]
        for text in re.findall("`([^`]+)`", row.split("|")[1])
    ]
    assert len(paths) > 8
    for text in paths:
        assert path_text(parse_path(text)) == text
