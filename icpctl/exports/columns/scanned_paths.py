"""What a scanner has read, as the values that paths ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from icpctl.exports.columns.first_values import first_of, first_tokens, has_text, with_tests
from icpctl.exports.columns.tokens import TokenLists, Tokens
from icpctl.exports.columns.wanted_paths import ListPlan, ValuePlan
from icpctl.values.tokens import first_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icpctl.exports.columns.tokens import KeptTokens, Values
    from icpctl.exports.columns.wanted_paths import PathPlan
    from icpctl.exports.scanner.scan_results import Scanner

_LIST = ord("[")

RECORDS = 0
"""The number of the scanner's table of records."""


class Scanned:
    """What a scanner has read, as values of planned paths."""

    def __init__(self, scanner: Scanner, kept: KeptTokens) -> None:
        self.scanner = scanner
        self._kept = kept
        self._tokens: dict[int, list[tuple[int, Tokens]]] = {}

    def tokens(self, number: int, table: int) -> list[Tokens]:
        """Return the columns of a wanted path in a table, the preferred spelling first."""
        if number not in self._tokens:
            columns = self.scanner.columns(number)
            self._tokens[number] = [(column.table, self._kept.of(column)) for column in columns]
        return [tokens for its, tokens in self._tokens[number] if its == table]

    def values(self, plan: PathPlan, table: int) -> list[Values]:
        """Return what a plan gives in the rows of a table, the preferred spelling first."""
        if isinstance(plan, ValuePlan):
            return list(self.tokens(plan.number, table))
        tables = self._tables(plan, table)
        if plan.is_soft:
            return self._lists_and_others(plan, table, tables)
        lists = [self._of_list(plan, inner) for inner in tables]
        return [values for values in lists if values is not None]

    def _lists_and_others(self, plan: ListPlan, table: int, tables: list[int]) -> list[Values]:
        """Return lists, and the values in the place of one, the preferred spelling first.

        The elements of a spelling's lists are in the next of `tables` that has none in other rows.
        """
        ordered: list[Values | None] = []
        for tokens in self.tokens(plan.itself, table):
            is_list = tokens.holding(_begins_list(tokens.distinct))
            if tables and not (np.diff(self.scanner.table(tables[0]).offsets)[~is_list] > 0).any():
                ordered.append(self._of_list(plan, tables.pop(0)))
            ordered.append(tokens.only(~is_list))
        ordered += [self._of_list(plan, inner) for inner in tables]
        return [values for values in ordered if values is not None and values.is_present.any()]

    def counts(self, plan: PathPlan) -> list[Values]:
        """Return how many elements the lists of a plan have, and what is not a list."""
        if not isinstance(plan, ListPlan):
            return []
        count = np.zeros(self.scanner.rows, np.int64)
        for lists in self.values(plan, RECORDS):
            if isinstance(lists, TokenLists):
                count = np.maximum(count, lists.lengths)
        is_list = np.zeros(len(count), bool)
        for tokens in self.tokens(plan.itself, RECORDS):
            is_list |= tokens.holding(_begins_list(tokens.distinct))
        numbers, codes = np.unique(count, return_inverse=True)
        distinct = pa.array(numbers).cast(pa.string())
        counted = Tokens(np.where(is_list, codes, -1).astype(np.int32), distinct)
        return [counted, *(self._scalars(plan, RECORDS) if plan.is_soft else [])]

    def held(self, tests: Iterable[tuple[int, str]], table: int) -> np.ndarray:
        """Return which rows of a table pass all tests."""
        held = np.ones(self._rows(table), bool)
        for number, text in tests:
            candidates = self.tokens(number, table)
            if not candidates:
                return np.zeros(len(held), bool)
            tokens = first_tokens(candidates)
            held &= tokens.holding(has_text(tokens.distinct, (text,)))
        return held

    def _rows(self, table: int) -> int:
        return self.scanner.table(table).rows

    def _scalars(self, plan: ListPlan, table: int) -> list[Values]:
        """Return the values that are not lists, at a path where a list is expected."""
        columns = self.tokens(plan.itself, table)
        others = [tokens.only(~tokens.holding(_begins_list(tokens.distinct))) for tokens in columns]
        return [tokens for tokens in others if tokens.is_present.any()]

    def _tables(self, plan: ListPlan, table: int) -> list[int]:
        """Return the tables of a list's elements that lie in `table`, the preferred first."""
        columns = (column for number in plan.numbers for column in self.scanner.columns(number))
        above = (self._below(column.table, table) for column in columns)
        return list(dict.fromkeys(number for number in above if number is not None))

    def _below(self, table: int, parent: int) -> int | None:
        """Return the table directly below `parent` in which `table` lies, or None."""
        while table > RECORDS:
            above = self.scanner.table(table).parent
            if above == parent:
                return table
            table = above
        return None

    def _of_list(self, plan: ListPlan, table: int) -> Values | None:
        candidates = self.values(plan.inner, table)
        if not candidates:
            return None
        inner = first_of(candidates)
        offsets = self.scanner.table(table).offsets
        held = self.held(plan.tests, table)
        if plan.pick is not None:
            return inner.at(_picked(offsets, held, plan.pick))
        if plan.tests:
            inner = with_tests(inner, held)
        if isinstance(inner, TokenLists):
            return TokenLists(inner.offsets[offsets], inner.elements)
        lists = TokenLists(offsets.copy(), inner)
        return lists if plan.is_soft else lists.without_gaps()


def _picked(offsets: np.ndarray, held: np.ndarray, pick: int) -> np.ndarray:
    """Return for each list the row of its element number `pick` among those held, or -1.

    `offsets` [lists + 1] into `held` [elements]; a negative `pick` counts from the end.
    """
    kept = np.flatnonzero(held)
    bounds = np.searchsorted(kept, offsets)
    counts = np.diff(bounds)
    places = bounds[:-1] + pick if pick >= 0 else bounds[1:] + pick
    exists = counts > pick if pick >= 0 else counts >= -pick
    return np.where(exists, np.append(kept, -1)[np.where(exists, places, -1)], -1)


def _begins_list(distinct: pa.Array) -> np.ndarray:
    flags: np.ndarray = first_bytes(distinct) == _LIST
    return flags
