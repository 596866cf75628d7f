"""From the JSON texts of pages to the columns of their addresses, and the parameters in these."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace

from icpctl.values import json_records, url_forms
from icpctl.values.column import Column, Decoded, distinct_of, visible_texts
from icpctl.values.text_forms import is_missing
from icpctl.values.text_search import bytes_of, containing, one_of, with_bytes
from icpctl.values.url_forms import query_parameter

_NO_ROWS = np.empty(0, np.int64)
_LAST_ASCII = 0x7F
_BETWEEN_PAGES = b";,|\r\n"


def pages(tokens: pa.ListArray) -> Column:
    """Return the pages of each row, which is a list of JSON texts or null."""
    split = _parted(_listed(tokens))
    values, filled = visible_texts(split.texts)
    elements = split.codes
    gone = ~np.append(filled, [False, False])[elements]
    lengths, misfits = split.lengths, _NO_ROWS
    if gone.any():
        owner = np.repeat(np.arange(len(lengths)), lengths)
        misfits = np.unique(owner[elements == _MISFIT])
        elements = elements[~gone]
        lengths = np.bincount(owner[~gone], minlength=len(lengths))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Column(values, np.arange(len(lengths)), offsets, elements, misfits)


def pages_alone(tokens: pa.Array) -> Column:
    """Return the pages that JSON texts are, each by itself; none of them is null."""
    ends = np.arange(len(tokens) + 1, dtype=np.int32)
    return pages(pa.ListArray.from_arrays(ends, tokens))


_NOTHING, _MISFIT = -1, -2


class _Pages(Struct, frozen=True):
    """`lengths[r]` of the `codes` belong to row `r`: numbers of texts, `_NOTHING` or `_MISFIT`."""

    texts: pa.Array
    codes: np.ndarray
    lengths: np.ndarray


def _listed(tokens: pa.ListArray) -> _Pages:
    lengths = pc.fill_null(pc.list_value_length(tokens), 0).to_numpy(zero_copy_only=False)
    codes, distinct = distinct_of(pc.list_flatten(tokens))
    decoded = Decoded(distinct)
    code_of = np.arange(len(distinct) + 1, dtype=np.int32)
    code_of[-1] = _NOTHING
    for cell in decoded.odd:
        page = _page(json_records.loads(distinct[cell].as_py()))
        code_of[cell] = _MISFIT if page is None else decoded.add(page)
    return _Pages(decoded.values(), code_of[codes], lengths)


def _parted(pages: _Pages) -> _Pages:
    """Return the same with the texts that list several pages taken apart."""
    data = bytes_of(pages.texts)[1]
    if not any((data == mark).any() for mark in _BETWEEN_PAGES):
        return pages
    may_list = pc.match_substring_regex(pages.texts, r"[;,|\r\n]\s*[A-Za-z0-9/]")
    parts = {
        int(number): listed
        for number in np.flatnonzero(may_list.to_numpy(zero_copy_only=False))
        if len(listed := url_forms.pages_in(pages.texts[int(number)].as_py())) > 1
    }
    if not parts:
        return pages
    known = len(pages.texts)
    added = [page for listed in parts.values() for page in listed]
    # Of each text the first that it is now, and how many; the last two are those of no text.
    firsts, counts = np.arange(known + 2), np.ones(known + 2, np.int64)
    firsts[[_MISFIT, _NOTHING]] = _MISFIT, _NOTHING
    counts[list(parts)] = [len(listed) for listed in parts.values()]
    firsts[list(parts)] = known + np.cumsum(counts[list(parts)]) - counts[list(parts)]
    repeats = counts[pages.codes]
    ends = np.cumsum(repeats)
    within = np.arange(repeats.sum()) - np.repeat(ends - repeats, repeats)
    bounds = np.concatenate([[0], ends])[np.concatenate([[0], np.cumsum(pages.lengths)])]
    return _Pages(
        pa.concat_arrays([pages.texts, pa.array(added, pa.string())]),
        np.repeat(firsts[pages.codes], repeats) + within,
        np.diff(bounds),
    )


def _page(page: Any) -> str | None:
    """The address of a page: a string, or an object with `url` or `path`; None for a misfit."""
    if isinstance(page, dict):
        page = page.get("url") if page.get("url") is not None else page.get("path")
    return page if isinstance(page, str) and not isinstance(page, json_records.Number) else None


def with_parameters(column: Column, pages: Column, name: str) -> Column:
    """Return a text column in which rows without a value have a parameter of their pages' queries.

    It is that of the first page that has it, in whatever letter case, unless it is missing.
    """
    parameters = parameters_of(pages.values, name)
    if not parameters:
        return column
    number_of: dict[str, int] = {}
    code_of = np.full(len(pages.values), -1)
    for page, text in parameters.items():
        code_of[page] = number_of.setdefault(text, len(number_of))
    codes = _first_codes(pages, code_of)
    filled = ~column.present() & (codes >= 0)
    return _with_texts(column, list(number_of), np.where(filled, codes, -1))


def pages_with(pages: pa.Array, part: str) -> np.ndarray:
    """Return the numbers of the pages that may have parameters with this part in their names."""
    has_part = containing(pc.ascii_lower(pages), part)
    # What is escaped is perhaps in a name, and some letters beyond ASCII fold to some of it.
    is_odd = with_bytes(pages, lambda data: (data == ord("%")) | (data > _LAST_ASCII))
    numbers = np.flatnonzero(has_part | is_odd)
    has_query: np.ndarray = with_bytes(pages.take(pa.array(numbers)), one_of("?"))
    return np.asarray(numbers[has_query])


def parameters_of(pages: pa.Array, name: str) -> dict[int, str]:
    """Return by the number of the page the texts of those that have such a parameter."""
    numbers = pages_with(pages, name)
    texts = ((int(number), query_parameter(pages[int(number)].as_py(), name)) for number in numbers)
    return {number: text for number, text in texts if text is not None and not is_missing(text)}


def _first_codes(pages: Column, code_of: np.ndarray) -> np.ndarray:
    """Return for each row the code of its first page that has one, -1 for rows without."""
    offsets, elements = pages.lists()
    codes = code_of[elements]
    places = np.where(codes >= 0, np.arange(len(codes)), len(codes))
    first = np.full(len(offsets) - 1, len(codes))
    filled = np.flatnonzero(np.diff(offsets))
    if len(filled):
        first[filled] = np.minimum.reduceat(places, offsets[filled])
    by_cell = np.append(np.append(codes, -1)[first], -1)
    by_row: np.ndarray = by_cell[pages.rows]
    return by_row


def _with_texts(column: Column, texts: list[str], codes: np.ndarray) -> Column:
    """Return the column, whose rows have the text of their code instead where that is not -1."""
    values, _ = visible_texts(pa.array(texts, pa.string()))
    known = len(column.values)
    cells = known
    column = replace(
        column,
        values=pa.concat_arrays([column.values, values]),
        misfits=column.misfits[codes[column.misfits] < 0],
    )
    if column.offsets is not None and column.elements is not None:
        cells = len(column.offsets) - 1
        column = replace(
            column,
            offsets=np.append(column.offsets, column.offsets[-1] + 1 + np.arange(len(texts))),
            elements=np.append(column.elements, known + np.arange(len(texts))),
        )
    return replace(column, rows=np.where(codes >= 0, cells + codes, column.rows))
