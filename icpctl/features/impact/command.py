"""`icpctl impact`."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icpctl.cli.options import (
    AsOf,
    By,
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
from icpctl.output.formats import ImpactFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.git_versions import Versions
    from icpctl.exports.files.sources import Source
    from icpctl.features.impact.bounds import Bound
    from icpctl.features.impact.model import Impact
    from icpctl.features.report.target import ReportTarget
    from icpctl.scoring.run import Options


def impact(
    visitors: Visitors = None,
    base: Annotated[
        str | None, typer.Option(metavar="REF", help="Compare with the configs of a git revision.")
    ] = None,
    base_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Compare with the configs of another folder.")
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BOUND",
            help="Exit with 1 at a bound such as lost>5%: lost, gained, moved or "
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
    by: By = None,
    case_sensitive: CaseSensitive = None,
    temp_dir: TempDir = None,
    encoding: Encoding = None,
    output: Annotated[
        ImpactFormat, typer.Option("-o", "--output", help="markdown is for pull requests.")
    ] = "table",
) -> ExitCode:
    """Show what changed configs do to visitors: who is gained, lost, moved, or scored otherwise.

    The exit code is 1 when a bound of --fail-on is reached, or a line is rejected.
    """
    from icpctl.cli.scoring_options import scoring_options, strictness, visitors_of
    from icpctl.config.git_versions import versions
    from icpctl.features.impact.bounds import Bound
    from icpctl.features.impact.printing import print_impact
    from icpctl.features.report.target import report_target
    from icpctl.output.written import print_written

    started = time.perf_counter()
    bounds = [Bound.parse(text) for text in fail_on or []]
    options = scoring_options(as_of, mapping, case_sensitive, [], temp_dir, encoding, by)
    target = report_target(report, report_title, no_visitors)
    compared = versions(workspace(directory, org), config or [], ref=base, folder=base_dir)
    result = _impact_here(
        visitors_of(visitors), compared, bounds, options, target, inactive=bool(config)
    )
    strict = strictness()
    print_impact(result, compared.base, bounds, output, strict)
    print_written(report, since=started)
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
    from icpctl.features.impact.counting import impact
    from icpctl.features.report.target import report_file
    from icpctl.output.progress import progress

    before, after = (
        [(config.slug, config.config) for config in side]
        for side in (versions.before, versions.after)
    )
    sources: list[Source] = []
    with report_file(target) as file, progress(sys.stderr) as on_progress:
        result = impact(
            exports,
            before,
            after,
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
