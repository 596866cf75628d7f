"""With `minScore` and `exclude`, every answer is what listing all visitors gives."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpctl.config.model import IcpConfig
from icpctl.features.prove.cases import cases_of
from icpctl.features.prove.equivalence import compare
from icpctl.features.prove.facts import Meeting, Proofs
from icpctl.features.prove.icp_equivalence import compare_icps
from icpctl.features.prove.output.findings import findings_of
from tests.features.prove.brute import bodies_hold
from tests.features.prove.test_brute import (
    SLOW,
    Grid,
    bodies,
    check_covered,
    files,
    grids,
    places,
    proved,
)
from tests.features.prove.test_faults import body
from tests.long import long

WITH_BOUNDS = {"domains", "pages", "countries", "bands"}
"""Worlds of normal forms, of which only a bound is known of some questions."""
MINIMUMS = (0, 0.001, 25, 33.33, 33.34, 50, 66.667, 80, 100)


@st.composite
def extended(draw: st.DrawFn, grid: Grid, most: int = 2) -> dict[str, Any]:
    """A config that may have a minimum score, and may exclude."""
    extensions = {
        "minScore": draw(st.sampled_from(MINIMUMS)),
        "exclude": draw(st.integers(0, 2)) == 2,
    }
    return draw(bodies(grid, most)) | extensions


def conditions(config: dict[str, Any]) -> list[dict[str, Any]]:
    return [it for group in config["rules"]["groups"] for it in group["conditions"]]


def scores(grid: Grid, config: dict[str, Any]) -> np.ndarray:
    """The score of each visitor, NaN of those who do not match."""
    held = np.array([grid.truth(it) for it in conditions(config)])
    _, firsts, kinds = np.unique(held, axis=1, return_index=True, return_inverse=True)
    of_kinds = [bodies_hold(config, grid.visitor(int(first))) for first in firsts]
    return np.array([np.nan if it is None else it for it in of_kinds])[kinds.reshape(-1)]


def matches(grid: Grid, config: dict[str, Any]) -> np.ndarray:
    return ~np.isnan(scores(grid, config))


def with_groups(config: dict[str, Any], groups: list[dict[str, Any]]) -> dict[str, Any]:
    return config | {"rules": {"groups": groups}}


@SLOW
@given(data=st.data())
def test_one_config(data: st.DataObject) -> None:
    grid = data.draw(grids())
    config = data.draw(extended(grid, 3))
    found = proved(config)
    groups = config["rules"]["groups"]
    matched = [matches(grid, with_groups(config, [group])) for group in groups]
    alive = [n for n, flags in enumerate(matched) if flags.any()]
    if not alive:
        assert places(found, "ICP601", "ICP602", "ICP603") == {("ICP602", None, None)}
        return
    everyone = {("ICP603", n, None) for n in alive if matched[n].all()}
    if not everyone and len(alive) > 1 and np.logical_or.reduce(matched).all():
        everyone = {("ICP603", None, None)}
    dead = {("ICP601", n, None) for n in range(len(groups)) if n not in alive}
    assert places(found, "ICP601", "ICP602", "ICP603") == dead | everyone
    if not everyone:
        check_covered(matched, alive, found)
    check_idle(grid, config, found)
    for code, n, at in places(found, "ICP606", "ICP607"):
        assert n is not None
        assert at is not None
        held = grid.truth(groups[n]["conditions"][at])[matched[n]]
        assert held.all() if code == "ICP607" else not held.any()


def check_idle(grid: Grid, config: dict[str, Any], found: Proofs) -> None:
    """Without the conditions that change no match the same visitors match."""
    idle = places(found, "ICP604")
    for n, group in enumerate(config["rules"]["groups"]):
        kept = [it for at, it in enumerate(group["conditions"]) if ("ICP604", n, at) not in idle]
        groups = list(config["rules"]["groups"])
        groups[n] = group | {"conditions": kept}
        less = with_groups(config, groups)
        assert (matches(grid, less) == matches(grid, config)).all()


@SLOW
@given(data=st.data())
def test_two_configs(data: st.DataObject) -> None:
    grid = data.draw(grids())
    one, two = data.draw(extended(grid)), data.draw(extended(grid))
    found = compare(*map(IcpConfig.model_validate, (one, two)), timeout=20)
    first, second = scores(grid, one), scores(grid, two)
    same = bool((np.isnan(first) == np.isnan(second)).all())
    assert found.matches == same
    if same:
        assert found.scores == bool(np.array_equal(first, second, equal_nan=True))
    if same and found.scores:
        differ = one["exclude"] != two["exclude"] and not np.isnan(first).all()
        assert found.exclusions == (not differ)
    assert found.is_equal == (found.witness is None)
    if found.witness:
        record = found.witness.record
        assert (bodies_hold(one, record), bodies_hold(two, record)) == found.verdicts
        assert found.verdicts[0] != found.verdicts[1] or not found.exclusions


@long
@SLOW
@given(data=st.data())
def test_a_folder(data: st.DataObject) -> None:
    grid = data.draw(grids())
    configs = [data.draw(extended(grid)) | {"priority": n} for n in range(4)]
    found = proved(*configs, pairs=True)
    matched = [matches(grid, it) for it in configs]
    alive = [n for n, flags in enumerate(matched) if flags.any()]
    equal = {
        two: min(one for one in alive if (matched[one] == matched[two]).all()) for two in alive
    }
    assert {
        (it.about.config, it.because[0].config) for it in found.facts if it.code == "ICP609"
    } == {(two, one) for two, one in equal.items() if one != two}
    excluding = [n for n in alive if configs[n]["exclude"]]
    hidden = set()
    for n in (n for n in alive if n not in excluding):
        before = {*excluding, *(one for one in alive if one < n)}
        if (
            before
            and not (matched[n] & ~np.logical_or.reduce([matched[it] for it in before])).any()
        ):
            hidden.add(n)
    shown = {it.about.config for it in found.facts if it.code == "ICP608"}
    assert shown == {n for n in hidden if equal[n] == n}
    for pair in found.pairs:
        both = (matched[pair.first] & matched[pair.second]).any()
        assert (pair.meeting != Meeting.NEVER) == both
        is_equal = both and equal[pair.first] == equal[pair.second]
        assert (pair.meeting == Meeting.EQUAL) == is_equal
        if pair.witness:
            record = pair.witness.record
            assert all(
                bodies_hold(configs[n], record) is not None for n in (pair.first, pair.second)
            )
    assert len(found.pairs) == len(list(combinations(range(4), 2)))
    assert all(finding.message for finding, _ in findings_of(found))


def icps(grid: Grid, configs: list[dict[str, Any]]) -> np.ndarray:
    """The number of each visitor's ICP, -1 for none."""
    matched = [matches(grid, config) for config in configs]
    result = np.full(len(matched[0]), -1)
    for number in reversed(range(len(configs))):
        if not configs[number]["exclude"]:
            result[matched[number]] = number
    for number, config in enumerate(configs):
        if config["exclude"]:
            result[matched[number]] = -1
    return result


@long
@SLOW
@given(data=st.data())
def test_two_versions_of_a_folder(data: st.DataObject) -> None:
    grid = data.draw(grids())
    before = [data.draw(extended(grid)) for _ in range(3)]
    after = list(before)
    at = data.draw(st.integers(0, 2))
    change = data.draw(st.sampled_from(["minScore", "exclude", "all"]))
    other = data.draw(extended(grid))
    after[at] = other if change == "all" else before[at] | {change: other[change]}
    found = compare_icps(files(*before), files(*after), timeout=20)
    same = bool((icps(grid, before) == icps(grid, after)).all())
    assert found.same == same or (found.same is None and same and WITH_BOUNDS & {*grid.names})


POINTS = ("AND", ["? country equals US", "? industry exists", "? city exists"])


@pytest.mark.parametrize(
    ("minimum", "groups", "expected"),
    [
        (0, [POINTS], ["every visitor matches this group"]),
        (33.33, [POINTS], []),  # one of three conditions
        (
            60,
            [("AND", ["city exists", "? city not_exists"])],
            [
                "no visitor can match this config: no score of the group at line 1 "
                "reaches minScore 60",
            ],
        ),
        (60, [("OR", ["city exists", "city not_exists"])], ["every visitor matches this group"]),
        (100, [("AND", ["company_size gte 50", "company_size gte 9", "? city exists"])], [
            "this condition changes no match",
        ]),
        (60, [("AND", ["company_size gte 50", "company_size gte 9", "? city exists"])], []),
    ],
)  # fmt: skip
def test_what_is_said_of_a_minimum(minimum: float, groups: Any, expected: list[str]) -> None:
    found = proved(body(*groups) | {"minScore": minimum})
    messages = [finding.message for finding, _ in findings_of(found)]
    assert [said[: len(part)] for said, part in zip(messages, expected, strict=True)] == expected


def test_what_is_said_of_exclusion() -> None:
    wide = body(("AND", ["country exists"])) | {"exclude": True, "priority": 9}
    narrow = body(("AND", ["country equals US"])) | {"priority": 1}
    messages = [finding.message for finding, _ in findings_of(proved(narrow, wide))]
    assert messages == [
        "this config is never anyone's ICP: c1.yaml excludes visitors and matches everyone that it "
        "matches"
    ]
    assert not proved(wide | {"exclude": False}, narrow | {"exclude": True}).facts
    assert not proved(narrow, wide | {"isActive": False}).facts


def test_weights_are_added_up_exactly() -> None:
    """A third and two thirds of odd weights, each side of the rounding."""
    group = {
        "operator": "AND",
        "conditions": [
            {"type": "city", "comparator": "exists", "optional": True, "weight": 1e-7},
            {"type": "industry", "comparator": "exists", "optional": True, "weight": 1e9},
            {"type": "country", "comparator": "exists", "optional": True, "weight": 2e9},
        ],
    }
    config = {"label": "x", "rules": {"groups": [group]}}
    low, high = (
        IcpConfig.model_validate(config | {"minScore": minimum}) for minimum in (33.33, 33.34)
    )
    found = compare(low, high, timeout=20)
    assert found.matches is False
    assert found.witness
    assert found.witness.record == {"industry": "x"}
    assert found.verdicts == (33.33, None)


def test_cases_say_what_the_minimum_makes_of_them() -> None:
    config = body(POINTS) | {"minScore": 66}
    cases = cases_of("c", IcpConfig.model_validate(config)).cases
    assert {case.matched for case in cases} >= {False}
    for case in cases:
        score = bodies_hold(config, case.record)
        assert (case.matched, case.score) == (score is not None, score or 0.0)
