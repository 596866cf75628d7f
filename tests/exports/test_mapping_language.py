"""All that a mapping can say holds through `score`, in every format of files."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from icpctl.errors import IcpctlError
from icpctl.exports.files.sources import find_sources
from icpctl.exports.format_detection import map_sources
from icpctl.mappings.loading import load_mapping
from tests.exports.test_containers import workbook
from tests.exports.torture import config
from tests.long import some
from tests.process import icpctl
from tests.support import Scored, score_files

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = [".jsonl", ".json", ".csv", ".parquet", ".xlsx"]
RECORDS: list[dict[str, Any]] = [
    {
        "ref": "a",
        "Event": "page",
        "context.kind": "web",
        "seen": "11/20/2026",
        "size": "51-200 employees",
        "spent": "$1.5M",
        "landing": "/pricing?utm_source=Google+Ads&gclid=1",
        "exit": "/demo",
        "channel": "Paid Search",
        "scores": [12, 90, 40],
        "visits": ["2026-11-19", "2026-11-20", "2026-11-01"],
        "tags": "a; b",
        "note": "n.a.",
    },
    {"ref": "b", "Event": "page", "context.kind": "app", "channel": "Email", "note": "x"},
    {"ref": "c", "Event": "identify", "context.kind": "web", "channel": "paid search"},
]


def flattened(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records as tables have them: each has all keys, lists are JSON texts."""
    names = list(dict.fromkeys(name for record in records for name in record))
    return [
        {
            name: json.dumps(value) if isinstance(value := record.get(name), list) else value
            for name in names
        }
        for record in records
    ]


def nested(record: dict[str, Any]) -> dict[str, Any]:
    """A record whose key `a.b` is the key `b` in `a`."""
    made: dict[str, Any] = {}
    for name, value in record.items():
        *above, last = name.split(".")
        inside = made
        for key in above:
            inside = inside.setdefault(key, {})
        inside[last] = value
    return made


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    rows = flattened(records)
    if path.suffix == ".csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        path.write_text(text.getvalue())
    elif path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".xlsx":
        cells = [
            list(rows[0]),
            *[["" if it is None else it for it in row.values()] for row in rows],
        ]
        path.write_bytes(workbook(("Sheet", cells)))
    elif path.suffix == ".json":
        path.write_text(json.dumps([nested(record) for record in records], indent=1))
    else:
        path.write_text("".join(json.dumps(nested(record)) + "\n" for record in records))
    return path


def scored(tmp_path: Path, suffix: str, mapping: str, *conditions: tuple[Any, ...]) -> Scored:
    """What score finds in the records, read with a mapping."""
    (tmp_path / "m.yaml").write_text(f"id: ref\n{mapping}\n")
    path = write(tmp_path / f"v{suffix}", RECORDS)
    configs = [config(f"c-{number}", it) for number, it in enumerate(conditions)]
    return score_files(configs, [path], mapping=load_mapping(str(tmp_path / "m.yaml")))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("mapping", "condition", "ids"),
    [
        (
            'last_seen: {path: seen, as: date, format: "%m/%d/%Y"}',
            ("last_seen_days", "equals", 3),
            "a",
        ),
        ("icp_score: {path: spent, as: number}", ("icp_score", "exists"), "a"),
        (
            "utm_source: {path: landing, as: query utm_source}",
            ("utm_source", "equals", "google ads"),
            "a",
        ),
        (
            "utm_medium: {path: channel, map: {Paid Search: cpc}}",
            ("utm_medium", "equals", "cpc"),
            "ac",
        ),
        (
            "utm_medium: {path: channel, map: {Paid Search: cpc}}",
            ("utm_medium", "equals", "email"),
            "b",
        ),
        ("page_view_count: {path: size, as: lower_end}", ("page_view_count", "equals", 51), "a"),
        ("pages: {all: [landing, exit]}", ("page_contains", "has_all", ["/pricing", "/demo"]), "a"),
        ("city: {path: tags, split: ';'}", ("city", "has_all", ["a", "b"]), "a"),
        ("icp_score: {path: scores, as: highest}", ("icp_score", "equals", 90), "a"),
        ("last_seen: {path: visits, as: latest}", ("last_seen_days", "equals", 3), "a"),
        ("session_count: {path: visits, as: count}", ("session_count", "equals", 3), "a"),
        ("missing: n.a.\ncity: note", ("city", "exists"), "b"),
        ("city: {constant: Ulm}", ("city", "equals", "ulm"), "abc"),
        ("where: {event: page}\ncity: {constant: Ulm}", ("city", "exists"), "ab"),
        (
            "where: {event: [identify, page], context.kind: web}\ncity: ref",
            ("city", "exists"),
            "ac",
        ),
        ("extends: default\ncity: ref", ("city", "exists"), "abc"),
        ("extends: default\nwhere: {event: page}", ("icp_match", "not_exists"), "ab"),
    ],
)
def test_a_word_of_the_language(
    tmp_path: Path, suffix: str, mapping: str, condition: tuple[Any, ...], ids: str
) -> None:
    rows = scored(tmp_path, suffix, mapping, condition).rows
    assert "".join(row["id"] for row in rows if row["icp_match"]) == ids


@pytest.mark.parametrize("suffix", some(SUFFIXES))
def test_records_that_are_left_out_are_counted(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "m.yaml").write_text("id: ref\nwhere: {event: page}\nutm_medium: channel\n")
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs" / "any.yaml").write_text(
        "label: A\nrules: {groups: [{operator: AND, conditions: [{type: utm_medium, "
        "comparator: exists}]}]}\n"
    )
    write(tmp_path / f"v{suffix}", RECORDS)
    for command in ("score", "stats", "insight"):
        ended = icpctl(command, f"v{suffix}", "--mapping", "m.yaml", cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert f"v{suffix}: 1 record left out, for the mapping m.yaml takes only those with " in (
            ended.err
        )
        assert "event: page" in ended.err
    args = ["--mapping", "m.yaml", "--by", "ref", "--out", "-"]
    ended = icpctl("rollup", f"v{suffix}", *args, cwd=tmp_path)
    assert [json.loads(line)["visitor_id"] for line in ended.out.splitlines()] == ["a", "b"]
    assert "1 record left out" in ended.err


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("keys", ["payload.people", "Payload.PEOPLE"])
def test_records_of_a_page_are_where_the_mapping_says(
    tmp_path: Path, keys: str, indent: int | None
) -> None:
    outer, inner = keys.split(".")
    people = [{"id": "1", "city": "Ulm"}, {"id": "2", "city": "Bonn"}]
    page = {"id": "request", "city": "none", outer: {"count": 2, inner: people}, "more": [{}]}
    (tmp_path / "v.json").write_text(json.dumps(page, indent=indent))
    (tmp_path / "m.yaml").write_text("records: payload.people\nid: id\ncity: city\n")
    mapping = load_mapping(str(tmp_path / "m.yaml"))
    configs = [config("ulm", ("city", "equals", "ulm"))]
    scored = score_files(configs, [tmp_path / "v.json"], mapping=mapping)
    assert [(row["id"], row["icp_match"]) for row in scored.rows] == [("1", True), ("2", False)]
    assert scored.rejected == []


def mapped(tmp_path: Path, *names: str) -> list[str]:
    """The mapping that each file of a folder takes."""
    mappings = [load_mapping(str(tmp_path / name)) for name in names]
    sources = find_sources([str(tmp_path / "in")])
    return [file.mapping.name.rpartition("/")[2] for file in map_sources(sources, mappings)]


def test_each_file_takes_the_mapping_that_recognises_it(tmp_path: Path) -> None:
    (tmp_path / "crm.yaml").write_text("id: ref\nrecognised_by: [Ref, Sector]\nindustry: sector\n")
    (tmp_path / "web.yaml").write_text(
        "id: v\nrecognised_by: [[v, hits], [v, urls]]\npages: [hits, urls]\n"
    )
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "a.csv", [{"REF": "1", "Sector": "Software"}])
    write(tmp_path / "in" / "b.jsonl", [{"v": "2", "hits": ["/pricing"]}])
    write(tmp_path / "in" / "c.parquet", [{"V": "3", "URLs": "/pricing"}])
    write(tmp_path / "in" / "d.jsonl", [{"ref": "4", "sector": None}, {"other": 1}])
    crm, web = "crm.yaml", "web.yaml"
    assert mapped(tmp_path, crm, web) == [crm, web, web, crm]
    assert mapped(tmp_path, web, crm) == [crm, web, web, web]
    assert mapped(tmp_path, web) == [web] * 4


def test_mappings_are_options_and_settings(tmp_path: Path) -> None:
    (tmp_path / "crm.yaml").write_text("id: ref\nrecognised_by: [ref, sector]\nindustry: sector\n")
    (tmp_path / "web.yaml").write_text("id: v\nrecognised_by: v\nindustry: {constant: Software}\n")
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs" / "any.yaml").write_text(
        "label: A\nrules: {groups: [{operator: AND, conditions: [{type: industry, "
        "comparator: equals, value: software}]}]}\n"
    )
    write(tmp_path / "a.csv", [{"ref": "1", "sector": "Software"}])
    write(tmp_path / "b.jsonl", [{"v": "2"}])
    given = ["--mapping", "crm.yaml", "--mapping", "web.yaml"]
    ended = icpctl("score", "a.csv", "b.jsonl", *given, "--out", "-", cwd=tmp_path)
    assert [json.loads(line)["icp_match"] for line in ended.out.splitlines()] == [True, True]
    assert "b.jsonl: read as web.yaml (--mapping web.yaml)" in ended.err
    (tmp_path / "icpctl.toml").write_text('mapping = ["web.yaml", "crm.yaml"]\n')
    assert icpctl("score", "a.csv", "b.jsonl", "--out", "-", cwd=tmp_path).out == ended.out


@pytest.mark.parametrize("command", ["score", "inspect", "rollup --by ref --out -"])
def test_a_mapping_that_no_file_can_take_is_said(tmp_path: Path, command: str) -> None:
    (tmp_path / "crm.yaml").write_text("id: ref\nindustry: sector\n")
    (tmp_path / "web.yaml").write_text("id: v\nindustry: branch\n")
    (tmp_path / "deals.yaml").write_text("deals: {key: ref}\n")
    write(tmp_path / "a.csv", [{"ref": "1", "sector": "Software"}])
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs" / "any.json").write_text(
        json.dumps(config("any", ("industry", "exists", True))[1])
    )
    given = [f"--mapping={name}.yaml" for name in ("crm", "web", "deals")]
    ended = icpctl(*command.split(), "a.csv", *given, cwd=tmp_path)
    assert ended.code == 0
    assert ended.err.count("no file takes the mapping") == 1
    assert (
        "warning: no file takes the mapping web.yaml, which has no recognised_by; "
        "files that no mapping recognises take the first, crm.yaml\n"
    ) in ended.err
    assert "no file takes" not in icpctl("inspect", "a.csv", given[0], cwd=tmp_path).err


def test_mappings_that_find_nothing_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("id: x\n")
    (tmp_path / "b.yaml").write_text("id: y\n")
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "v.jsonl", [{"id": "1"}])
    with pytest.raises(IcpctlError, match="no field of these mappings") as caught:
        mapped(tmp_path, "a.yaml", "b.yaml")
    assert caught.value.code == "mapping_fits_nothing"


# A lone object is a page for a format that reads none of its other keys, and a record for others.
@pytest.mark.parametrize(
    ("record", "name", "ids"),
    [
        ({"Data": [{"id": "1"}], "Country": "Germany", "ID": "9"}, "default", ["9"]),
        ({"data": [{"id": "1"}, {"id": "2"}], "meta": {}}, "default", ["1", "2"]),
        (
            {"items": [{}], "idSite": 1, "idVisit": 2, "visitorId": "m", "actionDetails": []},
            "matomo",
            ["m"],
        ),
        (
            {
                "country": "XX",
                "results": [{"ZoomInfo Contact ID": "z", "Job Title": "CTO"}],
            },
            "default",
            [None],
        ),
        ({"name": "x", "results": [{"Zoominfo_contact_id": "z"}]}, "zoominfo", ["z"]),
    ],
)
def test_what_is_a_page_depends_on_the_mapping(
    tmp_path: Path, record: dict[str, Any], name: str, ids: list[str | None]
) -> None:
    (tmp_path / "v.json").write_text(json.dumps(record))
    (file,) = map_sources(find_sources([str(tmp_path / "v.json")]))
    rows = score_files([config("any", ("city", "not_exists"))], [tmp_path / "v.json"]).rows
    assert (file.mapping.name, [row["id"] for row in rows]) == (name, ids)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_mapping_in_any_spelling_fits(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / f"v{suffix}", [{"Company SIZE": 120, "Visitor-Id": "a"}])
    (file,) = map_sources(find_sources([str(tmp_path / "in")]))
    assert file.fits
    (tmp_path / "m.yaml").write_text("company_size: companySize\n")
    assert mapped(tmp_path, "m.yaml") == ["m.yaml"]
