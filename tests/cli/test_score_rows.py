"""What `icpctl score` writes of each visitor besides the verdict: reasons, near misses, columns."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from pyarrow import parquet

from tests.long import long
from tests.process import ROOT, Ended, icpctl

if TYPE_CHECKING:
    from pathlib import Path

CONFIGS = ROOT / "sample_configs"
SAMPLE = ROOT / "sample_visitors" / "visitors.jsonl"
AS_OF = "2026-11-23T12:00:00Z"

SAAS = """
label: Big SaaS
priority: 1
rules:
  groups:
    - operator: AND
      conditions:
        - {type: industry, comparator: equals, value: SaaS}
        - {type: company_size, comparator: gte, value: 500, weight: 3}
        - {type: job_title, comparator: contains, value: VP, optional: true, weight: 2}
    - operator: OR
      conditions:
        - {type: utm_source, comparator: equals, value: partner}
"""
COMPETITORS = """
label: Competitors
exclude: true
rules:
  groups:
    - operator: OR
      conditions:
        - {type: domain, comparator: ends_with, value: .rival.example}
"""
STRICT = """
label: Strict
priority: 2
minScore: 90
rules:
  groups:
    - operator: AND
      conditions:
        - {type: country, comparator: equals, value: DE}
        - {type: city, comparator: exists, optional: true, weight: 9}
"""

VISITORS: list[dict[str, Any]] = [
    {"visitor_id": "a", "industry": "SaaS", "company_size": 700, "job_title": "VP Sales"},
    {"visitor_id": "b", "industry": "SaaS", "company_size": 120},
    {"visitor_id": "c", "industry": "Farming"},
    {"visitor_id": "d", "industry": "SaaS", "company_size": 900, "domain": "x.rival.example"},
    {"visitor_id": "e", "utm_source": "partner"},
    {"visitor_id": "f", "country": "DE"},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three configs and six visitors."""
    configs = tmp_path / "icp_configs"
    configs.mkdir()
    bodies = {"big-saas": SAAS, "competitors": COMPETITORS, "strict": STRICT}
    for slug, body in bodies.items():
        (configs / f"{slug}.yaml").write_text(body.lstrip())
    (tmp_path / "v.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in VISITORS))
    return tmp_path


def score(folder: Path, *args: str, visitors: str = "v.jsonl") -> Ended:
    ended = icpctl("score", visitors, "--as-of", AS_OF, *args, cwd=folder)
    assert ended.code == 0, ended.err
    return ended


def rows(ended: Ended) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.out.splitlines()]


def jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_why_names_what_holds_or_what_the_nearest_config_lacks(folder: Path) -> None:
    why = {row["id"]: row["why"] for row in rows(score(folder, "--why", "--out", "-"))}
    assert why == {
        "a": "Big SaaS: company size is at least 500 (700); job title contains VP (VP Sales); "
        "industry is SaaS",
        "b": "Nearest is Big SaaS; not met: company size is at least 500 (120, 380 short)",
        "c": "Nearest is Big SaaS; not met: UTM source is partner (unknown)",
        "d": "Excluded by Competitors: domain ends with .rival.example (x.rival.example)",
        "e": "Big SaaS: UTM source is partner",
        "f": "Nearest is Strict; its score 10.00 is below the minimum of 90",
    }


@long
def test_why_is_made_of_many_rows_as_of_few(folder: Path) -> None:
    few = [row["why"] for row in rows(score(folder, "--why", "--out", "-"))]
    (folder / "v.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in VISITORS * 2000))
    many = [row["why"] for row in rows(score(folder, "--why", "--out", "-"))]
    assert many == few * 2000


def test_why_of_matches_alone(folder: Path) -> None:
    everybody = rows(score(folder, "--why", "--out", "-"))
    matching = rows(score(folder, "--why", "--only-matched", "--out", "-"))
    assert matching == [row for row in everybody if row["icp_match"]]


def test_the_three_formats_say_the_same(folder: Path) -> None:
    for name in ("m.jsonl", "m.csv", "m.parquet"):
        score(folder, "--out", name, "--columns", "why=Reason,icp=ICP,id")
    expected = jsonl(folder / "m.jsonl")
    assert [list(row) for row in expected] == [["Reason", "ICP", "id"]] * len(VISITORS)
    assert parquet.read_table(folder / "m.parquet").to_pylist() == expected
    assert [
        {name: cell or None for name, cell in row.items()} for row in table(folder / "m.csv")
    ] == expected


def test_without_why_and_columns_rows_are_as_ever(folder: Path) -> None:
    plain, explained = (rows(score(folder, "--out", "-", *more)) for more in ((), ("--why",)))
    assert [{name: row[name] for name in row if name != "why"} for row in explained] == plain
    assert list(explained[0]) == [*plain[0], "why"]


def test_columns_may_be_those_of_the_record(folder: Path) -> None:
    (folder / "v.jsonl").write_text('{"id": "a", "a,b": 7, "city": "Ulm"}\n')
    carried = ("--carry", '"a,b"', "--carry", "city")
    chosen = ("--columns", '"a,b"=x', "--columns", "line,city=Stadt,matches")
    (row,) = rows(score(folder, *carried, *chosen, "--out", "-"))
    assert row == {"x": 7, "line": 1, "Stadt": "Ulm", "matches": []}
    assert list(row) == ["x", "line", "Stadt", "matches"]


def test_matches_may_be_renamed_in_parquet(folder: Path) -> None:
    score(folder, "--columns", "matches=all,icp_score=points", "--out", "m.parquet")
    first = parquet.read_table(folder / "m.parquet").to_pylist()[0]
    assert first == {"all": [{"config": "big-saas", "score": 100.0}], "points": 100.0}


def test_a_carried_field_is_the_value_of_the_visitor(folder: Path) -> None:
    (folder / "v.jsonl").write_text(
        '{"id": 1, "domain": "x.example", "title": "CTO", "employee_count": 30}\n'
        '{"id": 2, "domain": "x.example", "title": "VP", "company_size": "lots", "pages": "/a"}\n'
        '{"id": 3, "domain": "x.example", "last_seen": "soon", "last_seen_at": "2026-11-03",'
        ' "company_size": "lots", "employee_count": 40, "pages": ["/b"]}\n'
    )
    fields = ("company_size", "last_seen", "job_title", "pages", "page_view_count")
    carried = [argument for field in fields for argument in ("--carry", field)]
    alone = rows(score(folder, *carried, "--out", "-"))
    assert [[row[field] for field in fields] for row in alone] == [
        [30, None, "CTO", None, None],
        ["lots", None, "VP", "/a", None],
        [40, "2026-11-03", None, ["/b"], None],
    ]
    (account,) = rows(score(folder, *carried, "--by", "domain", "--out", "-"))
    values = [account[field] for field in fields]
    assert values == [40, "2026-11-03", ["CTO", "VP"], ["/a", "/b"], 2]


NEAR = [
    {
        "id": "b",
        "config": "big-saas",
        "group": 1,
        "condition": "company size is at least 500",
        "seen": 120,
    },
    *(
        {
            "id": visitor,
            "config": "big-saas",
            "group": 2,
            "condition": "UTM source is partner",
            "seen": None,
        }
        for visitor in "bcf"
    ),
    *(
        {
            "id": visitor,
            "config": "strict",
            "group": 1,
            "condition": "country is DE",
            "seen": None,
        }
        for visitor in "abcde"
    ),
]


def test_near_misses_fail_one_required_condition(folder: Path) -> None:
    for name in ("n.jsonl", "n.csv", "n.parquet"):
        score(folder, "--near-misses", name)
    written = jsonl(folder / "n.jsonl")
    order = {slug: number for number, slug in enumerate(("big-saas", "strict"))}
    expected = sorted(NEAR, key=lambda row: (row["id"], order[str(row["config"])], row["group"]))
    assert written == expected
    as_text = [
        {name: None if cell is None else str(cell) for name, cell in row.items()} for row in written
    ]
    read = [{name: cell or None for name, cell in row.items()} for row in table(folder / "n.csv")]
    assert read == as_text
    in_parquet = parquet.read_table(folder / "n.parquet").to_pylist()
    assert in_parquet == [text | {"group": int(str(text["group"]))} for text in as_text]


def test_near_misses_are_those_that_insight_counts(tmp_path: Path) -> None:
    given = (str(SAMPLE), "--dir", str(CONFIGS), "--as-of", AS_OF)
    assert icpctl("score", *given, "--near-misses", "n.jsonl", cwd=tmp_path).code == 0
    visitors: dict[str, set[str]] = {}
    for row in jsonl(tmp_path / "n.jsonl"):
        visitors.setdefault(row["config"], set()).add(row["id"])
    insight = json.loads(icpctl("insight", *given, "-o", "json", cwd=tmp_path).out)
    counted = {config["slug"]: config["nearMisses"] for config in insight["configs"]}
    assert {slug: len(visitors.get(slug, ())) for slug in counted} == counted
    assert any(counted.values())


FORMULAS = {
    "=1+1": "'=1+1",
    "+SUM(A1)": "'+SUM(A1)",
    "-1+2": "'-1+2",
    "@x": "'@x",
    "\tx": "'\tx",
    "-": "'-",
    "-12.5": "-12.5",
    "+3": "+3",
    "-1e-3": "-1e-3",
    "a=b": "a=b",
    "": "",
    "'=1": "'=1",
}


@long
@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_in_csv_is_no_formula(folder: Path, text: str) -> None:
    (folder / "v.jsonl").write_text(json.dumps({"id": "x", "note": text, "industry": text}) + "\n")
    given = ("--carry", "note", "--near-misses", "n.csv")
    score(folder, *given, "--out", "m.csv")
    score(folder, *given, "--out", "m.jsonl")
    assert table(folder / "m.csv")[0]["note"] == FORMULAS[text]
    assert jsonl(folder / "m.jsonl")[0]["note"] == text


@pytest.mark.parametrize(
    ("args", "message", "hint"),
    [
        (["--why"], "--why needs --out", "add --out FILE"),
        (["--columns", "id"], "--columns needs --out", "add --out FILE"),
        (["--only-matched"], "--only-matched needs --out", "add --out FILE"),
        (["--with-line"], "--with-line needs --out", "add --out FILE"),
        (["--carry", "domain"], "--carry needs --out", "add --out FILE"),
        (
            ["--out", "-", "--columns", "id,icpscore"],
            "unknown column 'icpscore'",
            "did you mean icp_score?",
        ),
        (["--out", "-", "--columns", "id,"], "unknown column ''", "the columns are source"),
        (["--out", "-", "--columns", "id,line=id"], "two columns are called 'id'", "NAME=HEADER"),
        (["--out", "-", "--columns", "id="], "id has an empty header", "NAME=HEADER"),
        (["--near-misses", "-"], "--near-misses takes a file, not stdout", "near-misses.jsonl"),
        (
            ["--near-misses", "n.txt"],
            "n.txt: error: the extension of the file does not say its",
            ".parquet",
        ),
        (
            ["--near-misses", "v.jsonl"],
            "v.jsonl: error: this file is already being read or written",
            "hint:",
        ),
        (["--out", "m.csv", "--near-misses", "./m.csv"], "m.csv: error: this file is", "hint:"),
        (
            ["--out", "-", "--why", "--carry", "why"],
            "rows already have a column of this name",
            "hint:",
        ),
        (["--out", "m.csv", "--why", "--engine", "spark"], "--why is not available with", "hint:"),
        (
            ["--out", "m.csv", "--columns", "id", "--engine", "spark"],
            "--columns is not available with --engine spark",
            "hint:",
        ),
        (
            ["--near-misses", "n.csv", "--engine", "spark"],
            "--near-misses is not available with --engine spark",
            "hint:",
        ),
    ],
)
def test_a_call_that_cannot_be_carried_out(
    folder: Path, args: list[str], message: str, hint: str
) -> None:
    before = sorted(folder.iterdir())
    ended = icpctl("score", "v.jsonl", *args, cwd=folder)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert hint in ended.err
    assert "Traceback" not in ended.err
    assert sorted(folder.iterdir()) == before
