"""Rules put differently that mean the same are proved equal, and near misses are told apart."""

from __future__ import annotations

from typing import Any

import pytest

from icpctl.config.model import IcpConfig
from icpctl.features.prove.equivalence import Comparison, compare
from tests.features.prove.brute import bodies_hold
from tests.features.prove.test_faults import UNKNOWN, body

Groups = tuple[tuple[str, list[str]], ...]


def both(one: Groups, two: Groups) -> tuple[Comparison, dict[str, Any], dict[str, Any]]:
    bodies = body(*one), body(*two)
    first, second = (IcpConfig.model_validate(it) for it in bodies)
    return compare(first, second, timeout=20), *bodies


def alone(*texts: str) -> Groups:
    """An AND group for each condition."""
    return tuple(("AND", [it]) for it in texts)


SAME: dict[str, tuple[Groups, Groups]] = {
    "in is an OR of equals": (
        (("AND", ["country in US, DE, FR"]),),
        (("OR", ["country equals Germany", "country equals FRA", "country equals USA"]),),
    ),
    "in is a group for each": (
        (("AND", ["industry in SaaS, Software"]),),
        alone("industry equals software", "industry equals SAAS"),
    ),
    "De Morgan: none of two": (
        (("AND", ["industry not_equals A", "industry not_equals B"]),),
        (("AND", ["industry not_in B, A"]),),
    ),
    "De Morgan: not both": (
        (("OR", ["industry not_equals A", "industry not_equals B"]),),
        alone("industry not_equals B", "industry not_equals A"),
    ),
    "De Morgan over contains": (
        (("OR", ["job_title not_contains VP", "country not_equals US"]),),
        (("OR", ["country not_in USA", "job_title not_contains vp"]),),
    ),
    "has_all is an AND of equals": (
        (("AND", ["page_contains has_all /a, /b"]),),
        (("AND", ["page_contains equals /b", "page_contains contains /a"]),),
    ),
    "has_any is in": (
        (("AND", ["page_equals has_any /a, /b"]),),
        (("AND", ["page_equals in /b/, /a/"]),),
    ),
    "groups in another order": (
        (("AND", ["country equals US", "industry exists"]), ("OR", ["city equals X"])),
        (("AND", ["city equals x"]), ("AND", ["industry exists", "country equals USA"])),
    ),
    "a split range": (
        (("AND", ["session_count between 1, 20"]),),
        alone("session_count between 1, 7", "session_count between 7, 20"),
    ),
    "a range of two bounds": (
        (("AND", ["session_count between 1, 20"]),),
        (("AND", ["session_count gte 1", "session_count lte 20"]),),
    ),
    "a split without a gap": (
        (("AND", ["last_seen_days exists"]),),
        (("OR", ["last_seen_days lt 30", "last_seen_days gte 30"]),),
    ),
    "numbers that are listed": (
        (("AND", ["session_count in 1, 2, 3"]),),
        (("OR", ["session_count equals 1", "session_count equals 2", "session_count equals 3"]),),
    ),
    "exists, put four ways": (
        (("AND", ["industry exists"]),),
        (("AND", ["industry not_exists false"]),),
    ),
    "missing is not there": (
        (("AND", ["industry exists false"]),),
        (("AND", ["industry not_exists"]),),
    ),
    "forms of an address": (
        (("AND", ["domain equals acme.example"]),),
        (("AND", ["domain in https://www.ACME.example:443/x, acme.example."]),),
    ),
    "spellings of a range": (
        (("AND", ["employee_size_range in 1001-5000"]),),
        (("AND", ["employee_size_range equals 1001 - 5000"]),),
    ),
    "false is not true, where there is one": (
        (("AND", ["icp_match equals false"]),),
        (("AND", ["icp_match exists", "icp_match not_equals true"]),),
    ),
    "distribution": (
        (
            ("AND", ["country equals US", "industry equals A"]),
            ("AND", ["country equals US", "industry equals B"]),
        ),
        (("AND", ["industry in A, B", "country equals US"]),),
    ),
    "the optional ones count alike": (
        (("AND", ["country equals US", "? industry in A, B"]),),
        (("AND", ["country equals USA", "? industry in b, a"]),),
    ),
    "an inner condition": (
        (("AND", ["company_size gte 500", "company_size gte 50"]),),
        (("AND", ["company_size gte 500"]),),
    ),
}

DIFFERENT: dict[str, tuple[Groups, Groups, str]] = {
    "a number between whole ones": (
        (("AND", ["icp_score between 1, 20"]),),
        alone("icp_score between 1, 10", "icp_score between 11, 20"),
        "matches",
    ),
    "a range of employees in two halves": (
        (("AND", ["company_size between 1, 20"]),),
        alone("company_size between 1, 10", "company_size between 10, 20"),
        "matches",
    ),
    "a negative lets the missing pass": (
        (("AND", ["icp_match equals false"]),),
        (("AND", ["icp_match not_equals true"]),),
        "matches",
    ),
    "a letter": (
        (("AND", ["job_title contains VP"]),),
        (("AND", ["job_title starts_with VP"]),),
        "matches",
    ),
    "another bound": (
        (("AND", ["company_size gt 50"]),),
        (("AND", ["company_size gte 50"]),),
        "matches",
    ),
    "a list": (
        (("AND", ["industry equals A"]),),
        (("AND", ["industry equals A", "industry not_equals B"]),),
        "matches",
    ),
    "an optional condition": (
        (("AND", ["country equals US", "? industry exists"]),),
        (("AND", ["country equals US"]),),
        "scores",
    ),
    "an inner condition that counts": (
        (("AND", ["company_size gte 500", "company_size gte 50", "? city equals X"]),),
        (("AND", ["company_size gte 500", "? city equals X"]),),
        "scores",
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_what_is_the_same(name: str) -> None:
    one, two = SAME[name]
    found, _, _ = both(one, two)
    assert (found.matches, found.scores, found.witness) == (True, True, None)


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_is_not(name: str) -> None:
    one, two, what = DIFFERENT[name]
    found, first, second = both(one, two)
    assert found.witness
    record = found.witness.record
    assert found.verdicts == (bodies_hold(first, record), bodies_hold(second, record))
    assert found.verdicts[0] != found.verdicts[1]
    assert (found.matches, found.scores) == ((True, False) if what == "scores" else (False, None))


def test_weights_that_come_to_the_same() -> None:
    """Scores are compared exactly: as they are shown, whatever the weights."""
    conditions = [
        {"type": "city", "comparator": "exists"},
        {"type": "industry", "comparator": "exists", "optional": True},
    ]

    def weighted(*weights: float) -> IcpConfig:
        given = [it | {"weight": w} for it, w in zip(conditions, weights, strict=True)]
        rules = {"groups": [{"operator": "AND", "conditions": given}]}
        return IcpConfig.model_validate({"label": "x", "rules": rules})

    assert compare(weighted(1, 2), weighted(0.5, 1)).is_equal
    assert compare(weighted(0.1, 0.3), weighted(1, 3)).is_equal
    assert compare(weighted(1, 2), weighted(1.000001, 2)).is_equal
    found = compare(weighted(1, 2), weighted(1.01, 2))
    assert (found.matches, found.scores) == (True, False)
    assert found.verdicts == (33.33, 33.55)


def test_counts_are_whole_numbers() -> None:
    whole = (("AND", ["session_count between 1, 20"]),)
    halves = alone("session_count between 1, 10", "session_count between 11, 20")
    first, second = (IcpConfig.model_validate(body(*it)) for it in (whole, halves))
    assert compare(first, second).is_equal
    score = [
        IcpConfig.model_validate(body(("AND", [f"icp_score {it}"]))) for it in ("gt 0", "gte 1")
    ]
    assert compare(*score).matches is False  # a score is no count
    below = IcpConfig.model_validate(body(("AND", ["session_count lt 0"])))
    never = IcpConfig.model_validate(body(("AND", ["city exists", "city not_exists"])))
    assert compare(below, never).is_equal


def test_letter_case_where_it_counts() -> None:
    one, two = (IcpConfig.model_validate(body(("AND", [f"city equals {it}"]))) for it in "aA")
    assert compare(one, two).is_equal
    assert compare(one, two, case_sensitive=True).matches is False


def test_what_is_not_known() -> None:
    found, _, _ = both((("AND", UNKNOWN),), (("AND", ["city equals X", "city not_exists"]),))
    assert (found.matches, found.witness, found.is_equal) == (None, None, False)
