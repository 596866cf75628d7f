"""The distinct JSON texts of a field -> bits, remembered from one batch to the next."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct

from icpctl.mappings import mapping
from icpctl.scoring.kernel.plan import field_of, fields_of
from icpctl.scoring.kernel.value_bits import cell_bits, value_bits, within_listed
from icpctl.values import page_columns, typed_columns
from icpctl.values.column import KnownTexts, distinct_of

if TYPE_CHECKING:
    from datetime import datetime

    from icpctl.scoring.kernel.plan import Plan
    from icpctl.values.column import Column
    from icpctl.vocabulary import ConditionType


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
        bits = {name: its.joined(later.of[name]) for name, its in self.of.items()}
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
            column = _column_of(texts, field.type, plan)
            cells = cell_bits(field, column, case_sensitive=plan.case_sensitive)
            bits[field.type.name] = TokenBits.of(column, cells)
        elif name in fields_of(field.type):  # numbers that decide where there is no range
            column = typed_columns.numbers(texts, name)
            bits[field.type.name] = TokenBits.of(column, within_listed(field, column.values))
    return TextBits(bits)


def _bits_of_pages(texts: pa.Array, plan: Plan) -> TextBits:
    column = _pages_alone(texts)
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


def _pages_alone(texts: pa.Array) -> Column:
    """Return texts as pages of one visitor each."""
    ends = np.arange(len(texts) + 1, dtype=np.int32)
    return typed_columns.pages(pa.ListArray.from_arrays(ends, texts))


def _column_of(texts: pa.Array, entry: ConditionType, plan: Plan) -> Column:
    if entry.is_custom:
        return custom_column(texts, entry, plan.as_of)
    return typed_columns.of_kind(texts, entry.name, entry.kind)


def custom_column(tokens: pa.Array, entry: ConditionType, as_of: datetime) -> Column:
    """The column of a custom field: days are counted from its date, numbers may be ranges."""
    if entry.is_days:
        column, _ = typed_columns.days(
            typed_columns.instants(tokens), pa.nulls(len(tokens), pa.string()), as_of
        )
        return column
    return typed_columns.of_kind(tokens, entry.name, entry.kind)
