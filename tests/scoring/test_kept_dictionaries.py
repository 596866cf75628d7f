"""Dictionaries that are kept from batch to batch change no verdict, misfit or line."""

from __future__ import annotations

import json
import random
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from icpctl.config.model import IcpConfig
from icpctl.exports.readers.reading import Reader
from icpctl.scoring.run import Options, score
from tests.long import long

if TYPE_CHECKING:
    from pathlib import Path

    from icpctl.scoring.run import Rows, Run

CONDITIONS: list[dict[str, Any]] = [
    {"type": "industry", "comparator": "in", "value": ["SaaS", "Fintech"]},
    {"type": "industry", "comparator": "exists"},
    {"type": "company_size", "comparator": "gte", "value": 100},
    {"type": "employee_size_range", "comparator": "equals", "value": "51-200"},
    {"type": "page_equals", "comparator": "has_all", "value": ["/pricing", "/demo"]},
    {"type": "page_contains", "comparator": "contains", "value": "price"},
    {"type": "utm_source", "comparator": "equals", "value": "partner"},
    {"type": "job_title", "comparator": "contains_word", "value": "vp"},
    {"type": "persona_match", "comparator": "equals", "value": True},
]
CONFIGS = [
    (
        f"only-{number}",
        IcpConfig.model_validate(
            {"label": "x", "rules": {"groups": [{"operator": "AND", "conditions": [condition]}]}}
        ),
    )
    for number, condition in enumerate(CONDITIONS)
]


def visitor(number: int, chance: random.Random) -> dict[str, Any]:
    """A visitor; the later, the more of its values are new, and misfits and parameters come up."""
    pages = chance.choices(["/pricing", "/demo", f"/page/{number // 500}", "/price?a=1"], k=2)
    if number > 4_000 and not number % 7:
        pages.append({"name": "not a page"})
    if number > 6_000 and not number % 5:
        pages.append("/?UTM_Source=partner")
    values: dict[str, Any] = {
        "id": f"v{number}",
        "industry": chance.choice(["SaaS", "saas ", "Fintech", ["SaaS", None], f"new {number}"]),
        "company_size": chance.choice([10, 120, "1,000", "51-200", f"many {number // 1000}"]),
        "employee_size_range": chance.choice([None, "51-200", {"min": 51, "max": 200}]),
        "pages": pages,
        "utm_source": chance.choice([None, "partner", "news"]),
        "job_title": f"VP of desk {number}" if number > 2_000 else "VP",
        "persona_match": chance.choice([True, "yes", 3, None]),
    }
    return {name: value for name, value in values.items() if chance.random() < 0.8}


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = random.Random(17)
    lines = [json.dumps(visitor(number, chance)) for number in range(9_000)]
    lines[5_000] = "{"
    path = tmp_path_factory.mktemp("kept") / "visitors.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


def scored(export: Path, options: Options) -> tuple[list[Any], Run]:
    rows: list[Any] = []
    batches: list[int] = []

    def add(batch: Rows) -> None:
        batches.append(len(batch.lines))
        verdicts = batch.verdicts
        scores = [verdicts.scores_of(row) for row in range(len(batch.lines))]
        rows.extend(zip(batch.ids.to_pylist(), batch.lines.tolist(), scores, strict=True))

    run = score([str(export)], CONFIGS, options, on_rows=add)
    assert len(batches) > 50
    return rows, run


@long
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kept_bytes", [200, 1 << 20])
def test_verdicts_are_those_of_batches_by_themselves(
    export: Path, threads: int, kept_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("icpctl.exports.readers.reading._LEAST_BYTES", 1 << 14)
    monkeypatch.setattr("icpctl.scoring.run.Reader", partial(Reader, batch_rows=100))
    alone, expected = scored(export, Options(threads=1, fields=("industry",)))  # keeps nothing
    monkeypatch.setattr("icpctl.scoring.run.KEPT_BYTES", kept_bytes)
    kept, run = scored(export, Options(threads=threads))
    assert kept == alone
    assert len(kept) == 8_999
    assert [it.line for it in run.rejected] == [5_001]
    assert run.report.field_warnings == expected.report.field_warnings
    assert {"company_size", "pages", "persona_match"} <= run.report.field_warnings.keys()
    assert [config.matched for config in run.report.configs] == [
        config.matched for config in expected.report.configs
    ]
    assert all(config.matched for config in run.report.configs)
