"""The words that say why a condition holds or not."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from icpctl.features.reasons.condition_wording import reason
from tests.features.explain.test_explanation import explained, explanations, rows_of
from tests.long import long
from tests.test_spec_tables import ALL

HELD, NOT = True, False
REASONS: list[tuple[str, Any, dict[str, Any], bool, str]] = [
    ("industry equals", "SaaS", {"industry": "IT"}, NOT, "seen IT; needs SaaS"),
    ("industry equals", "SaaS", {}, NOT, "industry is not in this record"),
    ("industry equals", "SaaS", {"industry": ""}, NOT, "industry is empty in this record"),
    ("industry contains", "aa", {"industry": "IT"}, NOT, "seen IT; needs aa in it"),
    ("industry starts_with", "S", {"industry": "IT"}, NOT, "seen IT; needs to begin with S"),
    ("industry ends_with", "S", {"industry": "IT"}, NOT, "seen IT; needs to end with S"),
    ("industry in", ["a", "b"], {"industry": ["c", "d"]}, NOT, "seen c, d; needs one of these"),
    ("industry in", ["a", "b"], {"industry": ["c", "B"]}, HELD, "seen B and 1 other"),
    ("industry has_all", ["a", "b"], {"industry": ["c", "B"]}, NOT, "seen B and 1 other; lacks a"),
    ("industry not_equals", "a", {"industry": "A"}, NOT, "seen A; must not be a"),
    ("industry not_contains", "a", {"industry": "Ab"}, NOT, "seen Ab; must not contain a"),
    ("industry not_in", ["a"], {"industry": "A"}, NOT, "seen A; must be none of these"),
    (
        *("industry not_in", ["a"], {}, HELD),
        "industry is not in this record, so not_in is met",
    ),
    ("industry exists", None, {"industry": "A"}, HELD, "seen A"),
    ("industry not_exists", None, {"industry": "A"}, NOT, "seen A; must be missing"),
    ("industry exists", False, {}, HELD, "industry is not in this record"),
    ("country in", ["Germany", "US"], {"country": "DE"}, HELD, "seen DE (meets Germany)"),
    (
        *("domain equals", "acme.example", {"domain": "https://www.Other.example/a"}, NOT),
        "seen Other.example; needs acme.example",
    ),
    ("company_size gte", 500, {"company_size": 180}, NOT, "seen 180; needs 500 or more, 320 short"),
    ("company_size gt", 180, {"company_size": 180}, NOT, "seen 180; needs more than 180"),
    ("company_size lte", 100, {"company_size": 180}, NOT, "seen 180; needs 100 or less, 80 over"),
    ("company_size lt", 100, {"company_size": 180}, NOT, "seen 180; needs less than 100, 80 over"),
    (
        *("company_size between", [200, 300], {"company_size": 180}, NOT),
        "seen 180; needs 200 to 300, 20 short",
    ),
    ("company_size equals", 200, {"company_size": 180}, NOT, "seen 180; needs 200, 20 short"),
    ("company_size in", [1, 2], {"company_size": 180}, NOT, "seen 180; needs one of these"),
    (
        *("company_size gte", 100, {"company_size": "51-200"}, NOT),
        "seen 51-200; needs 100 or more for every number of the range",
    ),
    ("company_size equals", 100, {"company_size": "51-200"}, NOT, "seen 51-200; needs just 100"),
    (
        "company_size gte",
        50,
        {"company_size": {"min": 51, "max": 200}},
        HELD,
        'seen 51-200 (from {"min":51,"max":200})',
    ),
    ("company_size gte", 50, {"company_size": {"min": "51"}}, HELD, 'seen 51+ (from {"min":"51"})'),
    ("company_size lt", 50, {"company_size": {"max": 10}}, HELD, 'seen 1-10 (from {"max":10})'),
    ("company_size not_equals", 5, {"company_size": 5}, NOT, "seen 5; must not be 5"),
    (
        *("company_size gte", 100, {"company_size": "lots"}, NOT),
        'company_size is "lots", which is not a number or a range and counts as missing',
    ),
    (
        *("employee_size_range in", ["51-200"], {"company_size": 20}, NOT),
        "seen 20 as company_size; needs one of these",
    ),
    ("icp_match equals", True, {"icp_match": 0}, NOT, "seen false (from 0); needs true"),
    ("icp_match equals", True, {"icp_match": "1"}, HELD, "seen true (from 1)"),
    ("icp_match equals", True, {"icp_match": "TRUE "}, HELD, "seen true"),
    ("company_size gte", 500, {"company_size": "1E3"}, HELD, "seen 1000 (from 1E3)"),
    ("company_size gte", 500, {"company_size": " 500 "}, HELD, "seen 500"),
    ("company_size gte", 500, {"company_size": 500.0}, HELD, "seen 500"),
    (
        *("last_seen_days lte", 1, {"last_seen": "2026-11-20"}, NOT),
        "seen 3 (last_seen 2026-11-20); needs 1 or less, 2 over",
    ),
    (
        *("page_contains has_any", ["/x", "/y"], {"pages": ["/a", "/b?/y"]}, HELD),
        "seen /b?/y (meets /y) and 1 other",
    ),
    (
        *("page_contains has_any", ["/x", "/y"], {"pages": ["/a"]}, NOT),
        "seen /a; needs a page with one of these in it",
    ),
    (
        *("page_contains not_contains", "/a", {"pages": ["/b", "/a/c"]}, NOT),
        "seen /a/c and 1 other; no page may contain /a",
    ),
    (
        *("page_contains not_equals", "/a", {"pages": ["/b", "/a/c"]}, NOT),
        "seen /a/c and 1 other; no page may contain /a",
    ),
    (
        *("page_contains not_in", ["/a", "/x"], {"pages": ["/a/c"]}, NOT),
        "seen /a/c (meets /a); no page may contain one of these",
    ),
    ("page_equals equals", "/x", {"pages": ["/a"]}, NOT, "seen /a; needs the page /x"),
    (
        *("page_equals not_in", ["/a", "/x"], {"pages": ["/a"]}, NOT),
        "seen /a; no page may be one of these",
    ),
]


def the_only_one(condition: dict[str, Any], record: dict[str, Any]) -> Any:
    rules = {"groups": [{"operator": "AND", "conditions": [condition]}]}
    [one] = explanations([("a", {"label": "A", "rules": rules})], [record])
    return one.configs[0].groups[0].conditions[0]


@pytest.mark.parametrize(("asked", "value", "record", "held", "text"), REASONS)
def test_reasons(asked: str, value: Any, record: dict[str, Any], held: bool, text: str) -> None:
    name, comparator = asked.split()
    condition = {"type": name, "comparator": comparator, "value": value}
    one = the_only_one(condition, record)
    assert (one.held, reason(one)) == (held, text)


@long
@pytest.mark.parametrize("table", ALL)
def test_there_are_words_for_every_case_of_the_tables(table: str) -> None:
    cases = ALL[table].cases
    for case, row in zip(cases, rows_of([case.record for case in cases]), strict=True):
        config = ("a", {"label": "A", "rules": case.rules})
        one = explained([config], row, case_sensitive=ALL[table].case_sensitive)
        for condition in chain.from_iterable(group.conditions for group in one.configs[0].groups):
            absent = condition.missing and condition.seen.raw is None
            expected = f"{condition.seen.field} is not in" if absent else ""
            assert reason(condition).startswith(expected)
            assert condition.held or condition.missing or "; " in reason(condition)
