"""Vendors' exports need no option, and the same visitor in two formats gets the same verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from icpctl.exports.recognition import recognise
from icpctl.mappings.loading import built_in, load_mapping
from icpctl.mappings.mapping import built_in_names
from icpctl.vocabulary import CONDITION_TYPES
from tests.exports.torture import config
from tests.support import score_files

EXPORTS = Path(__file__).parents[1] / "fixtures" / "exports"
MAPPINGS = {
    "canonical": "default",
    "bullseye_webhook": "bullseye",
    "ga4_bigquery": "ga4",
    "hubspot_contacts": "hubspot",
    "leadfeeder_leads": "leadfeeder_leads",
    "leadfeeder_visits": "leadfeeder_visits",
    "midbound_session_finalized": "midbound",
    "posthog_events": "posthog",
    "rb2b_webhook": "rb2b",
    "segment_events": "segment",
    "warmly_webhook": "warmly",
}

# For each field conditions that canonical and export must agree on, as far as both carry it.
CONDITIONS: dict[str, list[tuple[Any, ...]]] = {
    "utm_source": [("in", ["google", "bing"]), ("not_equals", "google"), ("not_exists",)],
    "utm_medium": [("equals", "CPC"), ("exists",)],
    "utm_campaign": [("starts_with", "q4_"), ("not_contains", "_")],
    "utm_term": [("contains", "visitor"), ("not_exists",)],
    "utm_content": [("equals", "banner_a"), ("not_exists",)],
    "page_contains": [("has_any", ["/pricing", "/docs"]), ("has_all", ["/pricing", "/contact"])],
    "page_equals": [("equals", "/pricing"), ("in", ["https://www.example.com/signup"])],
    "page_view_count": [("gte", 2), ("equals", 4), ("lt", 2)],
    "session_count": [("gt", 1), ("equals", 6)],
    "industry": [("in", ["software", "financial services"]), ("not_contains", "ics")],
    "company_size": [("gte", 25), ("gte", 1000), ("lt", 50), ("between", [100, 5000])],
    "country": [("in", ["US", "Germany"]), ("not_equals", "GBR"), ("equals", "India")],
    "region": [("equals", "bavaria"), ("contains", "a")],
    "city": [("in", ["Munich", "Bengaluru"]), ("starts_with", "San")],
    "last_seen_days": [("equals", 3), ("lte", 1), ("gt", 30)],
    "domain": [("equals", "https://www.northwind-analytics.example"), ("starts_with", "tide")],
    "linkedin_url": [("exists",), ("contains", "ada-byrne")],
    "job_title": [("contains", "engineering"), ("equals", "cto"), ("not_exists",)],
    "employee_size_range": [("in", ["51-200"]), ("equals", "1,001-5,000")],
    "company_city": [("equals", "Munich")],
    "company_region": [("equals", "Bavaria"), ("exists",)],
    "company_postal_code": [("starts_with", "94"), ("equals", "EC1A 1BB")],
}

UTM = ("utm_source", "utm_medium")
# What the one-record-per-visitor formats carry as canonical has it.
CARRIED = {
    "bullseye_webhook": [
        *(*UTM, "page_contains", "page_equals", "page_view_count", "industry", "company_size"),
        *("country", "region", "city", "last_seen_days", "domain", "linkedin_url", "job_title"),
        *("employee_size_range", "company_city", "company_region"),
    ],
    "rb2b_webhook": [
        *("industry", "company_size", "region", "city", "last_seen_days", "domain"),
        *("linkedin_url", "job_title", "company_postal_code"),
    ],
    "midbound_session_finalized": [
        *(*UTM, "utm_campaign", "utm_term", "utm_content", "page_contains", "page_equals"),
        *("page_view_count", "country", "region", "city", "linkedin_url", "job_title"),
        "last_seen_days",
    ],
    "leadfeeder_leads": ["session_count", "industry", "company_size", "domain"],
    "hubspot_contacts": [
        *("page_view_count", "session_count", "industry", "country", "region", "city"),
        *("last_seen_days", "domain", "job_title", "company_postal_code"),
    ],
    "warmly_webhook": [
        *("page_contains", "page_equals", "page_view_count", "industry", "last_seen_days"),
        *("domain", "linkedin_url"),
    ],
}
# Where the export says something else about the visitor than canonical: its own buckets of sizes,
# the last activity of a session, the day without the time.
DIFFERENT = {
    ("hubspot_contacts", "company_size"),
    ("hubspot_contacts", "employee_size_range"),
    ("hubspot_contacts", "page_contains"),
    ("hubspot_contacts", "page_equals"),
    ("rb2b_webhook", "employee_size_range"),
    ("rb2b_webhook", "page_contains"),
    ("rb2b_webhook", "page_equals"),
    ("leadfeeder_leads", "employee_size_range"),
    ("leadfeeder_leads", "last_seen_days"),
    ("midbound_session_finalized", "domain"),
}


def records(name: str) -> list[dict[str, Any]]:
    lines = (EXPORTS / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def slug(number: int) -> str:
    return f"c-{number:03}"


def verdicts(name: str, fields: list[str]) -> list[dict[str, bool]]:
    """For each record of an export which of the conditions of these fields hold."""
    asked = [(field, *it) for field in fields for it in CONDITIONS[field]]
    configs = [config(slug(number), it) for number, it in enumerate(asked)]
    scored = score_files(configs, [EXPORTS / f"{name}.jsonl"])
    assert scored.report["fieldWarnings"] == {}
    assert scored.rejected == []
    held = [{one["config"] for one in row["matches"]} for row in scored.rows]
    return [
        {" ".join(map(str, it)): slug(number) in row for number, it in enumerate(asked)}
        for row in held
    ]


def who(name: str) -> list[int | None]:
    """For each record its visitor's place in canonical, by what all formats tell: a company."""
    domains = [record["domain"] for record in records("canonical")]
    found: list[int | None] = []
    for record in records(name):
        text = json.dumps(record)
        place = [number for number, domain in enumerate(domains) if domain in text]
        companies = ["Northwind", "Alpen", "Fabbrica Nove", "Tidepool", "hne, Inc."]
        place = place or [number for number, it in enumerate(companies) if it in text]
        found.append(place[0] if place else None)
    return found


@pytest.mark.parametrize("name", CARRIED)
def test_the_same_visitor_gets_the_same_verdict(name: str) -> None:
    fields = CARRIED[name]
    canonical, export = verdicts("canonical", fields), verdicts(name, fields)
    compared = [(n, row) for n, row in zip(who(name), export, strict=True) if n is not None]
    assert len(compared) >= 4
    for number, row in compared:
        assert row == canonical[number], f"visitor {number + 1}"


@pytest.mark.parametrize("name", CARRIED)
def test_a_field_that_a_format_lacks_is_missing(name: str) -> None:
    lacking = [
        field
        for field in CONDITIONS
        if field not in CARRIED[name]
        and (name, field) not in DIFFERENT
        # UTM parameters are in the queries of pages where a record has none.
        and not field.startswith("utm_")
    ]
    configs = [config(dashed(field), (field, "exists")) for field in lacking]
    rows = score_files(configs, [EXPORTS / f"{name}.jsonl"]).rows
    assert [row["matches"] for row in rows] == [[] for _ in rows]


CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


def test_events_of_ga4_have_the_campaigns_that_canonical_has() -> None:
    """One visitor has none: what GA4 calls `(direct)` is no source that somebody set."""
    fields = [*CAMPAIGN, "country", "region", "city", "page_view_count", "session_count"]
    assert verdicts("ga4_bigquery", fields) == verdicts("canonical", fields)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_what_an_export_writes_for_nothing_is_missing(tmp_path: Path, suffix: str) -> None:
    """In any format, and in a roll-up it takes no other value's place."""
    rows = [{"id": "a", "at": f"2026-11-2{n}", "city": city} for n, city in enumerate(["Ulm", "-"])]
    rows += [{"id": "b", "at": "2026-11-20", "city": "-"}]
    write_rows(tmp_path / f"v.{suffix}", rows)
    (tmp_path / "m.yaml").write_text("by: id\nid: id\nlast_seen: at\ncity: city\nmissing: '-'\n")
    mapping = load_mapping(str(tmp_path / "m.yaml"))
    configs = [config("has-city", ("city", "exists")), config("ulm", ("city", "equals", "Ulm"))]
    found = score_files(configs, [tmp_path / f"v.{suffix}"], mapping=mapping).rows
    matches = [(row["id"], [one["config"] for one in row["matches"]]) for row in found]
    assert matches == [("a", ["has-city", "ulm"]), ("b", [])]


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    if path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".csv":
        lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
        path.write_text("\n".join(lines) + "\n")
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def dashed(field: str) -> str:
    return field.replace("_", "-")


@pytest.mark.parametrize(("name", "mapping"), MAPPINGS.items())
def test_formats_are_recognised(name: str, mapping: str) -> None:
    found = recognise(records(name))
    assert (found.name if found else "default") == mapping


def test_a_format_is_recognised_among_other_records() -> None:
    rb2b, others = records("rb2b_webhook"), [{"x": 1}] * 4
    assert recognise(rb2b + others).name == "rb2b"  # type: ignore[union-attr]  # it is recognised
    assert recognise(rb2b + others * 2) is None
    assert recognise([]) is None


@pytest.mark.parametrize("name", built_in_names())
def test_a_built_in_mapping_is_complete(name: str) -> None:
    mapping = built_in(name)
    assert mapping.title
    assert mapping.title != name
    assert bool(mapping.recognised_by) == (name != "default")
    assert set(mapping.paths) >= set(CONDITION_TYPES) - {"page_contains", "page_equals"}


@pytest.mark.parametrize("name", ["ga4", "posthog", "segment", "leadfeeder_visits"])
def test_formats_of_events_say_what_makes_a_visitor(name: str) -> None:
    mapping = built_in(name)
    assert mapping.by
    assert mapping.paths["id"] == mapping.by
    assert mapping.paths["last_seen"]
    assert mapping.session
