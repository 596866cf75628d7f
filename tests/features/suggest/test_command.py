"""`icpctl suggest` as people use it, on the sample with its planted rule."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING

import pytest
import yaml

from icpctl.config.model import IcpConfig
from tests.long import long
from tests.process import ROOT, Ended, icpctl

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = ROOT / "sample_visitors" / "_outcomes"
VISITORS, DEALS = SAMPLE / "visitors.jsonl", SAMPLE / "deals.csv"
AS_OF = "2026-11-23T12:00:00Z"


def suggest(*args: str | Path, cwd: Path) -> Ended:
    return icpctl("suggest", "--as-of", AS_OF, *args, cwd=cwd)


@long
def test_the_planted_rule_of_the_sample_is_found(tmp_path: Path) -> None:
    args = (VISITORS, "--won", DEALS, "--against", "everyone", "--max-conditions", "4")
    ended = suggest(*args, cwd=tmp_path)
    assert ended.code == 0, ended.err
    config = yaml.safe_load(ended.out)
    conditions = config["rules"]["groups"][0]["conditions"]
    said = {(c["type"], str(c["value"])) for c in conditions}
    assert ("page_contains", "/pricing") in said
    assert ("industry", "['FinTech', 'SaaS', 'Software']") in said
    assert any(c["type"] == "company_size" and 150 <= c["value"] <= 350 for c in conditions)
    assert all(c["optional"] and 1 <= c["weight"] <= 5 for c in conditions)
    assert config["minScore"] > 0
    IcpConfig.model_validate(config)
    assert "icpctl outcomes" in ended.err
    assert re.search(r"p 0.005 by 199 permutations", ended.out)


@long
def test_score_and_outcomes_run_what_is_printed(tmp_path: Path) -> None:
    """The round trip: what is printed of held-out accounts, scored and joined anew."""
    args = (VISITORS, "--won", DEALS, "--against", "everyone")
    ended = suggest(*args, "--max-conditions", "4", cwd=tmp_path)
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs" / "suggested.yaml").write_text(ended.out)
    assert icpctl("validate", "--strict", "icp_configs", cwd=tmp_path).code == 0
    again = ("--period", "newest:30%", "--config", "suggested", "-o", "json", "--as-of", AS_OF)
    (checked,) = json.loads(icpctl("outcomes", *args, *again, cwd=tmp_path).out)["configs"]
    (printed,) = re.findall(r"AUC ([0-9.]+) \(([0-9.]+) to ([0-9.]+)\) as scored", ended.out)
    auc = checked["ranking"]["auc"]
    assert [f"{auc[end]:.3f}" for end in ("value", "low", "high")] == list(printed)
    figures = checked["ranking"]["figures"]
    for name in ("precision", "recall"):
        (share,) = re.findall(rf"{name} ([0-9.]+) ?%", ended.out)
        assert float(share) == pytest.approx(100 * figures[name]["value"], abs=0.06)
    scored = icpctl("score", VISITORS, "--out", "-", "--as-of", AS_OF, cwd=tmp_path)
    rows = [json.loads(line) for line in scored.out.splitlines()]
    scores = [row["icp_score"] for row in rows if row["icp_match"]]
    assert yaml.safe_load(ended.out)["minScore"] <= min(scores)
    assert 0 < len(scores) < len(rows)


@long
def test_the_order_of_the_rows_changes_no_byte(tmp_path: Path) -> None:
    lines = VISITORS.read_text().splitlines()
    (tmp_path / "turned.jsonl").write_text("\n".join(reversed(lines)))
    args = ("--won", DEALS, "--against", "everyone", "--max-conditions", "3")
    expected = suggest(VISITORS, *args, cwd=tmp_path)
    assert suggest("turned.jsonl", *args, cwd=tmp_path).out == expected.out


def test_noise_brings_no_config(tmp_path: Path) -> None:
    deals = [f"{line.split(',')[1]},won" for line in DEALS.read_text().splitlines()[1::4]]
    (tmp_path / "noise.csv").write_text("domain,status\n" + "\n".join(deals))
    ended = suggest(VISITORS, "--won", "noise.csv", "--max-conditions", "2", cwd=tmp_path)
    assert ended.code in (0, 1)
    if ended.code == 1:
        assert ended.out.startswith("# Nothing better than chance was found")
        assert yaml.safe_load(ended.out) is None


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--won", "few.csv"), "won unit is too few to learn from"),
        (("--won", "few.csv", "--holdout", "oldest:3%"), "is not a share to hold out"),
        (("--won", "few.csv", "--holdout", "newest:300%"), "is not a share"),
        (("--won", DEALS, "--holdout", "newest:100%"), "of the 0 units that newest:100% does not"),
        ((), "the outcomes are missing"),
        (("--won", DEALS, "--with", "job_titel"), "--with 'job_titel': no such field"),
        (("--won", DEALS, "--without", "zebra"), "hint: one of: utm_source"),
        (("--won", DEALS, "--tune", "a", "--with", "city"), "--tune and --with cannot be used"),
        (("--won", DEALS, "--tune", "a", "--form", "rules"), "--tune and --form rules cannot be"),
        (("--won", DEALS, "--tune", "a", "--max-conditions", "8"), "--max-conditions cannot be"),
    ],
)
def test_a_wrong_call_is_one_message(tmp_path: Path, args: tuple[str, ...], said: str) -> None:
    (tmp_path / "few.csv").write_text("domain\namberbridge.example\n")
    ended = suggest(VISITORS, *args, cwd=tmp_path)
    assert ended.code == 2
    assert said in ended.err
    assert "Traceback" not in ended.err


@long
@pytest.mark.parametrize("header", ["industry,company_size,city,won", "industry,size,city,won"])
def test_visitors_without_ids_may_come_in_any_order(tmp_path: Path, header: str) -> None:
    """Where no visitor has an id or a date, what they are says who is held out."""
    rng = random.Random(1)
    lines = []
    for _ in range(400):
        industry, size = rng.choice("abc"), rng.choice((10, 80, 300, 900))
        won = rng.random() < 0.05 + 0.4 * (industry == "a") + 0.3 * (size >= 300)
        lines.append(f"{industry},{size},{rng.choice('xyz')},{int(won)}")
    outs = []
    for name in ("first.csv", "second.csv"):
        (tmp_path / name).write_text("\n".join([header, *lines]) + "\n")
        ended = suggest(name, "--label", "won", cwd=tmp_path)
        assert "to check it, on all units together" in ended.err
        assert " any " not in ended.err
        outs.append(ended.out)
        rng.shuffle(lines)
    assert outs[0] == outs[1]


def test_close_dates_of_won_deals_alone_do_not_choose_who_is_held_out(tmp_path: Path) -> None:
    """They come after every visit: held out would be won deals alone, with nothing to measure."""
    visitors, won = [], ["domain,Close Date"]
    for number in range(200):
        domain, size = f"a{number}.example", (10, 80, 300, 900)[number % 4]
        record = {"domain": domain, "company_size": size, "last_seen": "2026-06-01"}
        visitors.append(json.dumps(record))
        won += [f"{domain},2026-07-{1 + number % 28:02}"] * (size >= 300 and number % 5 > 0)
    (tmp_path / "visitors.jsonl").write_text("\n".join(visitors))
    (tmp_path / "won.csv").write_text("\n".join(won))
    args = ("visitors.jsonl", "--won", "won.csv", "--max-conditions", "1", "--dir", "mine")
    args += ("--with", "company_size")
    ended = suggest(*args, cwd=tmp_path)
    assert ended.out.startswith("# On 60 accounts held out (random:30%)"), ended.err
    assert "to check it, on all units together: save it as mine/suggested.yaml" in ended.err
    ended = suggest(*args, "--holdout", "newest:30%", cwd=tmp_path)
    assert "accounts held out all are won, so they cannot show" in ended.err


def test_who_did_not_join_is_counted_as_outcomes_counts(tmp_path: Path) -> None:
    visitors = [
        {"id": n, "domain": f"{n}.example" if n < 90 else None, "industry": "ab"[n % 2]}
        for n in range(100)
    ]
    (tmp_path / "v.jsonl").write_text("\n".join(map(json.dumps, visitors)))
    stages = ["Closed Lost", "Closed Won", "Negotiation"]
    rows = [f"{n}.example,{stages[n % 3]}" for n in range(80)]
    (tmp_path / "d.csv").write_text("\n".join(["Domain,Stage", *rows]))
    ended = suggest("v.jsonl", "--won", "d.csv", cwd=tmp_path)
    (tmp_path / "icp_configs").mkdir()
    config = (
        "label: A\nrules: {groups: [{operator: AND, conditions: "
        "[{type: city, comparator: exists}]}]}\n"
    )
    (tmp_path / "icp_configs" / "a.yaml").write_text(config)
    counted = icpctl("outcomes", "v.jsonl", "--won", "d.csv", "--as-of", AS_OF, cwd=tmp_path).out
    said = [
        "36 accounts joined no closed deal and are left out",
        "90 visitors have no last_seen and are counted",
        "10 visitors have no domain to join on",
    ]
    for sentence in said:
        assert [sentence in lines for lines in (ended.err, counted)] == [True, True], sentence
