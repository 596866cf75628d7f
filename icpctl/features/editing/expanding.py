"""Configs with the values of their named lists written out, for where there are no such lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from icpctl.config.definitions import ListError, NamedList
from icpctl.config.file_names import FIELDS_FILE
from icpctl.errors import IcpctlError
from icpctl.features.editing.body_fields import MEANING, full_body
from icpctl.features.editing.changes import checked
from icpctl.features.editing.texts.edits import edited

if TYPE_CHECKING:
    from icpctl.config.definitions import Definitions
    from icpctl.config.model import Condition, ConfigFile, IcpConfig


def named_lists(config: IcpConfig) -> list[NamedList]:
    """Return the named lists that a config uses."""
    return [
        condition.value for condition in config.conditions if isinstance(condition.value, NamedList)
    ]


def expanded(config: IcpConfig) -> IcpConfig:
    """Return a config with plain lists in the place of named ones."""
    groups = tuple(
        group.model_copy(update={"conditions": tuple(map(_expanded, group.conditions))})
        for group in config.rules.groups
    )
    return config.model_copy(update={"rules": config.rules.model_copy(update={"groups": groups})})


def expanded_text(file: ConfigFile) -> bytes:
    """Return a config's text with the values of named lists written out, the rest as it is."""
    if not named_lists(file.config):
        return file.data
    return edited(file.document, full_body(file.config), full_body(expanded(file.config)), MEANING)


def fitted(file: ConfigFile, definitions: Definitions) -> ConfigFile:
    """Return a config as a folder with these definitions needs it.

    Values of named lists that the folder does not have, or has otherwise, are written out. Raises
    `IcpctlError` `invalid_config` where the text would be too large, or the folder lacks a field.
    """
    for condition in file.config.conditions:
        is_known = condition.type in definitions.vocabulary.types
        if condition.condition_type.is_custom and not is_known:
            raise IcpctlError(
                f"{file.path} asks for {condition.type}, which the folder does not declare",
                "invalid_config",
                hint=f"copy the field into {FIELDS_FILE} there first",
            )
    if all(_has(definitions, named) for named in named_lists(file.config)):
        return file
    return replace(file, data=checked(file.slug, None, file.path, expanded_text(file)).data)


def _has(definitions: Definitions, named: NamedList) -> bool:
    try:
        return definitions.lists.get(named.name) == named
    except ListError:
        return False


def _expanded(condition: Condition) -> Condition:
    if not isinstance(condition.value, NamedList):
        return condition
    return condition.model_copy(update={"value": tuple(condition.value)})
