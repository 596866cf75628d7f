"""What `impact` says is the difference between the oracle's verdicts on both versions."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from icpctl.config.model import IcpConfig
from icpctl.errors import IcpctlError
from icpctl.features.impact.bounds import Bound
from icpctl.features.impact.counting import impact
from icpctl.features.impact.model import OF_CONFIG, SAMPLES, Cause
from icpctl.features.impact.wording import cause_text, causes_text
from icpctl.scoring.run import Options
from tests import oracle
from tests.long import examples, long
from tests.spec_cases import AS_OF
from tests.strategies import configs, later_versions, records, some_types

if TYPE_CHECKING:
    from icpctl.features.impact.model import ConfigImpact, Impact, Move, Sample, Tally

Config = tuple[str, dict[str, Any]]
Verdict = tuple[str | None, float]


def compare(
    before: list[Config], after: list[Config], *files: list[dict[str, Any]], **more: Any
) -> Impact:
    """The impact on the visitors of some files, 0.jsonl and so on."""
    sides = [
        [(slug, IcpConfig.model_validate(body)) for slug, body in side] for side in (before, after)
    ]
    with tempfile.TemporaryDirectory() as folder:
        names = [Path(folder, f"{number}.jsonl") for number in range(len(files))]
        for name, visitors in zip(names, files, strict=True):
            lines = (json.dumps(it | {"id": f"v{at}"}) for at, it in enumerate(visitors))
            name.write_text("".join(f"{line}\n" for line in lines))
        options = Options(datetime.fromisoformat(AS_OF))
        return impact(list(map(str, names)), *sides, options, **more)


@st.composite
def versions(draw: st.DrawFn, types: list[str]) -> tuple[list[Config], list[Config]]:
    """Configs before and after: some stay, change, come, go, or are switched on or off."""
    before, after = draw(configs(types)), []
    for slug, body in before:
        fate = draw(st.integers(0, 7))
        if fate >= 2:
            later = draw(later_versions(body, types)) if fate >= 4 else body
            is_active = {} if fate < 7 else {"isActive": draw(st.booleans())}
            after.append((slug, later | is_active))
    there = {slug for slug, _ in before}
    after += [(slug, body) for slug, body in draw(configs(types)) if slug not in there][:2]
    before = [(slug, body | {"isActive": draw(st.integers(0, 5)) > 0}) for slug, body in before]
    return before, after


@long
@settings(
    max_examples=examples(40),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink such cases takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_the_sets_are_what_the_oracle_says(data: st.DataObject) -> None:
    types = data.draw(some_types())
    before, after = data.draw(versions(types))
    files = [data.draw(st.lists(records(types), min_size=1, max_size=8)) for _ in range(3)]
    inactive = data.draw(st.booleans())
    scored = [active(side, inactive) for side in (before, after)]
    if not any(scored):
        with pytest.raises(IcpctlError, match="no config is active"):
            compare(before, after, *files, inactive=inactive)
        return
    found = compare(before, after, *files, inactive=inactive)
    visitors = [
        (number, line, it) for number, them in enumerate(files) for line, it in numbered(them)
    ]
    verdicts = [tuple(verdict(side, it) for side in scored) for *_, it in visitors]
    assert found.visitors == len(visitors)
    assert found.matched_before == sum(old[0] is not None for old, _ in verdicts)
    assert found.matched_after == sum(new[0] is not None for _, new in verdicts)
    kinds = [kind_of(old, new) for old, new in verdicts]
    for kind in ("gained", "lost", "moved", "score_changed"):
        check(found.tally, kind, kinds, visitors, [(old[1], new[1]) for old, new in verdicts])
    icps = [(old[0], new[0]) for old, new in verdicts]
    moves = Counter(pair for pair, kind in zip(icps, kinds, strict=True) if kind == "moved")
    assert {(it.before, it.after): it.visitors for it in found.moves} == moves
    for move in found.moves:
        are = [
            (kind, pair) == ("moved", (move.before, move.after))
            for kind, pair in zip(kinds, icps, strict=True)
        ]
        assert list(map(place, move.samples)) == places(are, visitors)
        moved = [it for (*_, it), is_moved in zip(visitors, are, strict=True) if is_moved]
        check_causes(move, found.configs, *scored, moved)
    for config in found.configs:
        check_config(config, *map(dict, scored), visitors, icps)
    told = {it.slug for it in found.configs}
    for slug in {slug for side in scored for slug, _ in side} - told:
        old, new = (dict(side)[slug] for side in scored)
        assert [score(old, it) for *_, it in visitors] == [score(new, it) for *_, it in visitors]


def check_causes(
    move: Move,
    configs: list[ConfigImpact],
    before: list[tuple[str, Any]],
    after: list[tuple[str, Any]],
    visitors: list[dict[str, Any]],
) -> None:
    """A cause alone decides for the visitors whose ICP is the old one without it."""
    expected: Counter[Cause] = Counter()
    together = set(range(len(visitors)))
    for config in configs:
        causes = [(Cause(config.slug, config.what), dict(before).get(config.slug))]
        if config.what == "changed":
            causes = [
                (Cause(config.slug, "changed", changed.change), changed.change.undone.body())
                for changed in config.changes
                if changed.change.undone
            ]
        for cause, instead in causes:
            side = [(slug, body) for slug, body in after if slug != config.slug]
            side = active(side + ([(config.slug, instead)] if instead else []), inactive=True)
            alone = {at for at, it in enumerate(visitors) if verdict(side, it)[0] == move.before}
            expected[cause] += len(alone)
            together -= alone
    assert dict(move.deciding) == dict(+expected)
    assert move.together == len(together)


def check_config(
    found: ConfigImpact,
    before: dict[str, Any],
    after: dict[str, Any],
    visitors: list[tuple[int, int, dict[str, Any]]],
    icps: list[tuple[str | None, str | None]],
) -> None:
    """A config's numbers, and what each of its changes alone decides."""
    sides = [before.get(found.slug), after.get(found.slug)]
    scores = [[side and score(side, it) for side in sides] for *_, it in visitors]
    assert found.matched_before == sum(old is not None for old, _ in scores)
    assert found.matched_after == sum(new is not None for _, new in scores)
    assert found.first_before == sum(old == found.slug for old, _ in icps)
    assert found.first_after == sum(new == found.slug for _, new in icps)
    assert (found.what == "changed") == (None not in sides)
    kinds = [kind_of(*(("" if it is not None else None, it) for it in pair)) for pair in scores]
    pairs = [(old or 0.0, new or 0.0) for old, new in scores]
    causes: list[list[int]] = [[] for _ in visitors]
    for number, it in enumerate(found.changes):
        counted: Counter[str] = Counter()
        if it.change.undone is not None:
            body = it.change.undone.body()
            for at, ((old, new), (*_, visitor)) in enumerate(zip(scores, visitors, strict=True)):
                without = score(body, visitor)
                if None in (old, new):
                    is_undone = (without is None) == (old is None)
                else:
                    is_undone = without == old
                if kinds[at] and is_undone:
                    counted[kinds[at]] += 1
                    causes[at].append(number)
        assert dict(+it.counts) == counted
        assert it.is_known == (it.change.undone is not None)
    alone = [kind for kind, those in zip(kinds, causes, strict=True) if kind and not those]
    assert dict(+found.together) == (Counter(alone) if found.changes else {})
    for kind in OF_CONFIG:
        check(found.tally, kind, kinds, visitors, pairs, causes)


def check(
    tally: Tally,
    kind: Any,
    kinds: list[str],
    visitors: list[tuple[int, int, dict[str, Any]]],
    scores: list[tuple[Any, Any]],
    causes: list[list[int]] | None = None,
) -> None:
    """The visitors of a kind are counted, and the first of them are kept."""
    are = [it == kind for it in kinds]
    assert tally.counts[kind] == sum(are)
    samples = tally.samples.get(kind, [])
    assert list(map(place, samples)) == places(are, visitors)
    assert [it.id for it in samples] == [f"v{it.line - 1}" for it in samples]
    wanted = [pair for pair, is_one in zip(scores, are, strict=True) if is_one][:SAMPLES]
    assert [(it.score_before, it.score_after) for it in samples] == wanted
    if causes is not None:
        those = [tuple(it) for it, is_one in zip(causes, are, strict=True) if is_one]
        assert [it.causes for it in samples] == those[:SAMPLES]


def place(sample: Sample) -> tuple[int, int]:
    return int(Path(sample.file).stem), sample.line


def places(are: list[bool], visitors: list[tuple[int, int, Any]]) -> list[tuple[int, int]]:
    return [it[:2] for it, is_one in zip(visitors, are, strict=True) if is_one][:SAMPLES]


def numbered(visitors: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    """Visitors as the lines of a file give them."""
    read = [oracle.read_line(json.dumps(it).encode(), first=False) for it in visitors]
    return [(line, it) for line, it in enumerate(read, 1) if isinstance(it, dict)]


def active(side: list[Config], inactive: bool) -> list[Config]:
    """The configs that count, in order."""
    those = [(slug, it) for slug, it in side if inactive or it.get("isActive", True)]
    return sorted(
        those, key=lambda it: (it[1].get("priority") is None, it[1].get("priority") or 0, it[0])
    )


def verdict(side: list[Config], visitor: dict[str, Any]) -> Verdict:
    found = oracle.verdict(side, visitor, as_of=AS_OF)
    return found["icp"], found["icp_score"]


def score(body: dict[str, Any], visitor: dict[str, Any]) -> float | None:
    best = oracle.config_score(body, visitor, as_of=AS_OF)
    is_match = best is not None and oracle.rounded(best) >= body.get("minScore", 0)
    return oracle.rounded(best) if best is not None and is_match else None


def kind_of(old: Any, new: Any) -> str:
    """What becomes of a visitor by its ICP and score."""
    if old == new:
        return ""
    if old[0] is None or new[0] is None:
        return "gained" if old[0] is None else "lost"
    return "score_changed" if old[0] == new[0] else "moved"


def body(*conditions: tuple[str, str, Any], **more: Any) -> dict[str, Any]:
    found = [dict(zip(("type", "comparator", "value"), it, strict=True)) for it in conditions]
    return {"label": "A", "rules": {"groups": [{"operator": "AND", "conditions": found}]}, **more}


BIG = ("company_size", "gte", 500)
ROME = ("city", "equals", "Rome")


def test_two_new_conditions_that_fail_are_told_as_together() -> None:
    before = body(("industry", "exists", True))
    after = body(("industry", "exists", True), BIG, ROME)
    visitors = [
        {"industry": "SaaS"},
        {"industry": "SaaS", "city": "Rome"},
        {"industry": "SaaS", "company_size": 800},
    ]
    [config] = compare([("a", before)], [("a", after)], visitors).configs
    assert config.tally.counts["lost"] == 3
    assert [it.counts["lost"] for it in config.changes] == [1, 1]
    assert config.together["lost"] == 1
    assert [it.causes for it in config.tally.samples["lost"]] == [(), (0,), (1,)]


def test_nothing_changed_and_nobody_is_there() -> None:
    side = [("a", body(BIG))]
    found = compare(side, side, [{"company_size": 600}], [])
    assert (found.configs, found.moves, +found.tally.counts) == ([], [], Counter())
    assert (found.matched_before, found.matched_after) == (1, 1)
    empty = compare(side, [("b", body(BIG))], [])
    assert [it.what for it in empty.configs] == ["removed", "added"]
    assert empty.share("lost") is None


def test_none_on_one_side() -> None:
    side, visitors = [("a", body(BIG))], [{"company_size": 600}, {}]
    for before, after, kind in ((side, [], "lost"), ([], side, "gained")):
        found = compare(before, after, visitors)
        assert +found.tally.counts == {kind: 1}
        assert found.configs[0].together == Counter()


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ({}, {"isActive": False}, "deactivated"),
        ({"isActive": False}, {}, "activated"),
        ({"isActive": False}, {"isActive": False, "priority": 5}, None),
        ({}, {"priority": 5}, "changed"),
        ({}, {"label": "B"}, None),
    ],
)
def test_what_happened_to_a_config(
    before: dict[str, Any], after: dict[str, Any], what: str | None
) -> None:
    other = ("b", body(ROME))
    found = compare([("a", body(BIG, **before)), other], [("a", body(BIG) | after), other], [{}])
    assert [it.what for it in found.configs] == [what] * (what is not None)


def test_an_added_config_takes_visitors_from_one_that_did_not_change() -> None:
    visitors = [{"city": "Rome"}, {"city": "Rome", "company_size": 900}, {"company_size": 900}]
    old = ("b", body(ROME, priority=2))
    found = compare([old], [("a", body(BIG, priority=1)), old], visitors)
    assert [it.slug for it in found.configs] == ["a"]
    assert found.tally.body() == {"gained": 1, "lost": 0, "moved": 1, "scoreChanged": 0}
    assert [(it.before, it.after, it.visitors) for it in found.moves] == [("b", "a", 1)]
    assert found.moves[0].deciding == [(Cause("a", "added"), 1)]


def test_a_priority_or_a_switch_moves_visitors() -> None:
    visitors = [{"city": "Rome", "company_size": 900}]
    first, second = ("a", body(BIG, priority=1)), ("b", body(ROME, priority=2))
    later = compare([first, second], [("a", body(BIG, priority=3)), second], visitors)
    [(cause, count)] = later.moves[0].deciding
    assert cause_text(cause) == "a: priority 1 -> 3"
    assert (count, later.moves[0].together) == (1, 0)
    off = ("a", body(BIG, priority=1, isActive=False))
    switched = compare([first, second], [off, second], visitors)
    assert switched.moves[0].deciding == [(Cause("a", "deactivated"), 1)]
    tiny = ("company_size", "lt", 5)
    changed = [("a", body(tiny, priority=3)), second]
    both = compare([first, second], changed, visitors).moves[0]
    assert (both.deciding, both.together) == ([], 1)
    assert causes_text(both) == "several changes together (1)"


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ("lost>1", True),
        ("lost>2", False),
        ("lost>=2", True),
        (" lost >= 50% ", True),
        ("lost>50%", False),
        ("lost>49.99%", True),
        ("gained>=0", True),
        ("gained>=0%", False),
        ("moved>0", False),
        ("score_changed>=1", False),
    ],
)
def test_bounds(text: str, reached: bool) -> None:
    visitors = [{"company_size": 500 + 100 * number} for number in range(4)]
    found = compare([("a", body(BIG))], [("a", body(("company_size", "gte", 700)))], visitors)
    assert Bound.parse(text).reached(found) == reached


def test_a_percentage_of_nobody() -> None:
    found = compare([("a", body(ROME))], [("a", body(BIG))], [{"company_size": 500}])
    assert Bound.parse("gained>1000%").reached(found)
    assert not Bound.parse("lost>=0%").reached(found)


@pytest.mark.parametrize(
    "text",
    [
        *("", "lost", "lost>", "lost<5", "lost=5", "won>5", "lost>5.5", "lost>-1", "lost>5%%"),
        *("lost>1e3", "lost>\u0665", "LOST>5", "lost>>5", "lost>5 visitors", "lost>" + "9" * 16),
    ],
)
def test_what_is_no_bound(text: str) -> None:
    with pytest.raises(IcpctlError, match="is not a bound") as found:
        Bound.parse(text)
    assert "lost, moved, score_changed" in str(found.value.hint)
