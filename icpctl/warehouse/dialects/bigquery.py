"""BigQuery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.warehouse.dialects.base import Dialect
from icpctl.warehouse.trees import call, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpctl.warehouse.trees import Tree


class BigQuery(Dialect):
    """BigQuery."""

    name = "bigquery"
    infinity = "inf"

    def each(self, source: Tree, make: Callable[[Tree], Tree]) -> Tree:
        return exp.Array(expressions=[_of_struct(source, make)])

    def kept(self, source: Tree, holds: Callable[[Tree], Tree]) -> Tree:
        return exp.Array(expressions=[_of_struct(source, lambda it: it, holds)])

    def any_of(self, source: Tree, holds: Callable[[Tree], Tree]) -> Tree:
        return exp.Exists(this=_of_struct(source, lambda _: whole(1), holds))

    def micros(self, source: Tree) -> Tree:
        return exp.UnixMicros(this=call("TIMESTAMP", source))

    def now_micros(self) -> Tree:
        return exp.UnixMicros(this=exp.CurrentTimestamp())


def _of_struct(
    source: Tree, make: Callable[[Tree], Tree], holds: Callable[[Tree], Tree] | None = None
) -> exp.Select:
    """As `_elements`, where the alias of an unnested list is the element itself."""
    value = exp.column("v")
    unnested = exp.Unnest(
        expressions=[source], alias=exp.TableAlias(columns=[exp.to_identifier("v")])
    )
    found = exp.select(make(value)).from_(unnested)
    return found.where(holds(value.copy())) if holds else found
