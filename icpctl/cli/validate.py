"""`icpctl validate`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from icpctl.cli.extensions import EXTENSIONS, required
from icpctl.cli.options import Dir, Org, workspace
from icpctl.errors import ExitCode
from icpctl.output.console import FindingsFormat


def validate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            readable=False,
            help="Files and folders; - is stdin (default: the folder of configs).",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
    api: Annotated[
        bool | None,
        typer.Option("--api/--no-api", help="Report what the partner's API does not support."),
    ] = None,
    prove: Annotated[
        bool, typer.Option("--prove", help="Also run the proofs of icpctl prove.")
    ] = False,
    directory: Dir = None,
    org: Org = None,
    output: Annotated[
        FindingsFormat, typer.Option("-o", "--output", help="Output format.")
    ] = "text",
) -> ExitCode:
    """Report every error of every config file.

    The exit code is 1 if an error is found. With --strict, a warning also makes it 1, and so does
    having no file to check.
    """
    from icpctl.config.definitions import NOTHING_DEFINED
    from icpctl.config.extensions import extension_findings
    from icpctl.config.named_files import load_paths
    from icpctl.output.console import is_coloured, note
    from icpctl.output.findings import FORMATS, Report
    from icpctl.settings import load_settings

    space = workspace(directory, org)
    defined = space.definitions() if Path("-") in (paths or ()) and space.exists() else None
    loaded = load_paths(paths, defined or NOTHING_DEFINED) if paths else space.load(all_orgs=True)
    if load_settings().api if api is None else api:
        loaded.findings += extension_findings(loaded.configs)
        loaded.sort()
    unknown = required(EXTENSIONS.prove, "--prove")(loaded) if prove else 0
    report = Report.of(loaded, strict=strict)
    sys.stdout.write(FORMATS[output](report, colour=is_coloured(sys.stdout)))
    more = f"; {unknown:,} not known (see icpctl prove)" if unknown else ""
    note(report.summary() + more)
    if not report.files:
        note("warning: no config file to check; name the folder with --dir or as PATH")
    is_empty_error = strict and not report.files
    return ExitCode.FOUND if report.errors or is_empty_error else ExitCode.DONE
