"""The rules of conditions, values and scores as tables of cases written by hand.

A `Row` is one condition with visitor values that it holds for and values that it does not hold
for; each is a case, and so is its negated twin, which holds exactly when the row does not. A
`Case` is any rules with one visitor and the score, None where the rules do not match. `ORDERED`
has several configs each, `WARNINGS` values that do not fit.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

AS_OF = "2026-11-23T12:00:00Z"
ABSENT = object()
TWINS = {
    "equals": "not_equals",
    "contains": "not_contains",
    "contains_word": "not_contains_word",
    "in": "not_in",
    "exists": "not_exists",
}
FIELDS = {"page_contains": "pages", "page_equals": "pages", "last_seen_days": "last_seen"}
NAN = math.nan


class Visitor(dict[str, Any]):
    """A whole record, where a row needs other fields than the one of its type."""


NOTHING = Visitor()


class Case(NamedTuple):
    """Rules, one visitor, and the score; None when the rules do not match."""

    name: str
    rules: dict[str, Any]
    record: dict[str, Any]
    score: float | None


@dataclass(frozen=True)
class Row:
    """One condition, and what it holds and does not hold for."""

    type: str
    comparator: str
    value: Any = ABSENT
    holds: list[Any] = field(default_factory=list)
    fails: list[Any] = field(default_factory=list)

    def cases(self) -> Iterator[Case]:
        """Each visitor value as a case of its own, and again for the negated twin."""
        for seen, held in [(v, True) for v in self.holds] + [(v, False) for v in self.fails]:
            yield self._case(self.comparator, seen, held)
            if self.comparator in TWINS:
                yield self._case(TWINS[self.comparator], seen, not held)

    def _case(self, comparator: str, seen: Any, held: bool) -> Case:
        condition = {"type": self.type, "comparator": comparator}
        if self.value is not ABSENT:
            condition["value"] = self.value
        record = seen if isinstance(seen, Visitor) else {FIELDS.get(self.type, self.type): seen}
        words = [self.type, comparator, *([shown(self.value)] if "value" in condition else [])]
        name = f"{' '.join(words)} {'holds' if held else 'does not hold'} for {shown(seen)}"
        return Case(name, group("AND", condition), record, 100.0 if held else None)


def shown(value: Any) -> str:
    """A value as short JSON."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:40]}...{text[-10:]}"


def group(operator: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    """Rules of one group."""
    return {"groups": [{"operator": operator, "conditions": list(conditions)}]}


# Every type with every comparator of its kind

PLAIN_TEXT = [
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"),
    *("industry", "region", "city", "job_title"),
    *("company_city", "company_region", "company_postal_code"),
]
TEXT = [*PLAIN_TEXT, "country", "domain", "linkedin_url", "employee_size_range"]
NUMBERS = ["page_view_count", "session_count", "company_size", "icp_score"]
BOOLEANS = ["icp_match", "persona_match"]


def of_text(name: str) -> list[Row]:
    """Every comparator of a text field."""
    blue, red, both = "Blue Ocean", "Red Desert", ["Red Desert", "Blue Ocean"]
    return [
        Row(name, "equals", "blue ocean", [blue, both], [red, "Blue", "Blue Oceans", NOTHING]),
        Row(name, "contains", "ue Oc", [blue, both], [red, NOTHING]),
        Row(name, "contains", ["hill", "ue oc"], [blue, both], [red, NOTHING]),
        Row(name, "contains_word", "blue", [blue, both], [red, "Blueish Ocean", NOTHING]),
        Row(name, "contains_word", ["hill", "ocean"], [blue, both], [red, "Oceans", NOTHING]),
        Row(name, "starts_with", "blue", [blue, both], [red, "A blue ocean", NOTHING]),
        Row(name, "ends_with", "OCEAN", [blue, both], [red, "Blue oceans", NOTHING]),
        Row(name, "in", ["green hill", "blue ocean"], [blue, both], [red, NOTHING]),
        Row(name, "has_any", ["green hill", "blue ocean"], [blue, both], [red, NOTHING]),
        Row(name, "has_all", ["blue ocean", "red desert"], [both], [blue, red, NOTHING]),
        Row(name, "exists", ABSENT, [blue, both], ["", NOTHING]),
    ]


def of_number(name: str, *, as_field: str | None = None) -> list[Row]:
    """Every comparator of a number."""

    def at(*values: Any) -> list[Any]:
        return [Visitor({as_field: value}) if as_field else value for value in values]

    return [
        Row(name, "equals", 50, at(50, 50.0, "50", " 50 "), [*at(49, 51, "lots"), NOTHING]),
        Row(name, "in", [10, 50], at(10, 50, "10"), [*at(30, 11), NOTHING]),
        Row(name, "gt", 50, at(51, "1K"), [*at(49, 50), NOTHING]),
        Row(name, "gte", 50, at(50, 51), [*at(49), NOTHING]),
        Row(name, "lt", 50, at(49, 0), [*at(50, 51), NOTHING]),
        Row(name, "lte", 50, at(49, 50), [*at(51), NOTHING]),
        Row(name, "between", [10, 50], at(10, 30, 50), [*at(9, 51), NOTHING]),
        Row(name, "between", [50, 50], at(50), at(49, 51)),
        Row(name, "exists", ABSENT, at(0, 50, "50"), [*at(None, "", "lots"), NOTHING]),
    ]


def of_boolean(name: str) -> list[Row]:
    """Every comparator of a boolean."""
    return [
        Row(name, "equals", True, [True], [False, None, NOTHING]),
        Row(name, "equals", False, [False], [True, None, NOTHING]),
        Row(name, "exists", ABSENT, [True, False], [None, NOTHING]),
    ]


PRICING, DOCS = "https://www.example.com/pricing", "https://www.example.com/docs"

SECTION_2 = {
    **{f"2 {name}": of_text(name) for name in TEXT},
    **{f"2 {name}": of_number(name) for name in NUMBERS},
    "2 last_seen_days": of_number("last_seen_days", as_field="last_seen_days"),
    **{f"2 {name}": of_boolean(name) for name in BOOLEANS},
    "2 page_contains: a page counts when it contains the value": [
        Row("page_contains", "equals", "/pricing", [[PRICING]], [[DOCS], [], NOTHING]),
        Row("page_contains", "contains", "/PRIC", [[DOCS, PRICING]], [[DOCS], NOTHING]),
        Row("page_contains", "contains_word", "pricing", [[DOCS, PRICING]], [[DOCS], NOTHING]),
        Row("page_contains", "starts_with", "https://www", [[PRICING]], [["/pricing"], NOTHING]),
        Row("page_contains", "ends_with", "/pricing", [[PRICING]], [[PRICING + "/b"], NOTHING]),
        Row("page_contains", "in", ["/demo", "/pricing"], [[PRICING]], [[DOCS], NOTHING]),
        Row("page_contains", "has_any", ["/demo", "/pricing"], [[PRICING]], [[DOCS], NOTHING]),
        Row("page_contains", "has_all", ["/docs", "/pricing"], [[PRICING, DOCS]], [[DOCS], []]),
        Row("page_contains", "exists", ABSENT, [["/"]], [[], [""], None, NOTHING]),
    ],
    "2 page_equals: a page counts when it equals the value": [
        Row("page_equals", "equals", PRICING, [[PRICING]], [[DOCS], [PRICING + "/b"], NOTHING]),
        Row("page_equals", "contains", "/PRIC", [[DOCS, PRICING]], [[DOCS], NOTHING]),
        Row("page_equals", "contains_word", "pricing", [[DOCS, PRICING]], [["/pricings"], NOTHING]),
        Row("page_equals", "starts_with", "https://www", [[PRICING]], [["/pricing"], NOTHING]),
        Row("page_equals", "ends_with", "/pricing", [[PRICING]], [[PRICING + "/"], NOTHING]),
        Row("page_equals", "in", [DOCS, "/demo"], [[DOCS], ["/demo"]], [[PRICING], NOTHING]),
        Row("page_equals", "has_any", [DOCS, "/demo"], [[DOCS], ["/demo"]], [[PRICING], NOTHING]),
        Row("page_equals", "has_all", [DOCS, PRICING], [[PRICING, DOCS]], [[DOCS], NOTHING]),
        Row("page_equals", "exists", ABSENT, [["/"]], [[], [""], None, NOTHING]),
    ],
}

# Comparators

SECTION_3 = {
    "3 a subject is nothing, one value or several": [
        Row("industry", "equals", "SaaS", ["SaaS", ["Retail", "SaaS"]], [["Retail"], [], NOTHING]),
        Row("job_title", "contains", "VP", [["CTO", "vp sales"]], [["CTO", "CFO"]]),
        Row("industry", "has_all", ["a", "b"], [["b", "a"], ["a", "b", "c"]], [["a", "c"], "a b"]),
        Row("industry", "has_all", ["SaaS", "saas"], ["SaaS"], ["Retail"]),
        Row("industry", "has_any", ["a", "b"], [["c", "b"]], [["c", "d"]]),
        Row("page_equals", "has_all", ["/a", "/b"], [["/b", "/a"]], [["/a", "/a"], "/a/b"]),
        Row("page_contains", "has_all", ["/a", "/b"], ["/a/b", ["/b", "/a"]], [["/a", "/c"]]),
    ],
    "3 exists": [
        Row("industry", "exists", True, ["SaaS"], ["", NOTHING]),
        Row("industry", "exists", False, ["", "  ", NOTHING], ["SaaS"]),
        Row("session_count", "exists", False, ["many", NOTHING], [0]),
        Row("icp_match", "exists", False, [NOTHING, "maybe"], [False]),
        Row("page_contains", "exists", False, [[], NOTHING], ["/"]),
        Row("last_seen_days", "exists", ABSENT, ["2026-11-20"], ["yesterday", NOTHING]),
    ],
    "3 in page_contains, equals reads is contained in the page": [
        Row("page_contains", "equals", "pric", [[PRICING]], [["/prize"]]),
        Row("page_contains", "in", ["utm_source=bing", "xyz"], ["/c?utm_source=bing&a=1"], ["/c"]),
        Row("page_contains", "has_any", ["a%26b"], ["/c?ref=a%26b"], ["/c?ref=a&b"]),
        Row("page_contains", "has_all", ["https", "pric", "com"], [PRICING], ["/pricing"]),
        Row("page_contains", "has_all", ["/docs", "/pricing"], [[DOCS, PRICING]], [[DOCS, DOCS]]),
        Row("page_contains", "equals", "/pricing/", [["/pricing/"]], [["/pricing"]]),
    ],
    "3 in page_equals, contains still means contains": [
        Row("page_equals", "contains", "pric", [[PRICING]], [["/prize"]]),
        Row("page_equals", "contains", "www.", [[PRICING]], [["https://example.com/pricing"]]),
    ],
    "3 a value listed twice counts once": [
        Row("industry", "has_all", ["SaaS", "SaaS"], ["SaaS"], ["Retail"]),
        Row("session_count", "in", [1, 1], [1], [2]),
        Row("company_size", "in", [5, 5, 6], ["5-6"], ["5-7"]),
    ],
    "3 text ignores letter case and outer spaces on both sides": [
        Row("city", "equals", "  munich ", ["Munich", "MUNICH", "\tmunich\n"], ["Mu nich"]),
        Row("city", "equals", "New York", ["new york", "new \t\u00a0york"], ["newyork"]),
        Row("city", "equals", "New\r\nYork", ["new york"], ["newyork"]),
        Row("city", "equals", "munich", ["\u00a0Munich\u2003", "\u200bMu\u00adnich\ufeff"], []),
        Row("city", "equals", "mu\u2060nich", ["Munich", "\u202aMunich\u202c"], ["Mu nich"]),
        Row("city", "equals", "Straße", ["STRASSE", "straße", "Strasse"], ["Strase"]),
        Row("city", "contains", "SS", ["Große Bleichen"], ["Grose"]),
        Row("city", "equals", "İzmir", ["İZMIR", "i\u0307zmir"], ["izmir", "\u0131zmir"]),
        Row("city", "equals", "ΣΊΣΥΦΟΣ", ["σίσυφος", "Σίσυφοσ"], ["σισυφος"]),
        Row("city", "equals", "café", ["CAFÉ", "cafe\u0301", "CAFE\u200b\u0301"], ["cafe"]),
        Row("job_title", "starts_with", " VP ", ["vp of sales", "  VPs"], ["EVP"]),
        Row("job_title", "ends_with", " VP ", ["evp", "EVP  "], ["VP of sales"]),
        Row("job_title", "contains", "VP", ["An evp"], ["V P"]),
        Row("industry", "in", [" SAAS "], ["saas"], ["sa as"]),
        Row("page_contains", "equals", "/PRICING", ["/pricing"], ["/price"]),
        Row("domain", "equals", "Northwind.Example", [" NORTHWIND.EXAMPLE "], ["north.example"]),
    ],
    "3 text is text, not a pattern": [
        Row("utm_campaign", "equals", "q4_brand", ["Q4_brand"], ["q4xbrand", "q4%brand"]),
        Row("utm_campaign", "contains", "%", ["100% off"], ["100 off"]),
        Row("utm_campaign", "starts_with", "a.*", ["a.*b"], ["ab", "axb"]),
        Row("utm_campaign", "ends_with", "\\x", ["c:\\x"], ["c:x", "x"]),
        Row("utm_campaign", "in", ["it's", 'say "hi"', "$1 {} *"], ['say "hi"', "IT'S"], ["hi"]),
        Row("utm_content", "contains", "🚀", ["go 🚀 now"], ["go now"]),
    ],
    "3 numbers compare as numbers": [
        Row("session_count", "gt", 9, [10, "10", 1e3], ["9", 2]),
        Row("session_count", "equals", 0, [0, "0", -0.0, "0.00"], [None, "", False]),
        Row("icp_score", "gte", 0, [0.5, "0.5", "0"], [-6, "-6", "-0.1"]),
        Row("icp_score", "equals", 2.5, [2.5, "2.50", "25e-1"], [2, 3]),
        Row("icp_score", "equals", 0.3, [0.3], [0.30000000000000004]),
        Row("icp_score", "between", [0, 100], [0, 100, 99.99], [-0.01, 100.01]),
    ],
}

CASE_SENSITIVE = {
    "3 with --case-sensitive letters compare exactly": [
        Row("city", "equals", " Munich ", ["Munich", "\tMunich\u00a0"], ["munich", "MUNICH"]),
        Row("city", "in", ["Munich", "Bonn"], ["Bonn"], ["bonn"]),
        Row("city", "has_any", ["Munich"], [["Bonn", "Munich"]], [["munich"]]),
        Row("city", "has_all", ["Munich"], ["Munich"], ["munich"]),
        Row("city", "equals", "Straße", ["Straße"], ["STRASSE", "Strasse"]),
        Row("job_title", "contains", "VP", ["EVP"], ["evp"]),
        Row("job_title", "starts_with", "VP", ["VP Sales"], ["vp Sales"]),
        Row("job_title", "ends_with", "VP", ["EVP"], ["Evp"]),
        Row("page_contains", "equals", "/Pricing", ["/Pricing/a"], ["/pricing/a"]),
        Row("page_equals", "equals", "/Pricing", ["HTTPS://WWW.example.com/Pricing/"], [PRICING]),
        Row("page_equals", "equals", "a.example/B", ["HTTP://WWW.a.example/B"], ["A.example/B"]),
        Row("domain", "equals", "A.example", ["HTTPS://WWW.A.example/x"], ["a.example"]),
        Row("linkedin_url", "equals", "a.example/B", ["Https://Www.a.example/B/"], ["a.example/b"]),
        Row("country", "equals", "US", ["us", "USA", "united states"], ["Canada"]),
        Row("country", "equals", "Atlantis", ["Atlantis"], ["atlantis"]),
        Row("icp_match", "equals", True, ["TRUE", "True"], ["FALSE"]),
    ],
}

# Visitor values

SECTION_4 = {
    "4 the default mapping: keys in any spelling, and the first value that fits": [
        Row(
            "job_title",
            "equals",
            "CTO",
            [Visitor(jobTitle="CTO"), Visitor(JOB_TITLE="CTO"), Visitor({"Job-Title": "CTO"})],
            [Visitor(jobs_title="CTO")],
        ),
        Row("utm_source", "equals", "bing", [Visitor(utmSource="bing")]),
        Row("session_count", "equals", 3, [Visitor(sessionCount=3)]),
        Row("persona_match", "equals", True, [Visitor(personaMatch=True)]),
        Row("company_postal_code", "equals", "1", [Visitor(companyPostalCode="1")]),
        Row(
            "job_title",
            "equals",
            "CTO",
            [
                Visitor(job_title=None, jobTitle="CTO"),
                Visitor(job_title="CTO", jobTitle="CFO"),
                Visitor(job_title="", jobTitle="CTO"),
                Visitor(job_title={}, jobTitle="CTO"),
            ],
            [Visitor(job_title="CFO", jobTitle="CTO")],
        ),
        Row(
            "page_equals",
            "equals",
            "/a",
            [
                Visitor(pages=["/a"]),
                Visitor(pages_visited=["/a"]),
                Visitor(pagesVisited=["/a"]),
                Visitor(pages=None, pages_visited=["/a"]),
                Visitor(pages=[], pages_visited=["/a"]),
            ],
            [Visitor(pages=["/b"], pages_visited=["/a"])],
        ),
        Row(
            "last_seen_days",
            "equals",
            3,
            [
                Visitor(last_seen="2026-11-20"),
                Visitor(lastSeen="2026-11-20"),
                Visitor(last_seen_at="2026-11-20"),
                Visitor(lastSeenAt="2026-11-20"),
                Visitor(lastSeenDays=3),
                Visitor(last_seen=None, last_seen_at="2026-11-20"),
            ],
            [Visitor(last_seen="2026-11-01", last_seen_at="2026-11-20")],
        ),
    ],
    "4 missing is absent, null, blank or an empty list": [
        Row("industry", "exists", ABSENT, ["a"], [NOTHING, None, "", " \t\u00a0", [], [None, " "]]),
        Row("session_count", "exists", ABSENT, [0], [NOTHING, None, "", "  ", []]),
        Row("icp_match", "exists", ABSENT, [False], [NOTHING, None, "", "  ", []]),
        Row("page_contains", "exists", ABSENT, ["/"], [NOTHING, None, "", "  ", [], ["", None]]),
        Row("last_seen_days", "exists", ABSENT, ["2026-11-20"], [NOTHING, None, "", "  ", []]),
        Row("company_size", "exists", ABSENT, ["1-10"], [NOTHING, None, "", "  ", []]),
    ],
    "4 text: numbers and booleans are taken as their JSON text": [
        Row("company_postal_code", "equals", "78701", [78701, "78701", [1, 78701]], [78701.5]),
        Row("company_postal_code", "equals", "1.5", [1.5, "1.5"], ["1.50", 15]),
        Row("company_postal_code", "starts_with", "787", [78701], [87701]),
        Row("company_postal_code", "equals", "02134", ["02134"], [2134]),
        Row("utm_content", "equals", "true", [True, "TRUE"], [False, 1]),
        Row("utm_content", "in", ["false", "0"], [False, 0], [True]),
        Row("utm_content", "equals", 5, [5, "5"], [5.5, 50]),
        Row("utm_content", "equals", True, [True, "true"], ["yes"]),
    ],
    "4 text: a list is several values": [
        Row("industry", "equals", "a", [["a"], ["b", None, "A "], ["", "a"]], [["ab"], ["a, b"]]),
        Row("industry", "has_all", ["7", "true"], [[7, True]], [[7], [True]]),
        Row("industry", "not_equals", "a", [["b", "c"], []], [["b", "a"]]),
        Row("domain", "equals", "a.example", [["b.example", "www.a.example"]], [["b.example"]]),
    ],
    "4 number: a JSON number or a string that is one": [
        Row("session_count", "equals", 120, [120, "120", " 120 ", 120.0, "1.2e2"], ["12"]),
        Row("session_count", "gte", 0, ["0", 5.0], ["+5", ".5", "5.", "007", "0x1", 0.5, -1]),
        Row("session_count", "equals", 1200, ["1,200", "1 200", "1'200", "1\u202f200", "1.2K"], []),
        Row("session_count", "equals", 1200, ["1.200", "1\u2019200"], [1.2, "$1,200", "1,2,00"]),
        Row("icp_score", "equals", 1.2, ["1.200", "$1.2", "1.2 \u20ac"], ["1,2", "1.2.0"]),
        Row("session_count", "gte", 0, ["1E+2"], ["1_0", "\u0661\u0662", "5 6", "inf", "1e999"]),
        Row("session_count", "exists", ABSENT, [1], [-1, True, [5], {}, NAN, math.inf, 10**400]),
        Row("session_count", "equals", 2**53, [2**53, 2**53 + 1], [2**53 + 2]),
    ],
    "4 boolean: true or false, 1 or 0, or those words as strings": [
        Row("icp_match", "equals", True, [True, 1, "true", "TRUE", " True ", "1"], [False, 0, "0"]),
        Row("icp_match", "equals", False, [False, 0, "false", "False", "0"], [True, 1, "1"]),
        Row("icp_match", "equals", True, ["yes", "Y", "T", "on", "1.0", 1.0], ["no", "N", "f"]),
        Row("icp_match", "equals", False, ["No", "n", "F", "off", "0.0", 0.0], ["yes", "on"]),
        Row("icp_match", "exists", ABSENT, ["1"], [2, -1, 0.5, "yeah", "1.00", [True], {}]),
    ],
    "4 missing is what exports write for no value": [
        Row("industry", "exists", ABSENT, ["null", "NA", "nan"], ["NULL", "\\N", "N/A", "n/a"]),
        Row(
            "industry",
            "exists",
            ABSENT,
            ["-"],
            ["#N/A", "NaN", "(not set)", " N/A\u200b", "\u200b"],
        ),
        Row("industry", "has_all", ["a", "n/a"], [], [["a", "n/a"]]),
        Row("industry", "exists", ABSENT, [["N/A", "a"]], [["N/A", None, ""]]),
        Row("page_contains", "exists", ABSENT, ["/a"], ["(not set)", ["N/A"]]),
        Row("company_size", "exists", ABSENT, [1], ["N/A", "NULL"]),
    ],
    "4 utm parameters are in the query of the first page that has them": [
        Row(
            "utm_source",
            "equals",
            "google ads",
            [
                Visitor(pages=["/a?x=1", "/b?utm_source=google+ads", "/c?utm_source=bing"]),
                Visitor(pages="https://a.example/?UTM_Source=google%20ads#top"),
                Visitor(pages=["/?utm_source=N%2FA", "/?utm_source=Google%20Ads"]),
                Visitor(pages=[{"url": "/?a=b&utm_source=google+ads"}], utm_source="(not set)"),
                Visitor(pages=["/?utm_source=bing"], utm_source=["", "Google Ads"]),
            ],
            [
                Visitor(pages=["/?utm_source=bing", "/?utm_source=google+ads"]),
                Visitor(pages=["/#?utm_source=google+ads", "/utm_source=google+ads"]),
                Visitor(pages=["/?utm_source=google+ads"], utm_source="bing"),
                NOTHING,
            ],
        ),
    ],
    "4 a value that does not fit counts as missing": [
        Row("company_size", "exists", ABSENT, [1], ["lots", {}, [5], True, NAN, "200-51", "51-"]),
        Row("company_size", "lt", 10, [1], ["lots", {"n": 1}, [1], True, -math.inf]),
        Row("industry", "exists", ABSENT, ["a"], [{}, {"name": "a"}, NAN, [{}], [["a"]]]),
        Row("industry", "equals", "a", [["a", {}], [["b"], "a"]], [{"a": "a"}, [["a"]]]),
        Row("page_contains", "exists", ABSENT, ["/"], [{"url": "/"}, 5, True, [5], [["/"]], [{}]]),
        Row("last_seen_days", "exists", ABSENT, ["2026-11-20"], ["soon", True, {}, ["2026-11-20"]]),
    ],
    "4 company_size may be a range: every number of it must hold": [
        Row("company_size", "gte", 50, ["51-200", "50-50", "51+"], ["49-200", "lots"]),
        Row("company_size", "gte", 100, ["100-200", "100+"], ["51-200", "51+"]),
        Row("company_size", "gt", 50, ["51-200", "51+"], ["50-200", "50+"]),
        Row("company_size", "lt", 200, ["51-199"], ["51-200", "51+", "1+"]),
        Row("company_size", "lte", 200, ["51-200"], ["51-201", "51+"]),
        Row("company_size", "between", [51, 200], ["51-200", "60-70"], ["50-200", "51-201", "51+"]),
        Row("company_size", "equals", 51, ["51-51", 51], ["51-200", "50-51", "51+"]),
        Row("company_size", "in", [1, 2, 3, 9], ["1-3", "2-3", "9-9", 9], ["1-4", "3-9", "9+"]),
        Row("company_size", "in", [1.5, 1, 2], ["1-2"], [1.5, "1-3"]),
        Row("company_size", "equals", 0, [{"min": 0, "max": 0}], [{"min": 1}, {"max": 9}, {}]),
        Row(
            "company_size", "lt", 10, ["<10", "under 10", {"max": 9}, "0 - 9"], ["< 11", "up to 10"]
        ),
        Row("company_size", "gte", 251, ["251-1K", "1K to 5K", "10K+", {"min": 251}], ["250+"]),
        Row(
            "company_size", "gt", 10000, ["over 10,000", ">10000", "10.001+"], ["10,000 and above"]
        ),
        Row("company_size", "gt", 10, ["11-50 employees", "250 Employees"], ["~250", "medium"]),
        Row("company_size", "exists", ABSENT, ["51-200", "51+"], ["200-51", "-", "+", "1-2-3"]),
        Row(
            "company_size",
            "gte",
            51,
            ["51\u2013200", "51 \u2014 200", "51\u2212200", " 51 - 200 "],
            ["1-10"],
        ),
        Row(
            "company_size",
            "between",
            [1001, 5000],
            ["1,001-5,000", "1.001\u20135.000"],
            ["1-5,000"],
        ),
        Row(
            "company_size",
            "between",
            [1001, 5000],
            ["1'001-5\u2019000", "1 001 - 5 000"],
            ["1,00-5"],
        ),
        Row("company_size", "gte", 10001, ["10,001+", "10001+", "10 001 +"], ["10,000+", "9+"]),
        Row("company_size", "gte", 1000, ["1,001,000+", "1.000", "1,200"], ["0.5", "999"]),
    ],
    "4 employee_size_range compares ranges without spaces, separators and dashes": [
        Row(
            "employee_size_range",
            "equals",
            "51-200",
            ["51-200", "51 \u2013 200", "51\u2014200", "51\u2212200", " 51-200 ", "51 to 200"],
            ["51-20", "200-51", "51-200+", "51 200"],
        ),
        Row(
            "employee_size_range",
            "in",
            ["1,001\u20135,000", "10001+"],
            ["1001-5000", "1.001-5.000", "1'001-5\u2019000", "10,001+", "10 001 +"],
            ["1-5000", "10001", "1,0001+"],
        ),
        Row("employee_size_range", "has_any", ["Small", "1-10"], ["SMALL", "1 - 10"], ["2-9", 5]),
        Row("employee_size_range", "has_all", ["1-10"], ["1\u201310", ["x", "1-10"]], ["1-11"]),
        Row("employee_size_range", "equals", "1000", [1000, "1,000", "1K", "1000-1000"], [1000.5]),
        Row("employee_size_range", "in", ["<10", "over 10"], ["0-9", "11+", "under 10"], ["10+"]),
        Row("employee_size_range", "contains", "1,001", ["1,001-5,000"], ["1001-5000"]),
        Row("employee_size_range", "starts_with", "51-", ["51-200"], ["51 - 200", "51\u2013200"]),
        Row("employee_size_range", "ends_with", "5,000", ["1,001-5,000"], ["1001-5000"]),
    ],
    "4 without a range, company_size serves equals, in and has_any": [
        Row(
            "employee_size_range",
            "equals",
            "51 \u2013 200",
            [
                Visitor(company_size=51),
                Visitor(company_size="200"),
                Visitor(company_size="51-51"),
            ],
            [
                Visitor(company_size=50),
                Visitor(company_size=201),
                Visitor(company_size="51-200"),
                Visitor(company_size="lots"),
                Visitor(company_size=100, employee_size_range="1-10"),
                NOTHING,
            ],
        ),
        Row(
            "employee_size_range",
            "in",
            ["1-10", "1,001+"],
            [Visitor(company_size=10), Visitor(company_size=1001), Visitor(company_size=10**9)],
            [Visitor(company_size=11), Visitor(company_size=1000)],
        ),
        Row(
            "employee_size_range",
            "has_any",
            ["1-10", "small", "100"],
            [
                Visitor(company_size=100),
                Visitor(company_size=5),
                Visitor(company_size=5, employee_size_range=" "),
                Visitor(company_size=5, employee_size_range={}),
                Visitor(company_size=5, employee_size_range="Small"),
            ],
            [Visitor(company_size=99), Visitor(company_size=5, employee_size_range="big")],
        ),
        Row("employee_size_range", "has_all", ["1-10"], [], [Visitor(company_size=5)]),
        Row("employee_size_range", "exists", ABSENT, [], [Visitor(company_size=5)]),
        Row("employee_size_range", "contains", "5", [], [Visitor(company_size=5)]),
        Row("employee_size_range", "starts_with", "5", [], [Visitor(company_size=5)]),
        Row("employee_size_range", "ends_with", "5", [], [Visitor(company_size=5)]),
    ],
    "4 domain: scheme, www., port, path and trailing dot are dropped on both sides": [
        Row(
            "domain",
            "equals",
            "northwind.example",
            [
                "northwind.example",
                "www.northwind.example",
                "https://northwind.example",
                "HTTPS://WWW.Northwind.Example:8443/a/b?c=d#e",
                "northwind.example.",
                "northwind.example.:80",
                "northwind.example/path",
                "northwind.example?x=1",
                "northwind.example#top",
                "ftp://northwind.example",
                "ada@northwind.example",
                "mailto:ada@northwind.example",
                "https://ada:x@www.northwind.example:80/a@b",
            ],
            [
                "shop.northwind.example",
                "northwind.example.com",
                "www.www.northwind.example",
                "www2.northwind.example",
                "//northwind.example",
                "northwind.example:http",
                "north wind.example",
            ],
        ),
        Row("domain", "in", ["https://www.a.example:80/x"], ["a.example"], ["b.example"]),
        Row("domain", "has_any", ["A.Example."], ["www.a.example"], ["b.example"]),
        Row("domain", "has_all", ["a.example", "www.a.example/x"], ["a.example"], ["b.example"]),
        Row("domain", "equals", "https://", ["https://"], ["http://", "www."]),
    ],
    "4 linkedin_url: scheme, www., fragment and trailing / are dropped on both sides": [
        Row(
            "linkedin_url",
            "equals",
            "https://www.example.com/in/ada/",
            [
                "https://www.example.com/in/ada/",
                "http://example.com/in/ada",
                "example.com/in/ada",
                "WWW.EXAMPLE.COM/in/ADA///",
                "https://example.com/in/ada#about",
                "https://example.com/in/ada/#about",
            ],
            [
                "https://example.com/in/ada/details",
                "https://de.example.com/in/ada",
                "https://example.com/in/ada?trk=x",
                "/in/ada",
                "https://example.com:443/in/ada",
            ],
        ),
        Row("linkedin_url", "in", ["example.com/in/a#x"], ["http://example.com/in/a/"], ["/in/a"]),
        Row("linkedin_url", "has_any", ["www.example.com/a"], ["example.com/a"], ["example.com/b"]),
        Row(
            "linkedin_url",
            "has_all",
            ["example.com/a"],
            ["www.example.com/a/"],
            ["/a"],
        ),
    ],
    "4 page_equals: scheme, www., fragment and trailing / are dropped on both sides": [
        Row(
            "page_equals",
            "equals",
            "https://www.example.com/pricing/",
            [
                "https://www.example.com/pricing/",
                "http://example.com/pricing#plans",
                "example.com/pricing",
                "WWW.EXAMPLE.COM/Pricing/",
            ],
            [
                "/pricing",
                "https://example.com/pricing?plan=a",
                "https://example.com/pricing/a",
                "https://shop.example.com/pricing",
            ],
        ),
        Row("page_equals", "in", ["a.example/a?b=c"], ["https://a.example/a?b=c#d"], ["/a?b=c"]),
        Row("page_equals", "equals", "pricing", ["pricing/", "Pricing#a"], ["/pricing", PRICING]),
    ],
    "4 a page_equals value that begins with / is compared with the page's path alone": [
        Row(
            "page_equals",
            "equals",
            "/pricing",
            [
                "/pricing",
                "/pricing/",
                "/Pricing?utm_source=a#b",
                "/pricing#b?c",
                "https://www.example.com/pricing",
                "http://shop.example.com:8080/pricing/?a=/b",
                "//example.com/pricing",
                "example.com/pricing",
                "HTTPS://EXAMPLE.COM/PRICING",
            ],
            [
                "/pricing/a",
                "/a/pricing",
                "pricing",
                "https://example.com",
                "https://example.com/?p=/pricing",
                "https://example.com/#/pricing",
                "/pricing%20",
            ],
        ),
        Row(
            "page_equals",
            "equals",
            "/",
            ["/", "https://example.com", "https://example.com/", "//example.com", "/?a=b", "/#c"],
            ["/a", "https://example.com/a", "//https://example.com"],
        ),
        Row("page_equals", "equals", "/a/b/", ["https://example.com/a/b#c"], ["/a/b/c"]),
        Row("page_equals", "equals", " /a ", [" https://example.com/a "], ["/a b"]),
        Row("page_equals", "has_all", ["/a", "example.com/a"], ["http://example.com/a"], ["/a"]),
        Row("page_equals", "has_any", ["/%C3%A9"], ["https://example.com/%c3%a9"], ["/é"]),
    ],
    "4 contains, starts_with and ends_with see the text as it is": [
        Row("domain", "contains", "www.", [], ["WWW.a.example", "a.example"]),
        Row("domain", "starts_with", "a.", ["HTTPS://a.example", "www.A.example"], ["b.example"]),
        Row("domain", "ends_with", ".example", [" a.Example ", "a.example.", "a.example/"], []),
        Row("linkedin_url", "ends_with", "/", ["example.com/in/ada/"], ["example.com/in/ada"]),
        Row("linkedin_url", "starts_with", "example.com", ["example.com/a"], ["www.example.com/a"]),
        Row("page_equals", "contains", "#", ["/a#b"], ["/a"]),
        Row("page_equals", "starts_with", "/pricing", ["/pricing/a"], [PRICING]),
        Row("page_equals", "ends_with", "/pricing", [PRICING], ["/pricing/", "/pricing#a"]),
        Row("page_contains", "starts_with", "/pricing", ["/pricing/a"], [PRICING]),
        Row("page_contains", "contains", "/pricing/", ["/a/pricing/b"], ["/pricing"]),
        Row("country", "contains", "united", ["United States"], ["US", "USA"]),
        Row("country", "starts_with", "US", ["USA"], ["United States", "840"]),
        Row("country", "ends_with", "states", ["United States"], ["US"]),
    ],
    "4 country: any name or ISO 3166 code of a country means that country": [
        Row(
            "country",
            "equals",
            "US",
            ["US", "us", " USA ", "United States", "UNITED STATES OF AMERICA", 840, "840"],
            ["CA", "Canada", "U", "United", "States", 84, "Umbrella"],
        ),
        Row("country", "equals", "United Kingdom", ["GB", "GBR", "UK", "826"], ["Ukraine", "IE"]),
        Row("country", "in", ["deu", "FR"], ["Germany", "DE", "276", "fra", "France"], ["Austria"]),
        Row("country", "has_any", ["Germany"], [["fr", "de"]], [["fr", "at"]]),
        Row("country", "has_all", ["US", "DE"], [["Germany", "USA"]], [["Germany", "DE"], "US"]),
        Row("country", "has_all", ["US", "USA"], ["United States"], ["UK"]),
        Row("country", "equals", "Atlantis", [" ATLANTIS "], ["AT", "Atlantis 2"]),
        Row("country", "equals", 840, ["USA"], ["DE"]),
        Row("country", "equals", "South Sudan", ["SS"], ["'ss'", "(SS)", "S S"]),
        Row("country", "equals", "'ss'", ["'SS'"], ["SS", "South Sudan"]),
        Row("country", "equals", "Côte d'Ivoire", ["CI", "cote d'ivoire"], ["CL"]),
        Row("country", "equals", "NO", ["Norway", "nor"], [False, "N"]),
        Row("region", "equals", "US", ["us"], ["USA", "United States"]),
    ],
    "4 pages: strings, or objects with url or path, or one string": [
        Row(
            "page_contains",
            "equals",
            "/a",
            [
                ["/a"],
                "/a",
                [{"url": "https://example.com/a"}],
                [{"path": "/a"}],
                [{"url": "/a", "path": "/b"}],
                [{"url": None, "path": "/a"}],
                [{"title": "x", "path": "/a"}, "/b"],
                ["/b", None, 5, {}, ["/c"], "/a"],
            ],
            [
                [{"url": "/b", "path": "/a"}],
                [{"url": "", "path": "/a"}],
                [{"url": 5, "path": "/a"}],
                [{"href": "/a"}],
                [["/a"]],
                {"url": "/a"},
                {"path": ["/a"]},
            ],
        ),
        Row("page_equals", "has_all", ["/a", "/b"], [[{"url": "/a"}, "/b"]], [[{"url": "/a"}]]),
    ],
    "4 last_seen: ISO 8601 or epoch seconds or milliseconds": [
        Row(
            "last_seen_days",
            "equals",
            3,
            [
                "2026-11-20T12:00:00Z",
                "2026-11-19T12:00:01Z",
                "2026-11-20",
                "20261120",
                " 2026-11-20 ",
                "2026-11-20T12:00",
                "2026-11-20 06:00:00.5",
                "20261120T060000Z",
                "2026-W47-5",
                "2026-11-20T20:00:00+08:00",
                "2026-11-20T02:00:00-10:00",
                1795176000,
                "1795176000",
                1795176000.5 - 1,
                "1.795176e9",
                1795176000000,
                "1795176000000",
            ],
            [
                "2026-11-20T12:00:01Z",
                "2026-11-20T12:00:01",
                "2026-11-19T12:00:00Z",
                "2026-11-20T20:00:01+08:00",
                1795176001,
                1795176000001,
                "20/11/2026",
                "2026-11",
                "2026-13-20",
                "2026-11-31",
                "20261320",
                "Friday",
                NOTHING,
            ],
        ),
        Row("last_seen_days", "equals", 0, ["2026-11-23T12:00:00Z", "2026-11-22T12:00:01Z"]),
        Row("last_seen_days", "equals", 0, ["2026-11-23T12:00:01Z", "2027-01-01", 4e9], [1e9]),
        Row("last_seen_days", "equals", 1, ["2026-11-22T12:00:00Z"], ["2026-11-22T12:00:00.5Z"]),
        Row("last_seen_days", "lt", 0, [], ["2027-01-01"]),
        # At 10^11 milliseconds begin: that is 1973-03-03, and one second less is the year 5138.
        Row("last_seen_days", "equals", 19623, [100000000000, "100000000000"], [99999999999]),
        Row("last_seen_days", "equals", 0, [99999999999]),
        Row("last_seen_days", "gte", 20545, ["1969-12-31"], [0, "0", -1, 46346, "46346.4", 1e7]),
        Row("last_seen_days", "equals", 3, [20261120, "20261120", 20261120.0], [20261320, "2026"]),
        Row(
            "last_seen_days",
            "exists",
            ABSENT,
            ["0001-01-01"],
            [1e30, NAN, True, {}, [0]],
        ),
    ],
    "4 last_seen: the spellings of exports": [
        Row(
            "last_seen_days",
            "equals",
            3,
            [
                "2026-11-20 10:00:00 UTC",
                "2026-11-20 10:00:00.123456 UTC",
                "2026-11-20T10:00:00+0000",
                "2026-11-20 10:00:00 +0000 UTC",
                "2026-11-20T10:00:00.123456789+00:00",
                "2026/11/20",
                "2026/11/20 10:00",
                "20.11.2026",
                "20.11.2026 10:00",
                "Nov 20, 2026",
                "November 20, 2026 10:00 AM",
                "20 Nov 2026",
                "20 November 2026 10:00",
                "Fri, 20 Nov 2026 10:00:00 GMT",
                "Fri, 20 Nov 2026 10:00:00 +0000",
                "2026-11-20 10:00 AM",
                "2026-11-20 12:30 am",
                "1795170600.5",
                "1795170600000000",
                1795170600000000000,
                "1.7951706E12",
            ],
            [
                "11/20/2026",
                "20/11/2026",
                "11/20/2026 10:00 AM",
                "2026-11",
                "2026-324",
                "2026-11-20-10",
                "2026-11-20T10:00:00Z[UTC]",
                "46346",
                "2 days ago",
                "0000-00-00 00:00:00",
                "2026-11-20 13:00 PM",
                "-",
            ],
        ),
    ],
    "4 country: names of CLDR, initials, and the country's own names": [
        Row(
            "country",
            "equals",
            "us",
            ["U.S.", "U.S.A.", "the United States", "Estados Unidos"],
            ["(US)", "U"],
        ),
        Row(
            "country",
            "equals",
            "Germany",
            ["Deutschland", "DEU", "276", "(Germany)"],
            ["Deutsch", "Germany 🇩🇪"],
        ),
        Row("country", "in", ["UAE", "UK"], ["U.A.E.", "U.K.", "GB", "Great Britain"], ["US"]),
        Row("country", "equals", "Republic of Ireland", ["Ireland", "IE", "Éire"], ["GB"]),
        Row("country", "equals", "South Korea", ["Korea, South", "KR", "대한민국"], ["KP"]),
        Row("country", "equals", "HK", ["Hong Kong SAR", "Hong Kong"], ["China"]),
        Row("country", "equals", "Spain", ["España", "Espana", "ESPAÑA"], ["Hispania"]),
        Row("country", "equals", "Myanmar", ["Myanmar (Burma)", "Burma", "MM"], []),
    ],
    "4 where last_seen is missing, a numeric last_seen_days serves": [
        Row(
            "last_seen_days",
            "equals",
            7,
            [
                Visitor(last_seen_days=7),
                Visitor(last_seen_days="7"),
                Visitor(last_seen_days=7.5),
                Visitor(last_seen_days=7, last_seen=None),
                Visitor(last_seen_days=7, last_seen=" "),
                Visitor(last_seen_days=7, last_seen="soon"),
                Visitor(last_seen_days=1, last_seen="2026-11-16"),
            ],
            [
                Visitor(last_seen_days=7, last_seen="2026-11-20"),
                Visitor(last_seen_days="a week"),
                NOTHING,
            ],
        ),
        Row(
            "last_seen_days", "equals", 0, [Visitor(last_seen_days=-8)], [Visitor(last_seen_days=1)]
        ),
    ],
}

# Nested records and other usual names, which only the mapping of icpctl knows.
WEBHOOKS = {
    "4 the default mapping reads other usual names, and nested records of webhooks": [
        Row("company_size", "gte", 51, [Visitor(employee_count="51-200")], [Visitor(size=180)]),
        Row("company_size", "equals", 180, [Visitor(company={"employee_count": 180})]),
        Row("industry", "equals", "SaaS", [Visitor(company={"industry": "SaaS"})]),
        Row("industry", "exists", ABSENT, [], [Visitor(company="SaaS"), Visitor(company=[])]),
        Row("domain", "equals", "a.example", [Visitor(company={"domain": "www.a.example"})]),
        Row("job_title", "equals", "CTO", [Visitor(visitor={"job_title": "CTO"})]),
        Row("linkedin_url", "exists", ABSENT, [Visitor(visitor={"linkedin_url": "a.example"})]),
        Row("utm_source", "equals", "bing", [Visitor(session={"utm_source": "bing"})]),
        Row("page_contains", "equals", "/a", [Visitor(session={"pages_visited": ["/a"]})]),
    ],
}

# Match and score


@dataclass(frozen=True)
class Part:
    """A condition of a worked score example: its weight, and whether it is to hold."""

    held: bool
    weight: float | None = None
    optional: bool = False

    def condition(self, name: str) -> dict[str, Any]:
        """The condition, on a text field whose value is always `yes`."""
        made: dict[str, Any] = {"type": name, "comparator": "equals"}
        made["value"] = "yes" if self.held else "no"
        if self.weight is not None:
            made["weight"] = self.weight
        if self.optional:
            made["optional"] = True
        return made


HOLDS_ALL = dict.fromkeys(PLAIN_TEXT, "yes")
YES, NO, MAY, MAY_NOT = Part(True), Part(False), Part(True, None, True), Part(False, None, True)


def yes(weight: float) -> Part:
    """A required condition that holds."""
    return Part(True, weight)


def no(weight: float) -> Part:
    """A required condition that does not hold."""
    return Part(False, weight)


def may(weight: float) -> Part:
    """An optional condition that holds."""
    return Part(True, weight, optional=True)


def may_not(weight: float) -> Part:
    """An optional condition that does not hold."""
    return Part(False, weight, optional=True)


def scored(name: str, score: float | None, *groups: list[str | Part]) -> Case:
    """Groups such as `["AND", YES, may_not(2)]`, and the score by hand."""
    rules = {
        "groups": [
            {
                "operator": operator,
                "conditions": [
                    part.condition(field_name)
                    for part, field_name in zip(parts, PLAIN_TEXT, strict=False)
                ],
            }
            for operator, *parts in groups
        ]
    }
    return Case(name, rules, HOLDS_ALL, score)


SECTION_5 = {
    "5 AND matches when every required condition holds": [
        scored("one of one", 100.0, ["AND", YES]),
        scored("none of one", None, ["AND", NO]),
        scored("two of two", 100.0, ["AND", YES, YES]),
        scored("four of four", 100.0, ["AND", YES, YES, YES, YES]),
        scored("three of four", None, ["AND", YES, YES, NO, YES]),
        scored("one of two", None, ["AND", YES, NO]),
        scored("optional ones do not matter", 50.0, ["AND", YES, MAY_NOT]),
        scored("optional ones do not help", None, ["AND", NO, MAY, MAY]),
    ],
    "5 OR matches when at least one required condition holds": [
        scored("one of one", 100.0, ["OR", YES]),
        scored("none of one", None, ["OR", NO]),
        scored("one of two", 100.0, ["OR", NO, YES]),
        scored("none of two", None, ["OR", NO, NO]),
        scored("one of four", 100.0, ["OR", NO, NO, NO, YES]),
        scored("optional ones do not matter", 50.0, ["OR", NO, YES, MAY_NOT]),
        scored("optional ones do not help", None, ["OR", NO, NO, MAY]),
    ],
    "5 a group without required conditions matches everyone": [
        scored("AND, all held", 100.0, ["AND", MAY, MAY]),
        scored("AND, one held", 50.0, ["AND", MAY, MAY_NOT]),
        scored("AND, none held", 0.0, ["AND", MAY_NOT, MAY_NOT]),
        scored("OR, all held", 100.0, ["OR", MAY]),
        scored("OR, one held", 25.0, ["OR", may(1), may_not(3)]),
        scored("OR, none held", 0.0, ["OR", MAY_NOT]),
    ],
    "5 in AND every required condition carries its weight": [
        scored("(1+1) / (1+1+1)", 66.67, ["AND", YES, YES, MAY_NOT]),
        scored("(2+3) / (2+3+5)", 50.0, ["AND", yes(2), yes(3), may_not(5)]),
        scored("(2+3+1) / (2+3+1+4)", 60.0, ["AND", yes(2), yes(3), may(1), may_not(4)]),
        scored("(1+1) / (1+1+1), one is optional", 66.67, ["AND", YES, MAY, MAY_NOT]),
        scored("1 / (1+2)", 33.33, ["AND", YES, may_not(2)]),
        scored("2.5 / (2.5+7.5)", 25.0, ["AND", yes(2.5), may_not(7.5)]),
    ],
    "5 in OR the required part weighs as much as its heaviest condition": [
        scored("3 / 3, the heaviest holds", 100.0, ["OR", yes(3), no(1)]),
        scored("1 / 3, a light one holds", 33.33, ["OR", no(3), yes(1)]),
        scored("2 / 3, the heaviest that holds", 66.67, ["OR", no(3), yes(1), yes(2)]),
        scored("2 / 2, never above 100", 100.0, ["OR", yes(2), yes(2), yes(1)]),
        scored("(1+1) / (3+1)", 50.0, ["OR", no(3), yes(1), may(1)]),
        scored("5 / (5+5)", 50.0, ["OR", yes(1), yes(5), may_not(5)]),
        scored("(2+3) / (4+3+1)", 62.5, ["OR", yes(2), no(4), may(3), may_not(1)]),
    ],
    "5 a config's score is the highest of its matching groups": [
        scored("the second is higher", 75.0, ["AND", YES, may_not(3)], ["AND", yes(3), MAY_NOT]),
        scored("the first is higher", 75.0, ["AND", yes(3), MAY_NOT], ["OR", YES, may_not(3)]),
        scored(
            "a group that fails adds nothing", 25.0, ["OR", YES, may_not(3)], ["AND", NO, may(9)]
        ),
        scored("any group is enough", 100.0, ["AND", NO], ["OR", NO], ["AND", YES]),
        scored("none matches", None, ["AND", YES, NO], ["OR", NO, may(9)]),
        scored("everyone, and nothing held", 0.0, ["AND", MAY_NOT], ["AND", NO]),
    ],
    "5 scores are rounded to 2 decimals, half away from zero": [
        scored("1 / 32 = 3.125", 3.13, ["AND", yes(1), may_not(31)]),
        scored("1 / 800 = 0.125", 0.13, ["AND", yes(1), may_not(799)]),
        scored("5 / 32 = 15.625", 15.63, ["AND", yes(5), may_not(27)]),
        scored("201 / 20000 = 1.005", 1.01, ["AND", yes(201), may_not(19799)]),
        scored("107 / 4000 = 2.675", 2.68, ["AND", yes(107), may_not(3893)]),
        scored("1 / 16 = 6.25", 6.25, ["AND", yes(1), may_not(15)]),
        scored("1 / 3 = 33.333", 33.33, ["OR", yes(1), may_not(2)]),
        scored("2 / 3 = 66.667", 66.67, ["OR", yes(2), may_not(1)]),
        scored("1 / 100000 = 0.001", 0.0, ["AND", yes(1), may_not(99999)]),
        scored("1 / 20000 = 0.005", 0.01, ["AND", yes(1), may_not(19999)]),
        scored("19999 / 20000 = 99.995", 100.0, ["AND", yes(19999), may_not(1)]),
        scored("99999 / 800000 = 12.499875", 12.5, ["AND", yes(99999), may_not(700001)]),
    ],
    "5 weights are the decimals that were typed": [
        scored("0.3 / 0.6", 50.0, ["AND", yes(0.1), may(0.2), may_not(0.3)]),
        scored("0.3 / 0.9", 33.33, ["AND", yes(0.1), may(0.2), may_not(0.6)]),
        scored("0.8 / 640 = 0.125", 0.13, ["AND", yes(0.7), may(0.1), may_not(639.2)]),
        scored("0.8 / 16000 = 0.005", 0.01, ["AND", yes(0.7), may(0.1), may_not(15999.2)]),
        scored("1.1 / 880 = 0.125", 0.13, ["OR", yes(1.1), no(0.5), may_not(878.9)]),
        scored("0.1 / 80 = 0.125", 0.13, ["AND", yes(0.1), may_not(79.9)]),
        scored("0.001 / 0.003", 33.33, ["AND", yes(0.001), may_not(0.002)]),
        scored("1e6 / (1e6 + 0.1)", 100.0, ["AND", yes(1000000), may_not(0.1)]),
        scored("a weight of 1 is the default", 50.0, ["AND", YES, may_not(1)]),
    ],
}


class Ordered(NamedTuple):
    """Configs that hold (True) or not, as (slug, priority, parts), and the verdict on a visitor."""

    name: str
    entries: list[tuple[str, int | None, list[str | Part]]]
    icp: str | None
    icp_score: float
    matches: list[tuple[str, float]]

    def configs(self) -> list[tuple[str, dict[str, Any]]]:
        """The configs in the order of the table, which is that of their priorities."""
        made = []
        for slug, priority, parts in self.entries:
            body = {"label": slug.title(), "rules": scored("", None, parts).rules}
            made.append((slug, body if priority is None else body | {"priority": priority}))
        return made


ORDERED = [
    Ordered("no config matches", [("a", 1, ["AND", NO]), ("b", 2, ["OR", NO])], None, 0.0, []),
    Ordered("one config matches", [("a", 1, ["AND", YES])], "a", 100.0, [("a", 100.0)]),
    Ordered(
        "the first in order wins, not the highest score",
        [("low", 1, ["AND", YES, MAY_NOT]), ("high", 2, ["AND", YES])],
        "low",
        50.0,
        [("low", 50.0), ("high", 100.0)],
    ),
    Ordered(
        "the first that matches wins",
        [("a", 1, ["AND", NO]), ("b", 2, ["AND", YES, may_not(3)]), ("c", 3, ["AND", YES])],
        "b",
        25.0,
        [("b", 25.0), ("c", 100.0)],
    ),
    Ordered(
        "a lower priority number comes first, whatever the slug",
        [("z", -1, ["AND", YES]), ("y", 0, ["AND", YES]), ("a", 10, ["AND", YES])],
        "z",
        100.0,
        [("z", 100.0), ("y", 100.0), ("a", 100.0)],
    ),
    Ordered(
        "priorities compare as numbers, an absent one comes last",
        [("c", 9, ["AND", YES, MAY_NOT]), ("b", 10, ["AND", YES]), ("a", None, ["AND", YES])],
        "c",
        50.0,
        [("c", 50.0), ("b", 100.0), ("a", 100.0)],
    ),
    Ordered(
        "with one priority the slug decides",
        [("a-2", 5, ["AND", YES]), ("a1", 5, ["AND", YES]), ("b", 5, ["AND", MAY_NOT])],
        "a-2",
        100.0,
        [("a-2", 100.0), ("a1", 100.0), ("b", 0.0)],
    ),
    Ordered(
        "a match with score 0 is a match",
        [("everyone", 1, ["AND", MAY_NOT]), ("some", 2, ["AND", YES])],
        "everyone",
        0.0,
        [("everyone", 0.0), ("some", 100.0)],
    ),
]

IDS: list[tuple[dict[str, Any], str | None]] = [
    ({"id": "v1"}, "v1"),
    ({"visitor_id": "v2"}, "v2"),
    ({"visitorId": "v3"}, "v3"),
    ({"id": None, "visitor_id": "v4"}, "v4"),
    ({"id": "v5", "visitor_id": "other"}, "v5"),
    ({"industry": "SaaS"}, None),
    ({"id": None}, None),
    ({}, None),
]


class Warned(NamedTuple):
    """Condition types that are asked for, a record, and the fields that do not fit."""

    types: list[str]
    record: dict[str, Any]
    fields: list[str]


WARNINGS = [
    Warned(["company_size"], {"company_size": "lots"}, ["company_size"]),
    Warned(["company_size"], {"company_size": "51-200"}, []),
    Warned(["company_size"], {"company_size": "200-51"}, ["company_size"]),
    Warned(["company_size"], {"company_size": "1,200"}, []),
    Warned(["company_size"], {"company_size": "N/A"}, []),
    Warned(["company_size"], {"company_size": 1.5}, ["company_size"]),
    Warned(["last_seen_days"], {"last_seen": "11/20/2026"}, ["last_seen"]),
    Warned(["industry"], {"company_size": "lots"}, []),
    Warned(["session_count"], {"session_count": "3"}, []),
    Warned(["session_count"], {"session_count": NAN}, ["session_count"]),
    Warned(["session_count"], {"session_count": True}, ["session_count"]),
    Warned(["session_count"], {"session_count": [3]}, ["session_count"]),
    Warned(["session_count"], {"session_count": 10**400}, ["session_count"]),
    Warned(["session_count"], {"session_count": "51-200"}, ["session_count"]),
    Warned(["session_count"], {"session_count": " "}, []),
    Warned(["session_count"], {"session_count": []}, []),
    Warned(["session_count"], {"session_count": None, "sessionCount": "x"}, ["session_count"]),
    Warned(["industry"], {"industry": {"name": "SaaS"}}, ["industry"]),
    Warned(["industry"], {"industry": {}}, ["industry"]),
    Warned(["industry"], {"industry": NAN}, ["industry"]),
    Warned(["industry"], {"industry": ["SaaS", None, "", 5, True]}, []),
    Warned(["industry"], {"industry": ["SaaS", {}]}, ["industry"]),
    Warned(["industry"], {"industry": [["SaaS"], {}]}, ["industry"]),
    Warned(["icp_match"], {"icp_match": "maybe"}, ["icp_match"]),
    Warned(["icp_match"], {"icp_match": 2}, ["icp_match"]),
    Warned(["icp_match"], {"icp_match": "TRUE"}, []),
    Warned(["page_contains"], {"pages": "/a"}, []),
    Warned(["page_contains"], {"pages": ["/a", None, ""]}, []),
    Warned(["page_contains"], {"pages": ["/a", 5]}, ["pages"]),
    Warned(["page_contains"], {"pages": ["/a", {}]}, ["pages"]),
    Warned(["page_equals"], {"pages": {"url": "/a"}}, ["pages"]),
    Warned(["page_equals", "page_contains"], {"pages": [{"url": 5, "path": "/a"}]}, ["pages"]),
    Warned(["last_seen_days"], {"last_seen": "yesterday"}, ["last_seen"]),
    Warned(["last_seen_days"], {"last_seen": "2026-11-20"}, []),
    Warned(["last_seen_days"], {"last_seen": "soon", "last_seen_days": 3}, ["last_seen"]),
    Warned(["last_seen_days"], {"last_seen_days": "three"}, ["last_seen_days"]),
    Warned(["country", "city"], {"country": {}, "city": {}}, ["city", "country"]),
    Warned(["country"], {"country": "Atlantis"}, []),
    Warned(["employee_size_range"], {"employee_size_range": {}}, ["employee_size_range"]),
    Warned(["employee_size_range"], {"company_size": "lots"}, ["company_size"]),
]

TABLES: dict[str, list[Row]] = {**SECTION_2, **SECTION_3, **SECTION_4}
