"""`icpctl edit`."""

from icpctl.cli.options import Dir, Org, Slug, workspace
from icpctl.errors import ExitCode


def edit(slug: Slug, directory: Dir = None, org: Org = None) -> ExitCode:
    """Open a config in $VISUAL or $EDITOR, and keep the result when it is valid.

    A file with errors is opened again, with the errors at the top. Leave the file unchanged, or
    empty it, to change nothing.
    """
    from icpctl.features.editing.commands.editor import edited
    from icpctl.output.console import note

    path = workspace(directory, org).path(slug)
    note(f"updated {path}" if edited(path, slug) else f"unchanged: {path}")
    return ExitCode.DONE
