"""First records with their keys in the form in which keys are compared, and paths alike."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from icpctl.exports.scanner.key_forms import key_form
from icpctl.mappings.paths import Elements, Together

if TYPE_CHECKING:
    from icpctl.mappings.paths import Path, Step


_form = lru_cache(4_096)(key_form)
"""The form of a key; records have the same ones again and again."""


def formed(value: Any) -> Any:
    """Return a record, or a value in it, with all keys in that form.

    Of several spellings of a key the first that is not null counts.

    >>> formed({"Company Size": None, "company_size": 5})
    {'companysize': 5}
    """
    if isinstance(value, list):
        return [formed(element) for element in value]
    if not isinstance(value, dict):
        return value
    record: dict[str, Any] = {}
    for key, inner in value.items():
        form = _form(key)
        if record.get(form) is None:
            record[form] = formed(inner)
    return record


def formed_path(path: Path) -> Path:
    """Return the path that leads through records of `formed` where `path` leads."""
    return tuple(map(_formed_step, path))


def _formed_step(step: Step) -> Step:
    if isinstance(step, str):
        return key_form(step)
    if isinstance(step, Elements):
        return replace(step, where=tuple((tuple(map(key_form, k)), text) for k, text in step.where))
    if isinstance(step, Together):
        return Together(tuple(map(formed_path, step.paths)))
    return step
