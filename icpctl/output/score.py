"""A scoring run: its rows and rejected lines into files, its report for people and programs."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from icpctl.errors import IcpctlError, Location
from icpctl.files import replacing
from icpctl.output.bars import add_bars
from icpctl.output.condition_wording import wanted
from icpctl.output.console import is_coloured, shown, styled, table
from icpctl.output.progress import progress
from icpctl.output.read_as import print_mapped
from icpctl.output.verdict_rows import FORMATS, PLACE, VERDICT, Layout
from icpctl.scoring.run import score

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO, TextIO

    from icpctl.config.config_file import ConfigFile
    from icpctl.exports.batches import Rejected
    from icpctl.exports.field_warnings import FieldWarning
    from icpctl.exports.sources import Source
    from icpctl.features.insight.model import InsightReport
    from icpctl.features.report.figures import FigureCounts
    from icpctl.features.report.pages import ReportTarget
    from icpctl.output.formats import ReportFormat
    from icpctl.output.verdict_rows import Writer
    from icpctl.scoring.report import ConfigReport, Limit, MatchReport
    from icpctl.scoring.run import Options, Rows, Run

STDOUT = "-"
_WIDEST_BAR = 20
_SKIPPED = 5  # names of files that are listed


@dataclass(frozen=True, slots=True)
class Targets:
    """Where a run's rows, rejected lines and report go: files, for rows also `-`, or nowhere."""

    out: str | None = None
    rejects: str | None = None
    layout: Layout = field(default_factory=Layout)
    report: ReportTarget | None = None

    @property
    def to_stdout(self) -> bool:
        """Whether stdout gets the rows, so that the report must go elsewhere."""
        return self.out == STDOUT

    @property
    def files(self) -> list[Path]:
        """The files that are written."""
        out = None if self.out is None or self.to_stdout else Path(self.out)
        report = self.report.path if self.report else None
        rejects = None if self.rejects is None else Path(self.rejects)
        return [path for path in (out, rejects, report) if path is not None]


def score_into(
    visitors: Sequence[str], configs: Sequence[ConfigFile], options: Options, targets: Targets
) -> Run:
    """Score visitors; the files of `targets` appear when all is read, or not at all.

    Raises `IcpctlError`: `unknown_format`, `bad_usage` where a file would take another's place or
    a column's name is taken, `not_written`, and what reading raises.
    """
    make_writer = _writer_for(targets)
    refuse_taken_names(targets.layout)
    refuse_stdout(targets.rejects)

    figures: FigureCounts | None = None
    if targets.report:
        figures = targets.report.counts(configs, options)
        options = replace(options, fields=figures.fields)

    def on_sources(sources: Sequence[Source]) -> None:
        read = [it.path for it in sources] + [it.path for it in configs]
        refuse_overwriting(targets.files, read)
        if figures:
            figures.on_sources(sources)

    with ExitStack() as stack:
        rows: Writer | None = None
        if targets.out is not None:
            file = (
                sys.stdout.buffer
                if targets.to_stdout
                else stack.enter_context(replacing(Path(targets.out)))
            )
            # Closed in any case: what a writer has not closed, it complains about at the end.
            rows = stack.enter_context(closing(make_writer(file, targets.layout)))
        rejects: BinaryIO | None = None
        if targets.rejects is not None:
            rejects = stack.enter_context(replacing(Path(targets.rejects)))

        report: BinaryIO | None = None
        if targets.report:
            report = stack.enter_context(replacing(targets.report.path))

        def on_rows(batch: Rows) -> None:
            if rows:
                rows.write(batch)
            if figures:
                figures.add(batch)

        def on_rejected(rejected: Rejected) -> None:
            if rejects:
                rejects.write(rejected.as_json().encode() + b"\n")

        hidden = targets.to_stdout and sys.stdout.isatty()
        with progress(sys.stderr, hidden=hidden) as on_progress:
            run = score(
                visitors,
                [(it.slug, it.config) for it in configs],
                options,
                plan=figures.plan if figures else None,
                watch=figures.insight.watch if figures and figures.insight else None,
                on_sources=on_sources,
                on_rows=on_rows,
                on_rejected=on_rejected,
                on_progress=on_progress,
            )
        if targets.report and report and figures:
            targets.report.write(report, figures, run, configs)
    return run


def print_run(run: Run, output: ReportFormat, targets: Targets, limit: Limit) -> None:
    """Print the report on stdout, or on stderr where stdout has the rows; the rest on stderr."""
    stream = sys.stderr if targets.to_stdout else sys.stdout
    if output == "json":
        print(json.dumps(run.report.model_dump(mode="json", by_alias=True), indent=2), file=stream)
    else:
        _print_tables(run, stream)
    sys.stdout.flush()
    print_notes(run, limit, rejects_hint(rejects_kept=targets.rejects is not None))


def _print_tables(run: Run, stream: TextIO) -> None:
    report = run.report
    print(headline(report), end="\n\n", file=stream)
    print_configs(report.configs, stream)
    if run.best:
        print(file=stream)
        table(
            ["BEST VISITORS", "ICP", "SCORE", "LINE"],
            [
                [it.id or "", it.icp, f"{it.icp_score:.2f}", f"{it.file}:{it.line}"]
                for it in run.best
            ],
            folds="LINE",
            right=["SCORE"],
            stream=stream,
        )


def print_configs(configs: Sequence[ConfigReport], stream: TextIO) -> None:
    """Print a line a config."""
    numbers = ["PRIORITY", "MATCHED", "RATE", "FIRST", "AVG SCORE"]
    columns, cells = ["CONFIG", *numbers], [_config_cells(it) for it in configs]
    pairs = [(it.matched, it.matched) for it in configs]
    add_bars(columns, cells, pairs, ("MATCHED",), _WIDEST_BAR, stream)
    table(columns, cells, folds="CONFIG", right=numbers, stream=stream)


def headline(report: MatchReport | InsightReport) -> str:
    """Return how many visitors there were, and how many match."""
    matched = f"{counted(report.matched, 'match', 'matches')}"
    if report.match_rate is not None:
        matched += f" ({percent(report.match_rate)})"
    parts = [counted(report.visitors, "visitor"), matched]
    as_of = report.as_of.replace(tzinfo=None).isoformat(" ", "seconds")
    if report.rejected:
        parts.append(f"{counted(report.rejected, 'line')} rejected")
    return f"{', '.join(parts)}; as of {as_of} UTC"


def _config_cells(config: ConfigReport) -> list[str]:
    return [
        config.slug,
        "" if config.priority is None else str(config.priority),
        f"{config.matched:,}",
        "" if config.match_rate is None else percent(config.match_rate),
        f"{config.first:,}",
        "" if config.average_score is None else f"{config.average_score:.2f}",
    ]


def print_timings(run: Run) -> None:
    """Print on stderr the seconds of each step; those of scoring are added up over threads."""
    whole = run.report.elapsed_seconds
    steps = {**run.timings, "in all, on the clock": whole}
    table(
        ["STEP", "SECONDS", "SHARE"],
        [[name, f"{it:.3f}", percent(it / whole) if whole else ""] for name, it in steps.items()],
        right=["SECONDS", "SHARE"],
        stream=sys.stderr,
    )


def print_notes(run: Run, limit: Limit, hint: str) -> None:
    """Print on stderr the first rejected lines and misfits, and how many there are in all."""
    report = run.report
    print_skipped(run.skipped)
    print_mapped(run.mapped)
    print_rejected(run.rejected, report.rejected)
    print_damaged(run.damaged)
    print_misfits(run.warnings, report.field_warnings)
    if limit.exceeded(report.rejected, report.visitors):
        print_exceeded(report.rejected, limit, hint)


def print_skipped(names: Sequence[str]) -> None:
    """Print on stderr the files in folders that were not read."""
    if names:
        more = f" and {len(names) - _SKIPPED:,} more" if len(names) > _SKIPPED else ""
        listed = ", ".join(map(shown, names[:_SKIPPED])) + more
        print(f"not read, for their names are not those of exports: {listed}", file=sys.stderr)


def print_rejected(first: Sequence[Rejected], count: int) -> None:
    """Print on stderr the first of all rejected lines."""
    colour = is_coloured(sys.stderr)
    for rejected in first:
        _note(rejected.file, rejected.line, "rejected", rejected.reason, colour=colour)
    _more(count - len(first), "line", "rejected", colour=colour)


def print_damaged(damaged: Sequence[Rejected]) -> None:
    """Print on stderr where files could not be read on."""
    colour = is_coloured(sys.stderr)
    for damage in damaged:
        _note(damage.file, damage.line, "error", damage.reason, colour=colour)


def print_misfits(first: Sequence[FieldWarning], counts: Mapping[str, int]) -> None:
    """Print on stderr the first values that did not fit, and how many there are by field."""
    colour = is_coloured(sys.stderr)
    for warning in first:
        _note(warning.file, warning.line, "warning", misfit(warning), colour=colour)
    warned = sum(counts.values())
    if warned > len(first):
        named = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        _more(warned - len(first), "value", f"did not fit; in all: {named}", colour=colour)


def print_exceeded(rejected: int, limit: Limit, hint: str) -> None:
    """Print on stderr that more lines were rejected than is allowed, and what to do."""
    colour = is_coloured(sys.stderr)
    label = styled("error:", "error", colour=colour)
    hint_label = styled("hint:", "hint", colour=colour)
    print(
        f"{label} {counted(rejected, 'line')} rejected, more than the {limit} allowed; "
        f"all else is complete\n  {hint_label} {hint}",
        file=sys.stderr,
    )


def rejects_hint(*, rejects_kept: bool) -> str:
    """What helps where too many lines were rejected, by a command that can keep them."""
    keep = "" if rejects_kept else "--rejects FILE keeps them, "
    return f"{keep}--max-rejects N or P% allows them"


def _note(file: str, line: int, what: str, message: str, *, colour: bool) -> None:
    place = styled(shown(f"{file}:{line}"), "place", colour=colour)
    label = styled(f"{what}:", "warning", colour=colour)
    print(f"{place}: {label} {shown(message)}", file=sys.stderr)


def _more(count: int, what: str, done: str, *, colour: bool) -> None:
    if count > 0:
        text = f"... and {counted(count, f'more {what}')} {done}"
        print(styled(text, "dim", colour=colour), file=sys.stderr)


def misfit(warning: FieldWarning) -> str:
    """Return what is wrong with a value."""
    value = warning.value if len(warning.value) <= 80 else f"{warning.value[:80]}..."
    return f"{warning.field} is not {wanted(warning.field)}: {value}; it counts as missing"


def counted(number: int, one: str, several: str | None = None) -> str:
    """Return the number and what it counts, such as `2,000 visitors`."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def percent(share: float) -> str:
    """Return a share of 1 for people."""
    return f"{100 * share:.1f} %"


def _writer_for(targets: Targets) -> Callable[[BinaryIO, Layout], Writer]:
    suffix = ".jsonl" if targets.out is None or targets.to_stdout else Path(targets.out).suffix
    make = FORMATS.get(suffix.lower())
    if make is None:
        raise IcpctlError(
            "what the file should hold is not clear from its name",
            "unknown_format",
            Location(targets.out or "--out ''"),
            f"end it in one of {', '.join(FORMATS)}; {STDOUT} is JSONL on stdout",
        )
    return make


def refuse_taken_names(layout: Layout) -> None:
    """Refuse to carry a field under the name of a column. Raises `IcpctlError` `bad_usage`."""
    taken = sorted(set(layout.carry) & {*PLACE, *VERDICT})
    if taken:
        raise IcpctlError(
            f"--carry {taken[0]}: the rows have a column of this name",
            "bad_usage",
            hint=f"a path in quotes is another name: --carry '\"{taken[0]}\"'",
        )


def refuse_stdout(rejects: str | None) -> None:
    """Refuse to put rejected lines on stdout. Raises `IcpctlError` `bad_usage`."""
    if rejects == STDOUT:
        raise IcpctlError(
            "--rejects takes a file, not stdout", "bad_usage", hint="such as rejects.jsonl"
        )


def refuse_overwriting(written: Sequence[Path], read: Sequence[Path]) -> None:
    """Refuse to put rows in the place of what is read, or two files in one place."""
    taken = {os.path.realpath(path) for path in read}
    for path in written:
        real = os.path.realpath(path)
        if real in taken and (os.path.isfile(real) or not os.path.exists(real)):
            raise IcpctlError(
                "this file is read, or written already; it is not overwritten",
                "bad_usage",
                Location(str(path)),
                "name another file",
            )
        taken.add(real)
