"""Making a folder hold given configs: what that would change, and doing it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from icpctl.config.config_file import SUFFIXES, ConfigFile, is_rule_test, nearest_slug
from icpctl.config.definitions import NOTHING_DEFINED
from icpctl.config.editing.bodies import body_data, body_of, read_source
from icpctl.config.editing.expanding import fitted
from icpctl.config.editing.locking import locked
from icpctl.config.store import Loaded, Workspace, load_file
from icpctl.errors import IcpctlError
from icpctl.files import change_files

if TYPE_CHECKING:
    from collections.abc import Iterable

What = Literal["created", "updated", "unchanged", "deleted"]


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one config: the file and its bytes before and after; None is no file."""

    slug: str
    before: tuple[Path, bytes] | None
    after: tuple[Path, bytes] | None

    @property
    def what(self) -> What:
        """Return the step in a word."""
        if self.before is None:
            return "created"
        if self.after is None:
            return "deleted"
        return "unchanged" if self.before == self.after else "updated"


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes a folder hold the configs given, by slug."""

    workspace: Workspace
    steps: list[Step]

    @property
    def changes(self) -> list[Step]:
        """The steps that change something."""
        return [step for step in self.steps if step.what != "unchanged"]


def plan(workspace: Workspace, sources: Iterable[str], *, prune: bool = False) -> Plan:
    """Return what is to be done so that a folder holds the configs of files and folders.

    `-` is one config on stdin; of a folder its own files count, not those of its subfolders.
    `prune` deletes what is not among the sources. Raises `IcpctlError`: `invalid_config` with the
    findings of all sources, `no_such_path`, `not_a_config`, `usage` where two have one slug.
    """
    wanted = _sources(sources)
    there = workspace.exists()
    definitions = workspace.definitions() if there else NOTHING_DEFINED
    wanted = {slug: fitted(file, definitions) for slug, file in wanted.items()}
    steps = [_step(workspace, file, there=there) for file in wanted.values()]
    for slug in workspace.slugs() if prune and there else ():
        if slug not in wanted:
            path = workspace.path(slug)
            steps.append(Step(slug, (path, path.read_bytes()), None))
    return Plan(workspace, sorted(steps, key=lambda step: step.slug))


def carry_out(plan: Plan) -> None:
    """Do what a plan says: all of it, or nothing.

    Raises `IcpctlError`: `conflict` where a file is not as it was when the plan was made,
    `not_written`.
    """
    steps = plan.changes
    if not steps:
        return
    plan.workspace.make_folder()
    with locked(plan.workspace.folder):
        for step in steps:
            _require_unchanged(step)
        written = {path: data for step in steps if step.after for path, data in [step.after]}
        before = [step.before[0] for step in steps if step.before]
        change_files(written, [path for path in before if path not in written])


def _sources(names: Iterable[str]) -> dict[str, ConfigFile]:
    loaded = Loaded()
    for name in dict.fromkeys(names):
        if name == "-":
            loaded.configs.append(_from_stdin())
            continue
        path = Path(name)
        if path.is_dir():
            loaded.add(Workspace(path).load())
        elif not os.path.lexists(path):
            raise IcpctlError(f"there is no file or folder {name}", "no_such_path")
        elif path.suffix not in SUFFIXES or is_rule_test(path.name):
            hint = "its name is SLUG.yaml, SLUG.yml or SLUG.json"
            raise IcpctlError(f"{name} is no config", "not_a_config", hint=hint)
        else:
            load_file(path, None, loaded)
    found: dict[str, ConfigFile] = {}
    for file in loaded.require_valid():
        first = found.setdefault(file.slug, file)
        if os.path.realpath(first.path) != os.path.realpath(file.path):
            message = f"{first.path} and {file.path} have one slug: {file.slug}"
            raise IcpctlError(message, "usage", hint="give one of them")
    if not found:
        raise IcpctlError("there is no config to apply", "no_configs")
    return found


def _from_stdin() -> ConfigFile:
    document = read_source("-")
    config = body_of(document, None)
    slug = config.slug or nearest_slug(config.label)
    if slug is None:
        raise IcpctlError(f"no slug can be made of the label {config.label!r}", "bad_name")
    # The suffix says how the text is read again.
    path = Path(document.file + (".json" if document.is_json else ".yaml"))
    return ConfigFile(slug, None, path, config, body_data(document))


def _step(workspace: Workspace, file: ConfigFile, *, there: bool) -> Step:
    json_suffix = ".json" if file.document.is_json else ".yaml"
    path = workspace.path_for(file.slug, json_suffix)
    if not there or workspace.taken(file.slug) is None:
        return Step(file.slug, None, (path, file.data))
    old = workspace.path(file.slug)
    if (old.suffix == ".json") == file.document.is_json:
        path = old
    return Step(file.slug, (old, old.read_bytes()), (path, file.data))


def _require_unchanged(step: Step) -> None:
    place = step.before or step.after
    if place is None:
        return
    path = place[0]
    now = path.read_bytes() if path.is_file() else None
    if now != (step.before[1] if step.before else None):
        message = f"{path} was changed meanwhile, so nothing was done"
        raise IcpctlError(message, "conflict", hint="try again")
