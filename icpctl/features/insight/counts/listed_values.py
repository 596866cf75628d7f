"""What a condition could list: the values of a batch, parts of pages, and who has them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace

from icpctl.features.insight.counts.distinct_counts import BatchKeys, Spellings
from icpctl.features.shared.distinct_numbers import distinct_numbers
from icpctl.features.shared.row_values import values_of_rows
from icpctl.values import normal_forms, text_forms, url_forms
from icpctl.values.text_forms import folded_column
from icpctl.values.text_search import containing
from icpctl.vocabulary import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpctl.values.typed_columns import Column
    from icpctl.vocabulary import ConditionType

_PATHS, _SECTIONS = 5, 3
_ROOT = "/"


class Pairs(Struct, frozen=True):
    """Row `rows[i]` has the key number `codes[i]`, once each; row numbers ascend."""

    rows: np.ndarray
    codes: np.ndarray
    keys: pa.Array
    spellings: Spellings

    def counted(self, chosen: Sequence[np.ndarray]) -> BatchKeys:
        """How many rows have each key: of all, then of each array of flags [rows]."""
        count = len(self.keys)
        total = np.bincount(self.codes, minlength=count)
        order = np.argsort(-total, kind="stable")
        place = np.empty(count, np.int64)
        place[order] = np.arange(count)
        counts = [(place, total)]
        for flags in chosen:
            of_chosen = np.bincount(self.codes[flags[self.rows]], minlength=count)
            some = np.flatnonzero(of_chosen)
            counts.append((place[some], of_chosen[some]))
        spellings = replace(self.spellings, of=place[self.spellings.of])
        return BatchKeys(self.keys.take(pa.array(order)), counts, spellings)


def text_pairs(column: Column, entry: ConditionType, *, case_sensitive: bool) -> Pairs:
    """The texts of a field in the form in which they are compared, of pages the path."""
    texts = column.values
    plain = texts if case_sensitive else folded_column(texts)
    if entry.kind is Kind.PAGES:
        forms, spelt = url_forms.path_column(plain), url_forms.path_column(texts)
        spelt = pc.if_else(pc.equal(spelt, ""), "/", spelt)
    else:
        form = normal_forms.COLUMN_FORMS.get(entry.form)
        forms, spelt = form(plain) if form else plain, texts
    encoded = forms.dictionary_encode()
    code_of = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    rows, values = values_of_rows(column)
    codes = code_of[values]
    often = np.bincount(values, minlength=len(texts))
    if column.offsets is not None and len(rows):
        both = distinct_numbers(rows.astype(np.int64) * len(encoded.dictionary) + codes)
        rows, codes = np.divmod(both, len(encoded.dictionary))
    used = np.unique(codes)  # not what is beside the values, such as blanks
    renumbered = np.full(len(encoded.dictionary), -1)
    renumbered[used] = np.arange(len(used))
    spellings = _spellings(spelt, renumbered[code_of], often)
    return Pairs(rows, renumbered[codes], encoded.dictionary.take(pa.array(used)), spellings)


def _spellings(texts: pa.Array, of: np.ndarray, often: np.ndarray) -> Spellings:
    """The spellings of the keys `of` [texts], those that were seen."""
    some = np.flatnonzero(often)
    encoded = texts.take(pa.array(some)).dictionary_encode()
    count = max(len(encoded.dictionary), 1)
    pairs = of[some] * count + encoded.indices.to_numpy(zero_copy_only=False)
    distinct, at = np.unique(pairs, return_inverse=True)
    keys, spelt = np.divmod(distinct, count)
    summed = np.bincount(at, often[some], len(distinct)).astype(np.int64)
    return Spellings(encoded.dictionary.take(pa.array(spelt)), keys, summed)


def number_keys(column: Column, flags: np.ndarray, listed: Sequence[float]) -> BatchKeys:
    """The numbers that would make a list of numbers hold, one at a time, for rows with a flag.

    For a range that is the only number of it that is not listed.
    """
    often = numbers_of(column, flags)
    low, high = column.values[:, 0], column.values[:, 1]
    key = np.where(low == high, low, np.nan)
    widest = len(set(listed))
    for at in np.flatnonzero((low < high) & (high - low <= widest) & (often > 0)):
        lacking = {float(it) for it in range(int(low[at]), int(high[at]) + 1)} - {*listed}
        if len(lacking) == 1:
            key[at] = lacking.pop()
    some = (often > 0) & ~np.isnan(key)
    distinct, place = np.unique(key[some] + 0.0, return_inverse=True)
    counts = np.bincount(place, often[some], len(distinct)).astype(np.int64)
    order = np.argsort(-counts, kind="stable")
    return BatchKeys(pa.array(distinct[order]), [(np.arange(len(distinct)), counts[order])])


def numbers_of(column: Column, flags: np.ndarray) -> np.ndarray:
    """How many rows with a flag have each value of a column of numbers."""
    rows = column.rows[flags]
    return np.bincount(rows[rows >= 0], minlength=len(column.values))


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
            wanted = text_forms.plain(part, case_sensitive=self._case_sensitive)
            flags = np.zeros(self._count, bool)
            flags[self._rows[containing(self._texts, wanted)[self._values]]] = True
            self._found[part] = flags
        return self._found[part]
