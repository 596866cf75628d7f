"""Columns -> bits: every condition, evaluated once per distinct value of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.mappings import mapping
from icpctl.scoring.scores import WORD
from icpctl.values import column_forms, normal_forms, page_columns, text_search, typed_columns
from icpctl.values.forms.text_forms import folded_column
from icpctl.vocabulary import Form, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from icpctl.scoring.condition_tests import Test, TestLayout
    from icpctl.scoring.plan import FieldPlan, Plan
    from icpctl.values.typed_columns import Column
    from icpctl.vocabulary import ConditionType

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

    @property
    def table(self) -> pa.RecordBatch:
        """The batch itself: a JSON text a field and row."""
        return self._table

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
        entry = self._plan.types.get(name)
        if entry and entry.is_custom:
            return custom_column(self._table[name], entry, self._plan.as_of)
        if kind is Kind.TEXT:
            return text_column(self._table, name)
        return typed_columns.of_kind(self._table[name], name, kind)

    def _note(self, name: str, column: Column) -> None:
        if len(column.misfits):
            self.misfits[name] = column.misfits


def custom_column(tokens: pa.Array, entry: ConditionType, as_of: datetime) -> Column:
    """The column of a custom field: days are counted from its date, numbers may be ranges."""
    if entry.is_days:
        column, _ = typed_columns.days(tokens, pa.nulls(len(tokens), pa.string()), as_of)
        return column
    return typed_columns.of_kind(tokens, entry.name, entry.kind)


def text_column(table: pa.RecordBatch, name: str) -> Column:
    """Return the column of a text field; UTM parameters may be in the queries of pages."""
    column = typed_columns.of_kind(table[name], name, Kind.TEXT)
    if name in mapping.OF_QUERIES and mapping.PAGES in table.schema.names:
        pages = typed_columns.pages(table[mapping.PAGES])
        return page_columns.with_parameters(column, pages, name)
    return column


def _field_bits(field: FieldPlan, columns: BatchColumns, plan: Plan) -> np.ndarray:
    """The bits of one field's tests for each row [rows, words]; bit 0 is its first test."""
    name = mapping.PAGES if field.type.kind is Kind.PAGES else field.type.name
    column = columns.of(name, field.type.kind)
    table = _Table(len(column.values), field.layout)
    if field.type.is_words:
        _text_bits(table, field, Texts(column.values, plan.case_sensitive))
    else:
        for number, test in enumerate(field.tests):
            table.put(number, number_kernel(test)(column.values, test.values))
    rows = column.spread(table.of_cells(column.cells(table.bits)))
    if field.type.form is Form.SIZE_RANGE:
        sizes = columns.of("company_size", Kind.NUMBER)
        instead = ~column.present() & (sizes.rows >= 0)
        if instead.any():
            rows[instead] = sizes.spread(_within_listed(field, sizes.values))[instead]
    return rows


class _Table:
    """Bits per value [values, words], as a layout places them."""

    def __init__(self, count: int, layout: TestLayout) -> None:
        self._layout = layout
        self.bits = np.zeros((count, -(-layout.size // WORD)), np.uint8)

    def put(self, bit: int, held: np.ndarray) -> None:
        """Set a bit of the values that hold it [values]."""
        word, place = divmod(bit, WORD)
        self.bits[:, word] |= held.view(np.uint8) << place

    def of_cells(self, cells: np.ndarray) -> np.ndarray:
        """Bits per cell, with each test that needs all values decided and its parts dropped."""
        layout = self._layout
        for number, parts in layout.parts.items():
            held = np.ones(len(cells), bool)
            for part in parts:
                word, bit = divmod(part, WORD)
                held &= (cells[:, word] >> bit & 1).view(bool)
            word, bit = divmod(number, WORD)
            cells[:, word] |= held.view(np.uint8) << bit
        kept = cells[:, : layout.width]
        spare = layout.width * WORD - len(layout.tests)
        if spare and layout.parts:
            kept[:, -1] &= (1 << WORD - spare) - 1
        return kept


class Texts:
    """Distinct texts as the comparators see them; each form is made once."""

    def __init__(self, texts: pa.Array, case_sensitive: bool) -> None:
        self.plain = texts if case_sensitive else folded_column(texts)
        self._forms: dict[Callable[[pa.Array], pa.Array], pa.Array] = {}
        self._with: dict[str, np.ndarray] = {}

    def form(self, form: Callable[[pa.Array], pa.Array] | None) -> pa.Array:
        """The texts in a normal form; None is the plain one."""
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

    def any_of(
        self, values: Sequence[str], holds: Callable[[str], np.ndarray], parts: text_search.Parts
    ) -> np.ndarray:
        """Which texts hold any of the values; of many values `parts` are looked up in each text."""
        if len(values) > text_search.MANY_VALUES:
            return text_search.with_any(self.plain, values, parts)
        held = np.zeros(len(self.plain), bool)
        for value in values:
            held |= holds(value)
        return held


def _text_bits(table: _Table, field: FieldPlan, texts: Texts) -> None:
    is_part = field.type.form is Form.PART_OF_PAGE
    for number, test in enumerate(field.tests):
        if test.is_equality and not is_part:
            continue
        if number in field.layout.parts:
            for bit, value in zip(field.layout.parts[number], test.values, strict=True):
                table.put(bit, texts.containing(value))
        else:
            kernel = KERNELS["contains" if test.is_equality else test.comparator].texts
            table.put(number, kernel(texts, test.values))
    tables = field.equalities
    if tables.paths:
        table.bits |= tables.paths.bits_of(texts.form(column_forms.path))
    if tables.others:
        form = column_forms.FORMS.get(field.type.form)
        table.bits |= tables.others.bits_of(texts.form(form))


def number_kernel(test: Test) -> NumberKernel:
    """The kernel of a test of numbers or booleans."""
    return KERNELS[test.comparator].numbers


def _within_listed(field: FieldPlan, bounds: np.ndarray) -> np.ndarray:
    """Bits of a range field for visitors that have a number of employees instead of a range."""
    table = _Table(len(bounds), field.layout)
    low, high = bounds[:, 0], bounds[:, 1]
    for number, test in enumerate(field.tests):
        if test.is_equality and not test.needs_all:
            listed = [
                normal_forms.range_bounds(normal_forms.size_range(value)) for value in test.values
            ]
            for least, most in filter(None, listed):
                table.put(number, (low == high) & (least <= low) & (high <= most))
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


NumberKernel: TypeAlias = "Callable[[np.ndarray, tuple[float, ...]], np.ndarray]"
"""Lowest and highest number [values, 2] and a test's values -> which hold. Booleans are 0 and 1."""

TextKernel: TypeAlias = "Callable[[Texts, tuple[str, ...]], np.ndarray]"
"""Distinct texts and a test's values -> which texts hold."""


def _not_of_numbers(bounds: np.ndarray, _: tuple[float, ...]) -> np.ndarray:
    raise AssertionError(f"no comparator of texts is asked of {len(bounds)} numbers")


def _equal_texts(texts: Texts, values: tuple[str, ...]) -> np.ndarray:
    raise AssertionError(f"{len(values)} values are looked up in a table, for {texts}")


def _all_texts(texts: Texts, _: tuple[str, ...]) -> np.ndarray:
    return np.ones(len(texts.plain), bool)


def _containing(texts: Texts, values: tuple[str, ...]) -> np.ndarray:
    return texts.any_of(values, texts.containing, text_search.parts_within)


def _containing_word(texts: Texts, values: tuple[str, ...]) -> np.ndarray:
    def holds(value: str) -> np.ndarray:
        return text_search.containing_word(texts.plain, value, texts.containing(value))

    return texts.any_of(values, holds, text_search.words_within)


def _starting(texts: Texts, values: tuple[str, ...]) -> np.ndarray:
    def holds(value: str) -> np.ndarray:
        return _flags(pc.starts_with(texts.plain, value))

    return texts.any_of(values, holds, text_search.beginnings)


def _ending(texts: Texts, values: tuple[str, ...]) -> np.ndarray:
    def holds(value: str) -> np.ndarray:
        return _flags(pc.ends_with(texts.plain, value))

    return texts.any_of(values, holds, text_search.endings)


@dataclass(frozen=True, slots=True)
class Kernel:
    """How a comparator that is no negative decides, for texts and pages, and for numbers."""

    texts: TextKernel = _equal_texts
    numbers: NumberKernel = _not_of_numbers


KERNELS: dict[str, Kernel] = {
    "in": Kernel(numbers=_any_number),
    "has_all": Kernel(),
    "contains": Kernel(texts=_containing),
    "contains_word": Kernel(texts=_containing_word),
    "starts_with": Kernel(texts=_starting),
    "ends_with": Kernel(texts=_ending),
    "gt": Kernel(numbers=lambda bounds, values: bounds[:, 0] > values[0]),
    "gte": Kernel(numbers=lambda bounds, values: bounds[:, 0] >= values[0]),
    "lt": Kernel(numbers=lambda bounds, values: bounds[:, 1] < values[0]),
    "lte": Kernel(numbers=lambda bounds, values: bounds[:, 1] <= values[0]),
    "between": Kernel(
        numbers=lambda bounds, values: (values[0] <= bounds[:, 0]) & (bounds[:, 1] <= values[1])
    ),
    "exists": Kernel(texts=_all_texts, numbers=lambda bounds, _: np.ones(len(bounds), bool)),
}
"""The kernel of each comparator that has one of its own (`Comparator.test`).

Equality with texts is one lookup for all of a field's tests (`FieldPlan.equalities`).
"""
