"""Visitors and matches over a period: by config, by day and by the values of a field."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - pydantic reads it
from typing import TYPE_CHECKING

import pyarrow as pa
from msgspec import Struct, field
from msgspec.structs import replace
from pydantic import Field

from icpctl.errors import IcpctlError, word_hint
from icpctl.features.report.breakdowns import (
    DayReport,
    FieldReport,
    LastSeen,
    Tally,
    count_days,
    count_values,
    day_reports,
    field_report,
)
from icpctl.features.report.period import Period  # noqa: TC001 - a field of a dataclass
from icpctl.mappings.mapping import LAST_SEEN
from icpctl.scoring.counts import Counts
from icpctl.scoring.report import ConfigReport, Report
from icpctl.scoring.run import score
from icpctl.vocabulary import CONDITION_TYPES, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from icpctl.config.model import IcpConfig
    from icpctl.exports.files.sources import Source
    from icpctl.scoring.run import Options, Rows, Run
    from icpctl.vocabulary import ConditionType


class StatsReport(Report):
    """A whole period. `average_score` is the mean `icp_score` of the visitors that match.

    `excluded` and `tiers` count visitors, None where no config excludes and there are no tiers.
    """

    organization: str | None
    first: datetime | date | None = Field(serialization_alias="from")
    last: datetime | date | None = Field(serialization_alias="to")
    visitors: int
    matched: int
    match_rate: float | None
    average_score: float | None
    excluded: int | None = Field(default=None, exclude_if=lambda count: count is None)
    tiers: dict[str, int] | None = Field(default=None, exclude_if=lambda counts: counts is None)
    configs: list[ConfigReport]
    days: list[DayReport]
    by: FieldReport | None = None


class Stats(Struct):
    """A report, its run, and how many visitors have a `last_seen` that is not a valid date."""

    report: StatsReport
    run: Run
    dateless: int


def stats(
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    counts: StatsCounts,
    organization: str | None = None,
    *,
    fields: Sequence[str] = (),
    on_rows: Callable[[Rows], None] = lambda _: None,
    on_sources: Callable[[Sequence[Source]], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Stats:
    """Score visitors against `(slug, config)` pairs, and count those of a period with `counts`.

    `fields` are more fields that the rows for `on_rows` must have; the callbacks are those of
    `score`. Raises what reading raises.
    """

    def count(rows: Rows) -> None:
        counts.add(rows)
        on_rows(rows)

    run = score(
        visitors,
        configs,
        replace(options, fields=tuple(dict.fromkeys([*counts.fields, *fields]))),
        on_sources=on_sources,
        on_rows=count,
        on_progress=on_progress,
    )
    return counts.stats(run, organization, case_sensitive=options.case_sensitive)


class StatsCounts(Struct):
    """The visitors of a period that were counted so far, also by the text field `by`."""

    period: Period
    by: str | None
    counts: Counts
    days: Tally = field(default_factory=Tally)
    tokens: Tally = field(default_factory=Tally)
    dateless: int = 0

    @classmethod
    def of(
        cls,
        period: Period,
        by: str | None,
        configs: int,
        tiers: int = 0,
        custom: Mapping[str, ConditionType] | None = None,
    ) -> StatsCounts:
        """Nothing counted yet. Raises `IcpctlError` `no_such_field`."""
        if by is not None:
            _require_text(by, custom or {})
        return cls(period, by, Counts(configs, tiers))

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that rows must have."""
        return tuple(dict.fromkeys([LAST_SEEN, *([self.by] if self.by else ())]))

    def add(self, rows: Rows) -> None:
        """Count the rows of a batch, which have `fields`."""
        seen = LastSeen.of(rows.fields[LAST_SEEN])
        self.dateless += seen.misfits
        chosen = self.period.chosen(seen.micros, seen.known)
        self.counts.add(rows.verdicts, chosen)
        held = rows.verdicts.icp[chosen] >= 0
        count_days(self.days, seen, chosen, held)
        if self.by is not None:
            count_values(self.tokens, rows.fields[self.by].filter(pa.array(chosen)), held)

    def merge(self, later: StatsCounts) -> None:
        """Add what was counted of other visitors."""
        self.counts.merge(later.counts)
        self.days.merge(later.days)
        self.tokens.merge(later.tokens)
        self.dateless += later.dateless

    def stats(self, run: Run, organization: str | None, *, case_sensitive: bool) -> Stats:
        """The statistics, when all that `run` read is counted."""
        counts, period, by = self.counts, self.period, self.by
        report = StatsReport(
            organization=organization,
            first=period.first,
            last=period.last,
            visitors=counts.visitors,
            matched=counts.matched,
            match_rate=counts.match_rate,
            average_score=counts.average_score,
            excluded=None if run.report.excluded is None else counts.excluded,
            tiers=counts.tier_counts(run.report.tiers or {}),
            configs=counts.config_reports(run.report.configs),
            days=day_reports(self.days),
            by=field_report(by, self.tokens, case_sensitive) if by else None,
        )
        return Stats(report, run, self.dateless)


def _require_text(name: str, custom: Mapping[str, ConditionType]) -> None:
    types = {**CONDITION_TYPES, **custom}
    entry = types.get(name)
    if entry and entry.kind is Kind.TEXT:
        return
    texts = [entry.name for entry in types.values() if entry.kind is Kind.TEXT]
    one_of = f"one of: {', '.join(texts)}"
    raise IcpctlError(
        f"--by {name}: this field holds no text" if entry else f"--by {name!r}: no such field",
        "no_such_field",
        hint=one_of if entry else word_hint(name, texts, one_of),
    )
