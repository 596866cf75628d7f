"""`icpctl stats`."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from icpctl.cli.engine_options import Engine, Master, SparkConf, cluster
from icpctl.cli.options import (
    AsOf,
    CaseSensitive,
    Configs,
    Dir,
    Encoding,
    Mapping,
    NoVisitors,
    Org,
    Report,
    ReportTitle,
    TempDir,
    Visitors,
    workspace,
)
from icpctl.errors import ExitCode
from icpctl.output.formats import TableFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.config_file import ConfigFile
    from icpctl.features.report.target import ReportTarget
    from icpctl.features.stats.counting import Stats, StatsCounts
    from icpctl.scoring.run import Options


def stats(
    visitors: Visitors = None,
    first: Annotated[
        str | None,
        typer.Option("--from", metavar="T", help="First day or time of last_seen."),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="T", help="Last day or time of last_seen."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="FIELD", help="Also count by the commonest values of a text field."),
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
    encoding: Encoding = None,
    engine: Engine = "local",
    master: Master = None,
    spark_conf: SparkConf = None,
    output: Annotated[TableFormat, typer.Option("-o", "--output", help="Output format.")] = "table",
) -> ExitCode:
    """Count visitors and matches by config and day.

    With --from or --to, of those last seen in that period.
    The exit code is 1 when a line is rejected.
    """
    from icpctl.cli.scoring_options import scoring_options, strictness, visitors_of
    from icpctl.features.report.period import Period
    from icpctl.features.report.target import report_target
    from icpctl.features.stats.counting import StatsCounts
    from icpctl.features.stats.printing import print_stats
    from icpctl.output.written import print_written

    started = time.perf_counter()
    unbuilt = {"--report": report is not None, "--encoding": encoding is not None}
    spark = cluster(engine, master, spark_conf, unbuilt=unbuilt)
    period = Period.parse(first, last)
    options = scoring_options(as_of, mapping, case_sensitive, [], temp_dir, encoding)
    space = workspace(directory, org)
    target = report_target(report, report_title, no_visitors)
    exports, configs = visitors_of(visitors), space.configs(config or [])
    counts = StatsCounts.of(period, by, len(configs))
    if spark:
        from icpctl.features.stats.on_spark import stats_on

        result = stats_on(spark, exports, configs, options, counts, space.org)
    else:
        result = _stats_here(exports, configs, options, counts, space.org, target)
    strict = strictness()
    print_stats(result, output, strict)
    print_written(report, since=started)
    return ExitCode.FOUND if strict.refuses(result.run) else ExitCode.DONE


def _stats_here(
    exports: "Sequence[str]",
    configs: "Sequence[ConfigFile]",
    options: "Options",
    counts: "StatsCounts",
    organization: str | None,
    target: "ReportTarget | None",
) -> "Stats":
    """Count a period with `counts`; the report of `target` appears when all is read, or not at all.

    Raises `IcpctlError`: `bad_usage` where the report would take an input's place, `not_written`,
    and what `stats` raises.
    """
    from icpctl.features.report.target import RunReport, report_file
    from icpctl.features.stats.counting import stats
    from icpctl.output.progress import progress

    report = RunReport.begin(target, configs, options, period=counts.period) if target else None
    with report_file(target) as file, progress(sys.stderr) as on_progress:
        result = stats(
            exports,
            [(config.slug, config.config) for config in configs],
            options,
            counts,
            organization,
            fields=report.fields if report else (),
            on_sources=report.on_sources if report else lambda _: None,
            on_rows=report.add if report else lambda _: None,
            on_progress=on_progress,
        )
        if report and file:
            report.write(file, result.run)
    return result
