"""What was asked for and is in no record of a file is said, wherever it first occurs."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from icpctl.errors import IcpctlError
from icpctl.mappings.loading import built_in, load_mapping
from tests.long import examples, some
from tests.support import Scored, score_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONDITIONS = {
    "industry": ("not_in", ["Staffing", "Gambling"]),
    "company_size": ("gte", 50),
    "country": ("in", ["Germany"]),
    "last_seen_days": ("lte", 30),
    "page_contains": ("contains", "/pricing"),
    "utm_source": ("equals", "google"),
    "employee_size_range": ("in", ["51-200"]),
    "icp_match": ("equals", True),
    "domain": ("not_equals", "competitor.example.com"),
}
VALUES: dict[str, Any] = {
    "industry": "Software",
    "company_size": 120,
    "country": "Germany",
    "last_seen": "2026-11-20",
    "pages": ["https://www.example.com/pricing"],
    "utm_source": "google",
    "employee_size_range": "51-200",
    "icp_match": True,
    "domain": "acme.example.com",
}
FIELDS = {"last_seen_days": "last_seen", "page_contains": "pages"}


def config(*types: str) -> dict[str, Any]:
    conditions = [
        {"type": name, "comparator": CONDITIONS[name][0], "value": CONDITIONS[name][1]}
        for name in types
    ]
    return {"label": "x", "rules": {"groups": [{"operator": "AND", "conditions": conditions}]}}


ALL = [(name.replace("_", "-"), config(name)) for name in CONDITIONS]


def unread(scored: Scored) -> dict[str, dict[str, Any]]:
    return {it["field"]: it for it in scored.report["unreadFields"]}


def as_lines(records: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def as_csv(records: list[dict[str, Any]]) -> bytes:
    names = list(dict.fromkeys(name for record in records for name in record))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    for record in records:
        row = {k: json.dumps(v) if isinstance(v, list | bool) else v for k, v in record.items()}
        writer.writerow(row)
    return text.getvalue().encode()


def as_parquet(records: list[dict[str, Any]]) -> bytes:
    names = list(dict.fromkeys(name for record in records for name in record))
    table = pa.table({name: [record.get(name) for record in records] for name in names})
    sink = io.BytesIO()
    parquet.write_table(table, sink)
    return sink.getvalue()


FORMATS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "v.jsonl": as_lines,
    "v.csv": as_csv,
    "v.parquet": as_parquet,
    "v.json": lambda records: json.dumps(records, indent=1).encode(),
    "v.jsonl.gz": lambda records: gzip.compress(as_lines(records)),
}


@pytest.mark.parametrize("name", some(FORMATS, 3))
def test_just_the_fields_that_no_record_has_are_named(tmp_path: Path, name: str) -> None:
    for left_out in VALUES:
        records = [{"id": "1", **{k: v for k, v in VALUES.items() if k != left_out}}, {"id": "2"}]
        (tmp_path / name).write_bytes(FORMATS[name](records))
        expected = {left_out}
        if left_out == "employee_size_range":
            expected = set()  # the number of employees stands for it
        assert unread(score_files(ALL, [tmp_path / name])).keys() == expected, left_out


@given(st.sets(st.sampled_from(sorted(VALUES)), min_size=1), st.integers(1, 700))
@settings(max_examples=examples(25), deadline=None)
def test_a_field_is_there_wherever_it_first_occurs(
    tmp_path_factory: pytest.TempPathFactory, there: set[str], before: int
) -> None:
    path = tmp_path_factory.mktemp("visitors") / "v.jsonl"
    records = [{"id": str(n)} for n in range(before)] + [{name: VALUES[name] for name in there}]
    path.write_bytes(as_lines(records))
    expected = set(VALUES) - there
    if "company_size" in there:
        expected -= {"employee_size_range"}
    assert unread(score_files(ALL, [path])).keys() == expected


def test_the_line_of_a_field(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("id,Land,Staff,Sector\n1,Germany,120,Software\n2,France,7,x\n")
    scored = score_files([("small", config("country")), *ALL], [path])
    named = unread(scored)
    assert named["country"] == {
        "file": str(path),
        "field": "country",
        "configs": ["small", "country"],
        "paths": ["country", "country_code", "visitor.country", "visitor.country_code"],
        "similar": ["Land"],
    }
    assert named["company_size"]["similar"] == ["Staff"]
    assert named["industry"]["similar"][0] == "Sector"
    assert "last_seen_days" in named["last_seen"]["paths"]


def test_values_that_configs_ask_for_tell_a_key(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    records = [{"id": str(n), "kind_of_firm": text} for n, text in enumerate(["gambling", "other"])]
    path.write_bytes(as_lines(records))
    assert unread(score_files(ALL, [path]))["industry"]["similar"] == ["kind_of_firm"]


@pytest.mark.parametrize(
    "nothing", [None, "", "  ", "N/A", "(not set)", "\\N", [], [None], "\u200b"]
)
def test_a_field_that_is_always_missing_is_unread(tmp_path: Path, nothing: Any) -> None:
    path = tmp_path / "v.jsonl"
    path.write_bytes(as_lines([{"id": "1", "country": nothing, "city": "Berlin"}]))
    assert unread(score_files([("a", config("country"))], [path])).keys() == {"country"}


def test_a_field_of_misfits_is_warned_of_as_such(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    path.write_bytes(as_lines([{"id": "1", "company_size": "lots", "last_seen": "soon"}]))
    configs = [("a", config("company_size", "last_seen_days"))]
    scored = score_files(configs, [path])
    assert unread(scored) == {}
    assert scored.report["fieldWarnings"] == {"company_size": 1, "last_seen": 1}


def test_each_file_is_told_by_itself(tmp_path: Path) -> None:
    for name, record in (("a", {"id": "1", "country": "DE"}), ("b", {"id": "2", "city": "Ulm"})):
        (tmp_path / f"{name}.jsonl").write_bytes(as_lines([record]))
    scored = score_files([("a", config("country"))], [tmp_path])
    assert [it["file"] for it in scored.report["unreadFields"]] == [str(tmp_path / "b.jsonl")]


def test_records_that_are_rolled_up_together_count_as_one_file(tmp_path: Path) -> None:
    event = {"event": "$pageview", "distinct_id": "v", "timestamp": "2026-11-20T10:30:00Z"}
    for name, properties in (("a", {"$geoip_country_code": "DE"}), ("b", {"$current_url": "/x"})):
        person = {"properties": {"industry": "Software"}} if name == "b" else {}
        record = event | {"properties": properties, "person": person, "uuid": name}
        (tmp_path / f"{name}.jsonl").write_bytes(as_lines([record]))
    configs = [("a", config("country", "page_contains", "domain"))]
    named = unread(score_files(configs, [tmp_path], mapping=built_in("posthog")))
    assert named.keys() == {"domain"}


OWN = "id: Record ID\ncountry: Country\nindustry: Indsutry\ncity: [Town, City]\n"


def test_a_path_of_the_users_mapping_that_no_record_has(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(OWN)
    (tmp_path / "v.csv").write_text(
        "Record ID,Country/Region,Industry,City\n1,Germany,Retail,Ulm\n"
    )
    mapping = load_mapping(str(tmp_path / "m.yaml"))
    scored = score_files([("a", config("country"))], [tmp_path / "v.csv"], mapping=mapping)
    assert [
        (it["field"], it["configs"], it["paths"], it["similar"])
        for it in scored.report["unreadFields"]
    ] == [
        ("country", ["a"], ["Country"], ["Country/Region"]),
        ("industry", [], ["Indsutry"], ["Industry"]),
    ]


def test_a_path_may_be_found_in_the_last_record(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(OWN)
    rows = [{"Record ID": n, "Country": "DE", "Town": "Ulm"} for n in range(500)]
    (tmp_path / "v.jsonl").write_bytes(as_lines([*rows, {"Indsutry": "Retail"}]))
    mapping = load_mapping(str(tmp_path / "m.yaml"))
    scored = score_files([("a", config("country"))], [tmp_path / "v.jsonl"], mapping=mapping)
    assert scored.report["unreadFields"] == []


def test_a_mapping_that_extends_names_its_own_fields_alone(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("extends: default\nindustry: Sector\n")
    (tmp_path / "v.jsonl").write_bytes(as_lines([{"id": "1", "country": "DE"}]))
    mapping = load_mapping(str(tmp_path / "m.yaml"))
    scored = score_files([("a", config("country"))], [tmp_path / "v.jsonl"], mapping=mapping)
    assert unread(scored).keys() == {"industry"}
    assert unread(scored)["industry"]["paths"][0] == "Sector"


def test_carry_takes_fields_and_paths(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    path.write_bytes(as_lines([{"id": "1", "Sector": "Retail", "Company Size": 5, "note": None}]))
    (tmp_path / "m.yaml").write_text("extends: default\nindustry: Sector\n")
    mapping = load_mapping(str(tmp_path / "m.yaml"))
    carry = ("industry", "company_size", "NOTE", "city")
    scored = score_files([("a", config("country"))], [path], mapping=mapping, carry=carry)
    assert [scored.rows[0][name] for name in carry] == ["Retail", 5, None, None]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("indstry", "did you mean industry?"),
        ("Secttor", "did you mean Sector?"),
        ("zzz", "inspect"),
    ],
)
def test_a_name_to_carry_that_is_nowhere_is_an_error(tmp_path: Path, name: str, hint: str) -> None:
    path = tmp_path / "v.jsonl"
    path.write_bytes(as_lines([{"id": "1", "Sector": "Retail"}]))
    with pytest.raises(IcpctlError) as error:
        score_files([("a", config("country"))], [path], carry=(name,))
    assert (error.value.code, f"no record has {name}" in str(error.value)) == (
        "no_such_field",
        True,
    )
    assert hint in (error.value.hint or "")


def test_a_name_to_carry_may_be_in_the_last_record(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    path.write_bytes(as_lines([*({"id": str(n)} for n in range(900)), {"id": "x", "late": 1}]))
    scored = score_files([("a", config("country"))], [path], carry=("late",))
    assert scored.rows[-1]["late"] == 1
