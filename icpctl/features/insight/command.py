"""`icpctl insight`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from icpctl.cli.options import By, Configs, OnSpark, Reporting, Scoring
from icpctl.errors import ExitCode, IcpctlError
from icpctl.output.console import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.model import ConfigFile
    from icpctl.config.store import Workspace
    from icpctl.features.insight.counting import Insight
    from icpctl.features.insight.page import InsightSections
    from icpctl.features.report.target import ReportTarget
    from icpctl.scoring.run import Options


def insight(
    *,
    apply: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Make change N of the list in the config's file."),
    ] = None,
    scoring: Scoring,
    config: Configs = None,
    by: By = None,
    reporting: Reporting,
    on_spark: OnSpark,
    output: Annotated[
        ReportFormat, typer.Option("-o", "--output", help="Output format.")
    ] = "table",
) -> ExitCode:
    """Show where configs lose visitors, and what changes would gain.

    Near misses, relaxed thresholds and lists, values that never occur, overlaps of configs.
    With --apply, one of the changes is made and the difference is printed.
    The exit code is 1 when a line is rejected.
    """
    from icpctl.cli.scoring_options import strictness
    from icpctl.features.insight.printing import print_insight
    from icpctl.features.report.target import report_target
    from icpctl.output.console import print_written

    unbuilt = {
        "--report": reporting.report is not None,
        "--encoding": scoring.encoding is not None,
    }
    spark = on_spark.cluster(unbuilt)
    options = scoring.options(by=by)
    configs = scoring.configs(config)
    target = report_target(*reporting.asked)
    exports = scoring.exports()
    if spark:
        from icpctl.features.insight.on_spark import insight_on

        result = insight_on(spark, exports, configs, options)
    else:
        result = _insight_here(exports, configs, options, target)
    if apply is not None:
        return _apply_change(scoring.workspace(), configs, result, apply)
    strict = strictness()
    print_insight(result, output, strict)
    print_written(reporting.report, since=scoring.started)
    return ExitCode.FOUND if strict.refuses(result.run) else ExitCode.DONE


def _apply_change(
    space: "Workspace", configs: "Sequence[ConfigFile]", result: "Insight", number: int
) -> ExitCode:
    """Make one of the changes in the file of its config, and print the difference.

    Raises `IcpctlError`: `rejected` where a line was, since its visitor may count, and what
    `chosen_change` and `update` raise: `conflict` where the file is not as it was scored.
    """
    from icpctl.features.editing.output.diffs import print_change
    from icpctl.features.editing.writing import update
    from icpctl.features.insight.wording import chosen_change
    from icpctl.output.console import note
    from icpctl.output.wording import counted

    if result.report.rejected:
        what = counted(result.report.rejected, "line")
        hint = "icpctl score --rejects FILE keeps them; without them the numbers may differ"
        raise IcpctlError(f"{what} rejected, so nothing was changed", "rejected", hint=hint)
    proposed = chosen_change(result.report, number)
    (scored,) = [file for file in configs if file.slug == proposed.slug]
    change = update(space, proposed.slug, proposed.changes, if_match=scored.etag)
    print_change(change)
    gain = counted(proposed.gain, "visitor")
    note(f"updated {change.after.path}: {proposed.text}, which gains {gain}")
    return ExitCode.DONE


def _insight_here(
    exports: "Sequence[str]",
    configs: "Sequence[ConfigFile]",
    options: "Options",
    target: "ReportTarget | None",
) -> "Insight":
    """Look into configs; the report of `target` appears when all is read, or not at all.

    Raises `IcpctlError`: `bad_usage` where the report would take an input's place, `not_written`,
    and what reading raises.
    """
    from icpctl.config.model import named_configs
    from icpctl.features.insight.counting import InsightCounts, insight
    from icpctl.features.insight.page import InsightSections
    from icpctl.features.report.target import RunReport, report_file
    from icpctl.output.console import progress

    pairs = named_configs(configs)
    counts = InsightCounts.of(pairs, options)
    report = None
    if target:
        sections = InsightSections(counts)
        report = RunReport.begin(target, configs, options, contribution=sections)
        options = replace(options, fields=report.fields)
    with report_file(target) as file, progress(sys.stderr) as on_progress:
        result = insight(
            exports,
            pairs,
            options,
            counts=counts,
            on_sources=report.on_sources if report else lambda _: None,
            on_rows=report.add if report else lambda _: None,
            on_progress=on_progress,
        )
        if report and file:
            report.write(file, result.run)
    return result


def insight_sections(configs: "Sequence[ConfigFile]", options: "Options") -> "InsightSections":
    """Return the sections for `icpctl score --report`, which says nothing of changes."""
    from icpctl.config.model import named_configs
    from icpctl.features.insight.counting import InsightCounts
    from icpctl.features.insight.page import InsightSections

    counts = InsightCounts.of(named_configs(configs), options, changes=False)
    return InsightSections(counts)
