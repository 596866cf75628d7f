"""Candidate conditions of a field over all units, as few atoms.

An atom is a set of units that the field's candidates cannot tell apart. Whatever is counted by
atom is counted for every candidate, and for every list of values, by adding up atoms: that is why
hundreds of candidates cost what their fields cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from icpctl.features.outcomes.counts.counting import unique_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Integers = NDArray[np.int64]
    Codes = NDArray[np.uint16]

MOST_ATOMS = 400
"""A field whose candidates make more atoms is taken apart."""

LEAST_SUPPORT = 10
LEAST_SHARE = 0.01
"""A candidate is met, and not met, by at least this many units, and by this share of them."""


class Candidate(Struct, frozen=True):
    """A condition that may become part of a config."""

    field: str
    comparator: str
    value: Any = None

    @property
    def order(self) -> tuple[str, str, str]:
        """Where the candidate comes among all, whatever the order of the rows."""
        return self.field, self.comparator, repr(self.value)


class Column(Struct, frozen=True):
    """The candidates of one field: `codes` [units] are atoms, `truths` [atoms, candidates].

    `single` says that every unit has at most one value, so that who is not in a list is whoever
    does not meet `in`. `negatives` says whether candidates that a missing value meets are wanted.
    """

    field: str
    codes: Codes
    truths: Flags
    candidates: tuple[Candidate, ...]
    single: bool = True
    negatives: bool = True

    @property
    def atoms(self) -> int:
        """How many atoms there are."""
        return len(self.truths)

    def take(self, rows: Integers | Flags) -> Column:
        """Keep these units; atoms stay what they are."""
        return replace(self, codes=self.codes[rows])


class Visits(Struct, frozen=True):
    """The single visitors of units: `columns` by visitor, of the same atoms, and whose they are.

    `units` [visitors] ascend; every unit has a visitor.
    """

    columns: tuple[Column, ...]
    units: Integers

    def of_units(self, rows: Integers, count: int) -> Visits:
        """Keep the visitors of these of `count` units, which are numbered anew in this order."""
        number = np.full(count, -1, np.int64)
        number[rows] = np.arange(len(rows))
        of_unit = number[self.units]
        kept = np.flatnonzero(of_unit >= 0)
        kept = kept[np.argsort(of_unit[kept], kind="stable")]
        return Visits(tuple(column.take(kept) for column in self.columns), of_unit[kept])

    def highest(self, values: Integers) -> Integers:
        """The highest value [units] of each unit's visitors [visitors]."""
        starts = np.flatnonzero(np.diff(self.units, prepend=-1))
        return np.maximum.reduceat(values, starts) if len(values) else values


class Sample(Struct, frozen=True):
    """Units with their outcomes [units] and the columns of all fields.

    Where a unit has several visitors it meets what one of them does, and `visits` are these: a
    config is scored visitor by visitor, and the unit has the best score.
    """

    columns: tuple[Column, ...]
    won: Flags
    visits: Visits | None = None

    def __len__(self) -> int:
        return len(self.won)

    def take(self, rows: Integers | Flags) -> Sample:
        """Keep these units."""
        columns = tuple(column.take(rows) for column in self.columns)
        visits = self.visits
        if visits is not None:
            numbers = np.arange(len(self))[rows]
            visits = visits.of_units(numbers, len(self))
        return Sample(columns, self.won[rows], visits)

    def with_outcomes(self, won: Flags) -> Sample:
        """The same units with other outcomes [units]."""
        return replace(self, won=won)

    def best(self, value_of: Callable[[Sequence[Column]], Integers]) -> Integers:
        """The value [units] of each unit: that of its best visitor, whose columns it is made of."""
        if self.visits is None:
            return value_of(self.columns)
        return self.visits.highest(value_of(self.visits.columns))


def make_columns(
    field: str,
    units: Integers,
    elements: Integers,
    truths: Flags,
    candidates: Sequence[Candidate],
    count: int,
    *,
    negatives: bool = True,
) -> list[Column]:
    """Columns from what the candidates say of each distinct value.

    `units` and `elements` [pairs] say which of `count` units has which value, units ascending,
    each at least once; `truths` [values, candidates]. A unit meets what one of its values does.
    """
    order = sorted(range(len(candidates)), key=lambda position: candidates[position].order)
    ordered = tuple(candidates[position] for position in order)
    starts = np.flatnonzero(np.diff(units, prepend=-1))
    single = len(starts) == len(units)
    return _by_atoms(field, starts, elements, truths[:, order], ordered, single, negatives, count)


def _by_atoms(
    field: str,
    starts: Integers,
    elements: Integers,
    truths: Flags,
    candidates: tuple[Candidate, ...],
    single: bool,
    negatives: bool,
    count: int,
) -> list[Column]:
    if not candidates:
        return []
    distinct, element_atoms = unique_rows(np.packbits(truths, axis=1))
    packed = np.bitwise_or.reduceat(distinct[element_atoms[elements]], starts)
    assert len(packed) == count  # noqa: S101 - every unit has a value, if only a missing one
    atoms, codes = unique_rows(packed)
    if len(atoms) <= MOST_ATOMS or len(candidates) == 1:
        flags = np.unpackbits(atoms, axis=1, count=len(candidates)).astype(bool)
        return [Column(field, codes.astype(np.uint16), flags, candidates, single, negatives)]
    half = len(candidates) // 2
    columns = []
    for part in (slice(half), slice(half, None)):
        columns += _by_atoms(
            field, starts, elements, truths[:, part], candidates[part], single, negatives, count
        )
    return columns


def quantiles(numbers: NDArray[np.float64], most: int = 15) -> list[float]:
    """Numbers that occur at up to `most` evenly spaced ranks, ascending, without the lowest.

    What is missing is NaN. The lowest number would make a condition that everyone meets.
    """
    present = np.sort(numbers[~np.isnan(numbers)])
    if not len(present):
        return []
    ranks = (np.arange(1, most + 1) * len(present)) // (most + 1)
    return [float(number) for number in np.unique(present[ranks]) if number > present[0]]


def least_support(units: int) -> int:
    """The fewest units that must meet a candidate, and that must not."""
    return max(LEAST_SUPPORT, int(np.ceil(LEAST_SHARE * units)))
