"""`icpctl explain`."""

from typing import Annotated

import typer

from icpctl.cli.options import By, Configs, Scoring
from icpctl.errors import ExitCode, IcpctlError, both_given
from icpctl.output.console import ReportFormat


def explain(
    *,
    ids: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="ID", help="Explain the visitor with this id (repeatable)."),
    ] = None,
    line: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Explain the visitor on this line of one file."),
    ] = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="Show every config, group and condition.")
    ] = False,
    scoring: Scoring,
    config: Configs = None,
    by: By = None,
    output: Annotated[
        ReportFormat, typer.Option("-o", "--output", help="Output format.")
    ] = "table",
) -> ExitCode:
    """Say why one visitor matches or not.

    The verdict and its reasons: the conditions of the visitor's ICP, and those of the nearest
    config that does not match. With --all every config, group and condition: whether it holds,
    the value seen, and what it would need.
    """
    from icpctl.config.model import named_configs
    from icpctl.features.explain.explained import explain as explain_visitors
    from icpctl.features.explain.printing import print_explained

    if not ids and line is None:
        hint = "give --id ID or --line N"
        raise IcpctlError("the visitor to explain is missing", "bad_usage", hint=hint)
    for option, is_given in (("--id", bool(ids)), ("--by", by is not None)):
        if is_given and line is not None:
            raise both_given("--line", option)
    options = scoring.options(by=by)
    configs = named_configs(scoring.configs(config))
    distinct = list(dict.fromkeys(ids or []))
    explained = explain_visitors(scoring.exports(), configs, options, ids=distinct, line=line)
    print_explained(explained, options.as_of, output, line, show_all=show_all)
    return ExitCode.DONE
