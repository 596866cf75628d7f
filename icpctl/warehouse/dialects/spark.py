"""Spark SQL, on which the tests execute what is written where PySpark is, and Databricks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.warehouse.dialects.base import Dialect

if TYPE_CHECKING:
    from icpctl.warehouse.trees import Tree


class Spark(Dialect):
    """Spark SQL, which the tests execute where PySpark is."""

    name = "spark"

    def whole_number(self, digits: Tree) -> Tree:
        # Digits are no error, however many; TRY_CAST is not what sqlglot writes for Spark.
        return exp.cast(digits, "DOUBLE")


class Databricks(Dialect):
    """Databricks SQL."""

    name = "databricks"
