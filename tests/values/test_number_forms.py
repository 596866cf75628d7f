"""Numbers, counts, ranges and booleans in every spelling, one by one and in columns."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpctl.values import number_forms, typed_columns
from icpctl.values.number_forms import WORDS, boolean
from icpctl.vocabulary import CONDITION_TYPES, Kind

if TYPE_CHECKING:
    from icpctl.values.column import Column

INF = math.inf

NUMBERS: dict[str, float] = {
    "120": 120,
    "1.5": 1.5,
    "-0.5": -0.5,
    "1e3": 1000,
    " 7 ": 7,
    "1.200": 1.2,
    "0": 0,
    "1,200": 1200,
    "1 200": 1200,
    "1\u00a0200": 1200,
    "1\u202f200": 1200,
    "1'200": 1200,
    "1\u2019200": 1200,
    "1,234,567.5": 1234567.5,
    "-1,200": -1200,
    "1.5K": 1500,
    "2M": 2e6,
    "1B": 1e9,
    "10k": 10000,
    "0.1K": 100,
    "2 M": 2e6,
    "1,200K": 1.2e6,
    "$50": 50,
    "50 \u20ac": 50,
    "\u00a31.5M": 1.5e6,
    "-$5": -5,
    "$ 5": 5,
    "\u20b91,000": 1000,
}
"""Spellings of numbers."""

NO_NUMBERS = [
    *("", "lots", "+5", ".5", "5.", "007", "1,20", "1,2000", "0,100", "1'200,300", "1 20", "1__0"),
    *(
        "K",
        "$",
        "$$5",
        "$5$",
        "1e3K",
        "1KK",
        "5 %",
        "1.2.3",
        "0x10",
        "1_000",
        "\u0661",
        "NaN",
        "inf",
    ),
    *("1e999", "--5", "5-", "1 200,5", "US$5", "5 EUR"),
]

COUNTS: dict[str, float] = {
    "1.200": 1200,
    "1.200.000": 1200000,
    "1,200": 1200,
    "1 200": 1200,
    "1.5K": 1500,
    "120.0": 120,
    "1e3": 1000,
    "2M": 2e6,
    "0": 0,
}
NO_COUNTS = ["$5", "5 \u20ac", "1.5", "1.20", "-1", "-1.200", "0.500", "1.2.000", "1.5001K", "~5"]

SIZES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(
        ("51-200", "51\u2013200", "51 \u2014 200", "51 to 200", "51 TO 200"), (51, 200)
    ),
    **dict.fromkeys(("51-200 employees", "51\u2212200 Employees", "51-200 employee"), (51, 200)),
    **dict.fromkeys(
        ("1,001-5,000", "1.001-5.000", "1'001 - 5\u2019000", "1 001-5 000"), (1001, 5000)
    ),
    **dict.fromkeys(("251-1K", "251-1k", "251 - 1 K", "251-1,000"), (251, 1000)),
    "1K to 5K": (1000, 5000),
    "1-5K": (1, 5000),
    "10K-50K": (10000, 50000),
    **dict.fromkeys(("10,001+", "10.001+", "10001 +", "over 10,000", ">10000"), (10001, INF)),
    **dict.fromkeys(("> 10000", "more than 10K", "10001+ employees"), (10001, INF)),
    **dict.fromkeys(("10K+", "10,000 and above", "10000 or more", "at least 10K"), (10000, INF)),
    **dict.fromkeys(("<10", "< 10", "under 10", "less than 10", "0-9", "up to 9"), (0, 9)),
    "250 employees": (250, 250),
    "250+ employees": (250, INF),
    "1.200": (1200, 1200),
    "0": (0, 0),
    "5-5": (5, 5),
    "2M": (2e6, 2e6),
    "\u2265 5": (5, INF),
    "<= 5": (0, 5),
}
NO_SIZES = [
    *("", "-", "+", "~250", "medium", "between 50 and 100", "1-Oct", "Nov-50", "SME (1-249)"),
    *("1000-", "-5", "200-51", "1-2-3", "51--200", "<0", "$1M-$10M", "1001 bis 5000", "1.5-2"),
    *("Enterprise (1000+)", "51-200 (LinkedIn)", "1001 / 5000", "to 5", "over", "0051-200"),
]


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number(text: str) -> None:
    assert number_forms.number(text) == NUMBERS[text]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_not_a_number(text: str) -> None:
    assert number_forms.number(text) is None


@pytest.mark.parametrize("text", COUNTS)
def test_a_count(text: str) -> None:
    assert number_forms.count(text) == COUNTS[text]


@pytest.mark.parametrize("text", [*NO_NUMBERS, *NO_COUNTS])
def test_not_a_count(text: str) -> None:
    assert number_forms.count(text) is None


@pytest.mark.parametrize("text", SIZES)
def test_a_range(text: str) -> None:
    assert number_forms.size_bounds(text) == SIZES[text]
    assert number_forms.size_bounds(number_forms.size_range(text)) == SIZES[text]


@pytest.mark.parametrize("text", NO_SIZES)
def test_not_a_range(text: str) -> None:
    assert number_forms.size_bounds(text) is None
    assert number_forms.size_range(text) == text


def test_ranges_of_any_numbers() -> None:
    assert number_forms.number_bounds("$1M-$10M") == (1e6, 1e7)
    assert number_forms.number_bounds("1.5 to 2.5") == (1.5, 2.5)
    assert number_forms.number_bounds("-$5") == (-5, -5)
    low, high = number_forms.number_bounds("over 10") or (0, 0)
    assert 10 < low < 10.000001
    assert high == INF


@pytest.mark.parametrize("word", [*WORDS, *map(str.upper, WORDS), " yes "])
def test_a_boolean(word: str) -> None:
    assert boolean(word) is WORDS[word.strip().lower()]


@pytest.mark.parametrize("word", ["", "yeah", "2", "1.00", "-1", "y e s", "x" * 1000])
def test_not_a_boolean(word: str) -> None:
    assert boolean(word) is None


# Columns


def column_of(tokens: list[str | None], name: str, kind: Kind = Kind.NUMBER) -> Column:
    return typed_columns.of_kind(pa.array(tokens, pa.string()), name, kind)


def listed(column: Column) -> list[Any]:
    """The bounds of each row, None where it has none."""
    return [tuple(cells[0]) if cells else None for cells in column.to_lists()]


READ = {
    "icp_score": lambda text: single(number_forms.number(text)),
    "page_view_count": lambda text: single(number_forms.count(text)),
    "company_size": number_forms.size_bounds,
    "field.revenue": number_forms.number_bounds,
}
SPELLINGS = [*NUMBERS, *NO_NUMBERS, *COUNTS, *NO_COUNTS, *SIZES, *NO_SIZES]


def single(value: float | None) -> tuple[float, float] | None:
    return None if value is None else (value, value)


@pytest.mark.parametrize("name", READ)
@given(st.lists(st.sampled_from(SPELLINGS) | st.text(max_size=6)))
def test_columns_are_as_single_texts(name: str, texts: list[str]) -> None:
    column = column_of([json.dumps(text) for text in texts], name)
    assert listed(column) == [READ[name](text) for text in texts]


@pytest.mark.parametrize(
    ("name", "token", "bounds"),
    [
        ("company_size", "120", (120, 120)),
        ("company_size", "120.0", (120, 120)),
        ("company_size", "1.2", None),
        ("company_size", "-1", None),
        ("company_size", '{"min": 51, "max": 200}', (51, 200)),
        ("company_size", '{"min": "1,001"}', (1001, INF)),
        ("company_size", '{"max": 10}', (1, 10)),
        ("company_size", '{"min": 5, "max": 1}', None),
        ("company_size", "{}", None),
        ("session_count", '{"min": 1, "max": 2}', None),
        ("session_count", "1e2", (100, 100)),
        ("icp_score", "-1.5", (-1.5, -1.5)),
        ("last_seen_days", "7.9", (7, 7)),
        ("last_seen_days", "-3", (0, 0)),
        ("last_seen_days", '"7.9"', (7, 7)),
        ("icp_score", "1e999", None),
        ("icp_score", "NaN", None),
        ("icp_score", "[5]", None),
        ("icp_score", "true", None),
    ],
)
def test_json_numbers(name: str, token: str, bounds: tuple[float, float] | None) -> None:
    column = column_of([token, None], name)
    assert listed(column) == [bounds, None]
    assert column.misfits.tolist() == ([] if bounds else [0])


@pytest.mark.parametrize("token", ['"N/A"', '""', "null", "[]", '"\\u200b"', '"(not set)"'])
def test_missing_is_no_misfit(token: str) -> None:
    for name, kind in (("icp_score", Kind.NUMBER), ("icp_match", Kind.BOOLEAN)):
        column = column_of([token], name, kind)
        assert (listed(column), column.misfits.tolist()) == ([None], [])


def test_what_fits() -> None:
    tokens = pa.array(['"1.5K"', '"lots"', None, '"N/A"', "5"], pa.string())
    for name, present, misfits in (
        ("company_size", [True, False, False, False, True], [1]),
        ("last_seen", [False] * 5, [0, 1, 4]),
        ("industry", [True, True, False, False, True], []),
        ("id", [True, True, False, False, True], []),
    ):
        rows, others = typed_columns.fitting(tokens, name, CONDITION_TYPES.get(name))
        assert (rows.tolist(), others.tolist()) == (present, misfits), name
