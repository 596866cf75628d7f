"""Which of several columns a row takes its value from, and what is done to the values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.exports.columns.tokens import TokenLists, as_lists, chosen
from icpctl.mappings.conversions import SPLIT, convert_tokens
from icpctl.values import json_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from icpctl.exports.columns.tokens import AnyValues, Values
    from icpctl.mappings.paths import Convert


def first_of(candidates: Sequence[AnyValues]) -> AnyValues:
    """Return for each row what the first candidate has that has anything."""
    if len(candidates) == 1:
        return candidates[0]
    choice = np.full(candidates[0].rows, -1)
    for number, values in reversed(list(enumerate(candidates))):
        choice[values.is_present] = number
    return chosen(candidates, choice)


def with_tests(values: Values, held: np.ndarray) -> Values:
    """Return the values of the rows that are true in `held` [rows]."""
    return values.at(np.where(held, np.arange(len(held)), -1))


def converted(values: Values, missing: tuple[str, ...], how: Convert | None) -> Values:
    """Apply to values the texts that count as none, and a conversion other than `count`."""
    if missing:
        values = values.converted(
            lambda distinct: pc.if_else(pa.array(has_text(distinct, missing)), None, distinct)
        )
    if how:
        values = values.converted(lambda distinct: convert_tokens(distinct, how))
    if how and how.name == SPLIT and isinstance(values, TokenLists):
        parts = as_lists(values.elements)  # of each element, which was split
        return TokenLists(parts.offsets[values.offsets], parts.elements)
    return values


def has_text(distinct: pa.Array, texts: Iterable[str]) -> np.ndarray:
    """Return which tokens are scalars with one of these texts."""
    forms = pa.array(list(_forms(texts)), pa.string())
    escaped = pc.match_substring(distinct, "\\")
    is_listed = pc.is_in(distinct, forms).to_numpy(zero_copy_only=False)
    if pc.any(escaped).as_py():
        mask = escaped.to_numpy(zero_copy_only=False)
        wanted = set(texts)
        is_listed[mask] = [
            json_records.scalar_text(json_records.loads(token)) in wanted
            for token in distinct.filter(escaped).to_pylist()
        ]
    flags: np.ndarray = np.asarray(is_listed)
    return flags


def _forms(texts: Iterable[str]) -> Iterator[str]:
    """Yield the JSON tokens without escapes of the scalars that have these texts."""
    for text in texts:
        yield json_records.dumps(text)
        if text in ("true", "false") or text.lstrip("-")[:1].isdigit():
            yield text
