"""`icpctl mappings`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from icpctl.errors import ExitCode
from icpctl.output.console import ReportFormat


def mappings(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Print this mapping, as a start for your own."),
    ] = None,
    output: Annotated[
        ReportFormat, typer.Option("-o", "--output", help="Output format.")
    ] = "table",
) -> ExitCode:
    """List the known formats of exports, or print the mapping of one.

    A mapping says where records keep the fields; --mapping takes a name, or your own file.
    """
    from icpctl.features.mappings.printing import LISTS, print_mapping
    from icpctl.mappings.loading import built_in, load_mapping
    from icpctl.mappings.mapping import built_in_names, built_in_text

    if name is None:
        LISTS[output]([built_in(it) for it in built_in_names()])
    elif output == "json":
        print_mapping(load_mapping(name))
    elif name in built_in_names():
        sys.stdout.write(built_in_text(name))
    else:
        load_mapping(name)
        sys.stdout.write(Path(name).read_text("utf-8"))
    return ExitCode.DONE
