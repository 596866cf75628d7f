"""Parquet files: typed values are what their JSON would be, and nothing is lost."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import uuid
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.exports.tables import read
from tests.exports.torture import config
from tests.long import long
from tests.support import score_files

if TYPE_CHECKING:
    from pathlib import Path

BERLIN = dt.timezone(dt.timedelta(hours=1))
NOON = dt.datetime(2026, 1, 2, 12, 30, 15)
SOME_ID = uuid.UUID(int=7)

LONG = "1234567890123456789"


@pytest.mark.parametrize(
    ("kind", "values", "texts"),
    [
        (
            pa.decimal128(38, 9),
            [LONG, "42", "0", "-0.5", "1E-9"],
            [LONG, "42", "0", "-0.5", "1E-9"],
        ),
        (pa.decimal128(38, 0), [LONG, "42"], [LONG, "42"]),
        (pa.decimal128(38, 18), [f"{LONG}.25", "1E-12"], [f"{LONG}.25", "1E-12"]),
        (pa.decimal256(60, 9), [f"{LONG}{LONG}.125"], [f"{LONG}{LONG}.125"]),
        (pa.float64(), [42.0, 1.5], ["42.0", "1.5"]),
    ],
)
def test_every_digit_of_a_number_is_in_its_text(
    tmp_path: Path, kind: pa.DataType, values: list[Any], texts: list[str]
) -> None:
    if pa.types.is_decimal(kind):
        values = [decimal.Decimal(value) for value in values]
    numbers = pa.array(values, kind)
    parquet.write_table(pa.table({"id": numbers, "city": numbers}), tmp_path / "v.parquet")
    plain = [text.removesuffix(".0") for text in texts]
    configs = [config(f"c-{n}", ("city", "equals", text)) for n, text in enumerate(plain)]
    rows = score_files(configs, [tmp_path / "v.parquet"], carry=("city",)).rows
    assert [row["id"] for row in rows] == plain
    assert [[one["config"] for one in row["matches"]] for row in rows] == [
        [f"c-{n}"] for n in range(len(texts))
    ]
    found = read(tmp_path / "v.parquet", {"x": "city"}).column("x")
    assert found == [json.loads(text) for text in texts]


def test_a_file_whose_only_row_is_too_long(tmp_path: Path) -> None:
    company = json.dumps({"name": "x" * 17 * 1024 * 1024})
    parquet.write_table(pa.table({"id": ["long"], "company": [company]}), tmp_path / "v.parquet")
    found = read(tmp_path / "v.parquet", {"x": "company.name"})
    assert (found.lines, found.rejected) == ([], [(1, "the line is over 16 MiB")])


TYPED: list[tuple[str, pa.Array, list[Any]]] = [
    ("text", pa.array(["a", None, 'q"\\\n\x01é']), ["a", None, 'q"\\\n\x01é']),
    ("large text", pa.array(["a", ""], pa.large_string()), ["a", ""]),
    ("text view", pa.array(["a", None], pa.string_view()), ["a", None]),
    ("dictionary", pa.array(["a", "b", None, "a"]).dictionary_encode(), ["a", "b", None, "a"]),
    ("integer", pa.array([1, None, -(2**62)]), [1, None, -(2**62)]),
    ("small integer", pa.array([1, 255], pa.uint8()), [1, 255]),
    ("double", pa.array([1.5, 180.0, None, 1e20]), [1.5, 180.0, None, 1e20]),
    ("float", pa.array([0.1, 2.0], pa.float32()), [0.1, 2.0]),
    ("decimal", pa.array([decimal.Decimal("12.50"), None]), [12.5, None]),
    ("boolean", pa.array([True, None, False]), [True, None, False]),
    ("date", pa.array([dt.date(2026, 1, 2), None]), ["2026-01-02", None]),
    ("milliseconds", pa.array([NOON, None], pa.timestamp("ms")), ["2026-01-02T12:30:15Z", None]),
    (
        "fractions",
        pa.array([NOON.replace(microsecond=25), NOON, dt.datetime(1, 1, 1)], pa.timestamp("us")),
        ["2026-01-02T12:30:15.000025Z", "2026-01-02T12:30:15Z", "0001-01-01T00:00:00Z"],
    ),
    (
        "a zone",
        pa.array([NOON.replace(tzinfo=BERLIN)], pa.timestamp("ns", "Europe/Berlin")),
        ["2026-01-02T11:30:15Z"],
    ),
    ("time", pa.array([dt.time(1, 2, 3)], pa.time32("s")), ["01:02:03.000"]),
    ("bytes", pa.array([b"ab", b"\xff", None]), ["ab", "/w==", None]),
    ("uuid", pa.array([SOME_ID.bytes, None], pa.uuid()), [str(SOME_ID), None]),
    ("list", pa.array([["a", None], None, []]), [["a", None], None, []]),
    ("list of lists", pa.array([[[1], []], None]), [[[1], []], None]),
    ("map", pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int32())), [{"k": 1}, None]),
    (
        "struct",
        pa.array([{"a": 1, "b": ["x"]}, None, {"a": None, "b": None}]),
        [{"a": 1, "b": ["x"]}, None, {"a": None, "b": None}],
    ),
    (
        "JSON",
        pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a": [1]}', "broken", None])),
        [{"a": [1]}, "broken", None],
    ),
    ("nothing", pa.nulls(2), [None, None]),
]


@pytest.mark.parametrize(
    ("values", "wanted"), [it[1:] for it in TYPED], ids=[it[0] for it in TYPED]
)
def test_typed_values(tmp_path: Path, values: pa.Array, wanted: list[Any]) -> None:
    path = tmp_path / "v.parquet"
    parquet.write_table(pa.table({"value": values}), path)
    found = read(path, {"carry 0": "value"})
    assert found.column("carry 0") == wanted
    assert found.lines == list(range(1, len(wanted) + 1))


def test_numbers_that_are_not_finite_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "v.parquet"
    sizes = pa.array([float("nan"), float("inf"), 180.0, None])
    parquet.write_table(pa.table({"id": ["a", "b", "c", "d"], "company_size": sizes}), path)
    condition = {"type": "company_size", "comparator": "gte", "value": 1}
    rules = {"groups": [{"operator": "AND", "conditions": [condition]}]}
    scored = score_files([("a", {"label": "A", "rules": rules})], [path])
    assert [row["icp_match"] for row in scored.rows] == [False, False, True, False]
    assert scored.report["fieldWarnings"] == {"company_size": 2}


def test_paths_into_structs_and_columns_with_dots(tmp_path: Path) -> None:
    path = tmp_path / "v.parquet"
    company = pa.array([{"industry": "Software", "place": {"city": "Bonn"}}, None, {"place": None}])
    table = pa.table(
        {
            "company": company,
            "company.size": [180, None, 5],
            "visitor": ["v1", '{"title": "CTO"}', "v3"],
            "pages": [["/a", "/b"], None, []],
            "session": pa.array([{"pages": [{"url": "/c"}]}] * 3),
        }
    )
    parquet.write_table(table, path)
    fields: dict[str, str | list[str]] = {
        "industry": ["industry", "company.industry", "visitor.industry"],
        "company_city": "company.place.city",
        "company_size": "company.size",
        "job_title": "visitor.title",
        "pages": ["pages", "session.pages"],
    }
    for wanted in (fields, {name: fields[name] for name in fields if name != "job_title"}):
        found = read(path, wanted)
        assert found.lines == [1, 2, 3]
        assert found.column("industry") == ["Software", None, None]
        assert found.column("company_city") == ["Bonn", None, None]
        assert found.column("company_size") == [180, None, 5]
        assert found.column("pages") == [["/a", "/b"], [{"url": "/c"}], [{"url": "/c"}]]
    assert read(path, fields).column("job_title") == [None, "CTO", None]


def test_row_groups_and_batches(tmp_path: Path) -> None:
    path = tmp_path / "v.parquet"
    table = pa.table({"id": [f"v{n}" for n in range(1000)], "city": ["Bonn", None] * 500})
    parquet.write_table(table, path, row_group_size=70)
    for batch_rows in (1, 64, 100, 5000):
        found = read(path, {"id": "id", "city": "city", "region": "region"}, batch_rows=batch_rows)
        assert found.lines == list(range(1, 1001))
        assert found.column("id") == table["id"].to_pylist()
        assert found.column("city") == table["city"].to_pylist()
        assert found.column("region") == [None] * 1000


def test_a_file_without_any_wanted_column(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"x": [1, 2]}), tmp_path / "v.parquet")
    assert (
        read(tmp_path / "v.parquet", {"id": "id", "pages": "pages"}).rows
        == [{"id": None, "pages": None}] * 2
    )


def test_a_damaged_row_group_is_told_and_the_rest_read(tmp_path: Path) -> None:
    path = tmp_path / "v.parquet"
    table = pa.table({"id": [f"visitor {n * 7919}" for n in range(400)]})
    parquet.write_table(table, path, row_group_size=100, use_dictionary=False)
    column = parquet.read_metadata(path).row_group(2).column(0)
    data = bytearray(path.read_bytes())
    data[column.data_page_offset : column.data_page_offset + 40] = b"\xff" * 40
    path.write_bytes(data)
    for batch_rows in (30, 1000):
        found = read(path, {"id": "id"}, batch_rows=batch_rows)
        assert found.lines == [*range(1, 201), *range(301, 401)]
        assert [line for line, _ in found.rejected] == [201]
        assert "up to row 300, cannot be read" in found.rejected[0][1]


@pytest.mark.parametrize("data", [b"PAR1", b"PAR1" + b"x" * 100 + b"PAR1", b"no parquet", b""])
def test_a_file_that_is_no_parquet_is_told_and_others_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(data)
    parquet.write_table(pa.table({"id": ["v1"]}), tmp_path / "b.parquet")
    found = read(tmp_path, {"id": "id"})
    assert found.column("id") == ["v1"]
    assert [line for line, _ in found.rejected] == [1]
    assert found.rejected[0][1].startswith("the file cannot be read: ")


BAD = [b"good", b"\xff", None, b"caf\xe9", b"also good"]


def _as_text(values: list[bytes | None]) -> pa.Array:
    """Text as Arrow takes it from a file, without a look at its bytes."""
    array = pa.array(values, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(array), array.buffers())


@long
@pytest.mark.parametrize("repeated", [1, 200])
@pytest.mark.parametrize("column", ["industry", "pages", "company"])
def test_texts_that_are_not_utf8_are_rejected(tmp_path: Path, column: str, repeated: int) -> None:
    texts = _as_text(BAD * repeated)
    arrays = {
        "industry": texts,
        "pages": pa.ListArray.from_arrays(range(len(texts) + 1), texts),
        "company": pa.StructArray.from_arrays([texts], ["industry"]),
    }
    ids = [str(number) for number in range(len(texts))]
    path = tmp_path / "v.parquet"
    parquet.write_table(pa.table({"id": ids, column: arrays[column]}), path)
    field = "company.industry" if column == "company" else column
    found = read(path, {"id": "id", column: field}, batch_rows=100)
    good = [(number + 1, text) for number, text in enumerate(BAD * repeated)]
    good = [(line, text) for line, text in good if text is None or text.isascii()]
    values = [text and text.decode() for _, text in good]
    assert found.lines == [line for line, _ in good]
    assert found.column(column) == ([[it] for it in values] if column == "pages" else values)
    assert {reason for _, reason in found.rejected} == {
        f"a text in the column {column} is not UTF-8"
    }
    assert len(found.rejected) == 2 * repeated
    kind = "page_contains" if column == "pages" else "industry"
    if column != "company":
        scored = score_files([config("c", (kind, "exists"))], [path])
        assert [one.line for one in scored.rejected] == [line for line, _ in found.rejected]
