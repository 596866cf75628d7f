"""A real cluster, of which a worker is killed: the result is complete and not doubled."""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.process import COMMAND, ROOT, environment, icpctl
from tests.spark.cluster import cluster
from tests.spark.engine import lines_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VISITORS = int(os.environ.get("ICPCTL_SPARK_VISITORS", "60000"))
"""How many are scored: 1,000,000 take two minutes."""

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


SCORE = ["--dir", str(ROOT / "sample_configs"), "--as-of", AS_OF, "--with-line"]
SETTINGS = {
    "spark.sql.files.openCostInBytes": 1,
    "spark.ui.enabled": "false",
    "spark.executor.memory": "512m",
    "spark.executorEnv.PYTHONPATH": str(ROOT),
    # As many tasks fold and write visitors, however small they are.
    "spark.sql.shuffle.partitions": 24,
    "spark.sql.adaptive.enabled": "false",
}


def arguments(command: str, export: Path, out: str) -> list[str]:
    how = SCORE if command == "score" else ["--by", "company_size"]
    written = ["--out", f"{out}.jsonl", "--rejects", f"{out}-rejects", "-o", "json"]
    return [command, str(export), *how, *written]


def objects(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").split("\n") if line]


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=json.dumps)


def committed(out: Path) -> int:
    """How many tasks have handed in their rows."""
    return len(list(out.glob("_temporary/0/task_*")))


@pytest.mark.parametrize("command", ["score", "rollup"])
def test_a_worker_is_killed(export: Path, tmp_path: Path, command: str) -> None:
    """While rows are written: what it read, brought together and kept is lost with it."""
    settings = SETTINGS | {"spark.sql.files.maxPartitionBytes": export.stat().st_size // 24}
    options = [word for it in settings.items() for word in ("--spark-conf", "=".join(map(str, it)))]
    (tmp_path / "elsewhere").mkdir()
    with cluster(tmp_path) as spark:
        process = subprocess.Popen(
            [
                *COMMAND,
                *arguments(command, export, "theirs"),
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
        assert process.poll() is None, process.communicate()[1].decode()
        spark.kill_a_worker()
        told, said = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 1, said.decode()
    ours = icpctl(*arguments(command, export, "ours"), cwd=tmp_path)
    found, expected = json.loads(told), json.loads(ours.out)
    del found["elapsedSeconds"], expected["elapsedSeconds"]
    assert found == expected
    *lines, written = said.decode().splitlines()
    assert lines == ours.err.splitlines()[:-1]
    assert written.startswith("wrote theirs.jsonl and theirs-rejects in ")
    assert in_order(lines_in(out)) == in_order(objects(tmp_path / "ours.jsonl"))
    rejected = lines_in(out.with_name("theirs-rejects"))
    assert in_order(rejected) == in_order(objects(tmp_path / "ours-rejects"))
