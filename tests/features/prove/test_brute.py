"""Every answer about small configs is what listing all visitors gives."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from icpctl.config.model import ConfigFile, IcpConfig
from icpctl.features.prove.equivalence import compare
from icpctl.features.prove.facts import Meeting, Proofs
from icpctl.features.prove.folder import prove
from tests import oracle
from tests.features.prove.brute import bodies_hold, worlds
from tests.long import examples
from tests.support import AS_OF

if TYPE_CHECKING:
    from icpctl.features.prove.space.space import Claim

NAMES = ("bands", "countries", "domains", "flags", "numbers", "pages", "sizes", "words")
SLOW = settings(
    max_examples=examples(40),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
_TRUTH: dict[tuple[str, int], np.ndarray] = {}


class Grid(NamedTuple):
    """Every visitor of one or two worlds, and the truth of conditions over them."""

    names: tuple[str, ...]

    def truth(self, condition: dict[str, Any]) -> np.ndarray:
        """Which visitors hold a condition, as a flat array."""
        bare = {key: condition[key] for key in ("type", "comparator", "value") if key in condition}
        for axis, name in enumerate(self.names):
            if bare in worlds()[name].conditions:
                held = _truth(name, worlds()[name].conditions.index(bare))
                shape = [1] * len(self.names)
                shape[axis] = len(held)
                sizes = [len(worlds()[it].visitors) for it in self.names]
                return np.broadcast_to(held.reshape(shape), sizes).reshape(-1)
        raise AssertionError(bare)

    def visitor(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in reversed(self.names):
            number, at = divmod(number, len(worlds()[name].visitors))
            found |= worlds()[name].visitors[at]
        return found

    def group(self, group: dict[str, Any]) -> np.ndarray:
        needed = [self.truth(it) for it in group["conditions"] if not it.get("optional")]
        if not needed:
            return np.ones_like(self.truth(group["conditions"][0]))
        return (
            np.logical_and.reduce(needed)
            if group["operator"] == "AND"
            else np.logical_or.reduce(needed)
        )

    def config(self, body: dict[str, Any]) -> np.ndarray:
        return np.logical_or.reduce([self.group(it) for it in body["rules"]["groups"]])

    def scores(self, body: dict[str, Any], other: dict[str, Any]) -> bool:
        """Whether two configs give every visitor the same score."""
        held = np.array(
            [
                self.truth(it)
                for config in (body, other)
                for group in config["rules"]["groups"]
                for it in group["conditions"]
            ]
        )
        _, firsts = np.unique(held, axis=1, return_index=True)
        records = [self.visitor(int(it)) for it in firsts]
        return all(bodies_hold(body, it) == bodies_hold(other, it) for it in records)


def _truth(name: str, number: int) -> np.ndarray:
    if (name, number) not in _TRUTH:
        world = worlds()[name]
        _TRUTH[name, number] = np.array(
            [oracle.holds(world.conditions[number], it, as_of=AS_OF) for it in world.visitors]
        )
    return _TRUTH[name, number]


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    first = draw(st.sampled_from(NAMES))
    second = draw(st.sampled_from(NAMES))
    # Both of these look at company_size.
    clash = {first, second} <= {"sizes", "bands"} or first == second
    return Grid((first,) if clash else (first, second))


@st.composite
def bodies(draw: st.DrawFn, grid: Grid, most: int = 3) -> dict[str, Any]:
    pool = [it for name in grid.names for it in worlds()[name].conditions]

    def condition() -> dict[str, Any]:
        extra = {"optional": True} if draw(st.integers(0, 3)) == 3 else {}
        weight = draw(st.sampled_from([1, 1, 2, 0.5]))
        return draw(st.sampled_from(pool)) | extra | {"weight": weight}

    groups = [
        {
            "operator": draw(st.sampled_from(["AND", "AND", "OR"])),
            "conditions": [condition() for _ in range(draw(st.integers(1, most)))],
        }
        for _ in range(draw(st.integers(1, 3)))
    ]
    return {"label": "x", "rules": {"groups": groups}}


def files(*given: dict[str, Any]) -> list[ConfigFile]:
    return [
        ConfigFile(f"c{n}", None, Path(f"c{n}.yaml"), IcpConfig.model_validate(body), b"")
        for n, body in enumerate(given)
    ]


def proved(*given: dict[str, Any], pairs: bool = False) -> Proofs:
    (found,) = prove(files(*given), pairs=pairs)
    assert found.unknown == []
    return found


def places(found: Proofs, *codes: str) -> set[tuple[str, int | None, int | None]]:
    return {(it.code, it.about.group, it.about.condition) for it in found.facts if it.code in codes}


@SLOW
@given(data=st.data())
def test_one_config(data: st.DataObject) -> None:
    grid = data.draw(grids())
    body = data.draw(bodies(grid))
    found = proved(body)
    groups = body["rules"]["groups"]
    matches = [grid.group(it) for it in groups]
    alive = [n for n, it in enumerate(matches) if it.any()]
    expected: set[tuple[str, int | None, int | None]] = set()
    if not alive:
        assert places(found, *ALL) == {("ICP602", None, None)}
        return
    expected |= {("ICP601", n, None) for n in range(len(groups)) if n not in alive}
    everyone = {("ICP603", n, None) for n in alive if matches[n].all()}
    if not everyone and len(alive) > 1 and np.logical_or.reduce(matches).all():
        everyone = {("ICP603", None, None)}
    for n in alive:
        for at, condition in enumerate(groups[n]["conditions"]):
            if condition.get("optional"):
                held = grid.truth(condition)[matches[n]]
                expected |= {("ICP606", n, at)} if not held.any() else set()
                expected |= {("ICP607", n, at)} if held.all() else set()
    assert places(found, *ALL) == expected | everyone
    check_idle(grid, groups, alive, everyone, found)
    for _, n, _ in places(found, "ICP610"):
        matching = [grid.visitor(int(it)) for it in np.flatnonzero(matches[n or 0])[:2000]]
        assert all(any(isinstance(v, list) and len(v) > 1 for v in it.values()) for it in matching)
    if not everyone:
        check_covered(matches, alive, found)
    for fact in found.facts:
        if fact.witness:
            record = fact.witness.record
            assert all(is_true(claim, body, record) for claim in fact.witness.claims)


ALL = ("ICP601", "ICP602", "ICP603", "ICP606", "ICP607")


def check_idle(grid: Grid, groups: Any, alive: list[int], everyone: Any, found: Proofs) -> None:
    """What is said to change nothing changes nothing, and of what is left everything does."""
    idle = places(found, "ICP604")
    for n in alive:
        if ("ICP603", n, None) in everyone or ("ICP603", None, None) in everyone:
            continue
        group = groups[n]
        kept = [it for at, it in enumerate(group["conditions"]) if ("ICP604", n, at) not in idle]
        wanted = grid.group(group)
        assert (grid.group(group | {"conditions": kept}) == wanted).all()
        required = [it for it in kept if not it.get("optional")]
        for one in required if len(required) > 1 else []:
            less = [it for it in required if it is not one]
            assert (grid.group(group | {"conditions": less}) != wanted).any(), one


def check_covered(matches: list[np.ndarray], alive: list[int], found: Proofs) -> None:
    covered = {n for _, n, _ in places(found, "ICP605")}
    left = [n for n in alive if n not in covered]
    wanted = np.logical_or.reduce(matches)
    assert (np.logical_or.reduce([matches[n] for n in left]) == wanted).all()
    for one in left if len(left) > 1 else []:
        assert (np.logical_or.reduce([matches[n] for n in left if n != one]) != wanted).any()


def is_true(claim: Claim, body: dict[str, Any], record: dict[str, Any]) -> bool:
    groups = body["rules"]["groups"]
    if claim.condition is not None:
        condition = groups[claim.group or 0]["conditions"][claim.condition]
        return oracle.holds(condition, record, as_of=AS_OF) == claim.holds
    chosen = groups if claim.group is None else [groups[claim.group]]
    scores = [oracle.group_score(it, record, as_of=AS_OF) for it in chosen]
    return any(it is not None for it in scores) == claim.holds


@SLOW
@given(data=st.data())
def test_two_configs(data: st.DataObject) -> None:
    grid = data.draw(grids())
    one, two = data.draw(bodies(grid, 2)), data.draw(bodies(grid, 2))
    first, second = IcpConfig.model_validate(one), IcpConfig.model_validate(two)
    found = compare(first, second, timeout=10)
    same = bool((grid.config(one) == grid.config(two)).all())
    assert found.matches == same
    if same:
        assert found.scores == grid.scores(one, two)
    if found.witness:
        record = found.witness.record
        assert (bodies_hold(one, record), bodies_hold(two, record)) == found.verdicts
        assert found.verdicts[0] != found.verdicts[1]
    else:
        assert found.is_equal


@SLOW
@given(data=st.data())
def test_a_folder(data: st.DataObject) -> None:
    grid = data.draw(grids())
    given_ = [data.draw(bodies(grid, 2)) | {"priority": n} for n in range(4)]
    found = proved(*given_, pairs=True)
    matches = [grid.config(it) for it in given_]
    alive = [n for n, it in enumerate(matches) if it.any()]
    equal = {
        two: min(one for one in alive if (matches[one] == matches[two]).all()) for two in alive
    }
    assert {
        (it.about.config, it.because[0].config) for it in found.facts if it.code == "ICP609"
    } == {(two, one) for two, one in equal.items() if one != two}
    hidden = {
        n
        for at, n in enumerate(alive)
        if at and not (matches[n] & ~np.logical_or.reduce([matches[it] for it in alive[:at]])).any()
    }
    shown = {it.about.config for it in found.facts if it.code == "ICP608"}
    assert shown == {it for it in hidden if equal[it] == it}
    for pair in found.pairs:
        both = (matches[pair.first] & matches[pair.second]).any()
        assert (pair.meeting != Meeting.NEVER) == both
        is_equal = both and equal[pair.first] == equal[pair.second]
        assert (pair.meeting == Meeting.EQUAL) == is_equal
        if pair.witness:
            bodies_ = [given_[it] for it in (pair.first, pair.second)]
            assert all(bodies_hold(it, pair.witness.record) is not None for it in bodies_)
    assert len(found.pairs) == len(list(combinations(range(4), 2)))


def test_there_is_a_name_for_each_world() -> None:
    assert set(NAMES) == set(worlds())


@pytest.mark.parametrize("name", NAMES)
def test_a_world_shows_every_behaviour(name: str) -> None:
    """Each condition of a world holds for some of its visitors, and fails for some."""
    for number, condition in enumerate(worlds()[name].conditions):
        held = _truth(name, number)
        assert held.any(), condition
        assert not held.all(), condition
