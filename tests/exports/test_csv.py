"""CSV files: every data line gives a row or a reason, with its true line number."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpctl.errors import IcpctlError
from tests.exports.tables import Read, read
from tests.long import examples, long

if TYPE_CHECKING:
    from pathlib import Path

FIELDS: dict[str, str | list[str]] = {"id": "id", "city": "city", "region": "region"}


def naive(data: bytes) -> tuple[list[tuple[int, list[str]]], list[int]]:
    """Rows with their lines, and the lines that are rejected; comma-separated, with a header."""
    rows: list[tuple[int, list[str]]] = []
    rejected: list[int] = []
    width, at, line = 0, 0, 1
    while at < len(data):
        cells, end = _record(data, at)
        if cells is None:
            end = data.find(b"\n", at) + 1 or len(data)
            rejected.append(line)
        elif data[at:end].strip(b" \r\n"):
            width = width or len(cells)
            try:
                texts = [cell.decode() for cell in cells]
                if len(cells) != width:
                    rejected.append(line)
                else:
                    rows.append((line, texts))
            except UnicodeDecodeError:
                rejected.append(line)
        line += data.count(b"\n", at, end)
        at = end
    return rows[1:], rejected


def _record(data: bytes, at: int) -> tuple[list[bytes] | None, int]:
    """The cells of the record that begins here and where it ends; None if its quotes are wrong."""
    cells: list[bytes] = []
    while True:
        cell = b""
        if data[at : at + 1] == b'"':
            at += 1
            while True:
                end = data.find(b'"', at)
                if end < 0:
                    return None, at
                cell += data[at:end]
                at = end + 1
                if data[at : at + 1] != b'"':
                    break
                cell += b'"'
                at += 1
        else:
            while at < len(data) and data[at : at + 1] not in b",\n" and not _is_end(data, at):
                cell += data[at : at + 1]
                at += 1
        cells.append(cell)
        if at >= len(data):
            return cells, at
        if data[at : at + 1] == b",":
            at += 1
        elif data[at : at + 1] == b"\n":
            return cells, at + 1
        elif _is_end(data, at):
            return cells, min(at + 2, len(data))
        else:
            return None, at


def _is_end(data: bytes, at: int) -> bool:
    return data[at : at + 2] == b"\r\n" or data[at:] == b"\r"


PIECES = [
    *(b",", b",", b"\n", b"\n", b"\r\n", b'"', b'""', b'","', b'\n"', b'"\n'),
    *(b"a", b"bc", b" ", "é".encode(), b"\xff", b"\r", b"x,y,z\n", b'1,"2\n3",4\n', b"[", b"{"),
]


@settings(deadline=None, max_examples=examples(200))
@given(st.lists(st.sampled_from(PIECES), max_size=40), st.integers(1, 64))
def test_any_bytes_are_read_as_the_naive_reader_reads_them(pieces: list[bytes], block: int) -> None:
    data = b"id,city,region\n" + b"".join(pieces)
    rows, rejected = naive(data)
    found = _read_bytes(data, batch_bytes=block, encoding="utf-8")
    assert found.lines == [line for line, _ in rows]
    assert [line for line, _ in found.rejected] == rejected
    wanted = [dict(zip(FIELDS, (cell or None for cell in cells), strict=True)) for _, cells in rows]
    assert found.rows == [{name: _as_cell(value) for name, value in row.items()} for row in wanted]


def _as_cell(text: str | None) -> Any:
    return {"[]": [], "{}": {}}.get(text or "", text)


def _read_bytes(data: bytes, **kwargs: Any) -> Read:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "v.csv")
        path.write_bytes(data)
        return read(path, FIELDS, **kwargs)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8).filter(
    lambda text: text[:1] not in ("[", "{")
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.just("k"), CELLS, CELLS), min_size=1, max_size=20),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_a_csv_writer_writes_is_read_whole(
    rows: list[tuple[str, ...]], delimiter: str, encoding: str, end: str, quoting: Any
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([list(FIELDS), *rows])
    found = _read_bytes(file.getvalue().encode(encoding))
    assert found.rejected == []
    assert [tuple(row.values()) for row in found.rows] == [
        tuple(cell or None for cell in row) for row in rows
    ]


HEAD = "id,city,region\n"


@pytest.mark.parametrize(
    ("text", "rows", "rejected"),
    [
        (HEAD, [], []),
        ("", [], []),
        ("\n\n  \n", [], []),
        (HEAD + "1,Bonn,NRW", [(2, "1", "Bonn")], []),
        ("\n" + HEAD + "\n1,Bonn,NRW\n\n2,,\n", [(4, "1", "Bonn"), (6, "2", None)], []),
        (HEAD + '1,"Bonn\n\nam Rhein",\n2,b,c', [(2, "1", "Bonn\n\nam Rhein"), (5, "2", "b")], []),
        (HEAD + '1,Bad "Ems",x\n', [(2, "1", 'Bad "Ems"')], []),
        (HEAD + '1,"",x\n', [(2, "1", None)], []),
        (
            HEAD + "1,2\n3,4,5\n6,7,8,9\n",
            [(3, "3", "4")],
            [
                (2, "the row has 2 cells, the header has 3"),
                (4, "the row has 4 cells, the header has 3"),
            ],
        ),
        (
            HEAD + '1,"Bonn,x\n2,b,c\n',
            [(3, "2", "b")],
            [(2, "the quote at byte 3 is never closed")],
        ),
        (
            HEAD + '1,"Bonn,x\n2,"b",c\n',
            [(3, "2", "b")],
            [
                (
                    2,
                    "the quotes do not match at byte 4 of line 3; "
                    "a quote inside of quotes is written twice",
                )
            ],
        ),
        ("sep=;\nid;city;region\n1;a,b;c\n", [(3, "1", "a,b")], []),
        ("id\tcity\tregion\n1\ta\tc\n", [(2, "1", "a")], []),
        ("city,id,city,region\na,1,b,c\n", [(2, "1", "a")], []),
        (" id , city,region \n1,a,c\n", [(2, "1", "a")], []),
        ("id,city,region\r1,a,b\r\r2,c,d\r", [(2, "1", "a"), (4, "2", "c")], []),
        ("id,name\n1,a\n", [(2, "1", None)], []),
    ],
)
def test_lines_and_reasons(
    text: str, rows: list[tuple[Any, ...]], rejected: list[tuple[int, str]]
) -> None:
    found = _read_bytes(text.encode())
    shown = [
        (line, row["id"], row["city"]) for line, row in zip(found.lines, found.rows, strict=True)
    ]
    assert (shown, found.rejected) == (rows, rejected)


def test_an_empty_header_cell_and_invalid_bytes() -> None:
    found = _read_bytes(b"id,,city,region\n1,x,M\xfcnchen,y\n2,x,Ulm,y\n", encoding="utf-8")
    assert found.rejected == [(2, "invalid UTF-8 at byte 6")]
    assert found.column("city") == ["Ulm"]


def test_a_header_that_cannot_be_read_is_told_and_spoils_its_own_names_only() -> None:
    found = _read_bytes("id,größe,city\n1,2,Ulm\n2,3,Köln\n".encode("latin-1"), encoding="utf-8")
    assert found.rejected == [
        (1, "the header: invalid UTF-8 at byte 6"),
        (3, "invalid UTF-8 at byte 6"),
    ]
    assert (found.column("id"), found.column("city")) == (["1"], ["Ulm"])


def test_half_a_letter_at_the_end_of_utf_16() -> None:
    data = codecs.BOM_UTF16_LE + (HEAD + "1,a,b\n2,c,d").encode("utf-16-le")
    found = _read_bytes(data + b"\x00", encoding="utf-8")
    assert found.column("id") == ["1"]
    assert found.rejected == [(3, "invalid UTF-8 at byte 6")]


@long
def test_compressed_and_damaged(tmp_path: Path) -> None:
    text = (HEAD + "".join(f"{n},a{n},b\n" for n in range(50_000))).encode()
    (tmp_path / "v.csv.gz").write_bytes(gzip.compress(text))
    with pa.CompressedOutputStream(str(tmp_path / "v.csv.zst"), "zstd") as file:
        file.write(text)
    for name in ("v.csv.gz", "v.csv.zst"):
        found = read(tmp_path / name, FIELDS)
        assert found.rejected == []
        assert found.column("id") == [str(n) for n in range(50_000)]
        assert found.lines == list(range(2, 50_002))
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(text)[:-5000])
    found = read(tmp_path / "cut.csv.gz", FIELDS)
    count = len(found.rows)
    assert 1000 < count < 50_000
    assert found.column("id") == [str(n) for n in range(count)]
    assert [line for line, _ in found.rejected] == [count + 2]


def test_lists_and_objects_in_cells(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                ["id", "pages", "traits", "company.industry", "industry"],
                ["1", '["/a", {"url": "/b"}, null]', '{"title": "CTO"}', "Software", '["a","b"]'],
                ["2", "/a", "", "", "[not set]"],
                ["3", "[1] footnote", "{broken", "", "{}"],
            ]
        )
    found = read(
        path,
        {
            "id": "id",
            "pages": "pages",
            "job_title": ["traits.title"],
            "industry": ["company.industry", "industry"],
            "carry 0": "industry",
        },
    )
    assert found.rejected == []
    assert found.lines == [2, 3, 4]
    assert found.column("pages") == [["/a", {"url": "/b"}, None], ["/a"], ["[1] footnote"]]
    assert found.column("job_title") == ["CTO", None, None]
    assert found.column("industry") == ["Software", "[not set]", {}]
    assert found.column("carry 0") == [["a", "b"], "[not set]", {}]


def test_texts_that_a_spreadsheet_keeps_texts(tmp_path: Path) -> None:
    """They are written as formulas: `="0123"` is the text `0123`."""
    path = tmp_path / "v.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                ["id", "industry", "job_title"],
                ['="0042"', '="Software"', '="Head of ""Growth"""'],
                ['=""', "=A1", '="Head" & "of"'],
            ]
        )
    found = read(path, {name: name for name in ("id", "industry", "job_title")})
    assert found.column("id") == ["0042", ""]
    assert found.column("industry") == ["Software", "=A1"]
    assert found.column("job_title") == ['Head of "Growth"', '="Head" & "of"']


def test_texts_of_columns_of_json(tmp_path: Path) -> None:
    """Warehouses unload them with their quotes; some writers put a space before quotes."""
    path = tmp_path / "v.csv"
    rows = [
        "id,industry,job_title",
        '1,"""SaaS""","""Head of \\""Growth\\"""""',
        '2, "SaaS","""A"" & ""B"""',
    ]
    path.write_text("\n".join(rows))
    found = read(path, {name: name for name in ("industry", "job_title")})
    assert found.column("industry") == ["SaaS", "SaaS"]
    assert found.column("job_title") == ['Head of "Growth"', '"A" & "B"']


def test_a_row_that_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text(HEAD + "1,a,b\n2," + "x" * (17 << 20) + ",b\n3,c,d\n")
    found = read(path, FIELDS)
    assert found.column("id") == ["1", "3"]
    assert (found.lines, found.rejected) == ([2, 4], [(3, "the line is over 16 MiB")])


def test_a_compressed_parquet_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "v.parquet.gz").write_bytes(gzip.compress(b"PAR1"))
    with pytest.raises(IcpctlError, match="decompress it first"):
        read(tmp_path / "v.parquet.gz", FIELDS)


ENCODINGS = [
    ("1;Müller;Österreich", "cp1252"),
    ("1;Ærøskøbing;Danmark", "cp1252"),
    ("1;FORÊT;São Paulo", "cp1252"),
    ("1;Müller;Straße", "mac_roman"),
    ("1;Müller;Straße", "cp850"),
    ("1;Łódź;Żółć", "cp1250"),
    ("1;Иван Петров;Россия;OOO", "cp1251"),
    ("1;Ελλάδα;Αθήνα", "cp1253"),
    ("1;山田太郎;日本", "shift_jis"),
    ("1;カタカナ;会社", "shift_jis"),
    ("1;김철수;대한민국", "cp949"),
    ("1;张三;中国;北京软件", "gb18030"),
]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_named(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "v.csv"
    path.write_bytes("id,city\n1,Köln\n".encode(encoding))
    with pytest.raises(IcpctlError, match="most likely UTF-16 without a byte") as caught:
        read(path, FIELDS)
    assert f"--encoding {encoding} reads it" in (caught.value.hint or "")
    assert read(path, FIELDS, encoding=encoding).column("city") == ["Köln"]


@pytest.mark.parametrize(("text", "encoding"), ENCODINGS)
def test_the_likely_encoding_is_named(tmp_path: Path, text: str, encoding: str) -> None:
    (tmp_path / "v.csv").write_bytes(f"id;city;region{';' * (text.count(';') - 2)}\n".encode())
    with (tmp_path / "v.csv").open("ab") as file:
        file.write(text.encode(encoding) + b"\n")
    with pytest.raises(IcpctlError, match="not UTF-8, most likely") as caught:
        read(tmp_path / "v.csv", FIELDS)
    assert f"--encoding {encoding} reads it" in (caught.value.hint or "")
