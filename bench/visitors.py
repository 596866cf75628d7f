"""Makes visitor exports: `python -m bench.visitors FILE ROWS [flat|nested|distinct|dirty]`.

Always the same bytes: the sequence of `RandomState` is frozen by NumPy. Rows are made in chunks,
so that any number of them takes the same memory.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.fields import ORDER, TEXTS

CHUNK = 100_000
SITE = "https://www.example.com"
_NEWEST = 1_795_428_000  # 2026-11-23T10:00:00Z

INDUSTRIES = (
    "Software|SaaS|FinTech|Banking|Insurance|Manufacturing|Healthcare|Hospitals|Education|"
    "Government|Retail|E-Commerce|Media|Telecommunications|Logistics|Energy|Construction|"
    "Real Estate|Consulting|Legal Services|Pharmaceuticals|Biotechnology|Automotive|Aerospace|"
    "Food & Beverages|Hospitality|Non-Profit|Agriculture|Chemicals|Maschinenbau"
).split("|")
PLACES = [
    ("US", "California", "San Francisco", "941"),
    ("US", "New York", "New York", "100"),
    ("US", "Texas", "Austin", "787"),
    ("US", "Massachusetts", "Boston", "021"),
    ("GB", "England", "London", "EC"),
    ("DE", "Bayern", "München", "803"),
    ("US", "Washington", "Seattle", "981"),
    ("CA", "Ontario", "Toronto", "M5"),
    ("DE", "Berlin", "Berlin", "101"),
    ("FR", "Île-de-France", "Paris", "750"),
    ("GB", "Scotland", "Edinburgh", "EH"),
    ("NL", "Noord-Holland", "Amsterdam", "101"),
    ("US", "Illinois", "Chicago", "606"),
    ("IN", "Karnataka", "Bengaluru", "560"),
    ("CH", "Zürich", "Zürich", "80"),
    ("ES", "Cataluña", "Barcelona", "080"),
    ("SE", "Stockholm", "Stockholm", "111"),
    ("AU", "New South Wales", "Sydney", "20"),
    ("AT", "Wien", "Wien", "10"),
    ("BR", "São Paulo", "São Paulo", "013"),
]
TITLES = [
    f"{rank}{role}"
    for rank in ("VP of ", "Head of ", "Director of ", "", "Senior ", "Junior ", "Chief ")
    for role in (
        "Engineering|Marketing|Sales|Product|Operations|Finance|Data|Security|People|Growth|"
        "Customer Success|IT|Procurement|Risk|Digital Health|Revenue Operations|Design|Legal"
    ).split("|")
]
SOURCES = "google|linkedin|newsletter|bing|partner|facebook|x|reddit|podcast|g2".split("|")
MEDIUMS = "cpc|social|email|organic|referral|display".split("|")
CAMPAIGNS = [f"q{q}_{t}" for t in ("brand", "crm", "retarget", "webinar", "abm") for q in range(4)]
TERMS = [
    f"{a} {b}"
    for a in ("crm", "visitor", "lead", "sales", "b2b", "account")
    for b in ("scoring", "identification", "software", "enrichment", "tool", "pricing")
]
CONTENTS = [f"banner_{letter}" for letter in "abcdefgh"] + ["video_1", "video_2", "cta_top"]
PATHS = [
    *("/", "/pricing", "/demo", "/customers", "/docs", "/contact", "/signup", "/security"),
    *("/integrations", "/careers", "/about", "/changelog", "/partners", "/enterprise"),
    *(f"/docs/{topic}" for topic in ("api", "webhooks", "schema", "quickstart", "sso", "export")),
    *(f"/integrations/{name}" for name in ("crm", "email", "slack", "warehouse", "ads")),
    *(f"/blog/post-{number}" for number in range(150)),
]
RANGES = [
    (10, "1-10"),
    (50, "11-50"),
    (200, "51-200"),
    (500, "201-500"),
    (1_000, "501-1000"),
    (5_000, "1001-5000"),
    (10_000, "5001-10000"),
    (10**9, "10001+"),
]
COMPANIES = 20_000

NESTED = {
    "visitor": {
        "id": "visitor_id",
        **{name: name for name in ("country", "region", "city", "job_title", "linkedin_url")},
        **{name: name for name in ("session_count", "icp_match", "persona_match", "icp_score")},
    },
    "company": {
        **{name: name for name in ("industry", "domain", "employee_size_range")},
        "employee_count": "company_size",
        **{n: f"company_{n}" for n in ("city", "region", "postal_code")},
    },
    "session": {
        **{name: name for name in ("utm_source", "utm_medium", "utm_campaign", "utm_term")},
        "utm_content": "utm_content",
        "pages_visited": "pages",
        "page_view_count": "page_view_count",
        "ended_at": "last_seen_at",
    },
}


def columns(first: int, *, distinct: bool = False) -> dict[str, pa.Array]:
    """JSON texts of a chunk's rows, field by field, null where a visitor has none."""
    count = CHUNK
    dice = np.random.RandomState(first // CHUNK)
    number = np.arange(first, first + count)
    company = _leaning(dice, COMPANIES, count, 1.5)
    place, size = company % len(PLACES), _sizes()[company]
    anonymous, unnamed = dice.random_sample(count) < 0.35, dice.random_sample(count) < 0.3
    direct = dice.random_sample(count) < 0.45
    there = np.where(dice.random_sample(count) < 0.8, place, dice.randint(0, len(PLACES), count))
    found = {
        "visitor_id": _joined('"v', number, '"'),
        "utm_source": _pick(SOURCES, _leaning(dice, len(SOURCES), count, 2), direct),
        "utm_medium": _pick(MEDIUMS, _leaning(dice, len(MEDIUMS), count, 2), direct),
        "utm_campaign": _pick(CAMPAIGNS, dice.randint(0, len(CAMPAIGNS), count), direct),
        "utm_term": _pick(TERMS, dice.randint(0, len(TERMS), count), direct | unnamed),
        "utm_content": _pick(CONTENTS, dice.randint(0, len(CONTENTS), count), direct | ~unnamed),
        "session_count": _numbers(1 + _leaning(dice, 20, count, 4)),
        "last_seen_at": _dates(_NEWEST - _leaning(dice, 180 * 86_400, count, 2)),
        "country": _pick([p[0] for p in PLACES], there),
        "region": _pick([p[1] for p in PLACES], there),
        "city": _pick([p[2] for p in PLACES], there),
        "industry": _pick(INDUSTRIES, company * 7 % 997 % len(INDUSTRIES), anonymous),
        "domain": _pick([f"company-{n:05}.example" for n in range(COMPANIES)], company, anonymous),
        "company_size": _numbers(size, anonymous),
        "job_title": _pick(
            TITLES, dice.randint(0, len(TITLES), count), anonymous | (unnamed & ~direct)
        ),
        "linkedin_url": _joined(
            '"https://www.linkedin.com/in/person-', number, '/"', anonymous | unnamed
        ),
        "employee_size_range": _pick(
            [name for _, name in RANGES],
            np.searchsorted([top for top, _ in RANGES], size),
            anonymous,
        ),
        "company_city": _pick([p[2] for p in PLACES], place, anonymous),
        "company_region": _pick([p[1] for p in PLACES], place, anonymous),
        "company_postal_code": _pick(
            [f"{p[3]}{n:02}" for n in range(20) for p in PLACES], company % 400, anonymous
        ),
        "icp_match": _pick([True, False], _leaning(dice, 2, count, 0.5), anonymous),
        "persona_match": _pick([True, False], _leaning(dice, 2, count, 0.5), unnamed),
        "icp_score": _numbers(dice.randint(0, 101, count), anonymous),
    }
    counts = 1 + _leaning(dice, 8, count, 2)
    found["page_view_count"] = _numbers(counts)
    found["pages"] = _pages(dice, counts, number, distinct=distinct)
    if distinct:
        for name in TEXTS:
            stem = pc.utf8_slice_codeunits(found[name], 0, -1)
            found[name] = pc.binary_join_element_wise(stem, " ", _numbers(number), '"', "")
    return found


def lines(rows: dict[str, pa.Array], *, nested: bool = False) -> pa.Array:
    """The rows as JSON objects, one a line."""
    if not nested:
        return pc.binary_join_element_wise(_object(rows, {n: n for n in ORDER}), "\n", "")
    inner = {key: _object(rows, names) for key, names in NESTED.items()}
    head = '{"event": "visitor.identified", '
    return pc.binary_join_element_wise(head, _members(inner, {k: k for k in inner}), "}\n", "")


def write(path: Path, count: int, kind: str = "flat") -> None:
    """Write `count` visitors. In `dirty` every thousandth line is cut off."""
    with path.open("wb") as file:
        for first in range(0, count, CHUNK):
            text = lines(columns(first, distinct=kind == "distinct"), nested=kind == "nested")
            text = text[: count - first]
            if kind == "dirty":
                cut = pa.array(np.arange(len(text)) % 1000 == 500)
                stump = pc.binary_join_element_wise(pc.utf8_slice_codeunits(text, 0, 200), "\n", "")
                text = pc.if_else(cut, stump, text)
            file.write(memoryview(text.buffers()[2])[: pc.sum(pc.binary_length(text)).as_py()])


def _object(rows: dict[str, pa.Array], names: dict[str, str]) -> pa.Array:
    return pc.binary_join_element_wise("{", _members(rows, names), "}", "")


def _members(rows: dict[str, pa.Array], names: dict[str, str]) -> pa.Array:
    parts = []
    for number, (key, name) in enumerate(names.items()):
        parts += [f'{", " if number else ""}"{key}": ', pc.fill_null(rows[name], "null")]
    return pc.binary_join_element_wise(*parts, "")


def _leaning(dice: np.random.RandomState, size: int, count: int, power: float) -> np.ndarray:
    """Numbers below `size`; a power above 1 leans towards 0."""
    return (dice.random_sample(count) ** power * size).astype(np.int64)


def _sizes() -> np.ndarray:
    dice = np.random.RandomState(2026)
    return np.exp(dice.normal(5.3, 1.9, COMPANIES)).astype(np.int64) + 1


def _pick(words: list, numbers: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    texts = pa.array([json.dumps(word, ensure_ascii=False) for word in words])
    return texts.take(pa.array(numbers, mask=missing))


def _numbers(numbers: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    return pa.array(numbers, mask=missing).cast(pa.string())


def _joined(head: str, numbers: np.ndarray, tail: str, missing: np.ndarray | None = None):
    return pc.binary_join_element_wise(head, _numbers(numbers, missing), tail, "")


def _dates(seconds: np.ndarray) -> pa.Array:
    moments = pc.strftime(pa.array(seconds, pa.timestamp("s")), '"%Y-%m-%dT%H:%M:%SZ"')
    return moments.cast(pa.string())


def _pages(
    dice: np.random.RandomState, counts: np.ndarray, number: np.ndarray, *, distinct: bool
) -> pa.Array:
    total = int(counts.sum())
    seen = _pick([SITE + path for path in PATHS], _leaning(dice, len(PATHS), total, 2.5))
    source = _leaning(dice, len(SOURCES) * 10, total, 1)
    tails = [f"?ref={name}" for name in SOURCES]
    tail = pa.array([*tails, ""]).take(pa.array(np.minimum(source, len(tails))))
    if distinct:
        visitor = _numbers(np.repeat(number, counts))
        tail = pc.binary_join_element_wise("?visit=", visitor, "-", _numbers(np.arange(total)), "")
    stem = pc.utf8_slice_codeunits(seen, 0, -1)
    items = pc.binary_join_element_wise(stem, tail, '"', "")
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), items), ", ")
    return pc.binary_join_element_wise("[", joined, "]", "")


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
