"""`icpctl inspect --suggest`: a mapping from names and values, to be confirmed and used."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from icpctl.exports.files.sources import find_sources
from icpctl.features.drafting.mapping_draft import draft_mapping
from icpctl.features.drafting.mapping_text import mapping_text
from icpctl.mappings.loading import built_in, read_mapping
from tests.process import icpctl
from tests.support import score_files

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES = Path(__file__).parents[2] / "fixtures" / "cases"
CRM = """\
Lead No;Staff;Branche;Nation;Job;Seen on;Homepage;Profile;Note
7;1.200;Software;Deutschland;CTO;20/11/2026;www.acme.example.com;https://www.linkedin.com/in/a;x
8;45;Handel;France;CEO;19/11/2026;globex.example.com;https://www.linkedin.com/in/b;y
"""


def suggested(path: Path) -> tuple[str, dict[str, Any]]:
    text = mapping_text(draft_mapping(find_sources([str(path)])))
    return text, yaml.safe_load(text)


def condition(name: str, comparator: str, value: Any) -> tuple[str, dict[str, Any]]:
    rule = {"type": name, "comparator": comparator, "value": value}
    groups = [{"operator": "AND", "conditions": [rule]}]
    return name.replace("_", "-"), {"label": "x", "rules": {"groups": groups}}


def test_an_unknown_export_is_read_by_what_is_drafted(tmp_path: Path) -> None:
    path = tmp_path / "crm.csv"
    path.write_text(CRM, "utf-8")
    text, mapping = suggested(path)
    assert mapping == {
        "extends": "default",
        "id": "Lead No",
        "last_seen": {"path": "Seen on", "as": "date", "format": "%d/%m/%Y"},
        "industry": "Branche",
        "company_size": "Staff",
        "job_title": "Job",
        "country": "Nation",
        "domain": "Homepage",
        "linkedin_url": "Profile",
    }
    configs = [
        condition("company_size", "gte", 1200),
        condition("country", "equals", "Germany"),
        condition("last_seen_days", "equals", 3),
        condition("domain", "equals", "acme.example.com"),
        condition("job_title", "equals", "CTO"),
        condition("linkedin_url", "exists", True),
    ]
    own = read_mapping("crm.yaml", text.encode())
    scored = score_files(configs, [path], mapping=own)
    assert scored.report["unreadFields"] == []
    assert [len(row["matches"]) for row in scored.rows] == [6, 1]
    assert [row["id"] for row in scored.rows] == ["7", "8"]


def test_each_line_has_its_share_and_two_examples(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    records = [{"Sector": "Retail"}, {"Sector": "Banking"}, {"Sector": "Law"}, {"x": 1}]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    text, _ = suggested(path)
    assert re.search(r'^industry: Sector +# 75 %: "Retail", "Banking"$', text, re.M)
    assert re.search(r"^#   x +# 25 %: 1$", text, re.M)


def test_what_is_not_sure_is_commented_out(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    record = {"id": "1", "went_away": "2026-11-20T10:30:00Z", "where": "https://www.example.com/a"}
    path.write_text(json.dumps(record) + "\n")
    text, mapping = suggested(path)
    assert mapping == {"extends": "default"}
    assert re.search(r'^# last_seen: went_away +# 100 %: "2026-11-20T10:30:00Z"$', text, re.M)
    assert re.search(r"^# pages: where ", text, re.M)
    taken = re.sub(r"^# (last_seen|pages):", r"\1:", text, flags=re.M)
    own = read_mapping("v.yaml", taken.encode())
    scored = score_files([condition("last_seen_days", "equals", 3)], [path], mapping=own)
    assert len(scored.rows[0]["matches"]) == 1


@pytest.mark.parametrize(
    ("dates", "formats", "is_sure"),
    [
        (["11/20/2026"], "%m/%d/%Y", True),
        (["20/11/2026", "05/06/2026"], "%d/%m/%Y", True),
        (["05/06/2026"], "%m/%d/%Y", False),
        (["11/20/2026 10:30 AM"], "%m/%d/%Y %I:%M %p", True),
        (["11/20/2026", "11/21/2026 9:05"], ["%m/%d/%Y", "%m/%d/%Y %H:%M"], True),
    ],
)
def test_dates_of_two_readings_get_their_format(
    tmp_path: Path, dates: Sequence[str], formats: Any, is_sure: bool
) -> None:
    path = tmp_path / "v.jsonl"
    path.write_text("".join(json.dumps({"Last Visit": date}) + "\n" for date in dates))
    text, mapping = suggested(path)
    (line,) = [line for line in text.splitlines() if line.lstrip("# ").startswith("last_seen")]
    assert (not line.startswith("#")) == is_sure
    entry = yaml.safe_load(line.removeprefix("# "))["last_seen"]
    assert entry == {"path": "Last Visit", "as": "date", "format": formats}
    assert ("last_seen" in mapping) == is_sure


def test_a_key_is_taken_for_one_field(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    path.write_text('{"Staff": "51-200", "Company": "Acme", "session_id": 5}\n')
    _, mapping = suggested(path)
    assert list(mapping.values()).count("Staff") == 1
    assert "session_count" not in mapping


def test_fields_that_are_read_already_are_shown_and_not_drafted(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("id,Industry,Nation\n1,Retail,France\n")
    text, mapping = suggested(path)
    assert mapping == {"extends": "default", "country": "Nation"}
    assert re.search(r'^#   industry: Industry +# 100 %: "Retail"$', text, re.M)


def test_a_mapping_extends_the_format_that_is_recognised() -> None:
    path = CASES.parent / "exports" / "hubspot_contacts.jsonl"
    text, mapping = suggested(path)
    assert mapping["extends"] == "hubspot"
    assert read_mapping("m.yaml", text.encode()).by == built_in("hubspot").by


def test_dates_that_a_format_finds_but_cannot_read_get_theirs() -> None:
    text, mapping = suggested(CASES / "16d_salesforce_report_footer.csv")
    entry = {"path": "Last Activity", "as": "date", "format": "%m/%d/%Y"}
    assert mapping == {"extends": "salesforce_leads", "last_seen": entry}
    assert "#   company_size: No. of Employees " in text


def test_a_range_that_is_an_object_is_one_value(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    path.write_text('{"uid": "a", "org": {"staff": {"min": 51, "max": 200}}, "when": 1795170600}\n')
    text, mapping = suggested(path)
    assert mapping == {"extends": "default", "id": "uid", "company_size": "org.staff"}
    assert "org.staff.min" not in text
    assert re.search(r"^# last_seen: when +# 100 %: 1795170600$", text, re.M)


def test_what_says_where_a_visitor_comes_from_is_not_a_campaign() -> None:
    text, mapping = suggested(CASES / "01e_hubspot_export.csv")
    assert "utm_source" not in mapping
    assert "#   Original Source " in text


RECORDS = (
    '{"id": "1", "sector": "Software", "employees": 120, "homepage": "https://acme.example"}',
    '{"id": "2", "sector": "Retail", "employees": 30, "homepage": "https://tide.example"}',
)


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ('{"visitors": [%s, %s], "total": 2}', "visitors"),
        ('{\n"meta": {"page": 1}, "data": {"leads": [\n%s,\n%s]}\n}\n', "data.leads"),
        ('{"took": 3, "hits": {"total": {"value": 2}, "hits": [%s, %s]}}', "hits.hits"),
    ],
)
def test_records_within_a_page_are_found(tmp_path: Path, text: str, records: str) -> None:
    path = tmp_path / "page.json"
    path.write_text(text % RECORDS, "utf-8")
    drafted, mapping = suggested(path)
    assert (mapping["records"], mapping["domain"]) == (records, "homepage")
    configs = [condition("company_size", "gte", 100), condition("domain", "exists", True)]
    scored = score_files(configs, [path], mapping=read_mapping("m.yaml", drafted.encode()))
    assert [(row["id"], len(row["matches"])) for row in scored.rows] == [("1", 2), ("2", 1)]


@pytest.mark.parametrize(
    "text",
    ['{"data": [%s], "next": 2}\n{"data": [%s]}\n', '[{"data": [%s]},\n {"data": [%s]}]'],
)
def test_several_pages_are_to_be_taken_apart(tmp_path: Path, text: str) -> None:
    """One mapping of one visitor with all the values would be wrong without a word."""
    path = tmp_path / "pages.json"
    path.write_text(text % RECORDS, "utf-8")
    drafted, mapping = suggested(path)
    assert "jq -c '(arrays[] // .) | .data[]' FILE > records.jsonl" in drafted
    assert mapping == {"extends": "default", "domain": "homepage", "industry": "sector"}


def test_lists_of_a_visitor_are_not_its_page(tmp_path: Path) -> None:
    path = tmp_path / "visit.json"
    path.write_text('{"who": {"role": "CTO"}, "views": [{"url": "/pricing"}, {"url": "/demo"}]}')
    assert "records" not in suggested(path)[1]


NOTHING = {
    "header.csv": ("id,industry\n", "it has no records"),
    "error.json": (
        '{"error": {"message": "Unauthorized"}}',
        "this is the error response of an API",
    ),
    "rows.csv": (
        "1,Software,120,2026-11-20\n2,Retail,30,2026-11-19\n",
        "this is a table without a header",
    ),
    "login.csv": ("<html><body>Log in</body></html>", "this is an HTML page"),
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_is_drafted_from_what_is_not_an_export(tmp_path: Path, name: str) -> None:
    content, words = NOTHING[name]
    (tmp_path / name).write_text(content)
    ended = icpctl("inspect", "--suggest", name, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert f"{name}: error: {words}" in ended.err
    if name != "header.csv":  # of which `inspect` shows that it has no records
        assert f"{name}: warning: {words}" in icpctl("inspect", name, cwd=tmp_path).err


@pytest.mark.parametrize("path", sorted(CASES.glob("[0-9]*.[cj]s*")), ids=lambda path: path.name)
def test_every_draft_is_a_mapping(path: Path) -> None:
    encoding = "cp1252" if path.name.startswith("14") else None
    text = mapping_text(draft_mapping(find_sources([str(path)], encoding)))
    mapping = yaml.safe_load(text)
    assert mapping.pop("extends")
    if mapping:
        read_mapping("m.yaml", text.encode())


def test_the_command_prints_yaml_alone(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text(CRM, "utf-8")
    ended = icpctl("inspect", "--suggest", "crm.csv", cwd=tmp_path)
    assert ended.code == 0
    assert yaml.safe_load(ended.out)["industry"] == "Branche"
    assert "icpctl score crm.csv --mapping mapping.yaml" in ended.err
    assert icpctl("inspect", "--suggest", "crm.csv", "-o", "json", cwd=tmp_path).code == 2
