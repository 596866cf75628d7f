"""The paths of a mapping over the columns of a scanner: what is asked for, and what it comes to.

A path of keys is a column. Each step through the elements of a list is a separate table, in whose
rows the tests and the rest of the path are columns again. Tests and conversions are done once for
each distinct token.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from icpctl.exports.columns.tokens import (
    TokenLists,
    Tokens,
    as_lists,
    converted,
    first_of,
    has_text,
    together,
    with_tests,
)
from icpctl.exports.scanner.scan_results import ANY, ELEMENTS, NO_KIND, Kind, Wanted
from icpctl.mappings.conversions import BOUNDS, COUNT, OF_LISTS, RANGE
from icpctl.mappings.paths import (
    Constant,
    Convert,
    Elements,
    Together,
    Unless,
    conversion,
    is_many,
    missing_texts,
)
from icpctl.values import json_records
from icpctl.values.column import first_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from icpctl.exports.columns.tokens import KeptTokens, Values
    from icpctl.exports.scanner.scan_results import Path as ScanPath
    from icpctl.exports.scanner.scan_results import Scanner, Table
    from icpctl.mappings.paths import Path, Step


_CONTAINERS = Kind.LIST | Kind.OBJECT


class WantedPaths:
    """The paths that a scanner is asked for, each once."""

    def __init__(self) -> None:
        self._numbers: dict[ScanPath, int] = {}
        self._brief: list[Kind] = []

    def add(self, path: ScanPath, brief: Kind = NO_KIND) -> int:
        """Ask for a path and return its number; `brief` kinds are only needed as `[]` or `{}`."""
        number = self._numbers.setdefault(path, len(self._numbers))
        if number == len(self._brief):
            self._brief.append(brief)
        else:
            self._brief[number] &= brief
        return number

    def wanted(self) -> list[Wanted]:
        """Return what the scanner is to be asked for, by number."""
        pairs = zip(self._numbers, self._brief, strict=True)
        return [Wanted(path, ANY, brief) for path, brief in pairs]


class ValuePlan(Struct, frozen=True):
    """A value at the end of some keys: the number of its wanted path."""

    number: int

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the wanted paths."""
        return (self.number,)


class ListPlan(Struct, frozen=True):
    """The elements of a list: the `tests` of them, which one to `pick`, what is wanted in each.

    `member` is the number of the elements themselves, `itself` that of the list. Where it
    `is_soft` a value that is not a list counts as a list of one, and null elements stay.
    """

    tests: tuple[tuple[int, str], ...]
    pick: int | None
    inner: PathPlan
    member: int
    itself: int
    is_soft: bool

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the wanted paths, those of the elements and of what lies in them."""
        return self.member, *(number for number, _ in self.tests), *self.inner.numbers


PathPlan: TypeAlias = ValuePlan | ListPlan


def plan_steps(
    steps: Sequence[Step], above: ScanPath, wanted: WantedPaths, *, is_soft: bool
) -> PathPlan:
    """Plan the steps that follow the scanner's path `above`."""
    keys: ScanPath = above
    for number, step in enumerate(steps):
        if isinstance(step, Elements):
            member: ScanPath = (*keys, ELEMENTS)
            rest = steps[number + 1 :]
            inner = plan_steps(rest, member, wanted, is_soft=is_soft)
            soft = is_soft and not rest
            return ListPlan(
                plan_tests(step, member, wanted),
                step.pick,
                inner,
                wanted.add(member, NO_KIND if not rest else _CONTAINERS),
                wanted.add(keys, Kind.LIST if soft else _CONTAINERS),
                soft,
            )
        if isinstance(step, str):
            keys = (*keys, step)
    return ValuePlan(wanted.add(keys))


def plan_tests(step: Elements, above: ScanPath, wanted: WantedPaths) -> tuple[tuple[int, str], ...]:
    """Return the tests of a list's elements: the number of a wanted path, and the text it has."""
    return tuple((wanted.add((*above, *keys)), text) for keys, text in step.where)


class PlannedPath(Struct, frozen=True):
    """A path of a mapping: the `tests` of the record, and the `plan` for what follows them."""

    path: Path
    tests: tuple[tuple[int, str], ...] = ()
    plan: PathPlan | None = None

    @classmethod
    def of(cls, path: Path, wanted: WantedPaths, *, as_list: bool = False) -> PlannedPath:
        """Plan a path; `as_list` means that a list at its end is several values."""
        if isinstance(path[0], Constant):
            return cls(path)
        how = conversion(path)
        steps = [step for step in path if not isinstance(step, Unless | Convert)]
        tests: tuple[tuple[int, str], ...] = ()
        if isinstance(steps[0], Elements):
            tests = plan_tests(steps[0], (), wanted)
            steps = steps[1:]
        is_counted = how is not None and how.name == COUNT
        has_elements = any(isinstance(step, Elements) for step in steps)
        is_soft = isinstance(steps[-1], str) and (not has_elements if is_counted else as_list)
        if is_soft:
            steps.append(Elements())
        return cls(path, tests, plan_steps(steps, (), wanted, is_soft=is_soft))

    def values(self, scanned: Scanned) -> list[Values]:
        """Return what the path gives: one result for each spelling of its keys, the best first."""
        if isinstance(self.path[0], Constant):
            token = json_records.dumps(self.path[0].text)
            return [Tokens.constant(token, scanned.rows)]
        how = conversion(self.path)
        if self.plan is None:
            return []
        is_alike = isinstance(self.plan, ListPlan) and (self.plan.is_soft or is_many(self.path))
        if how and how.name == COUNT and is_alike:
            results = scanned.counts(self.plan)
        else:
            read = scanned.values(self.plan, RECORDS)
            if how and how.name in OF_LISTS:
                read = [
                    scanned.opened(values) if isinstance(values, Tokens) else values
                    for values in read
                ]
            results = [converted(values, missing_texts(self.path), how) for values in read]
        return [self._tested(values, scanned) for values in results]

    def _tested(self, values: Values, scanned: Scanned) -> Values:
        return with_tests(values, scanned.held(self.tests, RECORDS)) if self.tests else values


class PlannedBounds(Struct, frozen=True):
    """A path `as: range` in a table that has a column for each bound: their numbers."""

    path: Path
    numbers: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, path: Path, wanted: WantedPaths) -> list[PlannedBounds]:
        """Plan the bounds of a path, if it may have any."""
        how = conversion(path)
        keys = [step for step in path if isinstance(step, str)]
        if not how or how.name != RANGE or len(keys) != len(path) - 1:
            return []
        return [cls(path, tuple((it, wanted.add((*keys, it))) for it in BOUNDS))]

    def values(self, scanned: Scanned) -> list[Values]:
        """Return the ranges of the bounds that there are."""
        of_bounds = [(bound, scanned.tokens(number, RECORDS)) for bound, number in self.numbers]
        parts: list[pa.Array | str] = []
        for bound, candidates in of_bounds:
            if candidates:
                text = pc.fill_null(first_of(candidates).texts(), "null")
                parts += [f'{"," if parts else "{"}"{bound}":', text]
        if not parts:
            return []
        objects = pc.binary_join_element_wise(*parts, "}", "")
        return [converted(Tokens.of(objects), (), conversion(self.path))]


class PlannedTogether(Struct, frozen=True):
    """Several paths whose values come together in one list."""

    path: Path
    parts: tuple[AnyPlanned, ...]

    def values(self, scanned: Scanned) -> list[Values]:
        """Return the lists of all that the paths give."""
        of_parts = [part.values(scanned) for part in self.parts]
        lists = [first_of(list(map(as_lists, its))) for its in of_parts if its]
        how = conversion(self.path)
        return [converted(together(lists), (), how)] if lists else []


AnyPlanned: TypeAlias = PlannedPath | PlannedBounds | PlannedTogether


def planned_path(path: Path, wanted: WantedPaths, *, as_list: bool = False) -> AnyPlanned:
    """Plan a path, whatever it is; see `PlannedPath.of`."""
    first = path[0]
    if not isinstance(first, Together):
        return PlannedPath.of(path, wanted, as_list=as_list)
    parts = tuple(planned_path(part, wanted, as_list=True) for part in first.paths)
    return PlannedTogether(path, parts)


_LIST = ord("[")

RECORDS = 0
"""The number of the scanner's table of records."""


class Scanned(ABC):
    """What was read of `rows` records, as values of planned paths."""

    rows: int

    @abstractmethod
    def columns(self, number: int) -> list[tuple[int, Tokens]]:
        """Return the columns of a wanted path with their tables, the preferred spelling first."""

    @abstractmethod
    def table(self, number: int) -> Table:
        """Return the rows of a table."""

    def opened(self, tokens: Tokens) -> Tokens:
        """Return tokens of records of which texts may hold lists, as those."""
        return tokens

    def tokens(self, number: int, table: int) -> list[Tokens]:
        """Return the columns of a wanted path in a table, the preferred spelling first."""
        return [tokens for place, tokens in self.columns(number) if place == table]

    def values(self, plan: PathPlan, table: int) -> list[Values]:
        """Return what a plan gives in the rows of a table, the preferred spelling first."""
        if isinstance(plan, ValuePlan):
            return list(self.tokens(plan.number, table))
        tables = self._tables_of(plan, table)
        if plan.is_soft:
            return self._lists_and_others(plan, table, tables)
        lists = [self._of_list(plan, inner) for inner in tables]
        return [values for values in lists if values is not None]

    def _lists_and_others(self, plan: ListPlan, table: int, tables: list[int]) -> list[Values]:
        """Return lists, and the values in the place of one, the preferred spelling first.

        The elements of a spelling's lists are in the next of `tables` that has none in other rows.
        """
        ordered: list[Values | None] = []
        for tokens, is_list in self._list_places(plan, table):
            if tables and not (np.diff(self.table(tables[0]).offsets)[~is_list] > 0).any():
                ordered.append(self._of_list(plan, tables.pop(0)))
            ordered.append(tokens.only(~is_list))
        ordered += [self._of_list(plan, inner) for inner in tables]
        return [values for values in ordered if values is not None and values.is_present.any()]

    def counts(self, plan: PathPlan) -> list[Values]:
        """Return how many elements the lists of a plan have, and what is not a list."""
        if not isinstance(plan, ListPlan):
            return []
        count = np.zeros(self.rows, np.int64)
        for lists in self.values(plan, RECORDS):
            if isinstance(lists, TokenLists):
                count = np.maximum(count, lists.lengths)
        has_list = np.zeros(len(count), bool)
        others: list[Values] = []
        for tokens, is_list in self._list_places(plan, RECORDS):
            has_list |= is_list
            others.append(tokens.only(~is_list))
        numbers, codes = np.unique(count, return_inverse=True)
        distinct = pa.array(numbers).cast(pa.string())
        counted = Tokens(np.where(has_list, codes, -1).astype(np.int32), distinct)
        return [counted, *(others if plan.is_soft else [])]

    def held(self, tests: Iterable[tuple[int, str]], table: int) -> np.ndarray:
        """Return which rows of a table pass all tests."""
        held = np.ones(self.table(table).rows, bool)
        for number, text in tests:
            candidates = self.tokens(number, table)
            if not candidates:
                return np.zeros(len(held), bool)
            tokens = first_of(candidates)
            held &= tokens.holding(has_text(tokens.distinct, (text,)))
        return held

    def _list_places(self, plan: ListPlan, table: int) -> Iterator[tuple[Tokens, np.ndarray]]:
        """Yield what is at a path where a list is expected, and which rows have one there."""
        for tokens in self.tokens(plan.itself, table):
            whole = self.opened(tokens) if table == RECORDS else tokens
            yield whole, whole.holding(first_bytes(whole.distinct) == _LIST)

    def _tables_of(self, plan: ListPlan, table: int) -> list[int]:
        """Return the tables of a list's elements that lie in `table`, the preferred first."""
        tables = (inner for number in plan.numbers for inner, _ in self.columns(number))
        above = (self._below(inner, table) for inner in tables)
        return list(dict.fromkeys(number for number in above if number is not None))

    def _below(self, table: int, parent: int) -> int | None:
        """Return the table directly below `parent` in which `table` lies, or None."""
        while table > RECORDS:
            above = self.table(table).parent
            if above == parent:
                return table
            table = above
        return None

    def _of_list(self, plan: ListPlan, table: int) -> Values | None:
        candidates = self.values(plan.inner, table)
        if not candidates:
            return None
        inner = first_of(candidates)
        offsets = self.table(table).offsets
        held = self.held(plan.tests, table)
        if plan.pick is not None:
            return inner.at(_picked(offsets, held, plan.pick))
        if plan.tests:
            inner = with_tests(inner, held)
        if isinstance(inner, TokenLists):
            return TokenLists(inner.offsets[offsets], inner.elements)
        lists = TokenLists(offsets.copy(), inner)
        return lists if plan.is_soft else lists.without_gaps()


class ScannedRecords(Scanned):
    """What a scanner has read; its tokens are in `kept`."""

    def __init__(self, scanner: Scanner, kept: KeptTokens) -> None:
        self.rows = scanner.rows
        self._scanner, self._kept = scanner, kept
        self._columns: dict[int, list[tuple[int, Tokens]]] = {}

    def columns(self, number: int) -> list[tuple[int, Tokens]]:
        """See `Scanned.columns`."""
        if number not in self._columns:
            columns = self._scanner.columns(number)
            self._columns[number] = [(column.table, self._kept.of(column)) for column in columns]
        return self._columns[number]

    def table(self, number: int) -> Table:
        """See `Scanned.table`."""
        return self._scanner.table(number)


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
