"""What the records of a visitor have in common: the fields and paths that `--by` names."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from icpctl.mappings.mapping import FIELDS, PAGES, custom_paths
from icpctl.mappings.paths import parse_path
from icpctl.values import country_forms, number_forms, text_forms, typed_columns, url_forms
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
    custom: ConditionType | None = None

    @classmethod
    def of(cls, name: str, custom: ConditionType | None = None) -> VisitorKey:
        """Return the key of this name, a field's before a path. Raises `ValueError`.

        `custom` is the custom field of this name, if there is one.
        """
        if custom or (name in FIELDS and name != PAGES):
            return cls(name, custom=custom)
        return cls(name, parse_path(name))

    def paths(self, mapping: Mapping) -> tuple[Path, ...]:
        """Return where records of a mapping have the key."""
        if self.custom:
            return custom_paths(mapping, self.custom)
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
    named = {key_column(number): key for number, key in enumerate(by) if key.path is None}
    types = {column: key.custom or CONDITION_TYPES.get(key.name) for column, key in named.items()}
    return {column: entry for column, entry in types.items() if entry}


def keys_in(table: pa.RecordBatch, by: Sequence[VisitorKey]) -> pa.Array:
    """Return the key of each record that has the columns of `key_paths`, null where it has none."""
    return pc.coalesce(*(_keys(table[key_column(number)], key) for number, key in enumerate(by)))


def _keys(tokens: pa.Array, key: VisitorKey) -> pa.Array:
    if key.form is exact_form:
        return exact_form(typed_columns.scalar_texts(tokens))
    return pa.array(keys_of(tokens, key.form), pa.string())


KeyForm = Callable[[pa.Array], pa.Array]
"""From texts to keys, one for each."""


@cache
def free_mail_hosts() -> frozenset[str]:
    """Hosts at which anybody has an address."""
    text = pathlib.Path(__file__).with_name("free_mail_hosts.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def text_form(texts: pa.Array) -> pa.Array:
    """Texts as comparators see them: without letter case, invisible characters and outer spaces."""
    return text_forms.folded_column(text_forms.visible_column(texts))


def exact_form(texts: pa.Array) -> pa.Array:
    """Texts as they are, without outer spaces: ids keep letter case."""
    return pc.utf8_trim_whitespace(texts)


def domain_form(texts: pa.Array) -> pa.Array:
    """The account of a domain, a URL or an email address; null for free mail."""
    hosts = url_forms.domain_column(text_form(texts))
    free = pc.is_in(hosts, value_set=pa.array(sorted(free_mail_hosts())))
    return pc.if_else(free, pa.scalar(None, pa.string()), hosts)


FIELD_FORMS: dict[str, KeyForm] = {
    "id": exact_form,
    "domain": domain_form,
    "linkedin_url": lambda texts: url_forms.url_column(text_form(texts)),
    "country": lambda texts: country_forms.country_column(text_form(texts)),
    "employee_size_range": lambda texts: number_forms.size_range_column(text_form(texts)),
}
"""The forms of fields that are not compared as plain texts."""


def keys_of(tokens: pa.Array, form: KeyForm) -> list[str | None]:
    """The key of each JSON text, of a list that of its first; None for those without."""
    column = typed_columns.texts(tokens)
    keys: list[str | None] = [*(key or None for key in form(column.values).to_pylist()), None]
    offsets, elements = column.lists()
    first = np.where(np.diff(offsets) > 0, np.append(elements, -1)[offsets[:-1]], -1)
    return [keys[value] for value in np.append(first, -1)[column.rows].tolist()]
