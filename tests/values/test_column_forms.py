"""The normal forms of many texts are those of each text."""

from __future__ import annotations

from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from icpctl.values import normal_forms, text_forms, text_search, url_forms
from icpctl.vocabulary import Form

PARTS = st.sampled_from(
    [
        *(
            "http://",
            "HTTPS://",
            "a+b.c://",
            "//",
            "/",
            "www.",
            "WWW.",
            "wwW.x",
            "x.example",
            ".",
            ":80",
        ),
        *(
            ":",
            "#",
            "?",
            "a",
            "B",
            "é",
            "ß",
            "İ",
            "\n",
            " ",
            "the ",
            "United",
            "States",
            "&",
            "and",
        ),
        *(
            "US",
            "840",
            "Côte",
            "d'Ivoire",
            "1",
            "10",
            ",",
            ".",
            "-",
            "\u2013",
            "+",
            "000",
            "\x1c",
            "\x0b",
            "_",
        ),
    ]
)
TEXTS = st.lists(st.one_of(st.lists(PARTS, max_size=8).map("".join), st.text(max_size=12)))
PAIRS = {
    form: (at_once, normal_forms.FORMS[form]) for form, at_once in normal_forms.COLUMN_FORMS.items()
}


def test_every_form_is_there() -> None:
    assert normal_forms.COLUMN_FORMS.keys() == normal_forms.FORMS.keys() - {Form.DOMAIN}


@pytest.mark.parametrize("form", PAIRS)
@given(TEXTS)
@example(["https://www.x.example/", "https://www.www.x.example"])
@example(["https://www.x.example/a#b", "https://www.x.example"])
@example(
    ["The United States of America", "usa", "Türkiye", "cote d'ivoire", "u s", "840", "the us"]
)
@example(["1,001 - 5,000", "51\u2013200", "10.000+", "1'000", "1,00", "5 0"])
def test_forms_of_many_are_those_of_each(form: Form, texts: list[str]) -> None:
    many, each = PAIRS[form]
    texts = [text.strip() for text in texts]
    assert many(pa.array(texts, pa.string())).to_pylist() == [each(text) for text in texts]


@given(TEXTS)
def test_hosts_of_many_are_those_of_each(texts: list[str]) -> None:
    found = url_forms.domain_column(pa.array(texts, pa.string())).to_pylist()
    assert found == [url_forms.domain(text) for text in texts]


@given(TEXTS)
@example(["//x/y", "/x//y/", "///x", "a://b/c", "x", "//http://x/y"])
def test_paths_of_many_are_those_of_each(texts: list[str]) -> None:
    found = url_forms.path_column(pa.array(texts, pa.string())).to_pylist()
    assert found == [url_forms.path(text) for text in texts]


@given(TEXTS, st.lists(PARTS, max_size=3).map("".join))
def test_search_finds_what_python_finds(texts: list[str], wanted: str) -> None:
    found = text_search.containing(pa.array(["before", *texts], pa.string())[1:], wanted)
    assert found.tolist() == [wanted in text for text in texts]


@given(TEXTS, st.lists(PARTS, max_size=3).map("".join), st.integers(2, 9))
def test_what_is_looked_at_at_once_does_not_matter(
    texts: list[str], wanted: str, at_once: int
) -> None:
    column = pa.array(["before", *texts], pa.string())[1:]
    with patch.object(text_search, "_AT_ONCE", at_once):
        found = text_search.containing(column, wanted)
        visible = text_forms.visible_column(column)
        paths = url_forms.path_column(column)
    assert found.tolist() == [wanted in text for text in texts]
    assert visible.to_pylist() == [text_forms.visible(text) for text in texts]
    assert paths.to_pylist() == [url_forms.path(text) for text in texts]
