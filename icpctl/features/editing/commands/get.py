"""`icpctl get`."""

from typing import Annotated

import typer
from msgspec.structs import replace

from icpctl.cli.options import Dir, Org, Slug, workspace
from icpctl.errors import ExitCode
from icpctl.features.editing.commands.options import Output


def get(
    slug: Slug,
    expand: Annotated[
        bool, typer.Option("--expand", help="Replace named lists by their values.")
    ] = False,
    directory: Dir = None,
    org: Org = None,
    output: Output = "yaml",
) -> ExitCode:
    """Print one config."""
    from icpctl.features.editing.output.config_lists import SINGLES

    file = workspace(directory, org).get(slug)
    if expand:
        from icpctl.features.editing.expanding import expanded, expanded_text

        if output == "yaml":
            file = replace(file, data=expanded_text(file))
        else:
            file = replace(file, config=expanded(file.config))
    SINGLES[output](file)
    return ExitCode.DONE
