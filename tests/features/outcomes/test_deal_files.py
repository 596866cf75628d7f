"""Lists of deals as CRMs export them, and what is said of what they lack."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from icpctl.features.outcomes.joining.deals import Outcome, read_outcome
from tests.process import Ended, icpctl

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
label: Target
rules: {groups: [{operator: AND, conditions: [{type: industry, comparator: exists}]}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One config, and the accounts a to f."""
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs" / "target.yaml").write_text(CONFIG)
    visitors = [{"id": name, "domain": f"{name}.example", "industry": "Media"} for name in "abcdef"]
    (tmp_path / "visitors.jsonl").write_text("\n".join(map(json.dumps, visitors)) + "\n")
    return tmp_path


def outcomes(folder: Path, *args: str) -> Ended:
    call = ("outcomes", "visitors.jsonl", "--as-of", "2026-11-23", *args, "-o", "json")
    return icpctl(*call, cwd=folder)


SALESFORCE = "Website,StageName,IsClosed,IsWon"
HUBSPOT = "Record ID,Deal Name,Company Domain Name,Deal Stage,Is Closed Won"


@pytest.mark.parametrize(
    ("header", "rows", "won", "lost"),
    [
        (SALESFORCE, ["a.example,Signed,true,true"], 1, 0),
        (SALESFORCE, ["a.example,Rejected,true,false"], 0, 1),
        (SALESFORCE, ["a.example,Prospecting,false,false"], 0, 0),
        ("Website,StageName,IsWon", ["a.example,Prospecting,false"], 0, 0),
        ("Website,StageName,IsWon", ["a.example,Closed Lost,false"], 0, 1),
        ("Website,IsClosed,IsWon", ["a.example,1,0", "b.example,0,0", "c.example,1,1"], 1, 1),
        ("Website,IsWon", ["a.example,0", "b.example,1"], 1, 1),
        (HUBSPOT, ["1,A,a.example,12345,true", "2,B,b.example,12345,false"], 1, 0),
        (HUBSPOT, ["1,A,a.example,closedlost,false", "2,B,b.example,demo,false"], 0, 1),
        ("Domain,Won?,Closed?", ["a.example,yes,yes", "b.example,,yes", "c.example,no,yes"], 1, 1),
        ("Domain", ["a.example", "b.example"], 2, 0),
        ("Domain,Stage", ["a.example,", "b.example,Closed Won"], 1, 0),
        ("Domain,Stage", ["a.example,Closed Won", "a.example,Closed Lost"], 1, 0),
    ],
)
def test_what_became_of_deals(
    folder: Path, header: str, rows: list[str], won: int, lost: int
) -> None:
    """CRMs flag a deal that is still open as not won."""
    (folder / "deals.csv").write_text("\n".join([header, *rows]) + "\n")
    ended = outcomes(folder, "--won", "deals.csv")
    result = json.loads(ended.out)
    assert (result["base"]["count"], result["deals"]["keys"]) == (won, won + lost)


@pytest.mark.parametrize(
    ("outcome", "texts"),
    [
        (Outcome.WON, "won|Closed Won|closed-won|9. Closed Won - renewal|Deal won|WON!|1|1.0|yes"),
        (Outcome.LOST, "lost|Closed Lost|8) Lost to competitor|Closed (lost): price|0|No|f"),
        (Outcome.OPEN, "Signed|Won / Lost|Not won|Negotiation|100%|0%|-1|T1|5. Yes, maybe|Wonder"),
    ],
)
def test_stages(outcome: Outcome, texts: str) -> None:
    assert {text: read_outcome(text) for text in texts.split("|")} == dict.fromkeys(
        texts.split("|"), outcome
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Domain,Close Date\na.example,9/12/2026\n", "close_date has two readings"),
        ("Domain,Close Date\na.example,9/12/2026\n", "deals: {close_date: {path: COLUMN, as: date"),
        ("Domain,Close Date\na.example,soon\nb.example,soon\n", '"soon" (2 times); they count'),
        ("Domain,Amount\na.example,a lot\n", 'amount is not a number: "a lot"'),
        ("Domain,Stage\na.example,Gewonnen\n", '1 row neither won nor lost: "Gewonnen"'),
        ("Domain,Stage\na.example,Gewonnen\n", "{outcome: {path: COLUMN, map: {TEXT: won, TEXT"),
        ("Domain,Is Won\na.example,Ja\n", '1 row neither won nor lost: "Ja"'),
        ("Domain\na.example\n", "no stage in deals.csv: each row counts as won"),
        ("Won deals\n\nDomain,Stage\na.example,won\n", "2 lines above the header skipped"),
        ("Domain,Stage\na.example,won\nDomain,Stage\nb.example,won\n", "1 repeated header"),
        ("Email\nsomebody@gmail.com\n", "1 row without a key to join on"),
        ("Domain,Close Date\na.example,2030-01-01\n", "1 key closed after --as-of, 2026-11-23; it"),
    ],
)
def test_oddities_are_said(folder: Path, text: str, said: str) -> None:
    (folder / "deals.csv").write_text(text)
    ended = outcomes(folder, "--won", "deals.csv")
    assert ended.code == 0
    assert said in ended.err


@pytest.mark.parametrize(
    ("text", "args", "said"),
    [
        ("Domain,Stage\n", [], "deals.csv: error: no deals in this file"),
        ("", [], "deals.csv: error: no deals in this file"),
        ("Domain\na.example\n", ["--on", "domain=Domian"], "no row has a value at Domian"),
        ("Firma\nA\n", [], "the columns are Firma"),
    ],
)
def test_a_list_that_joins_nothing(folder: Path, text: str, args: list[str], said: str) -> None:
    (folder / "deals.csv").write_text(text)
    ended = outcomes(folder, "--won", "deals.csv", *args)
    assert ended.code == 2
    assert said in ended.err


@pytest.mark.parametrize(
    ("label", "values", "won", "said"),
    [
        ("Converted=1", ["1", "0"], 1, ""),
        ("Converted=1", ["1.0", "0.0"], 1, ""),
        ("Converted=1.0", ["1", "0"], 1, ""),
        ("converted=won", ["Won ", "lost"], 1, ""),
        ("Converted", ["true", "false"], 1, ""),
        ("Converted=yes", ["1", "0"], 0, "--label Converted=yes: the values are 0, 1"),
        ("Converted", ["Kunde", "Kunde"], 0, "--label Converted: the values are kunde (2 times)"),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_labels(
    folder: Path, suffix: str, label: str, values: list[str], won: int, said: str
) -> None:
    """Numbers are one label in every spelling; a label that nobody has is not just no win."""
    if suffix == "csv":
        lines = ["id,Converted", *(f"{n},{value}" for n, value in enumerate(values))]
    else:
        tokens = [value if value[0].isdigit() else json.dumps(value) for value in values]
        lines = [f'{{"id": {n}, "Converted": {token}}}' for n, token in enumerate(tokens)]
    (folder / f"v.{suffix}").write_text("\n".join(lines) + "\n")
    ended = icpctl("outcomes", f"v.{suffix}", "--label", label, cwd=folder)
    assert f"2 visitors labelled by {label.partition('=')[0]}, {won} won" in ended.out
    assert said in ended.err


def test_both_sides_of_the_join_are_said(folder: Path) -> None:
    (folder / "deals.csv").write_text("Domain,Stage\na.example,won\nz.example,won\n")
    call = ("outcomes", "visitors.jsonl", "--won", "deals.csv")
    ended = icpctl(*call, cwd=folder)
    assert "5 accounts joined no closed deal and count as not won" in ended.out
    assert "1 of 2 keys with a closed deal joined a visitor that counts" in ended.out
    (folder / "other.csv").write_text("Domain,Stage\ny.example,won\n")
    ended = icpctl("outcomes", "visitors.jsonl", "--won", "other.csv", cwd=folder)
    assert "0 of 1 key with a closed deal joined a visitor that counts" in ended.out
    assert "see whether domain has the same values in visitors and deals" in ended.out
    (folder / "people.jsonl").write_text('{"id": 1, "email": "ada@y.example"}\n')
    ended = icpctl("outcomes", "people.jsonl", "--won", "other.csv", cwd=folder)
    said = "1 visitor has no domain to join on; a mapping reads it from emails: domain: {path:"
    assert said in ended.out
    (folder / "deals.csv").write_text("Domain,Stage\na.example,won\nb.example,lost\n")
    assert "4 accounts joined no closed deal and are left out" in icpctl(*call, cwd=folder).out


@pytest.mark.parametrize(
    ("header", "said"),
    [("Domain", "counted"), ("Domain,Close Date", "counted as if before any close date")],
)
def test_visitors_without_a_date_are_said(folder: Path, header: str, said: str) -> None:
    (folder / "deals.csv").write_text(f"{header}\na.example{',2026-11-01' * ('Date' in header)}\n")
    ended = icpctl("outcomes", "visitors.jsonl", "--won", "deals.csv", cwd=folder)
    assert f"  6 visitors have no last_seen and are {said}\n" in ended.out


def test_markdown_shows_labels_as_they_are(folder: Path) -> None:
    config = CONFIG.replace("label: Target", "label: <b>T & co\nexclude: true")
    (folder / "icp_configs" / "target.yaml").write_text(config)
    (folder / "deals.csv").write_text("Domain\na.example\n")
    call = ("outcomes", "visitors.jsonl", "--won", "deals.csv", "-o", "markdown")
    out = icpctl(*call, cwd=folder).out
    assert "<summary>Conditions of &lt;b&gt;T &amp; co (target)</summary>" in out
    assert "- &lt;b&gt;T &amp; co (target) excludes" in out


def test_suggest_says_what_joined(folder: Path) -> None:
    (folder / "deals.csv").write_text("Domain,Stage\na.example,won\nz.example,Demo\n")
    ended = icpctl("suggest", "visitors.jsonl", "--won", "deals.csv", cwd=folder)
    assert ended.code == 2
    for said in ('neither won nor lost: "Demo"', "1 of 1 key joined", "1 won unit is too few"):
        assert said in ended.err


@pytest.mark.parametrize(
    ("won", "args", "tune"),
    [
        (20, (), ("--tune", "target")),
        (20, ("--period", "newest:100%"), ("--holdout", "newest:100%", "--tune", "target")),
        (20, ("--period", "2026-01-01..2026-02-01"), None),
        (19, (), None),
        (25, (), None),
    ],
)
def test_the_next_step_is_a_call_that_can_learn(
    folder: Path, won: int, args: tuple[str, ...], tune: tuple[str, ...] | None
) -> None:
    visitors = [{"id": n, "domain": f"{n}.example", "industry": "Media"} for n in range(25)]
    (folder / "visitors.jsonl").write_text("\n".join(map(json.dumps, visitors)) + "\n")
    (folder / "the deals.csv").write_text(
        "Domain\n" + "".join(f"{n}.example\n" for n in range(won))
    )
    call = ("visitors.jsonl", "--won", "the deals.csv", "--as-of", "2026-11-23")
    lines = icpctl("outcomes", *call, *args, cwd=folder).err.splitlines()
    said = "to fit a config to these outcomes, or without --tune to find one: "
    calls = [line.removeprefix(said) for line in lines if line.startswith(said)]
    wanted = [shlex.join(["icpctl", "suggest", *call, *tune])] if tune else []
    assert calls == wanted


def test_nothing_to_compare_with_is_said(folder: Path) -> None:
    (folder / "deals.csv").write_text("Domain\n" + "".join(f"{n}.example\n" for n in "abcdef"))
    ended = icpctl("outcomes", "visitors.jsonl", "--won", "deals.csv", cwd=folder)
    assert "every account is won: there is nothing to compare with" in ended.out


def test_what_is_odd_about_deals_is_in_json(folder: Path) -> None:
    rows = ["a.example,Closed Won,soon,1", "b.example,Closed Won,2030-01-01,a lot", "c.example"]
    (folder / "deals.csv").write_text("\n".join(["Domain,Stage,Close Date,Amount", *rows]) + "\n")
    ended = outcomes(folder, "--won", "deals.csv")
    assert ended.code == 1
    assert json.loads(ended.out)["deals"] == {
        "rows": 2,
        "keys": 2,
        "withoutKey": 0,
        "open": 0,
        "closedLater": 1,
        "rejected": 1,
        "fieldWarnings": {"amount": 1, "close_date": 1},
    }


@pytest.mark.parametrize("visitors", ["", '{"id": 1, "domain": "a.example"}\n'])
@pytest.mark.parametrize("columns", ["Name,Stage", "Domain,Stage"])
def test_what_is_wrong_with_deals_ends_the_run(folder: Path, visitors: str, columns: str) -> None:
    """Also where no visitor waits for the deals; nothing is written then."""
    (folder / "visitors.jsonl").write_text(visitors)
    (folder / "deals.csv").write_text(f"{columns}\na.example,Closed Won\n")
    ended = outcomes(folder, "--won", "deals.csv", "--against", "lost", "--missed", "m.jsonl")
    has_key = columns.startswith("Domain")
    said = "--against lost needs lost deals" if has_key else "no column says whose deal it is"
    assert (ended.code, said in json.loads(ended.out)["message"]) == (2, True), ended.err
    assert not (folder / "m.jsonl").exists()
