"""Units counted by pattern, outcome and atom of every column: the one costly step of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from icpctl.features.suggest.learner.columns import Column, Sample

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_LARGEST_BLOCK = 1_000_000
"""Codes that are counted in one call: many columns of few units, or one column of many."""


class Block(Struct, frozen=True):
    """Columns counted together; the atoms of each come after those of the one before.

    `codes` are [units, columns], or [units] for a single column.
    """

    codes: NDArray[np.integer]
    atoms: int

    def sums(self, base: Integers, terms: Floats) -> Floats:
        """Wins, then sums of terms over the units, of each atom [1 + terms, atoms].

        `terms` [terms, patterns] count for each unit of a pattern; `base` [units] is twice the
        pattern, plus whether the unit is won.
        """
        rows = base if self.codes.ndim == 1 else base[:, None]
        size = terms.shape[1]
        cells = np.bincount(
            (rows * self.atoms + self.codes).ravel(), minlength=2 * size * self.atoms
        )
        cells = cells.reshape(size, 2, self.atoms)
        return np.vstack([cells[:, 1].sum(axis=0), terms @ cells.sum(axis=1).astype(np.float64)])


def make_blocks(sample: Sample) -> tuple[Block, ...]:
    """All columns, in their order."""
    together = max(1, _LARGEST_BLOCK // max(1, len(sample)))
    columns = sample.columns
    return tuple(
        _block(columns[first : first + together]) for first in range(0, len(columns), together)
    )


def _block(columns: tuple[Column, ...]) -> Block:
    atoms = [column.atoms for column in columns]
    if len(columns) == 1:
        return Block(columns[0].codes, atoms[0])
    starts = np.cumsum([0, *atoms[:-1]])
    codes = np.column_stack([column.codes for column in columns]) + starts
    return Block(codes, sum(atoms))
