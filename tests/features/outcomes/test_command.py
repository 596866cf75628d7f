"""`icpctl outcomes` as people and programs use it."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.long import long
from tests.process import ROOT, Ended, ended_by, icpctl, on_terminal

if TYPE_CHECKING:
    from pathlib import Path

CONFIGS, SAMPLE = ROOT / "sample_configs", ROOT / "sample_visitors" / "_outcomes"
AS_OF = "2026-11-23T12:00:00Z"
VISITORS, DEALS = SAMPLE / "visitors.jsonl", SAMPLE / "deals.csv"
TARGET = """\
label: Target
rules:
  groups:
    - operator: AND
      conditions:
        - {type: industry, comparator: equals, value: Software}
        - {type: company_size, comparator: gte, value: 100}
        - {type: country, comparator: equals, value: DE, optional: true}
"""


def outcomes(*args: str | Path, cwd: Path, **kwargs: str) -> Ended:
    return icpctl("outcomes", "--as-of", AS_OF, *args, cwd=cwd, **kwargs)


def body(ended: Ended) -> dict[str, Any]:
    assert ended.code == 0, ended.err
    result: dict[str, Any] = json.loads(ended.out)
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six accounts: a to f; a, b, c meet the target; a, b and e have won deals."""
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs" / "target.yaml").write_text(TARGET)
    visitors = [
        ("1", "a.example", "Software", 500, "DE"),
        ("2", "A.example", "Software", 500, "US"),
        ("3", "https://www.b.example/x", "Software", 200, "US"),
        ("4", "c.example", "Software", 100, "US"),
        ("5", "d.example", "Media", 900, "US"),
        ("6", "e.example", "Software", 9, "US"),
        ("7", "f.example", "Media", 9, "US"),
        ("8", None, "Software", 500, "US"),
    ]
    keys = ("visitor_id", "domain", "industry", "company_size", "country")
    lines = [json.dumps(dict(zip(keys, row, strict=True))) for row in visitors]
    (tmp_path / "visitors.jsonl").write_text("\n".join(lines))
    (tmp_path / "deals.csv").write_text(
        "Company Domain Name,Deal Stage,Amount\n"
        "a.example,closedwon,$1000\nwww.b.example,Closed Won,3000\njane@e.example,won,\n"
        "c.example,closedlost,\nd.example,Negotiation,\nsomebody@gmail.com,closedwon,5\n"
        "a.example,closedlost,\nzzz.example,closedwon,7\n"
    )
    return tmp_path


def test_accounts_are_joined_in_their_normal_form(folder: Path) -> None:
    args = ("visitors.jsonl", "--won", "deals.csv", "--against", "everyone", "-o", "json")
    result = body(outcomes(*args, cwd=folder))
    assert (result["unit"], result["joinedOn"], result["against"]) == (
        "account", "domain", "everyone",
    )  # fmt: skip
    assert (result["base"]["count"], result["base"]["of"]) == (3, 6)
    counts = {"rows": 8, "keys": 5, "withoutKey": 1, "open": 1}
    assert result["deals"].items() >= counts.items()
    assert (result["join"]["joinedKeys"], result["join"]["withoutKey"]) == (4, 1)
    figures = result["configs"][0]["ranking"]["figures"]
    assert (figures["units"], figures["won"], figures["averageAmount"]) == (3, 2, 2000)
    assert figures["recall"]["value"] == pytest.approx(2 / 3)
    assert figures["precision"]["few"]
    missed = result["configs"][0]["missed"]
    assert missed["won"] == 1
    assert missed["byCondition"][0]["text"] == "company size is at least 100"
    verdicts = {c["verdict"] for c in result["configs"][0]["conditions"]}
    assert verdicts == {"cannot say"}
    assert result["tooFewWon"]


WANTED = ("visitors.jsonl", "--won", "deals.csv", "--against", "everyone")


def test_missed_wins_are_written_with_what_they_lack(folder: Path) -> None:
    ended = outcomes(*WANTED, "--missed", "missed.jsonl", cwd=folder)
    assert ended.code == 0, ended.err
    [row] = map(json.loads, (folder / "missed.jsonl").read_text().splitlines())
    assert row == {
        "id": "6",
        "key": "e.example",
        "config": "target",
        "group": 1,
        "condition": "company size is at least 100",
        "amount": None,
        "why": "not met: company size is at least 100 (9, 91 short)",
    }


@long
@pytest.mark.parametrize("unit", ["account", "visitor"])
@pytest.mark.parametrize("period", [(), ("--period", "newest:60%")])
def test_as_many_are_written_as_are_counted(
    unit: str, period: tuple[str, ...], tmp_path: Path
) -> None:
    args = (VISITORS, "--won", DEALS, "--dir", CONFIGS, "--unit", unit, *period)
    result = body(outcomes(*args, "--missed", "m.jsonl", "-o", "json", cwd=tmp_path))
    rows = [json.loads(line) for line in (tmp_path / "m.jsonl").read_text().splitlines()]
    keys = [row["key"] if unit == "account" else row["id"] for row in rows]
    assert len({*zip(keys, (row["config"] for row in rows), strict=True)}) == len(rows)
    for config in result["configs"]:
        of_config = [row for row in rows if row["config"] == config["ranking"]["slug"]]
        assert len(of_config) == config["missed"]["won"] > 0
        alone = sum(row["condition"] is not None for row in of_config)
        assert alone == config["missed"]["won"] - config["missed"]["bySeveral"]


def test_a_missed_win_shows_the_visitor_who_came_nearest(folder: Path) -> None:
    """Of an account's visitors; days count to the close."""
    config = TARGET.replace("country, comparator: equals, value: DE", "city, comparator: exists")
    config = config.replace(
        "industry, comparator: equals, value: Software", "region, comparator: exists"
    )
    (folder / "icp_configs" / "target.yaml").write_text(config)
    people = [("far", {}), ("near", {"region": "X"}), ("too", {"company_size": 500})]
    lines = [json.dumps({"id": name, "domain": "a.example"} | more) for name, more in people]
    (folder / "people.jsonl").write_text("\n".join(lines))
    for name in ("m.csv", "m.jsonl", "m.parquet"):
        ended = outcomes("people.jsonl", "--won", "deals.csv", "--missed", name, cwd=folder)
        assert ended.code == 0, ended.err
    assert (folder / "m.csv").read_text().splitlines()[1:] == [
        '"near","a.example","target",1,"company size is at least 100",1000,'
        '"not met: company size is at least 100 (unknown)"'
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("-", "--missed takes a file, not stdout"),
        ("m.txt", "the extension of the file"),
    ],
)
def test_where_missed_wins_cannot_go(folder: Path, name: str, said: str) -> None:
    ended = outcomes(*WANTED, "--missed", name, cwd=folder)
    assert ended.code == 2
    assert said in ended.err


@pytest.mark.parametrize("name", ["r.html", "r.md"])
def test_the_report_has_every_figure(name: str, tmp_path: Path) -> None:
    args = (VISITORS, "--won", DEALS, "--dir", CONFIGS, "--report", name, "-o", "tsv")
    ended = outcomes(*args, "--base-dir", CONFIGS, cwd=tmp_path)
    assert ended.code == 0, ended.err
    text = (tmp_path / name).read_text("utf-8")
    for heading in (
        "Precision and recall",
        "Won rate by score",
        "Who is found first",
        "Conditions",
        "Missed wins",
        "Before and now",
        "How it was made",
        "with a closed deal joined a visitor that counts",
        "deals.csv",
        "AUC",
    ):
        assert heading in text, heading
    assert "76.1 % (62.1 to 86.1)" in text


def test_the_report_of_little_is_whole(folder: Path) -> None:
    (folder / "deals.csv").write_text("domain,stage\nzzz.example,won\n")
    ended = outcomes(*WANTED, "--report", "r.html", cwd=folder)
    assert ended.code == 0, ended.err
    assert "Who is found first" not in (folder / "r.html").read_text("utf-8")


def test_lost_deals_are_who_is_compared(folder: Path) -> None:
    result = body(outcomes("visitors.jsonl", "--won", "deals.csv", "-o", "json", cwd=folder))
    assert result["against"] == "lost"
    assert (result["base"]["count"], result["base"]["of"]) == (3, 4)


def test_a_label_in_the_export(folder: Path) -> None:
    records = [{"visitor_id": str(n), "industry": "Media", "Converted": n % 3} for n in range(9)]
    (folder / "labelled.jsonl").write_text("\n".join(map(json.dumps, records)))
    args = ("labelled.jsonl", "--label", "Converted=1", "-o", "json")
    result = body(outcomes(*args, cwd=folder))
    assert (result["unit"], result["base"]["count"], result["base"]["of"]) == ("visitor", 3, 9)


def test_paths_join_visitors_of_their_own(folder: Path) -> None:
    (folder / "by_id.csv").write_text("contact,status\n1,won\n5,lost\n")
    args = ("visitors.jsonl", "--won", "by_id.csv", "--on", "id=contact", "-o", "json")
    result = body(outcomes(*args, cwd=folder))
    assert (result["unit"], result["joinedOn"], result["base"]["of"]) == ("visitor", "id", 2)


def test_days_count_to_the_close_date(folder: Path) -> None:
    """Of a deal: a visit ten days before it closed is recent, however long ago that was."""
    recent = "last_seen_days, comparator: lte, value: 10"
    config = TARGET.replace("industry, comparator: equals, value: Software", recent)
    (folder / "icp_configs" / "target.yaml").write_text(config)
    seen = {"a": "2026-01-11", "b": "2026-01-08", "c": "2026-01-11"}
    rows = [
        {"visitor_id": key, "domain": f"{key}.example", "company_size": 500, "last_seen": date}
        for key, date in seen.items()
    ]
    (folder / "dated.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "dated.csv").write_text(
        "domain,stage,closedate\na.example,won,2026-01-20\nb.example,won,2026-01-20\n"
    )
    args = ("dated.jsonl", "--won", "dated.csv", "-o", "json")
    figures = body(outcomes(*args, cwd=folder))["configs"][0]["ranking"]["figures"]
    assert (figures["units"], figures["won"]) == (1, 1)


@pytest.mark.parametrize(
    ("bound", "code", "said"),
    [
        ("precision<0.5", 0, ""),
        ("target:precision<90%", 1, "--fail-on target:precision<0.9: 0.6667"),
        ("recall<=0.5", 0, ""),
        ("won_at_capacity<3", 1, "won_at_capacity<3"),
    ],
)
def test_bounds_make_the_call_fail(folder: Path, bound: str, code: int, said: str) -> None:
    args = ("visitors.jsonl", "--won", "deals.csv", "--against", "everyone", "--capacity", "3")
    ended = outcomes(*args, "--fail-on", bound, cwd=folder)
    assert ended.code == code, ended.err
    assert said in ended.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "the outcomes are missing"),
        (("--won", "deals.csv", "--label", "x"), "--label and --won cannot be used together"),
        (("--lost", "deals.csv", "--label", "x"), "--label and --lost cannot be used together"),
        (("--on", "id", "--label", "x"), "--label and --on cannot be used together"),
        (
            ("--won", "visitors.jsonl", "--on", "id=nothing", "--fail-on", "auk<1"),
            "did you mean 'auc'",
        ),
        (("--won", "deals.csv", "--against", "nobody"), "--against: 'nobody' is not one of"),
        (("--won", "deals.csv", "--within", "soon"), "not a number of days"),
        (("--won", "deals.csv", "--period", "2026"), "is not a period"),
        (("--won", "deals.csv", "--period", "2026-02-01..2026-01-01"), "ends before it begins"),
        (("--won", "deals.csv", "--on", "id"), "such as --on id=COLUMN"),
        (("--won", "deals.csv", "--on", "email="), "--on: '' is not a path"),
        (
            ("--label", "x", "--against", "lost"),
            "--label and --against lost cannot be used together",
        ),
        (("--won", "deals.csv", "--on", "linkedin_url"), "no column says whose deal it is"),
        (("--won", "deals.csv", "--fail-on", "nobody:auc<1"), "nobody is not scored"),
        (("--won", "deals.csv", "--fail-on", "won_at_capacity<1"), "needs --capacity"),
        (("--won", "missing.csv"), "missing.csv"),
        (("--won", "-", "--lost", "-"), "stdin can be read only once"),
    ],
)
def test_a_wrong_call_is_one_message(folder: Path, args: tuple[str, ...], said: str) -> None:
    ended = outcomes("visitors.jsonl", *args, cwd=folder)
    assert ended.code == 2
    assert said in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("output", ["table", "tsv", "markdown"])
def test_the_sample_reads_well(tmp_path: Path, output: str) -> None:
    args = (VISITORS, "--won", DEALS, "--dir", CONFIGS, "--against", "everyone", "-o", output)
    ended = outcomes(*args, cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert "enterprise-saas" in ended.out
    assert "helps" in ended.out
    assert "Traceback" not in ended.err


def test_figures_before_and_now(folder: Path) -> None:
    (folder / "before").mkdir()
    (folder / "before" / "target.yaml").write_text(TARGET.replace("100", "1"))
    args = ("visitors.jsonl", "--won", "deals.csv", "--against", "everyone", "--base-dir", "before")
    result = body(outcomes(*args, "-o", "json", cwd=folder))
    figures = [side["configs"][0]["ranking"]["figures"] for side in (result["before"], result)]
    assert [(f["units"], f["won"]) for f in figures] == [(4, 3), (3, 2)]
    lines = outcomes(*args, "--capacity", "2", cwd=folder).out.splitlines()
    table = [line.split() for line in lines[lines.index("Before and now") + 1 :]]
    assert table[0] == ["OF", "FIGURE", "BEFORE", "NOW"]
    assert ["target", "units", "4", "3"] in table
    assert ["target", "won", "3", "2"] in table
    assert [line[-2:] for line in table if line[:3] == ["no", "match", "units"]] == [["2", "3"]]
    assert len([line for line in table if line[:1] == ["target"] and "best" in line]) == 1


def test_figures_that_a_terminal_has_no_room_for_come_below(folder: Path) -> None:
    call = "icpctl outcomes visitors.jsonl --won deals.csv --capacity 2 2>/dev/null"
    tables = on_terminal(call, cwd=folder).partition("\nConfigs\n")[2].splitlines()
    assert all(len(line) <= 80 for line in tables)
    heads = [line.split() for line in tables if line.startswith("CONFIG ")]
    assert heads[0] == ["CONFIG", "UNITS", "WON", "PRECISION", "RECALL"]
    assert heads[1][:3] == ["CONFIG", "LIFT", "AUC"]


def test_files_that_were_written_are_named(folder: Path) -> None:
    args = ("visitors.jsonl", "--won", "deals.csv", "--missed", "m.csv", "--report", "r.md")
    assert "wrote m.csv and r.md in " in outcomes(*args, cwd=folder).err


def test_visitors_without_a_domain_have_no_account(folder: Path) -> None:
    """Joined on something else they are counted as such, and their deals as not joined."""
    (folder / "ids.csv").write_text("id,Stage\n1,won\n5,lost\n8,won\n")
    args = ("visitors.jsonl", "--won", "ids.csv", "--on", "id", "--unit", "account")
    result = body(outcomes(*args, "-o", "json", cwd=folder))
    assert (result["base"]["count"], result["base"]["of"]) == (1, 2)
    joined = {name: result["join"][name] for name in ("joinedKeys", "withoutAccount")}
    assert joined == {"joinedKeys": 2, "withoutAccount": 1}
    out = outcomes(*args, cwd=folder).out
    assert "1 visitor has no domain, so no account, and is left out" in out
    assert "7 visitors have no last_seen and are counted" in out


EVERYONE = ("visitors.jsonl", "--won", "deals.csv", "--against", "everyone", "-o", "json")


def test_a_minimum_score_decides_who_matches(folder: Path) -> None:
    """With it only the account that is in Germany matches; the other two score 66.67."""
    file = folder / "icp_configs" / "target.yaml"
    file.write_text(TARGET.replace("rules:", "minScore: 66.67\nrules:"))
    (config,) = body(outcomes(*EVERYONE, cwd=folder))["configs"]
    assert config["ranking"]["figures"]["units"] == 3
    file.write_text(TARGET.replace("rules:", "minScore: 66.68\nrules:"))
    result = body(outcomes(*EVERYONE, cwd=folder))
    for ranking in (result["together"], result["configs"][0]["ranking"]):
        assert (ranking["figures"]["units"], ranking["figures"]["won"]) == (1, 1)
    assert result["configs"][0]["missed"]["won"] == 2


def test_tiers_of_the_settings(folder: Path) -> None:
    """Account a scores 100, b and c 66.67; only the best visitor of an account counts."""
    assert body(outcomes(*EVERYONE, cwd=folder))["tiers"] == []
    (folder / "icpctl.toml").write_text("tiers = {A = 80, B = 66.67, C = 0}\n")
    tiers = body(outcomes(*EVERYONE, cwd=folder))["tiers"]
    assert [(t["name"], t["units"], t["won"]) for t in tiers] == [
        ("A", 1, 1), ("B", 2, 1), ("C", 0, 0),
    ]  # fmt: skip
    assert "TIER" in outcomes(*EVERYONE[:-2], cwd=folder).out


def test_an_excluded_visitor_has_no_icp(folder: Path) -> None:
    """Account b matches both: it does not match all together, and target's own rules it does."""
    rules = "rules: {groups: [{operator: AND, conditions: [{type: domain, comparator: in, value: "
    excluding = f"label: Ours\nexclude: true\n{rules}[b.example, f.example]}}]}}]}}\n"
    (folder / "icp_configs" / "ours.yaml").write_text(excluding)
    for named in ((), ("--config", "target")):
        result = body(outcomes(*EVERYONE, *named, cwd=folder))
        figures = {
            config["ranking"]["slug"]: config["ranking"]["figures"] for config in result["configs"]
        }
        together = result["together"]["figures"]
        assert (together["units"], together["won"]) == (2, 1)
        assert (figures["target"]["units"], figures["target"]["won"]) == (3, 2)
        assert (figures["ours"]["units"], figures["ours"]["won"]) == (2, 1)
        missed = {
            config["ranking"]["slug"]: config["missed"]["won"] for config in result["configs"]
        }
        assert missed == {"ours": 0, "target": 1}
    assert "Ours (ours) excludes: " in outcomes(*EVERYONE[:-2], cwd=folder).out


def test_an_account_matches_by_a_visitor_who_is_not_excluded(folder: Path) -> None:
    rules = "rules: {groups: [{operator: AND, conditions: [{type: country, comparator: equals, "
    excluding = f"label: Ours\nexclude: true\n{rules}value: DE}}]}}]}}\n"
    (folder / "icp_configs" / "ours.yaml").write_text(excluding)
    (folder / "icpctl.toml").write_text("tiers = {A = 80, B = 0}\n")
    result = body(outcomes(*EVERYONE, cwd=folder))
    assert result["together"]["figures"]["units"] == 3
    assert [tier["units"] for tier in result["tiers"]] == [0, 3]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_mapping_says_where_deals_are(folder: Path, suffix: str) -> None:
    """Names that no CRM has, dates in the mapping's format, and the records that are deals."""
    rows = [
        ("a.example", "gut", "11/20/2026", "$1K", "deal"),
        ("www.b.example", "schlecht", "11/20/2026", "7", "deal"),
        ("c.example", "gut", "11/20/2026", "7", "draft"),
    ]
    keys = ("Kunde", "Ausgang", "Ende", "Summe", "art")
    records = [dict(zip(keys, row, strict=True)) for row in rows]
    if suffix == "csv":
        lines = [",".join(keys), *(",".join(row) for row in rows)]
    else:
        lines = [json.dumps(record) for record in records]
    (folder / f"d.{suffix}").write_text("\n".join(lines) + "\n")
    (folder / "d.yaml").write_text(
        "where: {art: deal}\n"
        "deals:\n"
        "  key: kunde\n"
        "  outcome: {path: ausgang, map: {gut: won, schlecht: lost}}\n"
        '  close_date: {path: ende, as: date, format: "%m/%d/%Y"}\n'
        "  amount: summe\n"
    )
    args = ["--won", f"d.{suffix}", "--mapping", "d.yaml", "-o", "json"]
    found = body(outcomes("visitors.jsonl", *args, cwd=folder))
    assert found["deals"]["rows"] == 2
    figures = found["together"]["figures"]
    assert (figures["won"], figures["precision"]["of"]) == (1, 2)
    assert figures["averageAmount"] == 1000


WAITING = """
import signal
from icpctl.__main__ import main
from icpctl.features.outcomes import scanning

signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs inherit deaf ears

class RowJoiner(scanning.RowJoiner):
    def __init__(self, join):
        print("ready", flush=True)
        super().__init__(join)

scanning.RowJoiner = RowJoiner
main()
"""


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_call_that_waits_for_deals_can_be_ended(folder: Path, sent: int, code: int) -> None:
    call = ["outcomes", "visitors.jsonl", "--won", "-", "--missed", "missed.csv"]
    assert ended_by(sent, WAITING, *call, cwd=folder) == (code, b"")
    assert not (folder / "missed.csv").exists()
