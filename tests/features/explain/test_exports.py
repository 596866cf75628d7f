"""`explain` and `stats` say of every export what `score` says, whatever its format."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icpctl.config.model import IcpConfig
from icpctl.errors import IcpctlError
from icpctl.features.explain.explained import Explained, explain
from icpctl.features.report.period import Period
from icpctl.features.stats.counting import StatsCounts, stats
from icpctl.mappings.loading import load_mapping
from icpctl.scoring.run import Options
from tests.exports.test_exports import BOTH, EXPORTS
from tests.long import long
from tests.support import AS_OF, Scored, score_files

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = Options(datetime.fromisoformat(AS_OF))
MODELS = [(slug, IcpConfig.model_validate(body)) for slug, body in BOTH]
FLAT = [json.loads(line) for line in (EXPORTS / "canonical.jsonl").read_text("utf-8").splitlines()]


def as_csv(folder: Path) -> Path:
    file = folder / "visitors.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list({key: None for it in FLAT for key in it}))
        writer.writeheader()
        for record in FLAT:
            writer.writerow({key: _cell(value) for key, value in record.items()})
    return file


def _cell(value: Any) -> Any:
    return value if isinstance(value, str) else json.dumps(value)


def as_parquet(folder: Path) -> Path:
    file = folder / "visitors.parquet"
    pq.write_table(pa.Table.from_pylist(FLAT), file)
    return file


@pytest.fixture(params=[*sorted(path.stem for path in EXPORTS.glob("*.jsonl")), "csv", "parquet"])
def export(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    name: str = request.param
    if name == "csv":
        return as_csv(tmp_path)
    return as_parquet(tmp_path) if name == "parquet" else EXPORTS / f"{name}.jsonl"


def explained(*files: Path, **wanted: Any) -> Explained:
    if "visitor_id" in wanted:
        wanted["ids"] = [wanted.pop("visitor_id")]
    [only] = explain([str(file) for file in files], MODELS, OPTIONS, **wanted)
    return only


def verdict(found: Explained) -> dict[str, Any]:
    """An explanation in the form of a row of `score`."""
    body = found.explanation.body()
    matches = [
        {"config": it["slug"], "score": it["score"]} for it in body["configs"] if it["matched"]
    ]
    keys = ("id", "line", "icp_match", "icp", "icp_score")
    return {"source": found.file, "matches": matches} | {key: body[key] for key in keys}


def scored(*files: Path) -> Scored:
    return score_files(BOTH, list(files))


@long
def test_a_visitor_s_verdict_is_that_of_score(export: Path) -> None:
    rows = scored(export).rows
    assert len(rows) >= 4
    for row in rows:
        assert verdict(explained(export, visitor_id=row["id"])) == row
        assert verdict(explained(export, line=row["line"])) == row


@long
def test_counts_are_those_of_score(export: Path) -> None:
    report = scored(export).report
    counts = StatsCounts.of(Period(), "country", len(MODELS))
    found = stats([str(export)], MODELS, OPTIONS, counts).report
    body = json.loads(found.model_dump_json(by_alias=True))
    for key in ("visitors", "matched", "matchRate", "configs"):
        assert body[key] == report[key]
    for parts in (found.days, found.by.values if found.by else []):
        assert sum(it.visitors for it in parts) == report["visitors"]
        assert sum(it.matched for it in parts) == report["matched"]


def test_one_visitor_among_files_of_all_formats(tmp_path: Path) -> None:
    files = [EXPORTS / "posthog_events.jsonl", as_csv(tmp_path), as_parquet(tmp_path)]
    rows = scored(*files).rows
    first = next(row for row in rows if row["id"] == "v3")
    found = explained(*files, visitor_id="v3")
    assert verdict(found) == first
    assert found.more == sum(row["id"] == "v3" for row in rows) - 1 == 2


@long
def test_each_line_of_a_roll_up_explains_the_visitor_it_belongs_to() -> None:
    file = EXPORTS / "posthog_events.jsonl"
    rows = {row["id"]: row for row in scored(file).rows}
    lines = file.read_text("utf-8").splitlines()
    assert len(lines) > len(rows)
    for number, line in enumerate(lines, 1):
        assert verdict(explained(file, line=number)) == rows[json.loads(line)["distinct_id"]]


def test_a_record_without_a_key_is_a_visitor_of_its_own(tmp_path: Path) -> None:
    lines = (EXPORTS / "posthog_events.jsonl").read_text("utf-8").splitlines()
    alone = json.loads(lines[1]) | {"distinct_id": None}
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join([lines[0], json.dumps(alone), *lines[2:]]), "utf-8")
    found = explained(file, line=2)
    assert (found.explanation.id, found.explanation.line) == (None, 2)
    assert verdict(found) == next(row for row in scored(file).rows if row["line"] == 2)


def refused(*files: Path, **wanted: Any) -> tuple[str, str, str | None]:
    with pytest.raises(IcpctlError) as error:
        explained(*files, **wanted)
    return error.value.code, error.value.message, error.value.hint


def test_lines_that_are_no_row(tmp_path: Path) -> None:
    table = tmp_path / "v.csv"
    table.write_text('id,city\n"v\n1",Rome\n\nv2\nv3,Oslo\n')
    for line in (1, 3, 4):
        assert refused(table, line=line)[1] == "no row begins on this line"
    assert refused(table, line=5)[0] == "rejected"
    assert refused(table, line=7)[1:] == ("no line 7", "the last row is on line 6")
    assert explained(table, line=2).explanation.id == "v\n1"
    assert refused(as_parquet(tmp_path), line=9)[1] == "no row 9"
    code, _, hint = refused(EXPORTS / "posthog_events.jsonl", line=99)
    assert (code, hint) == ("no_such_line", "the file has 10 lines")


@pytest.mark.parametrize("name", ["csv", "parquet", "posthog_events"])
def test_no_such_id(tmp_path: Path, name: str) -> None:
    files = {"csv": as_csv, "parquet": as_parquet}
    file = files[name](tmp_path) if name in files else EXPORTS / f"{name}.jsonl"
    assert refused(file, visitor_id="V5") == (
        "no_such_visitor",
        "no visitor with the id 'V5'",
        "did you mean v5?",
    )


def test_an_id_that_the_mapping_makes_is_found(tmp_path: Path) -> None:
    mapping = tmp_path / "m.yaml"
    mapping.write_text("id: {path: site, as: host}\n")
    file = tmp_path / "v.jsonl"
    file.write_text('{"site": "https://a.example/b"}\n{"site": "a.example"}\n')
    options = Options(OPTIONS.as_of, mappings=(load_mapping(str(mapping)),))
    [found] = explain([str(file)], MODELS, options, ids=["a.example"])
    assert (found.explanation.line, found.more) == (1, 1)
