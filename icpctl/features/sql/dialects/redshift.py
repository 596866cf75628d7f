"""Redshift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.features.sql.dialects.base import (
    TrimmingDialect,
    ends_as,
    no_days,
    no_number,
    no_words,
    quotient,
    split_before,
)
from icpctl.features.sql.trees import call, text, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.features.sql.trees import Tree


class Redshift(TrimmingDialect):
    """Redshift."""

    name = "redshift"
    has_lists = False
    most_columns = 1_664

    def characters(self, characters: str) -> Tree:
        return text(characters)

    def without_any(self, source: Tree, characters: str) -> Tree:
        return exp.Translate(this=source, from_=text(characters), to=text(""))

    def spaced(self, source: Tree, characters: str) -> Tree:
        return self.replaced_all(
            self.translated(source, characters, " " * len(characters)), " +", " "
        )

    def before(self, source: Tree, characters: str) -> Tree:
        return split_before(source, characters)

    def replaced_all(self, source: Tree, pattern: str, new: str) -> Tree:
        return call("REGEXP_REPLACE", source, text(pattern), text(new))

    def starts_with(self, source: Tree, value: str) -> Tree:
        return exp.EQ(
            this=exp.Left(this=source, expression=whole(len(value))), expression=text(value)
        )

    def ends_with(self, source: Tree, value: str) -> Tree:
        return ends_as(source, value)

    def number_of_text(self, source: Tree) -> Tree:
        raise no_number(
            source,
            "and a cast of one that is too large for a double ends a statement of redshift",
        )

    def contains_word(self, source: Tree, values: Sequence[str]) -> Tree:
        raise no_words(source, values[0], self.name)

    def divided(self, dividend: Tree, divisor: int) -> Tree:
        return quotient(dividend, divisor)

    def micros(self, source: Tree) -> Tree:
        raise no_days(
            source,
            "redshift counts the time between two timestamps in the session's time zone, if one "
            "of them has a zone",
        )
