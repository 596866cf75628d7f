"""Verdicts on Spark are those of one machine, row by row, and so is all that is told of them."""

from __future__ import annotations

import json
import os
from math import ceil
from shutil import copy
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from icpctl.spark.run import Folders, score
from tests.exports.torture import (
    BOM,
    CONFIGS,
    SMALL,
    all_lines,
    gzipped,
    joined,
    padded,
    visitor,
    zstandard,
)
from tests.process import ROOT
from tests.spark.engine import PLACES, blocks_of, check, elsewhere, models, options, spark
from tests.test_oracle_differential import Case, cases

if TYPE_CHECKING:
    from pathlib import Path


LINES = b"".join(visitor(f"v{number}") + b"\n" for number in range(5000))


@pytest.mark.parametrize("place", PLACES)
def test_torture_file_plain_and_compressed(tmp_path: Path, place: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(joined(all_lines(big=True)))
    (tmp_path / "b.jsonl.gz").write_bytes(gzipped(joined(all_lines(big=False))))
    (tmp_path / "c.jsonl.zst").write_bytes(zstandard(joined(all_lines(big=False))))
    found = check(CONFIGS, tmp_path, place)
    assert len(found.rejected) > 100
    assert any("16 MiB" in one["reason"] for one in found.rejected)


@pytest.mark.parametrize("place", PLACES)
def test_lines_are_numbered_across_blocks(tmp_path: Path, place: str) -> None:
    """Blocks that end within lines, between them, and within runs of blank lines."""
    lines = [line for line in SMALL if len(line.data) < 1000] * 8
    (tmp_path / "odd name %41 é [x]{y}*?.jsonl").write_bytes(joined(lines))
    (tmp_path / "_hidden to Spark.jsonl").write_bytes(
        BOM + b"\n" * 5000 + visitor("late") + b"\r\n"
    )
    with blocks_of(1000):
        found = check(CONFIGS, tmp_path, place, carry=("unknown", "session_count"))
        assert spark().conf.get("spark.sql.files.minPartitionNum", None) is None
    assert len({line for source, line in found.rows if "odd" in source}) > 100


@pytest.mark.parametrize("place", PLACES)
def test_a_large_file_is_shared_by_tasks(tmp_path: Path, place: str) -> None:
    """Each of which writes a file of its own."""
    file, out = tmp_path / "large.jsonl", tmp_path / "rows.csv"
    file.write_bytes((visitor("one") + b"\n") * 100)
    with blocks_of(1000):
        name = str(tmp_path) if place == "on disks" else elsewhere(tmp_path)
        score(spark(), [f"{name}/large.jsonl"], models(CONFIGS), options(), Folders(str(out)))
    assert len(list(out.glob("part-*"))) == ceil(file.stat().st_size / 1000)


HUGE = [visitor("before"), padded(17 * 1024 * 1024), b"", visitor("after"), b"no"]


@pytest.mark.parametrize("place", PLACES)
def test_a_line_over_the_limit_is_told_in_its_place(tmp_path: Path, place: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(HUGE * 2))
    found = check(CONFIGS, tmp_path, place)
    assert [one["line"] for one in found.rejected] == [2, 5, 7, 10]


def drawn(count: int) -> list[Case]:
    """Cases that Hypothesis makes up."""
    found: list[Case] = []

    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(case=cases())
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found


@pytest.mark.parametrize("case_sensitive", [False, True])
def test_hypothesis_corpus(tmp_path: Path, case_sensitive: bool) -> None:
    """Every visitor against every config, in one run: the more of them meet."""
    corpus = drawn(int(os.environ.get("ICPCTL_SPARK_CASES", "25")))
    configs = [
        (f"case-{number}-{slug}", body)
        for number, case in enumerate(corpus)
        for slug, body in case.configs
    ]
    for number, case in enumerate(corpus):
        text = "".join(json.dumps(it) + "\n" for it in case.visitors)
        (tmp_path / f"{number:04}.jsonl").write_text(text, "utf-8")
    found = check(configs, tmp_path, PLACES[case_sensitive], case_sensitive=case_sensitive)
    assert any(row["matches"] for row in found.rows.values())


EMPTY = {"nothing.jsonl": b"", "blank.jsonl": b"\n \r\n\n", "feed.jsonl": b"\n", "bom.jsonl": BOM}


@pytest.mark.parametrize("place", PLACES)
def test_files_without_visitors(tmp_path: Path, place: str) -> None:
    for name, data in EMPTY.items():
        (tmp_path / name).write_bytes(data)
    assert not check(CONFIGS, tmp_path, place).rows


@pytest.mark.parametrize("place", PLACES)
def test_formats_are_recognised_file_by_file(tmp_path: Path, place: str) -> None:
    for name in ("canonical", "rb2b_webhook", "warmly_webhook", "hubspot_contacts"):
        copy(ROOT / "tests" / "fixtures" / "exports" / f"{name}.jsonl", tmp_path)
    found = check(CONFIGS, tmp_path, place)
    assert len({mapping for _, mapping, *_ in found.told["mapped"]}) > 2


ODD = {
    "cut.jsonl.gz": gzipped(LINES)[:-100],
    "cut.jsonl.zst": zstandard(LINES)[:-100],
    "bad.parquet": b"PAR1" + b"x" * 100 + b"PAR1",
    "plain.jsonl.gz": LINES,
    "packed.jsonl": gzipped(LINES),
    "table.csv": b'id,industry\n1,"Sa\nS"\n2\n3,SaaS\n',
    "a:b.jsonl": LINES,
    "_hidden.jsonl": LINES,
}


def test_what_spark_does_not_read_is_read_on_disks(tmp_path: Path) -> None:
    for name, data in ODD.items():
        if not name.startswith("cut."):  # damage: Spark has no place for it apart from lines
            (tmp_path / name).write_bytes(data)
    found = check(CONFIGS, tmp_path, "on disks")
    read = {name for name in ODD if not name.startswith(("cut.", "bad.", "_"))}
    assert {name.rpartition("/")[2] for name, _ in found.rows} == read
