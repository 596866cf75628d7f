"""Statistics of a period: tables, on terminals with bars, and JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.features.report.period import Period
from icpctl.features.report.spans import grouped
from icpctl.output.console import add_bars, note, print_json, shown, tab_separated, table
from icpctl.output.notes import SCORE_KEEPS_REJECTS, print_notes
from icpctl.output.tables import exclusion_and_tiers, print_configs, print_configs_tsv
from icpctl.output.wording import counted, percent
from icpctl.scoring.report import rate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.features.report.breakdowns import DayReport, FieldReport
    from icpctl.features.stats.counting import Stats, StatsReport
    from icpctl.output.console import TableFormat
    from icpctl.scoring.bounds import Strictness

_MOST_ROWS = 31  # bars that fit on a terminal together
_NUMBERS = ["VISITORS", "MATCHED", "RATE"]
_WIDEST_BAR = 40
_NO_DATE = "(no date)"


def print_stats(result: Stats, output: TableFormat, strictness: Strictness) -> None:
    """Print statistics on stdout, and what was wrong with the input on stderr."""
    FORMATS[output](result)
    sys.stdout.flush()
    print_notes(result.run, strictness, SCORE_KEEPS_REJECTS)
    if result.dateless:
        who = counted(result.dateless, "visitor")
        note(
            f"last_seen is not a valid date for {who}; they are counted as visitors without a date"
        )


def _print_body(result: Stats) -> None:
    body = result.report.body()
    if result.report.by is None:
        del body["by"]
    print_json(body | result.run.report.unread_body())


def _print_tables(result: Stats) -> None:
    report = result.report
    print(_headline(report), end="\n\n")
    print_configs(report.configs, sys.stdout)
    if report.by and report.by.values:
        print()
        _print_values(report.by)
    if report.days:
        print()
        _print_days(report.days)


def _print_tsv(result: Stats) -> None:
    """The tables, an empty line between them; every day, and None where nothing is known."""
    report = result.report
    print_configs_tsv(report.configs, sys.stdout)
    if report.by and report.by.values:
        rows = [(value.value, value.visitors, value.matched) for value in report.by.values]
        _print_counts_tsv(report.by.field, rows)
    if report.days:
        days = [(str(day.date or ""), day.visitors, day.matched) for day in report.days]
        _print_counts_tsv("date", days)


def _print_counts_tsv(name: str, rows: Sequence[tuple[str | None, int, int]]) -> None:
    print()
    cells = [[*row, rate(row[2], row[1])] for row in rows]
    tab_separated([name, "visitors", "matched", "matchRate"], cells)


FORMATS: dict[TableFormat, Callable[[Stats], None]] = {
    "table": _print_tables,
    "tsv": _print_tsv,
    "json": _print_body,
}


def _headline(report: StatsReport) -> str:
    period = Period(report.first, report.last).text
    seen = " last seen" if period else ""
    text = f"{counted(report.visitors, 'visitor')}{seen}{period}, "
    text += counted(report.matched, "match", "matches")
    if report.match_rate is not None:
        text += f" ({percent(report.match_rate)})"
    if report.average_score is not None:
        text += f", average score {report.average_score:.2f}"
    return ", ".join([text, *exclusion_and_tiers(report.excluded, report.tiers)])


def _print_values(by: FieldReport) -> None:
    rows = [
        _Bar(
            value.value if value.value is not None else f"(no {by.field})",
            value.visitors,
            value.matched,
        )
        for value in by.values
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
        note("the days are grouped; -o json and a pipe have every day")


class _Bar(Struct, frozen=True):
    """A row of a table with bars."""

    name: str
    visitors: int
    matched: int


def _print_bars(title: str, rows: Sequence[_Bar]) -> None:
    columns = [title, *_NUMBERS]
    cells = [[shown(it.name), f"{it.visitors:,}", f"{it.matched:,}", _rate(it)] for it in rows]
    pairs = [(it.visitors, it.matched) for it in rows]
    add_bars(columns, cells, pairs, ("MATCH", "NO MATCH"), _WIDEST_BAR, sys.stdout)
    table(columns, cells, folds=title, right=_NUMBERS)


def _rate(bar: _Bar) -> str:
    return percent(rate(bar.matched, bar.visitors))
