"""`icpctl list`."""

import sys
from typing import Annotated

import typer

from icpctl.cli.options import Dir, Org, workspace
from icpctl.errors import ExitCode
from icpctl.output.console import ListFormat


def list_configs(
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="List only these (default: all).")
    ] = None,
    directory: Dir = None,
    org: Org = None,
    all_orgs: Annotated[
        bool, typer.Option("--all-orgs", help="List the folder and every subfolder.")
    ] = False,
    output: Annotated[ListFormat, typer.Option("-o", "--output", help="Output format.")] = "table",
) -> ExitCode:
    """List the configs in the order in which they are scored.

    A file that is not valid is reported on stderr; the others are listed all the same, and the
    exit code is 1.
    """
    from icpctl.features.editing.output.config_lists import LISTS
    from icpctl.output.console import note

    space = workspace(directory, org, all_orgs=all_orgs)
    loaded = space.load(all_orgs=all_orgs, lint=False)
    wanted = [file for file in loaded.configs if active in (None, file.config.is_active)]
    LISTS[output](wanted, with_org=all_orgs)
    errors = [finding for finding in loaded.findings if finding.severity == "error"]
    if not wanted and output == "table":
        note(f"no {'such ' if loaded.configs else ''}configs in {space.folder}")
    if not errors:
        return ExitCode.DONE
    from icpctl.output.findings import print_findings

    print_findings(errors, sys.stderr)
    return ExitCode.FOUND
