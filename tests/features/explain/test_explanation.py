"""What `explain` says of a visitor is what the oracle says of each condition."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpctl.config.model import IcpConfig
from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.files.sources import find_sources
from icpctl.exports.readers.reading import Reader
from icpctl.features.reasons.explanation import explain_row
from icpctl.mappings.loading import load_mapping
from icpctl.scoring.plan import make_plan
from tests import oracle
from tests.long import examples, long
from tests.spec_cases import AS_OF
from tests.strategies import configs, records, some_types

if TYPE_CHECKING:
    import pyarrow as pa

    from icpctl.features.reasons.explanation import ConditionExplanation, Explanation

Config = tuple[str, dict[str, Any]]


def rows_of(visitors: list[dict[str, Any]]) -> list[pa.RecordBatch]:
    """Each visitor as a batch of one row with every field, through one reading of them all."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "visitors.jsonl")
        file.write_text("".join(json.dumps(visitor) + "\n" for visitor in visitors))
        [source] = find_sources([str(file)])
        batches = list(Reader(Columns(load_mapping(None).paths)).read(source))
    return [batch.table.slice(row, 1) for batch in batches for row in range(len(batch.lines))]


def explained(
    bodies: list[Config], row: pa.RecordBatch, line: int = 1, *, case_sensitive: bool = False
) -> Explanation:
    models = {slug: IcpConfig.model_validate(body) for slug, body in bodies}
    as_of = datetime.fromisoformat(AS_OF)
    plan = make_plan(models.items(), as_of=as_of, case_sensitive=case_sensitive)
    return explain_row(row, line, plan, models)


def explanations(
    bodies: list[Config], visitors: list[dict[str, Any]], *, case_sensitive: bool = False
) -> list[Explanation]:
    return [
        explained(bodies, row, line, case_sensitive=case_sensitive)
        for line, row in enumerate(rows_of(visitors), 1)
    ]


VERDICT = ("icp_match", "icp", "icp_score", "excluded_by")


def expected(
    bodies: list[Config], visitor: dict[str, Any], line: int, *, case_sensitive: bool = False
) -> dict[str, Any]:
    """The same by the oracle, but for the id and the values seen."""
    given = {"as_of": AS_OF, "case_sensitive": case_sensitive}
    record = oracle.read_line(json.dumps(visitor).encode(), first=False)
    assert isinstance(record, dict)
    verdict = oracle.verdict(bodies, record, **given)
    every = [(slug, body | {"exclude": False}) for slug, body in bodies]
    matches = oracle.verdict(every, record, **given)["matches"]
    scores = {match["config"]: match["score"] for match in matches}
    found: list[dict[str, Any]] = []
    for slug, body in bodies:
        groups = []
        for group in body["rules"]["groups"]:
            score = oracle.group_score(group, record, **given)
            held = [oracle.holds(one, record, **given) for one in group["conditions"]]
            groups.append(
                {
                    "operator": group["operator"],
                    "matched": score is not None,
                    "score": None if score is None else oracle.rounded(score),
                    "conditions": held,
                    "missing": [
                        not oracle.subject_of(one["type"], record, AS_OF)
                        for one in group["conditions"]
                    ],
                }
            )
        score = scores.get(slug, 0.0)
        found.append({"slug": slug, "matched": slug in scores, "score": score, "groups": groups})
    return {
        "line": line,
        **{key: verdict[key] for key in VERDICT if key in verdict},
        "configs": found,
    }


def outcome(explanation: dict[str, Any]) -> dict[str, Any]:
    """An explanation in the form of `expected`."""
    found = {key: value for key, value in explanation.items() if key != "id"}
    found["configs"] = [
        config
        | {
            "groups": [
                group
                | {
                    "score": group["score"] if group["matched"] else None,
                    "conditions": [one["held"] for one in group["conditions"]],
                    "missing": [looks_missing(one) for one in group["conditions"]],
                }
                for group in config["groups"]
            ]
        }
        for config in found["configs"]
    ]
    return found


def looks_missing(one: dict[str, Any]) -> bool:
    """Whether the field itself is missing: a number may stand in for a range of employees."""
    stands_in = one["type"] == "employee_size_range" and isinstance(one["seen"], int | float)
    return stands_in or one["missing"]


@long
@pytest.mark.parametrize("case_sensitive", [False, True])
@settings(
    max_examples=examples(50),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_the_tree_is_what_the_oracle_says(data: st.DataObject, case_sensitive: bool) -> None:
    types = data.draw(some_types())
    bodies = data.draw(configs(types))
    several = [data.draw(st.lists(records(types), min_size=1, max_size=6)) for _ in range(3)]
    visitors = list(chain.from_iterable(several))
    found = explanations(bodies, visitors, case_sensitive=case_sensitive)
    assert len(found) == len(visitors)
    for line, (one, visitor) in enumerate(zip(found, visitors, strict=True), 1):
        wanted = expected(bodies, visitor, line, case_sensitive=case_sensitive)
        assert outcome(json.loads(json.dumps(one.body()))) == wanted, visitor
    for one in found:
        for config in one.configs:
            for condition in chain.from_iterable(group.conditions for group in config.groups):
                assert_hits_tell_the_outcome(condition)


def assert_hits_tell_the_outcome(one: ConditionExplanation) -> None:
    """Which values of both sides meet says the same as the condition's own bit."""
    if one.hits:
        met = [any(flags) for flags in one.hits]
        comparator = one.condition.comparator
        every = len(one.hits) == len(dict.fromkeys(one.condition.listed))
        held = every if comparator in ("has_all", "not_has_all") else any(met)
        assert one.held == (held != comparator.startswith("not_"))


def only(condition: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    """The JSON of one condition for one visitor."""
    rules = {"groups": [{"operator": "AND", "conditions": [condition]}]}
    [one] = explanations([("a", {"label": "A", "rules": rules})], [record])
    found: dict[str, Any] = one.body()["configs"][0]["groups"][0]["conditions"][0]
    return found


SEEN = [
    ("industry", {"industry": " SaaS "}, "SaaS"),
    ("industry", {"industry": ["SaaS", "", "IT"]}, ["SaaS", "IT"]),
    ("industry", {"industry": ["SaaS"]}, "SaaS"),
    ("company_postal_code", {"company_postal_code": 78701}, "78701"),
    ("company_size", {"company_size": "120"}, 120),
    ("company_size", {"company_size": "1,001-5,000"}, "1,001-5,000"),
    ("session_count", {"session_count": 2.0}, 2),
    ("icp_match", {"icp_match": "TRUE"}, True),
    ("page_contains", {"pages": "/a"}, ["/a"]),
    ("page_equals", {"pages": [{"url": "/a"}, {"path": "/b"}]}, ["/a", "/b"]),
    ("last_seen_days", {"last_seen": "2026-11-21T12:00:00Z"}, 2),
    ("last_seen_days", {"last_seen_days": 7}, 7),
    ("last_seen_days", {"last_seen": "2026-11-21T12:00:00Z", "last_seen_days": 7}, 2),
]
NOT_SEEN = [
    ("industry", {}, None),
    ("industry", {"industry": None}, None),
    ("industry", {"industry": " "}, None),
    ("page_contains", {"pages": []}, None),
    # A value that does not fit is shown: it is what the person must mend.
    ("company_size", {"company_size": "lots"}, "lots"),
    ("industry", {"industry": {"name": "SaaS", "n": 5}}, {"name": "SaaS", "n": 5}),
    ("last_seen_days", {"last_seen": "soon"}, "soon"),
]


@pytest.mark.parametrize(("name", "record", "seen"), SEEN)
def test_what_is_seen(name: str, record: dict[str, Any], seen: Any) -> None:
    one = only({"type": name, "comparator": "exists"}, record)
    assert (one["held"], one["seen"], one["missing"]) == (True, seen, False)
    assert type(one["seen"]) is type(seen)


@pytest.mark.parametrize(("name", "record", "seen"), NOT_SEEN)
def test_what_is_missing(name: str, record: dict[str, Any], seen: Any) -> None:
    one = only({"type": name, "comparator": "exists"}, record)
    assert (one["held"], one["seen"], one["missing"]) == (False, seen, True)


def test_a_number_stands_in_for_a_range() -> None:
    range_of = {"type": "employee_size_range", "comparator": "in", "value": ["51-200"]}
    number, a_range = {"company_size": 120}, {"company_size": "51-200"}
    assert only(range_of, number) == range_of | {
        "optional": False,
        "weight": 1,
        "held": True,
        "seen": 120,
        "missing": False,
    }
    assert only(range_of, a_range)["missing"]
    begins = range_of | {"comparator": "starts_with", "value": "5"}
    assert only(begins, number)["missing"]


def test_a_group_that_does_not_match_has_a_score_all_the_same() -> None:
    conditions = [
        {"type": "industry", "comparator": "equals", "value": "SaaS", "weight": 2},
        {"type": "country", "comparator": "equals", "value": "US"},
    ]
    bodies = [
        ("a", {"label": "A", "rules": {"groups": [{"operator": "AND", "conditions": conditions}]}})
    ]
    [one] = explanations(bodies, [{"industry": "SaaS"}])
    assert (one.configs[0].matched, one.configs[0].score) == (False, 0.0)
    assert one.configs[0].groups[0].score == 66.67


def test_configs_are_in_their_order_whatever_the_caller_s() -> None:
    rules = {
        "groups": [{"operator": "AND", "conditions": [{"type": "city", "comparator": "exists"}]}]
    }
    bodies = [
        ("b", {"label": "B", "rules": rules}),
        ("a", {"label": "A", "rules": rules, "priority": 1}),
    ]
    [one] = explanations(bodies, [{"city": "Rome"}])
    assert [it.slug for it in one.configs] == ["a", "b"]
    assert one.icp == "a"
