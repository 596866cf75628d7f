"""Parts of pages that a list may name: which are worth a look, and who has a page with each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from icpctl.values import normal_forms
from icpctl.values.forms.text_forms import folded_column
from icpctl.values.row_values import values_of_rows
from icpctl.values.text_search import containing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icpctl.values.typed_columns import Column

_PATHS, _SECTIONS = 5, 3
_ROOT = "/"


def parts_of(paths: Iterable[tuple[str, int]]) -> list[str]:
    """What to look for, from paths and how often they were seen: the commonest, and sections."""
    counts = Counter({path: count for path, count in paths if path != _ROOT})
    sections: Counter[str] = Counter()
    for path, count in counts.items():
        section, slash, _ = path[1:].partition("/")
        if slash:
            sections[f"/{section}/"] += count
    commonest = counts.most_common(_PATHS) + sections.most_common(_SECTIONS)
    return list(dict.fromkeys(part for part, _ in commonest))


class PageTexts:
    """The pages of a batch, to be searched for parts that are known only later."""

    def __init__(self, column: Column, count: int, *, case_sensitive: bool) -> None:
        self._texts = column.values if case_sensitive else folded_column(column.values)
        self._rows, self._values = values_of_rows(column)
        self._count = count
        self._case_sensitive = case_sensitive
        self._found: dict[str, np.ndarray] = {}

    def rows_with(self, part: str) -> np.ndarray:
        """Flags of the rows [rows] that have a page with the part in it, as `contains` has it."""
        if part not in self._found:
            wanted = normal_forms.plain(part, case_sensitive=self._case_sensitive)
            flags = np.zeros(self._count, bool)
            flags[self._rows[containing(self._texts, wanted)[self._values]]] = True
            self._found[part] = flags
        return self._found[part]
