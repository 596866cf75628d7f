"""`icpctl insight`."""

import sys
from typing import Annotated

import typer

from icpctl.cli.options import (
    AsOf,
    CaseSensitive,
    Configs,
    Dir,
    Mapping,
    Org,
    TempDir,
    Visitors,
    workspace,
)
from icpctl.errors import ExitCode
from icpctl.output.formats import ReportFormat


def insight(
    visitors: Visitors = None,
    directory: Dir = None,
    org: Org = None,
    config: Configs = None,
    as_of: AsOf = None,
    mapping: Mapping = None,
    case_sensitive: CaseSensitive = None,
    temp_dir: TempDir = None,
    output: Annotated[
        ReportFormat, typer.Option("-o", "--output", help="How to print it.")
    ] = "table",
) -> ExitCode:
    """Show where configs lose visitors, and what changes would gain.

    Near misses, relaxed thresholds and lists, values that never occur, overlaps of configs.
    The exit code is 1 when a line is rejected.
    """
    from icpctl.cli.scoring import scoring_options, visitors_of
    from icpctl.output.insight import print_insight
    from icpctl.output.progress import progress
    from icpctl.scoring.insight import insight as look
    from icpctl.scoring.report import Limit

    options = scoring_options(as_of, mapping, case_sensitive, [], temp_dir)
    configs = [(it.slug, it.config) for it in workspace(directory, org).configs(config or [])]
    with progress(sys.stderr) as on_progress:
        found = look(visitors_of(visitors), configs, options, on_progress=on_progress)
    limit, report = Limit.parse("0"), found.report
    print_insight(found, output, limit)
    return ExitCode.FOUND if limit.exceeded(report.rejected, report.visitors) else ExitCode.DONE
