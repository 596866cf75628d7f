"""Lists of pages as JSON texts, taken apart all at once without parsing each.

In a JSON text without escapes every quote begins or ends a string. Where a row is a list of
strings alone, its length says so: nothing but commas and the brackets is between them.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from icpctl.values.text_search import bytes_of
from icpctl.values.tokens import nearly_all_differ

_QUOTE, _BACKSLASH, _BRACKET = ord('"'), ord("\\"), ord("[")
_NO_PAGES = "[]"


class Split(Struct, frozen=True):
    """Row after row the strings of its list, as numbers of the distinct `texts`.

    Row `r` has `lengths[r]` of the `codes`. The `odd` rows have none yet: they hold something
    else, or a string with an escape.
    """

    texts: pa.Array
    codes: np.ndarray
    lengths: np.ndarray
    odd: np.ndarray


def split(lists: pa.Array) -> Split:
    """Take compact JSON texts of lists apart (a string array with nulls)."""
    present = pc.fill_null(lists, _NO_PAGES)
    offsets, data = bytes_of(present)
    escaped = np.empty(0, np.int64)
    if (data == _BACKSLASH).any():
        is_escaped = pc.match_substring(present, "\\")
        escaped = np.flatnonzero(is_escaped.to_numpy(zero_copy_only=False))
        present = pc.if_else(is_escaped, _NO_PAGES, present)
        offsets, data = bytes_of(present)
    quotes = np.flatnonzero(data == _QUOTE)
    starts, ends = quotes[0::2] + 1, quotes[1::2]
    bounds = np.searchsorted(quotes, offsets) // 2  # strings before each row
    lengths = np.diff(bounds)
    letters = np.diff(np.concatenate([[0], np.cumsum(ends - starts)])[bounds])
    sizes = np.diff(offsets)
    # n strings: their letters, 2 n quotes, n - 1 commas and 2 brackets
    simple = (lengths > 0) & (sizes == letters + 3 * lengths + 1) & (data[offsets[:-1]] == _BRACKET)
    simple |= (sizes == len(_NO_PAGES)) & (data[offsets[:-1]] == _BRACKET)
    texts, codes = _encoded(data, starts, ends)
    if simple.all():
        return Split(texts, codes, lengths, escaped)
    codes = codes[np.repeat(simple, lengths)]
    odd = np.union1d(np.flatnonzero(~simple), escaped)
    return Split(texts, codes, np.where(simple, lengths, 0), odd)


def _encoded(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[pa.Array, np.ndarray]:
    """The distinct texts between `starts` and `ends`, and each one's number.

    What is between two texts is encoded along with them, since Arrow's texts lie side by side;
    it is hardly ever new.
    """
    if not len(starts):
        return pa.array([], pa.string()), np.empty(0, np.int32)
    offsets = np.empty(2 * len(starts), np.int32)
    offsets[0::2], offsets[1::2] = starts, ends
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    texts = pa.StringArray.from_buffers(len(offsets) - 1, buffers[1], buffers[2])
    if nearly_all_differ(texts.take(np.arange(0, min(len(texts), 2_000), 2))):
        own = texts.take(np.arange(0, len(texts), 2))
        return own, np.arange(len(own), dtype=np.int32)
    encoded = texts.dictionary_encode()
    return encoded.dictionary, encoded.indices.to_numpy()[0::2]
