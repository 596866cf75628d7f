"""Which fields the records of each file have: noted batch by batch, from columns made anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from msgspec import Struct, field

from icpctl.mappings.mapping import LAST_SEEN
from icpctl.scoring.kernel.plan import field_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icpctl.scoring.kernel.conditions import BatchColumns
    from icpctl.scoring.kernel.plan import Plan


class FileFields(Struct):
    """Of a file, or a part of one, the visitors, and the fields that some record has.

    A field that holds only values that do not fit it counts: these are distinguished.
    """

    visitors: int = 0
    fields: set[str] = field(default_factory=set)

    def add(self, visitors: int, fields: Iterable[str]) -> None:
        """Note a batch."""
        self.visitors += visitors
        self.fields.update(fields)

    def merge(self, later: FileFields) -> None:
        """Add what another part has."""
        self.add(later.visitors, later.fields)


def field_name(name: str) -> str:
    """Return the field that people look for where conditions ask for a column.

    >>> field_name("last_seen_days")
    'last_seen'
    """
    return LAST_SEEN if name == "last_seen_days" else name


def fields_read(columns: BatchColumns, plan: Plan) -> frozenset[str]:
    """Return the fields of a batch that some row has: of those asked for, as conditions see them.

    So a UTM parameter may be in the query of a page, and a range be a number. Other columns of the
    batch are named as they are.
    """
    read = {field_of(field.type) for field in plan.fields if columns.has_values(field)}
    table = columns.table
    read |= {
        name for name in table.schema.names if name not in plan.columns and _has_tokens(table[name])
    }
    return frozenset(map(field_name, read | columns.misfits.keys()))


def _has_tokens(tokens: pa.Array) -> bool:
    if pa.types.is_list(tokens.type):
        return len(tokens.flatten()) > 0
    return bool(tokens.null_count < len(tokens))
