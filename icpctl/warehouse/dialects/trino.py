"""Trino."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.warehouse.dialects.base import Dialect
from icpctl.warehouse.trees import RefusedError, call, text, whole

if TYPE_CHECKING:
    from icpctl.warehouse.trees import Tree


class Trino(Dialect):
    """Trino."""

    name = "trino"

    def ends_with(self, source: Tree, value: str) -> Tree:
        tail = call("SUBSTR", source, whole(-len(value)))
        return exp.EQ(this=tail, expression=text(value))

    def divided(self, dividend: Tree, divisor: int) -> Tree:
        return exp.Div(this=exp.paren(dividend), expression=whole(divisor), typed=True, safe=False)

    def micros(self, source: Tree) -> Tree:
        raise RefusedError(
            "trino gives the seconds of a timestamp as a double, which has no room for "
            "microseconds at every date",
            f"make days of {source.name!r} in a view: last_seen: ~, last_seen_days: their column",
        )
