"""`icpctl delete`."""

from typing import Annotated

import typer

from icpctl.cli import options
from icpctl.cli.options import Dir, Org, workspace
from icpctl.errors import ExitCode
from icpctl.features.editing.commands.confirm import require_yes
from icpctl.features.editing.commands.options import Yes
from icpctl.files import require_writable


def delete(
    slugs: Annotated[
        list[str],
        typer.Argument(metavar="SLUG", help="Names of the configs.", autocompletion=options.slugs),
    ],
    yes: Yes = False,
    directory: Dir = None,
    org: Org = None,
) -> ExitCode:
    """Delete configs with their tests; if one of them does not exist, delete none."""
    from icpctl.features.editing.removal import files_of
    from icpctl.features.editing.writing import delete
    from icpctl.output.console import note

    folder = workspace(directory, org)
    paths = [path for slug in dict.fromkeys(slugs) for path in files_of(folder, slug)]
    require_writable()
    require_yes(f"Delete {', '.join(map(str, paths))}?", yes=yes)
    for path in delete(folder, slugs):
        note(f"deleted {path}")
    return ExitCode.DONE
