"""Where a record keeps what conditions look at: the paths of a field, and what they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.mappings.mapping import CONTACTS
from icpctl.mappings.paths import parse_path

if TYPE_CHECKING:
    from icpctl.mappings.mapping import Mapping
    from icpctl.mappings.paths import Path
    from icpctl.scoring.kernel.plan import Plan


def is_custom(plan: Plan, name: str) -> bool:
    """Return whether a column is that of a custom field."""
    return name in plan.types and plan.types[name].is_custom


def paths_of(plan: Plan, mapping: Mapping, name: str) -> tuple[Path, ...]:
    """Return the paths of a field: those of the mapping, then a custom field's own.

    A flat record may have a custom field under the name that conditions ask for.
    """
    if name in CONTACTS:
        return mapping.contact.get(CONTACTS[name], ())
    if not is_custom(plan, name):
        return mapping.paths[name]
    entry = plan.types[name]
    own = map(parse_path, entry.paths)
    return (*mapping.paths.get(name, ()), (name,), *own)


def carried_paths(plan: Plan, mapping: Mapping, text: str) -> tuple[Path, ...]:
    """Return where a carried value is: a field's paths where the text names one, else a path.

    What a record has under the very name of the field comes after these.
    """
    path = parse_path(text)
    if text in mapping.paths or is_custom(plan, text):
        return (*paths_of(plan, mapping, text), path)
    return (path,)


def carried_name(number: int) -> str:
    """Return the column of a carried value; a number, since any text may be asked for."""
    return f"carry {number}"
