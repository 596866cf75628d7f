"""The same visitors, however an export writes them: the same verdicts.

Spellings of keys, styles of numbers and of dates, containers, compressions and encodings are
combined: some hundreds in a run, thousands with `ICPCTL_LONG=all`.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.exports.test_containers import workbook
from tests.long import LARGEST, long
from tests.support import score_files, score_records

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Record = dict[str, Any]
AS_OF = "2026-11-23T12:00:00Z"
SAMPLE, MANY = 15, 400
"""Combinations for each container, and those of a long run."""

VISITORS: list[Record] = [
    {
        "id": "v1",
        "industry": "Computer Software",
        "company_size": 1200,
        "country": "Germany",
        "last_seen": datetime(2026, 11, 20, 10, 30, tzinfo=UTC),
        "pages": ["https://www.example.com/pricing", "/docs"],
        "job_title": "Geschäftsführerin",
        "page_view_count": 1500,
        "icp_match": True,
        "domain": "acme.example.com",
    },
    {
        "id": "v2",
        "industry": "Retail, wholesale; trade",
        "company_size": 9,
        "country": "France",
        "last_seen": datetime(2026, 10, 1, tzinfo=UTC),
        "pages": ["/blog?utm_source=news"],
        "job_title": 'Head of "Sales"',
        "page_view_count": 2,
        "icp_match": False,
        "domain": "globex.example.com",
    },
    {
        "id": "v3",
        "industry": None,
        "company_size": 50000,
        "country": "United States",
        "last_seen": datetime(2026, 11, 23, 9, 0, 7, tzinfo=UTC),
        "pages": None,
        "job_title": None,
        "page_view_count": 0,
        "icp_match": None,
        "domain": "initech.example.com",
    },
]

CONDITIONS: list[tuple[str, str, Any]] = [
    ("industry", "in", ["computer software", "Retail, wholesale; trade"]),
    ("industry", "not_exists", True),
    ("company_size", "between", [1000, 1200]),
    ("company_size", "lt", 10),
    ("company_size", "gte", 50000),
    ("country", "in", ["DE", "US"]),
    ("last_seen_days", "equals", 3),
    ("last_seen_days", "lt", 1),
    ("page_contains", "has_all", ["/pricing", "/docs"]),
    ("page_equals", "equals", "/blog"),
    ("utm_source", "equals", "news"),
    ("job_title", "equals", "geschäftsführerin"),
    ("job_title", "contains_word", "Sales"),
    ("page_view_count", "gt", 1499),
    ("page_view_count", "equals", 0),
    ("icp_match", "equals", True),
    ("icp_match", "not_equals", False),
    ("domain", "ends_with", ".example.com"),
]


def config(number: int) -> tuple[str, Record]:
    name, comparator, value = CONDITIONS[number]
    rule = {"type": name, "comparator": comparator, "value": value}
    groups = [{"operator": "AND", "conditions": [rule]}]
    return f"c{number}", {"label": "x", "rules": {"groups": groups}}


CONFIGS = list(map(config, range(len(CONDITIONS))))

KEYS: dict[str, Callable[[str], str]] = {
    "as_it_is": str,
    "camelCase": lambda key: key[0] + key.title().replace("_", "")[1:],
    "Title Case": lambda key: key.replace("_", " ").title(),
    "UPPER_CASE": str.upper,
    "kebab-case": lambda key: key.replace("_", "-"),
    "joined": lambda key: key.replace("_", ""),
}
NUMBERS: dict[str, Callable[[int], Any]] = {
    "number": int,
    "text": str,
    "grouped": lambda count: f"{count:,}",
    "points": lambda count: f"{count:,}".replace(",", "."),
    "narrow spaces": lambda count: f"{count:,}".replace(",", "\u202f"),
    "with .0": lambda count: f"{count}.0",
}
DATES: dict[str, Callable[[datetime], Any]] = {
    "ISO": lambda when: when.isoformat(),
    "ISO with Z": lambda when: f"{when:%Y-%m-%dT%H:%M:%SZ}",
    "space": lambda when: f"{when:%Y-%m-%d %H:%M:%S} UTC",
    "dots": lambda when: f"{when:%d.%m.%Y %H:%M:%S}",
    "words": lambda when: f"{when:%b %d, %Y %I:%M:%S %p}",
    "RFC 2822": lambda when: f"{when:%a, %d %b %Y %H:%M:%S} GMT",
    "seconds": lambda when: int(when.timestamp()),
    "milliseconds as text": lambda when: str(int(when.timestamp() * 1000)),
}
BOOLEANS: dict[str, Callable[[bool], Any]] = {
    "boolean": bool,
    "yes": lambda flag: "Yes" if flag else "No",
    "1": lambda flag: "1" if flag else "0",
}


@dataclass(frozen=True)
class Spelling:
    """How keys, numbers, dates and booleans are written."""

    key: str
    number: str
    date: str
    boolean: str

    def of(self, visitor: Record) -> Record:
        """The visitor, written so."""
        return {KEYS[self.key](name): self._value(value) for name, value in visitor.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, bool):
            return BOOLEANS[self.boolean](value)
        if isinstance(value, int):
            return NUMBERS[self.number](value)
        return DATES[self.date](value) if isinstance(value, datetime) else value


SPELLINGS = [Spelling(*names) for names in product(KEYS, NUMBERS, DATES, BOOLEANS)]


def lines(records: list[Record]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def pretty(record: Record) -> str:
    return json.dumps(record, indent=1)


def cell(value: Any) -> Any:
    """A value as a cell of a table: lists are JSON text."""
    return json.dumps(value) if isinstance(value, list) else value


def as_csv(delimiter: str, end: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> Any:
    def write(records: list[Record]) -> str:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
        writer.writerow(records[0])
        writer.writerows([list(map(cell, record.values())) for record in records])
        return text.getvalue()

    return write


def as_workbook(records: list[Record]) -> bytes:
    rows = [list(records[0]), *([cell(value) for value in it.values()] for it in records)]
    return workbook(("visitors", [["" if value is None else value for value in r] for r in rows]))


def table_of(records: list[Record], text: pa.DataType) -> pa.Table:
    columns = {}
    for name in records[0]:
        values = [record[name] for record in records]
        kind = None
        if any(isinstance(value, str) for value in values):
            kind = text
        columns[name] = pa.array(values, kind)
    return pa.table(columns)


def as_parquet(records: list[Record]) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(table_of(records, pa.string()), sink)
    return sink.getvalue()


def as_other_parquet(records: list[Record]) -> bytes:
    """Large texts, no dictionaries, pages of the second version, Zstandard."""
    sink = io.BytesIO()
    table = table_of(records, pa.large_string())
    how = {"use_dictionary": False, "data_page_version": "2.0", "compression": "zstd"}
    parquet.write_table(table, sink, row_group_size=2, **how)
    return sink.getvalue()


def as_duckdb_parquet(records: list[Record], folder: Path) -> bytes:
    path = folder / "duckdb.parquet"
    with duckdb.connect() as connection:
        connection.register("visitors", table_of(records, pa.string()))
        connection.execute(f"copy visitors to '{path}' (format parquet)")
    return path.read_bytes()


TEXTS: dict[str, tuple[str, Callable[[list[Record]], str]]] = {
    "lines": ("v.jsonl", lines),
    "array": ("v.json", json.dumps),
    "pretty array": ("v.json", lambda records: json.dumps(records, indent=2)),
    "pretty objects": (
        "v.json",
        lambda records: "\n".join(json.dumps(it, indent=1) for it in records),
    ),
    "page": ("v.json", lambda records: json.dumps({"results": records, "paging": {"next": None}})),
    "comma": ("v.csv", as_csv(",")),
    "semicolon": ("v.csv", as_csv(";", "\r\n")),
    "tab": ("v.tsv", as_csv("\t")),
    "bar": ("v.csv", as_csv("|", quoting=csv.QUOTE_ALL)),
    "comma below a title": ("v.csv", lambda records: "Our visitors\n\n" + as_csv(",")(records)),
}
BINARIES: dict[str, tuple[str, Callable[[list[Record], Path], bytes]]] = {
    "workbook": ("v.xlsx", lambda records, _: as_workbook(records)),
    "Parquet": ("v.parquet", lambda records, _: as_parquet(records)),
    "Parquet, other settings": ("v.parquet", lambda records, _: as_other_parquet(records)),
    "Parquet by DuckDB": ("v.parquet", as_duckdb_parquet),
}
ENCODINGS = {
    "json": ["utf-8", "utf-8-sig"],
    "csv": ["utf-8", "utf-8-sig", "utf-16", "cp1252"],
}
PACKED: dict[str, Callable[[bytes, str], tuple[bytes, str]]] = {
    "plain": lambda data, name: (data, name),
    "gzip": lambda data, name: (gzip.compress(data), f"{name}.gz"),
    "zip": lambda data, name: (zipped(data, name), "v.zip"),
}


def zipped(data: bytes, name: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"export/{name}", data)
    return sink.getvalue()


def verdicts(rows: list[Record]) -> list[tuple[str, list[str]]]:
    return [(row["id"], [match["config"] for match in row["matches"]]) for row in rows]


def canonical() -> list[tuple[str, list[str]]]:
    plain = Spelling("as_it_is", "number", "ISO", "boolean")
    rows, _ = score_records(CONFIGS, list(map(plain.of, VISITORS)), as_of=AS_OF)
    return verdicts(rows)


def chosen(container: str, combinations: list[Any]) -> list[Any]:
    """All combinations in a long run, else some, the same in every run."""
    if LARGEST:
        return combinations
    return random.Random(container).sample(combinations, SAMPLE)


def require_same(path: Path, what: tuple[Any, ...], encoding: str | None = None) -> None:
    scored = score_files(CONFIGS, [path], as_of=AS_OF, encoding=encoding)
    assert not scored.rejected, what
    assert scored.report["fieldWarnings"] == {}, what
    assert scored.report["unreadFields"] == [], what
    assert verdicts(scored.rows) == canonical(), what


def test_the_canonical_verdicts_tell_all_apart() -> None:
    assert canonical() == [
        ("v1", ["c0", "c11", "c13", "c15", "c16", "c17", "c2", "c5", "c6", "c8"]),
        ("v2", ["c0", "c10", "c12", "c17", "c3", "c9"]),
        ("v3", ["c1", "c14", "c16", "c17", "c4", "c5", "c7"]),
    ]


@long
@pytest.mark.parametrize("container", TEXTS)
def test_texts_in_every_spelling_and_encoding(tmp_path: Path, container: str) -> None:
    name, write = TEXTS[container]
    kind = "json" if ".json" in name else "csv"
    for what in chosen(container, list(product(SPELLINGS, ENCODINGS[kind], PACKED))):
        spelling, encoding, packed = what
        text = write(list(map(spelling.of, VISITORS)))
        if encoding == "cp1252":
            text = text.replace("\u202f", "\u00a0")  # which is the space that it has
        data, file = PACKED[packed](text.encode(encoding), name)
        (tmp_path / file).write_bytes(data)
        require_same(tmp_path / file, what, "cp1252" if encoding == "cp1252" else None)
        (tmp_path / file).unlink()


@long
@pytest.mark.parametrize("container", BINARIES)
def test_tables_in_every_spelling(tmp_path: Path, container: str) -> None:
    name, write = BINARIES[container]
    for spelling in chosen(container, SPELLINGS):
        data = write(list(map(spelling.of, VISITORS)), tmp_path)
        (tmp_path / name).write_bytes(data)
        require_same(tmp_path / name, (spelling,))


def test_a_token_of_one_digit_hides_no_value_that_is_missing() -> None:
    """Of two spellings the one that has a value counts, whatever other records have."""
    condition = {"type": "city", "comparator": "equals", "value": "Rome"}
    rules = {"groups": [{"operator": "AND", "conditions": [condition]}]}
    visitors = [
        {"city": 5, "City": "Rome"},
        {"city": "\u200b", "City": "Rome"},
        {"city": "x", "City": "Rome"},
    ]
    rows, _ = score_records([("a", {"label": "A", "rules": rules})], visitors)
    assert [row["icp_match"] for row in rows] == [False, True, False]
