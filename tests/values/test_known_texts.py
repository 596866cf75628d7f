"""What is kept of the texts of earlier batches is what would be made anew."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from icpctl.values.column import KnownTexts

TEXTS = st.lists(st.sampled_from(["", "a", "b", "é", "ab"]), max_size=6)


@given(st.lists(TEXTS, max_size=6))
def test_batches_in_any_order(batches: list[list[str]]) -> None:
    known = KnownTexts(lambda texts: texts.to_pylist(), list.__add__)
    for texts in batches:
        assert known.of(pa.array(texts, pa.string())) == texts


@given(TEXTS, TEXTS)
def test_only_later_texts_are_made(first: list[str], later: list[str]) -> None:
    made: list[str] = []

    def make(texts: pa.Array) -> list[str]:
        made.extend(texts.to_pylist())
        return list(texts.to_pylist())

    known = KnownTexts(make, list.__add__)
    known.of(pa.array(first, pa.string()))
    known.of(pa.array(first + later, pa.string()))
    assert made == first + later
