"""Which of many texts contain a text: over all their bytes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa


def containing(texts: pa.Array, wanted: str) -> np.ndarray:
    """For each of `texts` (strings without nulls) whether it contains `wanted`, exactly.

    Where the first two bytes stand is found for all bytes in turn; few places are left then to
    be compared with the rest.
    """
    held = np.zeros(len(texts), bool)
    needle = wanted.encode()
    offsets, data = bytes_of(texts)
    last = len(data) - len(needle)
    if not needle or last < 0:
        return held if needle else ~held
    begins = data[: last + 1] == needle[0]
    if len(needle) > 1:
        begins &= data[1 : last + 2] == needle[1]
    places = np.flatnonzero(begins)
    for at in range(2, len(needle)):
        places = places[data[places + at] == needle[at]]
    owners = np.searchsorted(offsets, places, "right") - 1
    held[owners[places + len(needle) <= offsets[owners + 1]]] = True
    return held


def bytes_of(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The offsets [texts + 1] of strings into their bytes, and the bytes."""
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    if data is None or not len(texts):
        return np.zeros(len(texts) + 1, np.int32), np.empty(0, np.uint8)
    return bounds - bounds[0], np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
