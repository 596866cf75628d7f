"""Boolean expressions for the tests of conditions, over the columns of `Fields`; NULL is false."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.features.sql import forms
from icpctl.features.sql.fields import field_name
from icpctl.features.sql.trees import case, column, double, exists, text, whole
from icpctl.values import number_forms, url_forms
from icpctl.vocabulary import Form, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from icpctl.features.sql.dialects.base import Dialect
    from icpctl.features.sql.fields import Fields, Texts
    from icpctl.features.sql.trees import Tree
    from icpctl.scoring.plan import FieldPlan, Test

_EXACT = 2**53  # up to here every whole number is a double


def predicate(fields: Fields, field: FieldPlan, test: Test) -> Tree:
    """Return whether a visitor passes a test; never NULL. Raises `RefusedError`."""
    match field.type.kind:
        case Kind.NUMBER:
            holds = _number(fields, field, test)
        case Kind.BOOLEAN:
            holds = _flag(fields, field, test)
        case _:
            holds = _text(fields, field, test)
    return exp.Coalesce(this=holds, expressions=[exp.false()])


# Numbers and booleans


def _number(fields: Fields, field: FieldPlan, test: Test) -> Tree:
    low, high = map(column, fields.number(field))
    if test.asks_presence:
        return exists(low)
    if test.is_equality:
        return _listed(low, high, test.values)
    return _BOUNDS[test.comparator](low, high, [_literal(value) for value in test.values])


def _between(low: Tree, high: Tree, values: list[Tree]) -> Tree:
    if low == high:
        return exp.Between(this=low, low=values[0], high=values[1])
    return exp.and_(
        exp.GTE(this=low, expression=values[0]), exp.LTE(this=high, expression=values[1])
    )


def _listed(low: Tree, high: Tree, values: Iterable[float]) -> Tree:
    """Return whether every whole number from low to high is listed, or the only number is."""
    values = list(dict.fromkeys(map(float, values)))
    is_listed = _among(low, [_literal(value) for value in values])
    if low == high:
        return is_listed
    inside = [
        case(
            (exp.Between(this=_literal(value), low=low.copy(), high=high.copy()), whole(1)),
            otherwise=whole(0),
        )
        for value in values
        if value.is_integer()
    ]
    if not inside:
        return exp.and_(exp.EQ(this=low.copy(), expression=high), is_listed)
    size = exp.Add(this=exp.Sub(this=high, expression=low.copy()), expression=whole(1))
    every = exp.EQ(this=total(inside), expression=size)
    is_one = exp.EQ(this=low.copy(), expression=high.copy())
    return case((is_one, is_listed), otherwise=every)


def _literal(value: float) -> Tree:
    """Return a number as a literal double."""
    number = float(value)
    if number.is_integer() and abs(number) < _EXACT:
        digits = whole(int(abs(number)))
        return exp.Neg(this=digits) if number < 0 else digits
    return double(repr(number))


def _flag(fields: Fields, field: FieldPlan, test: Test) -> Tree:
    source = column(fields.flag(field_name(field)))
    if test.asks_presence:
        return exists(source)
    return exp.or_(*(source if value else exp.not_(source.copy()) for value in test.values))


# Texts and pages


def _text(fields: Fields, field: FieldPlan, test: Test) -> Tree:
    name = field_name(field)
    plain = fields.texts(name)
    if test.asks_presence:
        return _has(fields, plain)
    if not test.is_equality:
        search = _SEARCHES[test.comparator]
        return _any(fields, plain, lambda seen: search(fields.dialect, seen, test.values))
    if test.needs_all:
        return exp.and_(*(_hit(fields, field, [value]) for value in test.values))
    is_equal = _hit(fields, field, test.values)
    if field.type.form is Form.SIZE_RANGE:
        return exp.or_(is_equal, _within(fields, plain, test))
    return is_equal


def _hit(fields: Fields, field: FieldPlan, values: Iterable[str]) -> Tree:
    """Return whether a value of the visitor equals one of the listed values."""
    name = field_name(field)
    plain = fields.texts(name)
    if field.type.form is Form.PART_OF_PAGE:
        return _any(
            fields,
            plain,
            lambda seen: exp.or_(
                *(fields.dialect.contains(seen.copy(), value) for value in values)
            ),
        )
    wanted: dict[Texts, list[str]] = defaultdict(list)
    for value in values:
        for seen, equal_to in _forms(fields, field, value):
            wanted[seen] += equal_to
    return exp.or_(*(_any_among(fields, seen, listed) for seen, listed in wanted.items()))


def _any_among(fields: Fields, seen: Texts, values: Iterable[str]) -> Tree:
    listed = [text(value) for value in dict.fromkeys(values)]
    return _any(fields, seen, lambda tree: _among(tree, listed))


def _forms(fields: Fields, field: FieldPlan, value: str) -> Iterator[tuple[Texts, list[str]]]:
    """Yield the visitor's texts that a value is compared with, and what it equals there."""
    name, dialect = field_name(field), fields.dialect
    match field.type.form:
        case Form.DOMAIN:
            yield fields.texts(name), [url_forms.domain(value)]
        case Form.PAGE if value.startswith("/"):
            seen = fields.texts_as(name, "path", lambda source: forms.path(dialect, source))
            yield seen, [url_forms.path_value(value)]
        case Form.URL | Form.PAGE:
            seen = fields.texts_as(name, "url", lambda source: forms.url(dialect, source))
            yield seen, [url_forms.url(value)]
        case Form.SIZE_RANGE if bounds := number_forms.size_bounds(value):
            seen = fields.texts_as(name, "range", lambda source: forms.size_range(dialect, source))
            yield seen, forms.spellings(*bounds)
        case Form.COUNTRY if code := forms.country_code(value):
            yield from zip(fields.countries(name), forms.spellings_of(code), strict=True)
        case _:
            yield fields.texts(name), [value]


def _within(fields: Fields, plain: Texts, test: Test) -> Tree:
    """Return whether a visitor without a range has a number of employees in a listed range."""
    low, high = map(column, fields.sizes())
    bounds = [number_forms.size_bounds(value) for value in test.values]
    inside = [
        exp.GTE(this=low.copy(), expression=_literal(least))
        if math.isinf(most)
        else exp.Between(this=low.copy(), low=_literal(least), high=_literal(most))
        for least, most in filter(None, bounds)
    ]
    if not inside:
        return exp.false()
    is_one = [] if low == high else [exp.EQ(this=low.copy(), expression=high)]
    missing = exp.not_(exp.Coalesce(this=_has(fields, plain), expressions=[exp.false()]))
    return exp.and_(missing, *is_one, exp.or_(*inside))


def _has(fields: Fields, texts: Texts) -> Tree:
    source = column(texts.name)
    return fields.dialect.is_filled(source) if texts.is_list else exists(source)


def _any(fields: Fields, texts: Texts, holds: Callable[[Tree], Tree]) -> Tree:
    source = column(texts.name)
    return fields.dialect.any_of(source, holds) if texts.is_list else holds(source)


def _among(source: Tree, literals: Iterable[Tree]) -> Tree:
    listed = list(literals)
    if len(listed) == 1:
        return exp.EQ(this=source.copy(), expression=listed[0])
    return exp.In(this=source.copy(), expressions=listed)


def _each(
    search: Callable[[Dialect, Tree, str], Tree],
) -> Callable[[Dialect, Tree, Sequence[str]], Tree]:
    """Return the search for any of several texts, built from the search for one text."""

    def any_of(dialect: Dialect, source: Tree, values: Sequence[str]) -> Tree:
        return exp.or_(*(search(dialect, source.copy(), value) for value in values))

    return any_of


_SEARCHES: dict[str, Callable[[Dialect, Tree, Sequence[str]], Tree]] = {
    "contains": _each(lambda dialect, source, value: dialect.contains(source, value)),
    "contains_word": lambda dialect, source, values: dialect.contains_word(source, values),
    "starts_with": _each(lambda dialect, source, value: dialect.starts_with(source, value)),
    "ends_with": _each(lambda dialect, source, value: dialect.ends_with(source, value)),
}
"""The SQL of each comparator that looks for parts of texts (`Comparator.test`)."""

_BOUNDS: dict[str, Callable[[Tree, Tree, list[Tree]], Tree]] = {
    "gt": lambda low, _, values: exp.GT(this=low, expression=values[0]),
    "gte": lambda low, _, values: exp.GTE(this=low, expression=values[0]),
    "lt": lambda _, high, values: exp.LT(this=high, expression=values[0]),
    "lte": lambda _, high, values: exp.LTE(this=high, expression=values[0]),
    "between": _between,
}
"""The SQL of each comparator of numbers with thresholds."""


def total(parts: Sequence[Tree]) -> Tree:
    """Return the sum of some expressions, nested as little as possible."""
    return joined(exp.Add, parts)


def joined(operator: type[exp.Binary], parts: Sequence[Tree]) -> Tree:
    """Return expressions joined by an associative operator."""
    if len(parts) > _FLAT:
        half = len(parts) // 2
        left, right = joined(operator, parts[:half]), joined(operator, parts[half:])
        return operator(this=exp.paren(left), expression=exp.paren(right))
    tree = parts[0]
    for part in parts[1:]:
        tree = operator(this=tree, expression=part)
    return tree


_FLAT = 50
