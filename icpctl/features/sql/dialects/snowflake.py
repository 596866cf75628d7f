"""Snowflake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.features.sql.dialects.base import TrimmingDialect, no_words, split_before
from icpctl.features.sql.trees import call, text, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.features.sql.trees import Tree

_SHOWN = 0xA000


class Snowflake(TrimmingDialect):
    """Snowflake."""

    name = "snowflake"
    infinity = "inf"

    def without_any(self, source: Tree, characters: str) -> Tree:
        return self._each_as(source, characters, "")

    def spaced(self, source: Tree, characters: str) -> Tree:
        return self.replaced_all(self._each_as(source, characters, " "), " +", " ")

    def _each_as(self, source: Tree, characters: str, new: str) -> Tree:
        # sqlglot escapes codes that begin with a digit; the rest are visible characters.
        hidden = [character for character in characters if ord(character) < _SHOWN]
        shown = [character for character in characters if ord(character) >= _SHOWN]
        tree = exp.Translate(
            this=source, from_=self.characters("".join(hidden)), to=text(new * len(hidden))
        )
        return self.translated(tree, "".join(shown), new * len(shown)) if shown else tree

    def before(self, source: Tree, characters: str) -> Tree:
        return split_before(source, characters)

    def matches(self, source: Tree, pattern: str) -> Tree:
        # REGEXP_LIKE must match the whole text here.
        return exp.GT(this=call("REGEXP_INSTR", source, text(pattern)), expression=whole(0))

    def whole_number(self, digits: Tree) -> Tree:
        return call("TRY_TO_DOUBLE", digits)

    def contains_word(self, source: Tree, values: Sequence[str]) -> Tree:
        raise no_words(source, values[0], self.name)

    def divided(self, dividend: Tree, divisor: int) -> Tree:
        # A quotient has 6 decimals here, which may round up.
        rest = exp.Mod(this=exp.paren(dividend), expression=whole(divisor))
        exact = exp.paren(exp.Sub(this=exp.paren(dividend.copy()), expression=rest))
        return exp.Div(this=exact, expression=whole(divisor))

    def each(self, source: Tree, make: Callable[[Tree], Tree]) -> Tree:
        return super().each(source, lambda element: make(exp.cast(element, "TEXT")))

    def kept(self, source: Tree, holds: Callable[[Tree], Tree]) -> Tree:
        return super().kept(source, lambda element: holds(exp.cast(element, "TEXT")))

    def micros(self, source: Tree) -> Tree:
        return call("DATE_PART", exp.var("EPOCH_MICROSECOND"), source)
