"""`--by FIELD`: one visitor of all records with the same value, across files and formats."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.files.sources import find_sources
from icpctl.exports.readers.reading import Reader
from icpctl.exports.visitor_keys import VisitorKey
from icpctl.exports.visitor_scan import Scan
from icpctl.mappings.loading import built_in
from icpctl.values import typed_columns
from tests.long import examples, long
from tests.process import icpctl

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
label: Buyers
rules:
  groups:
    - operator: AND
      conditions:
        - {type: company_size, comparator: gte, value: 50}
        - {type: page_contains, comparator: contains, value: /pricing}
        - {type: job_title, comparator: has_all, value: [CTO, Head of Data]}
"""
CRM = """\
Id,Title,Company,Status,LeadSource,Website,NumberOfEmployees
00Q1,CTO,Acme,Open,Web,https://www.ACME.example/about,120
00Q2,Clerk,Tide,Open,Web,tide.example,9
"""
EVENTS = [
    {"name": "$identify", "who": "p1", "properties": {}, "domain": "acme.example"},
    {"name": "$pageview", "who": "p1", "properties": {"$current_url": "https://x.example/pricing"}},
    {"name": "$pageview", "who": "p2", "properties": {"$current_url": "https://x.example/blog"}},
    {"name": "$pageview", "who": "p2", "properties": {"$current_url": "https://x.example/docs"}},
]
FLAT = [
    {"visitor_id": "w1", "domain": "acme.example.", "job_title": "Head of Data"},
    {"visitor_id": "w2", "domain": "gmail.com", "job_title": "CTO"},
    {"visitor_id": "w3", "domain": "gmail.com"},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Leads of a CRM, PostHog's events and flat visitors, some of one company."""
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs" / "buyers.yaml").write_text(CONFIG)
    (tmp_path / "crm.csv").write_text(CRM)
    events = [
        {
            "event": event["name"],
            "distinct_id": event["who"],
            "timestamp": f"2026-11-20T10:0{minute}:00Z",
            "properties": event["properties"],
            "person_properties": {"company_domain": event.get("domain")},
            "person_id": event["who"],
        }
        for minute, event in enumerate(EVENTS)
    ]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(it) + "\n" for it in events))
    (tmp_path / "flat.jsonl").write_text("".join(json.dumps(it) + "\n" for it in FLAT))
    return tmp_path


FILES = ["crm.csv", "events.jsonl", "flat.jsonl"]
ROWS = [
    ("crm.csv", 2, "acme.example", True),
    ("crm.csv", 3, "tide.example", False),
    ("events.jsonl", 3, "p2", False),  # whose events name no company
    ("flat.jsonl", 2, "w2", False),  # free mail is nobody's company
    ("flat.jsonl", 3, "w3", False),
]


def test_score_puts_a_company_together(folder: Path) -> None:
    ended = icpctl("score", *FILES, "--by", "domain", "--with-line", "--out", "-", cwd=folder)
    assert ended.code == 0, ended.err
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [(row["source"], row["line"], row["id"], row["icp_match"]) for row in rows] == ROWS


@long
def test_explain_and_insight_say_the_same(folder: Path) -> None:
    args = ["--by", "domain", "-o", "json"]
    ended = icpctl("explain", *FILES, "--id", "acme.example", *args, cwd=folder)
    body = json.loads(ended.out)
    assert (body["icp_match"], body["icp"]) == (True, "buyers")
    insight = json.loads(icpctl("insight", *FILES, *args, cwd=folder).out)
    assert insight["visitors"] == len(ROWS)
    assert icpctl("explain", "flat.jsonl", "--line", "1", *args, cwd=folder).code == 2


@long
def test_rollup_writes_what_score_reads(folder: Path) -> None:
    for name in ("v.jsonl", "v.parquet"):
        ended = icpctl("rollup", *FILES, "--by", "domain", "--out", name, cwd=folder)
        assert ended.out == "9 records, 5 visitors; 2 records have no key\n", ended.err
        rows = icpctl("score", name, "--out", "-", cwd=folder).out.splitlines()
        scored = [(json.loads(row)["id"], json.loads(row)["icp_match"]) for row in rows]
        assert scored == [(id_, matches) for _, _, id_, matches in ROWS]
    first = json.loads((folder / "v.jsonl").read_text().splitlines()[0])
    assert first["job_title"] == ["CTO", "Head of Data"]


@pytest.mark.parametrize(
    ("by", "count"),
    [
        ("linkedin_url", 2),
        ("country", 2),
        ("id", 3),  # ids keep letter case
        ("city", 2),
        ("x.key", 3),  # a path, too
    ],
)
def test_what_is_the_same(tmp_path: Path, by: str, count: int) -> None:
    records = [
        *(
            {"id": id_, "linkedin_url": url, "country": land, "city": city, "x": {"key": id_}}
            for id_, url, land, city in [
                ("A", "https://www.linkedin.com/in/ada/", "Germany", "Köln"),
                ("a", "linkedin.com/in/Ada", "DE", " KÖLN "),
                ("b", "linkedin.com/in/bo", "France", "Ulm"),
            ]
        ),
    ]
    (tmp_path / "v.jsonl").write_text("".join(json.dumps(it) + "\n" for it in records))
    ended = icpctl("rollup", "v.jsonl", "--by", by, "--out", "-", cwd=tmp_path)
    assert len(ended.out.splitlines()) == count, ended.err


@pytest.mark.parametrize("command", ["score", "rollup"])
def test_no_record_has_the_key(folder: Path, command: str) -> None:
    ended = icpctl(command, "flat.jsonl", "--by", "domian", "--out", "-", cwd=folder)
    assert (ended.code, ended.out) == (2, "")
    assert "no record has domian, by which records are put together" in ended.err
    assert "did you mean domain?" in ended.err


# Records of two formats: each has a person, and perhaps a company.
people = st.sampled_from(["p", "q", "r", None])
companies = st.sampled_from(["a.example", "https://www.A.example/x", "b.example", None, None])
records = st.lists(st.tuples(st.booleans(), people, companies), min_size=1, max_size=12)


def naive(made: list[tuple[bool, str | None, str | None]]) -> list[set[int]]:
    """Which records are one visitor: of a company, else of a person's company, else a person's."""
    forms = {"https://www.A.example/x": "a.example"}
    companies = [None if its is None else forms.get(its, its) for _, _, its in made]
    latest = {
        (kind, person): company
        for (kind, person, _), company in zip(made, companies, strict=True)
        if kind and person and company
    }
    groups: dict[Any, set[int]] = {}
    for number, ((kind, person, _), company) in enumerate(zip(made, companies, strict=True)):
        own = (kind, person) if kind and person else None
        key: Any = company or latest.get(own)  # type: ignore[arg-type]
        groups.setdefault(key or own or number, set()).add(number)
    return list(groups.values())


@settings(max_examples=examples(60), deadline=None)
@given(made=records, seed=st.integers(0, 99))
def test_records_are_put_together_as_in_plain_python(
    tmp_path_factory: pytest.TempPathFactory,
    made: list[tuple[bool, str | None, str | None]],
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("by")
    if not any(company for _, _, company in made):
        return
    texts: dict[bool, list[str]] = {True: [], False: []}
    for number, (kind, person, company) in enumerate(made):
        if kind:
            record: dict[str, Any] = {
                "event": "$pageview",
                "person_id": person,
                "timestamp": f"2026-11-20T10:00:{number:02}Z",
                "properties": {"$current_url": f"/{number}"},
                "person_properties": {"company_domain": company},
            }
        else:
            record = {"visitor_id": person, "domain": company, "pages": [f"/{number}"]}
        texts[kind].append(json.dumps(record))
    names = {True: "posthog", False: "default"}
    for kind, lines in texts.items():
        (folder / f"{names[kind]}.jsonl").write_text("\n".join(lines))
    sources = find_sources([str(folder)])
    random.Random(seed).shuffle(sources)
    mapped = [(source, built_in(source.path.stem)) for source in sources if source.size]
    reader = Reader(Columns({}), batch_rows=3)
    scan = Scan(
        mapped,
        reader,
        lambda mapping: Columns.of(
            mapping, {name: mapping.paths[name] for name in ("id", "pages")}
        ),
        by=(VisitorKey.of("domain"),),
    )
    groups = [
        {int(page[1:]) for page in pages}
        for batch in scan.batches()
        for pages in typed_columns.pages(batch.table["pages"]).to_lists()
    ]
    assert sorted(map(sorted, groups)) == sorted(map(sorted, naive(made)))
