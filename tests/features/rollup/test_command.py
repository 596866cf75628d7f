"""`icpctl rollup`, and `icpctl score` on exports of events, CSV and Parquet."""

from __future__ import annotations

import csv
import json
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.long import long
from tests.process import COMMAND, ROOT, Ended, environment, icpctl

if TYPE_CHECKING:
    from pathlib import Path

EXPORTS = ROOT / "tests" / "fixtures" / "exports"
CONFIGS = ROOT / "sample_configs"
AS_OF = "2026-11-23T12:00:00Z"
EVENTS = [
    {"email": "ada@a.example", "time": "2026-11-20T10:00:00Z", "url": "/b", "size": "180"},
    {"email": "bo@b.example", "time": "2026-11-21", "url": "/a", "job": ["CTO", "CEO"]},
    {"email": "ada@a.example", "time": "2026-11-19T10:00:00Z", "url": "/a", "size": 5},
    {"time": "2026-11-19T10:00:00Z", "url": "/c"},
]
MAPPING = """\
by: email
last_seen: time
pages: url
company_size: size
job_title: job
"""
VISITORS = [
    {
        "visitor_id": "ada@a.example",
        "last_seen_at": "2026-11-20T10:00:00Z",
        "pages": ["/a", "/b"],
        "page_view_count": 2,
        "job_title": None,
        "company_size": 180,
    },
    {
        "visitor_id": "bo@b.example",
        "last_seen_at": "2026-11-21T00:00:00Z",
        "pages": ["/a"],
        "page_view_count": 1,
        "job_title": ["CTO", "CEO"],
        "company_size": None,
    },
    {
        "visitor_id": None,
        "last_seen_at": "2026-11-19T10:00:00Z",
        "pages": ["/c"],
        "page_view_count": 1,
        "job_title": None,
        "company_size": None,
    },
]


CONDITIONS: dict[str, dict[str, Any]] = {
    "seen": {"type": "last_seen_days", "comparator": "lte", "value": 10},
    "google": {"type": "utm_source", "comparator": "equals", "value": "google"},
    "pricing": {"type": "page_equals", "comparator": "equals", "value": "/pricing"},
    "three": {"type": "page_view_count", "comparator": "gte", "value": 3},
}


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """A table with a column for each key of any row."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})


def jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write(folder: Path) -> None:
    text = "".join(json.dumps(event) + "\n" for event in EVENTS)
    (folder / "events.jsonl").write_text(text + "bad\n")
    (folder / "m.yaml").write_text(MAPPING)


def rollup(folder: Path, *args: str | Path, **env: str) -> Ended:
    write(folder)
    return icpctl("rollup", "events.jsonl", *args, cwd=folder, **env)


def test_visitors_in_our_form(tmp_path: Path) -> None:
    ended = rollup(tmp_path, "--mapping", "m.yaml", "--out", "v.jsonl", "--rejects", "r.jsonl")
    assert ended.code == 1
    assert ended.out == "4 records, 3 visitors; 1 record has no key; 1 line rejected\n"
    assert "events.jsonl:5: rejected: bad JSON" in ended.err
    assert "1 line rejected, more than the 0 allowed" in ended.err
    assert jsonl(tmp_path / "v.jsonl") == VISITORS
    assert [it["line"] for it in jsonl(tmp_path / "r.jsonl")] == [5]


def test_parquet_and_counts_as_json(tmp_path: Path) -> None:
    args = ["--mapping", "m.yaml", "--out", "v.parquet", "--max-rejects", "20%", "-o", "json"]
    ended = rollup(tmp_path, *args)
    assert ended.code == 0
    counts = json.loads(ended.out)
    assert counts.pop("elapsedSeconds") > 0
    assert counts == {
        "records": 4,
        "visitors": 3,
        "withoutKey": 1,
        "rejected": 1,
        "fieldWarnings": {},
    }
    table = parquet.read_table(tmp_path / "v.parquet")
    assert dict(zip(table.schema.names, map(str, table.schema.types), strict=True)) == {
        "visitor_id": "string",
        "last_seen_at": "timestamp[us, tz=UTC]",
        "pages": "list<element: string>",
        "page_view_count": "int64",
        "job_title": "list<element: string>",
        "company_size": "int64",
    }
    for row, visitor in zip(table.to_pylist(), VISITORS, strict=True):
        row["last_seen_at"] = f"{row['last_seen_at']:%Y-%m-%dT%H:%M:%SZ}"
        assert row == visitor


def test_jsonl_on_stdout(tmp_path: Path) -> None:
    ended = rollup(tmp_path, "--mapping", "m.yaml", "--out", "-")
    assert [json.loads(line) for line in ended.out.splitlines()] == VISITORS
    assert ended.err.startswith("4 records, 3 visitors")


def test_by_is_an_option(tmp_path: Path) -> None:
    ended = rollup(tmp_path, "--by", "cookie", "--by", "time", "--mapping", "m.yaml", "--out", "-")
    ids = [json.loads(line)["visitor_id"] for line in ended.out.splitlines()]
    assert ids == ["2026-11-20T10:00:00Z", "2026-11-21", "2026-11-19T10:00:00Z"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--out", "v.jsonl", "--mapping", "no_key.yaml"], "the mapping no_key.yaml does not say"),
        (["--out", "v.jsonl", "--by", "emial"], "no record has emial, by which"),
        (["--out", "v.jsonl", "--by", "emial"], "did you mean email?"),
        (["--out", "v.xlsx", "--by", "email"], "end it in one of .jsonl, .ndjson, .parquet"),
        (["--out", "events.jsonl", "--by", "email"], "it is not overwritten"),
        (["--out", "v.jsonl", "--by", "a..b"], "--by 'a..b': no key at character 3"),
        (["--out", "v.jsonl", "--by", "email", "--temp-dir", "gone"], "name another folder"),
        (["--out", "no/v.jsonl", "--by", "email"], "cannot write it"),
        (["--by", "email"], "--out"),
    ],
)
def test_calls_that_cannot_be_carried_out(tmp_path: Path, args: list[str], message: str) -> None:
    (tmp_path / "no_key.yaml").write_text("pages: url")
    ended = rollup(tmp_path, *args)
    assert (ended.code, ended.out) == (2, "")
    assert message in " ".join(ended.err.split())
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["events.jsonl", "m.yaml", "no_key.yaml"]


def test_score_needs_the_key_of_a_mapping_that_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "m.yaml").write_text("by: mail\npages: url\n")
    ended = icpctl("score", "events.jsonl", "--mapping", "m.yaml", "--dir", CONFIGS, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "no record has mail, by which records are put together" in ended.err


@long
@pytest.mark.parametrize("export", sorted(EXPORTS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_every_format_says_what_its_visitors_have_in_common(tmp_path: Path, export: Path) -> None:
    """The same records twice are the same visitors, without any option."""
    (tmp_path / "twice.jsonl").write_bytes(export.read_bytes() * 2)
    found = []
    for name in (export, "twice.jsonl"):
        ended = icpctl("rollup", name, "--out", "-", cwd=tmp_path)
        assert ended.code == 0
        found.append([json.loads(line)["visitor_id"] for line in ended.out.splitlines()])
    assert found[0] == found[1]
    assert len(found[0]) == len(set(found[0])) == (4 if export.stem == "warmly_webhook" else 5)


ODD = [
    {"id": "a", "company_size": 7, "city": "Bonn", "pages": ["/a", {}]},
    {"id": "a", "company_size": ["x"], "city": {}, "session_count": "many", "session_id": "s"},
    {"id": "b", "company_size": "51-200", "city": ["Ulm", {"n": 1}], "icp_match": "perhaps"},
    {"id": "c", "company_size": "lots", "last_seen": "soon", "icp_match": True, "city": ["Jena"]},
]
ODD_WARNINGS = {
    "city": [(2, "{}"), (3, '["Ulm",{"n":1}]')],
    "company_size": [(2, '["x"]'), (4, '"lots"')],
    "icp_match": [(3, '"perhaps"')],
    "last_seen": [(4, '"soon"')],
    "pages": [(1, '["/a",{}]')],
    "session_count": [(2, '"many"')],
}
FITTING = [
    {"visitor_id": "a", "company_size": 7, "city": "Bonn", "pages": ["/a"], "session_count": 1},
    {"visitor_id": "b", "company_size": "51-200", "city": ["Ulm"]},
    {"visitor_id": "c", "icp_match": True, "city": ["Jena"]},
]


def test_what_does_not_fit_is_told_with_its_line_and_is_missing(tmp_path: Path) -> None:
    """Also as Parquet, where one such value must not decide about the column's type."""
    text = "".join(json.dumps(record) + "\n" for record in ODD)
    (tmp_path / "e.jsonl").write_text(text)
    for out in ("v.jsonl", "v.parquet"):
        ended = icpctl("rollup", "e.jsonl", "--by", "id", "--out", out, "-o", "json", cwd=tmp_path)
        counts = {name: len(found) for name, found in ODD_WARNINGS.items()}
        assert json.loads(ended.out)["fieldWarnings"] == counts
        for name, found in ODD_WARNINGS.items():
            (warning,) = (
                it
                for it in ended.err.splitlines()
                if f"{name} is not" in it or f"{name} are not" in it
            )
            assert warning.startswith(f"e.jsonl:{found[0][0]}: warning: ")
            assert f": {', '.join(value for _, value in found)}; " in warning
            assert warning.endswith(
                "".join(f"also on line {line}" for line, _ in found[1:]) or "missing"
            )
    rows = jsonl(tmp_path / "v.jsonl")
    keys = dict.fromkeys(key for row in FITTING for key in row)
    assert [{key: row[key] for key in keys if row[key] is not None} for row in rows] == FITTING
    table = parquet.read_table(tmp_path / "v.parquet")
    kinds = {name: str(table.schema.field(name).type) for name in ("visitor_id", "icp_match")}
    assert kinds == {"visitor_id": "string", "icp_match": "bool"}
    assert table["city"].to_pylist() == [["Bonn"], ["Ulm"], ["Jena"]]
    assert table["company_size"].to_pylist() == ["7", "51-200", None]
    args = ["--dir", CONFIGS, "--as-of", AS_OF, "--out", "-"]
    found = [icpctl("score", name, *args, cwd=tmp_path).out for name in ("v.jsonl", "v.parquet")]
    assert found[0] == found[1] != ""


def test_score_warns_of_the_records_that_it_rolls_up(tmp_path: Path) -> None:
    events = [{"id": "a", "at": f"2026-11-2{n}", "size": size} for n, size in enumerate("7x")]
    (tmp_path / "e.jsonl").write_text("\n".join(map(json.dumps, events)))
    (tmp_path / "m.yaml").write_text("by: id\nid: id\nlast_seen: at\ncompany_size: size\n")
    rules = {"groups": [{"operator": "AND", "conditions": [SIZE]}]}
    (tmp_path / "icps").mkdir()
    (tmp_path / "icps" / "big.json").write_text(json.dumps({"label": "big", "rules": rules}))
    args = ["--mapping", "m.yaml", "--dir", "icps", "-o", "json"]
    ended = icpctl("score", "e.jsonl", *args, cwd=tmp_path)
    report = json.loads(ended.out)
    assert (report["fieldWarnings"], report["matched"]) == ({"company_size": 1}, 1)
    assert 'e.jsonl:2: warning: company_size is not a number or a range: "x"' in ended.err


SIZE = {"type": "company_size", "comparator": "equals", "value": 7}


@pytest.mark.parametrize(
    ("paths", "count"),
    [
        ("{path: hits, as: count}", 4),
        ("[seen, {path: hits, as: count}]", 9),
        ("[nothing, {path: hits, as: count}]", 4),
        ("[]", 4),
    ],
)
def test_page_views_are_counted_over_all_records(tmp_path: Path, paths: str, count: int) -> None:
    """`as: count` counts in each record; a count that a record gives is taken as it is."""
    events = [{"u": 1, "hits": ["/a", "/b", "/a"], "seen": 9}, {"u": 1, "hits": ["/c"]}]
    (tmp_path / "e.jsonl").write_text("\n".join(map(json.dumps, events)))
    (tmp_path / "m.yaml").write_text(f"by: u\npages: hits\npage_view_count: {paths}\n")
    ended = icpctl("rollup", "e.jsonl", "--mapping", "m.yaml", "--out", "-", cwd=tmp_path)
    visitor = json.loads(ended.out)
    assert (visitor["page_view_count"], visitor["pages"]) == (count, ["/a", "/b", "/c"])


@pytest.mark.parametrize(
    ("own", "ids"),
    [("e", ["ada", "bo"]), ("user", [" ada ", "bo"]), ("nothing", ["ada", "bo"])],
)
def test_the_key_is_the_id(tmp_path: Path, own: str, ids: list[str]) -> None:
    """Not the last event's id; where the ids are the keys, they stay as they were written."""
    events = [{"e": n, "user": user} for n, user in enumerate(["ada", "bo", " ada "])]
    (tmp_path / "e.jsonl").write_text("\n".join(map(json.dumps, events)))
    (tmp_path / "m.yaml").write_text(f"id: {own}\nlast_seen: user\n")
    args = ["--mapping", "m.yaml", "--by", "user", "--out", "-"]
    ended = icpctl("rollup", "e.jsonl", *args, cwd=tmp_path)
    assert [json.loads(line)["visitor_id"] for line in ended.out.splitlines()] == ids


def test_keys_that_differ_in_their_last_digits_are_different_visitors(tmp_path: Path) -> None:
    """Also where a number has a fraction or an exponent, which readers like to put into doubles."""
    keys = [f"12345678901234567{end}" for end in ("89", "90", "89.25", "90.25", "90e2")]
    lines = [f'{{"user": {key}, "city": {key}, "pages": "/"}}\n' for key in [*keys, "7.5"]]
    (tmp_path / "e.jsonl").write_text("".join(lines))
    ended = icpctl("rollup", "e.jsonl", "--by", "user", "--out", "-", cwd=tmp_path)
    visitors = [json.loads(line, parse_float=str, parse_int=str) for line in ended.out.splitlines()]
    assert [it["visitor_id"] for it in visitors] == [*keys, "7.5"]
    assert [it["city"] for it in visitors] == [*keys, "7.5"]


@long
def test_a_full_temporary_folder_is_told(tmp_path: Path) -> None:
    """The limit on a file's size stands for a disk that is full."""
    events = [{"user": str(n), "pages": f"/{n * 7919}" * 20} for n in range(30_000)]
    (tmp_path / "e.jsonl").write_text("\n".join(map(json.dumps, events)))
    (tmp_path / "small").mkdir()
    call = [*COMMAND, "rollup", "e.jsonl", "--by", "user", "--out", "v.jsonl"]
    line = f"trap '' XFSZ; ulimit -f 512; {shlex.join(call)} --temp-dir small"
    ended = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env=environment(), capture_output=True, check=False
    )
    said = ended.stderr.decode()
    assert ended.returncode == 2
    assert "internal error" not in said
    assert said.startswith("small: error: ")
    assert "name a folder with more space with --temp-dir" in " ".join(said.split())
    assert list((tmp_path / "small").iterdir()) == []
    assert not (tmp_path / "v.jsonl").exists()


def test_an_empty_export(tmp_path: Path) -> None:
    (tmp_path / "e.jsonl").touch()
    for name in ("v.jsonl", "v.parquet"):
        ended = icpctl("rollup", "e.jsonl", "--by", "email", "--out", name, cwd=tmp_path)
        assert (ended.code, ended.out) == (0, "0 records, 0 visitors\n")
    assert (tmp_path / "v.jsonl").read_text() == ""
    table = parquet.read_table(tmp_path / "v.parquet")
    assert (table.num_rows, table.schema.names) == (0, ["visitor_id"])


@long
@pytest.mark.parametrize(
    "name", ["segment_events", "posthog_events", "ga4_bigquery", "leadfeeder_visits"]
)
def test_a_roll_up_scores_as_its_export_does(tmp_path: Path, name: str) -> None:
    """Score rolls up by itself; so do its files in our form and the same events as Parquet."""
    export = EXPORTS / f"{name}.jsonl"
    parquet.write_table(table_of(jsonl(export)), tmp_path / "events.parquet")
    (tmp_path / "icps").mkdir()
    for slug, condition in CONDITIONS.items():
        rules = {"groups": [{"operator": "AND", "conditions": [condition]}]}
        text = json.dumps({"label": slug, "rules": rules})
        (tmp_path / "icps" / f"{slug}.json").write_text(text)
    for out in ("v.jsonl", "v.parquet"):
        assert icpctl("rollup", export, "--out", out, cwd=tmp_path).code == 0
    args = ["--dir", "icps", "--as-of", AS_OF, "--out", "-"]
    found = []
    for visitors in (export, "events.parquet", "v.jsonl", "v.parquet"):
        ended = icpctl("score", visitors, *args, cwd=tmp_path)
        assert ended.code == 0
        found.append([json.loads(line) for line in ended.out.splitlines()])
    assert len(found[0]) == 5
    assert found[1:] == found[:1] * 3
    matches = [{match["config"] for match in row["matches"]} for row in found[0]]
    assert matches == [
        {"seen", "google", "pricing", "three"},
        set(),
        {"seen", "pricing"},
        {"seen", "pricing", "three"},
        {"seen"},
    ]
    ended = icpctl("score", export, *args, "--with-line", "--carry", "timestamp", cwd=tmp_path)
    lines = [json.loads(line)["line"] for line in ended.out.splitlines()]
    assert lines[0] == 1
    assert lines == sorted(set(lines))


def test_texts_that_repeat_in_a_table(tmp_path: Path) -> None:
    """They are read as dictionaries."""
    rows = [
        {"user": str(n % 2), "city": f"city {n % 3}", "company_size": "lots"} for n in range(60)
    ]
    parquet.write_table(table_of(rows), tmp_path / "e.parquet")
    args = ["--by", "user", "--out", "v.jsonl", "-o", "json"]
    ended = icpctl("rollup", "e.parquet", *args, cwd=tmp_path)
    assert json.loads(ended.out)["fieldWarnings"] == {"company_size": 60}
    assert [it["city"] for it in jsonl(tmp_path / "v.jsonl")] == ["city 1", "city 2"]


@long
def test_flat_visitors_as_csv_and_parquet_score_alike(tmp_path: Path) -> None:
    flat = ROOT / "sample_visitors" / "visitors.jsonl"
    visitors = jsonl(flat)
    names = list(dict.fromkeys(name for visitor in visitors for name in visitor))
    with (tmp_path / "v.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, names, delimiter=";")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in it.items()} for it in visitors)
    for visitor in visitors:  # a column has one type
        size = visitor.get("company_size")
        visitor["company_size"] = None if size is None else str(size)
    parquet.write_table(table_of(visitors), tmp_path / "v.parquet")
    args = ["--dir", CONFIGS, "--as-of", AS_OF, "--out", "-", "--carry", "country"]
    wanted = icpctl("score", flat, *args, cwd=tmp_path).out
    assert len(wanted.splitlines()) == len(visitors)
    for name in ("v.csv", "v.parquet"):
        assert icpctl("score", name, *args, cwd=tmp_path).out == wanted
    text = (tmp_path / "v.csv").read_text("utf-8-sig")
    assert icpctl("score", "-", *args, cwd=tmp_path, stdin=text).out == wanted


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, list | bool) else str(value)


FIELDS = """\
revenue: {kind: number, paths: [company.revenue]}
tools: {kind: text, paths: ["company.tools[]"]}
signed_up: {kind: days, paths: [signed]}
customer: {kind: boolean, paths: [customer]}
"""

WITH_FIELDS = """\
label: Fields
rules:
  groups:
    - operator: AND
      conditions:
        - {type: field.revenue, comparator: gte, value: 1000000}
        - {type: field.tools, comparator: has_all, value: [Kafka, Spark], optional: true}
        - {type: field.signed_up, comparator: lte, value: 30, optional: true, weight: 3}
        - {type: field.customer, comparator: equals, value: true, optional: true, weight: 5}
"""

EVENTS_WITH_FIELDS = [
    {"email": "a", "company": {"revenue": "$1.5M", "tools": ["Kafka"]}, "signed": "2026-11-10"},
    {"email": "a", "company": {"tools": ["Spark"]}, "customer": "yes"},
    {"email": "b", "company": {"revenue": 2e6}, "signed": "2026-01-10", "customer": False},
    {"email": "c", "company": {"revenue": "lots"}},
]


@pytest.mark.parametrize("out", ["v.jsonl", "v.parquet"])
def test_custom_fields_are_kept(tmp_path: Path, out: str) -> None:
    """What is scored later has the verdicts of what is rolled up while it is scored."""
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs" / "fields.yaml").write_text(FIELDS)
    (tmp_path / "icp_configs" / "a.yaml").write_text(WITH_FIELDS)
    lines = "".join(json.dumps(event) + "\n" for event in EVENTS_WITH_FIELDS)
    (tmp_path / "e.jsonl").write_text(lines)
    args = ["--as-of", "2026-11-20", "--out", "-"]
    wanted = icpctl("score", "e.jsonl", "--by", "email", *args, cwd=tmp_path).out
    assert [json.loads(line)["icp_score"] for line in wanted.splitlines()] == [100, 10, 0]
    ended = icpctl("rollup", "e.jsonl", "--by", "email", "--out", out, cwd=tmp_path)
    assert "field.revenue is not of its kind" in ended.err
    assert icpctl("score", out, *args, cwd=tmp_path).out == wanted


def test_visitors_are_told_apart_by_a_custom_field(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "fields.yaml").write_text("account: {kind: text, paths: [crm.no]}\n")
    (tmp_path / "e.jsonl").write_text('{"crm": {"no": "A"}, "city": "Ulm"}\n' * 2)
    args = ["rollup", "e.jsonl", "--by", "field.account", "--out", "-"]
    ended = icpctl(*args, "--dir", "configs", cwd=tmp_path)
    assert [json.loads(line)["field.account"] for line in ended.out.splitlines()] == ["A"]
    ended = icpctl(*args, "--dir", "none", cwd=tmp_path)
    assert ended.code == 2
    assert "none" in ended.err


def test_lines_of_a_csv_file_are_rejected_with_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text('id,city\n1,"Bad\nEms"\n2\n3,Ulm\n4,"Bonn\n')
    args = ["--dir", CONFIGS, "--out", "-", "--with-line", "--carry", "city", "--rejects", "r"]
    ended = icpctl("score", "v.csv", *args, cwd=tmp_path)
    assert ended.code == 1
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [(row["line"], row["id"], row["city"]) for row in rows] == [
        (2, "1", "Bad\nEms"),
        (5, "3", "Ulm"),
    ]
    assert jsonl(tmp_path / "r") == [
        {
            "file": "v.csv",
            "line": 4,
            "reason": "the row has 1 cell, the header has 2",
            "raw": "2",
        },
        {
            "file": "v.csv",
            "line": 6,
            "reason": "the quote at byte 3 is never closed",
            "raw": '4,"Bonn',
        },
    ]
