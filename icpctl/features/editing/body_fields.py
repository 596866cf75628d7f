"""What an edit of a config's text must know of configs: the order of keys, and their defaults."""

from __future__ import annotations

from typing import Any

from icpctl.config.model import Body, Condition, Group, IcpConfig, Rules
from icpctl.features.editing.layout import FIELDS
from icpctl.features.editing.texts.edited_text import Meaning

_MODELS: tuple[type[Body], ...] = (IcpConfig, Rules, Group, Condition)
_DEFAULTS = {
    field.alias or name: field.default
    for model in _MODELS
    for name, field in model.model_fields.items()
    if not field.is_required() and field.default is not None
}
_KEYS = (*FIELDS, *(key for model in _MODELS for key in model.body_keys()))
MEANING = Meaning((*dict.fromkeys(_KEYS), "etag", "organization"), _DEFAULTS, "type")
SERVER_FIELDS = ("id", "organizationId", "createdAt", "updatedAt")


def full_body(config: IcpConfig) -> dict[str, Any]:
    """Return a config's body with all its keys: None for what is absent, defaults written out."""
    return config.model_dump(mode="json", by_alias=True)


def short_body(config: IcpConfig) -> dict[str, Any]:
    """Return a config's body without what is said by default."""
    return config.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def is_same(config: IcpConfig, other: IcpConfig) -> bool:
    """Return whether two configs are the same; what servers set may have become text in YAML."""
    return _comparable(config) == _comparable(other)


def with_old_server_fields(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """Return a new body with the old values of server fields that differ only in their type."""
    same = [key for key in SERVER_FIELDS if _as_text(new[key]) == _as_text(old[key])]
    return new | {key: old[key] for key in same}


def _comparable(config: IcpConfig) -> dict[str, Any]:
    body = full_body(config)
    return body | {key: _as_text(body[key]) for key in SERVER_FIELDS}


def _as_text(value: Any) -> Any:
    """Return a value of any type as YAML reads it: each scalar as its text."""
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)
