"""Which files are removed with a config; what does not hold one is never removed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from icpctl.config.file_names import SUFFIXES, TESTS_FOLDER
from icpctl.config.loading import read_file
from icpctl.config.store import leaves
from icpctl.documents.document import Object
from icpctl.errors import IcpctlError, Location

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from icpctl.config.store import Workspace
    from icpctl.documents.document import Document


def holds_config(document: Document) -> bool:
    """Return whether a document is meant as a config: it has a `label` and `groups` in `rules`.

    It need not be valid.
    """
    root = document.root
    if not isinstance(root, Object) or not {"label", "rules"} <= root.entries.keys():
        return False
    rules = root.entries["rules"][1]
    return isinstance(rules, Object) and "groups" in rules.entries


def files_of(workspace: Workspace, slug: str) -> list[Path]:
    """Return the files that are removed with a config: its own, then its tests.

    Raises `IcpctlError`: what `Workspace.path` raises, and `not_a_config` if the file does not
    hold a config, so that nothing is removed for its name alone.
    """
    path = workspace.path(slug)
    if not holds_config(read_file(path)):
        raise IcpctlError(
            "this file does not hold a config, so it is left as it is",
            "not_a_config",
            Location(str(path)),
            "a config has label and rules.groups; remove other files by hand",
        )
    names = [f"{slug}.test{suffix}" for suffix in SUFFIXES]
    folders = [workspace.folder, workspace.folder / TESTS_FOLDER]
    inside = [folder for folder in folders if not leaves(folder, workspace.root)]
    return [path, *filter(os.path.isfile, (folder / name for folder in inside for name in names))]


def files_of_all_but(
    workspace: Workspace, kept: Collection[str]
) -> tuple[dict[str, list[Path]], list[Path]]:
    """Return the files that are removed so that only the configs `kept` are left in a folder.

    Those of each config by its slug, as `files_of` has them, and then the files that have the name
    of a config but do not hold one, which are left. Raises what `Workspace.path` raises.
    """
    removed: dict[str, list[Path]] = {}
    left: list[Path] = []
    for slug in workspace.slugs():
        if slug in kept:
            continue
        try:
            removed[slug] = files_of(workspace, slug)
        except IcpctlError as error:
            if error.code != "not_a_config":
                raise
            left.append(workspace.path(slug))
    return removed, left
