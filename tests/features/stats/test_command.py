"""`icpctl stats` as people and programs use it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.long import long
from tests.process import ROOT, Ended, icpctl, on_terminal, unless_given

if TYPE_CHECKING:
    from pathlib import Path

CONFIGS, VISITORS = ROOT / "sample_configs", ROOT / "sample_visitors"
AS_OF = "2026-11-23T12:00:00Z"
FLAT, DIRTY = VISITORS / "visitors.jsonl", VISITORS / "_broken" / "dirty.jsonl"


def stats(*args: str | Path, cwd: Path, **kwargs: str) -> Ended:
    """Statistics with the sample configs as of a fixed date."""
    return icpctl(
        "stats", *unless_given(args, "--dir", CONFIGS, "--as-of", AS_OF), *args, cwd=cwd, **kwargs
    )


def test_the_json(tmp_path: Path) -> None:
    ended = stats(FLAT, "--from", "2026-11-20", "--to", "2026-11-21", "-o", "json", cwd=tmp_path)
    body = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert list(body) == [
        *("organization", "from", "to", "visitors", "matched", "matchRate", "averageScore"),
        *("configs", "days", "unreadFields"),
    ]
    assert [*body.values()][:4] == [None, "2026-11-20", "2026-11-21", 14]
    assert list(body["configs"][0]) == [
        *("slug", "label", "priority", "matched", "first", "matchRate", "averageScore")
    ]
    assert [list(day.values()) for day in body["days"]] == [
        ["2026-11-20", 6, 1],
        ["2026-11-21", 8, 3],
    ]


def test_without_a_period_it_says_what_score_says(tmp_path: Path) -> None:
    found = json.loads(stats(FLAT, "-o", "json", cwd=tmp_path).out)
    scored = json.loads(
        icpctl("score", FLAT, "--dir", CONFIGS, "--as-of", AS_OF, "-o", "json", cwd=tmp_path).out
    )
    for key in ("visitors", "matched", "matchRate", "configs"):
        assert found[key] == scored[key]
    assert sum(day["visitors"] for day in found["days"]) == scored["visitors"]


def test_an_organization_and_a_field(tmp_path: Path) -> None:
    ended = stats(FLAT, "--org", "northwind", "--by", "industry", "-o", "json", cwd=tmp_path)
    body = json.loads(ended.out)
    assert body["organization"] == "northwind"
    assert list(body)[-2:] == ["by", "unreadFields"]
    assert list(body["by"]) == ["field", "distinct", "values"]
    assert list(body["by"]["values"][0]) == ["value", "visitors", "matched", "matchRate"]


def test_the_setting_names_the_visitors(tmp_path: Path) -> None:
    (tmp_path / "icpctl.toml").write_text(f'visitors = "{FLAT}"\n')
    assert json.loads(stats("-o", "json", cwd=tmp_path).out)["visitors"] == 300
    (tmp_path / "icpctl.toml").unlink()
    assert "no visitors were named" in stats(cwd=tmp_path).err


def test_a_pipe_gets_every_day_and_no_bars(tmp_path: Path) -> None:
    ended = stats(FLAT, "--by", "country", cwd=tmp_path)
    head, _, *lines = ended.tabbed.splitlines()
    assert head == "300 visitors, 154 matches (51.3 %), average score 63.99"
    assert lines[0] == "CONFIG\tPRIORITY\tMATCHED\tRATE\tICP OF\tAVG SCORE"
    assert "US\t101\t49\t48.5 %" in lines
    assert "2026-11-20\t6\t1\t16.7 %" in lines
    days = lines[lines.index("DAY\tVISITORS\tMATCHED\tRATE") + 1 :]
    assert sum(int(day.split("\t")[1]) for day in days) == 300
    assert ended.err == ""


def export(folder: Path, days: list[date | None]) -> None:
    """Visitors last seen on these days; those of even days have a city, which is what matches."""
    condition = {"type": "city", "comparator": "exists"}
    rules = {"groups": [{"operator": "AND", "conditions": [condition]}]}
    (folder / "icp_configs").mkdir()
    (folder / "icp_configs" / "a.json").write_text(json.dumps({"label": "A", "rules": rules}))
    records = [
        {"last_seen": day and str(day), "city": "Rome" if day and day.day % 2 == 0 else None}
        for day in days
    ]
    (folder / "v.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))


def bars(seen: str, title: str) -> list[list[str]]:
    """The cells of the last table."""
    lines = [line.split() for line in seen.split(f"{title} ")[1].splitlines()[1:]]
    return [line for line in lines if len(line) >= 3 and line[0] != "the"]


def test_bars_on_a_terminal(tmp_path: Path) -> None:
    first = date(2026, 11, 1)
    export(tmp_path, [first, *[first + timedelta(1)] * 4, first + timedelta(3), None])
    seen = on_terminal("icpctl stats v.jsonl", cwd=tmp_path)
    assert [line.rstrip() for line in seen.splitlines()] == [
        "7 visitors, 5 matches (71.4 %), average score 100.00",
        "",
        "CONFIG  PRIORITY  MATCHED    RATE  ICP OF  AVG SCORE  █ MATCH",
        "a                       5  71.4 %       5     100.00  ████████████████████",
        "",
        "DAY         VISITORS  MATCHED     RATE  █ MATCH ░ NO MATCH",
        "2026-11-01         1        0    0.0 %  ░░░░░░░░░░",
        "2026-11-02         4        4  100.0 %  ████████████████████████████████████████",
        "2026-11-03         0        0",
        "2026-11-04         1        1  100.0 %  ██████████",
        "(no date)          1        0    0.0 %  ░░░░░░░░░░",
    ]


@pytest.mark.parametrize(
    ("step", "count", "title", "rows", "first"),
    [
        (1, 31, "DAY", 31, "2026-01-01"),
        (1, 32, "WEEK FROM", 5, "2025-12-29"),
        pytest.param(7, 31, "WEEK FROM", 31, "2025-12-29", marks=long),
        (7, 40, "MONTH", 10, "2026-01"),
        pytest.param(365, 8, "YEAR", 7, "2026", marks=long),
        pytest.param(40_000, 40, "YEAR", 31, "to", marks=long),
        (2_000_000, 2, "YEAR", 2, "2026"),
    ],
)
def test_many_days_are_grouped(
    tmp_path: Path, step: int, count: int, title: str, rows: int, first: str
) -> None:
    export(tmp_path, [date(2026, 1, 1) + timedelta(step * number) for number in range(count)])
    seen = on_terminal("icpctl stats v.jsonl", cwd=tmp_path)
    found = bars(seen, title)
    assert (len(found), found[0][0]) == (rows, first)
    assert ("the days are grouped" in seen) == (title != "DAY")


def test_a_narrow_terminal_has_no_bars(tmp_path: Path) -> None:
    export(tmp_path, [date(2026, 1, 1)])
    seen = on_terminal("icpctl stats v.jsonl --by city", cwd=tmp_path, columns=50)
    assert "NOT" not in seen
    assert "2026-01-01         1        0  0.0 %" in seen


def test_nothing_at_all(tmp_path: Path) -> None:
    export(tmp_path, [])
    seen = on_terminal("icpctl stats v.jsonl --by city", cwd=tmp_path)
    assert [line.rstrip() for line in seen.splitlines()] == [
        "0 visitors, 0 matches",
        "",
        "CONFIG  PRIORITY  MATCHED  RATE  ICP OF  AVG SCORE",
        "a                       0             0",
        "v.jsonl: warning: this file has no record of a visitor",
    ]


def test_rejected_lines_are_told(tmp_path: Path) -> None:
    ended = stats(DIRTY, "-o", "json", cwd=tmp_path)
    assert (ended.code, json.loads(ended.out)["visitors"]) == (1, 5)
    assert f"{DIRTY}:7: rejected: a list, not an object\n" in ended.err
    assert "hint: icpctl score --rejects FILE keeps them\n" in ended.err


def test_dates_that_are_none_are_told(tmp_path: Path) -> None:
    export(tmp_path, [])
    (tmp_path / "v.jsonl").write_text('{"last_seen": "soon"}\n{"last_seen": null}\n')
    ended = icpctl("stats", "v.jsonl", "-o", "json", cwd=tmp_path)
    assert json.loads(ended.out)["days"] == [{"date": None, "visitors": 2, "matched": 0}]
    assert ended.err.endswith(
        "last_seen is not a valid date for 1 visitor; they are counted as visitors without a date\n"
    )
    assert (
        json.loads(
            icpctl("stats", "v.jsonl", "--from", "2026-01-01", "-o", "json", cwd=tmp_path).out
        )["visitors"]
        == 0
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["--from", "soon"],
            "--from 'soon' is not a date\n  hint: write a day such as 2026-11-23, or a time "
            "such as 2026-11-23T12:00:00Z",
        ),
        (
            ["--from", "2026-11-02", "--to", "2026-11-01"],
            "--from 2026-11-02 is after --to 2026-11-01",
        ),
        (["--by", "contry"], "--by 'contry': no such field\n  hint: did you mean country?"),
    ],
)
def test_what_cannot_be_done(args: list[str], message: str, tmp_path: Path) -> None:
    ended = stats(FLAT, *args, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_tiers_and_exclusions_are_those_of_score(tmp_path: Path) -> None:
    for slug, more in (("any", ""), ("never", "exclude: true\n")):
        value = "Hospitals" if more else "Software"
        rules = (
            "rules:\n  groups:\n    - operator: AND\n      conditions:\n"
            f"        - {{type: industry, comparator: equals, value: {value}}}\n"
            "        - {type: country, comparator: equals, value: US, optional: true}\n"
        )
        (tmp_path / "icp_configs").mkdir(exist_ok=True)
        (tmp_path / "icp_configs" / f"{slug}.yaml").write_text(f"label: {slug}\n{more}{rules}")
    (tmp_path / "icpctl.toml").write_text("tiers = {A = 80, B = 50, C = 0}\n")
    call = (FLAT, "--as-of", AS_OF)
    scored = json.loads(icpctl("score", *call, "-o", "json", cwd=tmp_path).out)
    counted = json.loads(icpctl("stats", *call, "-o", "json", cwd=tmp_path).out)
    assert (counted["excluded"], counted["tiers"]) == (scored["excluded"], scored["tiers"])
    assert counted["excluded"] > 0
    assert counted["tiers"]["A"] > 0
    assert counted["tiers"]["B"] > 0
    assert sum(counted["tiers"].values()) == counted["matched"]
    line = icpctl("stats", *call, cwd=tmp_path).out.splitlines()[0]
    assert f", {scored['excluded']} excluded, tier A: {scored['tiers']['A']}, tier B: " in line
    one_day = icpctl("stats", *call, "--from", "2027-01-01", "-o", "json", cwd=tmp_path)
    assert json.loads(one_day.out)["tiers"] == {"A": 0, "B": 0, "C": 0}
