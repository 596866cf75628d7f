"""Statistics of a period: tables, on terminals with bars, and JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from icpctl.features.report.periods import grouped
from icpctl.features.report.target import Reporting, reporting
from icpctl.features.stats.counting import stats
from icpctl.output.bars import add_bars
from icpctl.output.console import note, shown, table
from icpctl.output.progress import progress
from icpctl.output.score import counted, percent, print_configs, print_notes
from icpctl.scoring.report import rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.config_file import ConfigFile
    from icpctl.features.report.breakdowns import DayReport, FieldReport
    from icpctl.features.report.pages import ReportTarget
    from icpctl.features.stats.counting import Stats, StatsCounts, StatsReport
    from icpctl.output.formats import ReportFormat
    from icpctl.scoring.report import Limit
    from icpctl.scoring.run import Options

_MOST_ROWS = 31  # bars that fit on a terminal together
_NUMBERS = ["VISITORS", "MATCHED", "RATE"]
_WIDEST_BAR = 40
_NO_DATE = "(no date)"


def stats_into(
    visitors: Sequence[str],
    configs: Sequence[ConfigFile],
    options: Options,
    counts: StatsCounts,
    organization: str | None,
    target: ReportTarget | None,
) -> Stats:
    """Count a period with `counts`; the report of `target` appears when all is read, or not at all.

    Raises `IcpctlError`: `bad_usage` where the report would take an input's place, `not_written`,
    and what `stats` raises.
    """
    figures = target.counts(configs, options, counts.period) if target else None

    report = Reporting(target, figures.on_sources) if target and figures else None
    with reporting(report), progress(sys.stderr) as on_progress:
        found = stats(
            visitors,
            [(it.slug, it.config) for it in configs],
            options,
            counts,
            organization,
            figures=figures,
            on_sources=report.on_sources if report else lambda _: None,
            on_progress=on_progress,
        )
        if report and target and figures:
            report.write = partial(target.write, counts=figures, run=found.run, configs=configs)
    return found


def print_stats(found: Stats, output: ReportFormat, limit: Limit) -> None:
    """Print statistics on stdout, and what was wrong with the input on stderr."""
    report = found.report
    if output == "json":
        body = report.model_dump(mode="json", by_alias=True, exclude=None if report.by else {"by"})
        print(json.dumps(body, indent=2, ensure_ascii=False))
    else:
        _print_tables(report)
    sys.stdout.flush()
    print_notes(found.run, limit, "icpctl score --rejects FILE keeps them")
    if found.dateless:
        who = counted(found.dateless, "visitor")
        note(f"last_seen is no date for {who}: they count without one")


def _print_tables(report: StatsReport) -> None:
    print(_headline(report), end="\n\n")
    print_configs(report.configs, sys.stdout)
    if report.by and report.by.values:
        print()
        _print_values(report.by)
    if report.days:
        print()
        _print_days(report.days)


def _headline(report: StatsReport) -> str:
    since = f" from {report.first}" if report.first else ""
    until = f" to {report.last}" if report.last else ""
    seen = " last seen" if since or until else ""
    text = f"{counted(report.visitors, 'visitor')}{seen}{since}{until}, "
    text += counted(report.matched, "match", "matches")
    if report.match_rate is not None:
        text += f" ({percent(report.match_rate)})"
    if report.average_score is not None:
        text += f", average score {report.average_score:.2f}"
    return text


def _print_values(by: FieldReport) -> None:
    rows = [
        _Bar(it.value if it.value is not None else f"(no {by.field})", it.visitors, it.matched)
        for it in by.values
    ]
    _print_bars(by.field.upper(), rows)
    shown = sum(it.value is not None for it in by.values)
    if by.distinct > shown:
        note(f"{by.field}: the commonest {shown} of {by.distinct:,} values are shown")


def _print_days(days: Sequence[DayReport]) -> None:
    dated = [it for it in days if it.date is not None]
    undated = [_Bar(_NO_DATE, it.visitors, it.matched) for it in days if it.date is None]
    if not sys.stdout.isatty():
        bars = [_Bar(str(it.date), it.visitors, it.matched) for it in dated]
        _print_bars("DAY", bars + undated)
        return
    title, spans = grouped(dated, _MOST_ROWS)
    _print_bars(title, [_Bar(it.name, it.visitors, it.matched) for it in spans] + undated)
    if title != "DAY":
        note("the days are grouped: every single one is in -o json, and in a pipe")


@dataclass(frozen=True, slots=True)
class _Bar:
    """A row of a table with bars."""

    name: str
    visitors: int
    matched: int


def _print_bars(title: str, rows: Sequence[_Bar]) -> None:
    columns = [title, *_NUMBERS]
    cells = [[shown(it.name), f"{it.visitors:,}", f"{it.matched:,}", _rate(it)] for it in rows]
    pairs = [(it.visitors, it.matched) for it in rows]
    add_bars(columns, cells, pairs, ("MATCHED", "NOT"), _WIDEST_BAR, sys.stdout)
    table(columns, cells, folds=title, right=_NUMBERS)


def _rate(bar: _Bar) -> str:
    share = rate(bar.matched, bar.visitors)
    return "" if share is None else percent(share)
