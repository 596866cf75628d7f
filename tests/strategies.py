"""Hypothesis strategies for configs and records whose values overlap, so that conditions hold.

Types, comparators and value shapes come from the vocabulary; each type draws the values of its
conditions and of its visitors from one small pool of words that are hard to compare.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES, Kind, Shape, comparators_for
from tests.oracle import FIELDS, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TYPES = sorted(CONDITION_TYPES)
INTRICATE = [
    *("company_size", "country", "domain", "employee_size_range", "last_seen_days"),
    *("linkedin_url", "page_contains", "page_equals"),
]
SLUGS = ["a", "a-2", "a1", "b", "enterprise", "mid-market", "smb", "z9"]
WEIGHTS = [1, 2, 3, 0.1, 0.2, 0.3, 0.7, 2.5, 1 / 3, 0.001, 1.0, 31, 3.1, 1000000]
OTHER_NAMES = {
    "last_seen": ["last_seen_at", "lastSeenAt", "lastSeen"],
    "pages": ["pages_visited", "pagesVisited"],
}
ABSENT = object()


def weighted(*choices: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """One of these strategies, each as often as its number says; the first is the simplest."""
    deck = [strategy for times, strategy in choices for _ in range(times)]
    return st.integers(0, len(deck) - 1).flatmap(deck.__getitem__)


def among(*values: Any) -> st.SearchStrategy[Any]:
    """One of these values."""
    return st.sampled_from(values)


# Words

WORDS = {
    "utm_source": ["google", "Google Ads", "ads"],
    "utm_medium": ["paid%20social", "paid social", "e-mail"],
    "utm_campaign": ["q4_brand", "q4%brand", "q4xbrand"],
    "utm_term": ['it\'s "crm"', "c:\\crm\\x", "$1 {0} {} *.^[a]", "crm"],
    "utm_content": ["\U0001f680 launch", "\U0001f469\u200d\U0001f4bb", "launch", "true", "5"],
    "industry": ["Software", "Software & Services", "SaaS"],
    "region": ["\u0130stanbul", "istanbul", "\u0131stanbul", "i\u0307stanbul"],
    "city": ["Stra\u00dfe", "STRASSE", "stra\u1e9ee", "Strase"],
    "job_title": [
        "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
        "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3",
        "VP \u03c3",
        "VP",
    ],
    "company_city": ["caf\u00e9", "cafe\u0301", "CAF\u00c9", "cafe"],
    "company_region": ["\ufb01nland", "Finland", "\u212a", "k"],
    "company_postal_code": ["94105", "02134", "2134", "1.5", "EC1A 1BB"],
    "country": [
        *("US", "USA", "United States", "840", "DE", "Germany", "deu", "GB", "UK"),
        *(
            "United Kingdom",
            "FR",
            "Atlantis",
            "U",
            "states",
            "Deutschland",
            "U.S.",
            "(Germany)",
            "Germany \U0001f1e9\U0001f1ea",
            "\U0001f600 us",
        ),
    ],
    "domain": [
        *("northwind.example", "www.Northwind.example", "northwind.example.", "www.", "https://"),
        *(
            "HTTPS://www.northwind.example:8443/a?b=c#d",
            "shop.northwind.example",
            "northwind.example?a",
        ),
    ],
    "linkedin_url": [
        *("https://www.example.com/in/ada/", "http://example.com/in/ada#top", "example.com/in/ada"),
        *("https://www.example.com/in/zo%C3%AB", "https://www.example.com/in/zo\u00eb"),
    ],
    "employee_size_range": [
        *("51-200", "51 \u2013 200", "201-500", "1,001-5,000", "1001\u20145000", "10,001+"),
        *("10001 +", "1'001-5\u2019000", "small", "1K-5K", "over 10,000", "10,001+ employees"),
    ],
    "page_contains": [
        *(
            "/pricing",
            "pricing",
            "https://www.example.com/pricing",
            "/docs",
            "ref=a%26b",
            "/stra\u00dfe",
        ),
        *("example.com", "?", "#", "/"),
    ],
    "page_equals": [
        *("/pricing", "/pricing/", "https://www.example.com/pricing", "example.com/pricing/"),
        *("/", "/docs", "https://example.com/docs?ref=a%26b", "/stra\u00dfe", "pricing"),
    ],
}
PAGES = [
    *("https://www.example.com/pricing", "http://example.com/Pricing/", "/pricing", "/pricing/#a"),
    *("HTTPS://WWW.EXAMPLE.COM/PRICING?utm_source=x#top", "//example.com/pricing", "pricing"),
    *(
        "example.com:8080/pricing",
        "https://example.com/docs?ref=a%26b",
        "/docs",
        "/docs/a?b=/pricing",
    ),
    *("/?UTM_Source=google&utm_medium=paid+social", "/a?utm%5Fterm=CRM&utm_content=%35#x"),
    *("https://example.com", "/", "https://example.com/STRASSE", "/caf%C3%A9", "/caf\u00e9", "#"),
]
# Pieces that make up texts on the edge of the normal forms.
PIECES = {
    "domain": ["www.", "https://", "a.example", ".", ":80", "/", "?", "#", "x", " ", "WWW."],
    "linkedin_url": ["www.", "https://", "a.example", "/", "//", "#", "x", "?", " "],
    "pages": ["www.", "HTTP://", "a.example", "/", "/x", "//", "#", "?", "x", " "],
    "size": ["51", "200", "1", ",", "001", ".", "'", "-", "\u2013", "+", " "],
    "text": [
        "a",
        "A",
        " ",
        "\u00df",
        "\u0130",
        "\u03c3",
        "%",
        "_",
        "\\",
        '"',
        "'",
        "*",
        "$1",
        "{}",
        "\U0001f680",
        "\u00a0",
    ],
}
PIECES_OF = {"page_contains": "pages", "page_equals": "pages", "employee_size_range": "size"}

STYLES: list[Callable[[str], str]] = [
    *([str] * 5),
    str.upper,
    str.lower,
    str.swapcase,
    lambda text: f"  {text}\t",
    lambda text: f"\u00a0{text}\u2003",
]
AROUND: list[Callable[[str], str]] = [
    lambda text: f"{text} 2",
    lambda text: f"my {text}",
    lambda text: f"x{text}/y",
    lambda text: text.replace(" ", "  "),
    lambda text: text[1:],
]


def styled(words: list[str]) -> st.SearchStrategy[str]:
    """A word in any letter case, with or without outer spaces."""
    return st.builds(
        lambda style, word: style(word), st.sampled_from(STYLES), st.sampled_from(words)
    )


def pieced(kind: str) -> st.SearchStrategy[str]:
    """A few pieces in a row; not blank."""
    pieces = st.lists(st.sampled_from(PIECES[kind]), min_size=1, max_size=6)
    return pieces.map("".join).filter(str.strip)


def words_of(name: str) -> st.SearchStrategy[str]:
    """A text for a condition of this type, or for its visitors."""
    pieces = PIECES_OF.get(name, name if name in PIECES else "text")
    words = weighted((9, styled(WORDS[name])), (1, pieced(pieces)))
    if name == "page_equals":  # a path has neither query nor fragment
        return words.filter(lambda text: not re.match("/.*[?#]", text.strip()))
    return words


# Visitor values

MISSING = among(None, "", " ", "\t\u00a0", [])
JUNK = among({}, {"name": "a"}, {"a": {"b": [1, {}]}}, math.nan, math.inf, [[]], [{}], [["a"], {}])


def texts_of(name: str) -> st.SearchStrategy[Any]:
    """Visitor values of a text field."""
    word = words_of(name)
    near = st.builds(
        lambda change, text: change(text), st.sampled_from(AROUND), st.sampled_from(WORDS[name])
    )
    scalars = among(*numbers_in(WORDS[name]), 5, True, False, 1.5, 78701, 0)
    item = weighted((8, word), (2, near), (1, scalars), (1, MISSING.filter(lambda v: v != [])))
    junk = among({}, {"url": "/a"}, [], ["a"], math.nan)
    odd = among(
        *("N/A", "NULL", "(not set)", "#N/A", "NaN", "\\N"),
        "\ud800",
        "a\x00b",
        "\ufeff",
        "null",
        "\u200b",
        "[]",
        "{}",
        "x" * 300,
    )
    return weighted(
        (2, st.just(ABSENT)),
        (10, word),
        (2, near),
        (3, st.lists(item, max_size=4)),
        (1, st.lists(weighted((3, item), (1, junk)), min_size=1, max_size=4)),
        (1, scalars),
        (1, MISSING),
        (1, JUNK),
        (1, odd),
    )


def numbers_in(words: list[str]) -> list[Any]:
    """The words that are JSON numbers, as numbers."""
    return [json.loads(word) for word in words if word.isdigit() and not word.startswith("0")]


NUMBERS = {
    "page_view_count": [0, 1, 2, 2.5, 3, 10, -1],
    "session_count": [0, 1, 2, 3, 1e3, 0.1, 0.30000000000000004, 0.3],
    "company_size": [1, 10, 50, 51, 100, 180, 200, 201, 1000, 1001, 5000, 2**53],
    "icp_score": [0, 12.5, 50, 70, 99.99, 100],
    "last_seen_days": [0, 1, 2, 7, 30, 31],
}
NO_NUMBERS = [
    *("lots", "1,200", "+5", ".5", "5.", "007", "0x10", "1_000", "NaN", "Infinity", "1e999"),
    *("\u0661\u0662", "\uff15", "5 0", "--5", "51-", "-", True, False, [5], [None], {}, {"n": 5}),
    *(math.nan, math.inf, -math.inf, 10**400),
]


def numbers_of(name: str) -> st.SearchStrategy[Any]:
    """Visitor values of a number field."""
    number = st.sampled_from(NUMBERS[name])
    as_text = st.builds(lambda form, n: form.format(n), among("{}", " {} ", "{}e0", "{}\n"), number)
    huge = among(2**53 + 1, 10**30, "1E2", "12e-1", "-5", "0.0", "1.000")
    spelt = among(
        *("1,200", "1 200", "1'200", "1.200", "1.5K", "2m", "1B", "$50", "50 \u20ac", "-$5"),
        *("1,200.50", "1\u202f000", "0.1k", "- 5", "\u00a370.0", "0.03K", "1,20", "K", "$"),
    )
    return weighted(
        (2, st.just(ABSENT)),
        (10, number),
        (3, as_text),
        (1, huge),
        (2, spelt),
        (1, MISSING),
        (2, st.sampled_from(NO_NUMBERS)),
    )


SIZES = weighted(
    (8, numbers_of("company_size")),
    (4, styled(WORDS["employee_size_range"])),
    (1, among("51-51", "200-51", "1-3", "1-", "+", "10+", "1-2-3", "51 to 200", "1.000", "1.000+")),
    (1, pieced("size")),
    (
        2,
        among(
            *("251-1K", "1K to 5K", "over 10,000", "<10", "under 10", "10+ employees", "1K"),
            *("51-200 Employees", ">= 50", "up to 50", "50 and above", {"min": 51, "max": 200}),
            *({"min": 10}, {"max": 50}, {"min": "a"}, {"min": 5, "max": 1}),
        ),
    ),
)
FLAGS = weighted(
    (2, st.just(ABSENT)),
    (5, st.booleans()),
    (3, among(1, 0, "true", "TRUE", " False ", "1", "0")),
    (1, MISSING),
    (1, among("yes", "N", "On", "0.0", "maybe", 2, -1, 0.5, [], [True], {}, math.nan, "1.0", "t")),
)


def page_lists() -> st.SearchStrategy[Any]:
    """Visitor values of the pages."""
    page = weighted((6, styled(PAGES)), (1, pieced("pages")))
    item = weighted(
        (6, page),
        (1, page.map(lambda url: {"url": url, "path": "/never"})),
        (1, page.map(lambda path: {"url": None, "path": path, "title": "x"})),
        (1, page.map(lambda path: {"path": path})),
        (1, among(None, "", " ", {"url": "", "path": "/docs"})),
    )
    junk = among(
        {}, {"url": 5, "path": "/docs"}, {"href": "/docs"}, {"url": None}, 5, True, [], ["/"]
    )
    return weighted(
        (1, st.just(ABSENT)),
        (8, st.lists(item, min_size=1, max_size=4)),
        (2, page),
        (2, st.lists(weighted((3, item), (1, junk)), max_size=4)),
        (1, MISSING),
        (1, among({}, {"url": "/docs"}, 5, True, math.nan, 0)),
    )


# Around 2026-11-23T12:00:00Z, which is 1795435200 seconds after 1970.
MOMENTS = weighted(
    (3, st.just(ABSENT)),
    (
        6,
        among(
            *("2026-11-23", "2026-11-22", "2026-11-21T12:00:00Z", "2026-11-21T12:00:01Z"),
            *(
                "2026-11-22T12:00:00+00:00",
                "2026-11-22T20:00:00+08:00",
                "2026-11-22T01:59:59-10:00",
            ),
            *("20261116", " 2026-11-16 11:59 ", "2026-11-16T12:00:00.000001", "2026-W47-1"),
            *("2026-10-24T12:00:00Z", "2026-10-23T12:00:00Z", "2027-01-01", "0001-01-01"),
        ),
    ),
    (
        4,
        st.builds(
            lambda form, seconds: form(seconds),
            among(int, str, float, lambda s: s * 1000, lambda s: str(s * 1000), lambda s: f"{s}.5"),
            among(1795435200, 1795348800, 1795348801, 1794830400, 1792843200, 1795435201),
        ),
    ),
    (
        3,
        among(
            *("2026-11-20 10:00:00 UTC", "2026-11-20T10:00:00+0000", "2026/11/20", "20.11.2026"),
            *("Nov 20, 2026", "20 November 2026 11:00 PM", "Fri, 20 Nov 2026 10:00:00 GMT"),
            *("2026-11-20 10:00:00 +0000 UTC", 1795170600000000, "1795170600000000000", "N/A"),
            *("2026-11-20 12:30 AM", "20/11/2026", "2026-11-20-10", "1.7951706E12", "46346"),
        ),
    ),
    (1, among(0, -1, 1e11, 99999999999, -1e11, 20261116, "0", "1e9", "2026", 1795435200000.5)),
    (1, MISSING),
    (
        2,
        among(
            *("yesterday", "2026-13-01", "2026-02-30", "20261350", "12345678", "11/23/2026"),
            *("2026-11", "0000-01-01", "0001-01-01T00:00:00+05:00", "T12:00", "\ud800"),
            *(True, {}, [1795435200], ["2026-11-22"], math.nan, 1e30, -1e30, "1e999"),
        ),
    ),
)
VALUES = {
    **{name: texts_of(name) for name, entry in CONDITION_TYPES.items() if entry.kind is Kind.TEXT},
    **{name: numbers_of(name) for name in NUMBERS},
    **{name: FLAGS for name, entry in CONDITION_TYPES.items() if entry.kind is Kind.BOOLEAN},
    "company_size": SIZES,
    "pages": page_lists(),
    "last_seen": MOMENTS,
}
NOISE = among(
    {},
    {},
    {},
    {"extra": {"a": [[[{"b": None}]]], "\u00df": 1}},
    {"": "", "INDUSTRY": "Software", "Country": "US", "City": {}},
    {"id": "v1", "visitor_id": "v2"},
    {"matches": [], "icp": "a", "line": 1, "source": "x"},
)


def camel(field: str) -> str:
    """The camelCase name of a field."""
    head, *rest = field.split("_")
    return head + "".join(word.capitalize() for word in rest)


@st.composite
def records(draw: st.DrawFn, types: Iterable[str] = TYPES) -> dict[str, Any]:
    """A visitor with the fields that conditions of these types ask for."""
    record = dict(draw(NOISE))
    spelling = draw(st.integers(0, 7))
    for field in sorted({field for name in types for field in FIELDS.get(name, [name])}):
        value = draw(VALUES[field])
        if value is ABSENT:
            continue
        other = OTHER_NAMES.get(field, [camel(field)])
        if spelling < 5:
            record[field] = value
        elif spelling < 7:
            record |= {field: None, other[0]: value} if spelling == 5 else {other[-1]: value}
        else:
            record |= dict.fromkeys(other, "never") | {field: value}
    return record


# Configs


def number_for(name: str) -> st.SearchStrategy[Any]:
    """A number for a condition, now and then as text."""
    number = st.sampled_from(NUMBERS[name])
    return weighted((9, number), (1, number.map(json.dumps)))


def scalar_for(name: str) -> st.SearchStrategy[Any]:
    """A value for `equals`, or one of a list."""
    kind = CONDITION_TYPES[name].kind
    if kind is Kind.NUMBER:
        return number_for(name)
    if kind is Kind.BOOLEAN:
        return weighted((4, st.booleans()), (1, among("true", "false")))
    numbers = numbers_in(WORDS[name])
    return weighted((9, words_of(name)), *([(1, st.sampled_from(numbers))] if numbers else []))


CUTS: dict[str, list[Callable[[str], str]]] = {
    "starts_with": [lambda word: word[:1], lambda word: word[:3]],
    "ends_with": [lambda word: word[-1:], lambda word: word[-3:]],
    "contains": [lambda word: word[:3], lambda word: word[-3:], lambda word: word[1:-1]],
    "contains_word": [
        lambda word: word.split()[0],
        lambda word: word.split()[-1],
        lambda word: word[1:],
        lambda word: word[:-1],
    ],
}


def part_for(name: str, comparator: str) -> st.SearchStrategy[str]:
    """A text for `contains` and its like: a word or a part of one; not blank."""
    cuts = st.sampled_from(CUTS[comparator.removeprefix("not_")])
    cut = st.builds(lambda change, word: change(word), cuts, st.sampled_from(WORDS[name]))
    return weighted((2, words_of(name)), (5, cut.filter(visible)))


def value_for(name: str, comparator: str) -> st.SearchStrategy[Any]:
    """A value of the right shape for a condition; ABSENT where none is needed."""
    match COMPARATORS[comparator].shape:
        case Shape.SCALAR:
            return scalar_for(name)
        case Shape.TEXTS:
            part = part_for(name, comparator)
            parts = st.lists(part, min_size=1, max_size=4, unique_by=listed_as)
            return weighted((3, part), (1, parts))
        case Shape.LIST:
            most = 2 if comparator == "has_all" else 4
            return st.lists(scalar_for(name), min_size=1, max_size=most, unique_by=listed_as)
        case Shape.NUMBER:
            return number_for(name)
        case Shape.BOUNDS:
            return st.tuples(*[st.sampled_from(NUMBERS[name])] * 2).map(sorted)
        case Shape.FLAG:
            return among(ABSENT, ABSENT, True, False)


def listed_as(value: Any) -> Any:
    """What makes two listed values the same."""
    return (value if isinstance(value, str) else json.dumps(value)).strip().casefold()


CONDITION_VALUES = {
    (name, comparator): value_for(name, comparator)
    for name, entry in CONDITION_TYPES.items()
    for comparator in comparators_for(entry.kind)
}


@st.composite
def conditions(draw: st.DrawFn, types: list[str]) -> dict[str, Any]:
    """A condition on one of these types with any comparator that it allows."""
    name = draw(st.sampled_from(types))
    comparator = draw(st.sampled_from(comparators_for(CONDITION_TYPES[name].kind)))
    made: dict[str, Any] = {"type": name, "comparator": comparator}
    value = draw(CONDITION_VALUES[name, comparator])
    if value is not ABSENT:
        made["value"] = value
    role = draw(st.integers(0, 9))
    if role >= 6:
        made["optional"] = role >= 7
    if draw(st.booleans()):
        made["weight"] = draw(st.sampled_from(WEIGHTS))
    return made


def groups(types: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """A group; now and then one whose conditions are all optional."""
    some = st.lists(conditions(types), min_size=1, max_size=4)
    optional = some.map(lambda made: [condition | {"optional": True} for condition in made])
    return st.fixed_dictionaries(
        {"operator": among("AND", "OR"), "conditions": weighted((7, some), (1, optional))}
    )


@st.composite
def configs(draw: st.DrawFn, types: list[str] = TYPES) -> list[tuple[str, dict[str, Any]]]:
    """1 to 6 configs on these types as (slug, body), in order: priority, then slug."""
    made = []
    for slug in draw(st.lists(st.sampled_from(SLUGS), min_size=1, max_size=6, unique=True)):
        body: dict[str, Any] = {"label": slug.upper()}
        priority = draw(among(None, 0, 1, 2, 10, -1))
        if priority is not None:
            body["priority"] = priority
        if draw(st.integers(0, 3)) == 0:
            body["minScore"] = draw(among(0, 1, 25, 33.33, 50, 66.667, 80, 100))
        if draw(st.integers(0, 5)) == 0:
            body["exclude"] = draw(st.booleans())
        body["rules"] = {"groups": draw(st.lists(groups(types), min_size=1, max_size=3))}
        made.append((slug, body))
    return sorted(made, key=lambda pair: (pair[1].get("priority", math.inf), pair[0]))


@st.composite
def later_versions(draw: st.DrawFn, body: dict[str, Any], types: list[str]) -> dict[str, Any]:
    """A later version of a config: a few steps away from it."""
    new = {**body, "rules": {"groups": [dict(it) for it in body["rules"]["groups"]]}}
    if draw(st.integers(0, 4)) == 0:
        new["priority"] = draw(among(None, 0, 1, 20))
    those = new["rules"]["groups"]
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(those) - 1))
        chosen = list(those[at]["conditions"])
        place = draw(st.integers(0, len(chosen) - 1))
        match draw(st.integers(0, 6)):
            case 0 if len(chosen) > 1:
                del chosen[place]
            case 1:
                chosen.insert(place, draw(conditions(types)))
            case 2:
                chosen[place] = draw(conditions(types))
            case 3:
                chosen[place] = chosen[place] | {"optional": draw(st.booleans()), "weight": 2}
            case 4:
                those[at]["operator"] = draw(among("AND", "OR"))
            case 5 if len(those) > 1:
                del those[at]
                continue
            case _:
                those.append(draw(groups(types)))
        those[at]["conditions"] = chosen
    return new


TIERS: list[dict[str, float]] = [
    {},
    {},
    {"A": 80, "B": 50, "C": 0},
    {"low": 33.333, "high": 66.67},
    {"only": 100},
]


def some_types() -> st.SearchStrategy[list[str]]:
    """A few condition types, so that several configs and all records are about the same fields."""
    return st.lists(st.sampled_from(TYPES + INTRICATE * 3), min_size=2, max_size=6, unique=True)
