"""Mappings: where a record keeps what the condition types ask about."""

from __future__ import annotations

import pathlib
import re
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.errors import IcpctlError, Location, word_hint
from icpctl.mappings.paths import parse_path
from icpctl.vocabulary import CONDITION_TYPES, Kind

if TYPE_CHECKING:
    from icpctl.mappings.paths import Path
    from icpctl.vocabulary import ConditionType

ID, PAGES, LAST_SEEN = "id", "pages", "last_seen"
DEFAULT = "default"

FIELDS: tuple[str, ...] = (
    ID,
    LAST_SEEN,
    PAGES,
    *(entry.name for entry in CONDITION_TYPES.values() if entry.kind is not Kind.PAGES),
)
"""What a mapping names: the condition types, where both page types read `pages`."""

CUSTOM_FIELD = re.compile(r"field\.[a-z][a-z0-9_]*")
"""What a mapping may name besides: the custom fields of folders of configs."""

DEAL_FIELDS = ("key", "outcome", "close_date", "amount")
"""What `deals` names in a mapping: what tells whose deal it is, and what became of it."""

CONTACT_FIELDS = ("name", "email")
"""What `contact` names in a mapping: who a visitor is, which no condition asks about."""

CONTACTS = {f"contact.{field}": field for field in CONTACT_FIELDS}
"""The columns of a contact -> their fields."""

SINGLE = frozenset(
    {ID, LAST_SEEN}
    | {
        entry.name
        for entry in CONDITION_TYPES.values()
        if entry.kind in (Kind.NUMBER, Kind.BOOLEAN)
    }
)
"""Fields that can hold one value only."""


QUERY_PREFIX = "utm_"
OF_QUERIES = frozenset(name for name in CONDITION_TYPES if name.startswith(QUERY_PREFIX))
"""Fields that the query of a page has where a record has none."""

FLAT_NAMES = {ID: "visitor_id", LAST_SEEN: "last_seen_at"}
"""What fields are called in flat visitors where that is not their own name."""


class Mapping(Struct, frozen=True):
    """For each field the paths to try, the first that is present and not null wins.

    The fields are `FIELDS`, then the custom fields that the file names.

    `title` is the format's name for people, `where` the file. A record is of this format when it
    has every path of one of `recognised_by`. `by` are the paths of what tells visitors apart where
    they have several records each, the first that is present wins; without any, one record is one
    visitor, and `rollup_by` serves where they are rolled up all the same. Formats with one name in
    `together` have the same visitors, and are rolled up together. `session` are the paths of what
    tells a visitor's sessions apart.
    `records` are paths of the list that holds the records of an API's page. `only` names paths and
    the texts of which a record must have one there, or it is not a visitor's. `deals` are the paths
    of `DEAL_FIELDS`, `contact` those of `CONTACT_FIELDS`. `own` are the fields that the file names
    itself, and not the one it extends.
    """

    name: str
    paths: dict[str, tuple[Path, ...]]
    title: str = ""
    recognised_by: tuple[tuple[Path, ...], ...] = ()
    by: tuple[Path, ...] = ()
    rollup_by: tuple[Path, ...] = ()
    session: tuple[Path, ...] = ()
    together: str = ""
    where: Location | None = None
    records: tuple[Path, ...] = ()
    only: tuple[tuple[Path, tuple[str, ...]], ...] = ()
    deals: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    contact: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    own: frozenset[str] = frozenset()

    def extending(self, base: Mapping) -> Mapping:
        """Return this mapping, with what it leaves to another."""
        return replace(
            self,
            title=self.title or base.title,
            paths={key: paths + base.paths.get(key, ()) for key, paths in self.paths.items()},
            recognised_by=self.recognised_by or base.recognised_by,
            by=self.by or base.by,
            rollup_by=self.rollup_by or base.rollup_by,
            session=self.session or base.session,
            together=self.together or base.together,
            records=self.records or base.records,
            only=self.only or base.only,
            deals=base.deals | self.deals,
            contact=base.contact | self.contact,
        )

    def has_visitors_of(self, other: Mapping) -> bool:
        """Return whether records of another mapping are rolled up together with this one's."""
        return self == other or bool(self.together and self.together == other.together)


def custom_paths(mapping: Mapping, entry: ConditionType) -> tuple[Path, ...]:
    """Return the paths of a custom field: those of the mapping, then the field's own.

    A flat record may have it under the name that conditions ask for.
    """
    return (*mapping.paths.get(entry.name, ()), (entry.name,), *map(parse_path, entry.paths))


@cache
def built_in_names() -> tuple[str, ...]:
    """The names that `--mapping` takes besides files; the default is the first."""
    names = {file.name.removesuffix(".yaml") for file in _formats_folder().iterdir()}
    names = {name for name in names if re.fullmatch("[a-z0-9_]+", name)}
    return DEFAULT, *sorted(names - {DEFAULT})


def built_in_text(name: str) -> str:
    """The file of a built-in mapping, as it is. Raises `IcpctlError` `no_such_mapping`."""
    if name not in built_in_names():
        raise no_such(name)
    return (_formats_folder() / f"{name}.yaml").read_text("utf-8")


def no_such(name: str) -> IcpctlError:
    """Return the error for a name of no mapping, nor file."""
    if pathlib.Path(name).suffix or pathlib.Path(name).name != name:  # then a file is meant
        return IcpctlError("no such file", "no_such_mapping", Location(name))
    hint = word_hint(name, built_in_names(), "icpctl mappings lists the built-in ones")
    return IcpctlError(f"unknown mapping {name!r}", "no_such_mapping", hint=hint)


def _formats_folder() -> pathlib.Path:
    """The folder of the files of the built-in mappings."""
    return pathlib.Path(__file__).with_name("formats")
