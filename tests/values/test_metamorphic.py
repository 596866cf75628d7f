"""The same visitors in every spelling of their values have the same verdicts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.long import examples
from tests.support import score_records

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def condition(name: str, comparator: str, value: Any) -> dict[str, Any]:
    return {"type": name, "comparator": comparator, "value": value, "optional": True}


CONDITIONS = [
    condition("company_size", "gte", 1200),
    condition("company_size", "between", [51, 1000]),
    condition("employee_size_range", "in", ["51-200", "1,001-5,000", "over 10,000"]),
    condition("page_view_count", "gt", 1199),
    condition("session_count", "equals", 1500),
    condition("last_seen_days", "lte", 3),
    condition("country", "in", ["US", "Deutschland", "UAE"]),
    condition("icp_match", "equals", True),
    condition("persona_match", "not_equals", True),
    condition("icp_score", "lt", 70.5),
    condition("industry", "equals", "caf\u00e9 bars"),
    condition("utm_source", "equals", "google ads"),
    condition("domain", "ends_with", ".example"),
    condition("domain", "equals", "https://www.northwind.example/"),
]
CONFIGS = [
    (
        f"c{number}",
        {"label": "x", "rules": {"groups": [{"operator": "AND", "conditions": [it, *CONDITIONS]}]}},
    )
    for number, it in enumerate([{**it, "optional": False} for it in CONDITIONS])
]


def spelt(count: int) -> list[Any]:
    """A count as exports write it."""
    grouped = f"{count:,}"
    styles = [count, float(count), str(count), grouped, f" {grouped}\u200b"]
    separators = (" ", "\u00a0", "\u202f", "'", "\u2019", ".")
    styles += [grouped.replace(",", separator) for separator in separators if count > 999]
    return styles + ([f"{count // 100 / 10}K"] if count % 100 == 0 and count > 999 else [])


def ranges(low: int, high: int | None) -> list[Any]:
    """A range of employees as exports write it."""
    if high is None:
        over = [f"over {low - 1:,}", f">{low - 1}", f"> {low - 1:,} employees", {"min": low}]
        over += [{"min": str(low), "max": None}]
        return [f"{low}+", f"{low:,}+", f"{low} + employees", f"{low:,} and above", *over]
    dashes = ("-", " - ", "\u2013", " \u2014 ", "\u2212", " to ")
    joined = [f"{low:,}{dash}{high:,}" for dash in dashes]
    return [
        *joined,
        {"min": low, "max": high},
        f"{low}-{high}",
        f"{low:,}-{high:,} employees".replace(",", "."),
    ]


def moments(when: datetime) -> list[Any]:
    """A moment as exports write it."""
    seconds = int(when.timestamp())
    styles = [
        *("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S +0000 UTC"),
        *("%Y-%m-%d %H:%M:%S.000", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y%m%dT%H%M%SZ"),
        *("%b %d, %Y %I:%M:%S %p", "%d %B %Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S GMT"),
    ]
    epochs = [seconds * unit for unit in (1, 10**3, 10**6, 10**9)]
    return [*map(when.strftime, styles), *epochs, *map(str, epochs), f"{seconds}.0"]


TRUE = [True, 1, 1.0, "true", "TRUE", "yes", "Y", "t", "On", "1", "1.0", " True "]
FALSE = [False, 0, 0.0, "false", "No", "n", "F", "off", "0", "0.0"]
NOTHING = [None, "", " ", [], "NULL", "\\N", "N/A", "n/a", "#N/A", "NaN", "(not set)", "\u200b"]
TEXTS = [
    "Caf\u00e9 Bars",
    "CAFE\u0301  BARS",
    " caf\u00e9\u00a0bars ",
    "Caf\u00e9\u200b Ba\u00adrs",
]
HOSTS = [
    *("northwind.example", "WWW.Northwind.example", "https://www.northwind.example:443/about?a=b"),
    *("http://northwind.example/", "northwind.example.", ["northwind.example"]),
]
GERMANY = ["DE", "de", "DEU", "276", 276, "Germany", "GERMANY", "Deutschland", " deutschland "]
US = ["US", "USA", "U.S.", "u.s.a.", "United States", "the United States of America", "840"]
UAE = ["UAE", "AE", "U.A.E.", "United Arab Emirates"]

SPELLINGS: list[tuple[str, list[list[Any]]]] = [
    ("company_size", [spelt(1200), spelt(75), ranges(51, 200), ranges(1001, 5000), NOTHING]),
    ("company_size", [ranges(10001, None), spelt(10000)]),
    ("employee_size_range", [ranges(51, 200), ranges(1001, 5000), ranges(10001, None), NOTHING]),
    ("page_view_count", [spelt(1200), spelt(1199), spelt(12000), NOTHING]),
    ("session_count", [spelt(1500), spelt(3)]),
    ("last_seen", [moments(NOW - timedelta(days=it, hours=1)) for it in (0, 2, 3, 400)]),
    ("country", [GERMANY, US, UAE, ["Atlantis", "atlantis "], NOTHING]),
    ("icp_match", [TRUE, FALSE, NOTHING]),
    ("persona_match", [TRUE, FALSE, NOTHING]),
    ("icp_score", [[70.5, "70.5", "70.50", "$70.5"], [50, "50", "50.0", "\u20ac 50", 5e1]]),
    ("industry", [TEXTS, ["Retail", " RETAIL"], NOTHING]),
    ("utm_source", [["Google Ads", "google  ads", " GOOGLE ADS"], ["bing", "Bing "]]),
    ("domain", [HOSTS, ["contoso.com", "https://contoso.com"], NOTHING]),
]
"""Fields, and spellings that mean the same."""


@st.composite
def visitors(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """Visitors, each several times in other spellings."""
    chosen = []
    for _ in range(6):
        fields = draw(st.lists(st.sampled_from(SPELLINGS), min_size=1, unique_by=lambda it: it[0]))
        values = [(name, draw(st.sampled_from(meanings))) for name, meanings in fields]
        picks = [draw(picked(values)) for _ in range(5)]
        chosen.append(picks)
    return chosen


def picked(values: Sequence[tuple[str, list[Any]]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: st.sampled_from(same) for name, same in values})


@settings(
    max_examples=examples(15),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(visitors())
def test_spellings_do_not_matter(chosen: list[list[dict[str, Any]]]) -> None:
    records = [record for spellings in chosen for record in spellings]
    rows, report = score_records(CONFIGS, records)
    assert report["fieldWarnings"] == {}
    verdict: Callable[[dict[str, Any]], Any] = lambda row: (row["icp"], row["matches"])  # noqa: E731
    start = 0
    for spellings in chosen:
        verdicts = list(map(verdict, rows[start : start + len(spellings)]))
        start += len(spellings)
        for record, found in zip(spellings, verdicts, strict=True):
            assert found == verdicts[0], (spellings[0], record)


def test_utm_parameters_of_a_page_are_as_those_of_a_record() -> None:
    rows, _ = score_records(
        CONFIGS,
        [
            {"pages": ["/"], "utm_source": "Google Ads"},
            {"pages": ["/?utm_source=Google+Ads"]},
            {"pages": [{"url": "https://a.example/b?UTM_SOURCE=google%20ads#c"}, "/?utm_source=x"]},
            {"pages": "/?utm_source=google%20Ads", "utm_source": "(not set)"},
        ],
    )
    assert all(row["matches"] == rows[0]["matches"] for row in rows)
