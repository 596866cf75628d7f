"""Small worlds whose every visitor can be listed, and what a naive evaluator makes of them.

A world is a field with conditions on it and with visitors that together show every behaviour that
these conditions can have. The truth of each condition comes from the oracle.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from tests import oracle
from tests.support import AS_OF


@dataclass(frozen=True)
class World:
    """Conditions, and all visitors that can matter to them, as the fields of a record."""

    conditions: tuple[dict[str, Any], ...]
    visitors: tuple[dict[str, Any], ...]


def one(name: str, comparator: str, value: Any = None) -> dict[str, Any]:
    """A condition as a config has it."""
    return {"type": name, "comparator": comparator} | ({} if value is None else {"value": value})


def strings(letters: str, longest: int) -> list[str]:
    return ["".join(it) for n in range(1, longest + 1) for it in product(letters, repeat=n)]


def lists_of(field: str, texts: list[str], conditions: list[dict[str, Any]]) -> list[dict]:
    """Lists of texts: one for each combination of what the conditions see.

    Conditions on several listed values are taken apart, since different texts may meet them.
    """
    parts = [it for condition in conditions for it in apart(condition)]

    def seen(text: str) -> tuple[bool, ...]:
        return tuple(oracle.holds(it, {field: [text]}, as_of=AS_OF) for it in parts)

    alone: dict[tuple[bool, ...], list[str]] = {}
    for text in texts:
        alone.setdefault(seen(text), [text])
    found = dict(alone)
    fresh = dict(alone)
    while fresh:
        # A list meets each part that one of its texts meets.
        tried = [
            (tuple(map(max, a, b)), one + two)
            for a, one in fresh.items()
            for b, two in alone.items()
        ]
        fresh = {}
        for key, texts_ in tried:
            if key not in found:
                found[key] = fresh[key] = texts_
    return [{}, *({field: it} for it in found.values())]


def apart(condition: dict[str, Any]) -> list[dict[str, Any]]:
    value = condition.get("value")
    if not isinstance(value, list):
        return [condition | {"comparator": condition["comparator"].removeprefix("not_")}]
    return [condition | {"comparator": "equals", "value": it} for it in value]


def texts(field: str, name: str, elements: list[str], conditions: list[dict[str, Any]]) -> World:
    return World(tuple(conditions), tuple(lists_of(field, elements, conditions)))


@cache
def worlds() -> dict[str, World]:
    numbers = [one("session_count", c, v) for c in ("gt", "gte", "lt", "lte") for v in (2, 5)]
    numbers += [
        one("session_count", "equals", 2),
        one("session_count", "in", [2, 3]),
        one("session_count", "not_in", [3, 5]),
        one("session_count", "between", [2, 3]),
        one("session_count", "not_equals", 5),
        one("session_count", "exists"),
        one("session_count", "not_exists"),
    ]
    sizes = [one("company_size", c, v) for c in ("gt", "gte", "lt", "lte") for v in (2, 4)]
    sizes += [
        one("company_size", "in", [2, 3]),
        one("company_size", "in", [1, 2, 3, 3.5]),
        one("company_size", "not_in", [4, 2]),
        one("company_size", "equals", 3),
        one("company_size", "between", [1, 3]),
        one("company_size", "between", [3, 4]),
        one("company_size", "exists"),
        one("company_size", "exists", False),
    ]
    halves = [it / 2 for it in range(-2, 14)]
    singles = [int(it) if it % 1 == 0 else it for it in halves]
    ranges: list[Any] = [f"{low}-{high}" for high in range(7) for low in range(high)]
    ranges += [f"{low}+" for low in range(7)]
    bands = [
        one("employee_size_range", "equals", "1-3"),
        one("employee_size_range", "in", ["1-3", "3 \u2013 5"]),
        one("employee_size_range", "has_any", ["5+"]),
        one("employee_size_range", "has_all", ["1-3", "5+"]),
        one("employee_size_range", "not_in", ["3-5"]),
        one("employee_size_range", "exists"),
        one("company_size", "gte", 3),
        one("company_size", "lt", 2),
        one("company_size", "exists"),
    ]
    listed = [
        {},
        *({"employee_size_range": it} for it in ("1-3", "3-5", "5+", "9", ["1-3", "3-5"])),
    ]
    listed += [
        {"employee_size_range": it}
        for it in (["1-3", "5+"], ["3-5", "5+"], ["1-3", "3-5", "5+"], ["1-3", "9"])
    ]
    counted = [{}, *({"company_size": it} for it in [*singles, *ranges])]
    words = [
        one("industry", "equals", "A"),
        one("industry", "in", ["ab", "B"]),
        one("industry", "has_all", ["a", "b"]),
        one("industry", "not_in", ["a", "b"]),
        one("industry", "not_equals", "ab"),
        one("industry", "contains", "AB"),
        one("industry", "contains", "b"),
        one("industry", "not_contains", "ba"),
        one("industry", "starts_with", "a"),
        one("industry", "starts_with", "ab"),
        one("industry", "ends_with", "b"),
        one("industry", "ends_with", "ba"),
        one("industry", "exists"),
        one("industry", "not_exists"),
    ]
    countries = [
        one("country", "equals", "US"),
        one("country", "in", ["usa", "DE"]),
        one("country", "in", ["Germany", "Atlantis"]),
        one("country", "not_in", ["840", "Germany"]),
        one("country", "not_equals", "Atlantis"),
        one("country", "has_all", ["US", "DE"]),
        one("country", "exists"),
    ]
    pages = [
        one("page_contains", "contains", "/a"),
        one("page_contains", "has_any", ["/a/b", "x.example"]),
        one("page_contains", "has_all", ["/a", "/b"]),
        one("page_contains", "not_in", ["/a/b"]),
        one("page_equals", "equals", "/a"),
        one("page_equals", "in", ["/a/b/", "https://x.example/a"]),
        one("page_equals", "not_equals", "x.example/a"),
        one("page_equals", "starts_with", "/a"),
        one("page_equals", "ends_with", "/b"),
        one("page_equals", "has_all", ["/a", "/b"]),
        one("page_equals", "exists"),
    ]
    hosts = ["", "x.example", "https://www.x.example", "y.example", "z", "/z"]
    paths = [
        "",
        "/",
        "/a",
        "/a/",
        "/a/b",
        "/b",
        "/c",
        "/a?b",
        "/b?a",
        "/b/a",
        "/c/b",
        "/ac",
        "/a/bc",
        "/cb",
    ]
    addresses = [a + b for a in hosts for b in paths if (a + b).strip()]
    addresses += [f"/c?{a}" for a in addresses] + [f"{a}/c" for a in addresses]
    domains = [
        one("domain", "equals", "a.example"),
        one("domain", "in", ["https://www.a.example/x", "b.example"]),
        one("domain", "not_in", ["b.example"]),
        one("domain", "contains", "example"),
        one("domain", "not_contains", "a.ex"),
        one("domain", "starts_with", "a."),
        one("domain", "ends_with", ".example"),
        one("domain", "has_all", ["a.example", "b.example"]),
    ]
    names = [
        "a.example",
        "b.example",
        "c.example",
        "ca.example",
        "example",
        "c",
        "a.c",
        "a.exc",
        "ca.exc",
        ".example",
    ]
    hosted = [h + n + t for h in ("", "www.", "zz://") for n in names for t in ("", "/", "/c")]
    flags = [
        one("icp_match", "equals", True),
        one("icp_match", "not_equals", True),
        one("icp_match", "equals", False),
        one("icp_match", "exists"),
    ]
    return {
        "numbers": World(
            tuple(numbers), ({}, *({"session_count": it} for it in (-1, 0, 2, 2.5, 3, 4, 5, 6)))
        ),
        "sizes": World(tuple(sizes), tuple(counted)),
        "bands": World(tuple(bands), tuple(a | b for a in listed for b in counted)),
        "words": texts(
            "industry", "industry", strings("abc", 4) + strings("abc", 5)[-243::3], words
        ),
        "countries": texts(
            "country", "country", ["US", "Germany", "Atlantis", "France", "x"], countries
        ),
        "pages": texts("pages", "page_equals", addresses, pages),
        "domains": texts("domain", "domain", hosted, domains),
        "flags": World(tuple(flags), ({}, {"icp_match": True}, {"icp_match": False})),
    }


def bodies_hold(body: dict[str, Any], record: dict[str, Any]) -> Any:
    """The score that the oracle gives, rounded; None where the config does not match."""
    score = oracle.config_score(body, record, as_of=AS_OF)
    is_match = score is not None and oracle.rounded(score) >= body.get("minScore", 0)
    return oracle.rounded(score) if is_match else None
