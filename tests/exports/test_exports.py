"""Exports as vendors send them: the same visitors, nested and flat, get the same verdicts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.exports.torture import config
from tests.support import score_files

EXPORTS = Path(__file__).parents[1] / "fixtures" / "exports"
BOTH = [
    config("software", ("industry", "in", ["software", "healthcare"])),
    config("mid-market", ("company_size", "between", [100, 5000])),
    config("small", ("company_size", "lt", 100), ("job_title", "exists")),
    config("no-title", ("job_title", "not_exists"), ("linkedin_url", "not_exists")),
    config("ada", ("linkedin_url", "equals", "linkedin.com/in/ada-byrne-example")),
    config("northwind", ("domain", "equals", "https://www.northwind-analytics.example/")),
    config("ads", ("utm_medium", "equals", "cpc"), ("utm_source", "in", ["google", "bing"])),
    config("not-ads", ("utm_source", "not_in", ["google", "bing"])),
    config("pricing", ("page_equals", "equals", "/pricing")),
    config("contact", ("page_contains", "equals", "/contact?utm_source=bing&ref=a%26b")),
    config("this-week", ("last_seen_days", "lte", 7)),
    config("three-days", ("last_seen_days", "equals", 3)),
    config(
        "engineers",
        ("job_title", "contains", "engineering"),
        ("employee_size_range", "in", ["51-200"]),
    ),
    config("never", ("icp_score", "exists")),
]


def verdicts(name: str) -> list[tuple[str, Any]]:
    scored = score_files(BOTH, [EXPORTS / name])
    assert scored.rejected == []
    assert scored.report["fieldWarnings"] == {}
    keys = ("icp_match", "icp", "icp_score", "matches")
    return [(row["id"].removeprefix("sess_"), [row[key] for key in keys]) for row in scored.rows]


def test_webhooks_and_flat_records_of_the_same_visitors_agree() -> None:
    flat = verdicts("canonical.jsonl")
    assert verdicts("bullseye_webhook.jsonl") == flat
    assert [visitor for visitor, _ in flat] == ["v1", "v2", "v3", "v4", "v5"]
    found = {match["config"] for _, (*_, matches) in flat for match in matches}
    assert found == {slug for slug, _ in BOTH if slug != "never"}


def test_the_first_visitor_by_hand() -> None:
    _, (_, icp, score, matches) = verdicts("bullseye_webhook.jsonl")[0]
    assert (icp, score) == ("ada", 100.0)  # without a priority the slug decides
    assert [match["config"] for match in matches] == [
        *("ada", "ads", "engineers", "mid-market", "northwind", "pricing", "software"),
        *("this-week", "three-days"),
    ]


def test_a_location_in_one_text_is_taken_apart() -> None:
    configs = [config("us", ("country", "equals", "USA")), config("city", ("city", "exists"))]
    for name in ("canonical.jsonl", "bullseye_webhook.jsonl"):
        report = score_files(configs, [EXPORTS / name]).report
        assert {one["slug"]: one["matched"] for one in report["configs"]} == {"city": 5, "us": 1}


@pytest.mark.parametrize("line", ['{"id": %s, "city": %s}', '{"id": "%s", "city": ["x", %s]}'])
@pytest.mark.parametrize(
    ("number", "text"),
    [
        *(("1.10", "1.10"), ("78701.0", "78701"), ("78701.00", "78701"), ("1e5", "1e5")),
        *(("-1.50E-3", "-1.50E-3"), ("0.1000000000000000055511151231257827", None)),
        *(("12345678901234567890123", None), ("1e999", None), ("2.50", "2.50")),
    ],
)
def test_a_number_is_the_text_that_was_written(
    tmp_path: Path, line: str, number: str, text: str | None
) -> None:
    text = text or number
    (tmp_path / "v.jsonl").write_text(line.replace("%s", number))
    scored = score_files([config("typed", ("city", "equals", text))], [tmp_path / "v.jsonl"])
    assert [row["icp"] for row in scored.rows] == ["typed"]
    assert scored.rows[0]["id"] == (number if '"%s"' in line else text)


def test_nobody_real_is_in_the_exports() -> None:
    for path in EXPORTS.glob("*.jsonl"):
        for host in re.findall(r"https?://([^/\"?]+)", path.read_text("utf-8")):
            assert host.endswith((".example", "example.com", "linkedin.com", "google.com"))
        for mail in re.findall(r"[\w.+-]+@([\w.-]+)", path.read_text("utf-8")):
            assert mail.endswith(".example")
