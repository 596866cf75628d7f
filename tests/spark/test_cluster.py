"""A real cluster, of which a worker is killed: the result is complete and not doubled."""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.process import COMMAND, ROOT, environment, icpctl
from tests.spark.cluster import cluster
from tests.spark.engine import lines_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VISITORS = int(os.environ.get("ICPCTL_SPARK_VISITORS", "60000"))
"""How many are scored: 1,000,000 take ten minutes."""

AS_OF = "2026-11-23T12:00:00Z"
_PATIENCE = 600
INDUSTRIES = ["SaaS", "Software", "FinTech", "Retail", "Maschinenbau", None, "banking "]


def lines() -> Iterator[str]:
    for number in range(VISITORS):
        if number % 997 == 0:
            yield '{"id": "cut'
            continue
        yield json.dumps(
            {
                "id": f"v{number}",
                "industry": INDUSTRIES[number % 7],
                "company_size": "lots" if number % 991 == 0 else number % 5003,
                "country": ["US", "DE", "at", ""][number % 4],
                "pages": ["/pricing", f"/docs/{number % 50}"][: number % 3],
                "session_count": number % 13,
                "filler": "x" * (number % 400),
            }
        )


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("export") / "visitors.jsonl"
    with file.open("w", encoding="utf-8") as stream:
        stream.writelines(line + "\n" for line in lines())
    return file


def arguments(export: Path, out: str) -> list[str]:
    return [
        *("score", str(export), "--dir", str(ROOT / "sample_configs"), "--as-of", AS_OF),
        *("--with-line", "--out", f"{out}.jsonl", "--rejects", f"{out}-rejects", "-o", "json"),
    ]


def objects(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").split("\n") if line]


def committed(out: Path) -> int:
    """How many tasks have handed in their rows."""
    return len(list(out.glob("_temporary/0/task_*")))


def test_a_worker_is_killed(export: Path, tmp_path: Path) -> None:
    blocks = export.stat().st_size // 24
    settings = {
        "spark.sql.files.maxPartitionBytes": blocks,
        "spark.sql.files.openCostInBytes": 1,
        "spark.ui.enabled": "false",
        "spark.executor.memory": "512m",
    }
    options = [word for it in settings.items() for word in ("--spark-conf", "=".join(map(str, it)))]
    (tmp_path / "elsewhere").mkdir()
    with cluster(tmp_path) as spark:
        process = subprocess.Popen(
            [
                *COMMAND,
                *arguments(export, "theirs"),
                *("--engine", "spark", "--master", spark.url, *options),
            ],
            cwd=tmp_path / "elsewhere",
            env=environment(SPARK_LOCAL_IP="127.0.0.1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        until = time.monotonic() + _PATIENCE
        out = tmp_path / "elsewhere" / "theirs.jsonl"
        while committed(out) < 2 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        assert process.poll() is None
        spark.kill_a_worker()
        told, said = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 1, said.decode()
    ours = icpctl(*arguments(export, "ours"), cwd=tmp_path)
    found, expected = json.loads(told), json.loads(ours.out)
    del found["elapsedSeconds"], expected["elapsedSeconds"]
    assert found == expected
    assert said.decode() == ours.err
    rows = sorted(lines_in(out), key=lambda row: row["line"])
    assert rows == objects(tmp_path / "ours.jsonl")
    rejected = sorted(lines_in(out.with_name("theirs-rejects")), key=lambda it: it["line"])
    assert rejected == objects(tmp_path / "ours-rejects")
