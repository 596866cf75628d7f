"""The form in which the keys of records and the names of columns are compared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from icpctl.mappings.paths import Elements, Together

if TYPE_CHECKING:
    from icpctl.mappings.paths import Path, Step

_SPACES = [0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]
_DROPPED = dict.fromkeys([*_SPACES, ord("_"), ord("-")])


def key_form(key: str) -> str:
    """Return a key without letter case, spaces (Unicode's category Zs), `_` and `-`.

    >>> key_form("Company Size") == key_form("company_size") == key_form("companySize")
    True
    """
    return key.casefold().translate(_DROPPED)


def formed(value: Any) -> Any:
    """Return a value with all keys in their form; of several spellings the first with a value."""
    if isinstance(value, list):
        return [formed(element) for element in value]
    if not isinstance(value, dict):
        return value
    record: dict[str, Any] = {}
    for key, inside in value.items():
        if record.get(form := key_form(key)) is None:
            record[form] = formed(inside)
    return record


def formed_path(path: Path) -> Path:
    """Return a path that finds in `formed` records what `path` finds in those of any spelling."""
    return tuple(map(_formed_step, path))


def _formed_step(step: Step) -> Step:
    if isinstance(step, str):
        return key_form(step)
    if isinstance(step, Elements):
        tests = ((tuple(map(key_form, keys)), text) for keys, text in step.where)
        return replace(step, where=tuple(tests))
    if isinstance(step, Together):
        return Together(tuple(map(formed_path, step.paths)))
    return step
