"""ClickHouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.features.sql.dialects.base import Dialect, no_number
from icpctl.features.sql.trees import call, double, text, whole

if TYPE_CHECKING:
    from icpctl.features.sql.trees import Tree


class ClickHouse(Dialect):
    """ClickHouse."""

    name = "clickhouse"
    infinity = "inf"
    composes = True

    def translated(self, source: Tree, characters: str, to: str) -> Tree:
        return call("translateUTF8", source, text(characters), text(to))

    def composed(self, source: Tree) -> Tree:
        return call("normalizeUTF8NFC", source)

    def replaced_all(self, source: Tree, pattern: str, new: str) -> Tree:
        return call("replaceRegexpAll", source, text(pattern), text(new))

    def number_of_text(self, source: Tree) -> Tree:
        raise no_number(
            source, "which clickhouse reads as a double that may not be the nearest one"
        )

    def finite(self, number: Tree) -> Tree:
        # -0.0 IN (0, 1) is false there; -0.0 + 0.0 is 0.0.
        return super().finite(exp.paren(exp.Add(this=number, expression=double("0"))))

    def divided(self, dividend: Tree, divisor: int) -> Tree:
        return call("intDiv", dividend, whole(divisor))

    def micros(self, source: Tree) -> Tree:
        moment = call("toDateTime64", source, whole(6), text("UTC"))
        return call("toUnixTimestamp64Micro", moment)

    def now_micros(self) -> Tree:
        return call("toUnixTimestamp64Micro", call("now64", whole(6)))
