"""The same bytes at any number of threads, and in one file or in a hundred."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from icpctl.config.model import IcpConfig
from icpctl.output.layout import Layout
from icpctl.output.verdict_rows import FORMATS
from icpctl.scoring.run import Options, score
from tests.long import long
from tests.support import AS_OF

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VISITORS = 30_000
FILES = 100
THREADS = (1, 2, 8)


def config(dice: Random, number: int) -> tuple[str, IcpConfig]:
    def condition(kind: int) -> dict[str, Any]:
        return [
            {"type": "industry", "comparator": "in", "value": dice.sample(INDUSTRIES, 3)},
            {"type": "company_size", "comparator": "gte", "value": dice.choice([10, 50, 200])},
            {"type": "page_contains", "comparator": "has_any", "value": dice.sample(PAGES, 2)},
            {"type": "job_title", "comparator": "not_contains", "value": dice.choice("aeio")},
            {"type": "last_seen_days", "comparator": "lte", "value": dice.choice([7, 30, 60])},
            {"type": "country", "comparator": "not_in", "value": dice.sample(COUNTRIES, 2)},
        ][kind]

    groups = []
    for _ in range(dice.choice([1, 1, 2])):
        operator = dice.choice(["AND", "AND", "OR"])
        kinds = [0, *dice.sample(range(1, 6), 4)] if operator == "AND" else [0, 0, 2, 4]
        conditions = [condition(kind) for kind in kinds]
        for optional in conditions[2 if operator == "OR" else 3 :]:
            optional |= {"optional": True, "weight": dice.choice([0.1, 0.7, 1, 3])}
        groups.append({"operator": operator, "conditions": conditions})
    body = {"label": f"Profile {number}", "rules": {"groups": groups}}
    return f"profile-{number:02}", IcpConfig.model_validate(body)


INDUSTRIES = ["Software", "Banking", "Media", "Retail", "Energy", "Legal", "Saas"]
PAGES = ["/pricing", "/demo", "/docs", "/blog", "/careers"]
COUNTRIES = ["US", "Germany", "FR", "Norway", "IN"]


def line(dice: Random, number: int) -> str:
    visitor = {
        "id": f"v{number}",
        "industry": dice.choice([*INDUSTRIES, None, ["Media", "Retail"], f"Other {number}"]),
        "company_size": dice.choice([5, 49, 50, "51-200", 1_000, "lots", None]),
        "pages": [f"https://x.example{page}" for page in dice.choices(PAGES, k=3)],
        "job_title": dice.choice(["CEO", "Head of IT", "Clerk", None]),
        "last_seen": f"2026-{dice.randint(9, 11):02}-{dice.randint(1, 22):02}T08:00:00Z",
        "country": dice.choice([*COUNTRIES, "USA", "de", "Norge"]),
    }
    return json.dumps(visitor) if dice.random() > 0.001 else '{"id": "cut off'


@pytest.fixture(scope="module")
def lines() -> list[str]:
    dice = Random(7)
    return [line(dice, number) for number in range(VISITORS)]


@pytest.fixture(scope="module")
def configs() -> list[tuple[str, IcpConfig]]:
    dice = Random(8)
    return [config(dice, number) for number in range(5)]


def digest(
    files: Sequence[Path], configs: list[tuple[str, IcpConfig]], out: Path, threads: int
) -> tuple[str, dict[str, Any]]:
    """What the rows come to, and the report without what time it took."""
    options = Options(datetime.fromisoformat(AS_OF), threads=threads)
    with out.open("wb") as file:
        writer = FORMATS[".jsonl"](file, Layout())
        run = score([str(path) for path in files], configs, options, on_rows=writer.write)
        writer.close()
    report = run.report.model_dump(exclude={"elapsed_seconds"})
    return hashlib.sha256(out.read_bytes()).hexdigest(), report


@long
def test_threads_and_cuts_change_nothing(
    lines: list[str], configs: list[tuple[str, IcpConfig]], tmp_path: Path
) -> None:
    whole = tmp_path / "whole.jsonl"
    whole.write_text("\n".join(lines))
    size = -(-len(lines) // FILES)
    pieces = []
    for number in range(FILES):
        pieces.append(tmp_path / f"piece-{number:03}.jsonl")
        pieces[-1].write_text("\n".join(lines[number * size : (number + 1) * size]))
    out = tmp_path / "rows.jsonl"
    expected = digest([whole], configs, out, 1)
    assert expected[1]["visitors"] > VISITORS * 0.99
    assert expected[1]["rejected"] > 0
    assert 0 < expected[1]["matched"] < expected[1]["visitors"]
    for threads in THREADS[1:]:
        assert digest([whole], configs, out, threads) == expected
    for threads in THREADS:
        assert digest(pieces, configs, out, threads) == expected


def test_a_run_tells_where_its_time_went(lines: list[str], tmp_path: Path) -> None:
    path = tmp_path / "visitors.jsonl"
    path.write_text("\n".join(lines[:100]))
    body = {"groups": [{"operator": "AND", "conditions": [CONDITION]}]}
    configs = [("one", IcpConfig.model_validate({"label": "One", "rules": body}))]
    timings = score([str(path)], configs, Options(datetime.fromisoformat(AS_OF))).timings
    steps = ["plan", "scan", "columns", "conditions", "verdicts", "wait for scoring", "count"]
    assert {*steps, "write"} <= set(timings)
    assert all(seconds >= 0 for seconds in timings.values())


CONDITION = {"type": "industry", "comparator": "equals", "value": "Media"}
