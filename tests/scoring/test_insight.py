"""What `insight` counts is what the oracle says, and what it promises comes true."""

from __future__ import annotations

import json
import tempfile
from copy import deepcopy
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpctl.config.model import IcpConfig
from icpctl.scoring.changes import LISTS
from icpctl.scoring.insight import insight
from icpctl.scoring.run import Options
from tests import oracle
from tests.spec_cases import AS_OF
from tests.strategies import configs, records, some_types

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from icpctl.scoring.insight_report import InsightReport

Config = tuple[str, dict[str, Any]]
OPTIONS = Options(datetime.fromisoformat(AS_OF))
NEVER = {"type": "company_size", "comparator": "equals", "value": -77777.5}


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
    name, comparator, *value = text.split(" ", 2)
    values = {"value": json.loads(it) for it in value[:1]}
    return {"type": name, "comparator": comparator, **values, **more}


def holds(one: dict[str, Any], record: dict[str, Any]) -> bool:
    return oracle.holds(one, record, as_of=AS_OF)


def matches(body: dict[str, Any], record: dict[str, Any]) -> bool:
    return oracle.config_score(body, record, as_of=AS_OF) is not None


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
        if not matches(body, record)
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
    if matches(body, record):
        return False
    return any(
        sum(not holds(it, record) for it in group["conditions"] if not it.get("optional")) == 1
        for group in body["rules"]["groups"]
    )


def check(bodies: list[Config], read: list[dict[str, Any]], found: InsightReport) -> None:
    """Hold a report to the oracle."""
    body_of = dict(bodies)
    verdicts = [oracle.verdict(bodies, record, as_of=AS_OF) for record in read]
    names = [{it["config"] for it in verdict["matches"]} for verdict in verdicts]
    assert (found.visitors, found.matched) == (len(read), sum(map(bool, names)))
    assert [it.slug for it in found.configs] == [slug for slug, _ in bodies]
    for number, its in enumerate(found.configs):
        body = body_of[its.slug]
        icps = [v["icp"] for v, of in zip(verdicts, names, strict=True) if its.slug in of]
        assert (its.matched, its.first) == (len(icps), icps.count(its.slug))
        assert its.near_misses == sum(is_near(body, record) for record in read)
        taken = {it.slug: it.visitors for it in its.taken_by}
        assert taken == {icp: icps.count(icp) for icp in icps if icp != its.slug}
        assert [*taken.values()] == sorted(taken.values(), reverse=True)
        for other, (slug, _) in enumerate(bodies):
            both = sum({slug, its.slug} <= of for of in names)
            assert found.overlap[number][other] == both
        for at, group in enumerate(body["rules"]["groups"]):
            alone = {"rules": {"groups": [group]}}
            assert its.groups[at].matched == sum(matches(alone, record) for record in read)
        for group_at, at, one in places(body):
            check_condition(body, group_at, at, one, read, its.groups[group_at].conditions[at])


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
    assert found.missing_holds or found.held + found.failed + found.missing == len(read)
    if found.near_misses:
        dropped = put(body, group, at, one | {"optional": True})
        assert gained(body, dropped, read) == found.near_misses
    if one.get("optional"):
        assert found.gains == []
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


@settings(
    max_examples=150,
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
            if is_list and kind == "T" and form != "employee_size_range":
                added = [it.gain for it in its.groups[group].conditions[at].gains]
                best = commonest_gains(body, group, at, one, read)
                assert max(added, default=0) >= best
