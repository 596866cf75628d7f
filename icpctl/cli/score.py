"""`icpctl score`."""

from typing import Annotated

import typer

from icpctl.cli.engine_options import Engine, Master, SparkConf, cluster
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
    report_target,
    workspace,
)
from icpctl.errors import ExitCode
from icpctl.output.formats import ReportFormat


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
    from icpctl.output.score import Targets, print_run, print_timings, score_into
    from icpctl.output.verdict_rows import Layout
    from icpctl.scoring.report import Limit

    unbuilt = {"--report": report is not None, "--timings": timings, "--out -": out == "-"}
    spark = cluster(engine, master, spark_conf, unbuilt=unbuilt)
    limit = Limit.parse(max_rejects)
    options = scoring_options(as_of, mapping, case_sensitive, carry or [], temp_dir, encoding)
    layout = Layout(only_matched, with_line, options.carry)
    targets = Targets(out, rejects, layout, report_target(report, report_title, no_visitors))
    configs = workspace(directory, org).configs(config or [])
    if spark:
        from icpctl.spark.run import Folders, score_on

        folders = Folders(out, rejects, layout)
        run = score_on(spark, visitors_of(visitors), configs, options, folders)
    else:
        run = score_into(visitors_of(visitors), configs, options, targets)
    print_run(run, output, targets, limit)
    if timings:
        print_timings(run)
    is_over = limit.exceeded(run.report.rejected, run.report.visitors)
    return ExitCode.FOUND if is_over or run.damaged else ExitCode.DONE
