"""Records that are rolled up are judged on Spark as on one machine, whatever is asked."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from icpctl.errors import IcpctlError
from icpctl.exports.visitor_keys import VisitorKey
from icpctl.features.insight.counting import insight as insight_here
from icpctl.features.insight.on_spark import insight
from icpctl.features.report.period import Period
from icpctl.features.stats.counting import StatsCounts
from icpctl.features.stats.counting import stats as stats_here
from icpctl.features.stats.on_spark import stats
from tests.exports.torture import config
from tests.process import ROOT, icpctl
from tests.spark.engine import blocks_of, check, models, options, spark, texts_in
from tests.spark.test_insight import told
from tests.support import AS_OF

if TYPE_CHECKING:
    from pathlib import Path

EXPORTS = ROOT / "tests" / "fixtures" / "exports"
CONFIGS = [
    config("large", ("company_size", "gte", 50)),
    config("priced", ("page_contains", "contains", "/1"), ("industry", "not_in", ["Retail"])),
    config("chief", ("job_title", "contains", "chief"), ("page_view_count", "gte", 3)),
    config("seen", ("session_count", "gte", 2), ("last_seen_days", "lte", 30)),
]
BY_DOMAIN = {"by": (VisitorKey.of("domain"),)}


def exports(folder: Path) -> Path:
    """Events, CRM rows and leads of the same companies, with lines that are rejected."""
    chance = random.Random(5)
    kept = folder / "in"
    kept.mkdir()
    domains = [f"d{number}.example" for number in range(12)]
    events = [
        {
            "event": "$pageview",
            "distinct_id": f"d{number}",
            "person_id": f"p{number % 30}",
            "timestamp": f"2026-11-{1 + number % 20:02}T10:00:00Z",
            "properties": {"$current_url": f"https://w.example/{number % 40}"},
            "person_properties": {"company_domain": chance.choice([*domains, None])}
            if number % 3
            else {},
        }
        for number in range(400)
    ]
    rows = [
        {
            "visitor_id": f"v{number}",
            "domain": chance.choice([f"https://www.{chance.choice(domains)}/", None, "gmail.com"]),
            "job_title": chance.choice(["Chief of Data", "Clerk", ["CTO", "Chief"], None]),
            "company_size": chance.choice([number, "51-200", "lots", None]),
            "industry": chance.choice(["Retail", "Software", None]),
            "session_count": chance.choice([1, 2, None]),
        }
        for number in range(200)
    ]
    leads = "Id,Title,Company,Status,LeadSource,Website\n1,Chief,A,Open,Web,www.d1.example\n"
    (kept / "a.jsonl").write_text("".join(json.dumps(event) + "\nbad\n" for event in events))
    (kept / "b.jsonl").write_text("\n\n" + "".join(json.dumps(row) + "\n" for row in rows))
    (kept / "c.csv").write_text(leads)
    return kept


@pytest.mark.parametrize("by", [BY_DOMAIN, {}])
def test_rows_and_all_that_is_counted(tmp_path: Path, by: dict[str, Any]) -> None:
    """Events beside records that are visitors by themselves, and all of them by their company."""
    folder = exports(tmp_path)
    with blocks_of(5000):
        found = check(CONFIGS, folder, "on disks", carry=("city", "domain"), **by)
    assert found.told["report"]["visitors"] == len(found.rows)
    assert found.told["report"]["matched"] > 5
    assert len(found.rejected) == 400
    (folder / "c.csv").unlink()
    check(CONFIGS, folder, "elsewhere", **by)


def test_insight_and_statistics(tmp_path: Path) -> None:
    visitors, how = [str(exports(tmp_path))], options(**BY_DOMAIN)
    with blocks_of(5000):
        theirs = insight(spark(), visitors, models(CONFIGS), how)
        assert told(theirs) == told(insight_here(visitors, models(CONFIGS), how))
        counts = [StatsCounts.of(Period.parse("2026-11-05", None), "industry", 4) for _ in "ab"]
        counted = [
            stats(spark(), visitors, models(CONFIGS), how, counts[0], None),
            stats_here(visitors, models(CONFIGS), how, counts[1]),
        ]
    assert counted[0].report == counted[1].report
    assert counted[0].report.visitors > 10


def test_custom_fields_by_the_command_line(tmp_path: Path) -> None:
    """Every text of a custom field is kept, of several files; a path with a dot is carried."""
    write_configs(
        tmp_path,
        "tech: {kind: text, paths: ['company.tech[]']}\nrevenue: {kind: number, paths: [rev]}\n",
        ("field.tech", "has_all", ["A", "B"]),
        ("field.revenue", "gte", 10),
    )
    rows = [
        {"id": number, "domain": f"d{number % 5}.example", "company": {"tech": [tech]}, "rev": rev}
        for number, (tech, rev) in enumerate([("A", 5), ("B", "lots")] * 10 + [("B", 20)])
    ]
    for number in range(3):
        part = "".join(json.dumps(row) + "\n" for row in rows[number::3])
        (tmp_path / f"{number}.jsonl").write_text(part)
    call = ["score", "0.jsonl", "1.jsonl", "2.jsonl", "--by", "domain", "--dir", "c"]
    call += ["--carry", "company.tech", "--with-line", "-o", "json", "--as-of", AS_OF, "--out"]
    spark_options = ["--engine", "spark", "--master", "local[1]"]
    theirs = icpctl(*call, "theirs.jsonl", *spark_options, cwd=tmp_path)
    ours = icpctl(*call, "ours.jsonl", cwd=tmp_path)
    assert theirs.code == ours.code == 0
    reports = [json.loads(ended.out) | {"elapsedSeconds": 0} for ended in (theirs, ours)]
    assert reports[0] == reports[1]
    assert reports[0]["matched"] == 1
    assert list(texts_in(tmp_path / "theirs.jsonl")) == (
        (tmp_path / "ours.jsonl").read_text("utf-8").splitlines()
    )


def write_configs(folder: Path, fields: str, *conditions: tuple[str, str, object]) -> None:
    slug, body = config("deep", *conditions)
    (folder / "c").mkdir()
    (folder / "c" / "fields.yaml").write_text(fields)
    (folder / "c" / f"{slug}.json").write_text(json.dumps(body))


def test_without_any_key(tmp_path: Path) -> None:
    (tmp_path / "e.jsonl").write_text('{"email": "a", "city": "Ulm"}\n' * 9)
    with pytest.raises(IcpctlError, match="no record has emial"):
        check(CONFIGS, tmp_path, "on disks", by=(VisitorKey.of("emial"),))
