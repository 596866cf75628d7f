"""What `suggest` promises: it finds what is there, not what is not, and always the same."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from msgspec.structs import replace

from icpctl.features.outcomes.statistics.rankings import auc, level_counts
from icpctl.features.suggest.learner.chance import LARGEST_P, p_of_search
from icpctl.features.suggest.learner.columns import Visits
from icpctl.features.suggest.learner.fitting import choose_config, fit_points
from icpctl.features.suggest.learner.suggestion import (
    Request,
    Suggestion,
    TooFewWonError,
    hold_out_random,
    in_order,
    share_cut,
    suggest,
    youden_cut,
)
from tests.features.suggest.samples import PLANTED, planted_sample, shuffle_rows, small_sample
from tests.long import LARGEST, long


def conditions(suggestion: Suggestion) -> list[tuple[object, ...]]:
    config = suggestion.config
    points = getattr(config, "points", [1] * len(config.literals))
    return [
        (literal.candidate.field, literal.candidate.comparator, literal.candidate.value, weight)
        for literal, weight in zip(config.literals, points, strict=True)
    ]


def held_out_of(sample: object, seed: int = 0) -> np.ndarray:
    return hold_out_random(0.3, np.arange(len(sample)), seed)


@pytest.fixture(scope="module")
def planted() -> Suggestion:
    sample = small_sample(1)
    return suggest(sample, held_out_of(sample), Request())


@long
def test_a_planted_rule_is_found_and_said_to_be_more_than_chance(planted: Suggestion) -> None:
    assert {field for field, *_ in conditions(planted)} >= PLANTED
    assert planted.p == 1 / 200
    assert planted.held_out.ranking.low > 0.6
    assert max(planted.stability) > 0.8
    assert all(0 <= share <= 1 for share in planted.stability)


@long
def test_points_are_whole_from_1_to_5(planted: Suggestion) -> None:
    assert all(1 <= points <= 5 for *_, points in conditions(planted))
    assert 0 < planted.min_score <= 100


@long
def test_the_order_of_the_rows_changes_nothing(planted: Suggestion) -> None:
    sample = small_sample(1)
    held_out = held_out_of(sample)
    shuffled, order = shuffle_rows(sample, 5)
    other = suggest(shuffled, held_out[order], Request())
    assert conditions(other) == conditions(planted)
    assert replace(other, config=None) == replace(planted, config=None)


@pytest.mark.parametrize("visitors", [1, 2])
def test_accounts_are_put_in_an_order_of_what_they_are(visitors: int) -> None:
    """Also those of whom a single visitor is known."""
    sample = small_sample(1)
    rows = np.repeat(np.arange(len(sample)), visitors)
    visits = Visits(tuple(column.take(rows) for column in sample.columns), rows)
    sample = replace(sample, visits=visits)
    shuffled, _ = shuffle_rows(sample, 5)
    for column, other in zip(in_order(sample).columns, in_order(shuffled).columns, strict=True):
        assert np.array_equal(column.codes, other.codes)


@long
@pytest.mark.parametrize("form", ["points", "rules"])
def test_outcomes_of_held_out_units_never_change_the_config(form: str) -> None:
    sample = small_sample(2)
    held_out = held_out_of(sample)
    request = Request(form=form)
    expected = suggest(sample, held_out, request)
    dealt = sample.won.copy()
    dealt[held_out] = np.random.default_rng(0).permutation(dealt[held_out])
    other = suggest(sample.with_outcomes(dealt), held_out, request)
    assert conditions(other) == conditions(expected)
    assert other.min_score == expected.min_score
    assert other.held_out != expected.held_out


@long
def test_the_held_out_figures_are_those_of_the_scores(planted: Suggestion) -> None:
    sample = small_sample(1)
    outside = sample.take(held_out_of(sample))
    points = planted.config.points_of(outside)
    hundredths = np.array([planted.config.hundredths(int(p)) for p in points])
    scores = np.where(hundredths >= planted.min_score * 100, hundredths, 0)
    expected = auc(*level_counts(scores, outside.won))
    assert planted.held_out.as_scored == expected
    assert planted.held_out.recall.count == int((outside.won & (scores > 0)).sum())


@long
def test_rules_are_at_most_three_groups_of_conditions() -> None:
    sample = small_sample(3)
    suggestion = suggest(sample, held_out_of(sample), Request(form="rules"))
    assert 1 <= len(suggestion.config.groups) <= 3
    assert suggestion.min_score == 0
    assert suggestion.held_out.lift.low > 1


@long
def test_outcomes_dealt_out_anew_bring_no_config() -> None:
    runs = 200 if LARGEST else 20
    sample = planted_sample(4, units=600, won=60)
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(runs):
        dealt = sample.with_outcomes(rng.permutation(sample.won))
        found += p_of_search(dealt, 3, 0) <= LARGEST_P
    assert found <= (0.1 * runs if LARGEST else LARGEST_P * runs + 3 * sqrt(runs * 0.05 * 0.95))


@long
def test_a_planted_rule_is_found_for_nearly_all_seeds() -> None:
    seeds = 100 if LARGEST else 4
    found = sum(
        {
            literal.candidate.field
            for literal in choose_config(planted_sample(seed), 8, fit_points, 0).config.literals
        }
        >= PLANTED
        for seed in range(seeds)
    )
    assert found >= 0.95 * seeds if LARGEST else found >= seeds - 1


@long
@pytest.mark.parametrize(("won", "most"), [(20, 3), (49, 3), (50, 4)])
def test_few_won_units_allow_few_conditions(won: int, most: int) -> None:
    sample = planted_sample(5, units=300, won=won, strength=3)
    suggestion = suggest(sample, held_out_of(sample), Request(max_conditions=4))
    assert suggestion.sizes_tried == most
    assert suggestion.few_won == (won < 50)
    if suggestion.config is not None:
        assert len(suggestion.config.literals) <= most


def test_fewer_than_twenty_won_units_are_refused() -> None:
    sample = planted_sample(6, won=19)
    with pytest.raises(TooFewWonError, match="19 won units"):
        suggest(sample, held_out_of(sample), Request())


def test_cuts() -> None:
    points = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    won = np.array([0, 0, 0, 0, 0, 1, 1, 1], bool)
    assert youden_cut(points, won) == 2
    assert share_cut(points, 0.25) == 3
    assert share_cut(points, 1.0) == 0


def test_held_out_units_depend_on_who_they_are_alone() -> None:
    identities = np.random.default_rng(0).integers(0, 2**62, 1000)
    held_out = hold_out_random(0.3, identities, 7)
    order = np.random.default_rng(1).permutation(1000)
    assert held_out.sum() == 300
    assert (hold_out_random(0.3, identities[order], 7) == held_out[order]).all()
    assert (hold_out_random(0.3, identities, 8) != held_out).any()
    assert not hold_out_random(0.0, identities, 7).any()
