"""PostgreSQL, on which the tests execute the statements."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.features.sql.dialects.base import (
    LONG,
    TrimmingDialect,
    UnnestingDialect,
    ends_as,
    page_of,
)
from icpctl.features.sql.trees import call, case, double, equal, text, whole
from icpctl.values import number_forms
from icpctl.values.text_search import is_in_word

if TYPE_CHECKING:
    from icpctl.features.sql.trees import Tree


class Postgres(TrimmingDialect, UnnestingDialect):
    """PostgreSQL.

    Texts have the collation "C": two are equal when their characters are, and `LOWER` changes
    ASCII letters only, whatever the database's locale.
    """

    name = "postgres"
    most_columns = 1_664
    composes = True
    element = exp.column("v", "e")
    alias = exp.TableAlias(this=exp.to_identifier("e"), columns=[exp.to_identifier("v")])

    def computed_once(self, step: exp.Select) -> exp.Select:
        # PostgreSQL 12 and later write a subquery that is read once into the one that reads it,
        # with a copy of each expression for each time that its column is read.
        return step.offset(0, copy=False)

    def plain_text(self, source: Tree) -> Tree:
        collation = exp.to_identifier("C", quoted=True)
        return exp.Collate(this=super().plain_text(source), expression=collation)

    def composed(self, source: Tree) -> Tree:
        return call("NORMALIZE", source)

    def ends_with(self, source: Tree, value: str) -> Tree:
        return ends_as(source, value)

    def number_of_text(self, source: Tree) -> Tree:
        # A cast of what is too large or too small for a double is an error; numeric holds both.
        usual = self.matches(source, rf"^{number_forms.DECIMAL}([eE][+-]?0*[0-9]{{1,4}})?$")
        none = exp.or_(
            self.matches(source.copy(), rf"^{number_forms.DECIMAL}[eE]-[0-9]+$"),
            self.matches(source.copy(), r"^-?0(\.0+)?[eE][+-]?[0-9]+$"),
        )
        numeric = exp.cast(source.copy(), "DECIMAL")
        size = exp.Abs(this=numeric)
        bounded = case(
            (exp.GTE(this=size, expression=exp.Literal.number(_ABOVE)), exp.null()),
            (exp.LT(this=size.copy(), expression=exp.Literal.number(_BELOW)), whole(0)),
            otherwise=exp.cast(numeric.copy(), "DOUBLE"),
        )
        return case((usual, bounded), (none, whole(0)))

    def whole_number(self, digits: Tree) -> Tree:
        numeric = exp.cast(digits, "DECIMAL")
        is_large = exp.GTE(this=numeric, expression=exp.Literal.number(_ABOVE))
        nearest = exp.cast(numeric.copy(), "DOUBLE")
        return case((is_large, double(self.infinity)), otherwise=nearest)

    def long(self, value: int, largest: int) -> Tree:
        return exp.cast(whole(value), "DECIMAL" if largest > LONG else "BIGINT")

    def is_filled(self, source: Tree) -> Tree:
        return exp.GT(this=call("CARDINALITY", source), expression=whole(0))

    def pages_of_json(self, source: Tree) -> Tree:
        json = exp.cast(source, "JSONB")
        kind = call("JSONB_TYPEOF", json)
        elements = case(
            (equal(kind, text("array")), json),
            (equal(kind, text("string")), call("JSONB_BUILD_ARRAY", json.copy())),
        )
        listed = exp.Table(this=call("JSONB_ARRAY_ELEMENTS", elements), alias=self.alias.copy())
        page = page_of(self.element.copy(), _kind, _text, "string", "null")
        return exp.Array(expressions=[exp.select(page).from_(listed)])

    @property
    def letters(self) -> str:  # type: ignore[override]  # made when needed
        """Letters, digits and marks: in the collation "C" classes match ASCII letters only."""
        return self._class(_letters())[1:-1]

    def escape(self, code: int) -> str:
        return f"\\U{code:08X}" if code > 0xFFFF else f"\\u{code:04X}"

    def micros(self, source: Tree) -> Tree:
        seconds = exp.Extract(this=exp.var("EPOCH"), expression=source)
        micros = exp.cast(exp.Mul(this=seconds, expression=whole(1_000_000)), "BIGINT")
        return case((call("ISFINITE", source.copy()), micros))


@cache
def _letters() -> str:
    """Return all letters, digits and marks."""
    return "".join(
        character for character in map(chr, range(sys.maxunicode + 1)) if is_in_word(character)
    )


_ABOVE = "1.797693134862315807937E+308"
"""Where numbers begin that are nearer to infinity than to the largest double."""

_BELOW = "2.4703282292062328E-324"
"""Where numbers end that are nearer to 0 than to the smallest double."""


def _kind(json: Tree, key: str | None) -> Tree:
    return call(
        "JSONB_TYPEOF",
        exp.JSONExtract(this=json.copy(), expression=text(key)) if key else json.copy(),
    )


def _text(json: Tree, key: str | None) -> Tree:
    path = text(f"{{{key or ''}}}")
    return exp.JSONBExtractScalar(this=json.copy(), expression=path)
