"""Events and sessions rolled up into visitors, held to a naive implementation."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.files.sources import find_sources
from icpctl.exports.readers.reading import Reader
from icpctl.exports.rollup import RollUp
from icpctl.mappings.mapping import FIELDS, Mapping
from icpctl.values import date_forms
from tests.long import examples, long

MAPPING = Mapping(
    "test",
    {name: ((name,),) for name in FIELDS},
    by=(("email",), ("cookie",)),
    session=(("session",),),
)
NAMES = ["id", "last_seen", "pages", "page_view_count", "session_count", "city", "company_size"]


def naive(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The visitors of some records, in the order of their first ones; without what is missing."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for number, record in enumerate(records):
        keys = [record.get("email"), record.get("cookie")]
        key = next((key for key in keys if key is not None and str(key).strip()), None)
        text = key.strip() if isinstance(key, str) else key
        groups.setdefault(text or ("alone", number), []).append(record)
    return [_visitor(key, group) for key, group in groups.items()]


def _visitor(key: Any, group: list[dict[str, Any]]) -> dict[str, Any]:
    ordered = sorted(group, key=lambda record: _instant(record) or -(10**20))
    found: dict[str, Any] = {}
    fields = {"id": _is_text, "city": _is_text, "company_size": _is_size}
    for name, fits in fields.items():
        values = [record.get(name) for record in ordered if not _is_blank(record.get(name))]
        fitting = [value for value in values if fits(value)]
        if fitting or (values and name != "id"):
            found[name] = (fitting or values)[-1]
    if isinstance(key, str):
        found["id"] = key
    seen = [record["last_seen"] for record in ordered if _instant(record) is not None]
    if seen:
        found["last_seen"] = seen[-1]
    pages = [page for record in ordered for page in record.get("pages") or []]
    if pages:
        found["pages"] = list(dict.fromkeys(pages))
    for name, counted in {
        "page_view_count": len(pages),
        "session_count": len({record["session"] for record in group if record.get("session")}),
    }.items():
        own = [record[name] for record in ordered if record.get(name) is not None]
        fitting = [value for value in own if isinstance(value, int)]
        if own or counted:
            found[name] = (fitting or [counted or own[-1]])[-1]
    return found


def _instant(record: dict[str, Any]) -> int | None:
    text = record.get("last_seen")
    return None if text is None else date_forms.instant(text)


def _is_blank(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) or value == "51-200"


def roll_up(
    files: list[list[dict[str, Any]]], *, batch_rows: int = 1000, names: list[str] = NAMES
) -> tuple[list[dict[str, Any]], list[tuple[str, int]]]:
    """The visitors, without what is missing, and the file's name and line of each."""
    visitors: list[dict[str, Any]] = []
    places: list[tuple[str, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, records in enumerate(files):
            text = "".join(json.dumps(record) + "\n" for record in records)
            Path(folder, f"{number}.jsonl").write_text(text)
        spool = Path(folder, "spool")
        spool.mkdir()
        columns = Columns({name: MAPPING.paths[name] for name in names})
        reader = Reader(columns, batch_rows=batch_rows, temp_dir=spool)
        rolled = RollUp(reader, lambda _: columns)
        for batch in rolled.read([(source, MAPPING) for source in find_sources([folder])]):
            places += [(Path(batch.source.name).name, int(line)) for line in batch.lines]
            visitors += [_values(row) for row in batch.table.to_pylist()]
    return visitors, places


def _values(row: dict[str, Any]) -> dict[str, Any]:
    tokens = {name: value for name, value in row.items() if value is not None}
    found = {
        name: list(map(json.loads, value)) if name == "pages" else json.loads(value)
        for name, value in tokens.items()
    }
    return {name: value for name, value in found.items() if value != []}


RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(["a@x.example", "b@x.example", " a@x.example ", "", None]),
        "cookie": st.sampled_from(["c1", "c2", None]),
        "session": st.sampled_from(["s1", "s2", "", None]),
        "last_seen": st.sampled_from(
            ["2026-11-20", "2026-11-21T10:00:00Z", "2026-11-21T12:00:00+02:00", "never", None]
        ),
        "pages": st.lists(st.sampled_from(["/a", "/b", "/c?d"]), max_size=3) | st.none(),
        "page_view_count": st.sampled_from([1, 7, "lots", None]),
        "session_count": st.sampled_from([2, "many", None]),
        "id": st.sampled_from(["v1", "v2", "", None]),
        "city": st.sampled_from(["Bonn", "Ulm", " ", "", None]),
        "company_size": st.sampled_from([5, 180, "51-200", "lots", "", None]),
    },
)


@settings(deadline=None, max_examples=examples(50))
@given(st.lists(st.lists(RECORDS, max_size=12), min_size=1, max_size=3), st.integers(1, 20))
def test_visitors_are_what_the_naive_roll_up_says(
    files: list[list[dict[str, Any]]], batch_rows: int
) -> None:
    visitors, _ = roll_up(files, batch_rows=batch_rows)
    wanted = naive([record for records in files for record in records])
    for visitor in visitors:
        if date_forms.instant(visitor.get("last_seen", "")) is None:
            visitor.pop("last_seen", None)  # what is not a valid date is kept to be warned of
    assert visitors == wanted


def test_a_visitor_stands_where_its_first_record_stands() -> None:
    late, early = {"last_seen": "2026-11-21"}, {"last_seen": "2026-11-20"}
    files = [
        [{"email": "b", **late}, {"city": "alone"}, {"email": "a", **late}],
        [{"email": "a", "city": "Ulm", **early}, {"cookie": "c", "city": "Bonn"}],
        [{"email": "b", "city": "Jena"}],
    ]
    visitors, places = roll_up(files, names=["city"])
    assert places == [("0.jsonl", 1), ("0.jsonl", 2), ("0.jsonl", 3), ("1.jsonl", 2)]
    assert visitors == [{"city": "Jena"}, {"city": "alone"}, {"city": "Ulm"}, {"city": "Bonn"}]


def test_a_value_that_does_not_fit_is_kept_only_where_nothing_fits() -> None:
    files = [[{"email": "a", "company_size": 7}, {"email": "a", "company_size": "lots"}]]
    files += [[{"email": "b", "company_size": "many"}, {"email": "b", "company_size": "lots"}]]
    assert roll_up(files, names=["company_size"])[0] == [
        {"company_size": 7},
        {"company_size": "lots"},
    ]


@long
@pytest.mark.parametrize("batch_rows", [1, 7, 5000])
def test_one_visitor_over_many_batches(batch_rows: int) -> None:
    seconds = [59 - number % 60 for number in range(600)]
    records = [
        {
            "email": f"{number % 2}@x.example",
            "pages": [f"/{number % 50}", "/"],
            "session": f"s{number % 30}",
            "last_seen": f"2026-11-20T10:{number % 7:02}:{second:02}Z",
            "city": f"city {number}",
        }
        for number, second in enumerate(seconds)
    ]
    visitors, _ = roll_up([records], batch_rows=batch_rows)
    assert visitors == naive(records)
    assert visitors[0]["page_view_count"] == 600
