"""`icpctl get`."""

from icpctl.cli.options import Dir, Org, Output, Slug
from icpctl.cli.workspaces import workspace
from icpctl.errors import ExitCode


def get(
    slug: Slug,
    directory: Dir = None,
    org: Org = None,
    output: Output = "yaml",
) -> ExitCode:
    """Print one config."""
    from icpctl.output.config_lists import SINGLES

    SINGLES[output](workspace(directory, org).get(slug))
    return ExitCode.DONE
