"""Which rows of a column have which of its values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from icpctl.values.typed_columns import Column


def values_of_rows(column: Column) -> tuple[np.ndarray, np.ndarray]:
    """Return row numbers and the numbers of their values [pairs], in the order of the rows.

    A row of a list has a pair for each element; one without a value has none.
    """
    if column.offsets is None or column.elements is None:
        rows = np.flatnonzero(column.rows >= 0)
        return rows, column.rows[rows]
    filled = np.flatnonzero(column.rows >= 0)
    cells = column.rows[filled]
    lengths = np.diff(column.offsets)[cells]
    starts = np.cumsum(lengths) - lengths
    within = np.arange(lengths.sum()) - np.repeat(starts, lengths)
    return (
        np.repeat(filled, lengths),
        column.elements[np.repeat(column.offsets[:-1][cells], lengths) + within],
    )
