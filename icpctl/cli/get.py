"""`icpctl get`."""

from typing import Annotated

import typer

from icpctl.cli.complete import slugs
from icpctl.cli.options import Dir, Org, workspace
from icpctl.errors import ExitCode
from icpctl.output.formats import SingleFormat


def get(
    slug: Annotated[
        str,
        typer.Argument(
            metavar="SLUG",
            help="The config's name: its file without extension.",
            autocompletion=slugs,
        ),
    ],
    directory: Dir = None,
    org: Org = None,
    output: Annotated[
        SingleFormat, typer.Option("-o", "--output", help="yaml is the file as it stands.")
    ] = "yaml",
) -> ExitCode:
    """Print one config."""
    from icpctl.output.configs import SINGLES

    SINGLES[output](workspace(directory, org).get(slug))
    return ExitCode.DONE
