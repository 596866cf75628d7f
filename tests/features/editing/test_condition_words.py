"""Conditions in words: what each is read as, and what is said about those that are wrong."""

from __future__ import annotations

from typing import Any

import pytest

from icpctl import IcpctlError
from icpctl.config.model import Rules
from icpctl.features.editing.condition_words import rules_of_words
from icpctl.vocabulary import CONDITION_TYPES, Kind, comparators_for


def read(*words: str) -> list[dict[str, Any]]:
    rules = Rules.model_validate(rules_of_words(words, ()))
    body = rules.model_dump(mode="json", exclude_defaults=True)
    conditions: list[dict[str, Any]] = body["groups"][0]["conditions"]
    return conditions


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("industry in Technology, SaaS", ["Technology", "SaaS"]),
        ("industry in Technology,SaaS", ["Technology", "SaaS"]),
        ("industry in Technology", ["Technology"]),
        ('industry in ["Software, Inc", "SaaS"]', ["Software, Inc", "SaaS"]),
        ('industry in "Software, Inc"', ["Software, Inc"]),
        ("  company_size \t gte   50 ", 50),
        ("company_size gte 0.5", 0.5),
        ("company_size gte 10M", 10_000_000),
        ("company_size gte 1.200", 1200),
        ("page_view_count in 1.200, 3", [1200, 3]),
        ("icp_score gte 1.200", 1.2),
        ("last_seen_days lte 1.200", 1.2),
        ("company_size gte 1,000", 1000),
        ("company_size between 1.5K, 2K", [1500, 2000]),
        ("company_size between 50, 1000", [50, 1000]),
        ("company_size between 50 and 1,000", [50, 1000]),
        ("company_size between 1,000 AND 10K", [1000, 10_000]),
        ("industry in Food and Drink, Oil and Gas", ["Food and Drink", "Oil and Gas"]),
        ("company_size between [50, 1000]", [50, 1000]),
        ("session_count in 1,2", [1, 2]),
        ("job_title contains VP  of Sales", "VP  of Sales"),
        ("job_title equals VP, Sales", "VP, Sales"),
        ('job_title equals "VP"', "VP"),
        ("company_postal_code equals 02134", "02134"),
        ("country in NO, DE", ["NO", "DE"]),
        ("industry equals null", "null"),
        ("icp_match equals yes", True),
        ("linkedin_url exists", None),
        ("linkedin_url exists false", False),
        ("page_contains has_any /pricing, /demo", ["/pricing", "/demo"]),
    ],
)
def test_values(words: str, value: object) -> None:
    [condition] = read(words)
    name, comparator = words.split()[:2]
    assert condition.pop("value", None) == value
    assert condition == {"type": name, "comparator": comparator}


EXAMPLES = {Kind.NUMBER: "5", Kind.BOOLEAN: "true", Kind.TEXT: "a", Kind.PAGES: "/a"}


@pytest.mark.parametrize("name", CONDITION_TYPES)
def test_every_comparator_of_every_type_can_be_said(name: str) -> None:
    kind = CONDITION_TYPES[name].kind
    for comparator in comparators_for(kind):
        value = EXAMPLES[kind]
        if comparator == "between":
            value = "5, 6"
        elif "exists" in comparator:
            value = ""
        Rules.model_validate(rules_of_words([f"{name} {comparator} {value}"], []))
    assert comparators_for(kind)


def test_where_is_required_and_prefer_optional() -> None:
    rules = Rules.model_validate(rules_of_words(["city exists"], ["region exists"]))
    [group] = rules.groups
    assert group.operator == "AND"
    assert [(it.type, it.optional) for it in group.conditions] == [
        ("city", False),
        ("region", True),
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("", "ICP101", "condition type is missing"),
        ("industry", "ICP101", "comparator is missing"),
        ("industri in A", "ICP201", "did you mean industry?"),
        ("country inn A", "ICP202", "did you mean in?"),
        ("company_size >= 5", "ICP202", "did you mean gte?"),
        ("country not in A", "ICP202", "did you mean not_in?"),
        ("job_title starts with A", "ICP202", "did you mean starts_with?"),
        ("industry gte 5", "ICP203", "allowed: equals"),
        ("industry in", "ICP205", "such as: industry in"),
        ("company_size between 5", "ICP206", "between 50 and 1,000"),
        ("company_size between 50, 1,000", "ICP206", "between 50 and 1,000"),
        ("company_size between 50 and", "ICP206", "between 50 and 1,000"),
        ("company_size between 5 and 6 and 7", "ICP206", "not 3 values"),
        ("company_size between 9, 1", "ICP210", "min is greater than max"),
        ("company_size gte lots", "ICP207", "expected a number"),
        ("company_size gte 1.2.3M", "ICP207", "expected a number"),
        ("icp_match equals maybe", "ICP208", "expected true or false"),
        ("icp_score gt 101", "ICP213", "0 to 100"),
        ("industry in a,,b", "ICP108", "comma"),
        ("industry in a,", "ICP108", "comma"),
        ('industry in "a", "b"', "ICP006", 'such as ["Software, Inc", "SaaS"]'),
        ("industry in [a, b]", "ICP006", "must be valid JSON"),
        ("industry equals " + "[" * 100_000, "ICP006", "must be valid JSON"),
        ('industry equals ["a", "b"]', "ICP206", "write comparator: in"),
    ],
)
def test_what_is_wrong_is_said(words: str, code: str, said: str) -> None:
    with pytest.raises(IcpctlError) as caught:
        read(words)
    [finding] = caught.value.findings
    assert finding.code == code
    assert said in f"{finding.message} {finding.hint}"


def test_every_wrong_condition_is_found() -> None:
    with pytest.raises(IcpctlError) as caught:
        rules_of_words(["city exists", "a b c"], ["d"])
    assert [it.location.file for it in caught.value.findings] == ['--where "a b c"', '--prefer "d"']
    assert caught.value.message == "2 conditions are not valid"
