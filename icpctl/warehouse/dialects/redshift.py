"""Redshift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.warehouse.dialects.base import SPACES, Dialect, split_before
from icpctl.warehouse.trees import RefusedError, call, text, whole

if TYPE_CHECKING:
    from icpctl.warehouse.trees import Tree


class Redshift(Dialect):
    """Redshift."""

    name = "redshift"
    has_lists = False
    dotall = ""
    end = "$"

    def trimmed(self, source: Tree) -> Tree:
        return exp.Trim(this=source, expression=text(SPACES), position="BOTH")

    def without_spaces(self, source: Tree) -> Tree:
        return exp.Translate(this=source, from_=text(SPACES), to=text(""))

    def without_any(self, source: Tree, characters: str) -> Tree:
        return exp.Translate(this=source, from_=text(characters), to=text(""))

    def spaced(self, source: Tree, characters: str) -> Tree:
        return self.translated(source, characters, " " * len(characters))

    def before(self, source: Tree, characters: str) -> Tree:
        return split_before(source, characters)

    def replaced_all(self, source: Tree, pattern: str, new: str) -> Tree:
        return call("REGEXP_REPLACE", source, text(pattern), text(new))

    def starts_with(self, source: Tree, value: str) -> Tree:
        return exp.EQ(
            this=exp.Left(this=source, expression=whole(len(value))), expression=text(value)
        )

    def ends_with(self, source: Tree, value: str) -> Tree:
        return exp.EQ(
            this=exp.Right(this=source, expression=whole(len(value))), expression=text(value)
        )

    def number_of_text(self, source: Tree) -> Tree:
        raise RefusedError(
            f"{source.name!r} holds numbers as text, and a cast of one that is too large for a "
            "double ends a statement of redshift",
            "make it a number in a view, and say type: number",
        )

    def divided(self, dividend: Tree, divisor: int) -> Tree:
        return exp.Div(this=exp.paren(dividend), expression=whole(divisor), typed=True, safe=False)

    def micros(self, source: Tree) -> Tree:
        raise RefusedError(
            "redshift counts the time between two timestamps in the session's time zone, if one "
            "of them has a zone",
            f"make days of {source.name!r} in a view: last_seen: ~, last_seen_days: their column",
        )
