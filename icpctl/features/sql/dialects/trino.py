"""Trino."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.features.sql.dialects.base import Dialect, no_days, quotient
from icpctl.features.sql.trees import call, text, whole

if TYPE_CHECKING:
    from icpctl.features.sql.trees import Tree


class Trino(Dialect):
    """Trino."""

    name = "trino"
    composes = True

    def composed(self, source: Tree) -> Tree:
        return call("NORMALIZE", source)

    def ends_with(self, source: Tree, value: str) -> Tree:
        tail = call("SUBSTR", source, whole(-len(value)))
        return exp.EQ(this=tail, expression=text(value))

    def divided(self, dividend: Tree, divisor: int) -> Tree:
        return quotient(dividend, divisor)

    def micros(self, source: Tree) -> Tree:
        raise no_days(
            source,
            "trino gives the seconds of a timestamp as a double, which cannot hold "
            "microseconds for every date",
        )
