"""Honesty under chance: what is promised on average, measured. `ICPCTL_LONG=all` runs full size."""

from __future__ import annotations

from datetime import datetime
from math import sqrt
from unittest.mock import patch

import numpy as np
import pytest

from icpctl.config.store import Workspace
from icpctl.features.outcomes.counts.counting import OutcomeCounts
from icpctl.features.outcomes.counts.survey import alternate
from icpctl.features.outcomes.figures.condition_verdicts import judge_conditions
from icpctl.features.outcomes.joining.units import Evidence
from icpctl.features.outcomes.model import Verdict
from icpctl.features.outcomes.request import OutcomeOptions, read_request
from icpctl.features.outcomes.scanning import scan_outcomes
from icpctl.features.outcomes.statistics.intervals import TwoRates, ratio_interval, wilson
from icpctl.features.outcomes.statistics.rankings import auc, level_counts
from icpctl.features.outcomes.statistics.suspects import (
    MISSING,
    Suspicion,
    ValueCounts,
    number_values,
)
from icpctl.scoring.run import Options
from tests.features.outcomes.support import shapes_of
from tests.long import LARGEST
from tests.process import ROOT

CONFIGS = [[[0, 1, 2, 3]], [[4, 5], [6, 7, 8]], [[9, 10, 11]]]
LITERALS = 12
SAMPLE = ROOT / "sample_visitors" / "_outcomes"


def three_errors_above(share: float, runs: int) -> float:
    return share * runs + 3 * sqrt(runs * share * (1 - share))


def test_permuted_outcomes_rarely_help() -> None:
    runs, units = (1000, 400) if LARGEST else (60, 200)
    rng = np.random.default_rng(0)
    met = rng.random((units, LITERALS)) < rng.uniform(0.1, 0.9, LITERALS)
    packed = np.packbits(met, axis=1)
    scores = rng.integers(-1, 100, (units, len(CONFIGS) + 1)).astype(np.int16)
    nobody = np.zeros((units, 2), np.uint8)
    helped = 0
    for _ in range(runs):
        won = rng.permutation(np.arange(units) < units // 5)
        counts = OutcomeCounts(shapes_of(CONFIGS), LITERALS, LITERALS)
        counts.add(Evidence(scores, packed, nobody), won, np.full(units, np.nan))
        judged = judge_conditions(counts, ())
        helped += any(c.verdict is Verdict.HELPS for config in judged for c in config)
    assert helped <= three_errors_above(0.10, runs)


def test_permuted_outcomes_of_the_samples_rarely_help() -> None:
    """The evidence of the sample's accounts, with their outcomes dealt out anew."""
    runs = 1000 if LARGEST else 15
    evidence, won = [], []
    configs = {file.slug: file.config for file in Workspace(ROOT / "sample_configs").configs([])}
    options = Options(datetime.fromisoformat("2026-11-23T12:00:00Z"))
    asked = OutcomeOptions(won=[str(SAMPLE / "deals.csv")])
    request = read_request(asked, options.as_of)

    def keep(self: OutcomeCounts, of_units: Evidence, outcomes: np.ndarray, _: np.ndarray) -> None:
        evidence.append(of_units)
        won.append(outcomes)

    with patch.object(OutcomeCounts, "add", keep):
        scan = scan_outcomes(
            [str(SAMPLE / "visitors.jsonl")],
            [*configs.items()],
            options,
            request,
            text_of_condition=str,
        )
    shown, rng, helped = scan.survey.counts, np.random.default_rng(10), 0
    amounts = np.full(len(won[0]), np.nan)
    for _ in range(runs):
        counts = OutcomeCounts(shown.configs, shown.literals, shown.shut_outs)
        counts.add(evidence[0], rng.permutation(won[0]), amounts)
        judged = judge_conditions(counts, ())
        helped += any(c.verdict is Verdict.HELPS for config in judged for c in config)
    assert (len(won), won[0].sum() > 100) == (1, True)
    assert helped <= three_errors_above(0.10, runs)


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.35])
@pytest.mark.parametrize("units", [15, 60, 400])
def test_wilson_covers_what_it_promises(rate: float, units: int) -> None:
    """From the exact chances of each count, so that nothing is left to luck."""
    from math import comb

    covered = sum(
        comb(units, hits) * rate**hits * (1 - rate) ** (units - hits)
        for hits in range(units + 1)
        if wilson(hits, units)[0] <= rate <= wilson(hits, units)[1]
    )
    assert covered >= (0.93 if units * rate >= 1 else 0.73)


def test_wilson_covers_on_average() -> None:
    draws = 20_000 if LARGEST else 3_000
    rng = np.random.default_rng(1)
    rates, units = rng.uniform(0.01, 0.6, draws), rng.integers(20, 500, draws)
    hits = rng.binomial(units, rates)
    ends = [wilson(int(h), int(n)) for h, n in zip(hits, units, strict=True)]
    covered = np.mean([low <= rate <= high for (low, high), rate in zip(ends, rates, strict=True)])
    assert covered >= 0.93


def test_ratios_are_covered() -> None:
    draws = 5_000 if LARGEST else 400
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(draws):
        p, q = rng.uniform(0.05, 0.5, 2)
        n, m = rng.integers(20, 300, 2)
        low, high = ratio_interval(
            TwoRates(int(rng.binomial(n, p)), int(n), int(rng.binomial(m, q)), int(m))
        )
        covered += low <= p / q <= high
    assert covered >= 0.93 * draws - 3 * sqrt(draws * 0.07 * 0.93)


def test_delong_covers() -> None:
    draws = 3_000 if LARGEST else 300
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(draws):
        # normal scores one standard deviation apart: the AUC is Phi(1 / sqrt 2)
        scores = np.concatenate([rng.normal(1, 1, 60), rng.normal(0, 1, 200)])
        ranking = auc(*level_counts(scores, np.arange(260) < 60))
        covered += ranking.low <= 0.7602499389065233 <= ranking.high
    assert covered >= 0.92 * draws - 3 * sqrt(draws * 0.08 * 0.92)


def suspicion(values: np.ndarray, won: np.ndarray) -> Suspicion:
    counts = ValueCounts()
    counts.add(values, alternate(won), won)
    result = counts.suspicion()
    assert result is not None
    return result


WON = np.random.default_rng(4).random(600) < 0.2


def test_a_field_that_says_the_outcome_in_other_words_is_suspect() -> None:
    rng = np.random.default_rng(5)
    stage = np.where(WON, rng.integers(10, 13, 600), rng.integers(20, 30, 600))
    assert suspicion(stage, WON).by_values


def test_a_field_that_is_filled_after_closing_is_suspect() -> None:
    rng = np.random.default_rng(6)
    filled = np.where(WON, rng.random(600) < 0.9, rng.random(600) < 0.5)
    values = np.where(filled, rng.integers(0, 5, 600), MISSING)
    result = suspicion(values, WON)
    assert result.by_missing
    assert result.missing_others - result.missing_won > 0.2


def test_days_until_closing_are_suspect_though_no_value_comes_twice() -> None:
    rng = np.random.default_rng(7)
    days = np.where(WON, rng.uniform(1, 30, 600), rng.uniform(200, 900, 600))
    assert suspicion(number_values(days), WON).by_values


@pytest.mark.parametrize("distinct", [3, 40, 600])
def test_noise_is_not_suspect_however_many_values_it_has(distinct: int) -> None:
    values = np.random.default_rng(8).permutation(600) % distinct
    result = suspicion(values, WON)
    assert not result.is_suspect
    assert 0.35 < result.auc < 0.65


def test_a_strong_but_honest_field_is_not_suspect() -> None:
    rng = np.random.default_rng(9)
    industry = np.where(WON, rng.integers(0, 4, 600), rng.integers(0, 8, 600))
    assert not suspicion(industry, WON).is_suspect
