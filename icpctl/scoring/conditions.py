"""Columns -> bits: every condition, evaluated once for each distinct value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.mappings import mapping
from icpctl.scoring.scores import WORD
from icpctl.scoring.token_bits import FieldTokens, KnownBits, custom_column
from icpctl.scoring.value_bits import cell_bits, decided
from icpctl.values import page_columns, typed_columns
from icpctl.values.column import Column
from icpctl.vocabulary import Form, Kind

if TYPE_CHECKING:
    from icpctl.scoring.plan import FieldPlan, Plan
    from icpctl.scoring.token_bits import TokenBits

_FIRST_ROWS = 500

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

    `known` are the bits of the batches before. `read` are the condition types whose bits were made
    and that some row has a value for; both types of pages are `pages`.
    """

    def __init__(self, table: pa.RecordBatch, plan: Plan, known: KnownBits | None = None) -> None:
        self.count: int = table.num_rows
        self._table = table
        self._plan = plan
        self._known = known or KnownBits(plan)
        self._made: dict[str, Column] = {}
        self._tokens: dict[str, FieldTokens] = {}
        self.misfits: Misfits = {}
        self.read: set[str] = set()

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
        entry = field.type
        if entry.kind is Kind.PAGES and pa.types.is_list(self._table[mapping.PAGES].type):
            return self._page_bits(field)
        if entry.kind is Kind.PAGES or self._needs_rows(field):
            return self._row_bits(field)
        tokens = self._tokens_of(entry.name)
        known = self._known.of_values(field, tokens)
        self._note_tokens(entry.name, known, tokens)
        self._note_read(entry.name, known, tokens)
        bits = _spread(known.bits, tokens.places)
        if entry.form is Form.SIZE_RANGE:
            is_present = known.is_present.take(tokens.places, mode="clip")
            self._put_sizes(field, bits, ~is_present)
        return bits

    def _needs_rows(self, field: FieldPlan) -> bool:
        """Whether a text of one column alone does not say what a field's tests come to."""
        name = field.type.name
        if field.type.is_days and not field.type.is_custom:
            return True
        if name not in mapping.OF_QUERIES or mapping.PAGES not in self._table.schema.names:
            return False
        is_list = pa.types.is_list(self._table[mapping.PAGES].type)
        return not is_list or self._known.have_parameter(name, self._tokens_of(mapping.PAGES))

    def _row_bits(self, field: FieldPlan) -> np.ndarray:
        kind = field.type.kind
        name = mapping.PAGES if kind is Kind.PAGES else field.type.name
        column = self.of(name, kind)
        if column.has_values():
            self.read.add(name)
        bits = cell_bits(field, column, case_sensitive=self._plan.case_sensitive)
        return column.spread(bits).T

    def _page_bits(self, field: FieldPlan) -> np.ndarray:
        tokens = self._tokens_of(mapping.PAGES)
        known = self._known.of_pages(field, tokens)
        self._note_read(mapping.PAGES, known, tokens)
        lengths = pc.fill_null(pc.list_value_length(self._table[mapping.PAGES]), 0)
        offsets = np.concatenate([[0], np.cumsum(lengths.to_numpy(zero_copy_only=False))])
        if known.is_misfit.any():
            misfits = np.flatnonzero(known.is_misfit.take(tokens.places, mode="clip"))
            rows = np.unique(np.searchsorted(offsets, misfits, "right") - 1)
            self._note(mapping.PAGES, rows)
        lists = Column(None, np.arange(self.count), offsets, tokens.places)
        return decided(field, lists.cells(known.bits.T)).T

    def _put_sizes(self, field: FieldPlan, bits: np.ndarray, is_missing: np.ndarray) -> None:
        """Let numbers of employees decide a field of ranges in rows without a range."""
        sizes = self._tokens_of("company_size")
        known = self._known.of_sizes(field, sizes)
        self._note_tokens("company_size", known, sizes)
        self._note_read(field.type.name, known, sizes)
        instead = is_missing & known.is_present.take(sizes.places, mode="clip")
        if instead.any():
            bits[:, instead] = _spread(known.bits, sizes.places[instead])

    def _tokens_of(self, name: str) -> FieldTokens:
        """The JSON texts of a field; of pages those of all lists, one after another."""
        if name not in self._tokens:
            tokens = self._table[name]
            if name == mapping.PAGES:
                tokens = pc.list_flatten(tokens)
            self._tokens[name] = FieldTokens.of(tokens)
        return self._tokens[name]

    def _note_tokens(self, name: str, known: TokenBits, tokens: FieldTokens) -> None:
        if known.is_misfit.any():
            self._note(name, np.flatnonzero(known.is_misfit.take(tokens.places, mode="clip")))

    def _note_read(self, name: str, known: TokenBits, tokens: FieldTokens) -> None:
        """Note a field that some row has a value of; most often one of the first rows has."""
        parts = (tokens.places[:_FIRST_ROWS], tokens.places[_FIRST_ROWS:])
        if name not in self.read and any(
            known.is_present.take(places, mode="clip").any() for places in parts
        ):
            self.read.add(name)

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
