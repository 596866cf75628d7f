"""Which column of a CSV file holds the values of which keys."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from icpctl.exports.scanner.scan_results import ELEMENTS, MAX_SPELLINGS
from icpctl.values.text_forms import key_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpctl.exports.scanner.scan_results import Path

Keys = tuple[str, ...]


def cells_of_keys(names: Sequence[str], paths: Iterable[Path]) -> list[list[tuple[Keys, int]]]:
    """Return for each column the keys that it is for, each with the number of its spelling.

    Those are the keys down to every object or value on the paths that no list lies above.
    Spelling 0 is the exact one; the others are counted in the order of the columns. A column for
    keys within another column (`company.name` beside `company`, whose cells may hold JSON) is the
    least preferred spelling, so that one row never has two values in one place.
    """
    cells: list[list[tuple[Keys, int]]] = [[] for _ in names]
    forms = [key_form(name) for name in names]
    taken: set[Keys] = set()
    for keys in _prefixes(paths):
        spelling = 0
        seen: set[str] = set()
        dotted = ".".join(keys)
        is_within = any(keys[:length] in taken for length in range(1, len(keys)))
        for index, (name, form) in enumerate(zip(names, forms, strict=True)):
            if form != key_form(dotted) or name in seen or spelling >= MAX_SPELLINGS:
                continue
            seen.add(name)
            taken.add(keys)
            if is_within:
                spelling = MAX_SPELLINGS
            elif name != dotted:
                spelling += 1
            cells[index].append((keys, 0 if name == dotted and not is_within else spelling))
    return cells


def _prefixes(paths: Iterable[Path]) -> dict[Keys, None]:
    prefixes: dict[Keys, None] = {}
    for path in paths:
        keys = list(map(str, takewhile(lambda step: step is not ELEMENTS, path)))
        prefixes |= dict.fromkeys(tuple(keys[: at + 1]) for at in range(len(keys)))
    return prefixes
