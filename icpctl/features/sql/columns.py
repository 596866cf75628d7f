"""Where a table keeps visitors' fields: column names and types, and the file that gives them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.documents.document import MAX_BYTES, KeyedReader, Object, Scalar
from icpctl.documents.reading import read_document
from icpctl.errors import IcpctlError, Location
from icpctl.files import read_regular
from icpctl.mappings.mapping import FIELDS, FLAT_NAMES, ID, LAST_SEEN, PAGES
from icpctl.vocabulary import BUILT_IN, CONDITION_TYPES, CUSTOM_PREFIX, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from icpctl.documents.document import Document, Node
    from icpctl.vocabulary import ConditionType, Vocabulary


class ColumnType(StrEnum):
    """What a column of a table holds."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    LIST = "list"
    JSON = "json"


_T = ColumnType
_OF_KIND = {
    Kind.TEXT: (_T.TEXT, _T.LIST),
    Kind.NUMBER: (_T.NUMBER, _T.TEXT),
    Kind.BOOLEAN: (_T.BOOLEAN, _T.TEXT, _T.NUMBER),
    Kind.PAGES: (_T.LIST, _T.TEXT, _T.JSON),
}

FITTING: dict[str, tuple[ColumnType, ...]] = {
    ID: (_T.TEXT,),
    LAST_SEEN: (_T.TIMESTAMP,),
    PAGES: _OF_KIND[Kind.PAGES],
    **{name: _OF_KIND[CONDITION_TYPES[name].kind] for name in FIELDS if name in CONDITION_TYPES},
}
"""The types that the column of each field may have; the first is the default."""


class Column(Struct, frozen=True):
    """A column of the table; `name` is None if the table has no column for the field."""

    name: str | None
    type: ColumnType


Columns = dict[str, Column]
"""The column of each field of `FIELDS`."""


def default_columns() -> Columns:
    """Return the columns of a table whose names are those of flat visitors."""
    return {name: Column(FLAT_NAMES.get(name, name), FITTING[name][0]) for name in FIELDS}


def column_name(entry: ConditionType) -> str:
    """Return the name of a condition type as a column of a statement, without dots."""
    return entry.name.replace(".", "_")


def custom_column(entry: ConditionType) -> Column:
    """Return the default column of a custom field: the one with the field's own name."""
    return Column(entry.name.removeprefix(CUSTOM_PREFIX), custom_fitting(entry)[0])


def custom_fitting(entry: ConditionType) -> tuple[ColumnType, ...]:
    """Return the types that the column of a custom field may have."""
    return (_T.TIMESTAMP,) if entry.is_days else _OF_KIND[entry.kind]


def load_columns(path: Path, vocabulary: Vocabulary = BUILT_IN) -> Columns:
    """Return the columns that a file gives; fields that it does not name have the default ones.

    Raises `IcpctlError`: `no_such_path`; `bad_columns` with every finding.
    """
    try:
        data = read_regular(path, MAX_BYTES, "bad_columns")
    except FileNotFoundError:
        hint = "--columns names a file such as: industry: company_industry"
        raise IcpctlError("no such file", "no_such_path", Location(str(path)), hint) from None
    return read_columns(str(path), data, vocabulary)


def read_columns(name: str, data: bytes, vocabulary: Vocabulary = BUILT_IN) -> Columns:
    """Return the columns in a file's bytes; `name` is its name in findings.

    Raises `IcpctlError` `bad_columns` with every finding.
    """
    reader = _Reader(read_document(data, name), vocabulary)
    columns = default_columns() | {
        field.replace(".", "_"): column for field, column in reader.columns()
    }
    reader.require_right(
        "the columns are not valid", "bad_columns", "docs/sql.md shows such a file"
    )
    return columns


_EXAMPLE = "for example: industry: company_industry, or {column: employees, type: text}"
_NO_OBJECT = ("ICP702", "the file is not an object of columns", _EXAMPLE)


class _Reader(KeyedReader):
    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        super().__init__(document)
        custom = (entry for entry in vocabulary.types.values() if entry.is_custom)
        self._fitting = FITTING | {entry.name: custom_fitting(entry) for entry in custom}

    def columns(self) -> Iterator[tuple[str, Column]]:
        """Yield the valid entries of the file; `problems` hold the rest."""
        for field, start, node in self.entries(self._fitting, "ICP701", _NO_OBJECT):
            column = self._column(field, start, node)
            if column is not None:
                yield field, column

    def _column(self, field: str, start: int, node: Node) -> Column | None:
        usual = self._fitting[field][0]
        if isinstance(node, Scalar):
            if node.value is None:
                return Column(None, usual)
            name = self._name(node)
            return None if name is None else Column(name, usual)
        if not isinstance(node, Object) or not set(node.entries) <= {"column", "type"}:
            self.note("ICP702", node.start, f"this is not a column of {field}", _EXAMPLE)
            return None
        if "column" not in node.entries:
            self.note("ICP702", start, f"{field} has a type and no column", _EXAMPLE)
            return None
        entries = {key: value for key, (_, value) in node.entries.items()}
        name = self._name(entries["column"])
        kind = self._type(field, entries["type"]) if "type" in entries else usual
        return None if name is None or kind is None else Column(name, kind)

    def _name(self, node: Node) -> str | None:
        name = node.value if isinstance(node, Scalar) else None
        if isinstance(name, str) and name.strip() and name.isprintable():
            return name
        self.note(
            "ICP702",
            node.start,
            "the name of a column must be printable text that is not empty",
            _EXAMPLE,
        )
        return None

    def _type(self, field: str, node: Node) -> ColumnType | None:
        known = ", ".join(self._fitting[field])
        word = node.value if isinstance(node, Scalar) else None
        if word in self._fitting[field]:
            return ColumnType(str(word))
        if word in list(ColumnType):
            message, hint = f"the column of {field} cannot be of type {word}", f"it can be: {known}"
        else:
            message, hint = "unknown type of a column", f"known for {field} are: {known}"
        self.note("ICP703", node.start, message, hint)
        return None
