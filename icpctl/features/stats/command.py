"""`icpctl stats`."""

from typing import Annotated

import typer

from icpctl.cli.engine_options import Engine, Master, SparkConf, cluster
from icpctl.cli.options import (
    AsOf,
    CaseSensitive,
    Configs,
    Dir,
    Mapping,
    NoVisitors,
    Org,
    Report,
    ReportTitle,
    TempDir,
    Visitors,
    report_target,
    workspace,
)
from icpctl.errors import ExitCode
from icpctl.output.formats import ReportFormat


def stats(
    visitors: Visitors = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="D", help="The first day of last_seen, UTC.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="D", help="The last day of last_seen, UTC.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="FIELD", help="Also by the commonest values of a text field."),
    ] = None,
    directory: Dir = None,
    org: Org = None,
    config: Configs = None,
    as_of: AsOf = None,
    report: Report = None,
    report_title: ReportTitle = None,
    no_visitors: NoVisitors = False,
    mapping: Mapping = None,
    case_sensitive: CaseSensitive = None,
    temp_dir: TempDir = None,
    engine: Engine = "local",
    master: Master = None,
    spark_conf: SparkConf = None,
    output: Annotated[
        ReportFormat, typer.Option("-o", "--output", help="How to print them.")
    ] = "table",
) -> ExitCode:
    """Count visitors and matches by config and day.

    With --from or --to, of those last seen in that period.
    The exit code is 1 when a line is rejected.
    """
    from icpctl.cli.scoring_options import scoring_options, visitors_of
    from icpctl.features.stats.counting import Period, StatsCounts
    from icpctl.features.stats.printing import print_stats, stats_into
    from icpctl.scoring.report import Limit

    spark = cluster(engine, master, spark_conf, unbuilt={"--report": report is not None})
    period = Period.parse(first, last)
    options = scoring_options(as_of, mapping, case_sensitive, [], temp_dir)
    space = workspace(directory, org)
    target = report_target(report, report_title, no_visitors)
    read, configs = visitors_of(visitors), space.configs(config or [])
    counts = StatsCounts.of(period, by, len(configs))
    if spark:
        from icpctl.spark.run import stats_on

        found = stats_on(spark, read, configs, options, counts, space.org)
    else:
        found = stats_into(read, configs, options, counts, space.org, target)
    limit, told = Limit.parse("0"), found.run.report
    print_stats(found, output, limit)
    is_over = limit.exceeded(told.rejected + told.damaged, told.visitors)
    return ExitCode.FOUND if is_over else ExitCode.DONE
