"""What each condition does to the won rate, and whether that can be said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.features.outcomes.figures.rates import FEWEST_WON, estimate_lift, rate
from icpctl.features.outcomes.model import ConditionFigures, Estimate, Verdict
from icpctl.features.outcomes.statistics.contingency import (
    benjamini_hochberg,
    fisher,
    mantel_haenszel,
)

if TYPE_CHECKING:
    from collections.abc import Container

    from icpctl.features.outcomes.counts.counting import ConditionShape, ConfigShape, OutcomeCounts

DISCOVERY_RATE = 0.10
"""Of the conditions said to help or hurt, the share that may do neither."""

LITTLE = (0.9, 1.1)
"""A lift whose whole interval lies within these is little."""


def judge_conditions(
    counts: OutcomeCounts, suspects: Container[str]
) -> list[tuple[ConditionFigures, ...]]:
    """The figures of each config's conditions; tests are corrected over all of them together."""
    shown = [condition for config in counts.configs for condition in config.conditions]
    p = [fisher(*_table(counts, condition)) for condition in shown]
    tests = zip(p, benjamini_hochberg(p).tolist(), strict=True)
    return [
        tuple(
            _judge(counts, config, condition, next(tests), suspects)
            for condition in config.conditions
        )
        for config in counts.configs
    ]


def _table(counts: OutcomeCounts, condition: ConditionShape) -> tuple[int, int, int, int]:
    """Units that meet the condition and are won, and are not; fail it and are won, and are not."""
    met, won = int(counts.met[condition.literal]), int(counts.met_won[condition.literal])
    return won, met - won, counts.won - won, counts.units - met - (counts.won - won)


def _judge(
    counts: OutcomeCounts,
    config: ConfigShape,
    condition: ConditionShape,
    tests: tuple[float, float],
    suspects: Container[str],
) -> ConditionFigures:
    a, b, c, d = _table(counts, condition)
    lift = estimate_lift(a, a + b, counts.won, counts.units)
    p, q = tests
    return ConditionFigures(
        condition.text,
        condition.field,
        condition.group + 1,
        condition.optional,
        meets=rate(a, a + b),
        others=rate(c, c + d),
        lift=lift,
        odds_ratio=_odds_ratio(counts, config, condition),
        p=p,
        q=q,
        verdict=_verdict(counts.won, lift, q, condition.field in suspects),
    )


def _odds_ratio(
    counts: OutcomeCounts, config: ConfigShape, condition: ConditionShape
) -> float | None:
    """The odds ratio with the other conditions of its group equal."""
    group = config.groups[condition.group]
    return mantel_haenszel(*counts.patterns[group].strata(group.index(condition.literal)))


def _verdict(won: int, lift: Estimate | None, q: float, suspect: bool) -> Verdict:
    if won < FEWEST_WON:
        return Verdict.CANNOT_SAY
    if suspect:
        return Verdict.SUSPECT
    if lift is None or lift.low is None or lift.high is None:
        return Verdict.CANNOT_SAY
    if q < DISCOVERY_RATE:
        return Verdict.HELPS if lift.value > 1 else Verdict.HURTS
    return Verdict.LITTLE if _is_little(lift.low, lift.high) else Verdict.CANNOT_SAY


def _is_little(low: float, high: float) -> bool:
    return LITTLE[0] <= low and high <= LITTLE[1]
