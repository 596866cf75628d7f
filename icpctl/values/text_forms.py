"""Texts as they are compared: in composed form, without what cannot be seen, letter case aside.

Each form exists for one text and for a column of texts; a property test holds the two together.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pyarrow as pa

INVISIBLE = (
    (0x00AD, 0x00AD),  # soft hyphen
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x061C, 0x061C),  # Arabic letter mark
    (0x180E, 0x180E),  # Mongolian vowel separator
    (0x200B, 0x200F),  # zero-width space, joiners, direction marks
    (0x202A, 0x202E),  # direction embeddings and overrides
    (0x2060, 0x206F),  # word joiner, invisible operators, direction isolates
    (0xFEFF, 0xFEFF),  # byte order mark
)
"""The first and the last code point of each run of invisible characters."""

MISSING = frozenset({"", "NULL", "\\N", "N/A", "n/a", "#N/A", "NaN", "(not set)"})
"""Texts that exports write where there is no value; compared in `visible` form."""

_INVISIBLE = re.compile(f"[{''.join(f'{chr(low)}-{chr(high)}' for low, high in INVISIBLE)}]+")
_SPACES = re.compile(r"[^\S ]\s*| \s+")
"""White space that is not one space."""

_END = "\0"
"""What separates texts that are made into others at once: no form changes it, or joins with it."""

_LAST_ASCII, _SPACE = 0x7F, ord(" ")
_SIGNS, _FIRST_BYTE_OF_MARKS = 0xC2, 0xCC
"""Bytes that begin characters of UTF-8: U+0080 to U+00BF, and those from the accents, U+0300, on.

Between them are Latin letters, which NFC leaves alone.
"""

_MARKS_AT_ONCE = 30
"""As in the Stream-Safe Text Format of Unicode (UAX #15, section 13)."""


def visible(text: str) -> str:
    """Return the text as a reader sees it.

    Invisible characters are removed, letters and their accents are composed (NFC), and every run
    of white space is one space, with none at the ends.
    """
    if text.isascii():
        return " ".join(text.split())
    return composed(" ".join(_INVISIBLE.sub("", text).split()))


def plain(text: str, *, case_sensitive: bool) -> str:
    """Return the text as comparators see it: `visible` and, unless letter case counts, folded."""
    text = visible(text)
    return text if case_sensitive else folded(text)


def folded(text: str) -> str:
    """Return the text without letter case, in composed form again."""
    return text.lower() if text.isascii() else composed(text.casefold())


def composed(text: str) -> str:
    """Return the text in NFC."""
    return _normalized(text, "NFC")


def decomposed(text: str) -> str:
    """Return the text in NFD: letters before their accents."""
    return _normalized(text, "NFD")


def _normalized(text: str, form: Literal["NFC", "NFD"]) -> str:
    """Return the text in a normal form.

    Sorting the accents of one letter takes time quadratic in their number, so where a letter has
    more than `_MARKS_AT_ONCE` (which no language has) it is done in pieces.
    """
    if len(text) > _MARKS_AT_ONCE and _many_marks().search(text):
        pieces = range(0, len(text), _MARKS_AT_ONCE)
        parts = (text[at : at + _MARKS_AT_ONCE] for at in pieces)
        return "".join(unicodedata.normalize(form, part) for part in parts)
    return unicodedata.normalize(form, text)


def is_missing(text: str) -> bool:
    """Return whether the text stands for no value: blank, or one of `MISSING`."""
    return visible(text) in MISSING


def visible_column(texts: pa.Array) -> pa.Array:
    """Return `visible` of each text; nulls stay."""
    import pyarrow.compute as pc

    trimmed = pc.ascii_trim(texts, characters=" ")
    return changed(trimmed, _may_be_unusual(trimmed), trimmed, visible, _visible_at_once)


def folded_column(texts: pa.Array) -> pa.Array:
    """Return `folded` of each text; nulls stay."""
    import pyarrow.compute as pc

    from icpctl.values.text_search import bytes_of

    lower = pc.ascii_lower(texts)
    if bytes_of(texts)[1].max(initial=0) <= _LAST_ASCII:
        return lower
    is_wide = pc.fill_null(pc.invert(pc.string_is_ascii(texts)), False)
    return changed(lower, is_wide, texts, folded, _folded_at_once)


def changed(
    made: pa.Array,
    which: pa.Array,
    texts: pa.Array,
    change: Callable[[str], str],
    change_at_once: Callable[[str], str] | None = None,
) -> pa.Array:
    """Return `made`, in which those that `which` flags are `change` of the same of `texts`.

    `change_at_once` is the same of many texts with `_END` between them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    chosen = texts.filter(which)
    if not len(chosen):
        return made
    if change_at_once and not _is_odd(chosen, joined := _END.join(chosen.to_pylist())):
        changes = change_at_once(joined).split(_END)
    else:
        changes = [change(text) for text in chosen.to_pylist()]
    return pc.replace_with_mask(made, which, pa.array(changes, pa.string()))


def _is_odd(texts: pa.Array, joined: str) -> bool:
    """Return whether texts have to be changed one by one."""
    from icpctl.values.text_search import bytes_of

    if joined.count(_END) >= len(texts):
        return True
    may_have_marks = bytes_of(texts)[1].max(initial=0) >= _FIRST_BYTE_OF_MARKS
    return bool(may_have_marks and _many_marks().search(joined))


def _visible_at_once(joined: str) -> str:
    shown = _SPACES.sub(" ", _INVISIBLE.sub("", joined)).strip(" ")
    shown = shown.replace(f" {_END}", _END).replace(f"{_END} ", _END)
    return unicodedata.normalize("NFC", shown)


def _folded_at_once(joined: str) -> str:
    return unicodedata.normalize("NFC", joined.casefold())


def missing_column(texts: pa.Array) -> np.ndarray:
    """Return for each text in `visible` form whether it stands for no value; so do nulls."""
    import pyarrow as pa
    import pyarrow.compute as pc

    is_short = pc.less_equal(pc.binary_length(texts), max(map(len, MISSING)))
    flags: np.ndarray = pc.fill_null(is_short, True).to_numpy(zero_copy_only=False).copy()
    short = texts.filter(pa.array(flags))
    is_missing = pc.is_in(short, value_set=pa.array([*sorted(MISSING), None], pa.string()))
    flags[flags] = is_missing.to_numpy(zero_copy_only=False)
    return flags


def _may_be_unusual(texts: pa.Array) -> pa.Array:
    """Return in which texts `visible` may change more than outer spaces, which they have not.

    These have something else than printable ASCII and Latin letters, or two spaces in a row.
    """
    import pyarrow as pa

    from icpctl.values.text_search import with_bytes

    def unusual(data: np.ndarray) -> np.ndarray:
        # What is below a space wraps.
        flags: np.ndarray = data - _SPACE >= _FIRST_BYTE_OF_MARKS - _SPACE
        flags |= data == _SIGNS
        spaces = data == _SPACE
        flags[1:] |= spaces[1:] & spaces[:-1]
        return flags

    return pa.array(with_bytes(texts, unusual))


@cache
def _many_marks() -> re.Pattern[str]:
    """Return the pattern of more combining marks in a row than are composed at once."""
    marks = "".join(c for c in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(c))
    return re.compile(f"[{marks}]{{{_MARKS_AT_ONCE}}}")


_SPACES_OF_KEYS = [0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]
_DROPPED = dict.fromkeys([*_SPACES_OF_KEYS, ord("_"), ord("-")])


def key_form(key: str) -> str:
    """Return a key without letter case, spaces (Unicode's category Zs), `_` and `-`.

    >>> key_form("Company Size") == key_form("company_size") == key_form("companySize")
    True
    """
    return key.casefold().translate(_DROPPED)
