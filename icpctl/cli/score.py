"""`icpctl score`."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct
from msgspec.structs import replace

from icpctl.cli.extensions import EXTENSIONS, required
from icpctl.cli.options import By, Configs, MaxRejects, OnSpark, Rejects, Reporting, Scoring
from icpctl.errors import ExitCode, IcpctlError
from icpctl.output.console import TableFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.cli.extensions import MakeReasons, MakeReport, RowReasons, RunFigures, RunReport
    from icpctl.config.model import ConfigFile
    from icpctl.exports.files.sources import Source
    from icpctl.output.layout import Layout, Targets
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Options, Rows, Run


def score(
    *,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="F", help="Write one row per visitor: .jsonl, .csv or .parquet; - is stdout."
        ),
    ] = None,
    why: Annotated[
        bool, typer.Option("--why", help="Add a sentence to each row that says why.")
    ] = False,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=HEADER],...", help="Choose, order and rename the columns of the rows."
        ),
    ] = None,
    only_matched: Annotated[
        bool, typer.Option("--only-matched", help="Write matching visitors only.")
    ] = False,
    with_line: Annotated[
        bool,
        typer.Option(
            "--with-line", help="Add the source file and line to each row, in the first columns."
        ),
    ] = False,
    carry: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH|FIELD",
            help="Add a field, or a path of the record, to each row (repeatable).",
        ),
    ] = None,
    reporting: Reporting,
    config: Configs = None,
    by: By = None,
    scoring: Scoring,
    rejects: Rejects = None,
    near_misses: Annotated[
        str | None,
        typer.Option(
            "--near-misses",
            metavar="F",
            help="Write visitors that fail one required condition to F.",
        ),
    ] = None,
    max_rejects: MaxRejects = "0",
    max_misfits: Annotated[
        str | None,
        typer.Option(
            metavar="N|P%", help="Exit with 1 if more values than this do not fit their field."
        ),
    ] = None,
    require_fields: Annotated[
        bool | None,
        typer.Option(
            "--require-fields/--no-require-fields",
            help="Exit with 1 if a field that configs ask for is in no record of a file.",
        ),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Read JSON lines on stdin as they come; write rows at once."),
    ] = False,
    on_spark: OnSpark,
    full: Annotated[
        bool, typer.Option("--full", help="With -o json, add what the report shows.")
    ] = False,
    timings: Annotated[
        bool, typer.Option("--timings", help="Print the time of each step on stderr.")
    ] = False,
    output: Annotated[TableFormat, typer.Option("-o", "--output", help="Output format.")] = "table",
) -> ExitCode:
    """Score an export of visitors against the configs.

    The exit code is 1 when more lines are rejected than --max-rejects allows, when a file has no
    record or none with a field that icpctl reads, and when a file is damaged: what precedes the
    damage is scored.
    """
    from icpctl.cli.scoring_options import strictness
    from icpctl.output.console import print_written
    from icpctl.output.layout import Layout, Targets
    from icpctl.output.notes import print_notes, rejects_hint
    from icpctl.output.tables import print_run, print_timings

    if full and output != "json":
        raise IcpctlError("--full needs -o json", "bad_usage", hint="add -o json, or leave it out")
    of_rows = {
        "--why": why,
        "--columns": columns is not None,
        "--only-matched": only_matched,
        "--with-line": with_line,
        "--carry": carry is not None,
    }
    _refuse_without_rows(out, of_rows)
    unbuilt = {
        "--follow": follow,
        "--report": reporting.report is not None,
        "--full": full,
        "--timings": timings,
        "--encoding": scoring.encoding is not None,
        "--out -": out == "-",
        "--near-misses": near_misses is not None,
    }
    unbuilt |= {option: of_rows[option] for option in ("--why", "--columns")}
    if follow:
        _require_pipes(scoring.visitors, out)
        scoring = replace(scoring, visitors=["-"])
    spark = on_spark.cluster(unbuilt)
    strict = strictness(max_rejects, max_misfits, require_fields)
    options = replace(scoring.options(by=by, carry=carry or ()), follow=follow)
    begin_report = _report(*reporting.asked)
    configs = scoring.configs(config)
    layout = Layout(only_matched, with_line, options.carry, with_why=why)
    layout = layout.used_by((file.config for file in configs), options.tiers)
    layout = layout.choose(columns or [])
    figures: RunFigures | None = None
    if spark:
        from icpctl.spark.run import Folders, score_on

        folders = Folders(out, rejects, layout)
        run = score_on(spark, scoring.exports(), configs, options, folders)
    else:
        targets = Targets(out, rejects, layout)
        explain = _reasons(layout, near_misses)
        watchers = _Watchers.of(configs, options, begin_report, explain, full=full)
        run = _score_here(scoring.exports(), configs, options, targets, watchers)
        figures = watchers.figures
    stream = sys.stderr if out == "-" else sys.stdout
    print_run(run, output, stream, figures.body(run) if figures else {})
    print_notes(run, strict, rejects_hint(rejects_kept=rejects is not None))
    _hint_at_insight(run)
    print_written(out, rejects, near_misses, reporting.report, since=scoring.started)
    if timings:
        print_timings(run)
    return ExitCode.FOUND if strict.refuses(run) else ExitCode.DONE


def _hint_at_insight(run: "Run") -> None:
    """Say what to do next where all was read and nobody matches."""
    report = run.report
    if report.visitors and not (report.matched or report.rejected or report.excluded):
        from icpctl.output.console import note

        note("hint: nobody matches; run icpctl insight to see which conditions fail")


def _require_pipes(visitors: list[str] | None, out: str | None) -> None:
    """Refuse what `--follow` can neither read nor write. Raises `IcpctlError` `bad_usage`."""
    from icpctl.files import is_in_place

    if visitors not in (None, [], ["-"]):
        hint = "pipe the visitors in, and name - or nothing"
        raise IcpctlError("--follow reads stdin and nothing else", "bad_usage", hint=hint)
    if out is None or (out != "-" and not is_in_place(Path(out))):
        hint = "add --out -, or name a pipe: a file appears when all of it is written"
        raise IcpctlError("--follow writes rows to stdout or a pipe", "bad_usage", hint=hint)


def _refuse_without_rows(out: str | None, given: dict[str, bool]) -> None:
    """Refuse options of rows where no rows are written. Raises `IcpctlError` `bad_usage`."""
    for option, is_given in given.items():
        if is_given and out is None:
            hint = "add --out FILE, or leave it out"
            raise IcpctlError(f"{option} needs --out", "bad_usage", hint=hint)


def _report(path: Path | None, title: str | None, no_visitors: bool) -> "MakeReport | None":
    """Return what makes the report that is asked for."""
    if path is None and title is None and not no_visitors:
        return None
    return required(EXTENSIONS.report, "--report")(path, title, no_visitors)


def _reasons(layout: "Layout", near_misses: str | None) -> "MakeReasons | None":
    """Return what makes the reasons that are asked for."""
    if not layout.with_why and near_misses is None:
        return None
    option = "--why" if layout.with_why else "--near-misses"
    return required(EXTENSIONS.reasons, option)(layout, near_misses)


class _Watchers(Struct, frozen=True):
    """What looks at a run besides the run itself, and the plan that it needs, if any."""

    plan: "Plan | None"
    report: "RunReport | None"
    figures: "RunFigures | None"
    reasons: "RowReasons | None"

    @classmethod
    def of(
        cls,
        configs: "Sequence[ConfigFile]",
        options: "Options",
        begin_report: "MakeReport | None",
        explain: "MakeReasons | None",
        *,
        full: bool,
    ) -> "_Watchers":
        from icpctl.config.model import named_configs
        from icpctl.scoring.plan import make_plan

        report = begin_report(configs, options) if begin_report else None
        plan = report.plan if report else None
        if not full and not explain:
            return cls(plan, report, None, None)
        pairs = named_configs(configs)
        when, is_exact = options.as_of, options.case_sensitive
        plan = plan or make_plan(pairs, as_of=when, case_sensitive=is_exact, tiers=options.tiers)
        figures = required(EXTENSIONS.figures, "--full")(configs, plan) if full else None
        return cls(plan, report, figures, explain(plan, dict(pairs)) if explain else None)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rows must have."""
        watchers = (self.report, self.figures, self.reasons)
        used = [watcher for watcher in watchers if watcher]
        return tuple(dict.fromkeys(name for watcher in used for name in watcher.fields))

    def add(self, rows: "Rows") -> None:
        """Count a batch."""
        for watcher in (self.report, self.figures):
            if watcher:
                watcher.add(rows)


def _score_here(
    exports: "Sequence[str]",
    configs: "Sequence[ConfigFile]",
    options: "Options",
    targets: "Targets",
    watchers: _Watchers,
) -> "Run":
    """Score visitors; files appear when all is read, or not at all.

    Raises `IcpctlError`: `bad_usage` where a file would take another's place, `not_written`, and
    what reading raises.
    """
    from icpctl.config.model import named_configs
    from icpctl.files import replacing
    from icpctl.output.console import progress
    from icpctl.output.layout import RowFiles
    from icpctl.scoring.run import score as score_exports

    report, reasons = watchers.report, watchers.reasons

    def on_sources(sources: "Sequence[Source]") -> None:
        if report:
            report.on_sources(sources)

    with ExitStack() as stack:
        files = RowFiles()
        if targets.has_files:
            from icpctl.output.verdict_rows import row_files

            files = stack.enter_context(row_files(targets))
        if reasons:
            stack.enter_context(reasons.writing())
        report_file = stack.enter_context(replacing(report.path)) if report else None
        hidden = targets.to_stdout and sys.stdout.isatty()
        on_progress = stack.enter_context(progress(sys.stderr, hidden=hidden))

        def on_rows(rows: "Rows") -> None:
            files.write(reasons.explain(rows) if reasons else rows)
            watchers.add(rows)

        run = score_exports(
            exports,
            named_configs(configs),
            replace(options, fields=watchers.fields),
            plan=watchers.plan,
            watch=report.watch if report else None,
            on_sources=on_sources,
            on_rows=on_rows,
            on_rejected=files.reject,
            on_progress=on_progress,
        )
        if report and report_file:
            report.write(report_file, run)
    return run
