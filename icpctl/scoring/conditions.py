"""Columns -> bits: every condition, evaluated once per distinct value of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.mappings import mapping
from icpctl.scoring.scores import WORD
from icpctl.values import column_forms, normal_forms, page_columns, text_search, typed_columns
from icpctl.values.forms.text_forms import folded_column
from icpctl.vocabulary import Form, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from icpctl.scoring.plan import FieldPlan, Plan, Test
    from icpctl.values.typed_columns import Column

Misfits = dict[str, np.ndarray]
"""For each field the rows whose value does not fit its kind."""


def row_words(table: pa.RecordBatch, plan: Plan) -> tuple[np.ndarray, Misfits]:
    """The words of each row [words, rows], and the misfits of the fields read."""
    columns = BatchColumns(table, plan)
    return words_of(columns, plan), columns.misfits


def words_of(columns: BatchColumns, plan: Plan) -> np.ndarray:
    """The words of each row [words, rows]."""
    words = np.zeros((plan.words, columns.count), np.uint8)
    for field in plan.fields:
        first, shift = divmod(field.first_bit, WORD)
        bits = _field_bits(field, columns, plan)
        if shift:  # such a field has one word only
            bits = bits << shift
        for offset in range(bits.shape[1]):
            words[first + offset] |= bits[:, offset]
    return words


class BatchColumns:
    """The fields of a batch of `count` rows as values, made once; collects what does not fit."""

    def __init__(self, table: pa.RecordBatch, plan: Plan) -> None:
        self.count: int = table.num_rows
        self._table = table
        self._plan = plan
        self._made: dict[str, Column] = {}
        self.misfits: Misfits = {}

    def of(self, name: str, kind: Kind) -> Column:
        """The column of a field of the mapping."""
        if name not in self._made:
            self._made[name] = column = self._make(name, kind)
            self._note(mapping.LAST_SEEN if name == "last_seen_days" else name, column)
        return self._made[name]

    def _make(self, name: str, kind: Kind) -> Column:
        if name == "last_seen_days":
            seen, own = self._table[mapping.LAST_SEEN], self._table[name]
            column, given = typed_columns.days(seen, own, self._plan.as_of)
            self._note(name, given)
            return column
        if kind is Kind.TEXT:
            return text_column(self._table, name)
        return typed_columns.of_kind(self._table[name], name, kind)

    def _note(self, name: str, column: Column) -> None:
        if len(column.misfits):
            self.misfits[name] = column.misfits


def text_column(table: pa.RecordBatch, name: str) -> Column:
    """Return the column of a text field; UTM parameters may be in the queries of pages."""
    column = typed_columns.of_kind(table[name], name, Kind.TEXT)
    if name in mapping.OF_QUERIES and mapping.PAGES in table.schema.names:
        pages = typed_columns.pages(table[mapping.PAGES])
        return page_columns.with_parameters(column, pages, name)
    return column


def _field_bits(field: FieldPlan, columns: BatchColumns, plan: Plan) -> np.ndarray:
    """The bits of one field's tests for each row [rows, words]; bit 0 is its first test."""
    kind = field.type.kind
    name = mapping.PAGES if kind is Kind.PAGES else field.type.name
    column = columns.of(name, kind)
    table = _Table(len(column.values), field.tests)
    if kind in (Kind.TEXT, Kind.PAGES):
        _text_bits(table, field, _Texts(column.values, plan.case_sensitive))
    else:
        for test in field.tests:
            table.put(test, NUMBER_KERNELS[test.comparator](column.values, test.values))
    rows = column.spread(table.of_cells(column.cells(table.bits)))
    if field.type.form is Form.SIZE_RANGE:
        sizes = columns.of("company_size", Kind.NUMBER)
        instead = ~column.present() & (sizes.rows >= 0)
        if instead.any():
            rows[instead] = sizes.spread(_within_listed(field, sizes.values))[instead]
    return rows


class _Table:
    """Bits per value [values, words], one for each test.

    Behind them is one for each value that a `has_all` lists, since different values of a visitor
    may hit those.
    """

    def __init__(self, count: int, tests: tuple[Test, ...]) -> None:
        self._bit = {test: bit for bit, test in enumerate(tests)}
        self._width = -(-len(tests) // WORD)
        self._parts: dict[Test, range] = {}
        size = len(tests)
        for test in tests:
            if test.comparator == "has_all":
                self._parts[test] = range(size, size + len(test.values))
                size += len(test.values)
        self.bits = np.zeros((count, -(-size // WORD)), np.uint8)

    def bit(self, test: Test, value: int) -> int:
        """The bit that a value hits which equals value number `value` of the test's list."""
        return self._parts[test][value] if test in self._parts else self._bit[test]

    def put(self, test: Test, held: np.ndarray, value: int = 0) -> None:
        word, bit = divmod(self.bit(test, value), WORD)
        self.bits[:, word] |= held.view(np.uint8) << bit

    def of_cells(self, cells: np.ndarray) -> np.ndarray:
        """Bits per cell, with each `has_all` decided and its parts dropped."""
        for test, parts in self._parts.items():
            held = np.ones(len(cells), bool)
            for part in parts:
                word, bit = divmod(part, WORD)
                held &= (cells[:, word] >> bit & 1).view(bool)
            word, bit = divmod(self._bit[test], WORD)
            cells[:, word] |= held.view(np.uint8) << bit
        kept = cells[:, : self._width]
        spare = self._width * WORD - len(self._bit)
        if spare and self._parts:
            kept[:, -1] &= (1 << WORD - spare) - 1
        return kept


class _Texts:
    """Distinct texts as the comparators see them; each form is made once."""

    def __init__(self, texts: pa.Array, case_sensitive: bool) -> None:
        self.plain = texts if case_sensitive else folded_column(texts)
        self._forms: dict[Callable[[pa.Array], pa.Array], pa.Array] = {}
        self._with: dict[str, np.ndarray] = {}

    def form(self, form: Callable[[pa.Array], pa.Array] | None) -> pa.Array:
        if form is None:
            return self.plain
        if form not in self._forms:
            self._forms[form] = form(self.plain)
        return self._forms[form]

    def containing(self, value: str) -> np.ndarray:
        """Which texts contain the value; many conditions look for the same ones."""
        if value not in self._with:
            self._with[value] = text_search.containing(self.plain, value)
        return self._with[value]


def _text_bits(table: _Table, field: FieldPlan, texts: _Texts) -> None:
    equalities: list[tuple[Test, int, str]] = []  # a test, and a value of its list
    for test in field.tests:
        if test.comparator not in EQUALITIES:
            (value,) = test.values or ("",)
            table.put(test, TEXT_KERNELS[test.comparator](texts, value))
        elif field.type.form is Form.PART_OF_PAGE:
            for number, value in enumerate(test.values):
                table.put(test, texts.containing(value), number)
        else:
            equalities += [(test, number, value) for number, value in enumerate(test.values)]
    form = normal_forms.FORMS.get(field.type.form)
    of_paths = [e for e in equalities if field.type.form is Form.PAGE and e[2][:1] == "/"]
    others = [e for e in equalities if e not in of_paths] if of_paths else equalities
    if of_paths:
        wanted = ((t, n, normal_forms.path_value(value)) for t, n, value in of_paths)
        _equality_bits(table, wanted, texts.form(column_forms.path))
    if others:
        wanted = ((t, n, form(value) if form else value) for t, n, value in others)
        _equality_bits(table, wanted, texts.form(column_forms.FORMS.get(field.type.form)))


def _equality_bits(table: _Table, wanted: Iterable[tuple[Test, int, str]], seen: pa.Array) -> None:
    """All equality and list tests of a form at once: one lookup from value to bits."""
    masks: dict[str, int] = {}
    for test, number, value in wanted:
        masks[value] = masks.get(value, 0) | 1 << table.bit(test, number)
    width = table.bits.shape[1]
    bits = np.array([*(_as_words(mask, width) for mask in masks.values()), [0] * width], np.uint8)
    found = pc.index_in(seen, value_set=pa.array(masks, pa.string()))
    index = pc.fill_null(found, len(masks)).to_numpy(zero_copy_only=False)
    table.bits |= bits.take(index, axis=0)


def _as_words(mask: int, width: int) -> list[int]:
    return [mask >> WORD * word & 2**WORD - 1 for word in range(width)]


def _within_listed(field: FieldPlan, bounds: np.ndarray) -> np.ndarray:
    """Bits of a range field for visitors that have a number of employees instead of a range."""
    table = _Table(len(bounds), field.tests)
    low, high = bounds[:, 0], bounds[:, 1]
    for test in field.tests:
        if test.comparator == "in":
            listed = [
                normal_forms.range_bounds(normal_forms.size_range(value)) for value in test.values
            ]
            for least, most in filter(None, listed):
                table.put(test, (low == high) & (least <= low) & (high <= most))
    return table.of_cells(table.bits)


def _flags(held: pa.Array) -> np.ndarray:
    flags: np.ndarray = held.to_numpy(zero_copy_only=False)
    return flags


def _any_number(bounds: np.ndarray, listed: tuple[float, ...]) -> np.ndarray:
    """Every whole number of low..high is listed; most often low and high are one number."""
    sure = np.unique(np.array(listed, np.float64))
    inside = np.searchsorted(sure, bounds[:, 1], "right") - np.searchsorted(sure, bounds[:, 0])
    single = bounds[:, 0] == bounds[:, 1]
    whole = sure[sure == np.floor(sure)]
    count = np.searchsorted(whole, bounds[:, 1], "right") - np.searchsorted(whole, bounds[:, 0])
    every: np.ndarray = np.where(single, inside == 1, count == bounds[:, 1] - bounds[:, 0] + 1)
    return every


EQUALITIES = frozenset({"in", "has_all"})
"""Tests for equality with listed values; `equals` and `has_any` are put as `in` by the plan."""

TEXT_KERNELS: dict[str, Callable[[_Texts, str], np.ndarray]] = {
    "contains": lambda texts, value: texts.containing(value),
    "starts_with": lambda texts, value: _flags(pc.starts_with(texts.plain, value)),
    "ends_with": lambda texts, value: _flags(pc.ends_with(texts.plain, value)),
    "exists": lambda texts, _: np.ones(len(texts.plain), bool),
}
"""Distinct texts and a value -> which texts hold."""

NUMBER_KERNELS: dict[str, Callable[[np.ndarray, tuple[float, ...]], np.ndarray]] = {
    "in": _any_number,
    "gt": lambda bounds, value: bounds[:, 0] > value[0],
    "gte": lambda bounds, value: bounds[:, 0] >= value[0],
    "lt": lambda bounds, value: bounds[:, 1] < value[0],
    "lte": lambda bounds, value: bounds[:, 1] <= value[0],
    "between": lambda bounds, value: (value[0] <= bounds[:, 0]) & (bounds[:, 1] <= value[1]),
    "exists": lambda bounds, _: np.ones(len(bounds), bool),
}
"""Lowest and highest number [values, 2] and a test's values -> which hold. Booleans are 0 and 1."""
