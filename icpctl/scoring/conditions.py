"""Columns -> bits: every condition, evaluated once for each distinct value."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.mappings import mapping
from icpctl.scoring.plan import field_of
from icpctl.scoring.scores import WORD
from icpctl.scoring.token_bits import FieldTokens, KnownBits, custom_column
from icpctl.scoring.value_bits import cell_bits, decided
from icpctl.values import page_columns, typed_columns
from icpctl.values.column import Column
from icpctl.vocabulary import Form, Kind

if TYPE_CHECKING:
    from icpctl.scoring.plan import FieldPlan, Plan
    from icpctl.scoring.token_bits import TokenBits

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
        self.misfits: Misfits = {}

    @property
    def table(self) -> pa.RecordBatch:
        """The batch itself: a JSON text a field and row."""
        return self._table

    def of(self, name: str, kind: Kind) -> Column:
        """The column of a field of the mapping."""
        if name not in self._made:
            self._made[name] = column = self._make(name, kind)
            self._note(mapping.LAST_SEEN if name == "last_seen_days" else name, column.misfits)
        return self._made[name]

    def _make(self, name: str, kind: Kind) -> Column:
        if name == "last_seen_days":
            seen, own = self._table[mapping.LAST_SEEN], self._table[name]
            column, given = typed_columns.days(seen, own, self._plan.as_of)
            self._note(name, given.misfits)
            return column
        entry = self._plan.types.get(name)
        if entry and entry.is_custom:
            return custom_column(self._table[name], entry, self._plan.as_of)
        if kind is Kind.TEXT:
            return text_column(self._table, name)
        return typed_columns.of_kind(self._table[name], name, kind)

    def bits_of(self, field: FieldPlan) -> np.ndarray:
        """The bits of one field's tests for each row [words, rows]; bit 0 is its first test."""
        if self._needs_rows(field):
            column = self._column_of(field)
            bits = cell_bits(field, column, case_sensitive=self._plan.case_sensitive)
            return column.spread(bits).T
        known, tokens = self._texts_of(field)
        if field.type.kind is Kind.PAGES:
            lists = Column(None, np.arange(self.count), self._page_offsets, tokens.places)
            return decided(field, lists.cells(known.bits.T)).T
        bits = _spread(known.bits, tokens.places)
        if field.type.form is Form.SIZE_RANGE:
            sizes, numbers = self._sizes_of(field)
            instead = ~_of_rows(known.is_present, tokens) & _of_rows(sizes.is_present, numbers)
            if instead.any():
                bits[:, instead] = _spread(sizes.bits, numbers.places[instead])
        return bits

    def has_values(self, field: FieldPlan) -> bool:
        """Whether some row has a value that the conditions of a field look at."""
        if self._needs_rows(field):
            return self._column_of(field).has_values()
        known, tokens = self._texts_of(field)
        has_any = bool(_of_rows(known.is_present, tokens).any())
        if has_any or field.type.form is not Form.SIZE_RANGE:
            return has_any
        sizes, numbers = self._sizes_of(field)
        return bool(_of_rows(sizes.is_present, numbers).any())

    def _needs_rows(self, field: FieldPlan) -> bool:
        """Whether a text of one column alone does not say what a field's tests come to."""
        entry = field.type
        if entry.is_days and not entry.is_custom:
            return True
        if entry.kind is Kind.PAGES:
            return not self._has_page_lists
        if entry.name not in mapping.OF_QUERIES or mapping.PAGES not in self._table.schema.names:
            return False
        pages = self._has_page_lists and self._tokens_of(mapping.PAGES)
        return not pages or self._known.have_parameter(entry.name, pages)

    @property
    def _has_page_lists(self) -> bool:
        """Whether pages are lists of JSON texts, and not the JSON texts of lists."""
        return bool(pa.types.is_list(self._table[mapping.PAGES].type))

    def _column_of(self, field: FieldPlan) -> Column:
        return self.of(field_of(field.type), field.type.kind)

    def _texts_of(self, field: FieldPlan) -> tuple[TokenBits, FieldTokens]:
        """What the texts of a field come to, and which rows (of pages which elements) have them."""
        name = field_of(field.type)
        tokens = self._tokens_of(name)
        is_pages = field.type.kind is Kind.PAGES
        known = (self._known.of_pages if is_pages else self._known.of_values)(field, tokens)
        self._note_misfits(name, known, tokens)
        return known, tokens

    def _sizes_of(self, field: FieldPlan) -> tuple[TokenBits, FieldTokens]:
        """The same of the numbers of employees, for a field of ranges."""
        tokens = self._tokens_of("company_size")
        known = self._known.of_sizes(field, tokens)
        self._note_misfits("company_size", known, tokens)
        return known, tokens

    @cached_property
    def _page_offsets(self) -> np.ndarray:
        """Where the pages of each row begin among all [rows + 1]."""
        lengths = pc.fill_null(pc.list_value_length(self._table[mapping.PAGES]), 0)
        return np.concatenate([[0], np.cumsum(lengths.to_numpy(zero_copy_only=False))])

    def _tokens_of(self, name: str) -> FieldTokens:
        """The JSON texts of a field; of pages those of all lists, one after another."""
        if name not in self._tokens:
            tokens = self._table[name]
            if name == mapping.PAGES:
                tokens = pc.list_flatten(tokens)
            self._tokens[name] = FieldTokens.of(tokens)
        return self._tokens[name]

    def _note_misfits(self, name: str, known: TokenBits, tokens: FieldTokens) -> None:
        if not known.is_misfit.any():
            return
        misfits = np.flatnonzero(_of_rows(known.is_misfit, tokens))
        if name == mapping.PAGES:  # what was counted are elements
            misfits = np.unique(np.searchsorted(self._page_offsets, misfits, "right") - 1)
        self._note(name, misfits)

    def _note(self, name: str, misfits: np.ndarray) -> None:
        if len(misfits):
            self.misfits[name] = misfits


def _spread(bits: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Bits by place [words, places] -> bits by row [words, rows]."""
    by_row = np.empty((len(bits), len(places)), np.uint8)
    for word, row in zip(bits, by_row, strict=True):
        word.take(places, mode="clip", out=row)  # which does not look at each place twice
    return by_row


def _of_rows(flags: np.ndarray, tokens: FieldTokens) -> np.ndarray:
    """Flags by place [places] -> flags by row [rows]."""
    by_row: np.ndarray = flags.take(tokens.places, mode="clip")
    return by_row


def text_column(table: pa.RecordBatch, name: str) -> Column:
    """Return the column of a text field; UTM parameters may be in the queries of pages."""
    column = typed_columns.of_kind(table[name], name, Kind.TEXT)
    if name in mapping.OF_QUERIES and mapping.PAGES in table.schema.names:
        pages = typed_columns.pages(table[mapping.PAGES])
        return page_columns.with_parameters(column, pages, name)
    return column
