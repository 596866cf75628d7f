"""What a mapping says beyond a path: conversions with arguments, lists, other mappings, deals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from icpctl.errors import IcpctlError
from icpctl.exports.columns.field_columns import first_value
from icpctl.mappings.conversions import convert
from icpctl.mappings.loading import built_in, load_mapping, read_mapping
from icpctl.mappings.paths import conversion, keys_needed, path_text, resolve
from icpctl.values import json_records

if TYPE_CHECKING:
    from pathlib import Path

    from icpctl.mappings.mapping import Mapping


def mapping(text: str) -> Mapping:
    return read_mapping("m.yaml", text.encode())


def seen(entry: str, record: dict[str, Any], field: str = "industry") -> Any:
    """What the entry of a field finds in a record, as JSON."""
    paths = mapping(f"{field}: {entry}").paths[field]
    value = first_value(json_records.parse_record(json.dumps(record).encode()), paths)
    return None if value is None else json.loads(json_records.dumps(value))


@pytest.mark.parametrize(
    ("entry", "value", "becomes"),
    [
        ('{path: v, as: date, format: "%m/%d/%Y"}', "11/20/2026", "2026-11-20T00:00:00Z"),
        ('{path: v, as: date, format: "%d/%m/%Y"}', "05/12/2026", "2026-12-05T00:00:00Z"),
        ('{path: v, as: date, format: ["%m/%d/%Y", "%m/%d/%Y %H:%M"]}', "11/20/2026 9:05", None),
        ('{path: v, as: date, format: "%m/%d/%Y %z"}', "11/20/2026 +0200", "2026-11-19T22:00:00Z"),
        ('{path: v, as: date, format: "%m/%d/%Y"}', "2026-11-20", "2026-11-20T00:00:00Z"),
        ('{path: v, as: date, format: "%m/%d/%Y"}', "soon", "soon"),
        ("{path: v, as: date}", "Nov 20, 2026", "2026-11-20T00:00:00Z"),
        ("{path: v, as: number}", "$1.5M", 1500000),
        ("{path: v, as: number}", "1,200.5", 1200.5),
        ("{path: v, as: number}", "many", "many"),
        ("{path: v, as: query utm_source}", "/a?UTM_Source=Google+Ads#b", "Google Ads"),
        ("{path: v, as: query gclid}", "/a?utm_source=x", None),
        ("{path: v, as: query q}", ["/?q=a", "/", "/?q=b"], ["a", "b"]),
        ("{path: v, map: {Paid Search: cpc, Other: x}}", "paid  SEARCH", "cpc"),
        ("{path: v, map: {Paid Search: cpc}}", ["Paid Search", "Email"], ["cpc", "Email"]),
        ("{path: v, map: {'1': first}}", 1, "first"),
        ('{path: v, split: ";", map: {a: A}}', "a; b", ["A", "b"]),
        (
            "{path: v, as: words, map: {Computer Software: Software}}",
            "COMPUTER_SOFTWARE",
            "Software",
        ),
        ("{path: v, as: lower_end}", "51-200 employees", 51),
        ("{path: v, as: lower_end}", {"min": 11, "max": 50}, 11),
        ("{path: v, as: lower_end}", "over 10,000", 10001),
        ("{path: v, as: lower_end}", "small", "small"),
        ("{path: v, as: range}", "251-1K", "251-1000"),
        ("{path: v, as: range}", {"min": 51}, "51+"),
        ("{path: v, as: range}", "120", None),
        ("{path: v, as: range}", "SME (1-249)", "SME (1-249)"),
        ("{path: v, as: latest}", ["2026-11-19", "Nov 20, 2026", None, "soon"], "Nov 20, 2026"),
        ("{path: v, as: highest}", [3, "1,200", 7, "x"], "1,200"),
        ("{path: v, as: highest}", ["x"], None),
        ("{path: v, as: highest}", 5, 5),
    ],
)
def test_a_conversion(entry: str, value: Any, becomes: Any) -> None:
    if "%H" in entry:
        becomes = "2026-11-20T09:05:00Z"
    assert seen(entry, {"v": value}) == becomes


def test_a_conversion_makes_one_value_of_a_list() -> None:
    visits = {"visits": [{"at": "2026-11-18", "pages": 3}, {"at": "2026-11-20", "pages": 2}]}
    assert seen('{path: "visits[].at", as: latest}', visits, "last_seen") == "2026-11-20"
    assert seen('{path: "visits[].pages", as: highest}', visits, "page_view_count") == 3


def test_several_paths_make_one_list() -> None:
    entry = '{all: [first, last, "others[].url"]}'
    record = {"first": "/a", "last": "/b", "others": [{"url": "/c"}, {}]}
    assert seen(entry, record, "pages") == ["/a", "/b", "/c"]
    assert seen(entry, {"last": "/b"}, "pages") == ["/b"]
    assert seen(entry, {"other": "/b"}, "pages") is None
    (path,) = mapping(f"pages: {entry}").paths["pages"]
    assert keys_needed(path) == [("first",), ("last",), ("others",)]
    assert path_text(path) == "[first, last, others[].url]"
    latest = "{all: [created, updated], as: latest}"
    record = {"created": "2026-11-01", "updated": "2026-11-20"}
    assert seen(latest, record, "last_seen") == "2026-11-20"


def test_missing_texts_hold_within_several_paths() -> None:
    paths = mapping("missing: [none]\ncity: {all: [a, b]}").paths["city"]
    assert resolve({"a": "none", "b": "Ulm"}, paths[0]) == ["Ulm"]


def test_company_sizes_need_no_conversion() -> None:
    entry = {"path": "size", "as": "range"}
    assert mapping(f"company_size: {json.dumps(entry)}").paths["company_size"] == (("size",),)


def test_a_mapping_extends_another() -> None:
    found = mapping("extends: hubspot\nindustry: properties.sector\ntitle: Ours\nby: email")
    base = built_in("hubspot")
    assert found.title == "Ours"
    assert found.paths["industry"] == (("properties", "sector"), *base.paths["industry"])
    assert found.paths["country"] == base.paths["country"]
    assert (found.by, found.recognised_by) == ((("email",),), base.recognised_by)


def test_which_records_are_visitors() -> None:
    found = mapping(
        "records: payload.people\nwhere: {event: [page, screen], context.kind: web}\nid: user"
    )
    assert found.records == (("payload", "people"),)
    assert found.only == ((("event",), ("page", "screen")), (("context", "kind"), ("web",)))
    assert load_mapping("default").only == ()


def test_deals() -> None:
    found = mapping(
        "id: Id\ndeals: {key: Website, outcome: StageName, close_date: {path: Closed, as: date,"
        ' format: "%m/%d/%Y"}, amount: {path: Amount, as: number}}'
    )
    assert set(found.deals) == {"key", "outcome", "close_date", "amount"}
    (path,) = found.deals["close_date"]
    assert convert("11/20/2026", conversion(path)) == "2026-11-20T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("city: {path: a, as: hosts}", "ICP503", "unknown conversion 'hosts'"),
        ("city: {path: a, as: host x}", "ICP503", "unknown conversion 'host x'"),
        ("city: {path: a, as: query}", "ICP504", "query needs a parameter"),
        ('city: {path: a, as: host, format: "%Y"}', "ICP504", "format belongs beside as: date"),
        ('city: {path: a, format: "%Y"}', "ICP504", "path and format make no path"),
        (
            'last_seen: {path: a, as: date, format: "%m/%d"}',
            "ICP508",
            "is not the format of a date",
        ),
        ('last_seen: {path: a, as: date, format: "%Q"}', "ICP508", "is not the format"),
        ("city: {path: a, map: b}", "ICP504", "map must be an object of texts"),
        ("city: {path: a, map: {b: [c]}}", "ICP504", "what a text becomes must be text"),
        ("city: {all: a}", "ICP504", "all must be a list of paths"),
        ("city: {all: [a], path: b}", "ICP504", "all and path make no path"),
        ("id: {all: [a, b]}", "ICP506", "id is one value, [a, b] gives several"),
        ('last_seen: "visits[].at"', "ICP506", "last_seen is one value"),
        ("extends: hubspott\ncity: a", "ICP507", "unknown mapping 'hubspott'"),
        ("where: event\ncity: a", "ICP504", "where must be an object such as {event: page}"),
        ("where: {a..b: c}\ncity: a", "ICP502", "bad path 'a..b'"),
        ("deals: {won: a}\ncity: a", "ICP501", "unknown field of deals 'won'"),
        ('deals: {key: "a[].b"}\ncity: a', "ICP506", "this is one value"),
        ("records: {constant: a}\ncity: a", "ICP504", "here a path must be text"),
    ],
)
def test_what_is_wrong(text: str, code: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(IcpctlError) as caught:
        mapping(text)
    (finding,) = caught.value.findings
    assert (finding.code, message in finding.message) == (code, True), finding.message
