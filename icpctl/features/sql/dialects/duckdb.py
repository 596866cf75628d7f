"""DuckDB, on which the tests execute the statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.features.sql.dialects.base import LONG, Dialect, page_of
from icpctl.features.sql.trees import call, case, equal, text, whole

if TYPE_CHECKING:
    from icpctl.features.sql.trees import Tree


class DuckDb(Dialect):
    """DuckDB."""

    name = "duckdb"
    composes = True

    def composed(self, source: Tree) -> Tree:
        return call("NFC_NORMALIZE", source)

    def pages_of_json(self, source: Tree) -> Tree:
        json = exp.TryCast(this=source, to=exp.DataType.build("JSON"))
        kind = call("JSON_TYPE", json)
        elements = exp.cast(json.copy(), "JSON[]")
        alone = exp.Array(expressions=[json.copy()])
        return self.each(
            case((equal(kind, text("ARRAY")), elements), (equal(kind, text("VARCHAR")), alone)),
            lambda element: page_of(element, _kind, _text, "VARCHAR", "NULL"),
        )

    def long(self, value: int, largest: int) -> Tree:
        if largest > 2**127 - 1:
            return super().long(value, largest)
        return exp.cast(whole(value), "HUGEINT" if largest > LONG else "BIGINT")


def _kind(json: Tree, key: str | None) -> Tree:
    return call("JSON_TYPE", json.copy(), *([text(f"$.{key}")] if key else []))


def _text(json: Tree, key: str | None) -> Tree:
    return call("JSON_EXTRACT_STRING", json.copy(), text(f"$.{key}" if key else "$"))
