"""`icpctl stats`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from icpctl.cli.options import Configs, OnSpark, Reporting, Scoring
from icpctl.errors import ExitCode
from icpctl.output.console import TableFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.model import ConfigFile
    from icpctl.features.report.target import ReportTarget
    from icpctl.features.stats.counting import Stats, StatsCounts
    from icpctl.scoring.run import Options


def stats(
    *,
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
    scoring: Scoring,
    config: Configs = None,
    reporting: Reporting,
    on_spark: OnSpark,
    output: Annotated[TableFormat, typer.Option("-o", "--output", help="Output format.")] = "table",
) -> ExitCode:
    """Count visitors and matches by config and day.

    With --from or --to, of those last seen in that period.
    The exit code is 1 when a line is rejected.
    """
    from icpctl.cli.scoring_options import strictness
    from icpctl.features.report.period import Period
    from icpctl.features.report.target import report_target
    from icpctl.features.stats.counting import StatsCounts
    from icpctl.features.stats.printing import print_stats
    from icpctl.output.console import print_written

    unbuilt = {
        "--report": reporting.report is not None,
        "--encoding": scoring.encoding is not None,
    }
    spark = on_spark.cluster(unbuilt)
    period = Period.parse(first, last)
    options, org = scoring.options(fields=[by] if by else []), scoring.workspace().org
    target = report_target(*reporting.asked)
    exports, configs = scoring.exports(), scoring.configs(config)
    counts = StatsCounts.of(period, by, len(configs), len(options.tiers), options.custom)
    if spark:
        from icpctl.features.stats.on_spark import stats_on

        result = stats_on(spark, exports, configs, options, counts, org)
    else:
        result = _stats_here(exports, configs, options, counts, org, target)
    strict = strictness()
    print_stats(result, output, strict)
    print_written(reporting.report, since=scoring.started)
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
    from icpctl.config.model import named_configs
    from icpctl.features.report.target import RunReport, report_file
    from icpctl.features.stats.counting import stats
    from icpctl.output.console import progress

    report = RunReport.begin(target, configs, options, period=counts.period) if target else None
    with report_file(target) as file, progress(sys.stderr) as on_progress:
        result = stats(
            exports,
            named_configs(configs),
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
