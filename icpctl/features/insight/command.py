"""`icpctl insight`."""

from typing import Annotated

import typer

from icpctl.cli.config_folder import workspace
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
)
from icpctl.errors import ExitCode
from icpctl.output.formats import ReportFormat


def insight(
    visitors: Visitors = None,
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
        ReportFormat, typer.Option("-o", "--output", help="How to print it.")
    ] = "table",
) -> ExitCode:
    """Show where configs lose visitors, and what changes would gain.

    Near misses, relaxed thresholds and lists, values that never occur, overlaps of configs.
    The exit code is 1 when a line is rejected.
    """
    from icpctl.cli.scoring_options import scoring_options, visitors_of
    from icpctl.features.insight.printing import insight_into, print_insight
    from icpctl.scoring.report import Limit

    spark = cluster(engine, master, spark_conf, unbuilt={"--report": report is not None})
    options = scoring_options(as_of, mapping, case_sensitive, [], temp_dir)
    configs = workspace(directory, org).configs(config or [])
    target = report_target(report, report_title, no_visitors)
    read = visitors_of(visitors)
    if spark:
        from icpctl.spark.run import insight_on

        found = insight_on(spark, read, configs, options)
    else:
        found = insight_into(read, configs, options, target)
    limit, counts = Limit.parse("0"), found.report
    print_insight(found, output, limit)
    return ExitCode.FOUND if limit.exceeded(counts.rejected, counts.visitors) else ExitCode.DONE
