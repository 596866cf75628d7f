"""`icpctl impact`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from icpctl.cli.options import BaseDir, BaseRef, By, Configs, Reporting, Scoring
from icpctl.errors import ExitCode
from icpctl.output.console import ImpactFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.exports.files.sources import Source
    from icpctl.features.impact.bounds import Bound
    from icpctl.features.impact.model import Impact
    from icpctl.features.report.target import ReportTarget
    from icpctl.features.shared.git_versions import Versions
    from icpctl.scoring.run import Options


def impact(
    *,
    base: BaseRef = None,
    base_dir: BaseDir = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BOUND",
            help="Exit with 1 at a bound such as lost>5%: lost, gained, moved or "
            "score_changed, then > or >=, then a number, or a percentage of those that matched "
            "before; repeatable.",
        ),
    ] = None,
    scoring: Scoring,
    config: Configs = None,
    by: By = None,
    reporting: Reporting,
    output: Annotated[
        ImpactFormat, typer.Option("-o", "--output", help="markdown is for pull requests.")
    ] = "table",
) -> ExitCode:
    """Show what changed configs do to visitors: who is gained, lost, moved, or scored differently.

    The exit code is 1 when a bound of --fail-on is reached, or a line is rejected.
    """
    from icpctl.cli.scoring_options import strictness
    from icpctl.features.impact.bounds import Bound
    from icpctl.features.impact.printing import print_impact
    from icpctl.features.report.target import report_target
    from icpctl.features.shared.git_versions import versions
    from icpctl.output.console import print_written

    bounds = [Bound.parse(text) for text in fail_on or []]
    options = scoring.options(by=by)
    target = report_target(*reporting.asked)
    compared = versions(scoring.workspace(), config or [], ref=base, folder=base_dir)
    result = _impact_here(
        scoring.exports(), compared, bounds, options, target, inactive=bool(config)
    )
    strict = strictness()
    print_impact(result, compared.base, bounds, output, strict)
    print_written(reporting.report, since=scoring.started)
    is_reached = any(bound.reached(result) for bound in bounds)
    return ExitCode.FOUND if is_reached or strict.refuses(result.run) else ExitCode.DONE


def _impact_here(
    exports: "Sequence[str]",
    versions: "Versions",
    bounds: "Sequence[Bound]",
    options: "Options",
    target: "ReportTarget | None",
    *,
    inactive: bool,
) -> "Impact":
    """Compare versions of configs; the report of `target` appears when all is read, or not at all.

    Raises `IcpctlError`: `bad_usage` where the report would take an input's place, `not_written`,
    and what `impact` raises.
    """
    from icpctl.config.model import named_configs
    from icpctl.features.impact.counting import impact
    from icpctl.features.report.target import report_file
    from icpctl.output.console import progress

    sources: list[Source] = []
    with report_file(target) as file, progress(sys.stderr) as on_progress:
        result = impact(
            exports,
            named_configs(versions.before),
            named_configs(versions.after),
            options,
            inactive=inactive,
            on_sources=sources.extend,
            on_progress=on_progress,
        )
        if target and file:
            from icpctl.features.impact.page import impact_page

            shown = target.visitors
            page = impact_page(result, versions, bounds, sources, target.title, visitors=shown)
            target.write(file, page)
    return result
