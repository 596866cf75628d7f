"""The same records are read from whatever they come in."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from icpctl.errors import IcpctlError
from icpctl.exports.files.sources import find_exports
from icpctl.exports.readers.csv_files import distinct_names
from icpctl.exports.readers.json_documents import layout_of
from tests.exports.tables import read
from tests.exports.torture import CONFIGS, gzipped
from tests.long import examples, long, some
from tests.process import icpctl
from tests.support import score_files

FIXTURES = Path(__file__).parents[1] / "fixtures"
ICPS = FIXTURES / "cases" / "cfg"

FIELDS: dict[str, str | list[str]] = {"id": "id", "industry": "industry", "company_size": "size"}
RECORDS = [
    {"id": "1", "industry": "Software", "size": 120},
    {"id": "2", "industry": 'Quoted "[{]}"', "size": None},
    {"id": "3", "industry": "Zeile\nzwei", "size": 7},
]
ROWS = [{"id": it["id"], "industry": it["industry"], "company_size": it["size"]} for it in RECORDS]


def lines(records: list[Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


JSON_LAYOUTS = {
    "lines": lines(RECORDS),
    "array": json.dumps(RECORDS).encode(),
    "pretty array": json.dumps(RECORDS, indent=2).encode(),
    "arrays one after another": json.dumps(RECORDS[:1]).encode()
    + b"\n[ ]\n"
    + json.dumps(RECORDS[1:]).encode(),
    "lines with commas": lines(RECORDS).strip().replace(b"\n", b",\n") + b"\n",
    "lines that all have commas": lines(RECORDS).replace(b"\n", b",\n"),
    "array, an element a line": b"[\n" + lines(RECORDS).strip().replace(b"\n", b",\n") + b"\n]\n",
    "pretty objects": b"\n".join(json.dumps(record, indent=2).encode() for record in RECORDS),
    "page": json.dumps({"results": RECORDS, "paging": {"next": "x"}}).encode(),
    "pretty page": json.dumps({"total": 3, "data": RECORDS}, indent=1).encode(),
    "BOM and space": b"\xef\xbb\xbf \n" + json.dumps(RECORDS).encode() + b"\n\n",
}


@pytest.mark.parametrize("layout", JSON_LAYOUTS)
@pytest.mark.parametrize("pack", [bytes, gzipped])
def test_json_in_every_layout(tmp_path: Path, layout: str, pack: Any) -> None:
    path = tmp_path / "v.json"
    path.write_bytes(pack(JSON_LAYOUTS[layout]))
    found = read(path, FIELDS)
    assert (found.rows, found.rejected) == (ROWS, [])


def test_a_record_is_on_the_line_where_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    path.write_text('[\n{"id":\n"a"},\n\n {"id": "b"}, {"id": "c"},\n 7, {"id": x},\n{"id": "d"}]')
    found = read(path, FIELDS)
    assert list(zip(found.lines, found.column("id"), strict=True)) == [
        *((2, "a"), (5, "b"), (5, "c"), (7, "d")),
    ]
    assert [line for line, _ in found.rejected] == [6, 6]
    assert "a number, not an object" in found.rejected[0][1]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"id": 1}', None),
        ('{"id": 1}\n{"id": 2}', None),
        ('{"id": "cut\n{"id": 2}', None),
        ('{"id": 1, "items": [{"sku": 1}]}', None),  # a visitor with a list, not a page
        ('{"data": [{"id": 1}]}\n{"data": [{"id": 2}]}', None),
        ('{"data": [1, 2]}', None),
        ('{"data": [{"id": 1}]}', "page"),
        ('{"data": []}', "page"),
        ('{"data": [{"id": 1}, {"id": x}], "next": 1}', "page"),
        ('{"data": [{"id": 1}, {"id"', "page"),
        ('{\n"data": [\n{"id": 1},\n{"id"', "page"),
        ('{"data": [{"id": 1}, {"id"\n{"id": 2}', None),
        ("[]", "array"),
        ('{\n"id": 1}\n{\n"id": 2}', "objects"),
        ('{"id": 1},\n{"id": 2}', "objects"),
        ('{"id": 1},\n{"id": 2},\n', "objects"),
        ('{"id": 1},\n{"id": 2}\n{"id": 3}', None),  # lines, of which one is wrong
        ('{"id": 1},\nx', None),
    ],
)
def test_how_a_file_holds_its_records(text: str, kind: str | None) -> None:
    layout = layout_of(text.encode(), is_whole=True, read_keys={"id"})
    assert (layout and layout.kind) == kind


CUT = "the list is cut off: its ] is missing"


@pytest.mark.parametrize(
    ("text", "ids", "rejected"),
    [
        ('[{"id": "a"}, {"id": "b"}', ["a", "b"], [(1, CUT)]),
        ('[\n{"id": "a"},\n', ["a"], [(3, CUT)]),
        ("[", [], [(1, CUT)]),
        ('[{"id": "a"}]\n[{"id": "b"},', ["a", "b"], [(2, CUT)]),
        ('{"data": [{"id": "a"}', ["a"], [(1, CUT)]),
        ('{"data": [{"id": "a"}, {"id": "b', ["a"], [(1, "the line is cut off")]),
        ('{"data": [{"id": x}, {"id": "b"}]}', ["b"], [(1, "bad JSON")]),
        ('{\n"data": [\n{"id": "a"},\n{"id": x},\n{"id": "b"}]}', ["a", "b"], [(4, "bad JSON")]),
        ('{"items": [], "data": [{"id": "a"}]}', ["a"], []),
    ],
)
def test_what_precedes_and_follows_a_bad_place_is_read(
    tmp_path: Path, text: str, ids: list[str], rejected: list[tuple[int, str]]
) -> None:
    path = tmp_path / "v.json"
    path.write_text(text)
    visitors = read(path, {"id": "id"})
    assert visitors.column("id") == ids
    reasons = [(line, reason.partition(":")[0]) for line, reason in visitors.rejected]
    assert reasons == [(line, reason.partition(":")[0]) for line, reason in rejected]


def test_records_before_the_damage_of_an_array_are_read(tmp_path: Path) -> None:
    records = [{"id": f"{number * 7919:08}"} for number in range(5000)]
    data = gzipped(json.dumps(records, indent=1).encode())
    path = tmp_path / "v.json.gz"
    path.write_bytes(data[: len(data) // 2])
    visitors = read(path, {"id": "id"})
    assert 1000 < len(visitors.rows) < 4000
    assert visitors.column("id") == [record["id"] for record in records[: len(visitors.rows)]]
    assert ["cut off or damaged" in reason for _, reason in visitors.rejected] == [True]


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.sampled_from(['"', "\\", "]},{", "\n"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@settings(max_examples=examples(60), deadline=None)
@given(
    values=st.lists(VALUES, min_size=2, max_size=6),
    indent=st.sampled_from([None, 1]),
    is_page=st.booleans(),
)
def test_any_records_in_an_array_are_those_on_lines(
    tmp_path_factory: pytest.TempPathFactory, values: list[Any], indent: int | None, is_page: bool
) -> None:
    records = [{"k": value} for value in values]
    folder = tmp_path_factory.mktemp("v")
    (folder / "lines.jsonl").write_bytes(lines(records))
    whole = {"data": records} if is_page else records
    (folder / "array.json").write_text(json.dumps(whole, indent=indent))
    wanted = read(folder / "lines.jsonl", {"carry 0": "k"})
    found = read(folder / "array.json", {"carry 0": "k"})
    assert (found.rows, found.rejected) == (wanted.rows, [])


def workbook(*sheets: tuple[str, list[list[Any]]], merged: str = "", hidden: str = "") -> bytes:
    """An .xlsx file with these sheets, cells as inline texts and numbers.

    `merged` is a range of cells, such as `C2:C3`, that are merged in each sheet. The sheet called
    `hidden` is.
    """
    names = [name for name, _ in sheets]
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    ranges = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" '
            f'Type="{kind}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        listed = "".join(
            f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"{HIDDEN if name == hidden else ""}/>'
            for n, name in enumerate(names, 1)
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{kind}"><sheets>{listed}</sheets></workbook>',
        )
        related = "".join(
            f'<Relationship Id="r{n}" Type="{kind}/worksheet" Target="worksheets/s{n}.xml"/>'
            for n in range(1, len(names) + 1)
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships">{related}</Relationships>',
        )
        for n, (_, rows) in enumerate(sheets, 1):
            data = "".join(
                f'<row r="{r}">{"".join(_cell(c, r, value) for c, value in enumerate(row))}</row>'
                for r, row in enumerate(rows, 1)
            )
            archive.writestr(
                f"xl/worksheets/s{n}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{data}</sheetData>{ranges}</worksheet>',
            )
    return file.getvalue()


def _cell(column: int, row: int, value: Any) -> str:
    if value is None:
        return ""
    place = f'r="{chr(65 + column)}{row}"'
    if isinstance(value, str):
        return f'<c {place} t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c {place}><v>{value}</v></c>"


HIDDEN = ' state="hidden"'
SHEET = [["id", "industry", "size"], *[list(record.values()) for record in RECORDS]]


def test_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "v.xlsx"
    path.write_bytes(workbook(("Leads", [["My report"], [], *SHEET]), ("More", SHEET[:2])))
    found = read(path, FIELDS)
    assert (found.rows, found.lines, found.rejected) == (ROWS, [4, 5, 6], [])
    assert read(f"{path}#More", FIELDS).column("id") == ["1"]
    with pytest.raises(IcpctlError, match="no sheet 'Other'") as caught:
        read(f"{path}#Other", FIELDS)
    assert caught.value.hint == "it has: Leads, More"


def test_a_hidden_sheet_is_not_the_first(tmp_path: Path) -> None:
    path = tmp_path / "v.xlsx"
    lists: list[list[Any]] = [["country"], ["DE"]]
    path.write_bytes(workbook(("Lists", lists), ("Leads", SHEET), hidden="Lists"))
    assert read(path, FIELDS).rows == ROWS
    assert read(f"{path}#Lists", FIELDS).lines == [2]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_empty_rows_and_repeated_headers_of_csv_are_not_records(tmp_path: Path, end: str) -> None:
    header = "id,industry,size"
    rows = [",,", header, "1,Software,120", ",,", ",,", "2,,", ",,7", '3,",,', ",,", header]
    rows += ['",5', "\ufeff" + header, "4,SaaS,9", header, ",,"]
    path = tmp_path / "v.csv"
    path.write_bytes(end.join(rows).encode())
    found = read(path, FIELDS)
    assert found.column("id") == ["1", "2", None, "3", "4"]
    assert found.lines == [3, 6, 7, 8, 13]
    assert found.rejected == []
    ended = icpctl("score", path, "--dir", ICPS, cwd=tmp_path)
    assert f"{path}: 2 repeated headers skipped" in ended.err


@pytest.mark.parametrize("end", some(["\n", "\r\n"]))
@pytest.mark.parametrize(
    ("rows", "ids", "lines", "rejected"),
    [
        ([",,", "1,,"], ["1"], [1], []),
        pytest.param(
            ["id,industry,size", '"id","industry","size"', "1,,"], ["1"], [2], [], marks=long
        ),
        pytest.param(
            ["\ufeffid,industry,size", '\ufeff"id","industry","size"', "1,,"],
            ["1"],
            [2],
            [],
            marks=long,
        ),
        (['"', ",,", '",industry,size', "1,,"], ['"', "1"], [0, 3], []),
        ([",industry,", '"id ",industry,size', ',"",'], [None, None], [0, 2], [1]),
        pytest.param(
            ["size,industry,id", "industry,industry,size"], ["industry"], [1], [0], marks=long
        ),
        pytest.param(["1,industry", "2,industry,size"], ["2"], [1], [0], marks=long),
    ],
)
def test_other_lines_deep_in_csv_are_not_records_either(
    tmp_path: Path,
    rows: list[str],
    ids: list[str | None],
    lines: list[int],
    rejected: list[int],
    end: str,
) -> None:
    many, wide = 9_000, "x" * 1_000  # beyond the part of a file that is looked at more closely
    before = ["id,industry,size", *[f"before,{wide},1"] * many]
    path = tmp_path / "v.csv"
    path.write_bytes(end.join([*before, *rows, *[f"after,{wide},1"] * many, ""]).encode())
    read_rows = read(path, FIELDS)
    shown = [(row["id"], line) for row, line in zip(read_rows.rows, read_rows.lines, strict=True)]
    first = many + 2
    others = [pair for pair in shown if pair[0] not in ("before", "after")]
    wanted = [None if text is None else text.replace('"', f"{end},,{end}") for text in ids]
    assert others == [(text, first + line) for text, line in zip(wanted, lines, strict=True)]
    assert len(shown) == 2 * many + len(ids)
    assert [line for line, _ in read_rows.rejected] == [first + line for line in rejected]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_footers_that_a_spreadsheet_has_padded_are_rejected(tmp_path: Path, end: str) -> None:
    rows = ["id,industry,size,title", "1,Software,120,CEO", "2,,,", '"3', ",,,", "x,,,", '",,,']
    rows += [
        ",,,",
        ",,,",
        "Grand Totals (2 records),,,",
        '"No, ""not"" this",,,',
        ",,,",
        "4,SaaS,,",
    ]
    path = tmp_path / "v.csv"
    path.write_bytes(end.join(rows).encode())
    found = read(path, FIELDS)
    assert found.lines == [2, 3, 4, 13]
    reason = "the row has 1 cell, the header has 4"
    assert found.rejected == [(10, reason), (11, reason)]


@pytest.mark.parametrize(
    "first", ['id,"industry",size', '"id","industry","size"', "id,industry,size"]
)
def test_a_header_is_repeated_with_other_quotes(tmp_path: Path, first: str) -> None:
    rows = [first, "1,Software,120", "id,industry,size", '"id","industry","size"', "2,SaaS,9"]
    path = tmp_path / "v.csv"
    path.write_text("\n".join(rows))
    found = read(path, FIELDS)
    assert (found.column("id"), found.lines, found.rejected) == (["1", "2"], [2, 5], [])


def test_columns_without_a_name_are_not_called_alike(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("id,industry,,\n1,Software,,\n")
    assert "several columns" not in icpctl("score", "v.csv", "--dir", ICPS, cwd=tmp_path).err


def test_a_workbook_of_excel_97() -> None:
    found = read(FIXTURES / "leads.xls", FIELDS | {"last_seen": "seen"})
    assert found.column("company_size") == [120, "51-200"]
    assert found.column("last_seen") == ["2026-11-20T10:30:00", "2026-11-19"]


def test_what_of_a_sheet_is_not_a_record(tmp_path: Path) -> None:
    header = ["id", "industry", "industry", "size"]
    rows: list[list[Any]] = [
        ["Leads", None, None, None],
        [],
        header,
        ["1", "SaaS", "Software", 120],
        header,
        ["2", None, None, None],
        [],
        ["3", "Retail", "Trade", 7],
        [],
        ["Total: 3", None, None, None],
        ["Do not distribute"],
    ]
    path = tmp_path / "v.xlsx"
    path.write_bytes(workbook(("Leads", rows), ("Deals", SHEET)))
    ended = icpctl("score", path, "--dir", ICPS, "--out", "-", cwd=tmp_path)
    assert [json.loads(line)["id"] for line in ended.out.splitlines()] == ["1", "2", "3"]
    for line in (
        f"{path}: 2 lines above the header skipped",
        f"{path}: the first sheet is read, not Deals; {path}#Deals names one",
        f"{path}: 1 repeated header skipped",
        f"{path}:10: rejected: below a blank row, and has 1 cell of 4",
        f"{path}:11: rejected: below a blank row, and has 1 cell of 4",
    ):
        assert line in ended.err
    assert ended.code == 1
    assert "first sheet" not in icpctl("score", f"{path}#Deals", "--dir", ICPS, cwd=tmp_path).err


@pytest.mark.parametrize("name", ["v.xlsx", "v.csv", "v.json"])
def test_a_key_may_have_a_dot_before_a_space(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    key, value = "No. of Employees", "1,200"
    contents = {
        "v.xlsx": workbook(("Leads", [["id", key], ["1", value]])),
        "v.csv": f'id,{key}\n1,"{value}"\n'.encode(),
        "v.json": json.dumps([{"id": "1", key: value}]).encode(),
    }
    path.write_bytes(contents[name])
    for written in (key, f'"{key}"'):
        assert read(path, {"id": "id", "company_size": written}).column("company_size") == [value]


def test_merged_cells_have_their_value_in_each_row(tmp_path: Path) -> None:
    path = tmp_path / "v.xlsx"
    rows = [["id", "industry", "size"], ["1", "SaaS", 5], ["2", None, 6], ["3", None, 7]]
    path.write_bytes(workbook(("Leads", rows), merged="B2:B3"))
    assert read(path, FIELDS).column("industry") == ["SaaS", "SaaS", None]


def test_a_workbook_that_cannot_be_read_is_told_and_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    (tmp_path / "b.jsonl").write_bytes(lines(RECORDS))
    scored = score_files(CONFIGS, [tmp_path])
    assert [row["id"] for row in scored.rows] == ["1", "2", "3"]
    assert [(one.line, one.is_damage) for one in scored.rejected] == [(1, True)]
    assert scored.report["rejected"] == 0


def test_an_archive_says_what_of_it_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "v.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "id,industry,size\n1,Software,120\n")
        archive.writestr("log/17951", gzipped(lines(RECORDS[1:])))
        archive.writestr("readme.txt", "The leads of November.\nNot to be shared.\n")
        archive.writestr("more.zip", b"PK\x03\x04")
    ended = icpctl("score", path, "--dir", ICPS, "--out", "-", cwd=tmp_path)
    assert [json.loads(line)["id"] for line in ended.out.splitlines()] == ["1", "2", "3"]
    skipped = f"{path}/more.zip, {path}/readme.txt"
    assert f"skipped, since their names are not those of exports: {skipped}" in ended.err


def test_an_archive_without_exports_is_an_error(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        archive.writestr("readme.md", "The leads of November.")
    ended = icpctl("score", "v.zip", "--dir", ICPS, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "v.zip: error: no visitor export in this archive" in ended.err
    assert "skipped: v.zip/readme.md" in ended.err
    (tmp_path / "a.csv").write_text("id,industry\n1,Software\n")
    assert "exports: v.zip/readme.md\n" in icpctl("score", ".", "--dir", ICPS, cwd=tmp_path).err


def test_json_in_utf_16_is_called_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_text('{"id": "1"}\n', "utf-16")
    ended = icpctl("score", "v.jsonl", "--dir", ICPS, cwd=tmp_path)
    assert ended.code == 1
    assert "v.jsonl: warning: this is a UTF-16 file, and JSON must be UTF-8" in ended.err


MISNAMED = {
    "a text that is called .xls": ("v.xls", "id\tindustry\tsize\n1\tSoftware\t120\n", "1"),
    "JSON that is called .xlsx": ("v.xlsx", '[{"id": "1"}]', "1"),
    "a page that is called .xls": ("v.xls", "<html><body>Log in</body></html>", "an HTML page"),
    "an archive that is called .csv": ("v.csv", "PK\x03\x04 ...", "a zip archive or a workbook"),
}


@pytest.mark.parametrize("case", MISNAMED)
def test_what_a_file_holds_is_told_by_its_content(tmp_path: Path, case: str) -> None:
    name, content, wanted = MISNAMED[case]
    (tmp_path / name).write_text(content)
    ended = icpctl("score", name, "--dir", ICPS, "--out", "-", cwd=tmp_path)
    if wanted == "1":
        assert [json.loads(line)["id"] for line in ended.out.splitlines()] == ["1"]
    else:
        assert wanted in ended.err
        assert ended.code != 0


def test_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "v.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b/v.jsonl", lines(RECORDS[1:]))
        archive.writestr("a.csv.gz", gzipped(b"id,industry,size\n1,Software,120\n"))
        archive.writestr("__MACOSX/._a.csv", b"junk")
        archive.writestr("readme.md", b"junk")
    scored = score_files(CONFIGS, [path])
    assert [(row["source"], row["id"]) for row in scored.rows] == [
        *((f"{path}/a.csv.gz", "1"), (f"{path}/b/v.jsonl", "2"), (f"{path}/b/v.jsonl", "3")),
    ]
    assert scored.rejected == []


def test_folders_named_key_and_value_are_keys_of_their_records(tmp_path: Path) -> None:
    for country, city in (("Germany", "K%C3%B6ln"), ("US", "__HIVE_DEFAULT_PARTITION__")):
        folder = tmp_path / f"country={country}" / f"City={city}"
        folder.mkdir(parents=True)
        parquet.write_table(pa.table({"id": [country]}), folder / "part-0.snappy.parquet")
        (folder / "part-1.jsonl").write_text('{"id": "own", "country": "FR"}\n{"id": "none"}\n')
        (folder / "_SUCCESS").touch()
    rows = score_files(CONFIGS, [tmp_path], carry=("country", "city")).rows
    assert [(row["id"], row["country"], row["city"]) for row in rows] == [
        *(("Germany", "Germany", "Köln"), ("own", "FR", "Köln"), ("none", "Germany", "Köln")),
        *(("US", "US", None), ("own", "FR", None), ("none", "US", None)),
    ]
    assert find_exports([str(tmp_path)]).skipped == []


def test_the_second_column_of_a_name_is_numbered() -> None:
    names = ["id", "Industry", "Industry", "", "", "Industry_1", "Industry"]
    assert distinct_names(names) == [
        *("id", "Industry", "Industry_2", "", "", "Industry_1", "Industry_3"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("id|city\n1|Bonn\n", [(2, "1", "Bonn")]),
        ('"sep=;"\nid;city\n1;a,b\n', [(3, "1", "a,b")]),
        ("My report,,\nGenerated,today,\n,,\nid,city,x\n1,Bonn,2\n2,Ulm,3\n", [(5, "1", "Bonn")]),
        ("Title\n\nid,city\n1,Bonn\n2,Ulm\n", [(4, "1", "Bonn")]),
        ("id,city\n1,Bonn\nid,city\n2,Ulm\n", [(2, "1", "Bonn")]),
        ('id,city\n1,"Bonn\nid,city\n"\n2,Ulm\n', [(2, "1", "Bonn\nid,city\n")]),
    ],
)
def test_csv_as_people_have_it(tmp_path: Path, text: str, found: list[tuple[Any, ...]]) -> None:
    path = tmp_path / "v.csv"
    path.write_text(text)
    rows = read(path, {"id": "id", "city": "City"})
    shown = list(zip(rows.lines, rows.column("id"), rows.column("city"), strict=True))
    assert shown[:1] == found
    assert rows.rejected == []
    assert "id" not in rows.column("id")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_excels_line_says_that_a_file_is_csv(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "export"
    path.write_bytes('"sep=;"\r\nid;city\r\n1;Bonn\r\n'.encode(encoding))
    rows = read(path, {"city": "city"})
    assert (rows.column("city"), rows.rejected) == (["Bonn"], [])


def test_csv_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_bytes("id,city\n1,Köln\n2,Zürich\n".encode("cp1252"))
    with pytest.raises(IcpctlError, match="not UTF-8, most likely Windows-1252") as caught:
        read(path, {"city": "city"})
    assert "--encoding cp1252" in (caught.value.hint or "")
    assert read(path, {"city": "city"}, encoding="cp1252").column("city") == ["Köln", "Zürich"]
