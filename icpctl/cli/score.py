"""`icpctl score`."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icpctl.cli.engine_options import Engine, Master, SparkConf, cluster
from icpctl.cli.extensions import EXTENSIONS, required
from icpctl.cli.options import (
    AsOf,
    CaseSensitive,
    Configs,
    Dir,
    Encoding,
    Mapping,
    MaxRejects,
    NoVisitors,
    Org,
    Rejects,
    Report,
    ReportTitle,
    TempDir,
    Visitors,
    workspace,
)
from icpctl.errors import ExitCode, IcpctlError
from icpctl.output.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.cli.extensions import MakeReport, RunFigures, RunReport
    from icpctl.config.config_file import ConfigFile
    from icpctl.exports.sources import Source
    from icpctl.output.runs.row_files import Targets
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Options, Rows, Run


def score(
    visitors: Visitors = None,
    directory: Dir = None,
    org: Org = None,
    config: Configs = None,
    as_of: AsOf = None,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="F", help="Write a row a visitor: .jsonl, .csv or .parquet; - is stdout."
        ),
    ] = None,
    rejects: Rejects = None,
    max_rejects: MaxRejects = "0",
    only_matched: Annotated[
        bool, typer.Option("--only-matched", help="Write matching visitors only.")
    ] = False,
    with_line: Annotated[
        bool, typer.Option("--with-line", help="Write the source file and line in front.")
    ] = False,
    carry: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Add a field of the record to each row; repeatable."),
    ] = None,
    report: Report = None,
    report_title: ReportTitle = None,
    no_visitors: NoVisitors = False,
    mapping: Mapping = None,
    case_sensitive: CaseSensitive = None,
    temp_dir: TempDir = None,
    encoding: Encoding = None,
    engine: Engine = "local",
    master: Master = None,
    spark_conf: SparkConf = None,
    full: Annotated[
        bool, typer.Option("--full", help="With -o json: also what the report shows.")
    ] = False,
    timings: Annotated[
        bool, typer.Option("--timings", help="Print on stderr where the time went.")
    ] = False,
    output: Annotated[
        ReportFormat, typer.Option("-o", "--output", help="How to print the report.")
    ] = "table",
) -> ExitCode:
    """Score an export of visitors against the configs.

    The exit code is 1 when more lines are rejected than --max-rejects allows, and when a file is
    damaged: what precedes the damage is scored.
    """
    from icpctl.cli.scoring_options import scoring_options, visitors_of
    from icpctl.output.runs.notes import print_notes, rejects_hint
    from icpctl.output.runs.row_files import Targets
    from icpctl.output.runs.tables import print_run, print_timings
    from icpctl.output.runs.verdict_rows import Layout
    from icpctl.scoring.bounds import Limit

    if full and output != "json":
        raise IcpctlError("--full is for -o json", "bad_usage", hint="add -o json, or leave it out")
    unbuilt = {
        "--report": report is not None,
        "--full": full,
        "--timings": timings,
        "--out -": out == "-",
    }
    spark = cluster(engine, master, spark_conf, unbuilt=unbuilt)
    limit = Limit.parse(max_rejects)
    options = scoring_options(as_of, mapping, case_sensitive, carry or [], temp_dir, encoding)
    begin_report = _report(report, report_title, no_visitors)
    configs = workspace(directory, org).configs(config or [])
    layout = Layout(only_matched, with_line, options.carry)
    layout = layout.used_by((file.config for file in configs), options.tiers)
    figures: RunFigures | None = None
    if spark:
        from icpctl.spark.run import Folders, score_on

        folders = Folders(out, rejects, layout)
        run = score_on(spark, visitors_of(visitors), configs, options, folders)
    else:
        targets = Targets(out, rejects, layout)
        watchers = _Watchers.of(configs, options, begin_report, full=full)
        run = _score_here(visitors_of(visitors), configs, options, targets, watchers)
        figures = watchers.figures
    stream = sys.stderr if out == "-" else sys.stdout
    print_run(run, output, stream, figures.body(run) if figures else {})
    print_notes(run, limit, rejects_hint(rejects_kept=rejects is not None))
    if timings:
        print_timings(run)
    is_over = limit.exceeded(run.report.rejected, run.report.visitors)
    return ExitCode.FOUND if is_over or run.damaged else ExitCode.DONE


def _report(path: Path | None, title: str | None, no_visitors: bool) -> "MakeReport | None":
    """Return what makes the report that is asked for."""
    if path is None and title is None and not no_visitors:
        return None
    return required(EXTENSIONS.report, "--report")(path, title, no_visitors)


@dataclass(frozen=True, slots=True)
class _Watchers:
    """What counts a run besides the run itself, and the plan that it needs, if any."""

    plan: "Plan | None"
    report: "RunReport | None"
    figures: "RunFigures | None"

    @classmethod
    def of(
        cls,
        configs: "Sequence[ConfigFile]",
        options: "Options",
        begin_report: "MakeReport | None",
        *,
        full: bool,
    ) -> "_Watchers":
        from icpctl.scoring.plan import make_plan

        report = begin_report(configs, options) if begin_report else None
        plan = report.plan if report else None
        if not full:
            return cls(plan, report, None)
        pairs = [(config.slug, config.config) for config in configs]
        when, is_exact = options.as_of, options.case_sensitive
        plan = plan or make_plan(pairs, as_of=when, case_sensitive=is_exact, tiers=options.tiers)
        figures = required(EXTENSIONS.figures, "--full")(configs, plan)
        return cls(plan, report, figures)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rows must have."""
        both = [watcher.fields for watcher in (self.report, self.figures) if watcher]
        return tuple(dict.fromkeys(name for fields in both for name in fields))

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
    from icpctl.files import replacing
    from icpctl.output.progress import progress
    from icpctl.output.runs.row_files import row_files
    from icpctl.scoring.run import score as score_exports

    report = watchers.report

    def on_sources(sources: "Sequence[Source]") -> None:
        if report:
            report.on_sources(sources)

    with ExitStack() as stack:
        files = stack.enter_context(row_files(targets))
        report_file = stack.enter_context(replacing(report.path)) if report else None
        hidden = targets.to_stdout and sys.stdout.isatty()
        on_progress = stack.enter_context(progress(sys.stderr, hidden=hidden))

        def on_rows(rows: "Rows") -> None:
            files.write(rows)
            watchers.add(rows)

        run = score_exports(
            exports,
            [(config.slug, config.config) for config in configs],
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
