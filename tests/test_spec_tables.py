"""The tables of cases written by hand, held against the oracle and icpctl."""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import pytest

from icpctl.vocabulary import CONDITION_TYPES, comparators_for
from tests import oracle
from tests.spec_cases import (
    AS_OF,
    BOOLEANS,
    CASE_SENSITIVE,
    HOLDS_ALL,
    IDS,
    ORDERED,
    SECTION_5,
    TABLES,
    WARNINGS,
    WEBHOOKS,
    Case,
    Ordered,
    Row,
    Warned,
    shown,
)
from tests.support import score_records


class Table(NamedTuple):
    """Cases that are scored in one call."""

    cases: list[Case]
    case_sensitive: bool = False
    flat: bool = True


def spread(rows: list[Row]) -> list[Case]:
    """Each case of each row once."""
    cases = {case.name: case for row in rows for case in row.cases()}
    return list(cases.values())


ALL = (
    {name: Table(spread(rows)) for name, rows in TABLES.items()}
    | {name: Table(spread(rows), case_sensitive=True) for name, rows in CASE_SENSITIVE.items()}
    | {name: Table(spread(rows), flat=False) for name, rows in WEBHOOKS.items()}
    | {name: Table(cases) for name, cases in SECTION_5.items()}
)


def body(rules: dict[str, Any]) -> dict[str, Any]:
    """A config with these rules."""
    return {"label": "Case", "rules": rules}


@cache
def scores(name: str) -> list[float | None]:
    """What icpctl makes of each case of a table: the score, None where it does not match."""
    table = ALL[name]
    rules = {repr(case.rules): case.rules for case in table.cases}
    slugs = {key: f"case-{at}" for at, key in enumerate(rules)}
    rows, _ = score_records(
        [(slugs[key], body(rules[key])) for key in rules],
        [case.record for case in table.cases],
        as_of=AS_OF,
        case_sensitive=table.case_sensitive,
    )
    found = []
    for case, row in zip(table.cases, rows, strict=True):
        matches = {match["config"]: match["score"] for match in row["matches"]}
        found.append(matches.get(slugs[repr(case.rules)]))
    return found


@pytest.mark.parametrize("name", ALL)
def test_table(name: str) -> None:
    """Each case has the score that it says, by icpctl and, for flat records, by the oracle."""
    table = ALL[name]
    wrong = []
    for case, scored in zip(table.cases, scores(name), strict=True):
        judged = {"icpctl": scored}
        if table.flat:
            judged["oracle"] = oracle_score(case, case_sensitive=table.case_sensitive)
        if judged != dict.fromkeys(judged, case.score):
            wrong.append((case.name, case, judged))
    assert wrong == []


def oracle_score(case: Case, *, case_sensitive: bool) -> float | None:
    """What the oracle makes of a case."""
    verdict = oracle.verdict(
        [("case", body(case.rules))], case.record, as_of=AS_OF, case_sensitive=case_sensitive
    )
    return next((match["score"] for match in verdict["matches"]), None)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in ORDERED])
def test_verdict(case: Ordered) -> None:
    expected = {
        "icp_match": bool(case.matches),
        "icp": case.icp,
        "icp_score": case.icp_score,
        "matches": [{"config": slug, "score": score} for slug, score in case.matches],
    }
    configs = case.configs()
    rows, _ = score_records(list(reversed(configs)), [HOLDS_ALL], as_of=AS_OF)
    assert rows == [{"id": None, **expected}]
    assert oracle.verdict(configs, HOLDS_ALL, as_of=AS_OF) == {**expected, "warnings": []}


@pytest.mark.parametrize(
    ("record", "expected"), [pytest.param(*pair, id=shown(pair[0])) for pair in IDS]
)
def test_id(record: dict[str, Any], expected: str | None) -> None:
    rows, _ = score_records(ORDERED[0].configs(), [record], as_of=AS_OF)
    assert [row["id"] for row in rows] == [expected]


def asking(types: list[str]) -> list[tuple[str, dict[str, Any]]]:
    """A config with a condition on each of these types."""
    conditions = [
        {"type": name, "comparator": "equals", "value": True if name in BOOLEANS else 1}
        for name in types
    ]
    return [("asking", body({"groups": [{"operator": "OR", "conditions": conditions}]}))]


def warned(case: Warned) -> Any:
    """A case of the warnings as a parameter."""
    return pytest.param(case, id=f"{'+'.join(case.types)} asks {shown(case.record)}")


@pytest.mark.parametrize("case", [warned(case) for case in WARNINGS])
def test_field_warnings(case: Warned) -> None:
    configs = asking(case.types)
    rows, report = score_records(configs, [case.record, {}], as_of=AS_OF)
    assert report["fieldWarnings"] == dict.fromkeys(case.fields, 1)
    assert len(rows) == 2
    assert oracle.verdict(configs, case.record, as_of=AS_OF)["warnings"] == case.fields


def test_tables_cover_the_vocabulary() -> None:
    """Each comparator of each type has a case that holds and one that does not."""
    seen = set()
    for case in chain.from_iterable(table.cases for table in ALL.values()):
        [group, *_] = case.rules["groups"]
        for condition in group["conditions"]:
            seen.add((condition["type"], condition["comparator"], case.score is not None))
    assert seen >= {
        (name, comparator, held)
        for name, entry in CONDITION_TYPES.items()
        for comparator in comparators_for(entry.kind)
        for held in (True, False)
    }
