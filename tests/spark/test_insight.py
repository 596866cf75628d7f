"""Insight on Spark is that of one machine, whatever is asked and however files are cut."""

from __future__ import annotations

import json
import random
import subprocess
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from pyarrow import parquet

from icpctl.errors import IcpctlError
from icpctl.features.insight.counting import insight as insight_here
from icpctl.features.insight.counts.watching import Watch
from icpctl.features.insight.on_spark import insight
from tests.process import COMMAND, ROOT, environment
from tests.spark.engine import blocks_of, elsewhere, models, options, spark

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from icpctl.features.insight.counting import Insight

Configs = list[tuple[str, dict[str, Any]]]


def told(found: Insight) -> dict[str, Any]:
    """All that is told of it but the time."""
    return found.report.model_dump(exclude={"elapsed_seconds"}) | {
        "rejected lines": found.run.rejected,
        "warnings": found.run.warnings,
        "mapped": [(it.source, it.mapping.name) for it in found.run.mapped],
    }


def on_one_machine(configs: Configs, visitors: Sequence[object]) -> dict[str, Any]:
    return told(insight_here([str(it) for it in visitors], models(configs), options()))


def on_spark(configs: Configs, visitors: Sequence[object]) -> dict[str, Any]:
    return told(insight(spark(), [str(it) for it in visitors], models(configs), options()))


def config(*groups: tuple[str, list[str]]) -> dict[str, Any]:
    """Groups of conditions `TYPE COMPARATOR VALUE`, optional with a `?` before."""
    bodies = []
    for operator, texts in groups:
        conditions = []
        for text in texts:
            name, comparator, value = text.removeprefix("?").split(" ", 2)
            one = {"type": name, "comparator": comparator, "value": json.loads(value)}
            conditions.append(one | {"optional": text.startswith("?")})
        bodies.append({"operator": operator, "conditions": conditions})
    return {"label": "A", "rules": {"groups": bodies}}


ALL_KINDS: Configs = [
    (
        "lists",
        config(
            (
                "AND",
                [
                    'industry in ["i1", "I2", "no such", "Industry 3"]',
                    "company_size gte 500",
                    '?city equals "Rome"',
                ],
            ),
            ("OR", ['page_equals has_all ["/p1/x", "/p0"]', '?page_equals in ["/p1"]']),
        ),
    ),
    ("numbers", config(("AND", ["company_size between [100, 200]", "session_count in [3, 4]"]))),
    ("ranges", config(("AND", ['employee_size_range in ["11-50"]', 'city not_equals "Rome"']))),
    ("pages", config(("AND", ['page_contains has_any ["/nowhere", "/p7/"]']))),
    ("parts", config(("AND", ['page_contains equals "/p1"', "session_count lt 4"]))),
    ("texts", config(("OR", ['job_title starts_with "Head"', 'page_equals has_any ["/p1/x"]']))),
]


def visitor(chance: random.Random) -> dict[str, Any]:
    industry = f"i{int(chance.expovariate(0.2))}"
    found = {
        "id": chance.randrange(10**9),
        "industry": chance.choice([industry, industry.upper(), f"  {industry}", "industry 3"]),
        "company_size": chance.choice([chance.randrange(1000), "11-50", "many", None]),
        "session_count": chance.randrange(8),
        "city": chance.choice(["Rome", "rome", "Bonn"]),
        "job_title": chance.choice(["Head of Data", "The Head", "Clerk"]),
        # So few that the first file, where one machine finds parts of pages, has them all.
        "pages": [f"/P{chance.randrange(3)}/x?y", f"https://e.com/p{chance.randrange(2)}"],
    }
    return {name: found[name] for name in found if chance.random() < 0.9}


def export(folder: Path, files: int, lines: int) -> Path:
    chance = random.Random(8)
    for number in range(files):
        texts = [json.dumps(visitor(chance)) for _ in range(lines)]
        texts[7] = "no visitor"
        (folder / f"{number}.jsonl").write_text("\n".join(texts) + "\n")
    rows = [visitor(chance) | {"company_size": 700} for _ in range(lines)]
    parquet.write_table(pa.Table.from_pylist(rows), folder / "rows.parquet", row_group_size=100)
    return folder


def test_every_kind_of_thing_in_many_blocks(tmp_path: Path) -> None:
    expected = on_one_machine(ALL_KINDS, [export(tmp_path, files=3, lines=700)])
    lake = elsewhere(tmp_path)
    with blocks_of(20_000):
        assert on_spark(ALL_KINDS, [tmp_path]) == expected
        assert repr(on_spark(ALL_KINDS, [lake])) == repr(expected).replace(str(tmp_path), lake)
    conditions = {
        it["slug"]: [one for group in it["groups"] for one in group["conditions"]]
        for it in expected["configs"]
    }
    gains = [gain for its in conditions.values() for one in its for gain in one["gains"]]
    changes = {gain["change"] for gain in gains}
    assert changes == {"add", "remove", "threshold", "comparator"}
    assert [it["value"] for it in conditions["lists"][0]["absent_values"]] == ["no such"]
    assert len(conditions["pages"][0]["gains"]) == 5
    assert expected["rejected"] == 3


def test_a_capped_field_tells_nothing_that_is_not_so(tmp_path: Path) -> None:
    """Which values are counted may differ, how often they are does not."""
    chance = random.Random(9)
    with (tmp_path / "v.jsonl").open("w") as file:
        for _ in range(30_000):
            industry = f"i{min(int(chance.paretovariate(0.3)), 10**9)}"
            file.write(json.dumps({"industry": industry, "company_size": 1}) + "\n")
    configs = [("a", config(("AND", ['industry in ["x"]'])))]
    with patch("icpctl.features.insight.counts.distinct_counts.MOST_KEYS", 10**6):
        whole = on_one_machine(configs, [tmp_path])
    with blocks_of(100_000):
        found = on_spark(configs, [tmp_path])
    assert (found["capped"], whole["capped"]) == (["industry"], [])
    of_found, of_whole = (it["configs"][0]["groups"][0]["conditions"][0] for it in (found, whole))
    assert of_found["gains"] == of_whole["gains"]


def test_parts_of_pages_are_those_that_all_visitors_tell(tmp_path: Path) -> None:
    """One machine, which reads once, takes those of the first file for all there are."""
    for number, page in enumerate(["/early/a", "/late/b", "/late/c"]):
        (tmp_path / f"{number}.jsonl").write_text(json.dumps({"pages": [page]}) + "\n")
    configs = [("a", config(("AND", ['page_contains equals "/nowhere"'])))]
    here, there = (
        {
            gain["value"]: gain["gain"]
            for gain in found["configs"][0]["groups"][0]["conditions"][0]["gains"]
        }
        for found in (on_one_machine(configs, [tmp_path]), on_spark(configs, [tmp_path]))
    )
    assert here == {"/early/a": 1, "/early/": 1}
    assert there == here | {"/late/": 2, "/late/b": 1, "/late/c": 1}


def test_nobody(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_text("no visitor\n")
    assert on_spark(ALL_KINDS, [tmp_path]) == on_one_machine(ALL_KINDS, [tmp_path])


def test_a_file_that_changes_between_the_jobs_is_told(tmp_path: Path) -> None:
    file = tmp_path / "v.jsonl"
    file.write_text('{"pages": ["/a"]}\n' * 9)
    configs = [("a", config(("AND", ['page_contains equals "/nowhere"'])))]

    def proposed_parts(watch: Watch) -> dict[int, list[str]]:
        file.write_text('{"pages": ["/a"]}\n' * 8)
        return {0: ["/a"]}

    with patch.object(Watch, "proposed_parts", proposed_parts), pytest.raises(IcpctlError) as error:
        on_spark(configs, [elsewhere(tmp_path)])
    assert error.value.code == "unreadable"


def test_the_command(tmp_path: Path) -> None:
    command = [*COMMAND, "insight", str(ROOT / "sample_visitors" / "visitors.jsonl")]
    command += ["--dir", str(ROOT / "sample_configs"), "--as-of", "2026-11-23", "-o", "json"]
    here, there = (
        subprocess.run(
            [*command, *options],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            timeout=300,
            check=False,
        )
        for options in ([], ["--engine", "spark", "--master", "local[2]"])
    )
    found, expected = json.loads(there.stdout), json.loads(here.stdout)
    del found["elapsedSeconds"], expected["elapsedSeconds"]
    assert found == expected
    assert (there.returncode, there.stderr) == (here.returncode, here.stderr)
