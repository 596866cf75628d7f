"""Visitors of events on Spark are those of one machine, and so is all that is told of them."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pytest
from pyarrow import parquet

from icpctl.config.store import Workspace
from icpctl.errors import IcpctlError
from icpctl.exports.visitor_keys import VisitorKey
from icpctl.features.rollup.on_spark import roll_up
from icpctl.features.rollup.printing import How, rollup_into
from icpctl.mappings.mapping import FIELDS, Mapping
from icpctl.mappings.paths import parse_path
from tests.exports.torture import BOM, config
from tests.process import ROOT
from tests.spark.engine import blocks_of, elsewhere, on_one_machine, on_spark, spark, texts_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from icpctl.features.rollup.printing import RollUpRun

EXPORTS = ROOT / "tests" / "fixtures" / "exports"
MAPPING = Mapping(
    "test",
    {name: ((name,),) for name in FIELDS} | {"page_view_count": (parse_path("hits"),)},
    by=(("email",), ("cookie",)),
    session=(("session",),),
)
CONFIGS = [
    config("large", ("company_size", "gte", 50)),
    config("priced", ("page_contains", "equals", "/1")),
    config("seen", ("session_count", "gte", 2), ("last_seen_days", "lte", 30)),
]


class Found(NamedTuple):
    """What a roll-up gives: its visitors and rejected lines, and what is told of all."""

    lines: Counter[str]
    schema: pa.Schema
    rows: Counter[str]
    rejected: list[dict[str, Any]]
    told: dict[str, Any]


def on_both(folder: Path, exports: Sequence[object], how: How | None = None) -> Found:
    """Rolls up on Spark and on one machine, into both formats; all of it is the same."""
    how, names = how or How(), [str(it) for it in exports]
    rejects = folder / "theirs-rejects", folder / "ours-rejects"
    theirs = [
        roll_up(spark(), names, how, f"{folder}/theirs.jsonl", str(rejects[0])),
        roll_up(spark(), names, how, f"{folder}/theirs.parquet"),
    ]
    ours = [
        rollup_into(names, how, f"{folder}/ours.jsonl", rejects[1]),
        rollup_into(names, how, f"{folder}/ours.parquet"),
    ]
    assert told(theirs[0]) == told(theirs[1])
    found = found_in(folder / "theirs", texts_in, texts_in(rejects[0]), theirs[0])
    assert found == found_in(folder / "ours", lines_of, lines_of(rejects[1]), ours[0])
    return found


def found_in(
    path: Path, lines: Callable[[Path], Iterable[str]], rejected: Iterable[str], run: RollUpRun
) -> Found:
    table = parquet.read_table(path.with_suffix(".parquet"))
    return Found(
        Counter(lines(path.with_suffix(".jsonl"))),
        table.schema.remove_metadata(),
        Counter(map(str, table.to_pylist())),
        sorted(map(json.loads, rejected), key=lambda it: (it["file"], it["line"])),
        told(run),
    )


def lines_of(file: Path) -> list[str]:
    return file.read_text("utf-8").split("\n")[:-1]


def told(run: RollUpRun) -> dict[str, Any]:
    counts: dict[str, Any] = json.loads(run.as_json())
    del counts["elapsedSeconds"]
    return counts | {
        "first rejected": run.first_rejected,
        "warnings": run.warnings.summary(),
        "mapped": [(it.source, it.mapping.name, it.recognised, it.fits) for it in run.mapped],
    }


@pytest.mark.parametrize(
    "name", ["segment_events", "posthog_events", "ga4_bigquery", "leadfeeder_visits"]
)
def test_exports_of_vendors(tmp_path: Path, name: str) -> None:
    assert on_both(tmp_path, [EXPORTS / f"{name}.jsonl"]).told["visitors"] == 5


def test_visitors_of_several_formats_are_kept_apart(tmp_path: Path) -> None:
    """The same key in two formats is two visitors; columns are those of all formats."""
    export = EXPORTS / "segment_events.jsonl"
    flat = tmp_path / "flat.jsonl"
    key = json.loads(export.read_text("utf-8").split("\n")[0])["anonymousId"]
    flat.write_text("".join(json.dumps({"id": key, "city": city}) + "\nbad\n" for city in "ab"))
    (tmp_path / "later.jsonl").write_text('{"type": "page", "messageId": 1, "anonymousId"\n')
    files = [export, flat, EXPORTS / "posthog_events.jsonl", export.with_name("canonical.jsonl")]
    found = on_both(tmp_path, [*files, tmp_path / "later.jsonl"])
    assert len({mapping for _, mapping, *_ in found.told["mapped"]}) == 3
    assert found.told["visitors"] > 10


def events(count: int, seed: int) -> Iterator[bytes]:
    """Records of few visitors, many at one time; of nobody, of no time, or no records."""
    some = random.Random(seed)
    for number in range(count):
        email = some.choice(
            ["ada@x.example", " bo@x.example ", f"{number % 40}@x.example", "", None]
        )
        record: dict[str, Any] = {
            "email": email,
            "cookie": some.choice([None, None, f"c{number % 9}"]),
            "session": some.choice([f"s{number % 7}", 5, None]),
            "last_seen": some.choice(
                ["2026-11-20T10:00:00Z", f"2026-11-{1 + number % 28:02}", "soon", None]
            ),
            "pages": [f"/{some.randrange(30)}" for _ in range(some.randrange(4))],
            "hits": some.choice([None, None, 3, 2.5, "many"]),
            "city": some.choice(["Ulm", ["Bonn", "Köln"], {}, f"city {number}", None]),
            "company_size": some.choice([number, "51-200", "lots", None]),
            "icp_match": some.choice([True, "false", "perhaps", None]),
            "id": some.choice([number, None]),
        }
        yield (
            some.choice([b"", b"  ", b"{bad"]) if number % 50 == 7 else json.dumps(record).encode()
        )


def test_files_in_many_blocks(tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    for number, count in enumerate([400, 3, 700, 0]):
        data = b"\r\n".join(events(count, number))
        (export / f"{3 - number} [a] é.jsonl").write_bytes(BOM + data)
    with blocks_of(6000):
        found = on_both(tmp_path, [export], How((MAPPING,)))
    assert found.told["withoutKey"] > 50
    assert len(found.told["fieldWarnings"]) >= 4
    assert len(found.rejected) > 5
    assert found.schema.field("last_seen_at").type == pa.timestamp("us", "UTC")
    score_alike(tmp_path)
    with blocks_of(2000):
        run = roll_up(spark(), [elsewhere(export)], How((MAPPING,)), f"{tmp_path}/elsewhere.jsonl")
    assert Counter(texts_in(tmp_path / "elsewhere.jsonl")) == found.lines
    assert [told(run)[name] for name in COUNTS] == [found.told[name] for name in COUNTS]


COUNTS = ("records", "visitors", "withoutKey", "rejected", "fieldWarnings")


def score_alike(folder: Path) -> None:
    """The visitors of both score alike."""
    theirs = on_spark(CONFIGS, [folder / "theirs.parquet"]).told["report"]
    assert theirs == on_one_machine(CONFIGS, [folder / "ours.parquet"]).told["report"]
    assert theirs["matched"] > 10


def test_events_in_parquet(tmp_path: Path) -> None:
    """Row groups and columns of several types."""
    lake = tmp_path / "lake"
    lake.mkdir()
    for number in range(2):
        records = [
            {
                "email": f"{at % (11 + number)}@x.example" if at % 5 else None,
                "last_seen": f"2026-11-{1 + at % 20:02}" if at % 3 else None,
                "pages": [f"/{at % 13}"],
                "company_size": at,
                ("city" if number else "industry"): f"some {at}",
            }
            for at in range(300)
        ]
        table = pa.Table.from_pylist(records)
        parquet.write_table(table, lake / f"{number}.parquet", row_group_size=40)
    (lake / "2.jsonl").write_bytes(b"\n".join(events(60, 5)))
    assert on_both(tmp_path, [lake], How((MAPPING,))).told["records"] > 600


def test_no_visitors(tmp_path: Path) -> None:
    (tmp_path / "e.jsonl").write_bytes(b"\n\n")
    found = on_both(tmp_path, [tmp_path / "e.jsonl"], How(by=(VisitorKey.of("email"),)))
    assert found.schema.names == ["visitor_id"]
    assert not found.lines


def test_files_of_several_formats_are_put_together(tmp_path: Path) -> None:
    """By a field, with what a person's other records tell of the company."""
    events = [
        {
            "event": "$pageview",
            "distinct_id": f"d{number}",
            "person_id": f"p{number % 7}",
            "timestamp": f"2026-11-20T10:{number:02}:00Z",
            "properties": {"$current_url": f"/{number}"},
            "person_properties": {"company_domain": ["a.example", "b.example", None][number % 3]}
            if number % 7 < 4
            else {},
        }
        for number in range(40)
    ]
    flat = [
        {"visitor_id": f"v{number}", "domain": domain, "job_title": f"T{number}"}
        for number, domain in enumerate(["https://A.example", "c.example", None, "gmail.com"])
    ]
    leads = "Id,Title,Company,Status,LeadSource,Website\n1,CTO,A,Open,Web,www.a.example\n"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text("".join(json.dumps(it) + "\n" for it in events))
    (tmp_path / "in" / "b.jsonl").write_text("".join(json.dumps(it) + "\n" for it in flat))
    (tmp_path / "in" / "c.csv").write_text(leads)
    found = on_both(tmp_path, [tmp_path / "in"], How(by=(VisitorKey.of("domain"),)))
    assert (found.told["records"], found.told["visitors"]) == (45, 8)


def test_custom_fields(tmp_path: Path) -> None:
    (tmp_path / "fields.yaml").write_text(
        "revenue: {kind: number, paths: [revenue]}\ntools: {kind: text, paths: ['tools[]']}\n"
    )
    types = Workspace(tmp_path).definitions().required().vocabulary.types
    custom = {name: entry for name, entry in types.items() if entry.is_custom}
    events = [
        {"email": f"e{number % 7}", "revenue": f"${number}M", "tools": [f"t{number % 3}"]}
        for number in range(40)
    ]
    (tmp_path / "e.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    how = How(by=(VisitorKey.of("email"),), custom=custom)
    rolled_up = on_both(tmp_path, [tmp_path / "e.jsonl"], how)
    assert {"field.revenue", "field.tools"} < set(rolled_up.schema.names)


def test_without_any_key(tmp_path: Path) -> None:
    """It is told with the path that was meant, and nothing is written."""
    (tmp_path / "e.jsonl").write_text('{"email": "a", "city": "Ulm"}\n' * 9)
    names, how = [str(tmp_path / "e.jsonl")], How(by=(VisitorKey.of("emial"),))
    with pytest.raises(IcpctlError) as theirs:
        roll_up(spark(), names, how, f"{tmp_path}/v.parquet")
    with pytest.raises(IcpctlError, match="no record has emial") as ours:
        rollup_into(names, how, f"{tmp_path}/v.parquet")
    assert vars(theirs.value) == vars(ours.value)
    assert "did you mean email?" in (theirs.value.hint or "")
    assert [it.name for it in tmp_path.iterdir()] == ["e.jsonl"]


@pytest.mark.parametrize("taken", ["v.jsonl", "rejects"])
def test_what_is_there_is_not_replaced(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).mkdir()
    (tmp_path / taken / "mine").touch()
    names = [str(EXPORTS / "segment_events.jsonl")]
    with pytest.raises(IcpctlError) as error:
        roll_up(spark(), names, How(), f"{tmp_path}/v.jsonl", f"{tmp_path}/rejects")
    assert error.value.code == "not_written"
    assert [it.name for it in tmp_path.iterdir()] == [taken]
