"""What `insight` counts is what the oracle says, and what it promises comes true."""

from __future__ import annotations

import json
import random
import tempfile
from copy import deepcopy
from datetime import datetime
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from icpctl.config.model import IcpConfig
from icpctl.config.store import Workspace
from icpctl.features.insight.counting import insight
from icpctl.features.insight.counts.distinct_counts import MOST_KEYS, NumberCounts
from icpctl.scoring.run import Options, score
from tests import oracle
from tests.long import examples, long
from tests.process import ROOT
from tests.spec_cases import AS_OF
from tests.strategies import configs, records, some_types

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from icpctl.features.insight.model import InsightReport

Config = tuple[str, dict[str, Any]]
OPTIONS = Options(datetime.fromisoformat(AS_OF))
NEVER = {"type": "company_size", "comparator": "equals", "value": -77777.5}


LISTS = ("equals", "in", "has_any")
"""Comparators whose list may be longer."""


def report(
    bodies: Sequence[Config], visitors: Sequence[dict[str, Any]], options: Options = OPTIONS
) -> InsightReport:
    models = [(slug, IcpConfig.model_validate(body)) for slug, body in bodies]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "visitors.jsonl")
        file.write_text("".join(json.dumps(visitor) + "\n" for visitor in visitors))
        return insight([str(file)], models, options).report


def config(*conditions: dict[str, Any], operator: str = "AND", **more: Any) -> dict[str, Any]:
    groups = [{"operator": operator, "conditions": list(conditions)}]
    return {"label": "A", "rules": {"groups": groups}} | more


def condition(text: str, **more: Any) -> dict[str, Any]:
    """`TYPE COMPARATOR VALUE`, where the value is JSON."""
    name, comparator, value = text.split(" ", 2)
    return {"type": name, "comparator": comparator, "value": json.loads(value), **more}


def holds(one: dict[str, Any], record: dict[str, Any]) -> bool:
    return oracle.holds(one, record, as_of=AS_OF)


def any_group(body: dict[str, Any], record: dict[str, Any]) -> bool:
    return oracle.config_score(body, record, as_of=AS_OF) is not None


def score_of(body: dict[str, Any], record: dict[str, Any]) -> float | None:
    """The score where a group matches, whatever the config's lowest."""
    best = oracle.config_score(body, record, as_of=AS_OF)
    return None if best is None else oracle.rounded(best)


def matches(body: dict[str, Any], record: dict[str, Any]) -> bool:
    score = score_of(body, record)
    return score is not None and score >= body.get("minScore", 0)


def lacks(one: dict[str, Any], record: dict[str, Any]) -> bool:
    """Whether a visitor has nothing that the condition could look at."""
    twin = one["comparator"].removeprefix("not_")
    if one["type"] == "employee_size_range" and twin in {"equals", "in", "has_any"}:
        sizes = oracle.see(record, "company_size").values
        if any(not isinstance(it, oracle.Range) or it.low == it.high for it in sizes):
            return False
    return not oracle.subject_of(one["type"], record, AS_OF)


def put(body: dict[str, Any], group: int, at: int, one: dict[str, Any]) -> dict[str, Any]:
    """A config with another condition in a place."""
    changed = deepcopy(body)
    changed["rules"]["groups"][group]["conditions"][at] = one
    return changed


def gained(before: dict[str, Any], after: dict[str, Any], read: list[dict[str, Any]]) -> int:
    """How many visitors newly match; none may be lost."""
    pairs = [(matches(before, record), matches(after, record)) for record in read]
    assert (True, False) not in pairs
    return pairs.count((False, True))


def expected_condition(
    body: dict[str, Any], group: int, at: int, read: list[dict[str, Any]]
) -> dict[str, Any]:
    """What is to be said of a condition, but for what it would gain to change it."""
    its = body["rules"]["groups"][group]
    one, is_and = its["conditions"][at], its["operator"] == "AND"
    flags = [holds(one, record) for record in read]
    lacking = [lacks(one, record) for record in read]
    found: dict[str, Any] = {
        "held": sum(flags),
        "failed": sum(not h and not m for h, m in zip(flags, lacking, strict=True)),
        "missing": sum(lacking),
        "neverHolds": bool(read) and not any(flags),
        "neverFails": bool(read) and all(flags),
    }
    if one.get("optional"):
        alone = {"rules": {"groups": [its]}}
        of_group = [h for h, record in zip(flags, read, strict=True) if matches(alone, record)]
        never = put(body, group, at, one | NEVER)
        scores = [
            [oracle.config_score(it, record, as_of=AS_OF) for it in (body, never)]
            for h, record in zip(flags, read, strict=True)
            if h and matches(body, record)
        ]
        none: Any = dict.fromkeys(("left", "nearMisses", "nearMissesMissing"))
        changes = any(now != then for now, then in scores)
        return found | none | {"heldByMatches": sum(of_group), "changesScores": changes}
    required = [it for it in its["conditions"] if not it.get("optional")]
    upto = [it for it in its["conditions"][: at + 1] if not it.get("optional")]
    together = all if is_and else any
    near = [
        m
        for record, m in zip(read, lacking, strict=True)
        if not any_group(body, record)
        and not holds(one, record)
        and sum(not holds(it, record) for it in required) == 1
    ]
    return found | {
        "left": sum(together(holds(it, record) for it in upto) for record in read),
        "nearMisses": len(near),
        "nearMissesMissing": sum(near),
        "heldByMatches": None,
        "changesScores": None,
    }


def places(body: dict[str, Any]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    for number, group in enumerate(body["rules"]["groups"]):
        for at, one in enumerate(group["conditions"]):
            yield number, at, one


def is_near(body: dict[str, Any], record: dict[str, Any]) -> bool:
    if any_group(body, record):
        return False
    return any(
        sum(not holds(it, record) for it in group["conditions"] if not it.get("optional")) == 1
        for group in body["rules"]["groups"]
    )


def ranked(slugs: list[str]) -> dict[str, int]:
    return {slug: slugs.count(slug) for slug in slugs}


def taken(found: Any) -> dict[str, int]:
    counts = [entry.visitors for entry in found]
    assert counts == sorted(counts, reverse=True)
    return {entry.slug: entry.visitors for entry in found}


def check_exclusion(
    bodies: list[Config], slug: str, read: list[dict[str, Any]], found: InsightReport
) -> None:
    """What a config takes is what its absence gives back."""
    said = next(entry for entry in found.configs if entry.slug == slug).exclusion
    without = [(name, body) for name, body in bodies if name != slug]
    pairs = [
        [oracle.verdict(some, record, as_of=AS_OF) for some in (bodies, without)] for record in read
    ]
    assert said.excluded == sum(before["excluded_by"] == slug for before, _ in pairs)
    own = [
        after
        for before, after in pairs
        if before["excluded_by"] == slug and after.get("excluded_by") is None
    ]
    assert said.alone == len(own)
    given_back = [after["icp"] for after in own if after["icp"] is not None]
    assert said.would_match == len(given_back)
    assert taken(said.takes) == ranked(given_back)


def check_min_score(body: dict[str, Any], read: list[dict[str, Any]], said: Any) -> None:
    """What a bound costs, and what lower ones gain."""
    groups = [score_of(body, record) for record in read if any_group(body, record)]
    below = [score for score in groups if score < body["minScore"]]
    assert oracle.rounded(Fraction(str(body["minScore"]))) - 0.005 <= said.value
    assert sum(score >= said.value for score in groups) == len(groups) - len(below)
    assert said.below == len(below)
    assert bool(said.gains) == (bool(below) and not body.get("exclude", False))
    for bound in said.gains:
        assert gained(body, body | {"minScore": bound.value}, read) == bound.gain
    if said.gains:
        assert said.gains[0].gain == below.count(max(below))
        assert len(said.gains) <= 3


def check(bodies: list[Config], read: list[dict[str, Any]], found: InsightReport) -> None:
    """Hold a report to the oracle."""
    body_of = dict(bodies)
    verdicts = [oracle.verdict(bodies, record, as_of=AS_OF) for record in read]
    names = [{slug for slug, body in bodies if matches(body, record)} for record in read]
    excludes = any(body.get("exclude", False) for _, body in bodies)
    is_excluded = [verdict.get("excluded_by") is not None for verdict in verdicts]
    is_match = [verdict["icp_match"] for verdict in verdicts]
    assert (found.visitors, found.matched) == (len(read), sum(is_match))
    assert found.excluded == (sum(is_excluded) if excludes else None)
    assert [it.slug for it in found.configs] == [slug for slug, _ in bodies]
    for number, its in enumerate(found.configs):
        body = body_of[its.slug]
        icps = [v["icp"] for v, of in zip(verdicts, names, strict=True) if its.slug in of]
        assert (its.matched, its.first) == (len(icps), icps.count(its.slug))
        assert its.near_misses == sum(is_near(body, record) for record in read)
        if body.get("exclude", False):
            assert (its.first, its.taken_by, its.excluded) == (0, [], None)
            check_exclusion(bodies, its.slug, read, found)
        else:
            others = [icp for icp in icps if icp not in {its.slug, None}]
            assert taken(its.taken_by) == ranked(others)
            assert its.exclusion is None
            assert its.excluded == (icps.count(None) if excludes else None)
        if body.get("minScore", 0):
            check_min_score(body, read, its.min_score)
        else:
            assert its.min_score is None
        for other, (slug, _) in enumerate(bodies):
            both = sum({slug, its.slug} <= of for of in names)
            assert found.overlap[number][other] == both
        for at, group in enumerate(body["rules"]["groups"]):
            alone = {"rules": {"groups": [group]}}
            assert its.groups[at].matched == sum(matches(alone, record) for record in read)
        for group_at, at, one in places(body):
            check_condition(body, group_at, at, one, read, its.groups[group_at].conditions[at])


def may_be_dropped(body: dict[str, Any], group: int, at: int) -> bool:
    """Whether nobody can be lost when a condition becomes optional."""
    its = body["rules"]["groups"][group]
    required = [it for it in its["conditions"] if not it.get("optional")]
    is_required = not its["conditions"][at].get("optional")
    return is_required and (its["operator"] == "AND" or len(required) == 1)


def check_condition(
    body: dict[str, Any],
    group: int,
    at: int,
    one: dict[str, Any],
    read: list[dict[str, Any]],
    found: Any,
) -> None:
    said = found.model_dump(mode="json", by_alias=True)
    expected = expected_condition(body, group, at, read)
    assert {key: said[key] for key in expected} == expected, one
    is_negative = one["comparator"].startswith("not_")
    if "exists" not in one["comparator"] and not is_negative:
        assert found.held + found.failed + found.missing == len(read)
    dropped = put(body, group, at, one | {"optional": True})
    decides = bool(body.get("minScore", 0))
    if found.near_misses and not decides:
        assert gained(body, dropped, read) == found.near_misses
    if body.get("exclude", False) or (one.get("optional") and not decides):
        assert found.gains == []
    elif decides and may_be_dropped(body, group, at):
        made_optional = [gain.gain for gain in found.gains if gain.change == "optional"]
        assert sum(made_optional) == gained(body, dropped, read)
    else:
        assert all(gain.change != "optional" for gain in found.gains)
    gains = [it.gain for it in found.gains]
    assert gains == sorted(gains, reverse=True)
    assert 0 not in gains
    for gain in found.gains:
        becomes = gain.becomes.model_dump(mode="json")
        IcpConfig.model_validate(put(body, group, at, becomes))
        assert gained(body, put(body, group, at, becomes), read) == gain.gain, gain
    if one["comparator"].removeprefix("not_") in {*LISTS, "has_all"}:
        value = one.get("value")
        for listed in value if isinstance(value, list | tuple) else [value]:
            equals = {"type": one["type"], "comparator": "equals", "value": listed}
            never = bool(read) and not any(holds(equals, record) for record in read)
            said_so = [json.dumps(it.value) for it in found.absent_values]
            typed = IcpConfig.model_validate(config(equals)).rules.groups[0].conditions[0].value
            assert (json.dumps(typed) in said_so) == never


def commonest_gains(
    body: dict[str, Any], group: int, at: int, one: dict[str, Any], read: list[dict[str, Any]]
) -> int:
    """What the best value of any visitor would gain in a list of texts."""
    values = {it for record in read for it in oracle.see(record, one["type"]).values}
    listed = one["value"] if isinstance(one["value"], list | tuple) else [one["value"]]
    comparator = "has_any" if one["comparator"] == "has_any" else "in"
    several = [
        one | {"comparator": comparator, "value": [*listed, value]} for value in sorted(values)
    ]
    return max((gained(body, put(body, group, at, it), read) for it in several), default=0)


@long
@settings(
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_everything_is_what_the_oracle_says(data: st.DataObject) -> None:
    types = data.draw(some_types())
    bodies = data.draw(configs(types))
    several = [data.draw(st.lists(records(types), min_size=1, max_size=8)) for _ in range(3)]
    visitors = list(chain.from_iterable(several))
    lines = [json.dumps(visitor).encode() for visitor in visitors]
    read = [record for line in lines if isinstance(record := oracle.read_line(line, False), dict)]
    found = report(bodies, visitors)
    check(bodies, read, found)
    for (_, body), its in zip(bodies, found.configs, strict=True):
        for group, at, one in places(body):
            kind, form = oracle.KIND[one["type"]], one["type"]
            is_list = one["comparator"] in LISTS and not one.get("optional")
            is_list = is_list and not body.get("exclude", False)
            if is_list and kind == "T" and form != "employee_size_range":
                added = [it.gain for it in its.groups[group].conditions[at].gains]
                best = commonest_gains(body, group, at, one, read)
                assert max(added, default=0) >= best


def gains_of(found: InsightReport) -> list[tuple[Any, int]]:
    """What a lone condition may become: the new value, and what it gains."""
    return [(it.value, it.gain) for it in found.configs[0].groups[0].conditions[0].gains]


def assert_true(found: InsightReport, bodies: dict[str, Any], visitors: list[str]) -> int:
    """Really make every change and score all of them; returns how many these are."""
    promised: dict[str, int] = {}
    changed: list[tuple[str, IcpConfig]] = []
    for its in found.configs:
        for group, at, one in places(bodies[its.slug]):
            insights = its.groups[group].conditions[at]
            becomes = [(it.becomes.model_dump(mode="json"), it.gain) for it in insights.gains]
            if insights.near_misses and its.min_score is None:
                becomes.append((one | {"optional": True}, insights.near_misses))
            for it, gain in becomes:
                slug = f"c{len(changed)}"
                after = put(bodies[its.slug], group, at, it)
                changed.append((slug, IcpConfig.model_validate(after)))
                promised[slug] = its.matched + gain
        for bound in its.bounds:
            slug = f"c{len(changed)}"
            after = bodies[its.slug] | {"minScore": bound.value}
            changed.append((slug, IcpConfig.model_validate(after)))
            promised[slug] = its.matched + bound.gain
    scored = score(visitors, changed, OPTIONS).report
    assert {it.slug: it.matched for it in scored.configs} == promised
    return len(changed)


@long
def test_what_is_promised_comes_true_on_the_samples() -> None:
    visitors = [str(ROOT / "sample_visitors")]
    configs = {it.slug: it.config for it in Workspace(ROOT / "sample_configs").configs([])}
    found = insight(visitors, [*configs.items()], OPTIONS).report
    bodies = {slug: it.body() for slug, it in configs.items()}
    assert assert_true(found, bodies, visitors) > 50
    bounded = {slug: body | {"minScore": 40} for slug, body in bodies.items()}
    models = [(slug, IcpConfig.model_validate(body)) for slug, body in bounded.items()]
    found = insight(visitors, models, OPTIONS).report
    assert any(its.bounds for its in found.configs)
    assert assert_true(found, bounded, visitors) > 50


def test_many_values_on_any_number_of_threads(tmp_path: Path) -> None:
    chance = random.Random(7)
    with (tmp_path / "v.jsonl").open("w") as file:
        for _ in range(30_000):
            visitor = {
                "industry": f"i{chance.randrange(9000)}",
                "company_size": chance.randrange(20000),
                "pages": [f"/{chance.randrange(50)}", "/x"],
            }
            file.write(json.dumps(visitor) + "\n")
    body = config(
        condition('industry in ["i1", "i2"]'),
        condition("company_size gte 19000"),
        condition('page_equals has_any ["/1"]'),
        condition('page_contains has_any ["/1"]'),
        operator="OR",
    )
    configs = [("a", IcpConfig.model_validate(body))]
    visitors = [str(tmp_path / "v.jsonl")]
    found = [
        insight(visitors, configs, replace(OPTIONS, threads=threads)).report for threads in (1, 4)
    ]
    first, second = (it.model_dump(exclude={"elapsed_seconds"}) for it in found)
    assert first == second
    assert found[0].capped == ["company_size", "industry"]
    assert all(it.gains for it in found[0].configs[0].conditions)
    assert_true(found[0], {"a": body}, visitors)


@pytest.mark.parametrize(
    ("before", "gains"),
    [
        ("company_size gte 50", [(15, 4), (40, 3), (45, 1)]),
        ("company_size gt 50", [(10, 7), (40, 4), (45, 3)]),
        ("company_size lt 10", [(100, 9), (50, 4), (16, 1)]),
        ("company_size lte 10", [(100, 9), (50, 7), (15, 1)]),
        (
            "company_size between [45, 50]",
            [(10, 4), (15, 3), (500, 3), (40, 2), (60, 2), (55, 1)],
        ),
        ("company_size in [40]", [(50, 2), (15, 1), (42, 1), (49, 1), (55, 1)]),
        ("company_size gte 1000", [(0, 10), (500, 1)]),
    ],
)
def test_numbers_that_would_gain(before: str, gains: list[tuple[int, int]]) -> None:
    visitors = [
        {"company_size": it} for it in [15, 40, 42, 49, 50, 50, 55, 60, 500, "11-50", "lots", None]
    ]
    found = report([("a", config(condition(before)))], visitors)
    check([("a", config(condition(before)))], visitors, found)
    assert gains_of(found) == gains


@pytest.mark.parametrize(
    ("before", "numbers", "gains"),
    [
        (
            "company_size gte 1000000",
            [12000, 8000, 5000, 820, 5],
            [(5000, 3), (8000, 2), (12000, 1)],
        ),
        ("company_size gt 1000", [88, 70, 50, 5], [(45, 3), (65, 2), (85, 1)]),
        ("company_size lte 10", [188, 500, 700, 20000], [(700, 3), (500, 2), (190, 1)]),
        ("last_seen_days lte 7", [30, 60, 90, 400], [(90, 3), (60, 2), (30, 1)]),
        ("session_count gt 0", [0, 0], []),
        ("icp_score gte 100", [0.5, 0], [(0, 2), (0.5, 1)]),
        ("icp_score gt 5", [1e-322, 5e-324], [(0, 2)]),
        ("icp_score lt 0", [0], [(1, 1)]),
        ("company_size lte 5", [1e308], [(1e308, 1)]),
    ],
)
def test_far_from_the_threshold_visitors_tell_what_is_near(
    before: str, numbers: list[float], gains: list[tuple[float, int]]
) -> None:
    name = before.split(maxsplit=1)[0]
    visitors = [{name: it} for it in numbers]
    found = report([("a", config(condition(before)))], visitors)
    check([("a", config(condition(before)))], visitors, found)
    assert gains_of(found) == gains


def test_a_number_that_no_config_may_name_is_not_suggested() -> None:
    visitors = [{"icp_score": it} for it in (120, 120, -3, 70, 100)]
    for text, gains in (
        ("icp_score in [1]", [(70, 1), (100, 1)]),
        ("icp_score lte 50", [(70, 1), (100, 2)]),
    ):
        found = report([("a", config(condition(text)))], visitors)
        assert sorted(gains_of(found)) == gains


def test_numbers_far_from_the_threshold_are_forgotten_and_nothing_is_said_of_them() -> None:
    counts = NumberCounts(below=True)
    for first in range(0, 3 * MOST_KEYS, 1000):
        counts.add(np.arange(first, first + 1000.0), np.full(1000, 2))
    assert counts.capped
    highest = float(counts.numbers[-1])
    assert counts.nearest() == highest
    assert counts.reached(highest - 9, included=True) == 20
    assert counts.reached(highest - 9, included=False) == 18
    assert counts.reached(100.0, included=True) is None


def test_a_value_that_is_written_otherwise_is_found() -> None:
    body = config(condition('industry in ["Technolgy", "Retail"]'), condition("company_size lt 5"))
    visitors = [{"industry": it} for it in ["Technology"] * 3 + ["TECHNOLOGY", "Retail", "Retial"]]
    [absent] = report([("a", body)], visitors).configs[0].groups[0].conditions[0].absent_values
    assert (absent.value, absent.nearest, absent.nearest_visitors) == ("Technolgy", "Technology", 4)


TITLES = ["VP", "VP Sales", "Vice President", "head of data", "Overhead", "Head", "CTO & founder"]


@pytest.mark.parametrize("comparator", ["in", "has_any"])
def test_longer_titles_are_met_by_their_words(comparator: str) -> None:
    one = condition(f'job_title {comparator} ["VP", "Head"]')
    found = report([("a", config(one))], [{"job_title": title} for title in TITLES])
    changes = found.configs[0].groups[0].conditions[0].gains
    [worded] = [gain for gain in changes if gain.change == "comparator"]
    assert (worded.becomes.comparator, worded.gain) == ("contains_word", 2)
    assert worded.becomes.value == ("VP", "Head")


@pytest.mark.parametrize(
    "text",
    [
        'country in ["US"]',
        'page_equals in ["/a"]',
        'job_title not_in ["VP"]',
        f"job_title in {json.dumps([f'VP {number}' for number in range(51)])}",
    ],
)
def test_other_lists_stay_what_they_are(text: str) -> None:
    visitors = [{"job_title": "x VP 1", "country": "the US", "pages": ["/a/b"]}]
    [its] = report([("a", config(condition(text)))], visitors).configs[0].conditions
    assert all(gain.change != "comparator" for gain in its.gains)


def test_who_takes_the_visitors_of_a_config() -> None:
    rome = config(condition('city equals "Rome"'))
    bodies = [
        ("a", rome | {"priority": 1}),
        ("b", config(condition("company_size gte 50")) | {"priority": 2}),
        ("c", config(condition("company_size gte 40"), condition('city equals "Rome"'))),
    ]
    visitors = [{"city": "Rome", "company_size": size} for size in (10, 40, 50, 60)]
    found = report(bodies, visitors).configs
    assert [(it.slug, it.matched, it.first) for it in found] == [
        ("a", 4, 4),
        ("b", 2, 0),
        ("c", 3, 0),
    ]
    assert [(it.slug, it.visitors) for it in found[2].taken_by] == [("a", 3)]


def test_an_empty_export_says_nothing() -> None:
    found = report([("a", config(condition("company_size gte 50")))], [])
    one = found.configs[0].groups[0].conditions[0]
    assert (found.visitors, found.match_rate, found.overlap) == (0, None, [[0]])
    assert not one.never_holds
    assert not one.never_fails
    assert one.gains == one.absent_values == []
