"""Spark SQL, on which the tests execute the statements if PySpark is installed, and Databricks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.features.sql.dialects.base import Dialect
from icpctl.features.sql.trees import RefusedError, call, text, whole

if TYPE_CHECKING:
    from icpctl.features.sql.trees import Tree


class Databricks(Dialect):
    """Databricks SQL."""

    name = "databricks"

    def whole_part(self, number: Tree) -> Tree:
        # FLOOR gives a BIGINT, and fails for 2^63 and above.
        fraction = exp.Mod(this=exp.paren(number), expression=whole(1))
        return exp.paren(exp.Sub(this=exp.paren(number), expression=fraction))

    def finished(self, tree: exp.Select) -> exp.Select:
        for node in list(tree.find_all(exp.Identifier, exp.Literal)):
            parts = _VARIABLE.split(node.name)
            if len(parts) > 1 and isinstance(node, exp.Identifier):
                reason = f"{node.name!r} would be read as a variable, even in quotes"
                raise RefusedError(reason, "give it another name in a view")
            if len(parts) > 1:
                node.replace(call("CONCAT", *map(text, parts)))
        return tree


_VARIABLE = re.compile(r"(?<=\$)(?=\{)")
"""Within what is replaced by a variable's value in a statement's text, whatever quotes it."""


class Spark(Databricks):
    """Spark SQL, which the tests execute if PySpark is installed."""

    name = "spark"

    def whole_number(self, digits: Tree) -> Tree:
        # Too many digits are not an error here; TRY_CAST is not what sqlglot writes for Spark.
        return exp.cast(digits, "DOUBLE")
