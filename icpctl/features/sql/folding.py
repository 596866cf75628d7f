"""Letter case in SQL: what is replaced so that `LOWER` compares as Python's `casefold` does.

`LOWER` is right for ASCII in every database, but databases differ on other letters. So
each other letter of the data that can matter to the values of the configs is replaced by what it
folds to. Letters that occur in no value of the configs are kept. Accents in names of countries are
replaced in the same way.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.values.country_forms import IGNORED, unaccented
from icpctl.values.text_forms import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from icpctl.features.sql.dialects.base import Dialect
    from icpctl.features.sql.trees import Tree

_DOTTED_CAPITAL_I = "\u0130"


class Folding(Struct, frozen=True):
    """How texts are folded: `pairs` replaces characters by texts, then `LOWER` follows.

    If `LOWER` would change a letter that folding keeps (Cherokee), it must not be used:
    `ascii_only` then lowers A to Z alone.
    """

    pairs: tuple[tuple[str, str], ...]
    ascii_only: bool


def folding(equal: Iterable[str], parts: Iterable[str], *, spellings: bool = False) -> Folding:
    """Return how to fold texts that are compared whole with `equal` and searched for `parts`.

    Both are folded already. With `spellings` every letter that folds to ASCII alone is folded,
    since the name of a scheme before `://` may hold any.
    """
    equal, parts = set(map(_decomposed, equal)), set(map(_decomposed, parts))
    characters = set("".join(equal | parts))
    pairs = {
        source: becomes
        for source, becomes in _changed_by(folded).items()
        for folded_as in [_decomposed(becomes)]
        if folded_as in characters
        or (
            len(folded_as) > 1
            and (
                any(folded_as in value for value in equal)
                or any(_may_overlap(folded_as, value) for value in parts)
            )
        )
    }
    if "i" in characters:  # which some databases lower to a plain i
        pairs[_DOTTED_CAPITAL_I] = _DOTTED_CAPITAL_I.casefold()
    if spellings:
        pairs |= ascii_spellings()
    return _folding(pairs, characters)


def country_folding(names: Collection[str]) -> Folding:
    """Return how to fold texts that are compared with names of countries, as `unaccented` does."""
    characters = {*"".join(names), *IGNORED}
    pairs = {
        source: becomes
        for source, becomes in _changed_by(unaccented).items()
        if becomes in characters or (len(becomes) > 1 and any(becomes in name for name in names))
    }
    return _folding(pairs, characters)


def accents() -> str:
    """Return the characters that `unaccented` removes."""
    return "".join(source for source, to in _changed_by(unaccented).items() if not to)


def _folding(pairs: dict[str, str], characters: Iterable[str]) -> Folding:
    ascii_only = any(character.lower() != character for character in characters)
    return Folding(tuple(sorted(pairs.items())), ascii_only)


def fold(dialect: Dialect, source: Tree, how: Folding) -> Tree:
    """Return a text as it is compared if letter case does not count."""
    single = {character: to for character, to in how.pairs if len(to) == 1}
    several = {character: to for character, to in how.pairs if len(to) > 1}
    if len(single) > _FEW:
        source = dialect.translated(source, "".join(single), "".join(single.values()))
        single = {}
    for character, becomes in (single | several).items():
        source = dialect.replaced(source, character, becomes)
    if how.ascii_only:
        source = dialect.translated(source, ascii_uppercase, ascii_lowercase)
    else:
        source = dialect.lowered(source)
    return dialect.composed(source)


_FEW = 3


def _decomposed(text: str) -> str:
    """Return a text with accents separate, since folding may attach one to another letter."""
    return unicodedata.normalize("NFD", text)


def ascii_spellings() -> dict[str, str]:
    """Return the other letters that fold to ASCII letters alone, such as the Kelvin sign to `k`."""
    return {character: to for character, to in _changed_by(folded).items() if to.isascii()}


def _may_overlap(folded: str, part: str) -> bool:
    """Return whether an occurrence of `part` in a text can share characters with `folded`."""
    return (
        folded in part
        or part in folded
        or any(part.startswith(folded[cut:]) for cut in range(1, len(folded)))
        or any(part.endswith(folded[:cut]) for cut in range(1, len(folded)))
    )


@cache
def _changed_by(form: Callable[[str], str]) -> dict[str, str]:
    """Return every non-ASCII character that a form changes, with what it becomes."""
    beyond = map(chr, range(0x80, 0x20000))  # no later character has letter case
    return {character: text for character in beyond if (text := form(character)) != character}
