"""What a report says to people who decide: a summary, tiers, exclusions, and who to call."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.features.report.pages import PageText
from tests.process import icpctl

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = "2026-11-23"
SIZE = {"type": "company_size", "comparator": "gte", "value": 100}
SAAS = {"type": "industry", "comparator": "equals", "value": "SaaS", "optional": True}
RIVAL = {"type": "domain", "comparator": "ends_with", "value": "rival.example"}


def config(folder: Path, slug: str, label: str, *conditions: dict[str, Any], **more: Any) -> None:
    folder.joinpath("icp_configs").mkdir(exist_ok=True)
    rules = {"groups": [{"operator": "AND", "conditions": conditions}]}
    text = json.dumps({"label": label, "rules": rules, **more})
    (folder / "icp_configs" / f"{slug}.json").write_text(text)


def report_of(folder: Path, visitors: list[dict[str, Any]], *options: str) -> tuple[str, PageText]:
    """The text of a report on these visitors, and the page."""
    (folder / "v.jsonl").write_text("".join(json.dumps(record) + "\n" for record in visitors))
    given = ("--as-of", AS_OF, "--report", "r.html", "--max-rejects", "100%")
    icpctl("score", "v.jsonl", *given, *options, cwd=folder)
    text = (folder / "r.html").read_text("utf-8")
    page = PageText()
    page.feed(text)
    return text, page


def summary_of(text: str) -> str:
    match = re.search(r'<p class="summary">(.*?)</p>', text, re.S)
    assert match, text[:2000]
    return match[1]


def rows(page: PageText, caption: str) -> list[list[str]]:
    (table,) = [table for table in page.tables if table.caption.startswith(caption)]
    return table.rows


PEOPLE = [
    {"id": "a", "company_size": 500, "industry": "SaaS"},
    {"id": "b", "company_size": 300},
    {"id": "c", "company_size": 5},
    {"id": "d", "company_size": 900, "domain": "x.rival.example"},
]


def test_three_sentences_that_could_be_read_aloud(tmp_path: Path) -> None:
    config(tmp_path, "big", "Big companies", SIZE, SAAS)
    text, _ = report_of(tmp_path, PEOPLE)
    assert summary_of(text) == (
        "Of 4 visitors, 3 (75.0 %) match your config. "
        "All belong to Big companies; the average match scores 67 of 100. "
        "Every line was read, and every value fits its field."
    )


@pytest.mark.parametrize(
    ("visitors", "said"),
    [
        ([], ["The export has no visitors."]),
        ([{"company_size": 5}], ["The only visitor does not match your config.", "No config has"]),
        ([{"company_size": 500}], ["The only visitor matches your config.", "It belongs to Big"]),
        ([{"company_size": 500}] * 2, ["Of 2 visitors, 2 (100.0 %) match", "All belong to Big"]),
        ([{"company_size": 5}] * 2, ["Of 2 visitors, none matches your config."]),
        ([{"company_size": "lots"}], ["While reading, 1 value did not fit company_size"]),
    ],
)
def test_the_summary_of_few_and_of_nobody(
    visitors: list[dict[str, Any]], said: list[str], tmp_path: Path
) -> None:
    config(tmp_path, "big", "Big companies", SIZE)
    text, _ = report_of(tmp_path, visitors)
    assert [words for words in said if words not in summary_of(text)] == []


def test_tiers_are_bars(tmp_path: Path) -> None:
    config(tmp_path, "big", "Big companies", SIZE, SAAS)
    (tmp_path / "icpctl.toml").write_text("tiers = {A = 80, B = 50, C = 0}\n")
    text, page = report_of(tmp_path, PEOPLE)
    assert rows(page, "Matches by tier") == [
        ["Tier", "Matches", "Of matches"],
        ["A", "1", "33.3 %"],
        ["B", "2", "66.7 %"],
        ["C", "0", "0.0 %"],
    ]
    assert "By tier there are 1 in A, 2 in B and 0 in C." in summary_of(text)
    section = text[text.index('<section id="tiers"') : text.index('<section id="scores"')]
    assert re.findall(r'class="part" width="([\d.]+)"', section) == ["50.00", "100.00", "0.00"]


def test_who_is_excluded_and_by_what(tmp_path: Path) -> None:
    config(tmp_path, "big", "Big companies", SIZE)
    config(tmp_path, "rivals", "Competitors", RIVAL, exclude=True)
    text, page = report_of(tmp_path, PEOPLE)
    assert rows(page, "Visitors that are excluded, by the first") == [
        ["Excluded by", "Visitors", "Of all"],
        ["Competitors rivals", "1", "25.0 %"],
    ]
    assert rows(page, "The first visitors that are excluded")[1:] == [
        ["d", "Competitors", "x.rival.example", "", "", "v.jsonl:4"]
    ]
    assert "Besides these, 1 visitor was excluded, by Competitors." in summary_of(text)
    assert "rivals" not in str(rows(page, "Configs in the order"))
    without, _ = report_of(tmp_path, PEOPLE, "--no-visitors")
    assert "x.rival.example" not in without
    assert "Visitors that are excluded, by the first" in without
    plain, _ = report_of(tmp_path, PEOPLE, "--config", "big", "--report-title", "T")
    assert "Competitors" in plain  # excluding configs are always scored


def test_without_tiers_and_exclusions_there_are_no_such_sections(tmp_path: Path) -> None:
    config(tmp_path, "big", "Big companies", SIZE)
    text, page = report_of(tmp_path, PEOPLE)
    assert not {"Tiers", "Who is excluded"} & {*page.headings}
    assert "excluded" not in summary_of(text)


WHO = {"id": "v1", "company_size": 500, "first_name": "Ada", "last_name": "Byrne"}
REACHED = {"email": "ada+1@example.com", "linkedin_url": "linkedin.com/in/ada-byrne-example"}


def links(page: PageText) -> set[str]:
    hrefs = {value or "" for tag, name, value in page.attributes if (tag, name) == ("a", "href")}
    return {href for href in hrefs if not href.startswith("#")}


def test_people_have_names_and_links(tmp_path: Path) -> None:
    config(tmp_path, "big", "Big companies", SIZE)
    _, page = report_of(tmp_path, [WHO | REACHED])
    assert rows(page, "Visitors with the highest scores")[1][0] == (
        "Ada Byrne v1 ada+1@example.com linkedin.com/in/ada-byrne-example"
    )
    assert links(page) == {
        "mailto:ada+1@example.com",
        "https://linkedin.com/in/ada-byrne-example",
    }
    without, _ = report_of(tmp_path, [WHO | REACHED], "--no-visitors")
    assert not [word for word in ("Ada", "ada+1", "linkedin.com/in") if word in without]


@pytest.mark.parametrize(
    "record",
    [
        {"email": "javascript:alert(1)", "linkedin_url": "javascript:alert(1)//linkedin.com/in/x"},
        {"email": 'a"b@c', "linkedin_url": "https://linkedin.com.evil.example/in/x"},
        {"email": "a b@c.example", "linkedin_url": "https://evil.example/linkedin.com/"},
        {"email": ["a@b.example"], "linkedin_url": {"a": 1}},
    ],
)
def test_nothing_else_becomes_a_link(record: dict[str, Any], tmp_path: Path) -> None:
    config(tmp_path, "big", "Big companies", SIZE)
    _, page = report_of(tmp_path, [WHO | record])
    assert {link for link in links(page) if link != "mailto:a@b.example"} == set()


def test_a_mapping_says_who_a_visitor_is(tmp_path: Path) -> None:
    config(tmp_path, "big", "Big companies", SIZE)
    mapping = "extends: default\ncontact: {name: person.full, email: person.mail}\n"
    (tmp_path / "m.yaml").write_text(mapping)
    person = {"full": "Bo Lindqvist", "mail": "bo@example.com"}
    record = {"id": "bo@example.com", "company_size": 500, "person": person}
    _, page = report_of(tmp_path, [record], "--mapping", "m.yaml")
    assert rows(page, "Visitors with the highest scores")[1][0] == "Bo Lindqvist bo@example.com"
    (tmp_path / "m.yaml").write_text("extends: default\ncontact: {mail: person.mail}\n")
    ended = icpctl("score", "v.jsonl", "--mapping", "m.yaml", cwd=tmp_path)
    assert ended.code == 2
    assert "unknown field of contact" in ended.err


def test_the_largest_group_is_not_called_most(tmp_path: Path) -> None:
    for slug in ("a", "b"):
        rules = {"type": "industry", "comparator": "equals", "value": slug}
        config(tmp_path, slug, f"Label {slug}", rules)
    text, _ = report_of(tmp_path, [{"industry": "a"}, {"industry": "b"}])
    assert "The largest group, 1 visitor, belongs to Label a;" in summary_of(text)
