"""Normal forms in SQL are those of the reader, whatever a text holds."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from icpctl.features.sql import forms
from icpctl.features.sql.dialects import DIALECTS
from icpctl.features.sql.trees import column
from icpctl.values import text_forms, url_forms
from tests.features.sql.tables import USUAL, row_of
from tests.long import examples, long

if TYPE_CHECKING:
    from tests.features.sql.engines import Engine

PIECES = [
    *("http", "a+b-c.d", "A", "1", "://", "//", "/", ":", ":80", "www.", "WWW.", "."),
    *("?", "#", " ", "\n", "\u2028", "\u017f", "\xe9", "\U0001f680", "\\", "'", "%", "@", "_"),
]
"""What decides about the form of a URL, and what may be in the way."""

# PostgreSQL has no NUL, and half a character is no text.
others = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=2)
texts = st.lists(st.sampled_from(PIECES) | others, max_size=10).map("".join)
SHORT = ["".join(it) for size in range(4) for it in product(PIECES, repeat=size)]


def formed(engine: Engine, texts: list[str]) -> list[tuple[str, ...]]:
    """The domain, URL and path that a database makes of each text."""
    dialect = DIALECTS[engine.name]
    found = [make(dialect, column("city")) for make in (forms.domain, forms.url, forms.path)]
    sql = exp.select(column("city"), *found).from_(exp.to_table("visitors"))
    rows = [row_of({"city": it}, USUAL) for it in texts]
    return engine.run(sql.sql(engine.name), rows, USUAL)


def check(engine: Engine, texts: list[str]) -> None:
    plain = sorted({text_forms.plain(it, case_sensitive=True) for it in texts})
    found = formed(engine, plain)
    assert len(found) == len(plain)
    for text, *made in found:
        assert made == [
            url_forms.domain(text),
            url_forms.url(text),
            url_forms.path(text),
        ], repr(text)


@long
def test_all_short_texts(engine: Engine) -> None:
    check(engine, SHORT)


@long
@settings(
    max_examples=examples(50),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(drawn=st.lists(texts, min_size=100, max_size=500))
def test_texts_of_any_kind(duckdb: Engine, drawn: list[str]) -> None:
    check(duckdb, drawn)
