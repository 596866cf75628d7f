"""What the records of a visitor have in common: the fields and paths that `--by` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from icpctl.mappings.mapping import FIELDS, PAGES
from icpctl.mappings.paths import parse_path
from icpctl.values import typed_columns
from icpctl.values.join_keys import FIELD_FORMS, KeyForm, exact_form, keys_of, text_form
from icpctl.vocabulary import CONDITION_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.mappings.mapping import Mapping
    from icpctl.mappings.paths import Path
    from icpctl.vocabulary import ConditionType


class VisitorKey(Struct, frozen=True):
    """A field of mappings, compared in its normal form, or the path of an exact text."""

    name: str
    path: Path | None = None

    @classmethod
    def of(cls, name: str) -> VisitorKey:
        """Return the key of this name, a field's before a path. Raises `ValueError`."""
        if name in FIELDS and name != PAGES:
            return cls(name)
        return cls(name, parse_path(name))

    def paths(self, mapping: Mapping) -> tuple[Path, ...]:
        """Return where records of a mapping have the key."""
        return mapping.paths[self.name] if self.path is None else (self.path,)

    @property
    def form(self) -> KeyForm:
        """The form in which the texts of keys are compared."""
        if self.path is not None:
            return exact_form
        return FIELD_FORMS.get(self.name, text_form)


By = tuple[VisitorKey, ...]
"""Keys of which the first that a record has counts."""


def key_column(number: int) -> str:
    """Return the name of the column that holds the key of a number."""
    return f"key {number}"


def key_paths(by: By, mapping: Mapping) -> dict[str, tuple[Path, ...]]:
    """Return the columns to read from records of a mapping, to have their keys."""
    return {key_column(number): key.paths(mapping) for number, key in enumerate(by)}


def key_types(by: By) -> dict[str, ConditionType]:
    """Return the condition types of keys that are fields, by the columns of `key_paths`."""
    named = {key_column(number): key.name for number, key in enumerate(by) if key.path is None}
    return {
        column: CONDITION_TYPES[name] for column, name in named.items() if name in CONDITION_TYPES
    }


def keys_in(table: pa.RecordBatch, by: Sequence[VisitorKey]) -> pa.Array:
    """Return the key of each record that has the columns of `key_paths`, null where it has none."""
    return pc.coalesce(*(_keys(table[key_column(number)], key) for number, key in enumerate(by)))


def _keys(tokens: pa.Array, key: VisitorKey) -> pa.Array:
    if key.form is exact_form:
        return exact_form(typed_columns.scalar_texts(tokens))
    return pa.array(keys_of(tokens, key.form), pa.string())
