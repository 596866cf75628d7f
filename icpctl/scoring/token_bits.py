"""The distinct JSON texts of a field -> bits, remembered from one batch to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

from icpctl.scoring.value_bits import cell_bits, value_bits, within_listed
from icpctl.values import page_columns, typed_columns
from icpctl.values.known_texts import KnownTexts
from icpctl.values.tokens import distinct_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from icpctl.scoring.plan import FieldPlan, Plan
    from icpctl.values.column import Column
    from icpctl.vocabulary import ConditionType


@dataclass(frozen=True, slots=True)
class TokenBits:
    """What distinct JSON texts come to; place 0 is that of no text at all, where nothing holds.

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


@dataclass(frozen=True, slots=True)
class FieldTokens:
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


class KnownBits:
    """Remembers what the texts of a plan's fields come to. Used by one thread at a time."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known: dict[tuple[Callable[..., Any], str], KnownTexts[Any]] = {}

    def of_values(self, field: FieldPlan, tokens: FieldTokens) -> TokenBits:
        """Return what texts come to as values of a field."""
        return self._of(_bits_of_values, field, tokens)

    def of_pages(self, field: FieldPlan, tokens: FieldTokens) -> TokenBits:
        """Return what texts come to as pages, each alone; tests of all values are not decided."""
        return self._of(_bits_of_pages, field, tokens)

    def of_sizes(self, field: FieldPlan, tokens: FieldTokens) -> TokenBits:
        """Return what numbers of employees come to for a field of ranges."""
        return self._of(_bits_of_sizes, field, tokens)

    def _of(self, make: _Make, field: FieldPlan, tokens: FieldTokens) -> TokenBits:
        bits: TokenBits = self._remembered(
            (make, field.type.name),
            lambda texts: make(field, texts, self._plan),
            TokenBits.joined,
            tokens,
        )
        return bits

    def have_parameter(self, name: str, pages: FieldTokens) -> bool:
        """Return whether the query of a page among these texts has a parameter."""

        def make(texts: pa.Array) -> bool:
            return bool(page_columns.parameters_of(_pages_alone(texts).values, name))

        has: bool = self._remembered((page_columns.parameters_of, name), make, bool.__or__, pages)
        return has

    def _remembered(
        self,
        key: tuple[Callable[..., Any], str],
        make: Callable[[pa.Array], Any],
        join: Callable[[Any, Any], Any],
        tokens: FieldTokens,
    ) -> Any:
        if not tokens.lasting:
            return make(tokens.texts)
        return self._known.setdefault(key, KnownTexts(make, join)).of(tokens.texts)


def _bits_of_values(field: FieldPlan, texts: pa.Array, plan: Plan) -> TokenBits:
    entry = field.type
    if entry.is_custom:
        column = custom_column(texts, entry, plan.as_of)
    else:
        column = typed_columns.of_kind(texts, entry.name, entry.kind)
    return TokenBits.of(column, cell_bits(field, column, case_sensitive=plan.case_sensitive))


def _bits_of_pages(field: FieldPlan, texts: pa.Array, plan: Plan) -> TokenBits:
    column = _pages_alone(texts)
    values = value_bits(field, column.values, case_sensitive=plan.case_sensitive)
    return TokenBits.of(column, column.cells(values))


def _bits_of_sizes(field: FieldPlan, texts: pa.Array, _: Plan) -> TokenBits:
    column = typed_columns.numbers(texts, "company_size")
    return TokenBits.of(column, within_listed(field, column.values))


_Make: TypeAlias = "Callable[[FieldPlan, pa.Array, Plan], TokenBits]"


def _pages_alone(texts: pa.Array) -> Column:
    """Return texts as pages of one visitor each."""
    ends = np.arange(len(texts) + 1, dtype=np.int32)
    return typed_columns.pages(pa.ListArray.from_arrays(ends, texts))


def custom_column(tokens: pa.Array, entry: ConditionType, as_of: datetime) -> Column:
    """The column of a custom field: days are counted from its date, numbers may be ranges."""
    if entry.is_days:
        column, _ = typed_columns.days(tokens, pa.nulls(len(tokens), pa.string()), as_of)
        return column
    return typed_columns.of_kind(tokens, entry.name, entry.kind)
