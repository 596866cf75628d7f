"""Creating, updating and deleting configs: under the folder's lock, whole or not at all."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.errors import IcpctlError
from icpctl.features.editing.changes import Changes, changed, checked
from icpctl.features.editing.locking import locked
from icpctl.features.editing.removal import files_of
from icpctl.features.editing.schema.schema_file import schema_beside
from icpctl.features.shared.file_changes import change_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.config.model import ConfigFile
    from icpctl.config.store import Workspace


class Change(Struct, frozen=True):
    """A config before and after; the same bytes where nothing was to change."""

    before: ConfigFile
    after: ConfigFile

    @property
    def is_none(self) -> bool:
        """Whether the file stays as it is."""
        return self.before.data == self.after.data


def update(
    workspace: Workspace,
    slug: str,
    changes: Changes | Callable[[ConfigFile], Changes],
    *,
    if_match: str | None = None,
    dry_run: bool = False,
) -> Change:
    """Change one config; a function gets the config as it is now and says what to change.

    What is not changed stays byte for byte. Raises `IcpctlError`: what `Workspace.get` raises,
    `conflict` where the file's etag is not `if_match`, `invalid_config`, `not_written`.
    """
    path = workspace.path(slug)
    with locked(Path(os.path.realpath(path)).parent):
        file = workspace.get(slug)
        _require_etag(file, if_match)
        after = changed(file, changes(file) if callable(changes) else changes)
        change = Change(file, after)
        if not dry_run and not change.is_none:
            schema = schema_beside(workspace.folder, [after.data])
            change_files({file.path: after.data, **schema})
    return change


def create(
    workspace: Workspace,
    slug: str,
    data: bytes,
    *,
    is_json: bool = False,
    dry_run: bool = False,
) -> ConfigFile:
    """Make a config of a text that is valid, in a folder that is made if there is none.

    Where the text names the schema for editors, that is written beside the config too.

    Raises `IcpctlError`: `slug_taken`, `bad_name`, `invalid_config`, `not_written`.
    """
    path = workspace.path_for(slug, ".json" if is_json else ".yaml")
    if workspace.exists():
        _require_free(workspace, slug)
    made = checked(slug, workspace.org, path, data)
    if dry_run:
        return made
    with ExitStack() as undo:
        if workspace.make_folder():
            undo.callback(workspace.folder.rmdir)
        with locked(workspace.folder):
            _require_free(workspace, slug)
            change_files({made.path: data, **schema_beside(workspace.folder, [data])})
        undo.pop_all()
    return made


def delete(workspace: Workspace, slugs: Sequence[str]) -> list[Path]:
    """Remove configs, valid or not, with their tests, and return their files: all, or none.

    Raises `IcpctlError`: what `files_of` raises, `not_written`.
    """
    with locked(workspace.folder):
        paths = [path for slug in dict.fromkeys(slugs) for path in files_of(workspace, slug)]
        change_files({}, paths)
    return paths


def keep(path: Path, before: bytes, after: bytes) -> None:
    """Write the edited bytes of a config's file, unless the file has changed meanwhile.

    Raises `IcpctlError`: `conflict`, `not_written`.
    """
    with locked(Path(os.path.realpath(path)).parent):
        try:
            now = path.read_bytes()
        except FileNotFoundError:
            now = b""
        if now != before:
            raise IcpctlError(f"{path} was changed in the meantime", "conflict")
        change_files({path: after})


def _require_free(workspace: Workspace, slug: str) -> None:
    """Raise `IcpctlError` `slug_taken` when a config of this slug is there."""
    if path := workspace.taken(slug):
        raise IcpctlError(
            f"the config {slug!r} already exists: {path}",
            "slug_taken",
            hint=f"change it with icpctl update {slug}, or choose another slug",
        )


def _require_etag(file: ConfigFile, etag: str | None) -> None:
    if etag is not None and etag.strip('"') != file.etag:
        raise IcpctlError(
            f"{file.path} has changed: its etag is {file.etag}, not {etag}",
            "conflict",
            hint=f"look at it with icpctl get {file.slug} -o json, then try again",
            details={"etag": file.etag},
        )
