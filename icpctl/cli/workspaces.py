"""Which folder of configs a command is about."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icpctl.config.store import Workspace
    from icpctl.vocabulary import Vocabulary


def workspace(directory: Path | None, org: str | None, *, all_orgs: bool = False) -> "Workspace":
    """Return the folder that `--dir` and `--org` mean, or the settings where they are not given.

    With `all_orgs` it is the whole folder, whatever organization is set.
    """
    from icpctl.config.store import Workspace, named_org
    from icpctl.settings import load_settings

    settings = load_settings()
    root = settings.dir if directory is None else directory
    if all_orgs:
        return Workspace(root)
    return Workspace(root, named_org(root, settings.org if org is None else org))


def known_vocabulary(directory: Path | None, org: str | None) -> "Vocabulary":
    """Return the condition types of a folder of configs, or the built-in ones where none is there.

    Raises `IcpctlError`: `invalid_config` where its custom fields are not valid, and what
    `Workspace` raises where `--dir` or `--org` names a folder that is not there.
    """
    from icpctl.vocabulary import BUILT_IN

    folder = workspace(directory, org)
    if directory is None and org is None and not folder.exists():
        return BUILT_IN
    _ = folder.folder
    return folder.definitions().required().vocabulary
