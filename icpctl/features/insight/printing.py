"""Insight into configs: tables for people and pipes, and JSON."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from icpctl.features.insight.wording import (
    condition_text,
    mostly_by,
    proposed_changes,
    standing_out,
    visitors_of,
)
from icpctl.output.console import note, print_json, table
from icpctl.output.notes import SCORE_KEEPS_REJECTS, print_notes
from icpctl.output.tables import headline
from icpctl.output.wording import percent
from icpctl.scoring.report import rate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.features.insight.counting import Insight
    from icpctl.features.insight.model import ConditionInsight, ConfigInsight, InsightReport
    from icpctl.output.console import ReportFormat
    from icpctl.scoring.bounds import Strictness

_MOST_ROWS = 12  # of a table on a terminal
_MOST_WHOLE = 3  # with more configs their conditions are not shown on a terminal
_MOST_ALIKE = 3  # changes of one condition on a terminal


def print_insight(result: Insight, output: ReportFormat, strictness: Strictness) -> None:
    """Print insight on stdout, and what was wrong with the input on stderr."""
    FORMATS[output](result)
    sys.stdout.flush()
    for name in result.report.capped:
        note(f"{name} has too many values to count them all; others may gain more than is shown")
    print_notes(result.run, strictness, SCORE_KEEPS_REJECTS)


def _print_body(result: Insight) -> None:
    print_json(result.report.body() | result.run.report.unread_body())


def _print_tables(result: Insight) -> None:
    report = result.report
    print(headline(result.run.report, report.rejected), end="\n\n")
    if not report.visitors:
        print("no visitors, so there is nothing to show")
        return
    _print_configs(report)
    _print_exclusions(report)
    _print_min_scores(report)
    left = [_print_standing_out(report), _print_gains(report)]
    is_terminal = sys.stdout.isatty()
    if is_terminal and len(report.configs) > _MOST_WHOLE:
        note("--config SLUG shows the conditions of a config")
    else:
        for config in report.configs:
            print()
            _print_conditions(config)
    left.append(_print_overlap(report))
    if any(left):
        note("long tables are cut to their first rows; -o json has all of them")


FORMATS: dict[ReportFormat, Callable[[Insight], None]] = {
    "table": _print_tables,
    "json": _print_body,
}


def _print_configs(report: InsightReport) -> None:
    numbers = ["MATCHED", "RATE", "ICP OF", "NEAR MISSES"]
    rows = [
        [
            config.slug,
            f"{config.matched:,}",
            percent(config.match_rate),
            f"{config.first:,}",
            f"{config.near_misses:,}",
            mostly_by(config),
        ]
        for config in report.configs
    ]
    table(["CONFIG", *numbers, "MOSTLY BY"], rows, folds="MOSTLY BY", right=numbers)


def _print_exclusions(report: InsightReport) -> None:
    """What the configs take that exclude."""
    numbers = ["EXCLUDED", "BY THIS ALONE", "WOULD MATCH"]
    rows = [
        [
            config.slug,
            *map("{:,}".format, (taken.excluded, taken.alone, taken.would_match)),
            visitors_of(taken.takes),
        ]
        for config in report.configs
        if (taken := config.exclusion)
    ]
    if rows:
        print()
        columns = ["EXCLUDED BY", *numbers, "FROM WHICH CONFIGS"]
        table(columns, rows, folds="FROM WHICH CONFIGS", right=numbers)


def _print_min_scores(report: InsightReport) -> None:
    """What lowest scores cost, and what the next best bounds gain."""
    numbers = ["MIN SCORE", "REACH IT", "BELOW", "NEXT BOUND", "GAINS"]
    rows = []
    for config in report.configs:
        if bound := config.min_score:
            gain = bound.gains[0] if bound.gains else None
            following = [f"{gain.value:g}", f"+{gain.gain:,}"] if gain else ["", ""]
            counts = [f"{config.matched:,}", f"{bound.below:,}"]
            rows.append([config.slug, f"{bound.value:g}", *counts, *following])
    if rows:
        print()
        table(["CONFIG", *numbers], rows, folds="CONFIG", right=numbers)


def _print_standing_out(report: InsightReport) -> int:
    lone = len(report.configs) == 1
    columns = ["CONFIG", "NOTABLE"]
    return _print_some(columns, standing_out(report), folds="NOTABLE", lone=lone)


def _print_gains(report: InsightReport) -> int:
    """The changes that gain most, of each condition a few, under the numbers of `--apply`."""
    proposed, alike = proposed_changes(report), Counter[tuple[str, object]]()
    rows = []
    for change in proposed:
        alike[change.slug, change.what] += 1
        is_shown = alike[change.slug, change.what] <= _MOST_ALIKE or not sys.stdout.isatty()
        if is_shown:
            rows.append([change.slug, str(change.number), change.text, f"+{change.gain:,}"])
    lone = len(report.configs) == 1
    columns = ["CONFIG", "N", "CHANGE", "GAINS"]
    left = _print_some(columns, rows, folds="CHANGE", right=["N", "GAINS"], lone=lone)
    if rows and sys.stdout.isatty():
        note("--apply N makes change N in the file of its config")
        call = f"icpctl outcomes ... --won deals.csv --config {proposed[0].slug}"
        note(f"do these changes find customers? {call}")
    return left + len(proposed) - len(rows)


def _print_conditions(config: ConfigInsight) -> None:
    numbers = ["MEET", "FAIL", "MISSING", "LEFT", "NEAR MISSES"]
    title = config.slug
    is_plain = [it.operator for it in config.groups] == ["AND"]
    groups = [] if is_plain else ["GROUP"]
    rows = [
        [*([f"{number} {group.operator}"] if groups else []), *_condition_cells(condition)]
        for number, group in enumerate(config.groups, 1)
        for condition in group.conditions
    ]
    table([*groups, title, *numbers], rows, folds=title, right=numbers)


def _condition_cells(condition: ConditionInsight) -> list[str]:
    counts = [
        condition.held,
        condition.failed,
        condition.missing,
        condition.left,
        condition.near_misses,
    ]
    return [condition_text(condition), *("" if count is None else f"{count:,}" for count in counts)]


def _print_overlap(report: InsightReport) -> int:
    """The pairs of configs that most visitors match both of."""
    configs = report.configs
    pairs = [
        (both, number, other)
        for number, row in enumerate(report.overlap)
        for other, both in enumerate(row[:number])
        if both
    ]
    pairs.sort(key=lambda pair: -pair[0])
    rows = [
        [
            configs[other].slug,
            configs[number].slug,
            f"{both:,}",
            percent(rate(both, configs[number].matched) or 0),
        ]
        for both, number, other in pairs
    ]
    columns = ["CONFIG", "OVERLAPS WITH", "MATCH BOTH", "OF THE SECOND"]
    return _print_some(columns, rows, folds="CONFIG", right=columns[2:])


def _print_some(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    folds: str,
    right: Sequence[str] = (),
    *,
    lone: bool = False,
) -> int:
    """Print a table, on a terminal its first rows; returns how many are left out.

    There a column with the only config says nothing, and is not shown.
    """
    if not rows:
        return 0
    print()
    some = rows
    if sys.stdout.isatty():
        some = rows[:_MOST_ROWS]
        if lone:
            columns, some = columns[1:], [row[1:] for row in some]
    table(columns, some, folds=folds, right=right)
    return len(rows) - len(some)
