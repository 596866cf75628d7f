"""Which paths of a record give which column, and what they give for a record in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from icpctl.exports.scanner.key_forms import key_form
from icpctl.mappings import conversions
from icpctl.mappings.paths import conversion, is_many, keys_needed, resolve
from icpctl.vocabulary import CONDITION_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icpctl.mappings.mapping import Mapping
    from icpctl.mappings.paths import Keys, Path
    from icpctl.vocabulary import ConditionType


class Columns(Struct, frozen=True):
    """Which paths of a record give which column.

    `paths` maps a column's name to the paths to try; the first that has a value which fits wins.
    A column holds JSON tokens, `pages` lists of them. `types` are the condition types of custom
    fields, by the names of their columns. `keys` are the forms of further keys of a record that
    its mapping reads, though no column needs them: a record that has one is not a page of records.
    `records` are the paths of the list that holds the records of a page, `only` the paths and texts
    of which a record must have one each, or it is left out: as in `Mapping`.
    """

    paths: dict[str, tuple[Path, ...]]
    types: dict[str, ConditionType] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()
    records: tuple[Path, ...] = ()
    only: tuple[tuple[Path, tuple[str, ...]], ...] = ()

    @classmethod
    def of(
        cls,
        mapping: Mapping,
        paths: dict[str, tuple[Path, ...]],
        types: dict[str, ConditionType] | None = None,
    ) -> Columns:
        """Return columns of the records of a mapping."""
        return cls(paths, types or {}, keys_of_mapping(mapping), mapping.records, mapping.only)

    @property
    def read_paths(self) -> dict[str, tuple[Path, ...]]:
        """All that is read of records: the columns, and what says which records count."""
        return self.paths | {
            only_name(number): (path,) for number, (path, _) in enumerate(self.only)
        }

    def type_of(self, name: str) -> ConditionType | None:
        """Return the condition type whose values a column holds, if it is that of one."""
        return self.types.get(name) or CONDITION_TYPES.get(name)


def only_name(number: int) -> str:
    """Return the name of the column that a test of `Columns.only` reads."""
    return f"only {number}"


def keys_of_mapping(mapping: Mapping) -> frozenset[str]:
    """Return the forms of the keys that a mapping reads of a record itself."""
    about = {"by": mapping.by, "session": mapping.session}
    tests = {only_name(number): (path,) for number, (path, _) in enumerate(mapping.only)}
    return keys_of_paths({**mapping.paths, **about, **tests})


def keys_read(columns: Columns) -> set[str]:
    """Return the forms of the keys that are read of a record itself."""
    return {*keys_of_paths(columns.paths), *columns.keys}


def first_value(record: dict[str, Any], paths: Iterable[Path]) -> Any:
    """Return the first value at one of the paths that is present and not null, converted."""
    for path in paths:
        how = conversion(path)
        value = resolve(record, path)
        if value == [] and is_many(path) and not (how and how.name == conversions.COUNT):
            continue
        value = conversions.convert(value, how)
        if value is not None:
            return value
    return None


def keys_of_lists(paths: Iterable[Path]) -> list[Keys]:
    """Return the keys of paths to lists of records."""
    return [tuple(step for step in path if isinstance(step, str)) for path in paths]


def keys_of_paths(paths: dict[str, tuple[Path, ...]]) -> frozenset[str]:
    """Return the forms of the keys with which the paths of some fields begin."""
    all_paths = (path for several in paths.values() for path in several)
    return frozenset(key_form(keys[0]) for path in all_paths for keys in keys_needed(path) if keys)
