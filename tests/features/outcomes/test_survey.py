"""Everything that is counted equals the oracle; and laws that hold for any data."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpctl.features.outcomes.figures.figures import make_outcomes
from icpctl.features.outcomes.statistics.intervals import Z
from tests.features.outcomes import oracle
from tests.features.outcomes.support import survey

CONFIGS = [[[0, 1, 2]], [[1, 3], [4]]]
LITERALS, SHUT_OUTS = 5, 6
OF_CONFIG = [{0, 1, 2}, {3, 4, 5}]
TIMES = st.none() | st.integers(0, 6)
KEYS = st.none() | st.sampled_from("abcdefgh")
SCORES = st.none() | st.sampled_from([0, 1000, 3333, 5000, 10000])
VISITORS = st.fixed_dictionaries(
    {
        "key": KEYS,
        "last_seen": TIMES,
        "scores": st.lists(SCORES, min_size=3, max_size=3),
        "literals": st.sets(st.integers(0, LITERALS - 1)),
        "shut_out": st.sets(st.integers(0, SHUT_OUTS - 1)),
    }
)
DEALS = st.fixed_dictionaries(
    {
        "key": KEYS,
        "outcome": st.sampled_from(["won", "won", "lost", "open"]),
        "close": TIMES,
        "amount": st.none() | st.integers(0, 100),
    }
)
SCOPES = st.fixed_dictionaries(
    {"by_account": st.booleans(), "against_lost": st.booleans()},
    optional={
        "open_from": st.integers(0, 6),
        "period": st.sampled_from([(1, 4), (0, 7)]),
        "newest": st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    },
)
DATA = st.tuples(st.lists(VISITORS, max_size=30), st.lists(DEALS, max_size=12), SCOPES)


def both(data: Any, batch: int = 1000) -> tuple[Any, list[dict[str, Any]], Any]:
    visitors, deals, scope = data
    result = survey(visitors, deals, CONFIGS, literals=LITERALS, batch=batch, **scope)
    units = oracle.units_of(visitors, deals, by_account=scope["by_account"])
    return (
        result,
        oracle.select(units, **scope),
        make_outcomes(result.counts, suspicions={}, capacity=3, tiers={"A": 50, "B": 10}),
    )


def matches(unit: dict[str, Any], column: int) -> bool:
    return unit["scores"][column] is not None


@given(data=DATA, batch=st.sampled_from([3, 1000]))
def test_figures_are_the_oracles(data: Any, batch: int) -> None:
    _, units, outcomes = both(data, batch)
    won = [unit for unit in units if oracle.is_won(unit)]
    assert (outcomes.base.count, outcomes.base.of) == (len(won), len(units))
    for ranking, column in zip(outcomes.rankings, [2, 0, 1], strict=True):
        matched = [unit for unit in units if matches(unit, column)]
        hits = [unit for unit in matched if oracle.is_won(unit)]
        assert (ranking.figures.units, ranking.figures.won) == (len(matched), len(hits))
        assert (ranking.figures.recall.count, ranking.figures.recall.of) == (len(hits), len(won))
        amounts = [u["deal"]["amount"] for u in hits if u["deal"]["amount"] is not None]
        average = sum(amounts) / len(amounts) if amounts else None
        assert ranking.figures.average_amount == (
            None if average is None else pytest.approx(average)
        )
        if matched and won:
            lift = len(hits) / len(matched) / (len(won) / len(units))
            assert ranking.figures.lift.value == pytest.approx(lift, rel=1e-12)
        else:
            assert ranking.figures.lift is None
        assert ranking.best.won == pytest.approx(float(oracle.won_at(units, column, 3)), rel=1e-12)


@given(data=DATA, batch=st.sampled_from([3, 1000]))
def test_auc_and_its_interval_are_the_oracles(data: Any, batch: int) -> None:
    _, units, outcomes = both(data, batch)
    for ranking, column in zip(outcomes.rankings, [2, 0, 1], strict=True):
        expected, spread = oracle.auc(units, column), oracle.delong(units, column)
        assert (ranking.auc is None) == (expected is None)
        if expected is not None:
            assert ranking.auc.value == pytest.approx(float(expected), abs=1e-12)
            assert (ranking.auc.low is None) == (spread is None)
        if spread is not None:
            low = max(0.0, float(expected) - Z * sqrt(spread))
            assert ranking.auc.low == pytest.approx(low, abs=1e-9)


@given(data=DATA, batch=st.sampled_from([3, 1000]))
def test_conditions_are_the_oracles(data: Any, batch: int) -> None:
    _, units, outcomes = both(data, batch)
    for groups, config in zip(CONFIGS, outcomes.configs, strict=True):
        for condition in config.conditions:
            literal = int(condition.field[1:])
            meets = [unit for unit in units if literal in unit["literals"]]
            hits = sum(map(oracle.is_won, meets))
            assert (condition.meets.count, condition.meets.of) == (hits, len(meets))
            assert condition.others.of == len(units) - len(meets)
            assert condition.others.count == sum(map(oracle.is_won, units)) - hits
            others = [other for other in groups[condition.group - 1] if other != literal]
            expected = oracle.odds_ratio(units, literal, others)
            if expected is None or expected == inf:
                assert condition.odds_ratio == expected
            else:
                assert condition.odds_ratio == pytest.approx(float(expected), rel=1e-9)


@given(data=DATA, batch=st.sampled_from([3, 1000]))
def test_missed_wins_are_the_oracles(data: Any, batch: int) -> None:
    _, units, outcomes = both(data, batch)
    for column, config in enumerate(outcomes.configs):
        missed = [u for u in units if oracle.is_won(u) and not matches(u, column)]
        assert config.missed.won == len(missed)
        several = [unit for unit in missed if not unit["shut_out"] & OF_CONFIG[column]]
        assert config.missed.by_several == len(several)
        for shut in config.missed.by_condition:
            assert shut.won <= shut.units
        total = sum(len(unit["shut_out"] & OF_CONFIG[column]) for unit in missed)
        assert sum(shut.won for shut in config.missed.by_condition) == total


@given(data=DATA)
def test_parts_add_up(data: Any) -> None:
    _, _, outcomes = both(data)
    for ranking in outcomes.rankings:
        figures = ranking.figures
        assert sum(band.units for band in ranking.bands) == outcomes.base.of
        assert sum(band.won for band in ranking.bands) == outcomes.base.count
        assert figures.units == figures.precision.of
        assert figures.won == figures.precision.count == figures.recall.count
    for config in outcomes.configs:
        assert config.ranking.figures.won + config.missed.won == outcomes.base.count
    together = outcomes.together.figures
    in_tiers = sum(tier.units for tier in outcomes.tiers)
    below = sum(band.units for band in outcomes.together.bands if band.name == "0 to 20")
    assert together.units - below <= in_tiers <= together.units


@given(data=DATA)
def test_batches_change_nothing(data: Any) -> None:
    assert both(data, 1)[2] == both(data, 1000)[2]


@given(data=DATA, again=st.integers(0, 29))
def test_a_repeated_visitor_of_an_account_changes_nothing(data: Any, again: int) -> None:
    visitors, deals, scope = data
    scope = {**scope, "by_account": True}
    twice = visitors + visitors[again : again + 1]
    assert both((twice, deals, scope))[2] == both((visitors, deals, scope))[2]


@given(data=DATA)
def test_a_deal_that_closed_before_every_visit_removes_its_visitors(data: Any) -> None:
    visitors, deals, scope = data
    seen = [{**visitor, "last_seen": visitor["last_seen"] or 1} for visitor in visitors]
    closed = [{**deal, "close": 0} for deal in deals]
    result, units, outcomes = both((seen, closed, scope))
    assert outcomes.base.count == 0
    assert result.joined.joined_keys == 0
    assert all(unit["deal"] is None for unit in units)


@given(data=DATA)
def test_both_sides_of_the_join_are_counted(data: Any) -> None:
    visitors, deals, scope = data
    result, *_ = both(data)
    keys = {deal["key"] for deal in deals if deal["outcome"] != "open"} - {None}
    assert len(result.deals) == len(keys)
    assert result.joined.visitors == len(visitors)
    assert result.joined.without_key == sum(visitor["key"] is None for visitor in visitors)
    assert result.joined.joined_keys <= len(keys)
    assert result.deals.without_key == sum(deal["key"] is None for deal in deals)
    has_unit = [v for v in visitors if v["key"] is not None or not scope["by_account"]]
    assert result.joined.without_account == len(visitors) - len(has_unit)
    unseen = sum(visitor["last_seen"] is None for visitor in has_unit)
    assert result.joined.without_last_seen == unseen


@given(data=DATA)
def test_more_bounds_never_bring_more_units(data: Any) -> None:
    visitors, deals, scope = data
    free = {"by_account": scope["by_account"], "against_lost": False}
    result, *_ = both(data)
    everyone, *_ = both((visitors, deals, free))
    assert result.counts.units <= everyone.counts.units
    if not scope["against_lost"]:
        outside = result.joined.outside + result.joined.open
        assert result.counts.units + outside == everyone.counts.units
