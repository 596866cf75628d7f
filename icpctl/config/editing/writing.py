"""Creating, updating and deleting configs: under the folder's lock, whole or not at all."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from icpctl.config.checks import check_document
from icpctl.config.config_file import ConfigFile
from icpctl.config.definitions import NOTHING_DEFINED, Definitions
from icpctl.config.editing.bodies import body_data, body_of, not_valid, rules_of
from icpctl.config.editing.edits import block_text, edited
from icpctl.config.editing.layout import (
    FIELDS,
    SCHEMA_FILE,
    SCHEMA_LINE,
    FileFormat,
    config_text,
)
from icpctl.config.editing.locking import locked
from icpctl.config.model import IcpConfig
from icpctl.documents.document import Document, read_document
from icpctl.errors import IcpctlError
from icpctl.files import change_files, replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.config.store import Workspace


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change about a config; what is None stays as it is.

    `body` takes the place of the whole config, `rules` of its rules; both are texts as given.
    """

    label: str | None = None
    priority: int | None = None
    no_priority: bool = False
    is_active: bool | None = None
    rules: Document | None = None
    body: Document | None = None
    min_score: float | None = None

    def __post_init__(self) -> None:
        if self.no_priority and self.priority is not None:
            message = "--priority and --no-priority contradict each other"
            raise IcpctlError(message, "usage", hint="give one of them")

    def fields(self, config: IcpConfig) -> dict[str, Any]:
        """Return what becomes different about a config, as a body has it; None is to go."""
        fields: dict[str, Any] = {}
        if self.label is not None and self.label != config.label:
            fields["label"] = self.label
        if self.priority is not None and self.priority != config.priority:
            fields["priority"] = self.priority
        if self.no_priority and config.priority is not None:
            fields["priority"] = None
        if self.is_active is not None and self.is_active != config.is_active:
            fields["isActive"] = self.is_active
        if self.min_score is not None and self.min_score != config.min_score:
            fields["minScore"] = self.min_score
        if self.rules is not None and (
            (rules := rules_of(self.rules, config.definitions)) != config.rules
        ):
            fields["rules"] = rules.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return fields


@dataclass(frozen=True, slots=True)
class Change:
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
            _write(file.path, after.data)
    return change


def create(
    workspace: Workspace,
    slug: str,
    data: bytes,
    *,
    is_json: bool = False,
    dry_run: bool = False,
) -> ConfigFile:
    """Make a config of a text that is valid, in a folder that is made where it is not there.

    Where the text names the schema for editors and the folder does not have it yet, it is written
    beside the config.

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
            change_files({made.path: data, **_missing_schema(workspace, data)})
        undo.pop_all()
    return made


def _missing_schema(workspace: Workspace, data: bytes) -> dict[Path, bytes]:
    path = workspace.folder / SCHEMA_FILE
    if SCHEMA_LINE.encode() not in data or os.path.lexists(path):
        return {}
    from icpctl.config.schema import schema_text

    return {path: schema_text(workspace.definitions().vocabulary).encode()}


def delete(workspace: Workspace, slugs: Sequence[str]) -> list[Path]:
    """Remove configs, valid or not, and return their files: all of them, or none.

    Raises `IcpctlError`: what `Workspace.path` raises, `not_written`.
    """
    with locked(workspace.folder):
        paths = [workspace.path(slug) for slug in dict.fromkeys(slugs)]
        change_files({}, paths)
    return paths


def keep(path: Path, before: bytes, after: bytes) -> None:
    """Write what somebody made of a config's file, unless the file has changed meanwhile.

    Raises `IcpctlError`: `conflict`, `not_written`.
    """
    with locked(Path(os.path.realpath(path)).parent):
        try:
            now = path.read_bytes()
        except FileNotFoundError:
            now = b""
        if now != before:
            raise IcpctlError(f"{path} was changed meanwhile", "conflict")
        _write(path, after)


def changed(file: ConfigFile, changes: Changes) -> ConfigFile:
    """Return a config with changes made to its text.

    Raises `IcpctlError` `invalid_config` with every finding, `cannot_edit` where the text is
    written in a way that no edit can keep.
    """
    start = _with_body(file, changes.body) if changes.body else file
    fields = changes.fields(start.config)
    if not fields:
        return start
    wanted = meant(start.config.model_dump(by_alias=True), fields, start.config.definitions)
    rules = block_text(changes.rules) if changes.rules else None
    for as_given in (rules, None):  # as it is written, or else laid out anew
        data = edited(start.document, fields, as_given)
        config, _ = check_document(read_document(data, str(file.path)), file.slug)
        if config == wanted:
            return checked(file.slug, file.org, file.path, data)
    raise IcpctlError(
        f"{', '.join(fields)} cannot be changed in place in {file.path}",
        "cannot_edit",
        hint=f"change it by hand: icpctl edit {file.slug}",
    )


def checked(slug: str, org: str | None, path: Path, data: bytes) -> ConfigFile:
    """Return the config that these bytes would be under a path.

    Raises `IcpctlError` `invalid_config` with every finding.
    """
    document = read_document(data, str(path))
    config, findings = check_document(document, slug)
    if config is None:
        raise not_valid(str(path), findings)
    return ConfigFile(slug, org, path, config, data)


def checked_text(data: bytes) -> IcpConfig | None:
    """Return the config that some YAML holds, or None where it is not valid."""
    config, _ = check_document(read_document(data, "config.yaml"), None)
    return config


def meant(
    body: dict[str, Any], fields: dict[str, Any], definitions: Definitions = NOTHING_DEFINED
) -> IcpConfig:
    """Return the config of a body with these fields in it.

    Raises `IcpctlError` `invalid_config` with the first problem.
    """
    try:
        return IcpConfig.model_validate(body | fields, context=definitions)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        context = first.get("ctx", {})
        message = f"{first['loc'][0]}: {context.get('message', first['msg'])}"
        raise IcpctlError(message, "invalid_config", hint=context.get("hint")) from None


def holds_the_same(one: IcpConfig, other: IcpConfig) -> bool:
    """Whether two configs are the same; what servers set may have become text in YAML."""
    return set(one.body()) == set(other.body()) and all(
        getattr(one, name) == getattr(other, name)
        for name in ("label", "priority", "is_active", "min_score", "exclude", "rules", "slug")
    )


def short_body(config: IcpConfig) -> dict[str, Any]:
    """Return a config's body without what is said anyway: the defaults."""
    return config.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _with_body(file: ConfigFile, body: Document) -> ConfigFile:
    """Return a config with another body: YAML in YAML as it is given, else edited in place."""
    config = body_of(body, file.slug, definitions=file.config.definitions)
    if not (body.is_json or file.document.is_json):
        return checked(file.slug, file.org, file.path, body_data(body))
    fields = _differences(file.config, config)
    wanted = meant(file.config.model_dump(by_alias=True), fields, file.config.definitions)
    data = edited(file.document, fields)
    found, _ = check_document(read_document(data, str(file.path)), file.slug)
    if found is None or not holds_the_same(found, wanted):  # then it is laid out anew
        form: FileFormat = "json" if file.document.is_json else "yaml"
        data = config_text(short_body(wanted), form).encode()
    return checked(file.slug, file.org, file.path, data)


def _differences(old: IcpConfig, new: IcpConfig) -> dict[str, Any]:
    """Return the fields that a new body changes; None is to go.

    What servers set stays where the body lacks it, and may have become text in YAML.
    """
    before, after = old.body(), new.body()
    differ = [key for key in (*FIELDS, *after) if str(before.get(key)) != str(after.get(key))]
    fields = {key: after.get(key) for key in differ if key != "slug"}
    return fields | {key: it for key, it in short_body(new).items() if key in fields}


def _require_free(workspace: Workspace, slug: str) -> None:
    """Raise `IcpctlError` `slug_taken` when a config of this slug is there."""
    if path := workspace.taken(slug):
        raise IcpctlError(
            f"there is a config {slug!r} already: {path}",
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


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as file:
        file.write(data)
