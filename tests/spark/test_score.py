"""Verdicts on Spark are those of one machine, row by row, and so is all that is told of them."""

from __future__ import annotations

import json
import os
from math import ceil
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from icpctl.spark.run import Folders, score
from tests.spark.engine import Found, blocks_of, models, on_one_machine, on_spark, options, spark
from tests.test_oracle_differential import Case, cases
from tests.visitors.torture import (
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

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def check(configs: list[tuple[str, Any]], visitors: Sequence[object], **options: Any) -> Found:
    found = on_spark(configs, visitors, **options)
    assert found == on_one_machine(configs, visitors, **options)
    return found


def test_torture_file_plain_and_compressed(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(joined(all_lines(big=True)))
    (tmp_path / "b.jsonl.gz").write_bytes(gzipped(joined(all_lines(big=False))))
    (tmp_path / "c.jsonl.zst").write_bytes(zstandard(joined(all_lines(big=False))))
    found = check(CONFIGS, [tmp_path])
    assert len(found.rejected) > 100
    assert any("16 MiB" in one["reason"] for one in found.rejected)


def test_lines_are_numbered_across_blocks(tmp_path: Path) -> None:
    """Blocks that end within lines, between them, and within runs of blank lines."""
    lines = [line for line in SMALL if len(line.data) < 1000] * 8
    (tmp_path / "odd name %41 é [x]{y}*?.jsonl").write_bytes(joined(lines))
    (tmp_path / "_hidden to Spark.jsonl").write_bytes(
        BOM + b"\n" * 5000 + visitor("late") + b"\r\n"
    )
    with blocks_of(1000):
        found = check(CONFIGS, [tmp_path], carry=("unknown", "session_count"))
        assert spark().conf.get("spark.sql.files.minPartitionNum", None) is None
    assert len({line for source, line in found.rows if "odd" in source}) > 100


def test_a_large_file_is_shared_by_tasks(tmp_path: Path) -> None:
    """Each of which writes a file of its own."""
    file, out = tmp_path / "large.jsonl", tmp_path / "rows.csv"
    file.write_bytes((visitor("one") + b"\n") * 100)
    with blocks_of(1000):
        score(spark(), [str(file)], models(CONFIGS), options(), Folders(str(out)))
    assert len(list(out.glob("part-*"))) == ceil(file.stat().st_size / 1000)


HUGE = [visitor("before"), padded(17 * 1024 * 1024), b"", visitor("after"), b"no"]


def test_a_line_over_the_limit_is_told_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(HUGE * 2))
    found = check(CONFIGS, [tmp_path / "a.jsonl"])
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
    found = check(configs, [tmp_path], case_sensitive=case_sensitive)
    assert any(row["icp_match"] for row in found.rows.values())


EMPTY = {"nothing.jsonl": b"", "blank.jsonl": b"\n \r\n\n", "feed.jsonl": b"\n", "bom.jsonl": BOM}


def test_files_without_visitors(tmp_path: Path) -> None:
    for name, data in EMPTY.items():
        (tmp_path / name).write_bytes(data)
    assert not check(CONFIGS, [tmp_path]).rows


def test_formats_are_recognised_file_by_file(tmp_path: Path) -> None:
    from tests.cli.process import ROOT

    exports = ROOT / "tests" / "fixtures" / "exports"
    files = [
        exports / f"{name}.jsonl"
        for name in ("canonical", "rb2b_webhook", "warmly_webhook", "hubspot_contacts")
    ]
    found = check(CONFIGS, files)
    assert len({mapping for _, mapping, *_ in found.told["mapped"]}) > 2
