"""Statistics against published tables, exact fractions, and other libraries where installed."""

from __future__ import annotations

from fractions import Fraction
from math import comb, inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpctl.features.outcomes.statistics.contingency import (
    benjamini_hochberg,
    fisher,
    mantel_haenszel,
)
from icpctl.features.outcomes.statistics.intervals import (
    TwoRates,
    Z,
    lift_interval,
    ratio_interval,
    wilson,
)
from icpctl.features.outcomes.statistics.rankings import auc, level_counts, won_among_best

COUNTS = st.integers(0, 60)
TABLES = st.tuples(COUNTS, COUNTS, COUNTS, COUNTS)


def rates_of(most: int) -> st.SearchStrategy[tuple[int, int]]:
    """Hits and units."""
    units = st.integers(1, most)
    return units.flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count)))


LARGE = st.tuples(*[st.integers(0, 300_000)] * 4)


# Wilson


@pytest.mark.parametrize(
    ("hits", "units", "low", "high"),
    # R. G. Newcombe, 1998, Statistics in Medicine 17, 857-872, table I, method 3
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0000),
    ],
)
def test_wilson_is_newcombes_table(hits: int, units: int, low: float, high: float) -> None:
    assert wilson(hits, units) == pytest.approx((low, high), abs=5e-5)


def test_no_units_say_nothing() -> None:
    assert wilson(0, 0) == (0, 1)


@given(
    st.integers(0, 10**6).flatmap(lambda units: st.tuples(st.integers(0, units), st.just(units)))
)
def test_wilson_ends_solve_the_score_equation(counts: tuple[int, int]) -> None:
    hits, units = counts
    for end in wilson(hits, units):
        if 0 < end < 1:
            gap = abs(hits / units - end)
            assert gap == pytest.approx(Z * sqrt(end * (1 - end) / units), rel=1e-9)


@given(
    st.integers(1, 10**6).flatmap(lambda units: st.tuples(st.integers(0, units), st.just(units)))
)
def test_wilson_is_statsmodels(counts: tuple[int, int]) -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    expected = proportion.proportion_confint(*counts, method="wilson")
    assert wilson(*counts) == pytest.approx(expected, abs=1e-9)


# Ratios and lifts


def test_ratio_is_koopmans_example() -> None:
    assert ratio_interval(TwoRates(36, 40, 16, 80)) == pytest.approx((2.94, 7.15), abs=0.01)


def test_ratio_keeps_its_digits_at_the_rim() -> None:
    """The root of the score equation with 50 decimal digits."""
    low, _ = ratio_interval(TwoRates(1, 2, 56, 57))
    assert low == pytest.approx(0.0961972390006079473814, rel=1e-12)


RATES = rates_of(2000)


@given(a=RATES, b=RATES)
def test_swapped_rates_have_the_inverse_interval(a: tuple[int, int], b: tuple[int, int]) -> None:
    low, high = ratio_interval(TwoRates(*a, *b))
    other_low, other_high = ratio_interval(TwoRates(*b, *a))
    assert low == pytest.approx(1 / other_high if other_high else inf, rel=1e-9)
    assert other_low == pytest.approx(1 / high if high else inf, rel=1e-9)


@given(
    hits=st.integers(1, 400), more=st.integers(1, 400), other=st.integers(1, 400),
    others=st.integers(1, 4000),
)  # fmt: skip
def test_ratio_is_statsmodels(hits: int, more: int, other: int, others: int) -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    rates = (hits, hits + more, other, other + others)
    # its closed form loses digits that halving keeps: the frozen case below has twelve
    expected = proportion.confint_proportions_2indep(
        *rates, compare="ratio", method="score", correction=False
    )
    assert ratio_interval(TwoRates(*rates)) == pytest.approx(expected, rel=1e-6)


@given(TABLES)
def test_lift_lies_in_its_interval(table: tuple[int, int, int, int]) -> None:
    a, b, c, _ = table
    if a + b == 0 or a + c == 0:
        return
    lift = (a / (a + b)) / ((a + c) / sum(table))
    low, high = lift_interval(a, a + b, a + c, sum(table))
    assert low - 1e-12 <= lift <= high + 1e-12
    assert high <= sum(table) / (a + b) + 1e-9


# Fisher


def fisher_exactly(a: int, b: int, c: int, d: int) -> Fraction:
    """By the definition, in whole numbers."""
    met, won, units = a + b, a + c, a + b + c + d
    ways = [comb(won, k) * comb(units - won, met - k) for k in range(met + 1)]
    return Fraction(sum(way for way in ways if way <= ways[a]), sum(ways))


@pytest.mark.parametrize(
    ("table", "p"),
    [
        ((3, 1, 1, 3), 0.4857142857142857),  # the lady tasting tea
        ((2, 15, 10, 3), 0.0005367241191),  # convictions of twins, Fisher 1962
        ((0, 0, 3, 5), 1.0),
        ((4, 0, 0, 0), 1.0),
        ((5, 0, 0, 999_995), 1 / comb(1_000_000, 5)),
    ],
)
def test_fisher_is_published(table: tuple[int, int, int, int], p: float) -> None:
    assert fisher(*table) == pytest.approx(p, rel=1e-9)


@given(TABLES)
def test_fisher_is_the_definition(table: tuple[int, int, int, int]) -> None:
    assert fisher(*table) == pytest.approx(float(fisher_exactly(*table)), rel=1e-9)


@given(LARGE)
def test_fisher_of_large_tables_is_scipys(table: tuple[int, int, int, int]) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = stats.fisher_exact([table[:2], table[2:]]).pvalue
    assert fisher(*table) == pytest.approx(expected, abs=1e-9)


@given(TABLES)
def test_fisher_is_the_same_for_a_turned_table(table: tuple[int, int, int, int]) -> None:
    a, b, c, d = table
    p = fisher(*table)
    for turned in ((c, d, a, b), (b, a, d, c), (a, c, b, d)):
        assert fisher(*turned) == pytest.approx(p, rel=1e-9)


# Many tests

PUBLISHED = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459),
    *(0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
]  # Benjamini and Hochberg 1995, section 4: four of them are discoveries at 5 %


def test_benjamini_hochberg_is_published() -> None:
    q = benjamini_hochberg(PUBLISHED[::-1])[::-1]
    assert (q < 0.05).tolist() == [True] * 4 + [False] * 11
    assert q[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625], abs=1e-9)
    assert benjamini_hochberg([]).tolist() == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_benjamini_hochberg_is_statsmodels(p: list[float]) -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    expected = multitest.multipletests(p, method="fdr_bh")[1]
    assert benjamini_hochberg(p) == pytest.approx(expected, abs=1e-9)


# Odds with the rest equal

BERKELEY = [
    *((512, 313, 89, 19), (353, 207, 17, 8), (120, 205, 202, 391)),
    *((138, 279, 131, 244), (53, 138, 94, 299), (22, 351, 24, 317)),
]  # admissions of men and women by department, P. J. Bickel et al. 1975, Science 187, 398-404


def test_mantel_haenszel_is_published() -> None:
    assert mantel_haenszel(*zip(*BERKELEY, strict=True)) == pytest.approx(0.9046968, abs=5e-8)


@given(st.lists(st.tuples(*[st.integers(0, 30)] * 4), max_size=8))
def test_mantel_haenszel_is_the_definition(strata: list[tuple[int, int, int, int]]) -> None:
    some = [stratum for stratum in strata if sum(stratum)]
    up = sum((Fraction(a * d, a + b + c + d) for a, b, c, d in some), Fraction(0))
    down = sum((Fraction(b * c, a + b + c + d) for a, b, c, d in some), Fraction(0))
    result = mantel_haenszel(*(np.array(strata, float).reshape(-1, 4).T))
    if down:
        assert result == pytest.approx(float(up / down), rel=1e-9)
    else:
        assert result == (inf if up else None)


@given(st.lists(st.tuples(*[st.integers(1, 30)] * 4), min_size=1, max_size=8))
def test_mantel_haenszel_is_statsmodels(strata: list[tuple[int, int, int, int]]) -> None:
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    expected = tables.StratifiedTable(
        [np.array(stratum, float).reshape(2, 2) for stratum in strata]
    ).oddsratio_pooled
    assert mantel_haenszel(*zip(*strata, strict=True)) == pytest.approx(expected, rel=1e-9)


# Rankings

RANKED = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=60).filter(
    lambda units: len({won for _, won in units}) == 2
)


@given(RANKED)
def test_auc_is_scikit_learns(units: list[tuple[int, bool]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    scores, won = zip(*units, strict=True)
    assert auc(*level_counts(scores, won)).value == pytest.approx(
        metrics.roc_auc_score(won, scores), abs=1e-12
    )


@given(RANKED)
def test_a_reversed_score_has_the_mirrored_auc(units: list[tuple[int, bool]]) -> None:
    scores, won = (np.array(column) for column in zip(*units, strict=True))
    up, down = auc(*level_counts(scores, won)), auc(*level_counts(-scores, won))
    assert up.value == pytest.approx(1 - down.value, abs=1e-12)
    if up.low is not None:
        assert up.low == pytest.approx(1 - down.high, abs=1e-9)


def test_delong_of_a_small_example() -> None:
    # won 3, 4, 5 over others 1, 2, 3.5: placements 2/3, 1, 1 and 1, 1, 2/3
    result = auc(*level_counts([3, 4, 5, 1, 2, 3.5], [1, 1, 1, 0, 0, 0]))
    assert result.value == pytest.approx(8 / 9)
    assert result.low == pytest.approx(8 / 9 - Z * sqrt(2 * (1 / 27) / 3))
    assert result.high == 1


@pytest.mark.parametrize("won", [[0, 0], [1, 1]])
def test_one_kind_of_unit_has_no_auc(won: list[int]) -> None:
    assert auc(*level_counts([1, 2], won)) is None


@given(RANKED, st.integers(0, 70))
def test_best_units_bring_no_less_than_the_order_allows(
    units: list[tuple[int, bool]], capacity: int
) -> None:
    won = won_among_best(*level_counts(*zip(*units, strict=True)), capacity)
    ranked = sorted(units, key=lambda unit: (-unit[0], unit[1]))
    lucky = sorted(units, key=lambda unit: (-unit[0], -unit[1]))
    low, high = (sum(w for _, w in order[:capacity]) for order in (ranked, lucky))
    assert low - 1e-9 <= won <= high + 1e-9
