"""A field of a batch: its distinct values, which rows have which, and the JSON texts of both."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field

from icpctl.values import text_forms
from icpctl.values.text_search import one_of, with_bytes

if TYPE_CHECKING:
    from collections.abc import Callable


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


_NOTHING = ("null", "[]")
_QUOTE = ord('"')
_LOOKED_AT, _FEW, _MANY = 1_000, 100, 0.95


def distinct_of(tokens: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """The number of each row's distinct value (-1 for null), and the distinct values.

    Where nearly all differ, telling them apart does not pay: each row has its own value.
    """
    if pa.types.is_dictionary(tokens.type):
        codes = pc.fill_null(tokens.indices, -1).to_numpy(zero_copy_only=False)
        return codes, tokens.dictionary
    if nearly_all_differ(tokens[:_LOOKED_AT].drop_null()):
        valid = pc.is_valid(tokens).to_numpy(zero_copy_only=False)
        return np.where(valid, np.cumsum(valid) - 1, -1), tokens.drop_null()
    encoded = tokens.dictionary_encode()
    return pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), encoded.dictionary


def nearly_all_differ(some: pa.Array) -> bool:
    """Whether a sample of texts says that hardly any occurs twice."""
    return len(some) > _FEW and len(some.unique()) > _MANY * len(some)


class Decoded:
    """The texts of JSON strings; `odd` are the numbers of those that need a closer look.

    Strings without escapes only lose their quotes, all at once. The odd ones keep their place,
    to which nothing refers; what they turn out to be is added at the end.
    """

    def __init__(self, tokens: pa.Array) -> None:
        escaped = with_bytes(tokens, one_of("\\"))
        self.odd: list[int] = np.flatnonzero((first_bytes(tokens) != _QUOTE) | escaped).tolist()
        self._sliced = pc.binary_slice(tokens.view(pa.binary()), 1, -1).view(pa.string())
        self._added: list[str] = []

    def add(self, text: str) -> int:
        """Add a text after the others; return its number."""
        self._added.append(text)
        return len(self._sliced) + len(self._added) - 1

    def values(self) -> pa.Array:
        """All texts, by number."""
        if not self._added:
            return self._sliced
        return pa.concat_arrays([self._sliced, pa.array(self._added, pa.string())])


def first_bytes(texts: pa.Array) -> np.ndarray:
    """The first byte of each text; none of them may be empty or null."""
    _, offsets, data = texts.buffers()
    starts = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts)]
    return np.frombuffer(data, np.uint8)[starts] if len(texts) else np.empty(0, np.uint8)


def visible_texts(values: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Return the texts in visible form, and which of them are values: neither null nor missing."""
    texts = text_forms.visible_column(values)
    return texts, ~text_forms.missing_column(texts)


def is_missing(token: str) -> bool:
    """Return whether a JSON text is nothing: null, an empty list, or a text for no value."""
    if token[:1] == '"':
        return text_forms.is_missing(str(json.loads(token)))
    return token in _NOTHING


def missing(tokens: pa.Array) -> np.ndarray:
    """Return for each JSON text of a column whether it is nothing; so are nulls."""
    rows, distinct = distinct_of(tokens)
    flags = np.ones(len(distinct) + 1, bool)  # the last is that of nulls
    flags[:-1] = [is_missing(token) for token in distinct.to_pylist()]
    by_row: np.ndarray = flags[rows]
    return by_row


T = TypeVar("T")


class KnownTexts(Generic[T]):
    """Makes something of columns of texts, text by text, and remembers it for the next column.

    The distinct texts of a batch often are those of the batch before, or begin with them: then
    only what follows is made, and joined to what is known. Batches of several threads come from
    `columns` such dictionaries in turn. Used by one thread at a time.

    >>> import pyarrow as pa
    >>> lengths = KnownTexts(lambda texts: [len(text) for text in texts.to_pylist()], list.__add__)
    >>> lengths.of(pa.array(["a", "bb"])), lengths.of(pa.array(["a", "bb", "ccc"]))
    ([1, 2], [1, 2, 3])
    """

    def __init__(
        self, make: Callable[[pa.Array], T], join: Callable[[T, T], T], columns: int = 1
    ) -> None:
        self._make, self._join = make, join
        self._known: deque[tuple[pa.Array, T]] = deque(maxlen=columns)

    def of(self, texts: pa.Array) -> T:
        """Return what is made of texts."""
        made = self._made(texts)
        self._known.append((texts, made))
        return made

    def _made(self, texts: pa.Array) -> T:
        for place, (known, made) in enumerate(self._known):
            if texts[: len(known)].equals(known):
                del self._known[place]
                later = texts[len(known) :]
                return self._join(made, self._make(later)) if len(later) else made
        return self._make(texts)
