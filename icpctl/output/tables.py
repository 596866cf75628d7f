"""The report of a scoring run: tables for people and pipes, and JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from icpctl.output.console import add_bars, print_json, tab_separated, table
from icpctl.output.wording import counted, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TextIO

    from icpctl.output.console import TableFormat
    from icpctl.scoring.report import ConfigReport, MatchReport
    from icpctl.scoring.run import Run

_WIDEST_BAR = 20
_TSV_COLUMNS = ("slug", "label", "priority", "matched", "first", "matchRate", "averageScore")


def print_run(run: Run, output: TableFormat, stream: TextIO, more: dict[str, Any]) -> None:
    """Print the report of a run on `stream`; `more` are figures that go into its JSON."""
    FORMATS[output](run, stream, more)
    sys.stdout.flush()


def print_configs(configs: Sequence[ConfigReport], stream: TextIO) -> None:
    """Print one line per config."""
    numbers = ["PRIORITY", "MATCHED", "RATE", "ICP OF", "AVG SCORE"]
    columns, rows = ["CONFIG", *numbers], list(map(_config_cells, configs))
    pairs = [(config.matched, config.matched) for config in configs]
    add_bars(columns, rows, pairs, ("MATCH",), _WIDEST_BAR, stream)
    table(columns, rows, folds="CONFIG", right=numbers, stream=stream)


def headline(report: MatchReport, rejected: int) -> str:
    """Return how many visitors there were, how many match, and how many lines were rejected."""
    matched = counted(report.matched, "match", "matches")
    if report.match_rate is not None:
        matched += f" ({percent(report.match_rate)})"
    parts = [counted(report.visitors, "visitor"), matched]
    parts += exclusion_and_tiers(report.excluded, report.tiers)
    as_of = report.as_of.replace(tzinfo=None).isoformat(" ", "seconds")
    if rejected:
        parts.append(f"{counted(rejected, 'line')} rejected")
    return f"{', '.join(parts)}; as of {as_of} UTC"


def exclusion_and_tiers(excluded: int | None, tiers: Mapping[str, int] | None) -> list[str]:
    """Return how many visitors are excluded and in each tier, as parts of a sentence."""
    parts = [] if excluded is None else [f"{excluded:,} excluded"]
    return parts + [f"tier {name}: {count:,}" for name, count in (tiers or {}).items()]


def print_timings(run: Run) -> None:
    """Print on stderr the seconds of each step; those of scoring are added up over threads."""
    whole = run.report.elapsed_seconds
    steps = {**run.timings, "total": whole}
    table(
        ["STEP", "SECONDS", "SHARE"],
        [
            [name, f"{seconds:.3f}", percent(seconds / whole) if whole else ""]
            for name, seconds in steps.items()
        ],
        right=["SECONDS", "SHARE"],
        stream=sys.stderr,
    )


def _print_tables(run: Run, stream: TextIO, _: dict[str, Any]) -> None:
    print(headline(run.report, run.report.rejected), end="\n\n", file=stream)
    print_configs(run.report.configs, stream)
    if run.best:
        print(file=stream)
        rows = [
            [best.id or "", best.icp, f"{best.icp_score:.2f}", f"{best.file}:{best.line}"]
            for best in run.best
        ]
        columns = ["BEST VISITORS", "ICP", "SCORE", "LINE"]
        table(columns, rows, folds="LINE", right=["SCORE"], stream=stream)


def _print_body(run: Run, stream: TextIO, more: dict[str, Any]) -> None:
    print_json(run.report.body() | more, stream)


def print_configs_tsv(configs: Sequence[ConfigReport], stream: TextIO) -> None:
    """Print one line per config for programs, under the names that the JSON has."""
    rows = [
        [
            *(config.slug, config.label, config.priority, config.matched, config.first),
            *(config.match_rate, config.average_score),
        ]
        for config in configs
    ]
    tab_separated(_TSV_COLUMNS, rows, stream)


def _print_tsv(run: Run, stream: TextIO, _: dict[str, Any]) -> None:
    print_configs_tsv(run.report.configs, stream)


FORMATS: dict[TableFormat, Callable[[Run, TextIO, dict[str, Any]], None]] = {
    "table": _print_tables,
    "tsv": _print_tsv,
    "json": _print_body,
}


def _config_cells(config: ConfigReport) -> list[str]:
    return [
        config.slug,
        "" if config.priority is None else str(config.priority),
        f"{config.matched:,}",
        percent(config.match_rate),
        f"{config.first:,}",
        "" if config.average_score is None else f"{config.average_score:.2f}",
    ]
