"""`icpctl delete`."""

from typing import Annotated

import typer

from icpctl.cli import complete
from icpctl.cli.confirm import require_yes
from icpctl.cli.options import Dir, Org, Yes, workspace
from icpctl.errors import ExitCode


def delete(
    slugs: Annotated[
        list[str],
        typer.Argument(
            metavar="SLUG...", help="The configs' names.", autocompletion=complete.slugs
        ),
    ],
    yes: Yes = False,
    directory: Dir = None,
    org: Org = None,
) -> ExitCode:
    """Delete configs: all that are named, or none when one of them is not there."""
    from icpctl.config.editing.writing import delete
    from icpctl.output.console import note

    folder = workspace(directory, org)
    paths = [str(folder.path(slug)) for slug in dict.fromkeys(slugs)]
    require_yes(f"Delete {', '.join(paths)}?", yes=yes)
    for path in delete(folder, slugs):
        note(f"deleted {path}")
    return ExitCode.DONE
