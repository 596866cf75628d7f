"""Parquet, DataFrames, and what is written: as on one machine."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

import icpctl.spark
from icpctl.errors import IcpctlError
from icpctl.features.report.period import Period
from icpctl.features.stats.counting import StatsCounts
from icpctl.features.stats.counting import stats as stats_here
from icpctl.features.stats.on_spark import stats
from icpctl.mappings.loading import load_mapping
from icpctl.output.layout import VERDICT, Layout
from icpctl.output.verdict_rows import FORMATS
from icpctl.scoring.run import score as score_here
from icpctl.spark.run import Folders, score
from tests.exports.torture import config
from tests.process import environment
from tests.spark.engine import (
    PLACES,
    blocks_of,
    check,
    lines_in,
    models,
    on_one_machine,
    options,
    spark,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIGS = [
    config("saas", ("industry", "in", ["SaaS", "FinTech"]), ("company_size", "gte", 50)),
    config("priced", ("page_contains", "equals", "/pricing")),
    config("recent", ("last_seen_days", "lte", 10), ("country", "not_equals", "DE")),
    config("dollar", ("domain", "equals", "example.com")),
]
RECORDS: list[dict[str, Any]] = [
    {
        "id": f"v{number}",
        "industry": [None, "SaaS", " fintech ", "Retail"][number % 4],
        "company": {"domain": "WWW.example.com" if number % 3 else None, "size": None},
        "company_size": [None, 49, 50, 51, 100_000][number % 5],
        "pages": [None, [], ["/pricing"], ["/a", None, "https://example.com/pricing?x"]][
            number % 4
        ],
        "last_seen": datetime(2026, 11, 1 + number % 23, 12, tzinfo=UTC) if number % 7 else None,
        "country": ["US", "DE", None][number % 3],
    }
    for number in range(500)
]
TYPES = pa.schema(
    [
        ("id", pa.string()),
        ("industry", pa.string()),
        ("company", pa.struct([("domain", pa.string()), ("size", pa.int64())])),
        ("company_size", pa.int32()),
        ("pages", pa.list_(pa.string())),
        ("last_seen", pa.timestamp("us", tz="UTC")),
        ("country", pa.string()),
    ]
)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Two Parquet files, of which the second has other columns in another order."""
    table = pa.Table.from_pylist(RECORDS, TYPES)
    folder = tmp_path / "lake"
    folder.mkdir()
    parquet.write_table(table, folder / "a.parquet", row_group_size=100)
    other = table.select(["pages", "id", "industry", "company_size"])
    other = other.append_column("Industry", pa.array(["x"] * 500))
    parquet.write_table(other, folder / "b.parquet")
    (folder / "c.jsonl").write_text('{"id": "in JSON", "industry": "SaaS", "company_size": 60}\n')
    return folder


@pytest.mark.parametrize("place", PLACES)
def test_parquet_files(lake: Path, place: str) -> None:
    with blocks_of(1000):
        found = check(CONFIGS, lake, place, carry=("country", "company"))
    assert len(found.rows) == 1001


@pytest.mark.parametrize("place", PLACES)
def test_rejected_rows_of_parquet(tmp_path: Path, place: str) -> None:
    """Rows that are too long, once they are taken apart."""
    mapping, exports = tmp_path / "mapping.yaml", tmp_path / "exports"
    exports.mkdir()
    mapping.write_text("id: id\nindustry: industry\ndomain: company.domain\n")
    company = '{"domain": "example.com"}'
    rows = [
        {"id": "good", "industry": "SaaS", "company": company},
        {"id": "long", "industry": "x" * 17 * 1024 * 1024, "company": company},
    ]
    for name, its in {"a": rows, "b": rows[:1], "c": rows[1:]}.items():
        parquet.write_table(pa.Table.from_pylist(its), exports / f"{name}.parquet")
    (exports / "d.jsonl").write_text("no\n")
    found = check(CONFIGS, exports, place, mappings=(load_mapping(str(mapping)),))
    assert [(Path(it["file"]).name, it["line"]) for it in found.rejected] == [
        *(("a.parquet", 2), ("c.parquet", 1), ("d.jsonl", 1)),
    ]


def written(folder: Path, suffix: str, layout: Layout, visitors: list[str]) -> Iterator[Path]:
    """What Spark writes, and what one machine writes."""
    theirs, ours = folder / f"theirs{suffix}", folder / f"ours{suffix}"
    how = options(carry=layout.carry)
    score(spark(), visitors, models(CONFIGS), how, Folders(str(theirs), None, layout))
    with ours.open("wb") as file:
        writer = FORMATS[suffix](file, layout)
        score_here(visitors, models(CONFIGS), how, on_rows=writer.write)
        writer.close()
    yield from (theirs, ours)


HOSTILE = [
    *("plain", '"quoted", and more', "line\nfeed", "carriage\r\nreturn", " spaces ", "'", ""),
    *("\\", 'a\\"b', ",", "\t", "#", "\u2028", "null", "NaN", "\U0001f680", "=1+1"),
]
LAYOUTS = [Layout(), Layout(only_matched=True, with_line=True, carry=("note", "a.b"))]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_formats(tmp_path: Path, suffix: str, layout: Layout) -> None:
    records = [
        {
            "id": text,
            "note": text or None,
            "a": {"b": [1, text]},
            "industry": "SaaS",
            "company_size": 40 + number * 5,
        }
        for number, text in enumerate(HOSTILE)
    ]
    source = tmp_path / "visitors.jsonl"
    source.write_text("".join(json.dumps(it) + "\n" for it in records), "utf-8")
    theirs, ours = written(tmp_path, suffix, layout, [str(source)])
    if suffix == ".jsonl":
        assert lines_in(theirs) == [
            json.loads(it) for it in ours.read_text("utf-8").split("\n") if it
        ]
    elif suffix == ".csv":
        (part,) = theirs.glob("part-*.csv")
        assert rows_of_csv(part) == rows_of_csv(ours)
    else:
        found, expected = parquet.read_table(theirs), parquet.read_table(ours)
        assert found.to_pylist() == expected.to_pylist()
        assert found.schema.names == expected.schema.names


def rows_of_csv(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["icp_score"] = str(float(row["icp_score"]))
    return rows


def test_a_dataframe(tmp_path: Path) -> None:
    configs = models(CONFIGS)
    frame = spark().createDataFrame(pa.Table.from_pylist(RECORDS, TYPES))
    frame = frame.withColumnRenamed("country", "Land").withColumn("`odd.name`", frame["id"])
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "id: id\nindustry: industry\ncompany_size: company_size\npages: pages\n"
        "last_seen: last_seen\ncountry: Land\ndomain: company.domain\n"
    )
    found = icpctl.spark.score(
        frame, configs, mapping=str(mapping), as_of=options().as_of, keep=["company", "`odd.name`"]
    )
    assert found.columns == [
        "id",
        "icp_match",
        "icp",
        "icp_score",
        "matches",
        "company",
        "`odd.name`",
    ]
    rows = [row.asDict(recursive=True) for row in found.collect()]
    parquet.write_table(pa.Table.from_pylist(RECORDS, TYPES), tmp_path / "a.parquet")
    expected = on_one_machine(CONFIGS, [tmp_path / "a.parquet"]).rows.values()
    companies = {record["id"]: record["company"] for record in RECORDS}
    assert rows == [
        {name: one[name] for name in VERDICT}
        | {"company": companies[one["id"]], "`odd.name`": one["id"]}
        for one in expected
    ]


PROGRAM = """
from datetime import UTC, datetime
import icpctl.spark
from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
frame = spark.sql("select 'v1' as id, 'SaaS' as industry")
rows = icpctl.spark.score(frame, "configs", as_of=datetime(2026, 11, 23, tzinfo=UTC)).collect()
print([(row.id, row.icp) for row in rows])
"""


def test_a_program_without_an_activated_environment(tmp_path: Path) -> None:
    """The first `python3` of the PATH is another one, which has no icpctl."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "saas.yaml").write_text(
        "label: SaaS\nrules:\n  groups:\n    - operator: AND\n      conditions:\n"
        "        - {type: industry, comparator: equals, value: saas}\n"
    )
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").write_text("#!/bin/sh\necho no icpctl here >&2\nexit 1\n")
    (tmp_path / "bin" / "python3").chmod(0o755)
    path = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
    kept = environment(PATH=path)
    kept.pop("PYSPARK_PYTHON", None)
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "[('v1', 'saas')]\n"


def test_types_of_columns() -> None:
    schema = (
        "id long, industry array<string>, company_size decimal(10,2), last_seen date, "
        "pages string, icp_match boolean, session_count double"
    )
    rows = [(1, ["SaaS", None], Decimal("50.00"), date(2026, 11, 20), '["/pricing"]', True, 1.5)]
    frame = spark().createDataFrame(rows, schema)
    found = icpctl.spark.score(frame, models(CONFIGS), as_of=options().as_of).collect()
    assert [row.asDict(recursive=True) for row in found] == [
        {
            "id": "1",
            "icp_match": True,
            "icp": "priced",
            "icp_score": 100.0,
            "matches": [{"config": it, "score": 100.0} for it in ("priced", "recent", "saas")],
        }
    ]


def test_a_column_that_is_kept_twice_is_there_once() -> None:
    frame = spark().createDataFrame([("a", "b")], "id string, note string")
    found = icpctl.spark.score(frame, models(CONFIGS), keep=["note", "note"])
    assert [row["note"] for row in found.collect()] == ["b"]
    assert found.columns == [*VERDICT, "note"]


def test_what_no_dataframe_can_be_scored_with() -> None:
    frame = spark().createDataFrame([("[]",)], "pages string").selectExpr("parse_json(pages) pages")
    with pytest.raises(IcpctlError, match="the column 'pages' holds VARIANT"):
        icpctl.spark.score(frame, models(CONFIGS))
    with pytest.raises(IcpctlError, match="no configs"):
        icpctl.spark.score(frame, [])


@pytest.mark.parametrize("keep", [["nothing"], ["icp"]])
def test_columns_that_cannot_be_kept(keep: list[str]) -> None:
    frame = spark().createDataFrame([("a", "b")], "id string, icp string")
    with pytest.raises(IcpctlError, match="cannot be kept"):
        icpctl.spark.score(frame, models(CONFIGS), keep=keep)


@pytest.mark.parametrize("period", [Period(), Period(date(2026, 11, 5), date(2026, 11, 12))])
def test_stats(lake: Path, period: Period) -> None:
    configs = models(CONFIGS)
    theirs, ours = (StatsCounts.of(period, "industry", len(configs)) for _ in range(2))
    found = stats(spark(), [str(lake)], configs, options(), theirs, "acme")
    expected = stats_here([str(lake)], configs, options(), ours, "acme")
    assert found.report == expected.report
    assert found.dateless == expected.dateless
