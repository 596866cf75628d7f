"""What makes a job fail: unread fields where they are required, misfits, files without visitors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.long import long
from tests.process import icpctl

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
label: Prospects
rules:
  groups:
    - operator: AND
      conditions:
        - {type: domain, comparator: not_in, value: [Competitor.example.com, other.example.com]}
        - {type: company_size, comparator: gte, value: 50, optional: true}
"""
WARNING = (
    "v.csv: warning: no record has domain, which prospects asks for; tried domain, company_domain, "
    "website, company.domain and 1 more; most similar: Web Page; "
    "Competitor.example.com, other.example.com would pass"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs" / "prospects.yaml").write_text(CONFIG)
    rows = "1,http://competitor.example.com,lots\n2,acme.example.com,60\n"
    (tmp_path / "v.csv").write_text(f"id,Web Page,employees\n{rows}")
    return tmp_path


def test_a_warning_that_negative_conditions_hold_of_nothing(folder: Path) -> None:
    ended = icpctl("score", "v.csv", cwd=folder)
    assert ended.code == 0
    assert WARNING in ended.err.splitlines()


@pytest.mark.parametrize("command", ["stats", "insight", "impact"])
def test_every_command_says_the_same(folder: Path, command: str) -> None:
    more = ["--base-dir", "icp_configs"] if command == "impact" else []
    ended = icpctl(command, "v.csv", "-o", "json", *more, cwd=folder)
    assert ended.code == 0
    assert WARNING in ended.err.splitlines()
    assert [it["field"] for it in json.loads(ended.out)["unreadFields"]] == ["domain"]


def test_explain_says_what_the_file_lacks(folder: Path) -> None:
    for which in (("--id", "2"), ("--line", "2")):
        ended = icpctl("explain", "v.csv", *which, cwd=folder)
        assert ended.code == 0
        assert WARNING in ended.err.splitlines()


def test_the_report_shows_it(folder: Path) -> None:
    icpctl("score", "v.csv", "--report", "r.md", cwd=folder)
    report = (folder / "r.md").read_text("utf-8")
    assert "| v.csv | domain | prospects | Web Page | Competitor.example.com, " in report


def test_fields_may_be_required(folder: Path) -> None:
    ended = icpctl("score", "v.csv", "--require-fields", "--out", "m.jsonl", cwd=folder)
    assert ended.code == 1
    assert "error: fields are required, and these are in no record of a file: domain" in ended.err
    assert len((folder / "m.jsonl").read_text().splitlines()) == 2
    (folder / "icpctl.toml").write_text("require_fields = true\n")
    assert icpctl("stats", "v.csv", cwd=folder).code == 1
    assert icpctl("score", "v.csv", "--no-require-fields", cwd=folder).code == 0


@long
@pytest.mark.parametrize(("limit", "code"), [("0", 1), ("1", 0), ("49%", 1), ("50%", 0)])
def test_misfits_may_be_bounded(folder: Path, limit: str, code: int) -> None:
    ended = icpctl("score", "v.csv", "--max-misfits", limit, cwd=folder)
    assert ended.code == code
    assert ("1 value did not fit, more than the" in ended.err) == bool(code)


@long
@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("v.jsonl", "", "this file has no record of a visitor"),
        ("v.json", "[]", "this file has no record of a visitor"),
        ("v2.csv", "id,domain\n", "this file has no record of a visitor"),
        ("v.jsonl", '{"id": "1", "foo": 2}\n', "no record has a field of a visitor, only id, foo"),
        ("v.json", '{"errors": [{"message": "rate limited"}]}', "an API: rate limited"),
        ("v.json", "<!DOCTYPE html>\n<html></html>\n", "this is an HTML page"),
        ("v2.csv", '<?xml version="1.0"?>\n<Error><Code>x</Code></Error>\n', "an XML document"),
    ],
)
def test_a_file_that_tells_nothing_of_visitors_fails(
    folder: Path, name: str, text: str, words: str
) -> None:
    (folder / name).write_text(text)
    ended = icpctl("score", name, "--max-rejects", "100%", cwd=folder)
    assert ended.code == 1
    assert words in ended.err


def test_a_record_that_is_late_is_enough(folder: Path) -> None:
    lines = ['{"id": "1"}'] * 400 + ['{"id": "2", "city": "Ulm"}']
    (folder / "v.jsonl").write_text("\n".join(lines))
    assert icpctl("score", "v.jsonl", cwd=folder).code == 0


def test_ids_that_repeat_may_be_those_of_events(folder: Path) -> None:
    rows = "".join(f'{{"id": "{n % 3}", "domain": "a.example.com"}}\n' for n in range(5))
    (folder / "v.jsonl").write_text(rows)
    ended = icpctl("score", "v.jsonl", cwd=folder)
    assert ended.code == 0
    assert "2 of the first 5 records have the id of one before: if these are events" in ended.err
    for command in ("score", "explain --id a.example.com"):
        ended = icpctl(*command.split(), "v.jsonl", "--by", "domain", cwd=folder)
        assert ended.code == 0
        assert "the id of one before" not in ended.err


def test_a_date_of_two_readings_says_so(folder: Path) -> None:
    (folder / "v.jsonl").write_text('{"id": "1", "last_seen": "05/06/2026", "city": "Ulm"}\n')
    config = CONFIG.replace(
        "{type: company_size, comparator: gte", "{type: last_seen_days, comparator: lte"
    )
    (folder / "icp_configs" / "prospects.yaml").write_text(config)
    ended = icpctl("score", "v.jsonl", cwd=folder)
    assert 'last_seen has two readings, month or day first: "05/06/2026"' in ended.err


def test_a_name_to_carry_that_is_nowhere_writes_nothing(folder: Path) -> None:
    ended = icpctl("score", "v.csv", "--carry", "web_pgae", "--out", "m.csv", cwd=folder)
    assert (ended.code, (folder / "m.csv").exists()) == (2, False)
    assert "no record has web_pgae" in ended.err
    assert "did you mean Web Page?" in ended.err
