"""Each known format is recognised by keys of its own, and its fields are read."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from icpctl.exports.files.sources import find_sources
from icpctl.exports.format_detection import map_sources
from icpctl.mappings.mapping import built_in_names
from tests.exports.torture import config
from tests.long import long
from tests.support import score_files

if TYPE_CHECKING:
    from pathlib import Path

HUBSPOT = {"createdAt": "2026-10-01T00:00:00Z", "updatedAt": "2026-11-20T00:00:00Z"}
COMPANY = {
    "domain": "acme.example",
    "name": "Acme",
    "industry": "COMPUTER_SOFTWARE",
    "numberofemployees": "250",
    "country": "Germany",
    "city": "Munich",
    "zip": "80331",
    "hs_analytics_last_visit_timestamp": "2026-11-20T10:00:00Z",
    "hs_analytics_num_page_views": "12",
}
GA4 = {
    "event_name": "page_view",
    "event_timestamp": "1795170600000000",
    "user_pseudo_id": "A.1",
    "geo": {"country": "Germany", "city": "Berlin"},
    "user_properties": [{"key": "company_size", "value": {"string_value": "120"}}],
}
GA4_PARAMETERS = [
    {"key": "page_location", "value": {"string_value": "https://www.example.com/pricing"}},
    {"key": "source", "value": {"string_value": "linkedin"}},
    {"key": "medium", "value": {"string_value": "cpc"}},
]
GA4_LIST = [{"element": {**parameter}} for parameter in GA4_PARAMETERS]
SEEN = {"last_seen_days": 3}
ACME = {"industry": "Software", "country": "Germany", "city": "Munich", "domain": "acme.example"}
PERSON = {**ACME, "job_title": "CTO", "linkedin_url": "linkedin.com/in/ada-example"}
LINKEDIN = "https://www.linkedin.com/in/ada-example"

# Mapping, file, records (of JSON, or of a table), and what is read of the first visitor.
SAMPLES: list[tuple[str, str, Any, dict[str, Any]]] = [
    (
        "hubspot",
        "contacts.json",
        {
            "results": [
                {
                    "id": "7",
                    "properties": {
                        "email": "ada@acme.example",
                        "firstname": "Ada",
                        "lastname": "Byrne",
                        "jobtitle": "CTO",
                        "numemployees": "100-500",
                        "country": "Germany",
                        "hs_analytics_num_visits": "3",
                    },
                    **HUBSPOT,
                }
            ],
            "paging": {"next": {"after": "x"}},
        },
        {"id": "7", "job_title": "CTO", "country": "Germany", "domain": "acme.example"}
        | {"company_size": [100, 500], "session_count": 3},
    ),
    (
        "hubspot",
        "contacts.csv",
        [
            {
                "Record ID": "101",
                "First Name": "Ada",
                "Last Name": "Byrne",
                "Email": "ada@acme.example",
                "Lifecycle Stage": "Lead",
                "Job Title": "CTO",
                "Industry": "COMPUTER_SOFTWARE",
                "Number of Employees": "100-500",
                "Country/Region": "Germany",
                "City": "Munich",
                "Number of Pageviews": "12",
                "Time of Last Session": "2026-11-20 10:30",
                "Last Page Seen": "https://www.example.com/pricing",
                "LinkedIn URL": LINKEDIN,
            }
        ],
        {**PERSON, "id": "101", "industry": "Computer Software", "page_view_count": 12, **SEEN}
        | {"page_contains": "/pricing", "company_size": [100, 500]},
    ),
    (
        "hubspot",
        "two-objects.csv",
        '"Record ID - Contact","First Name","Industry","Country/Region","Record ID - Company",'
        '"Company name","Industry","Country/Region","Number of employees"\n'
        '"1","Ada","","Germany","9","Acme","Computer Software","France","250"\n',
        {"id": "1", "industry": "Computer Software", "country": "Germany", "company_size": 250},
    ),
    (
        "hubspot_companies",
        "companies.jsonl",
        [{"id": "9001", "properties": COMPANY, **HUBSPOT}],
        {**ACME, "id": "9001", "industry": "Computer Software", "company_size": 250, **SEEN}
        | {"company_postal_code": "80331", "page_view_count": 12},
    ),
    (
        "hubspot_companies",
        "companies.csv",
        [
            {
                "Record ID": "9001",
                "Company name": "Acme",
                "Company Domain Name": "acme.example",
                "Industry": "Software",
                "Number of Employees": "250",
                "Country/Region": "Germany",
                "City": "Munich",
            }
        ],
        {**ACME, "id": "9001", "company_size": 250},
    ),
    (
        "hubspot_deals",
        "deals.jsonl",
        [
            {
                "id": "d1",
                "properties": {"dealname": "Acme", "dealstage": "closedwon", "amount": "9"},
                **HUBSPOT,
            }
        ],
        {"id": "d1"},
    ),
    (
        "salesforce_leads",
        "leads.json",
        {
            "totalSize": 1,
            "done": True,
            "records": [
                {
                    "attributes": {"type": "Lead"},
                    "Id": "00Q1",
                    "Title": "CTO",
                    "Company": "Acme",
                    "Industry": "Software",
                    "NumberOfEmployees": 250,
                    "Country": "Germany",
                    "City": "Munich",
                    "PostalCode": "80331",
                    "Website": "https://www.acme.example",
                    "LastActivityDate": "2026-11-20",
                    "LinkedIn__c": LINKEDIN,
                }
            ],
        },
        {**PERSON, "id": "00Q1", "company_size": 250, "company_postal_code": "80331", **SEEN},
    ),
    (
        "salesforce_leads",
        "fivetran.parquet",
        [
            {
                "id": "00Q1",
                "title": "CTO",
                "industry": "Software",
                "number_of_employees": 250,
                "country": "Germany",
                "city": "Munich",
                "postal_code": "80331",
                "website": "acme.example",
                "last_activity_date": "2026-11-20",
                "linked_in_url_c": LINKEDIN,
            }
        ],
        {**PERSON, "id": "00Q1", "company_size": 250, **SEEN},
    ),
    (
        "salesforce_leads",
        "report.csv",
        [
            {
                "First Name": "Ada",
                "Title": "CTO",
                "Company / Account": "Acme",
                "Industry": "Software",
                "No. of Employees": "1,200",
                "Country": "Germany",
                "State/Province": "Bavaria",
                "City": "Munich",
                "Lead Owner": "Bo",
            }
        ],
        {"job_title": "CTO", "company_size": 1200, "region": "Bavaria", "city": "Munich"},
    ),
    (
        "salesforce_contacts",
        "contacts.jsonl",
        [
            {
                "Id": "0031",
                "AccountId": "0011",
                "Title": "CTO",
                "MailingCountry": "Germany",
                "MailingCity": "Munich",
                "Email": "ada@mail.example",
                "LastActivityDate": "2026-11-20",
                "LinkedIn__c": LINKEDIN,
                "Account": {
                    "Industry": "Software",
                    "NumberOfEmployees": 250,
                    "Website": "www.acme.example",
                },
            }
        ],
        {**PERSON, "id": "0031", "company_size": 250, **SEEN},
    ),
    (
        "salesforce_accounts",
        "accounts.csv",
        [
            {
                "Id": "0011",
                "Name": "Acme",
                "Industry": "Software",
                "NumberOfEmployees": "250",
                "Website": "http://acme.example",
                "BillingCountry": "Germany",
                "BillingCity": "Munich",
                "BillingPostalCode": "80331",
            }
        ],
        {**ACME, "id": "0011", "company_size": 250, "company_postal_code": "80331"},
    ),
    (
        "posthog",
        "batch.jsonl",
        [
            {
                "uuid": "u",
                "event": "$pageview",
                "distinct_id": "anonymous",
                "person_id": "p1",
                "timestamp": "2026-11-20T10:00:00Z",
                "properties": {
                    "$current_url": "https://www.example.com/pricing",
                    "$geoip_country_code": "DE",
                    "$geoip_city_name": "Munich",
                },
                "person_properties": {},
            },
            {
                "uuid": "v",
                "event": "$identify",
                "distinct_id": "ada",
                "person_id": "p1",
                "timestamp": "2026-11-20T10:01:00Z",
                "properties": {},
                "person_properties": {
                    "industry": "Software",
                    "company_size": 120,
                    "title": "CTO",
                    "company_domain": "acme.example",
                    "linkedin_url": LINKEDIN,
                },
            },
        ],
        {**PERSON, "id": "p1", "company_size": 120, "page_view_count": 1, **SEEN},
    ),
    (
        "segment",
        "rudderstack.jsonl",
        [
            {
                "type": "page",
                "messageId": "m",
                "userId": "ada",
                "anonymousId": "a",
                "timestamp": "2026-11-20T10:00:00Z",
                "properties": {"url": "https://www.example.com/pricing"},
                "context": {
                    "sessionId": 1,
                    "campaign": {"source": "google"},
                    "traits": {
                        "title": "CTO",
                        "linkedinUrl": LINKEDIN,
                        "website": "https://acme.example",
                        "company": {"industry": "Software", "employee_count": 120},
                        "address": {"country": "Germany", "city": "Munich"},
                    },
                },
            }
        ],
        {**PERSON, "id": "ada", "company_size": 120, "utm_source": "google", "session_count": 1},
    ),
    (
        "segment_pages",
        "pages.csv",
        [
            {
                "id": "m1",
                "anonymous_id": "a",
                "user_id": "",
                "context_page_url": "https://www.example.com/pricing",
                "context_campaign_source": "google",
                "context_campaign_name": "spring",
                "title": "Pricing | Example",
                "received_at": "2026-11-20 10:00:00 UTC",
            }
        ],
        {"id": "a", "page_contains": "/pricing", "utm_source": "google", **SEEN}
        | {"utm_campaign": "spring", "job_title": None},
    ),
    (
        "ga4",
        "before-2023.jsonl",
        [{**GA4, "event_params": GA4_PARAMETERS}],
        {"id": "A.1", "utm_source": "linkedin", "utm_medium": "cpc", "company_size": 120}
        | {"page_contains": "/pricing", "country": "Germany", **SEEN},
    ),
    (
        "ga4",
        "last-click.jsonl",
        [
            {
                **GA4,
                "event_params": GA4_PARAMETERS[:1],
                "session_traffic_source_last_click": {
                    "manual_campaign": {"source": "linkedin", "campaign_name": "spring"}
                },
            }
        ],
        {"id": "A.1", "utm_source": "linkedin", "utm_campaign": "spring"},
    ),
    (
        "ga4",
        "lists.parquet",
        [{**GA4, "event_params": {"list": GA4_LIST}}],
        {"id": "A.1", "utm_source": "linkedin", "page_contains": "/pricing"},
    ),
    (
        "clearbit_reveal",
        "reveal.jsonl",
        [
            {
                "ip": "203.0.113.7",
                "fuzzy": False,
                "domain": "acme.example",
                "type": "company",
                "company": {
                    "id": "c",
                    "domain": "acme.example",
                    "category": {"sector": "Information Technology", "industry": "Software"},
                    "metrics": {"employees": 120, "employeesRange": "51-250"},
                    "geo": {"city": "Berlin", "postalCode": "10115"},
                },
                "geoIP": {"city": "Munich", "countryCode": "DE"},
            }
        ],
        {**ACME, "id": "203.0.113.7", "company_size": 120, "employee_size_range": "51-250"}
        | {"company_city": "Berlin", "company_postal_code": "10115"},
    ),
    (
        "apollo",
        "people.json",
        {
            "pagination": {"page": 1},
            "people": [
                {
                    "id": "a1",
                    "title": "CTO",
                    "linkedin_url": LINKEDIN,
                    "city": "Munich",
                    "country": "Germany",
                    "organization": {
                        "primary_domain": "acme.example",
                        "industry": "software",
                        "estimated_num_employees": 120,
                    },
                }
            ],
        },
        {**PERSON, "id": "a1", "company_size": 120},
    ),
    (
        "apollo",
        "apollo.csv",
        [
            {
                "First Name": "Ada",
                "Title": "CTO",
                "# Employees": "120",
                "Industry": "software",
                "Person Linkedin Url": LINKEDIN,
                "Website": "http://www.acme.example",
                "City": "Munich",
                "Country": "Germany",
                "Company City": "Berlin",
                "Apollo Contact Id": "a1",
            }
        ],
        {**PERSON, "id": "a1", "company_size": 120, "company_city": "Berlin"},
    ),
    (
        "zoominfo",
        "zoominfo.csv",
        [
            {
                "ZoomInfo Contact ID": "z1",
                "Job Title": "CTO",
                "LinkedIn Contact Profile URL": LINKEDIN,
                "Person City": "Munich",
                "Country": "Germany",
                "ZoomInfo Company ID": "c1",
                "Website": "www.acme.example",
                "Employees": "1,200",
                "Employee Range": "1,000 - 5,000",
                "Primary Industry": "Software",
                "Company City": "Berlin",
                "Company Zip Code": "10115",
            }
        ],
        {**PERSON, "id": "z1", "company_size": 1200, "company_postal_code": "10115"}
        | {"employee_size_range": "1000-5000"},
    ),
    (
        "snowplow",
        "events.csv",
        [
            {
                "event": "page_view",
                "event_id": "e",
                "domain_userid": "d1",
                "domain_sessionid": "s1",
                "domain_sessionidx": "4",
                "collector_tstamp": "2026-11-20 10:00:00.000",
                "page_url": "https://www.example.com/pricing",
                "geo_country": "DE",
                "geo_city": "Munich",
                "mkt_source": "google",
            }
        ],
        {"id": "d1", "country": "Germany", "city": "Munich", "utm_source": "google", **SEEN}
        | {"page_contains": "/pricing", "session_count": 4, "page_view_count": 1},
    ),
    (
        "amplitude",
        "events.jsonl",
        [
            {
                "amplitude_id": 7,
                "event_type": "[Amplitude] Page Viewed",
                "event_time": "2026-11-20 10:00:00.123000",
                "session_id": 1795170600000,
                "country": "Germany",
                "city": "Munich",
                "event_properties": {"[Amplitude] Page URL": "https://www.example.com/pricing"},
                "user_properties": {
                    "industry": "Software",
                    "title": "CTO",
                    "company_size": 120,
                    "company_domain": "acme.example",
                    "utm_source": "google",
                },
            }
        ],
        {**ACME, "id": "7", "job_title": "CTO", "company_size": 120, "utm_source": "google"}
        | {"page_contains": "/pricing", "session_count": 1, **SEEN},
    ),
    (
        "mixpanel",
        "events.jsonl",
        [
            {
                "event": "$mp_web_page_view",
                "properties": {
                    "time": 1795170600,
                    "distinct_id": "d1",
                    "$insert_id": "i",
                    "$current_url": "https://www.example.com/pricing",
                    "mp_country_code": "DE",
                    "$city": "Munich",
                    "utm_source": "google",
                },
            }
        ],
        {"id": "d1", "country": "Germany", "city": "Munich", "utm_source": "google", **SEEN}
        | {"page_contains": "/pricing"},
    ),
    (
        "umami",
        "website_event.csv",
        [
            {
                "website_id": "w",
                "session_id": "s1",
                "visit_id": "v1",
                "event_id": "e1",
                "country": "DE",
                "city": "Munich",
                "url_path": "/pricing",
                "url_query": "?utm_source=google",
                "page_title": "Pricing",
                "event_type": "1",
                "created_at": "2026-11-20 10:00:00",
            }
        ],
        {"id": "s1", "country": "Germany", "city": "Munich", "utm_source": "google", **SEEN}
        | {"page_equals": "/pricing", "page_view_count": 1, "session_count": 1},
    ),
    (
        "matomo",
        "visits.json",
        [
            {
                "idSite": "1",
                "idVisit": "5",
                "visitorId": "m1",
                "userId": None,
                "visitCount": "4",
                "lastActionTimestamp": 1795170600,
                "countryCode": "de",
                "city": "Munich",
                "campaignSource": "google",
                "actionDetails": [
                    {"type": "action", "url": "https://www.example.com/pricing"},
                    {"type": "outlink", "url": "https://elsewhere.example"},
                ],
            }
        ],
        {"id": "m1", "country": "Germany", "city": "Munich", "session_count": 4, **SEEN}
        | {"page_view_count": 1, "utm_source": "google"},
    ),
]
ELSEWHERE = {
    *("default", "bullseye", "leadfeeder_leads", "leadfeeder_visits", "midbound", "rb2b"),
    "warmly",
}
"""Formats whose samples are files in the fixtures."""


def write(path: Path, records: Any) -> Path:
    """Write records as what the file's name says."""
    if isinstance(records, str):
        path.write_text(records)
    elif path.suffix == ".csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
        path.write_text(text.getvalue())
    elif path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(records), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
    else:
        path.write_text(json.dumps(records))
    return path


def condition(field: str, value: Any) -> tuple[Any, ...]:
    """Return a condition that holds for just this value."""
    if value is None:
        return field, "not_exists"
    if isinstance(value, list):
        return field, "between", value
    return field, "contains" if field == "page_contains" else "equals", value


@long
@pytest.mark.parametrize(("mapping", "name", "records", "expected"), SAMPLES)
def test_a_format(
    mapping: str, name: str, records: Any, expected: dict[str, Any], tmp_path: Path
) -> None:
    path = write(tmp_path / name, records)
    (mapped,) = map_sources(find_sources([str(path)]))
    assert (mapped.mapping.name, mapped.recognised) == (mapping, True)
    asked = {field: value for field, value in expected.items() if field != "id"}
    configs = [
        config(field.replace("_", "-"), condition(field, value)) for field, value in asked.items()
    ]
    configs = configs or [config("any", ("industry", "not_exists"))]
    scored = score_files(configs, [path])
    (row,) = scored.rows
    assert row["id"] == expected.get("id")
    assert {one["config"] for one in row["matches"]} == {slug for slug, _ in configs}
    assert (scored.rejected, scored.report["fieldWarnings"]) == ([], {})


def test_every_format_has_a_sample() -> None:
    assert {mapping for mapping, *_ in SAMPLES} | ELSEWHERE == set(built_in_names())


@pytest.mark.parametrize("keys", [str.upper, str.lower, lambda key: key.replace(" ", "_")])
@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_keys_in_any_spelling_tell_a_format(tmp_path: Path, suffix: str, keys: Any) -> None:
    records = next(its for name, file, its, _ in SAMPLES if file == "zoominfo.csv")
    records = [{keys(key): value for key, value in record.items()} for record in records]
    path = write(tmp_path / f"v.{suffix}", records)
    (mapped,) = map_sources(find_sources([str(path)]))
    assert mapped.mapping.name == "zoominfo"
    (row,) = score_files([config("cto", ("job_title", "equals", "cto"))], [path]).rows
    assert row["icp_match"]


def test_leads_and_visits_are_put_together(tmp_path: Path) -> None:
    lead = {
        "id": "L1",
        "type": "leads",
        "attributes": {
            "industry": "Software",
            "employee_count": 120,
            "last_visit_date": "2026-11-19",
            "website_url": "https://acme.example",
        },
    }
    visit = {
        "id": "V1",
        "type": "visits",
        "attributes": {
            "lead_id": "L1",
            "started_at": "2026-11-20T10:00:00Z",
            "source": "google",
            "visit_route": [{"page_url": "https://www.example.com/pricing"}],
        },
    }
    write(tmp_path / "a.json", {"data": [visit, visit | {"id": "V2"}]})
    write(tmp_path / "b.json", {"data": [lead, lead | {"id": "L2"}], "links": {"next": "x"}})
    asked = [
        *(("industry", "equals", "software"), ("utm_source", "equals", "google")),
        *(("page_contains", "contains", "pricing"), ("session_count", "equals", 2)),
    ]
    rows = score_files([config("both", *asked)], [tmp_path]).rows
    assert [(row["id"], row["icp_match"]) for row in rows] == [("L1", True), ("L2", False)]
    size = config("size", ("company_size", "equals", 120))
    alone = score_files([size], [tmp_path / "b.json"]).rows
    assert [(row["id"], row["icp_match"]) for row in alone] == [("L1", True), ("L2", True)]
