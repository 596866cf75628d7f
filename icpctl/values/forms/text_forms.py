"""Texts as they are compared: in composed form, without what cannot be seen, letter case aside.

Each form exists for one text and for a column of texts; a property test holds the two together.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

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
_UNUSUAL = "[^ -~]|  "
"""What a text has in which `visible` may change more than outer spaces."""

_FIRST_PRINTABLE, _LAST_PRINTABLE, _SPACE = 0x20, 0x7E, 0x20
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
    """Return the text in NFC.

    Sorting the accents of one letter takes time quadratic in their number, so where a letter has
    more than `_MARKS_AT_ONCE` (which no language has) the text is composed in pieces.
    """
    if len(text) > _MARKS_AT_ONCE and _many_marks().search(text):
        pieces = range(0, len(text), _MARKS_AT_ONCE)
        parts = (text[at : at + _MARKS_AT_ONCE] for at in pieces)
        return "".join(unicodedata.normalize("NFC", part) for part in parts)
    return unicodedata.normalize("NFC", text)


def is_missing(text: str) -> bool:
    """Return whether the text stands for no value: blank, or one of `MISSING`."""
    return visible(text) in MISSING


def visible_column(texts: pa.Array) -> pa.Array:
    """Return `visible` of each text; nulls stay."""
    import pyarrow.compute as pc

    trimmed = pc.ascii_trim(texts, characters=" ")
    if not _may_be_unusual(trimmed):
        return trimmed
    return _changed(trimmed, pc.match_substring_regex(trimmed, _UNUSUAL), visible)


def folded_column(texts: pa.Array) -> pa.Array:
    """Return `folded` of each text; nulls stay."""
    import pyarrow.compute as pc

    is_wide = pc.invert(pc.string_is_ascii(texts))
    return _changed(pc.ascii_lower(texts), is_wide, folded, texts)


def missing_column(texts: pa.Array) -> np.ndarray:
    """Return for each text in `visible` form whether it stands for no value; so do nulls."""
    import pyarrow as pa
    import pyarrow.compute as pc

    is_missing = pc.is_in(texts, value_set=pa.array(sorted(MISSING), pa.string()))
    flags: np.ndarray = pc.fill_null(
        pc.or_(is_missing, pc.invert(pc.is_valid(texts))), True
    ).to_numpy(zero_copy_only=False)
    return flags


def _may_be_unusual(texts: pa.Array) -> bool:
    """Return whether any byte of all texts, or two spaces in a row, ask for a closer look."""
    from icpctl.values.text_search import bytes_of

    _, data = bytes_of(texts)
    if not len(data):
        return False
    if data.min() < _FIRST_PRINTABLE or data.max() > _LAST_PRINTABLE:
        return True
    spaces = data == _SPACE
    return bool((spaces[1:] & spaces[:-1]).any())


def _changed(
    texts: pa.Array,
    which: pa.Array,
    change: Callable[[str], str],
    sources: pa.Array | None = None,
) -> pa.Array:
    """Return `texts`, of which those that `which` flags are `change` of the same of `sources`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    which = pc.fill_null(which, False)
    if not which.true_count:
        return texts
    chosen = (texts if sources is None else sources).filter(which).to_pylist()
    return pc.replace_with_mask(texts, which, pa.array(map(change, chosen), pa.string()))


@cache
def _many_marks() -> re.Pattern[str]:
    """Return the pattern of more combining marks in a row than are composed at once."""
    marks = "".join(c for c in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(c))
    return re.compile(f"[{marks}]{{{_MARKS_AT_ONCE}}}")
