"""What to change about a config, and its text with that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from pydantic import ValidationError

from icpctl.config.checks import check_document
from icpctl.config.definitions import NOTHING_DEFINED, Definitions
from icpctl.config.model import ConfigFile, IcpConfig
from icpctl.documents.reading import read_document
from icpctl.errors import IcpctlError, both_given
from icpctl.features.editing.bodies import fields_of, not_valid, rules_of
from icpctl.features.editing.body_fields import (
    MEANING,
    full_body,
    is_same,
    short_body,
    with_old_server_fields,
)
from icpctl.features.editing.group_changes import NO_CHANGES, GroupChanges, changed_rules
from icpctl.features.editing.layout import config_text
from icpctl.features.editing.texts.edits import edited

if TYPE_CHECKING:
    from pathlib import Path

    from icpctl.documents.document import Document


class Replacement(Struct, frozen=True):
    """A condition, as a full body has it, in another's place; both numbers count from 0."""

    group: int
    place: int
    condition: dict[str, Any]

    def made_in(self, rules: dict[str, Any]) -> dict[str, Any]:
        """Return rules, as a full body has them, with the condition in its place."""
        groups = [group | {"conditions": list(group["conditions"])} for group in rules["groups"]]
        groups[self.group]["conditions"][self.place] = self.condition
        return rules | {"groups": groups}


class Changes(Struct, frozen=True):
    """What to change about a config; what is None stays as it is.

    `body` has the fields that are to change, `rules` all the rules; both are texts as given.
    `conditions` are added to these or taken out.
    """

    label: str | None = None
    priority: int | None = None
    no_priority: bool = False
    is_active: bool | None = None
    rules: Document | None = None
    body: Document | None = None
    conditions: GroupChanges = NO_CHANGES
    min_score: float | None = None
    replacement: Replacement | None = None

    def __post_init__(self) -> None:
        if self.no_priority and self.priority is not None:
            raise both_given("--priority", "--no-priority")

    def fields(self, file: ConfigFile) -> dict[str, Any]:
        """Return the changes to a config's fields, as a body has them; None is to be removed.

        Raises `IcpctlError`: `invalid_config`, and what `changed_rules` raises.
        """
        fields = {} if self.body is None else fields_of(self.body, file)
        said: dict[str, Any] = {
            "label": self.label,
            "priority": self.priority,
            "isActive": self.is_active,
            "minScore": self.min_score,
        }
        fields |= {key: value for key, value in said.items() if value is not None}
        if self.no_priority:
            fields["priority"] = None
        if self.rules is not None:
            fields["rules"] = rules_of(self.rules, file.config.definitions).model_dump(
                mode="json", by_alias=True
            )
        if self.conditions:
            rules = fields.get("rules") or full_body(file.config)["rules"]
            fields["rules"] = changed_rules(rules, self.conditions, file.config.definitions)
        if self.replacement:
            rules = fields.get("rules") or full_body(file.config)["rules"]
            fields["rules"] = self.replacement.made_in(rules)
        return fields


def changed(file: ConfigFile, changes: Changes) -> ConfigFile:
    """Return a config with changes made to its text.

    Raises `IcpctlError` `invalid_config` with every finding, `cannot_edit` where the text is
    written in a way that no edit can keep.
    """
    return with_fields(file, changes.fields(file))


def with_fields(file: ConfigFile, fields: dict[str, Any]) -> ConfigFile:
    """Return a config with these fields of its body; None is to be removed. Raises the same."""
    old = full_body(file.config)
    wanted = meant(old, fields, file.config.definitions)
    removed = {key: None for key, value in fields.items() if value is None}
    new = with_old_server_fields(full_body(wanted) | removed, old)
    data = edited(file.document, old, new, MEANING)
    document = read_document(data, str(file.path))
    config, _ = check_document(document, file.slug, definitions=file.config.definitions)
    if config is not None and is_same(config, wanted):
        return ConfigFile(file.slug, file.org, file.path, config, data)
    if file.document.is_json:  # which has no comments to keep
        data = config_text(short_body(wanted), "json").encode()
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
    config, findings = check_document(read_document(data, str(path)), slug)
    if config is None:
        raise not_valid(str(path), findings)
    return ConfigFile(slug, org, path, config, data)


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
