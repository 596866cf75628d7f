"""Countries by every name and code: single texts, and columns of texts."""

from __future__ import annotations

from itertools import chain

import pyarrow as pa
import pycountry
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from icpctl.values import country_forms, text_forms

NAMES = {
    "US": [
        "US",
        "USA",
        "840",
        "U.S.",
        "U.S.A.",
        "u.s",
        "U. S. A.",
        "United States",
        "the United States",
    ],
    "GB": ["UK", "U.K.", "GB", "GBR", "United Kingdom", "Great Britain"],
    "AE": ["UAE", "U.A.E.", "United Arab Emirates"],
    "IE": ["Ireland", "Republic of Ireland", "\u00c9ire", "EIRE"],
    "KR": [
        "South Korea",
        "Korea, South",
        "Republic of Korea",
        "Korea, Republic of",
        "\ub300\ud55c\ubbfc\uad6d",
    ],
    "KP": ["North Korea", "Korea, North"],
    "HK": ["Hong Kong", "Hong Kong SAR", "Hong Kong SAR China"],
    "MM": ["Myanmar", "Burma", "Myanmar (Burma)"],
    "CD": ["DR Congo", "Congo, Democratic Republic of the", "Congo (DRC)", "Congo - Kinshasa"],
    "ES": ["Spain", "Espa\u00f1a", "Espana", "ESPAN\u0303A"],
    "JP": ["Japan", "\u65e5\u672c"],
    "DE": [
        "Germany",
        "Deutschland",
        "DEU",
        "(Germany)",
        "Germany.",
        "\xabGermany\xbb",
        "\u2014 GERMANY +",
        "\uff27ermany",
    ],
    "GR": ["\u0395\u03bb\u03bb\u03ac\u03b4\u03b1", "\u0395\u039b\u039b\u0391\u0394\u0391"],
    "LK": ["\u0dc1\u0dca\u0dbb\u0dd3 \u0dbd\u0d82\u0d9a\u0dcf\u0dc0"],
    "UA": ["Ukraine", "\u0423\u043a\u0440\u0430\u0457\u043d\u0430"],
    "BS": ["Bahamas", "The Bahamas", "Bahamas, The"],
    "TT": ["Trinidad & Tobago", "Trinidad and Tobago"],
    "CI": ["C\u00f4te d\u2019Ivoire", "Cote d'Ivoire", "Ivory Coast"],
    "TR": ["Turkey", "T\u00fcrkiye"],
    "CZ": ["Czechia", "Czech Republic", "\u010cesko"],
}
NO_NAMES = [
    "",
    "Atlantis",
    "(US)",
    "U S",
    "states",
    "Korea",
    "Virgin Islands",
    "x" * 200,
    "U.S.A.F.",
    "Germany \U0001f1e9\U0001f1ea",
    "\U0001f600 Germany",
    "\U0001d406ermany",
    "\u20acGermany",
    "\u65e5\u672c!",
    "Germany\0",
]
ALL = [name for names in NAMES.values() for name in names]


@pytest.mark.parametrize("code", NAMES)
def test_names(code: str) -> None:
    found = {name: country_forms.country_code(name.casefold()) for name in NAMES[code]}
    assert found == dict.fromkeys(NAMES[code], code)


@pytest.mark.parametrize("text", NO_NAMES)
def test_other_texts(text: str) -> None:
    assert country_forms.country(text.casefold()) == text.casefold() + "\0"


def test_every_code_and_every_name_of_the_table() -> None:
    for entry in pycountry.countries:
        for code in (entry.alpha_2, entry.alpha_3, entry.numeric):
            assert country_forms.country_code(code.lower()) == entry.alpha_2
        own = (names for code, names in country_forms._names() if code == entry.alpha_2)
        for name in chain.from_iterable(own):
            seen = text_forms.plain(name, case_sensitive=False)
            assert country_forms.country_code(seen) == entry.alpha_2


def test_a_name_of_two_countries_is_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [("AA", ["Guyana"]), ("BB", ["Guyana", "Beeland"])]
    monkeypatch.setattr(country_forms, "_names", lambda: iter(names))
    country_forms._codes.cache_clear()
    try:
        assert country_forms.country_code("guyana") is None
        assert country_forms.country_code("beeland") == "BB"
    finally:
        country_forms._codes.cache_clear()


@given(st.lists(st.sampled_from([*ALL, *NO_NAMES]) | st.text(max_size=12)))
@example([" u.s.", "us_a", "the", "the the"])
def test_columns_are_as_single_texts(texts: list[str]) -> None:
    texts = [text.casefold().encode(errors="replace").decode() for text in texts]
    column = country_forms.country_column(pa.array(texts, pa.string()))
    assert column.to_pylist() == [country_forms.country(text) for text in texts]
