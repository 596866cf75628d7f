"""From the columns of a table to what conditions compare: the columns of three subqueries.

The first has what a table's columns hold: visible texts, doubles, microseconds. The
second has the texts folded, and those of countries without accents. The third has what is derived
from these: normal forms, numbers of texts, days. NULL is missing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlglot import exp

from icpctl.features.sql import forms
from icpctl.features.sql.columns import ColumnType, column_name, custom_column
from icpctl.features.sql.folding import Folding, fold, folding
from icpctl.features.sql.trees import RefusedError, case, column, equal, text, whole
from icpctl.mappings import mapping
from icpctl.values import date_forms, normal_forms, number_forms, text_forms
from icpctl.vocabulary import BUILT_IN, CONDITION_TYPES, Form, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpctl.features.sql.columns import Column, Columns
    from icpctl.features.sql.dialects.base import Dialect
    from icpctl.features.sql.trees import Tree
    from icpctl.scoring.plan import FieldPlan, Plan
    from icpctl.vocabulary import ConditionType

SOURCE = "icp_row"
"""The alias of the table. Without it a name that no column has might mean the table's rows, or what
another column of the same SELECT is called."""

_DAY = 86_400_000_000  # microseconds
_COUNTS = ("page_view_count", "session_count", "company_size")
_MISSING = sorted(text_forms.MISSING)
_MANY = (ColumnType.LIST, ColumnType.JSON)


class Texts(Struct, frozen=True):
    """The texts that visitors have in a field: one column, or a list of several."""

    name: str
    is_list: bool


class Fields:
    """The columns that conditions need, each made on first use."""

    def __init__(self, dialect: Dialect, columns: Columns, plan: Plan, as_of: int | None) -> None:
        self.dialect = dialect
        self.read: dict[str, Tree] = {}
        self.folded: dict[str, Tree] = {}
        self.forms: dict[str, Tree] = {}
        self.reads: dict[str, None] = {}
        self._numbers: dict[str, tuple[str, str]] = {}
        self._columns = columns
        self._as_of = as_of
        self._plan = plan
        custom = (field.type for field in plan.fields if field.type.is_custom)
        self._custom = {column_name(entry): custom_column(entry) for entry in custom}

    def id(self) -> Tree:
        """Return the visitor's id unchanged, NULL if it is blank."""
        source = self._source(mapping.ID)
        if isinstance(source, exp.Null):
            return exp.cast(source, "TEXT")
        plain = exp.cast(source, "TEXT")
        seen = self.dialect.visible(self.dialect.plain_text(source.copy()))
        return case((exp.NEQ(this=self._known(seen), expression=text("")), plain))

    def texts(self, name: str) -> Texts:
        """Return the texts of a field, or its pages, without a normal form."""
        source_column = self._column(name)
        is_list = source_column.name is not None and source_column.type in _MANY
        if name not in self.read:
            self.read[name] = self._list(name) if is_list else self._visible(name)
            self._fold(name, is_list)
        return Texts(name, is_list)

    def texts_as(self, name: str, suffix: str, make: Callable[[Tree], Tree]) -> Texts:
        """Return the texts of a field in a normal form."""
        plain = self.texts(name)
        formed = f"{name}_as_{suffix}"
        if formed not in self.forms:
            self.forms[formed] = self._made(column(name), plain.is_list, make)
        return Texts(formed, plain.is_list)

    def countries(self, name: str) -> tuple[Texts, Texts]:
        """Return the texts of a field as names of countries, and as their codes."""
        is_list = self.texts(name).is_list
        code = f"{name}_as_code"
        if code not in self.folded:
            names = self._country_names()
            self.folded[code] = self._made(
                column(name), is_list, lambda seen: forms.country(self.dialect, seen, names)
            )
            self.forms[f"{name}_as_name"] = self._made(
                column(code), is_list, lambda seen: forms.country_name(self.dialect, seen)
            )
        return Texts(f"{name}_as_name", is_list), Texts(code, is_list)

    def _country_names(self) -> list[str]:
        """Return the names and codes of all countries that configs ask for."""
        values = {
            value
            for field in self._plan.fields
            if field.type.form is Form.COUNTRY
            for test in field.tests
            if test.is_equality
            for value in test.values
        }
        codes = {forms.country_code(value) for value in values}
        return [
            name
            for code in sorted(filter(None, codes))
            for spellings in forms.spellings_of(code)
            for name in spellings
        ]

    def _made(self, source: Tree, is_list: bool, make: Callable[[Tree], Tree]) -> Tree:
        return self.dialect.each(source, make) if is_list else make(source)

    def number(self, field: FieldPlan) -> tuple[str, str]:
        """Return the columns of the lowest and the highest number of a field, often the same."""
        return self.number_of_type(field.type)

    def sizes(self) -> tuple[str, str]:
        """Return the columns of the lowest and the highest number of employees."""
        return self.number_of_type(BUILT_IN.types["company_size"])

    def number_of_type(self, entry: ConditionType) -> tuple[str, str]:
        """Return the columns of the lowest and the highest number of a condition type."""
        if entry.name not in self._numbers:
            self._numbers[entry.name] = self._number(entry)
        return self._numbers[entry.name]

    def _number(self, entry: ConditionType) -> tuple[str, str]:
        name = column_name(entry)
        if entry.is_days:
            made = f"{name}_as_of"
            self.forms[made] = self._days_since(name) if entry.is_custom else self._days()
            return made, made
        if self._column(name).type is not ColumnType.TEXT:
            self.read[name] = self._fitting(name, self._double(name))
            return name, name
        if not entry.has_ranges:
            made = f"{name}_as_number"
            self.forms[made] = self._number_of(name)
            return made, made
        self.read[name] = self._visible(name)
        low, high = f"{name}_low", f"{name}_high"
        self.forms[low], self.forms[high] = self._bounds(name)
        return low, high

    def flag(self, name: str) -> str:
        """Return the column of a boolean field."""
        if name not in self.read:
            self.read[name] = self._flag(name)
        return name

    def _column(self, name: str) -> Column:
        return self._columns[name] if name in self._columns else self._custom[name]

    def _source(self, name: str) -> Tree:
        stored = self._column(name).name
        if stored is None:
            return exp.null()
        self.reads[stored] = None
        return exp.column(stored, SOURCE, quoted=True)

    # Texts

    def _visible(self, name: str) -> Tree:
        source = self._source(name)
        if isinstance(source, exp.Null):
            return exp.cast(source, "TEXT")
        seen = self.dialect.visible(self.dialect.plain_text(source))
        known = exp.Nullif(this=self._known(seen), expression=text(""))
        return self._as_compared(name, known)

    def _known(self, seen: Tree) -> Tree:
        """Return a visible text, empty if it is a spelling of a missing value."""
        words = "|".join(re.sub(r"[(\\)]", _as_class, word) for word in _MISSING if word)
        return self.dialect.replaced_all(seen, f"^({words}){self.dialect.end}", "")

    def _as_compared(self, name: str, source: Tree) -> Tree:
        """Return what comparators see of a text: the host, if the field is a domain."""
        is_domain = CONDITION_TYPES[name].form is Form.DOMAIN if name in CONDITION_TYPES else False
        return forms.domain(self.dialect, source) if is_domain else source

    def _list(self, name: str) -> Tree:
        source_column, dialect = self._column(name), self.dialect
        if not dialect.has_lists:
            raise RefusedError(
                f"{source_column.name!r} is a list, which {dialect.name} has no columns of",
                "where a visitor has one text at most: {column: NAME, type: text}",
            )
        source = self._source(name)
        if source_column.type is ColumnType.JSON:
            source = dialect.pages_of_json(source)
        made = dialect.each(source, lambda element: dialect.visible(dialect.plain_text(element)))
        known = dialect.kept(made, lambda element: exp.not_(_is_missing(element)))
        return dialect.each(known, lambda element: self._as_compared(name, element))

    def _fold(self, name: str, is_list: bool) -> None:
        if self._plan.case_sensitive or self._column(name).name is None:
            return
        how = self._folding_of(name)
        self.folded[name] = self._made(
            column(name), is_list, lambda seen: fold(self.dialect, seen, how)
        )

    def _folding_of(self, name: str) -> Folding:
        """Return what must be folded for the values that configs list for a field."""
        equal: list[str] = []
        parts: list[str] = []
        spellings = False
        for field in self._plan.fields:
            if field_name(field) != name:
                continue
            form = field.type.form
            make = normal_forms.FORMS.get(form)
            for test in field.tests:
                values = [value for value in test.values if isinstance(value, str)]
                if not test.is_equality or form is Form.PART_OF_PAGE:
                    parts += values
                    continue
                equal += values
                if make and form is not Form.COUNTRY:  # which has its own columns
                    equal += map(make, values)
                spellings |= form in (Form.URL, Form.PAGE)
        return folding(equal, parts, spellings=spellings)

    # Numbers, booleans, days

    def _double(self, name: str) -> Tree:
        source = exp.cast(self._source(name), "DOUBLE")
        return source if self._column(name).name is None else self.dialect.finite(source)

    def _fitting(self, name: str, number: Tree) -> Tree:
        """Return a number, NULL for a negative or fractional count; days are whole, from 0."""
        whole_part, zero = self.dialect.whole_part(number), whole(0)
        if name == "last_seen_days":
            is_below = exp.LT(this=number.copy(), expression=zero)
            return case((is_below, exp.cast(zero.copy(), "DOUBLE")), otherwise=whole_part)
        if name not in _COUNTS:
            return number
        is_count = exp.GTE(this=number.copy(), expression=zero)
        return case((exp.and_(equal(number, whole_part), is_count), number))

    def _bounds(self, name: str) -> tuple[Tree, Tree]:
        """Return the bounds of a text that is a count or a range, NULL if it is neither."""
        dialect = self.dialect
        number = self._fitting(name, dialect.number_of_text(column(name)))
        form = forms.size_range(dialect, column(name))
        low, high = forms.range_bounds(dialect, form)
        fits = exp.and_(
            dialect.is_finite(low.copy()), exp.LTE(this=low.copy(), expression=high.copy())
        )
        pattern = forms.RANGE if name == "company_size" else forms.COUNT
        is_range = dialect.matches(forms.spelt(dialect, column(name)), pattern)

        def bound(limit: Tree) -> Tree:
            # One CASE in the other: a text that is not a range must not be cast.
            return case((is_range, case((fits, limit))), otherwise=number)

        return bound(low), bound(high)

    def _flag(self, name: str) -> Tree:
        source_column = self._column(name)
        source = self._source(name)
        if source_column.name is None or source_column.type is ColumnType.BOOLEAN:
            return exp.cast(source, "BOOLEAN")
        yes: Tree
        no: Tree
        if source_column.type is ColumnType.NUMBER:
            number = exp.cast(source, "DOUBLE")
            yes = exp.EQ(this=number, expression=whole(1))
            no = exp.EQ(this=number.copy(), expression=whole(0))
        else:
            word = fold(self.dialect, self._visible(name), folding(number_forms.WORDS, []))
            yes, no = (
                exp.In(
                    this=word.copy(),
                    expressions=[
                        text(spelling)
                        for spelling, means in number_forms.WORDS.items()
                        if means is flag
                    ],
                )
                for flag in (True, False)
            )
        return case((yes, exp.true()), (no, exp.false()))

    def _days_since(self, name: str) -> Tree:
        """Return whole days since the moment in a column of a custom field."""
        source = self._source(name)
        if isinstance(source, exp.Null):
            return exp.cast(source, "DOUBLE")
        self.read[name] = self.dialect.micros(source)
        return exp.cast(self._counted(column(name)), "DOUBLE")

    def _days(self) -> Tree:
        own = self._number_of("last_seen_days")
        if self._column(mapping.LAST_SEEN).name is None:
            return own
        source = self._source(mapping.LAST_SEEN)
        self.read[mapping.LAST_SEEN] = self.dialect.micros(source)
        counted = exp.cast(self._counted(column(mapping.LAST_SEEN)), "DOUBLE")
        return exp.Coalesce(this=counted, expressions=[own])

    def _number_of(self, name: str) -> Tree:
        """Return a number field as the second subquery computes it."""
        source_column = self._column(name)
        if source_column.name is None or source_column.type is ColumnType.NUMBER:
            self.read[name] = self._fitting(name, self._double(name))
            return column(name)
        self.read[name] = self._visible(name)
        if name in _COUNTS:
            return self._bounds(name)[0]
        return self._fitting(name, self.dialect.number_of_text(column(name)))

    def _counted(self, seen: Tree) -> Tree:
        """Return whole days since a moment in microseconds, 0 if it is in the future."""
        now = self.dialect.now_micros() if self._as_of is None else _signed(self._as_of)
        span = exp.Sub(this=now, expression=seen.copy())
        past = exp.Between(this=seen.copy(), low=_signed(date_forms.YEAR_1), high=now.copy())
        future = exp.Between(this=seen.copy(), low=now.copy(), high=whole(date_forms.YEAR_9999))
        return case((past, self.dialect.divided(span, _DAY)), (future, whole(0)))


def _as_class(match: re.Match[str]) -> str:
    """Return a special character of patterns escaped as a class."""
    return "[\\\\]" if match[0] == "\\" else f"[{match[0]}]"


def _is_missing(source: Tree) -> Tree:
    """Return whether a visible text is a spelling of a missing value."""
    return exp.In(this=source.copy(), expressions=[text(word) for word in _MISSING])


def field_name(field: FieldPlan) -> str:
    """Return the field of the mapping that holds a condition type's values."""
    return mapping.PAGES if field.type.kind is Kind.PAGES else column_name(field.type)


def _signed(number: int) -> Tree:
    return exp.Neg(this=whole(-number)) if number < 0 else whole(number)
