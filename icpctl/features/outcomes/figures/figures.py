"""From counts to figures: rates with their intervals, rankings, bands, tiers and missed wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from icpctl.features.outcomes import model
from icpctl.features.outcomes.figures.condition_verdicts import judge_conditions
from icpctl.features.outcomes.figures.rates import FEWEST_WON, estimate_lift, rate
from icpctl.features.outcomes.statistics.rankings import auc, won_among_best

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpctl.features.outcomes.counts.counting import ConfigShape, OutcomeCounts, Scores
    from icpctl.features.outcomes.statistics.suspects import Suspicion

BANDS = ((0, 20), (20, 40), (40, 60), (60, 80), (80, 100))
"""Bands of the score: from, to below; 100 is in the last."""

ALL_TOGETHER = "all together"
NO_MATCH_NAME = "no match"


def make_outcomes(
    counts: OutcomeCounts,
    *,
    suspicions: Mapping[str, Suspicion],
    tiers: Mapping[str, float] | None = None,
    capacity: int | None = None,
) -> model.Outcomes:
    """Every figure of what was counted. `tiers` are lowest scores; `suspicions` go by field."""
    together = counts.scores.of(len(counts.configs))
    suspects = {name: s for name, s in suspicions.items() if s.is_suspect}
    conditions = judge_conditions(counts, suspects)
    return model.Outcomes(
        base=rate(counts.won, counts.units),
        together=_ranking(counts, None, ALL_TOGETHER, together, capacity),
        tiers=_tiers(counts, together, tiers or {}),
        configs=tuple(
            model.ConfigOutcomes(
                _ranking(counts, config.slug, config.label, counts.scores.of(column), capacity),
                conditions[column],
                _missed(counts, config, number=column),
            )
            for column, config in enumerate(counts.configs)
        ),
        suspects=tuple(_suspect(name, suspicion) for name, suspicion in sorted(suspects.items())),
        too_few_won=counts.won < FEWEST_WON,
    )


def _ranking(
    counts: OutcomeCounts, slug: str | None, name: str, scores: Scores, capacity: int | None
) -> model.Ranking:
    won, others = scores.by_level()
    ranking = auc(won, others)
    return model.Ranking(
        slug,
        _figures(counts, name, scores.matched),
        None if ranking is None else model.Estimate(ranking.value, ranking.low, ranking.high),
        None if capacity is None else _best(won, others, capacity),
        _bands(counts, scores),
    )


def _figures(counts: OutcomeCounts, name: str, part: Scores) -> model.Figures:
    units, won, paid = (int(column.sum()) for column in (part.units, part.won, part.paid))
    return model.Figures(
        name,
        units,
        won,
        precision=rate(won, units),
        recall=rate(won, counts.won),
        lift=estimate_lift(won, units, counts.won, counts.units),
        average_amount=float(part.amounts.sum()) / paid if paid else None,
    )


def _best(won: np.ndarray, others: np.ndarray, capacity: int) -> model.Best:
    units = int(won.sum() + others.sum())
    taken = min(capacity, units)
    at_random = taken * int(won.sum()) / units if units else 0.0
    return model.Best(capacity, won_among_best(won, others, capacity), at_random)


def _bands(counts: OutcomeCounts, scores: Scores) -> tuple[model.Figures, ...]:
    """Bands that hold any unit, the highest first, then the units that do not match."""
    parts = [
        (f"{low} to {high}", scores.between(low * 100, high * 100 + (high == 100)))
        for low, high in reversed(BANDS)
    ]
    parts.append((NO_MATCH_NAME, scores.between(-1, 0)))
    return tuple(_figures(counts, name, part) for name, part in parts if part.units.sum())


def _tiers(
    counts: OutcomeCounts, scores: Scores, tiers: Mapping[str, float]
) -> tuple[model.Figures, ...]:
    """Each tier, the highest first: matching units from its lowest score to below the next."""
    above = 100_01
    figures = []
    for name, lowest in sorted(tiers.items(), key=lambda tier: -tier[1]):
        bound = int(np.ceil(lowest * 100))
        figures.append(_figures(counts, name, scores.between(bound, above)))
        above = bound
    return tuple(figures)


def _missed(counts: OutcomeCounts, config: ConfigShape, number: int) -> model.MissedWins:
    """The won units that a config does not match; of an excluding one that is not a loss."""
    if config.excludes:
        return model.MissedWins(0, (), 0)
    missed = counts.won - int(counts.scores.of(config.column).matched.won.sum())
    shut = [
        model.ShutOut(
            condition.text,
            condition.group + 1,
            int(counts.shut[condition.shut_out]),
            int(counts.shut_won[condition.shut_out]),
        )
        for condition in config.conditions
    ]
    shut.sort(key=lambda entry: (-entry.won, -entry.units))
    return model.MissedWins(
        missed,
        tuple(entry for entry in shut if entry.won),
        missed - int(counts.shut_once_won[number]),
    )


def _suspect(name: str, suspicion: Suspicion) -> model.SuspectField:
    return model.SuspectField(
        name,
        suspicion.auc,
        suspicion.missing_won,
        suspicion.missing_others,
        suspicion.by_values,
        suspicion.by_missing,
    )
