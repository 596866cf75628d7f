"""Which of many texts contain a text, or any one of many: over all their bytes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from unicodedata import category

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

MANY_VALUES = 64
"""This many values are looked for one by one; of more, the parts of each text are looked up."""

_AT_ONCE = 1 << 19
"""Bytes that are looked at at once: what is made of them should fit into the processor's cache."""

_SAMPLE = 1 << 12
"""Bytes that say how often each byte occurs."""

Parts: TypeAlias = "Callable[[str, Sequence[int]], Iterator[str]]"
"""A text and the lengths of values -> its parts of these lengths that could be one."""


def containing(texts: pa.Array, wanted: str) -> np.ndarray:
    """For each of `texts` (strings without nulls) whether it contains `wanted`, exactly.

    The places of two bytes that are rare side by side are found for all bytes in turn; few places
    are left then to be compared with the rest.
    """
    held = np.zeros(len(texts), bool)
    needle = np.frombuffer(wanted.encode(), np.uint8)
    offsets, data = bytes_of(texts)
    if not len(needle):
        return ~held
    rare = _rarest_pair(needle, data)
    pair = needle[rare : rare + 2]

    def begins(data: np.ndarray) -> np.ndarray:
        flags: np.ndarray = data == pair[0]
        if len(pair) > 1:
            flags[:-1] &= data[1:] == pair[1]
        return flags

    places = places_of(data, begins) - rare
    places = places[(places >= 0) & (places <= len(data) - len(needle))]
    for at, byte in enumerate(needle):
        if at != rare:
            places = places[data[places + at] == byte]
    owners = np.searchsorted(offsets, places, "right") - 1
    held[owners[places + len(needle) <= offsets[owners + 1]]] = True
    return held


def _rarest_pair(needle: np.ndarray, data: np.ndarray) -> int:
    """Return where the two bytes of `needle` begin that are rarest at the beginning of `data`."""
    counts = np.bincount(data[:_SAMPLE], minlength=256)[needle]
    return int(np.argmin(counts[:-1] * counts[1:])) if len(needle) > 1 else 0


def bytes_of(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The offsets [texts + 1] of strings into their bytes, and the bytes."""
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    if data is None or not len(texts):
        return np.zeros(len(texts) + 1, np.int32), np.empty(0, np.uint8)
    return bounds - bounds[0], np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]


def with_bytes(texts: pa.Array, is_wanted: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """For each of `texts` (without nulls) whether one of its bytes is wanted; see `places_of`."""
    held = np.zeros(len(texts), bool)
    offsets, data = bytes_of(texts)
    places = places_of(data, is_wanted)
    if len(places):
        held[np.searchsorted(offsets, places, "right") - 1] = True
    return held


def places_of(data: np.ndarray, is_wanted: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Where the bytes are that `is_wanted` flags, ascending; some may be there twice.

    It gets many bytes [bytes], with the one before them if there is one.
    """
    found = [
        np.flatnonzero(is_wanted(data[first : first + _AT_ONCE])) + first
        for first in range(0, len(data), _AT_ONCE - 1)
    ]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def next_places(places: np.ndarray, starts: np.ndarray, end: int) -> np.ndarray:
    """Return the first of the ascending `places` from each start on, `end` where there is none."""
    found: np.ndarray = np.append(places, end)[np.searchsorted(places, starts)]
    return found


def one_of(characters: str) -> Callable[[np.ndarray], np.ndarray]:
    """Return what flags the bytes that are one of some ASCII characters, to `with_bytes`."""

    def flags(data: np.ndarray) -> np.ndarray:
        wanted: np.ndarray = data == ord(characters[0])
        for character in characters[1:]:
            wanted |= data == ord(character)
        return wanted

    return flags


def containing_word(texts: pa.Array, wanted: str, among: np.ndarray) -> np.ndarray:
    """For each of `texts` whether it contains `wanted` as whole words.

    Neither a letter nor a digit is next to it. Only texts that are True in `among` [texts], those
    that contain it, are looked at.
    """
    held = among.copy()
    for at in np.flatnonzero(among).tolist():
        held[at] = has_word(texts[at].as_py(), wanted)
    return held


def has_word(text: str, wanted: str) -> bool:
    """Whether a text contains `wanted` with neither a letter nor a digit next to it."""
    start = text.find(wanted)
    while start >= 0:
        if is_word(text, start, start + len(wanted)):
            return True
        start = text.find(wanted, start + 1)
    return False


def is_word(text: str, start: int, stop: int) -> bool:
    """Whether neither a letter nor a digit is next to a part of a text."""
    return not (start and is_in_word(text[start - 1])) and not is_in_word(text[stop : stop + 1])


def is_in_word(character: str) -> bool:
    """Whether a character is a letter, a digit, or a mark, which belongs to the letter before."""
    return character.isalnum() or (character > "\u02ff" and category(character)[0] == "M")


def with_any(texts: pa.Array, values: Sequence[str], parts: Parts) -> np.ndarray:
    """For each of `texts` whether one of its parts is one of many values."""
    known = frozenset(values)
    lengths = sorted({len(value) for value in known})
    held = (any(part in known for part in parts(text, lengths)) for text in texts.to_pylist())
    return np.fromiter(held, bool, len(texts))


def parts_within(text: str, lengths: Sequence[int]) -> Iterator[str]:
    """Every part of a text."""
    for length in lengths:
        for start in range(len(text) - length + 1):
            yield text[start : start + length]


def words_within(text: str, lengths: Sequence[int]) -> Iterator[str]:
    """Every part of a text that neither a letter nor a digit is next to."""
    for length in lengths:
        for start in range(len(text) - length + 1):
            if is_word(text, start, start + length):
                yield text[start : start + length]


def beginnings(text: str, lengths: Sequence[int]) -> Iterator[str]:
    """Every part with which a text begins."""
    return (text[:length] for length in lengths if length <= len(text))


def endings(text: str, lengths: Sequence[int]) -> Iterator[str]:
    """Every part with which a text ends."""
    return (text[len(text) - length :] for length in lengths if length <= len(text))
