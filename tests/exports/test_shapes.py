"""Shapes that products and tools write, read as a careful person would: each visitor's verdicts.

A config for each field asks whether it has what is written there, so that a value that is read in
another way, or a line that is taken for a visitor, shows.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.exports.test_containers import workbook
from tests.process import icpctl
from tests.support import score_files

if TYPE_CHECKING:
    from pathlib import Path


def config(slug: str, comparator: str, value: Any, name: str | None = None) -> tuple[str, Any]:
    condition = {"type": name or slug, "comparator": comparator, "value": value}
    body = {"label": slug, "rules": {"groups": [{"operator": "AND", "conditions": [condition]}]}}
    return slug, body


CONFIGS = [
    config("industry", "in", ["Software", "Retail, wholesale"]),
    config("size", "gte", 100, "company_size"),
    config("country", "in", ["Germany"]),
    config("pricing", "has_any", ["/pricing"], "page_equals"),
    config("cto", "equals", "CTO", "job_title"),
]

PAGES = [
    ("semicolons", "id,pages\n1,/demo;/pricing\n2,https://a.example/?x=1;y=2; /pricing\n"),
    ("commas", 'id,pages\n1,"/demo, /pricing"\n2,"/a,https://a.example/pricing"\n'),
    ("bars", "id;pages\n1;/demo|/pricing\n2;/pricing | /demo\n"),
    ("lines", 'id,pages\n1,"/demo\n/pricing"\n2,"/pricing\r\n/demo\r\n"\n'),
]
BOTH = {"1": "country industry size", "2": ""}
TABLES = [
    ("rows end with a comma", "id,industry,employees,country\n1,Software,120,DE,\n2,X,3,FR,\n"),
    ("a header does so", "id,industry,employees,country,\n1,Software,120,DE\n2,X,3,FR\n"),
    (
        "commas in a name of a column",
        "id;industry;employees;country;note (one, two, three, four, five)\n"
        "1;Software;120;DE;x\n2;X, Y;3;FR;y\n",
    ),
    (
        "Markdown",
        "| id | industry | employees | country |\n|---|:--:|---:|---|\n"
        "| 1 | Software | 120 | DE |\n| 2 | X | 3 | FR |\n",
    ),
    (
        "sqlcmd",
        "id,industry,employees,country\n--,--------,---------,-------\n1,Software,120,DE\n2,X,3,FR\n",
    ),
    (
        "psql",
        " id | industry | employees | country \n----+----------+-----------+---------\n"
        "  1 | Software |       120 | DE\n  2 | X        |         3 | FR\n",
    ),
]
SHAPES = [
    *((name, text, BOTH) for name, text in TABLES),
    *((name, text, {"1": "pricing", "2": "pricing"}) for name, text in PAGES),
]


@pytest.mark.parametrize(
    ("text", "right"), [shape[1:] for shape in SHAPES], ids=[shape[0] for shape in SHAPES]
)
def test_a_table_is_read_as_a_person_reads_it(
    tmp_path: Path, text: str, right: dict[str, str]
) -> None:
    path = tmp_path / "export.csv"
    path.write_text(text, "utf-8", newline="")
    scored = score_files(CONFIGS, [path])
    matches = {row["id"].strip(): row["matches"] for row in scored.rows}
    verdicts = {key: " ".join(match["config"] for match in its) for key, its in matches.items()}
    assert verdicts == right
    assert not scored.rejected


def test_files_that_were_put_together_have_headers_between_records(tmp_path: Path) -> None:
    """The header of the second file is not one of the first, whatever its spelling."""
    header, record = "id,industry,Employees,country\n", "%d,Software,120,DE\n"
    path = tmp_path / "export.csv"
    for again in (f"\ufeff{header}", header.replace(",", ", "), header):
        path.write_text(header + record % 1 + again + record % 2, "utf-8")
        scored = score_files(CONFIGS, [path])
        ids = [row["id"] for row in scored.rows if row["matches"]]
        assert ids == ["1", "2"]


def test_another_header_is_rejected(tmp_path: Path) -> None:
    """What follows it would be read by the first, in silence."""
    path = tmp_path / "export.csv"
    path.write_text(
        "id,industry,Employees,country\n1,Software,120,DE\n"
        'country,"Employees",id,industry\nDE,120,2,Software\nID,Industry,Employees,Country\n'
        "Employees,Employees,Employees,Employees\n"
    )
    scored = score_files(CONFIGS, [path])
    reason = "another header, not a record; the rows below are read by the first header"
    assert [(it.line, it.reason) for it in scored.rejected] == [(3, reason), (5, reason)]
    assert [row["line"] for row in scored.rows] == [2, 4, 6]


TOTALS = [
    ("at the end", "id,industry,employees\n1,Software,120\n2,Retail,30\nTotal,,150\n", [4]),
    ("of two columns", "country,visits\nGermany,12\nGrand Total,12\n", [3]),
    ("first", "industry;visits;share\n;19;Total\nSoftware;19;100 %\n", [2]),
    ("in quotes", 'id,industry,employees\r\n1,Software,120\r\n"Total:","","1,200"\r\n', [3]),
    ("German", "id;industry;employees\n1;Software;120\nSumme;;120\nGesamt;;120", [3, 4]),
    (
        "of groups",
        '"Source","Lead ID","Title","Company / Account","Lead Owner","Visits"\n'
        '"Web","00Q1","CTO","Acme","Ada","3"\n"Subtotal","","","","","3"\n'
        '"Fair","00Q2","CFO","Tide","Ada","4"\n"Subtotal","","","","","4"\n"Total","","","","","7"\n',
        [3, 5, 6],
    ),
    ("of a company", "id,company,employees\n1,Total,120\nTotal,Total,120\n", []),
    ("in a text", 'id,note,employees\n1,"Subtotal\nTotal,,150\n",120\n', []),
]


@pytest.mark.parametrize(
    ("text", "lines"), [table[1:] for table in TOTALS], ids=[table[0] for table in TOTALS]
)
def test_totals_are_rejected_and_not_visitors(tmp_path: Path, text: str, lines: list[int]) -> None:
    path = tmp_path / "export.csv"
    path.write_text(text, "utf-8", newline="")
    scored = score_files(CONFIGS, [path])
    assert [rejected.line for rejected in scored.rejected] == lines
    reasons = {rejected.reason for rejected in scored.rejected}
    assert reasons <= {"a row of totals, not a record"}
    assert not {row["line"] for row in scored.rows} & {*lines}


def test_ids_that_are_no_text_are_warnings(tmp_path: Path) -> None:
    """Rows without ids join nothing. MongoDB's own ids are read."""
    path = tmp_path / "export.jsonl"
    ids = ['{"a": 1}', '["x"]', "[]", "null", "7"]
    path.write_text("".join(f'{{"id": {written}, "country": "DE"}}\n' for written in ids))
    scored = score_files(CONFIGS, [path])
    assert [row["id"] for row in scored.rows] == [None, None, None, None, "7"]
    assert scored.report["fieldWarnings"]["id"] == 2
    path.write_text('{"_id": {"$oid": "65a1"}, "country": "DE"}\n')
    scored = score_files(CONFIGS, [path])
    assert [row["id"] for row in scored.rows] == ["65a1"]
    assert scored.report["fieldWarnings"] == {}


def test_records_without_anything_are_named(tmp_path: Path) -> None:
    """Exports have lines about themselves among their records, and bulk files their actions."""
    visitor, action = '{"id": "%d", "country": "DE"}\n', '{"index": {"_index": "v", "_id": "%d"}}\n'
    (tmp_path / "bulk.jsonl").write_text("".join((action + visitor) % (n, n) for n in range(9)))
    (tmp_path / "end.jsonl").write_text(visitor % 1 + '{"count": 1}\n')
    (tmp_path / "no_ids.jsonl").write_text('{"country": "DE"}\n{"city": "Ulm"}\n')
    (tmp_path / "country.yaml").write_text(yaml.safe_dump(CONFIGS[2][1]))
    args = ("score", "bulk.jsonl", "end.jsonl", "no_ids.jsonl", "--dir", ".")
    said = [line for line in icpctl(*args, cwd=tmp_path).err.splitlines() if "no id" in line]
    what = "no id; totals, rows that go on with the one above, and lines about the export count as"
    assert said == [
        f"bulk.jsonl:1: warning: 9 of 18 records have {what} visitors, too",
        f"end.jsonl:2: warning: 1 of 2 records has {what} visitors, too",
    ]


SECOND_HEADERS = [
    (
        "names of an API",
        "Lead ID,Industry,Employees,Country\nId,Industry,NumberOfEmployees,Country\n"
        "1,Software,120,DE\n2,X,3,FR\n",
        "1 line below the header skipped",
    ),
    (
        "questions of Qualtrics",
        'id,industry,Employees,Country\n"Your ID?",Which?,"How many,\nabout?",Where?\n'
        '"{""ImportId"":""QID1""}","{""ImportId"":""a""}","{""ImportId"":""b""}",'
        '"{""ImportId"":""c"",""timeZone"":""Z""}"\n1,Software,120,DE\n2,X,3,FR\n',
        "2 lines below the header skipped",
    ),
]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("text", "said"),
    [header[1:] for header in SECOND_HEADERS],
    ids=[header[0] for header in SECOND_HEADERS],
)
def test_a_second_header_is_not_a_visitor(tmp_path: Path, kind: str, text: str, said: str) -> None:
    rows = list(csv.reader(text.splitlines(keepends=True)))
    path = tmp_path / f"export.{kind}"
    path.write_bytes(text.encode() if kind == "csv" else workbook(("Sheet1", rows)))
    (tmp_path / "country.yaml").write_text(yaml.safe_dump(CONFIGS[2][1]))
    assert f"{path.name}: {said}" in icpctl("score", path.name, "--dir", ".", cwd=tmp_path).err
    scored = score_files(CONFIGS, [path])
    assert [(row["id"], len(row["matches"])) for row in scored.rows] == [("1", 3), ("2", 0)]
    last = text.count("\n") if kind == "csv" else len(rows)
    assert [row["line"] for row in scored.rows] == [last - 1, last]


DOUBTS = [
    (
        "units",
        "id,industry,Employees\n(text),(text),(number)\n1,Software,120\n2,X,3\n",
        "the first record is most likely a second header (id: (text), Employees: (number)); "
        "it counts as a visitor",
    ),
    ("a misfit", "id,industry,Employees\n7,Software,many\n1,Software,120\n2,X,3\n", None),
    (
        "compact dates",
        "id,last_seen\n1,20261120103000\n2,20261121000000\n",
        "last_seen such as 20261120103000 counts as a time since 1970; "
        'a mapping with as: date and format: "%Y%m%d%H%M%S" reads it as a date',
    ),
    ("milliseconds", "id,last_seen\n1,1795170600000\n2,20261121000000\n", None),
    (
        "HTML",
        "id,industry\n1,Banking &amp; Finance\n2,R&D\n",
        "industry has texts such as Banking &amp; Finance, with HTML in them; "
        "conditions compare them as they are written",
    ),
    (
        "bytes of another encoding",
        "id,industry\n1,Caf\u00c3\u00a9s\n2,CAF\u00c9\n",
        "industry has texts such as Caf\u00c3\u00a9s, which somebody read in a wrong encoding; "
        "conditions compare them as they are written",
    ),
    (
        "Python lists",
        "id,industry\n1,\"['Software', 'SaaS']\"\n",
        "industry has texts such as ['Software', 'SaaS'], lists of Python; "
        "conditions compare them as they are written",
    ),
    (
        "words for nothing",
        "id,industry\n1,Retail\n2,None\n",
        "industry has texts such as None, which count as values; in a mapping `missing` lists "
        "such texts",
    ),
    ("missing texts", "id,industry\n1,Retail\n2,NULL\n3,N/A\n4,Unknown Worlds\n", None),
    (
        "columns of one name",
        "id,industry,notes,notes,country,industry\n1,,,,DE,Software\n",
        "several columns are called industry; only the first of them is read, and a mapping can "
        "name the second industry_1",
    ),
    ("an order of columns", "id,country,pages\n1,DE,/a\npages,id,country\n/b,2,DE\n", None),
    ("JSON", '[{"id":1,"country":"DE"}]', "this is JSON, though its name is that of a table"),
    ("queries", "id,industry,pages\n1,Software,/?a=1&ampere=2\n", None),
    ("an id of another name", "Member ID,country\nM1,DE\nM2,DE\n",
     "no record has an id; Member ID is most likely one"),
    ("no ids", "Account ID,country\nA,DE\nA,FR\n", None),
    (
        "a row that goes on with the one above",
        "id,country,pages\n1,DE,/a\n2,FR,/b\n,FR,/c\n",
        "1 of 3 records has no id; totals, rows that go on with the one above, and lines about "
        "the export count as visitors, too",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"), [doubt[1:] for doubt in DOUBTS], ids=[doubt[0] for doubt in DOUBTS]
)
def test_what_is_most_likely_not_meant_is_a_warning(
    tmp_path: Path, text: str, said: str | None
) -> None:
    """A careful person would see it; the contract reads it otherwise, or cannot tell."""
    (tmp_path / "export.csv").write_text(text, "utf-8")
    (tmp_path / "country.yaml").write_text(yaml.safe_dump(CONFIGS[2][1]))
    lines = icpctl("score", "export.csv", "--dir", ".", cwd=tmp_path).err.splitlines()
    warnings = [line.partition(" warning: ")[2] for line in lines]
    assert [text for text in warnings if text and "country" not in text] == [said] * bool(said)
