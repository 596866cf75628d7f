"""A field of a batch: its distinct values, and which rows have which."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct, field


class Column(Struct, frozen=True):
    """What the rows of a batch have in one field.

    `values` holds the values, few of them twice: texts (a string array), or numbers and booleans
    (a float64 array [values, 2] of lowest and highest number). Row `r` has the cell `rows[r]`,
    -1 where it has none. Without `offsets` cell `c` is the one value `c`; with them, it is the
    values `elements[offsets[c]:offsets[c + 1]]`, perhaps none. `misfits` are the rows that hold
    something that does not fit the field's kind.
    """

    values: Any
    rows: np.ndarray
    offsets: np.ndarray | None = None
    elements: np.ndarray | None = None
    misfits: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def cells(self, table: np.ndarray) -> np.ndarray:
        """Bits per value [values, words] -> bits per cell: those of any of its values."""
        if self.offsets is None or self.elements is None:
            return table
        wide = _widened(table)
        held = np.zeros((len(self.offsets) - 1, wide.shape[1]), wide.dtype)
        filled = np.flatnonzero(np.diff(self.offsets))
        if len(filled):
            starts = self.offsets[filled]
            for part in range(wide.shape[1]):
                bits = np.ascontiguousarray(wide[:, part]).take(self.elements, mode="clip")
                held[filled, part] = np.bitwise_or.reduceat(bits, starts)
        return held.view(np.uint8)[:, : table.shape[1]]

    def lists(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the offsets [cells + 1] of the cells into the elements, and the elements."""
        if self.offsets is None or self.elements is None:
            values = np.arange(len(self.values))
            return np.arange(len(self.values) + 1), values
        return self.offsets, self.elements

    def spread(self, cells: np.ndarray) -> np.ndarray:
        """Bits per cell [cells, words] -> bits per row [rows, words]; none where nothing is."""
        nothing = np.zeros((1, cells.shape[1]), cells.dtype)
        places = self.rows + 1  # which "clip" does not look at twice
        by_row: np.ndarray = np.concatenate([nothing, cells]).take(places, axis=0, mode="clip")
        return by_row

    def to_lists(self) -> list[list[Any]]:
        """For each row its values, as Python values."""
        values: list[Any] = self.values.tolist()
        if self.offsets is None or self.elements is None:
            return [[values[cell]] if cell >= 0 else [] for cell in self.rows.tolist()]
        listed = [values[element] for element in self.elements.tolist()]
        starts = self.offsets.tolist()
        return [
            listed[starts[cell] : starts[cell + 1]] if cell >= 0 else []
            for cell in self.rows.tolist()
        ]

    def has_values(self) -> bool:
        """Return whether some row has a value; values that no row has do not count."""
        cells = self.rows[self.rows >= 0]
        if self.offsets is None or not len(cells):
            return len(cells) > 0
        return bool((np.diff(self.offsets)[cells] > 0).any())

    def present(self) -> np.ndarray:
        """For each row whether it has a value."""
        ones = np.ones((len(self.values), 1), np.uint8)
        return self.spread(self.cells(ones))[:, 0].astype(bool)


def _widened(table: np.ndarray) -> np.ndarray:
    """The bytes of each row as few large words: an operation takes as long for any size."""
    width = table.shape[1]
    word = next((size for size in (1, 2, 4) if width <= size), 8)
    padded = np.zeros((len(table), -(-width // word) * word), np.uint8)
    padded[:, :width] = table
    return padded.view(f"u{word}")
