"""The word that was most likely meant."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` most likely was meant to be, or None.

    Compares without letter case, `-` and `_`, so `jobTitle` finds `job_title`.
    """
    names = {name.lower().replace("_", ""): name for name in known}
    typed = word[:100].lower().replace("_", "").replace("-", "").replace(" ", "")
    close = get_close_matches(typed, names, n=1, cutoff=0.6)
    return names[close[0]] if close else None
