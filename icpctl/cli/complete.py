"""What shells complete: from the vocabulary and from file names; no config is read.

Each function gives the words that may be given for its parameter; Typer keeps those that begin as
what was typed does. A folder that is not there completes nothing, and never an error.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from icpctl.errors import IcpctlError

if TYPE_CHECKING:
    from icpctl.vocabulary import Vocabulary


def slugs(context: typer.Context) -> list[str]:
    """Return the slugs of the folder that the options typed so far mean."""
    from icpctl.cli.workspaces import workspace

    try:
        return workspace(_typed(context, "directory"), context.params.get("org")).slugs()
    except (IcpctlError, OSError):
        return []


def organizations(context: typer.Context) -> list[str]:
    """Return the organizations of the folder that `--dir` means.

    Names with a line end or a tab are left out, because a shell reads one name per line.
    """
    from icpctl.cli.workspaces import workspace

    try:
        names = workspace(_typed(context, "directory"), None, all_orgs=True).orgs()
    except (IcpctlError, OSError):
        return []
    return [name for name in names if name.isprintable()]


def vocabulary(context: typer.Context) -> "Vocabulary":
    """Return the condition types of the folder that the options typed so far mean."""
    from icpctl.cli.workspaces import workspace
    from icpctl.vocabulary import BUILT_IN

    try:
        folder = workspace(_typed(context, "directory"), context.params.get("org"))
        return folder.definitions().vocabulary
    except (IcpctlError, OSError):
        return BUILT_IN


def _typed(context: typer.Context, name: str) -> Path | None:
    folder = context.params.get(name)
    return Path(folder) if folder else None
