"""Every figure of a report, counted in the scan that scores: bounded, whatever the visitors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct, field

from icpctl.features.report.best_visitors import TopVisitors
from icpctl.features.report.breakdowns import (
    LastSeen,
    SizeCounts,
    Tally,
    count_days,
    count_values,
    day_reports,
    field_report,
)
from icpctl.features.report.excluded_visitors import ExcludedVisitors
from icpctl.features.report.period import Period
from icpctl.mappings.mapping import LAST_SEEN
from icpctl.scoring.counts import Counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.model import IcpConfig
    from icpctl.exports.files.sources import Source
    from icpctl.features.report.best_visitors import TopVisitor
    from icpctl.features.report.breakdowns import DayReport, FieldReport
    from icpctl.features.report.excluded_visitors import ExcludedVisitor
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.report import ConfigReport
    from icpctl.scoring.run import Rows, Run

STEPS = 20
"""How many steps of scores are counted, each of 100 / `STEPS`; 100 is in the last."""

BREAKDOWNS = ("industry", "country", "company_size", "utm_source")
"""The fields by whose values visitors are counted."""

MOST_TEXTS = 50_000
"""Distinct JSON texts of a field that are counted, those that come first."""

_SIZES = ("company_size", "employee_size_range")
_TEXTS = tuple(name for name in BREAKDOWNS if name not in _SIZES)


class Figures(Struct, frozen=True):
    """What a report shows of a run over `period`.

    `histograms` are each config's matches by score, in `STEPS` steps. `uncounted` are the visitors
    whose value of a field is in none of `fields`, because there were too many values. `top` is
    None where visitors are not to be shown. `tiers` and `excluded_by` count visitors, None
    where there are no tiers and no config excludes; `excluded` are the first of the latter.
    """

    period: Period
    run: Run
    visitors: int
    matched: int
    match_rate: float | None
    average_score: float | None
    configs: list[ConfigReport]
    histograms: list[list[int]]
    days: list[DayReport]
    fields: list[FieldReport]
    uncounted: dict[str, int]
    top: list[TopVisitor] | None
    sources: list[Source]
    tiers: dict[str, int] | None = None
    excluded_by: list[tuple[str, int]] | None = None
    excluded: list[ExcludedVisitor] = field(default_factory=list)


class FigureCounts:
    """Counts the rows of a run over a period; with `visitors` it also keeps the best of them."""

    def __init__(self, plan: Plan, period: Period | None = None, *, visitors: bool = True) -> None:
        self.plan = plan
        self.period = period or Period()
        self.visitors = visitors
        self._counts = Counts(len(plan.configs), len(plan.tiers))
        self._excluded = ExcludedVisitors(plan, visitors)
        self._histograms = np.zeros((len(plan.configs), STEPS), np.int64)
        self._top = TopVisitors(plan)
        self._days = Tally()
        self._texts = {name: Tally(MOST_TEXTS) for name in _TEXTS}
        self._sizes = SizeCounts()

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rows must have."""
        ours = (LAST_SEEN, *_TEXTS, *_SIZES)
        return tuple(dict.fromkeys([*ours, *(self._top.fields if self.visitors else ())]))

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        verdicts = rows.verdicts
        seen = LastSeen.of(rows.fields[LAST_SEEN])
        chosen = self.period.chosen(seen.micros, seen.known)
        self._counts.add(verdicts, chosen)
        of_chosen = np.repeat(chosen, np.diff(verdicts.offsets))
        steps = np.minimum(verdicts.hundredths // (10_000 // STEPS), STEPS - 1)
        places = (verdicts.configs.astype(np.int64) * STEPS + steps)[of_chosen]
        counted = np.bincount(places, minlength=self._histograms.size)
        self._histograms += counted.reshape(self._histograms.shape)
        held = verdicts.icp[chosen] >= 0
        count_days(self._days, seen, chosen, held)
        mask = pa.array(chosen)
        columns = {name: rows.fields[name].filter(mask) for name in (*_TEXTS, *_SIZES)}
        for name, tally in self._texts.items():
            count_values(tally, columns[name], held)
        self._sizes.add(columns["company_size"], columns["employee_size_range"], held)
        self._excluded.add(rows, chosen)
        if self.visitors:
            self._top.add(rows, chosen)

    def figures(
        self, run: Run, configs: Sequence[tuple[str, IcpConfig]], sources: Sequence[Source]
    ) -> Figures:
        """What was counted of `sources`; `configs` are those of the plan."""
        counts = self._counts
        case_sensitive = self.plan.case_sensitive
        return Figures(
            period=self.period,
            run=run,
            visitors=counts.visitors,
            matched=counts.matched,
            match_rate=counts.match_rate,
            average_score=counts.average_score,
            configs=counts.config_reports(self.plan.configs),
            histograms=self._histograms.tolist(),
            days=day_reports(self._days),
            fields=[
                self._sizes.report()
                if name in _SIZES
                else field_report(name, self._texts[name], case_sensitive)
                for name in BREAKDOWNS
            ],
            uncounted={
                name: tally.uncounted for name, tally in self._texts.items() if tally.uncounted
            },
            top=self._top.visitors(dict(configs)) if self.visitors else None,
            sources=list(sources),
            tiers=counts.tier_counts(dict(self.plan.tiers)),
            excluded_by=self._excluded.by_config,
            excluded=self._excluded.first,
        )
