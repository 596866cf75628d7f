"""BigQuery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.features.sql.dialects.base import UnnestingDialect
from icpctl.features.sql.trees import call

if TYPE_CHECKING:
    from icpctl.features.sql.trees import Tree


class BigQuery(UnnestingDialect):
    """BigQuery."""

    name = "bigquery"
    infinity = "inf"
    composes = True
    # An alias of a list is the element itself.
    element = exp.column("v")
    alias = exp.TableAlias(columns=[exp.to_identifier("v")])

    def composed(self, source: Tree) -> Tree:
        return call("NORMALIZE", source)

    def micros(self, source: Tree) -> Tree:
        return exp.UnixMicros(this=call("TIMESTAMP", source))
