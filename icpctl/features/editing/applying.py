"""Making a folder hold given configs: what that would change, and doing it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from icpctl.config.definitions import NOTHING_DEFINED
from icpctl.config.file_names import SUFFIXES
from icpctl.errors import IcpctlError
from icpctl.features.editing.body_fields import full_body, is_same
from icpctl.features.editing.changes import with_fields
from icpctl.features.editing.expanding import fitted
from icpctl.features.editing.locking import locked
from icpctl.features.editing.removal import files_of_all_but
from icpctl.features.editing.schema.schema_file import schema_beside
from icpctl.features.editing.sources import Sources
from icpctl.features.shared.file_changes import change_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from icpctl.config.model import ConfigFile
    from icpctl.config.store import Workspace

What = Literal["created", "updated", "unchanged", "deleted"]


class Step(Struct, frozen=True):
    """What happens to one config: the file and its bytes before and after; None means no file.

    `tests` are the files of its tests that go with it.
    """

    slug: str
    before: tuple[Path, bytes] | None
    after: tuple[Path, bytes] | None
    tests: tuple[Path, ...] = ()

    @property
    def what(self) -> What:
        """Return the step in a word."""
        if self.before is None:
            return "created"
        if self.after is None:
            return "deleted"
        return "unchanged" if self.before == self.after else "updated"


class Plan(Struct, frozen=True):
    """What makes a folder hold the configs given, by slug, as the folder was when it was made.

    `left` are files that would be deleted if they held a config.
    """

    workspace: Workspace
    steps: list[Step]
    sources: Sources
    prune: bool
    left: Sequence[Path] = ()

    @property
    def changes(self) -> list[Step]:
        """The steps that change something."""
        return [step for step in self.steps if step.what != "unchanged"]

    @property
    def deleted(self) -> list[str]:
        """The slugs of the configs that are deleted."""
        return [step.slug for step in self.steps if step.what == "deleted"]


def plan(workspace: Workspace, names: Iterable[str], *, prune: bool = False) -> Plan:
    """Return what is to be done so that a folder holds the configs of files and folders.

    `-` is stdin; of a folder its own files count, not those of its subfolders. `prune` deletes
    what is not among the sources. Raises `IcpctlError`: `invalid_config` with the findings of all
    sources, `no_such_path`, `not_a_config`, `bad_usage` where two have the same slug.
    """
    return _plan(workspace, Sources.named(names), prune=prune)


def carry_out(plan: Plan, *, is_sure: bool = True) -> Plan:
    """Do what a plan says, all of it or nothing, and return what was done.

    Others may have changed the folder or the sources since, so it is planned anew under the lock.
    Unless the user `is_sure`, nothing is deleted that the plan did not say.
    Raises `IcpctlError`: what `plan` raises, `conflict` where more would be deleted, `not_written`.
    """
    workspace = plan.workspace
    workspace.make_folder()
    with locked(workspace.folder):
        now = _plan(workspace, plan.sources, prune=plan.prune)
        _require_expected(now, plan.deleted, is_sure=is_sure)
        after = [step.after for step in now.steps if step.after]
        written = {path: data for step in now.changes if step.after for path, data in [step.after]}
        before = [step.before[0] for step in now.changes if step.before]
        before += [path for step in now.changes for path in step.tests]
        written |= schema_beside(workspace.folder, [data for _, data in after])
        if written or before:
            change_files(written, [path for path in before if path not in written])
    return now


def _plan(workspace: Workspace, sources: Sources, *, prune: bool) -> Plan:
    wanted = sources.load()
    is_there = workspace.exists()
    definitions = workspace.definitions() if is_there else NOTHING_DEFINED
    wanted = {slug: fitted(file, definitions) for slug, file in wanted.items()}
    steps = [_step(workspace, file, sources, is_there=is_there) for file in wanted.values()]
    removed, left = files_of_all_but(workspace, wanted) if prune and is_there else ({}, [])
    for slug, (path, *tests) in removed.items():
        steps.append(Step(slug, (path, path.read_bytes()), None, tuple(tests)))
    return Plan(workspace, sorted(steps, key=lambda step: step.slug), sources, prune, left)


def _require_expected(now: Plan, deleted: list[str], *, is_sure: bool) -> None:
    unexpected = sorted(set(now.deleted) - set(deleted))
    if unexpected and not is_sure:
        message = f"{', '.join(unexpected)} would now be deleted as well, so nothing was done"
        raise IcpctlError(message, "conflict", hint="try again")


def _step(workspace: Workspace, file: ConfigFile, sources: Sources, *, is_there: bool) -> Step:
    path = workspace.path_for(file.slug, ".json" if file.document.is_json else ".yaml")
    if not is_there or workspace.taken(file.slug) is None:
        return Step(file.slug, None, (path, file.data))
    if sources.is_listed(file):
        old_file = workspace.get(file.slug)
        return Step(file.slug, (old_file.path, old_file.data), _listed(old_file, file))
    replaced = _replaced(workspace, file, path)
    old = replaced or workspace.path(file.slug)
    if replaced is None and (old.suffix == ".json") == file.document.is_json:
        path = old
    return Step(file.slug, (old, old.read_bytes()), (path, file.data))


def _listed(old: ConfigFile, file: ConfigFile) -> tuple[Path, bytes]:
    """Return an existing file as one config of an array would make it; an array is not a file."""
    if is_same(old.config, file.config):
        return old.path, old.data
    fields = {key: value for key, value in full_body(file.config).items() if key != "slug"}
    return old.path, with_fields(old, fields).data


def _replaced(workspace: Workspace, file: ConfigFile, path: Path) -> Path | None:
    """Return the file that was about to go when the new one was in place already, if any.

    That is how a killed `apply` leaves a config whose format changes: both are there.
    """
    paths = [workspace.path_for(file.slug, suffix) for suffix in SUFFIXES]
    others = [other for other in paths if other != path and os.path.lexists(other)]
    is_in_place = path.is_file() and not path.is_symlink() and path.read_bytes() == file.data
    if is_in_place and len(others) == 1 and others[0].is_file() and not others[0].is_symlink():
        return others[0]
    return None
