"""Columns -> bits: every condition, evaluated once for each distinct value."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.mappings import mapping
from icpctl.mappings.mapping import LAST_SEEN
from icpctl.scoring.plan import field_of, fields_of
from icpctl.scoring.scores import WORD, taken
from icpctl.scoring.value_bits import (
    FieldTokens,
    KnownBits,
    cell_bits,
    column_of,
    decided,
)
from icpctl.values import page_columns, typed_columns
from icpctl.values.column import Column
from icpctl.vocabulary import Form, Kind

if TYPE_CHECKING:
    from icpctl.scoring.plan import FieldPlan, Plan
    from icpctl.scoring.value_bits import TextBits, TokenBits


_SIZE = "company_size"

Misfits = dict[str, np.ndarray]
"""For each field the rows whose value does not fit its kind."""


def words_of(columns: BatchColumns, plan: Plan) -> np.ndarray:
    """The words of each row [words, rows]."""
    words = np.zeros((plan.words, columns.count), np.uint8)
    for field in plan.fields:
        first, shift = divmod(field.first_bit, WORD)
        bits = columns.bits_of(field)
        if shift:  # such a field has one word only
            bits = bits << shift
        words[first : first + len(bits)] |= bits
    return words


class BatchColumns:
    """The fields of a batch of `count` rows as values, made once; collects what does not fit.

    `known` are the bits of the batches before.
    """

    def __init__(self, table: pa.RecordBatch, plan: Plan, known: KnownBits | None = None) -> None:
        self.count: int = table.num_rows
        self._table = table
        self._plan = plan
        self._known = known or KnownBits(plan)
        self._made: dict[str, Column] = {}
        self._tokens: dict[str, FieldTokens] = {}
        self._texts: dict[str, TextBits] = {}
        self.misfits: Misfits = {}

    @property
    def table(self) -> pa.RecordBatch:
        """The batch itself: a JSON text a field and row."""
        return self._table

    @cached_property
    def last_seen(self) -> typed_columns.Instants:
        """The time of each row's last visit."""
        return typed_columns.instants(self._table[mapping.LAST_SEEN])

    def of(self, name: str, kind: Kind) -> Column:
        """The column of a field of the mapping."""
        if name not in self._made:
            self._made[name] = column = self._make(name, kind)
            self._note(mapping.LAST_SEEN if name == "last_seen_days" else name, column.misfits)
        return self._made[name]

    def _make(self, name: str, kind: Kind) -> Column:
        if name == "last_seen_days":
            column, given = typed_columns.days(self.last_seen, self._table[name], self._plan.as_of)
            self._note(name, given.misfits)
            return column
        entry = self._plan.types.get(name)
        if entry and entry.is_custom:
            return column_of(self._table[name], entry, self._plan.as_of)
        if kind is Kind.TEXT:
            return text_column(self._table, name)
        return typed_columns.of_kind(self._table[name], name, kind)

    def bits_of(self, field: FieldPlan) -> np.ndarray:
        """The bits of one field's tests for each row [words, rows]; bit 0 is its first test."""
        name = field_of(field.type)
        if self._needs_rows(field):
            column = self.of(name, field.type.kind)
            bits = cell_bits(field, column, case_sensitive=self._plan.case_sensitive)
            return column.spread(bits).T
        known, places = self._bits(name, field), self.tokens_of(name).places
        if name == mapping.PAGES:
            lists = Column(None, np.arange(self.count), self._page_offsets, places)
            return decided(field, lists.cells(known.bits.T)).T
        bits = _spread(known.bits, places)
        if field.type.form is Form.SIZE_RANGE:
            self._put_sizes(field, bits, ~taken(known.is_present, places))
        return bits

    def has_values(self, field: FieldPlan) -> bool:
        """Whether some row has a value that the conditions of a field look at."""
        if self._needs_rows(field):
            return bool(self.present(field).any())
        name = field_of(field.type)
        names = (name, _SIZE) if field.type.form is Form.SIZE_RANGE else (name,)
        return any(self._is_present(name, field).any() for name in names)

    def present(self, field: FieldPlan) -> np.ndarray:
        """Which rows have a value of a field, whatever stands for it."""
        name = field_of(field.type)
        if name == mapping.PAGES or self._needs_rows(field):
            return self.of(name, field.type.kind).present()
        return self._is_present(name, field)

    def _is_present(self, name: str, field: FieldPlan) -> np.ndarray:
        """Which rows, or of pages which elements, have a value for the tests of a type."""
        return taken(self._bits(name, field).is_present, self.tokens_of(name).places)

    def _needs_rows(self, field: FieldPlan) -> bool:
        """Whether a text of one column alone does not say what a field's tests come to."""
        entry = field.type
        if entry.is_days and not entry.is_custom:
            return True
        names = self._table.schema.names
        if mapping.PAGES not in fields_of(entry) or mapping.PAGES not in names:
            return False
        return entry.name in self._known_of(mapping.PAGES).parameters

    def _put_sizes(self, field: FieldPlan, bits: np.ndarray, is_missing: np.ndarray) -> None:
        """Let numbers of employees decide a field of ranges in rows without a range."""
        sizes, places = self._bits(_SIZE, field), self.tokens_of(_SIZE).places
        instead = is_missing & taken(sizes.is_present, places)
        if instead.any():
            bits[:, instead] = _spread(sizes.bits, places[instead])

    def _bits(self, name: str, field: FieldPlan) -> TokenBits:
        """What the texts of a field of the mapping come to for the tests of a condition type."""
        known = self._known_of(name).of[field.type.name]
        if known.is_misfit.any():
            misfits = np.flatnonzero(taken(known.is_misfit, self.tokens_of(name).places))
            if name == mapping.PAGES:  # what was counted are elements
                misfits = np.unique(np.searchsorted(self._page_offsets, misfits, "right") - 1)
            self._note(name, misfits)
        return known

    def _known_of(self, name: str) -> TextBits:
        if name not in self._texts:
            self._texts[name] = self._known.of(name, self.tokens_of(name))
        return self._texts[name]

    @cached_property
    def _page_offsets(self) -> np.ndarray:
        """Where the pages of each row begin among all [rows + 1]."""
        lengths = pc.fill_null(pc.list_value_length(self._table[mapping.PAGES]), 0)
        return np.concatenate([[0], np.cumsum(lengths.to_numpy(zero_copy_only=False))])

    def tokens_of(self, name: str) -> FieldTokens:
        """The JSON texts of a field; of pages those of all lists, one after another."""
        if name not in self._tokens:
            tokens = self._table[name]
            if name == mapping.PAGES:
                tokens = pc.list_flatten(tokens)
            self._tokens[name] = FieldTokens.of(tokens)
        return self._tokens[name]

    def _note(self, name: str, misfits: np.ndarray) -> None:
        if len(misfits):
            self.misfits[name] = misfits


def _spread(bits: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Bits by place [words, places] -> bits by row [words, rows]."""
    by_row = np.empty((len(bits), len(places)), np.uint8)
    for word, row in zip(bits, by_row, strict=True):
        word.take(places, mode="clip", out=row)  # which does not look at each place twice
    return by_row


def text_column(table: pa.RecordBatch, name: str) -> Column:
    """Return the column of a text field; UTM parameters may be in the queries of pages."""
    column = typed_columns.of_kind(table[name], name, Kind.TEXT)
    if name in mapping.OF_QUERIES and mapping.PAGES in table.schema.names:
        pages = typed_columns.pages(table[mapping.PAGES])
        return page_columns.with_parameters(column, pages, name)
    return column


def field_name(name: str) -> str:
    """Return the field that people look for where conditions ask for a column.

    >>> field_name("last_seen_days")
    'last_seen'
    """
    return LAST_SEEN if name == "last_seen_days" else name


def fields_read(columns: BatchColumns, plan: Plan) -> frozenset[str]:
    """Return the fields of a batch that some row has: of those asked for, as conditions see them.

    So a UTM parameter may be in the query of a page, and a range be a number. Other columns of the
    batch are named as they are.
    """
    read = {field_of(field.type) for field in plan.fields if columns.has_values(field)}
    table = columns.table
    read |= {
        name for name in table.schema.names if name not in plan.columns and _has_tokens(table[name])
    }
    return frozenset(map(field_name, read | columns.misfits.keys()))


def _has_tokens(tokens: pa.Array) -> bool:
    if pa.types.is_list(tokens.type):
        return len(tokens.flatten()) > 0
    return bool(tokens.null_count < len(tokens))
