"""Which cells of CSV records are for which wanted keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.exports.scanner.key_forms import key_form
from icpctl.exports.scanner.rejections import MAX_SPELLINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Keys = tuple[str, ...]


def cells_of_keys(names: Sequence[str], prefixes: Iterable[Keys]) -> list[list[tuple[Keys, int]]]:
    """Return for each column the keys that it is for, each with the number of its spelling.

    Spelling 0 is the exact one; the others are counted in the order of the columns. A column for
    keys within another column (`company.name` beside `company`, whose cells may hold JSON) is the
    least preferred spelling, so that one row never has two values in one place.
    """
    cells: list[list[tuple[Keys, int]]] = [[] for _ in names]
    forms = [key_form(name) for name in names]
    taken: set[Keys] = set()
    for keys in prefixes:
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
