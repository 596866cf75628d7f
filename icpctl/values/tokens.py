"""JSON texts of a batch: the distinct ones, and the strings among them as plain texts."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.values.forms import text_forms
from icpctl.values.text_search import one_of, with_bytes

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
        self._sliced = pc.utf8_slice_codeunits(tokens, 1, -1)
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
