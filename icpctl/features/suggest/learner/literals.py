"""What may be chosen in one training part: candidates with support, and lists made from its rates.

Lists of values depend on outcomes, so they are made anew from each training part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.features.suggest.learner.atom_counts import Block, make_blocks
from icpctl.features.suggest.learner.columns import Candidate, Column, least_support

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from icpctl.features.suggest.learner.columns import Sample

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_PRIOR_UNITS = 10
"""A value's won rate is drawn to that of all units as if it had this many more of these."""

_MOST_LISTS = 12
"""Lists made of a field from its best values on, and as many from its worst."""


class Literal(Struct, frozen=True):
    """A condition that may be chosen: its column and what it says of each atom [atoms]."""

    candidate: Candidate
    column: int
    truth: Flags

    def of(self, columns: Sequence[Column]) -> Flags:
        """Whether each row [rows] of the columns meets it."""
        met: Flags = self.truth[columns[self.column].codes]
        return met


class ColumnLiterals(Struct, frozen=True):
    """The literals of one column: `truths` [atoms, literals] of 0 and 1."""

    column: int
    candidates: tuple[Candidate, ...]
    truths: Floats

    def literal(self, position: int) -> Literal:
        """The literal at a position."""
        truth = self.truths[:, position] > 0
        return Literal(self.candidates[position], self.column, truth)


LiteralSet = tuple[ColumnLiterals, ...]


class GivenLiterals(Struct, frozen=True):
    """What does not depend on outcomes: each column's units by atom, and literals with support."""

    blocks: tuple[Block, ...]
    units: tuple[Integers, ...]
    literals: LiteralSet


def given_literals(sample: Sample) -> GivenLiterals:
    """The columns' own candidates that enough units of a training part meet and enough do not."""
    least, total = least_support(len(sample)), len(sample)
    units, literals = [], []
    for number, column in enumerate(sample.columns):
        of_atom = np.bincount(column.codes, minlength=column.atoms)
        units.append(of_atom)
        kept = _supported(column.truths, of_atom, least, total)
        candidates = tuple(column.candidates[position] for position in kept)
        truths = column.truths[:, kept].astype(np.float64)
        literals.append(ColumnLiterals(number, candidates, truths))
    return GivenLiterals(make_blocks(sample), tuple(units), tuple(literals))


def make_literals(sample: Sample, given: GivenLiterals | None = None) -> LiteralSet:
    """All literals of a training part: the given ones, and lists made from its won rates."""
    given = given or given_literals(sample)
    return tuple(
        _with_lists(sample, column, units, literals)
        for column, units, literals in zip(sample.columns, given.units, given.literals, strict=True)
    )


def _supported(truths: Flags, units: Integers, least: int, total: int) -> list[int]:
    """Positions of candidates that tell units apart, each different from those before it."""
    met = units @ truths
    occurring = np.packbits(truths[units > 0], axis=0).T
    seen = set()
    kept = []
    for position in np.flatnonzero((met >= least) & (met <= total - least)).tolist():
        key = occurring[position].tobytes()
        if key not in seen:
            seen.add(key)
            kept.append(position)
    return kept


def _with_lists(
    sample: Sample, column: Column, units: Integers, given: ColumnLiterals
) -> ColumnLiterals:
    values = [
        position
        for position, candidate in enumerate(given.candidates)
        if candidate.comparator == "equals" and isinstance(candidate.value, str)
    ]
    if len(values) < 3:
        return given
    won = np.bincount(column.codes[sample.won], minlength=column.atoms)
    ranked = _by_rate(given.truths[:, values], units, won)
    lists = list(_lists(column, given, [values[place] for place in ranked]))
    truths = np.column_stack([given.truths.astype(bool), *(truth for _, truth in lists)])
    kept = _supported(truths, units, least_support(len(sample)), len(sample))
    candidates = (*given.candidates, *(candidate for candidate, _ in lists))
    return ColumnLiterals(
        given.column, tuple(candidates[place] for place in kept), truths[:, kept].astype(np.float64)
    )


def _by_rate(truths: Floats, units: Integers, won: Integers) -> list[int]:
    """Columns of truths [atoms, values], the highest won rate first."""
    base = won.sum() / max(1, units.sum())
    rates = (won @ truths + _PRIOR_UNITS * base) / (units @ truths + _PRIOR_UNITS)
    order: list[int] = np.argsort(-np.round(rates, 12), kind="stable").tolist()
    return order


def _lists(
    column: Column, given: ColumnLiterals, ranked: Sequence[int]
) -> Iterable[tuple[Candidate, Flags]]:
    """Lists of the values of highest won rate, and of lowest, longer and longer.

    Of all ways to part the values of a field in two, the best one by the logistic (or any convex)
    loss is such a cut. (L. Breiman et al., 1984, Classification and Regression Trees, 4.2.2.)
    """
    for length in _lengths(len(ranked)):
        for chosen in (ranked[:length], ranked[-length:]):
            values = tuple(sorted(given.candidates[position].value for position in chosen))
            truth: Flags = np.any(given.truths[:, chosen] > 0, axis=1)
            yield Candidate(column.field, "in", values), truth
            if column.single and column.negatives:
                yield Candidate(column.field, "not_in", values), ~truth


def _lengths(values: int) -> list[int]:
    """From 2 to all but one, evenly, at most `_MOST_LISTS`."""
    longest = values - 1
    count = min(_MOST_LISTS, longest - 1)
    return sorted({2 + step * (longest - 2) // max(1, count - 1) for step in range(count)})
