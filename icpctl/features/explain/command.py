"""`icpctl explain`."""

from typing import Annotated

import typer

from icpctl.cli.options import (
    AsOf,
    By,
    CaseSensitive,
    Configs,
    Dir,
    Mapping,
    Org,
    TempDir,
    Visitors,
)
from icpctl.cli.workspaces import workspace
from icpctl.errors import ExitCode, IcpctlError
from icpctl.output.formats import ReportFormat


def explain(
    visitors: Visitors = None,
    visitor_id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="The visitor with this id.")
    ] = None,
    line: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The visitor on this line of one file.")
    ] = None,
    directory: Dir = None,
    org: Org = None,
    config: Configs = None,
    as_of: AsOf = None,
    mapping: Mapping = None,
    by: By = None,
    case_sensitive: CaseSensitive = None,
    temp_dir: TempDir = None,
    output: Annotated[
        ReportFormat, typer.Option("-o", "--output", help="How to print it.")
    ] = "table",
) -> ExitCode:
    """Say why one visitor matches or not.

    Each config, group and condition: whether it holds, the value seen, and what it would need.
    """
    from icpctl.cli.scoring_options import scoring_options, visitors_of
    from icpctl.features.explain.explained import explain as explain_visitor
    from icpctl.features.explain.printing import print_explained

    if (visitor_id is None) == (line is None):
        raise IcpctlError("name the visitor with --id ID or with --line N", "bad_usage")
    if by and line is not None:
        raise IcpctlError("--line names a record, and --by puts records together", "bad_usage")
    options = scoring_options(as_of, mapping, case_sensitive, [], temp_dir, by=by)
    configs = [(it.slug, it.config) for it in workspace(directory, org).configs(config or [])]
    exports = visitors_of(visitors)
    explained = explain_visitor(exports, configs, options, visitor_id=visitor_id, line=line)
    print_explained(explained, options.as_of, output, line)
    return ExitCode.DONE
