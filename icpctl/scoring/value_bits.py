"""Values -> bits: the tests of a field, each evaluated once for each distinct value.

The bits of distinct JSON texts are remembered from one batch to the next.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from icpctl.mappings import mapping
from icpctl.scoring.plan import field_of, fields_of
from icpctl.scoring.scores import WORD
from icpctl.values import (
    normal_forms,
    number_forms,
    page_columns,
    text_search,
    typed_columns,
    url_forms,
)
from icpctl.values.column import KnownTexts, distinct_of
from icpctl.values.text_forms import folded_column
from icpctl.vocabulary import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from icpctl.scoring.plan import FieldPlan, Plan, Test, TestLayout
    from icpctl.values.column import Column
    from icpctl.vocabulary import ConditionType


def cell_bits(field: FieldPlan, column: Column, *, case_sensitive: bool) -> np.ndarray:
    """The bits of a field's tests for each cell of a column [cells, words]."""
    table = value_bits(field, column.values, case_sensitive=case_sensitive)
    return decided(field, column.cells(table))


def value_bits(
    field: FieldPlan, values: pa.Array | np.ndarray, *, case_sensitive: bool
) -> np.ndarray:
    """The bits of a field's tests, and of their parts, for each value [values, words]."""
    table = _Table(len(values), field.layout)
    if field.type.is_words:
        _text_bits(table, field, Texts(values, case_sensitive))
    else:
        for number, test in enumerate(field.tests):
            table.put(number, number_kernel(test)(values, test.values))
    return table.bits


def decided(field: FieldPlan, cells: np.ndarray) -> np.ndarray:
    """Bits per cell, with each test that needs all values decided and its parts dropped."""
    layout = field.layout
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


class _Table:
    """Bits per value [values, words], as a layout places them."""

    def __init__(self, count: int, layout: TestLayout) -> None:
        self._layout = layout
        self.bits = np.zeros((count, -(-layout.size // WORD)), np.uint8)

    def put(self, bit: int, held: np.ndarray) -> None:
        """Set a bit of the values that hold it [values]."""
        word, place = divmod(bit, WORD)
        self.bits[:, word] |= held.view(np.uint8) << place


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
        table.bits |= tables.paths.bits_of(texts.form(url_forms.path_column))
    if tables.others:
        form = normal_forms.COLUMN_FORMS.get(field.type.form)
        table.bits |= tables.others.bits_of(texts.form(form))


def number_kernel(test: Test) -> NumberKernel:
    """The kernel of a test of numbers or booleans."""
    return KERNELS[test.comparator].numbers


def within_listed(field: FieldPlan, bounds: np.ndarray) -> np.ndarray:
    """Bits of a range field for visitors that have a number of employees instead of a range."""
    table = _Table(len(bounds), field.layout)
    low, high = bounds[:, 0], bounds[:, 1]
    for number, test in enumerate(field.tests):
        if test.is_equality and not test.needs_all:
            listed = [
                number_forms.size_bounds(number_forms.size_range(value)) for value in test.values
            ]
            for least, most in filter(None, listed):
                table.put(number, (low == high) & (least <= low) & (high <= most))
    return decided(field, table.bits)


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


class Kernel(Struct, frozen=True):
    """How a comparator that is not negative decides, for texts and pages, and for numbers."""

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
"""The kernel of each comparator that has one (`Comparator.test`).

Equality with texts is one lookup for all of a field's tests (`FieldPlan.equalities`).
"""


class TokenBits(Struct, frozen=True):
    """What distinct JSON texts come to; place 0 is that of no text, where nothing holds.

    `bits` [words, texts + 1] are those of a field's tests, `is_present` [texts + 1] says which
    texts have a value, and `is_misfit` [texts + 1] which do not fit the field's kind.
    """

    bits: np.ndarray
    is_present: np.ndarray
    is_misfit: np.ndarray

    @classmethod
    def of(cls, column: Column, cells: np.ndarray) -> TokenBits:
        """Return what the texts of a column come to, a text a row; `cells` are [cells, words]."""
        count = len(column.rows)
        bits = np.zeros((cells.shape[1], count + 1), np.uint8)
        bits[:, 1:] = column.spread(cells).T
        is_misfit = np.zeros(count + 1, bool)
        is_misfit[1:][column.misfits] = True
        return cls(bits, np.concatenate([[False], column.present()]), is_misfit)

    def joined(self, later: TokenBits) -> TokenBits:
        """Return these and those of the texts that come next."""
        return TokenBits(
            np.concatenate([self.bits, later.bits[:, 1:]], axis=1),
            np.concatenate([self.is_present, later.is_present[1:]]),
            np.concatenate([self.is_misfit, later.is_misfit[1:]]),
        )


class FieldTokens(Struct, frozen=True):
    """The JSON texts of a field in a batch: each distinct one, and the place that each row's has.

    `places` [rows] are the numbers in `texts` from 1 on, 0 for rows without one. Where the texts
    are a dictionary that may be the next batch's too they are `lasting`.
    """

    texts: pa.Array
    places: np.ndarray
    lasting: bool

    @classmethod
    def of(cls, tokens: pa.Array) -> FieldTokens:
        """Return the texts of a column."""
        codes, texts = distinct_of(tokens)
        return cls(texts, codes.astype(np.intp) + 1, pa.types.is_dictionary(tokens.type))


class TextBits(Struct, frozen=True):
    """What the JSON texts of one field of the mapping come to, by the condition type that asks.

    `parameters` are the fields whose query parameter some page among them has.
    """

    of: dict[str, TokenBits]
    parameters: frozenset[str] = frozenset()

    def joined(self, later: TextBits) -> TextBits:
        """Return this and the same of the texts that come next."""
        bits = {name: bits.joined(later.of[name]) for name, bits in self.of.items()}
        return TextBits(bits, self.parameters | later.parameters)


class KnownBits:
    """Remembers what the texts of a plan's fields come to. Used by one thread at a time."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known: dict[str, KnownTexts[TextBits]] = {}

    def of(self, name: str, tokens: FieldTokens) -> TextBits:
        """Return what the texts of a field of the mapping come to.

        Of pages they are elements, each alone, and tests of all values are not decided.
        """
        make = _bits_of_pages if name == mapping.PAGES else partial(_bits_of_values, name)
        if not tokens.lasting:
            return make(tokens.texts, self._plan)
        if name not in self._known:
            self._known[name] = KnownTexts(partial(make, plan=self._plan), TextBits.joined)
        return self._known[name].of(tokens.texts)


def _bits_of_values(name: str, texts: pa.Array, plan: Plan) -> TextBits:
    bits = {}
    for field in plan.fields:
        if field_of(field.type) == name:
            column = column_of(texts, field.type, plan.as_of)
            cells = cell_bits(field, column, case_sensitive=plan.case_sensitive)
            bits[field.type.name] = TokenBits.of(column, cells)
        elif name in fields_of(field.type):  # the number counts where a field has no range
            column = typed_columns.numbers(texts, name)
            bits[field.type.name] = TokenBits.of(column, within_listed(field, column.values))
    return TextBits(bits)


def _bits_of_pages(texts: pa.Array, plan: Plan) -> TextBits:
    column = page_columns.pages_alone(texts)
    bits = {}
    for field in plan.fields:
        if field_of(field.type) == mapping.PAGES:
            values = value_bits(field, column.values, case_sensitive=plan.case_sensitive)
            bits[field.type.name] = TokenBits.of(column, column.cells(values))
    names = [name for name in mapping.OF_QUERIES if name in plan.types]
    if not names:
        return TextBits(bits)
    may_have = page_columns.pages_with(column.values, mapping.QUERY_PREFIX)
    queries = column.values.take(pa.array(may_have))
    has = (name for name in names if page_columns.parameters_of(queries, name))
    return TextBits(bits, frozenset(has))


def column_of(tokens: pa.Array, entry: ConditionType, as_of: datetime) -> Column:
    """The column of a field by itself; the days of a custom field are counted from its date."""
    if entry.is_days and entry.is_custom:
        column, _ = typed_columns.days(
            typed_columns.instants(tokens), pa.nulls(len(tokens), pa.string()), as_of
        )
        return column
    return typed_columns.of_kind(tokens, entry.name, entry.kind)
