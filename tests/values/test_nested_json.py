"""Nested records through the default mapping, scored and held to the oracle."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests import oracle
from tests.exports.reading_oracle import DEFAULT, at, best_of, by_icpctl, fields_of
from tests.exports.torture import config
from tests.long import long, some
from tests.support import AS_OF, score_files

if TYPE_CHECKING:
    from pathlib import Path

CONFIGS = [
    config("cto", ("job_title", "in", ["CTO", "VP"]), ("industry", "not_equals", "Retail")),
    config("docs", ("page_contains", "equals", "/docs")),
    config("large", ("company_size", "gte", 100)),
    config("none", ("domain", "not_exists"), ("linkedin_url", "not_exists")),
    config("place", ("country", "equals", "US"), ("company_city", "not_in", ["Bonn"])),
    config("recent", ("last_seen_days", "lte", 7)),
    config("search", ("utm_source", "equals", "google")),
    config("yes", ("persona_match", "equals", True)),
]
VALUES: dict[str, list[Any]] = {
    "job_title": ["CTO", "VP", "", None, ["Clerk", "CTO"], {}],
    "industry": ["SaaS", "Retail", None, 5, "\ud800"],
    "pages": [["/docs"], "/docs", [{"url": "/docs"}], [], {"url": "/docs"}, None, ["/a", None]],
    "company_size": [180, "51-200", "lots", "120", None, float("nan")],
    "domain": ["a.example", None, " "],
    "linkedin_url": ["example.com/in/a", None],
    "country": ["USA", "DE", None],
    "company_city": ["Bonn", "Munich", None],
    "last_seen": ["2026-11-20", 1795176000, "soon", None],
    "utm_source": ["google", "bing", None],
    "persona_match": [True, "true", 0, "maybe"],
    "id": ["a", 7, None],
}
IN_PLACE_OF_AN_OBJECT = [None, "Acme", 1.5, True, [], [{"industry": "Retail"}], ["a"], {}]


def nested(random: Random) -> dict[str, Any]:
    """A record with some fields, each at any of its paths, and odd things at their places."""
    record: dict[str, Any] = {}
    for field in random.sample(sorted(VALUES), random.randrange(len(VALUES) + 1)):
        for path in random.sample(DEFAULT[field], random.choice([1, 1, 2])):
            put(record, path, random.choice(VALUES[field]))
    for key in ("visitor", "company", "session"):
        if random.random() < 0.1:
            record[key] = random.choice(IN_PLACE_OF_AN_OBJECT)
    if random.random() < 0.3:
        record |= {"event": "visitor.identified", "Company": {"industry": "Retail"}}
    return record


def put(record: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        record = record.setdefault(key, {})
    record[path[-1]] = value


def flattened(record: dict[str, Any]) -> dict[str, Any]:
    """The flat record of the same visitor."""
    found = {}
    for field, paths in DEFAULT.items():
        values = [value for path in paths for value in at(record, path) if value is not None]
        found[field] = best_of(field, values)
    return found


def check(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    scored = score_files(CONFIGS, [path])
    assert scored.rejected == []
    warnings: Counter[str] = Counter()
    assert len(scored.rows) == len(records)
    for record, row in zip(records, scored.rows, strict=True):
        read = oracle.read_line(json.dumps(record).encode(), first=False)
        assert isinstance(read, dict)
        flat = flattened(read)
        verdict = oracle.verdict(CONFIGS, flat, as_of=AS_OF)
        warnings.update(verdict.pop("warnings"))
        warnings.update(["id"] * (isinstance(flat["id"], dict | list) and flat["id"] != []))
        assert {key: row[key] for key in verdict} == verdict, record
    assert scored.report["fieldWarnings"] == dict(warnings)


@long
@pytest.mark.parametrize("seed", some(range(6)))
def test_scores_are_those_of_the_flat_record(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    check(tmp_path / "visitors.jsonl", [nested(random) for _ in range(500)])


@pytest.mark.parametrize("value", IN_PLACE_OF_AN_OBJECT, ids=json.dumps)
@pytest.mark.parametrize("first", [False, True])
def test_something_else_in_place_of_an_object(tmp_path: Path, value: Any, first: bool) -> None:
    whole = {
        "visitor": {"id": "a", "job_title": "CTO"},
        "company": {"industry": "SaaS", "domain": "a.example", "employee_count": 180},
        "session": {"utm_source": "google", "pages_visited": ["/docs"]},
    }
    odd = [whole | {key: value} for key in whole]
    odd += [{key: value} for key in whole]
    check(tmp_path / "visitors.jsonl", [*odd, whole] if first else [whole, *odd, whole])


@long
def test_keys_that_come_late(tmp_path: Path) -> None:
    """The reader looks at the first 200 records; what only later ones have is not lost."""
    early: list[dict[str, Any]] = [{"id": str(n), "other": "x"} for n in range(300)]
    late: list[dict[str, Any]] = [
        {"company": {"industry": "Retail"}, "jobTitle": "CTO"},
        {"visitor": {"title": "CTO"}},
        {"session": {"page_urls": ["/docs"]}},
        {"company": {"size": "101-200"}},
        {"company": {"unknown": 1}},
        {"visitor": None},
        {"visitor": {}},
        {"lastSeen": "2026-11-20"},
        {"other": "x"},
        {"other": None},
        {"personaMatch": 1, "other": "x"},
    ]
    check(tmp_path / "visitors.jsonl", [*early, *late, *early, *late])


@long
def test_nothing_known_in_any_record(tmp_path: Path) -> None:
    check(tmp_path / "visitors.jsonl", [{}, {"a": 1}, {"company": {"a": 1}}, {"": None}] * 60)


@long
def test_very_many_keys(tmp_path: Path) -> None:
    many = {f"key {number}": number for number in range(20_000)}
    records = [
        many | {"industry": "Retail", "jobTitle": "CTO"},
        {"visitor": many},
        {"company": many},
    ]
    records += [{**many, "company": many | {"employees": 180}}]
    check(tmp_path / "visitors.jsonl", records)


def test_every_path_of_the_default_mapping(tmp_path: Path) -> None:
    """Alone, before the next one, behind a null, and in place of the next one where it is null."""
    records: list[dict[str, Any]] = []
    fields: list[dict[str, Any]] = []
    for field, paths in DEFAULT.items():
        for path, later in zip(paths, [*paths[1:], paths[0]], strict=True):
            for values in (
                [("x", path)],
                [("x", path), ("y", later)],
                [(None, path), ("z", later)],
            ):
                record: dict[str, Any] = {}
                for value, place in reversed(values):
                    put(record, place, value)
                records.append(record)
                fields.append(fields_of(record, DEFAULT))
                assert fields[-1][field] in ("x", "z", ["x"], ["z"], "y", ["y"])
    lines = [json.dumps(record).encode() + b"\n" for record in records]
    assert list(by_icpctl(b"".join(lines)).records.values()) == fields
    assert len(records) > 300
