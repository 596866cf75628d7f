"""`icpctl impact`."""

from pathlib import Path
from typing import Annotated

import typer

from icpctl.cli.config_folder import workspace
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
from icpctl.output.formats import ImpactFormat


def impact(
    visitors: Visitors = None,
    base: Annotated[
        str | None, typer.Option(metavar="REF", help="Compare with the configs of a git revision.")
    ] = None,
    base_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Compare with those of another folder.")
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BOUND",
            help="End with 1 at so many visitors, as in lost>5%: lost, gained, moved or "
            "score_changed, then > or >=, then a number, or a percentage of those that matched "
            "before; repeatable.",
        ),
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
    output: Annotated[
        ImpactFormat, typer.Option("-o", "--output", help="markdown is for pull requests.")
    ] = "table",
) -> ExitCode:
    """Show what changed configs do to visitors: who is gained, lost, moved, or scored otherwise.

    The exit code is 1 when a bound of --fail-on is reached, or a line is rejected.
    """
    from icpctl.cli.scoring_options import scoring_options, visitors_of
    from icpctl.config.git_versions import versions
    from icpctl.features.impact.bounds import Bound
    from icpctl.features.impact.printing import impact_into, print_impact
    from icpctl.scoring.report import Limit

    bounds = [Bound.parse(text) for text in fail_on or []]
    options = scoring_options(as_of, mapping, case_sensitive, [], temp_dir)
    target = report_target(report, report_title, no_visitors)
    found = versions(workspace(directory, org), config or [], ref=base, folder=base_dir)
    result = impact_into(
        visitors_of(visitors), found, bounds, options, target, inactive=bool(config)
    )
    limit = Limit.parse("0")
    print_impact(result, found.base, bounds, output, limit)
    is_bad = limit.exceeded(result.rejected, result.visitors)
    return ExitCode.FOUND if is_bad or any(it.reached(result) for it in bounds) else ExitCode.DONE
