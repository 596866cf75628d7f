"""Texts as a reader sees them: for one text and for a column of texts."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from icpctl.values import text_forms

PIECES = st.sampled_from(
    [
        *("a", "A", "e\u0301", "\u00e9", "\u0301", "\u00df", "\u0130", "\u03a3", "\ufb01"),
        *(" ", "  ", "\t", "\r\n", "\u00a0", "\u202f", "\u3000", "\x1c"),
        *("\u200b", "\u00ad", "\ufeff", "\u200e", "\u202a", "\u2060", "\u034f", "\u180e"),
        *("NULL", "N/A", "(not set)", "\\N", "NaN", "#"),
    ]
)
TEXTS = st.lists(st.one_of(st.lists(PIECES, max_size=6).map("".join), st.text(max_size=8)))

SEEN = {
    "  New \t York\r\n": "New York",
    "New\u00a0\u202fYork": "New York",
    "\ufeffSoft\u00adware\u200b": "Software",
    "\u202eabc\u202c": "abc",
    "cafe\u0301": "caf\u00e9",
    "cafe\u200b\u0301": "caf\u00e9",
    "\u200b": "",
    " \u00a0": "",
}
"""Texts, and what a reader sees of them."""


@pytest.mark.parametrize("text", SEEN)
def test_visible(text: str) -> None:
    assert text_forms.visible(text) == SEEN[text]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("STRASSE", "strasse"),
        ("stra\u00dfe", "strasse"),
        ("\u1fd3", "\u0390"),
        ("\u01f0", "\u01f0"),
    ],
)
def test_folded(text: str, form: str) -> None:
    assert text_forms.plain(text, case_sensitive=False) == form
    assert unicodedata.is_normalized("NFC", form)


@pytest.mark.parametrize(
    "text", ["NULL", "\\N", "N/A", "n/a", "#N/A", "NaN", "(not set)", "", " ", "\u200bN/A "]
)
def test_missing(text: str) -> None:
    assert text_forms.is_missing(text)


@pytest.mark.parametrize("text", ["null", "None", "-", "NA", "nan", "N /A", "0"])
def test_values(text: str) -> None:
    assert not text_forms.is_missing(text)


@given(TEXTS)
@example(["", " a", "a  b", "a", "\x1f"])
def test_columns_are_as_single_texts(texts: list[str]) -> None:
    encodable = [text.encode(errors="replace").decode() for text in texts]
    visible = [text_forms.visible(text) for text in encodable]
    column = text_forms.visible_column(pa.array(["", *encodable], pa.string())[1:])
    assert column.to_pylist() == visible
    assert text_forms.folded_column(column).to_pylist() == [
        text_forms.folded(text) for text in visible
    ]
    assert text_forms.missing_column(column).tolist() == [
        text_forms.is_missing(text) for text in encodable
    ]


def test_every_character_is_as_in_a_single_text() -> None:
    """Behind a letter, with which it may be composed, and before a space, which it may be."""
    texts = [f"e{chr(code)} x" for code in range(0xD800)]
    for group in zip(*[iter(texts)] * 64, strict=True):  # which are changed at once, or not at all
        column = text_forms.visible_column(pa.array(group))
        assert column.to_pylist() == [text_forms.visible(text) for text in group]


@given(st.text())
def test_what_is_visible_stays(text: str) -> None:
    visible = text_forms.visible(text)
    assert text_forms.visible(visible) == visible


def test_any_number_of_accents_is_composed() -> None:
    text = "e" + "\u0301\u0323" * 60_000
    assert text_forms.composed(text[:20]) == unicodedata.normalize("NFC", text[:20])
    assert len(text_forms.composed(text)) < len(text)
