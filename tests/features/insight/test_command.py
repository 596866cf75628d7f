"""`icpctl insight` as people and programs use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.long import long
from tests.process import ROOT, Ended, icpctl, on_terminal, unless_given

if TYPE_CHECKING:
    from pathlib import Path

CONFIGS, VISITORS = ROOT / "sample_configs", ROOT / "sample_visitors"
AS_OF = "2026-11-23T12:00:00Z"
FLAT, DIRTY = VISITORS / "visitors.jsonl", VISITORS / "_broken" / "dirty.jsonl"


def insight(*args: str | Path, cwd: Path, **kwargs: str) -> Ended:
    """Insight into the sample configs as of a fixed date."""
    return icpctl(
        "insight", *unless_given(args, "--dir", CONFIGS, "--as-of", AS_OF), *args, cwd=cwd, **kwargs
    )


def folder(path: Path, configs: dict[str, list[dict[str, Any]]], visitors: list[Any]) -> None:
    """Configs of one AND group each, and visitors, as `icp_configs` and `v.jsonl`."""
    (path / "icp_configs").mkdir()
    for number, (slug, conditions) in enumerate(configs.items()):
        rules = {"groups": [{"operator": "AND", "conditions": conditions}]}
        body = {"label": slug, "priority": number, "rules": rules}
        (path / "icp_configs" / f"{slug}.json").write_text(json.dumps(body))
    (path / "v.jsonl").write_text("".join(json.dumps(it) + "\n" for it in visitors))


INDUSTRY = {"type": "industry", "comparator": "equals", "value": "Technolgy"}
SIZE = {"type": "company_size", "comparator": "gte", "value": 50}
CITY = {"type": "city", "comparator": "exists"}
ROME = {"type": "city", "comparator": "contains", "value": "Rome", "optional": True}
PEOPLE = [{"industry": "Technology", "company_size": size, "city": "Bonn"} for size in (40, 60)]


def test_the_json(tmp_path: Path) -> None:
    ended = insight(FLAT, "-o", "json", cwd=tmp_path)
    body = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert list(body) == [
        *("asOf", "visitors", "rejected", "fieldWarnings", "matched", "matchRate", "configs"),
        *("overlap", "capped", "elapsedSeconds", "unreadFields"),
    ]
    first = body["configs"][0]
    assert list(first) == [
        *("slug", "label", "priority", "matched", "first", "matchRate", "nearMisses", "takenBy"),
        "groups",
    ]
    assert list(first["groups"][0]) == ["operator", "matched", "conditions"]
    assert list(first["groups"][0]["conditions"][0]) == [
        *("condition", "held", "failed", "missing", "left", "nearMisses", "nearMissesMissing"),
        *("heldByMatches", "changesScores", "gains", "absentValues", "neverHolds", "neverFails"),
    ]
    assert [len(row) for row in body["overlap"]] == [len(body["configs"])] * len(body["configs"])


def test_it_counts_what_score_counts(tmp_path: Path) -> None:
    found = json.loads(insight(FLAT, "-o", "json", cwd=tmp_path).out)
    scored = json.loads(
        icpctl("score", FLAT, "--dir", CONFIGS, "--as-of", AS_OF, "-o", "json", cwd=tmp_path).out
    )
    for key in ("visitors", "matched", "matchRate", "fieldWarnings"):
        assert found[key] == scored[key]
    for ours, theirs in zip(found["configs"], scored["configs"], strict=True):
        for key in ("slug", "label", "priority", "matched", "first", "matchRate"):
            assert ours[key] == theirs[key]


def test_a_pipe_gets_everything_in_columns(tmp_path: Path) -> None:
    ended = insight(FLAT, cwd=tmp_path)
    blocks = ended.tabbed.split("\n\n")
    heads = [block.split("\n")[0].split("\t")[0] for block in blocks[1:]]
    assert heads[:3] == ["CONFIG", "CONFIG", "CONFIG"]
    assert "enterprise-saas" in heads
    assert ended.err == ""
    body = json.loads(insight(FLAT, "-o", "json", cwd=tmp_path).out)
    gains = [
        gain
        for config in body["configs"]
        for group in config["groups"]
        for one in group["conditions"]
        for gain in one["gains"]
    ]
    assert blocks[3].count("\n") == len(gains)
    pairs = [both for n, row in enumerate(body["overlap"]) for both in row[:n] if both]
    assert blocks[-1].strip().count("\n") == len(pairs)


def test_what_stands_out(tmp_path: Path) -> None:
    folder(tmp_path, {"tech": [INDUSTRY, SIZE], "any": [CITY, ROME], "any-2": [CITY]}, PEOPLE)
    lines = icpctl("insight", "v.jsonl", cwd=tmp_path).tabbed.splitlines()
    assert [line for line in lines if line.count("\t") == 1] == [
        "CONFIG\tNOTABLE",
        'tech\tmatches nobody: no visitor meets "industry is Technolgy"',
        "any-2\tis never the ICP: all its 2 matches go to any (2)",
        'tech\tindustry: "Technolgy" never occurs; "Technology" 2 times',
        'any\tno visitor meets "city contains Rome"',
        'any\tevery visitor meets "city is known", so it decides nothing',
        'any-2\tevery visitor meets "city is known", so it decides nothing',
    ]
    assert "tech\t1\tindustry: also Technology\t+1" in lines


def test_a_config_that_seldom_comes_first(tmp_path: Path) -> None:
    configs = {"big": [SIZE], "rome": [CITY]}
    visitors = [{"city": "Rome", "company_size": 60}] * 40 + [{"city": "Rome"}]
    folder(tmp_path, configs, visitors)
    out = icpctl("insight", "v.jsonl", cwd=tmp_path).tabbed
    said = "rome\tis the ICP of 1 of its 41 matches; the others go to big (40)\n"
    assert out.count("is the ICP of") == 1
    assert said in out


def test_a_threshold_and_what_it_gains(tmp_path: Path) -> None:
    sizes = [30, 40, 41, 60, "11-50"]
    folder(tmp_path, {"a": [SIZE]}, [{"company_size": it} for it in sizes])
    lines = icpctl("insight", "v.jsonl", cwd=tmp_path).tabbed.splitlines()
    gained = dict(line.split("\t")[2:] for line in lines if "\t+" in line)
    assert gained["company size is at least 50 -> 40"] == "+2"
    assert gained["company size is at least 50 -> 10"] == "+4"
    assert "company size is at least 50\t1\t4\t0\t1\t4" in lines


def test_visitors_without_the_field_are_told(tmp_path: Path) -> None:
    folder(tmp_path, {"a": [CITY, SIZE]}, [{"city": "Bonn"}] * 3 + PEOPLE)
    out = icpctl("insight", "v.jsonl", cwd=tmp_path).tabbed
    assert "a\tcompany size is at least 50: 3 of the 4 near misses lack the field\n" in out
    assert "company size is at least 50\t1\t1\t3\t1\t4\n" in out


def test_a_field_that_nobody_has_is_told_once(tmp_path: Path) -> None:
    pages = {"type": "page_contains", "comparator": "has_any", "value": ["/demo"]}
    title = {"type": "job_title", "comparator": "not_contains", "value": "Intern"}
    configs = {"a": [CITY, SIZE, pages, title, title | {"value": "Student"}], "b": [SIZE]}
    folder(tmp_path, configs, [{"city": "Bonn"}] * 3)
    lines = icpctl("insight", "v.jsonl", cwd=tmp_path).tabbed.splitlines()
    assert [line for line in lines if line.count("\t") == 1] == [
        "CONFIG\tNOTABLE",
        'b\tmatches nobody: no visitor meets "company size is at least 50"',
        'a\tmatches nobody: none of the 3 visitors left meets "company size is at least 50"',
        "a\tno visitor has company size, pages, job title, which 4 conditions ask for",
        "b\tno visitor has company size, which a condition asks for",
        'a\tevery visitor meets "city is known", so it decides nothing',
    ]


def test_all_values_that_never_occur_are_told(tmp_path: Path) -> None:
    one = {"type": "industry", "comparator": "in", "value": ["Technolgy", "Retail"]}
    folder(tmp_path, {"a": [one]}, PEOPLE)
    out = icpctl("insight", "v.jsonl", cwd=tmp_path).tabbed
    assert 'a\tindustry: "Technolgy" never occurs; "Technology" 2 times\n' in out
    assert "a\tindustry is Technolgy or Retail: Retail never occurs\n" in out


@long
@pytest.mark.parametrize("visitors", [[], [{"city": "Bonn"}] * 2, [{}]])
def test_nobody_everybody_and_an_empty_export(visitors: list[Any], tmp_path: Path) -> None:
    folder(tmp_path, {"a": [CITY]}, visitors)
    seen = on_terminal("icpctl insight v.jsonl 2>notes.txt", cwd=tmp_path)
    assert seen.startswith(f"{len(visitors)} visitor")
    ended = icpctl("insight", "v.jsonl", cwd=tmp_path)
    is_read = any(visitors)  # a file that tells nothing of visitors makes the exit code 1
    assert (ended.code, "warning:" in ended.err) == (0 if is_read else 1, not is_read)
    assert ("NOTABLE" in ended.out) == bool(visitors)
    assert ("MEET" in ended.out) == bool(visitors)
    assert ("no visitors, so there is nothing" in ended.out) == (not visitors)


def test_a_terminal_shows_what_tells_most(tmp_path: Path) -> None:
    configs = {f"c{number:02}": [CITY, SIZE] for number in range(50)}
    folder(tmp_path, configs, [{"city": "Bonn", "company_size": size} for size in (40, 50)])
    seen = on_terminal("icpctl insight v.jsonl 2>notes.txt", cwd=tmp_path)
    notes = (tmp_path / "notes.txt").read_text()
    assert "--config SLUG shows the conditions of a config\n" in notes
    assert "long tables are cut to their first rows" in notes
    assert "do these changes find customers? icpctl outcomes ... --won deals.csv" in notes
    assert len(seen.splitlines()) < 110
    assert max(map(len, seen.splitlines())) <= 80
    one = on_terminal("icpctl insight v.jsonl --config c07", cwd=tmp_path)
    assert "MEET  FAIL  MISSING  LEFT  NEAR MISSES" in one


@long
def test_what_terminals_would_obey_is_escaped(tmp_path: Path) -> None:
    bad = "\x1b[2Jx\ty\n\u202e[bold]"
    one = {"type": "industry", "comparator": "in", "value": [f"{bad}z", "Other"]}
    folder(tmp_path, {"a": [one]}, [{"industry": bad}] * 3)
    for seen in (
        on_terminal("icpctl insight v.jsonl 2>notes.txt", cwd=tmp_path),
        icpctl("insight", "v.jsonl", cwd=tmp_path).out,
    ):
        assert not {"\x1b", "\u202e"} & {*seen}
        assert "\\x1b[2Jx\\ty\\n\\u202e[bold]" in seen
    gains = json.loads(icpctl("insight", "v.jsonl", "-o", "json", cwd=tmp_path).out)
    [gain] = gains["configs"][0]["groups"][0]["conditions"][0]["gains"]
    assert (gain["value"], gain["gain"]) == ("\x1b[2Jx y [bold]", 3)


def test_rejected_lines_are_told(tmp_path: Path) -> None:
    ended = insight(DIRTY, "-o", "json", cwd=tmp_path)
    assert (ended.code, json.loads(ended.out)["visitors"]) == (1, 5)
    assert f"{DIRTY}:7: rejected: a list, not an object\n" in ended.err


def test_letter_case(tmp_path: Path) -> None:
    folder(tmp_path, {"a": [INDUSTRY | {"value": "tech"}]}, [{"industry": "Tech"}])
    out = icpctl("insight", "v.jsonl", "--case-sensitive", cwd=tmp_path).tabbed
    assert "a\t1\tindustry: also Tech\t+1\n" in out
    assert "also" not in icpctl("insight", "v.jsonl", cwd=tmp_path).out


COMMENTED = """\
label: A  # the label
rules:
  groups:
    - operator: AND
      conditions:
        - {type: city, comparator: exists}
        # how large
        - type: company_size
          comparator: gte
          value: 50  # people
"""


def gains(folder: Path) -> list[list[str]]:
    """The changes that `insight` proposes: slug, number, change and gain."""
    lines = icpctl("insight", "v.jsonl", cwd=folder).tabbed.splitlines()
    return [line.split("\t") for line in lines if "\t+" in line]


def test_a_change_of_the_list_is_made_in_the_file(tmp_path: Path) -> None:
    visitors = [{"city": "Bonn", "company_size": size} for size in (30, 40, 60)]
    folder(tmp_path, {"a": [CITY, SIZE]}, visitors)
    (tmp_path / "icp_configs" / "a.json").unlink()
    config = tmp_path / "icp_configs" / "a.yaml"
    config.write_text(COMMENTED)
    number = next(number for _, number, text, _ in gains(tmp_path) if text.endswith("-> 40"))
    ended = icpctl("insight", "v.jsonl", "--apply", number, cwd=tmp_path)
    assert ended.code == 0
    assert "-          value: 50  # people\n+          value: 40  # people\n" in ended.out
    said = "company size is at least 50 -> 40, which gains 1 visitor\n"
    assert ended.err == f"updated icp_configs/a.yaml: {said}"
    assert config.read_text() == COMMENTED.replace("value: 50", "value: 40")
    assert matches(tmp_path) == {"a": 2}


@long
def test_every_change_gains_what_it_says(tmp_path: Path) -> None:
    title = {"type": "job_title", "comparator": "starts_with", "value": "VP"}
    people = [
        {"city": city, "company_size": size, "job_title": job, "industry": industry}
        for city, size, job, industry in (
            ("Rome", 60, "VP", "Tech"),
            ("Rome", 45, "VP", "Technology"),
            ("Rome", 60, "Deputy VP", "Retail"),
            ("Rome", 20, "VP", "Tech"),
        )
    ]
    configs = {"a": [ROME, SIZE, title], "b": [SIZE, INDUSTRY | {"value": "Tech"}]}
    folder(tmp_path, configs, people)
    proposed, before = gains(tmp_path), matches(tmp_path)
    assert [int(cells[1]) for cells in proposed] == list(range(1, len(proposed) + 1))
    for slug, number, _, gain in proposed:
        file = tmp_path / "icp_configs" / f"{slug}.json"
        kept = file.read_bytes()
        assert icpctl("insight", "v.jsonl", "--apply", number, cwd=tmp_path).code == 0
        assert matches(tmp_path)[slug] - before[slug] == int(gain)
        file.write_bytes(kept)


def matches(folder: Path) -> dict[str, int]:
    """How many visitors match each config."""
    scored = json.loads(icpctl("score", "v.jsonl", "-o", "json", cwd=folder).out)
    return {config["slug"]: config["matched"] for config in scored["configs"]}


def test_changes_that_cannot_be_made(tmp_path: Path) -> None:
    folder(tmp_path, {"a": [INDUSTRY | {"comparator": "in", "value": {"list": "x"}}]}, PEOPLE)
    (tmp_path / "icp_configs" / "lists").mkdir()
    (tmp_path / "icp_configs" / "lists" / "x.txt").write_text("Retail\n")
    config = (tmp_path / "icp_configs" / "a.json").read_bytes()
    ended = icpctl("insight", "v.jsonl", "--apply", "99", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: no change 99\n  hint: the list has ")
    ended = icpctl("insight", "v.jsonl", "--apply", "1", cwd=tmp_path)
    assert ended.code == 2
    assert "change 1 is one of the list x, which other configs may share" in ended.err
    assert "change lists/x.txt by hand: industry: also" in ended.err
    with (tmp_path / "v.jsonl").open("a") as file:
        file.write("bad\n")
    ended = icpctl("insight", "v.jsonl", "--apply", "1", cwd=tmp_path)
    assert "1 line rejected, so nothing was changed" in ended.err
    assert (tmp_path / "icp_configs" / "a.json").read_bytes() == config


POINTS = {
    "label": "points",
    "minScore": 60,
    "rules": {
        "groups": [
            {
                "operator": "AND",
                "conditions": [
                    CITY,
                    SIZE | {"optional": True, "weight": 2},
                    ROME | {"weight": 1},
                ],
            }
        ]
    },
}
OURS = {
    "label": "ours",
    "exclude": True,
    "rules": {
        "groups": [
            {
                "operator": "AND",
                "conditions": [{"type": "domain", "comparator": "equals", "value": "example.com"}],
            }
        ]
    },
}
SCORED = [
    {"city": "Rome", "company_size": 60},
    {"city": "Rome", "company_size": 60, "domain": "example.com"},
    {"city": "Rome", "company_size": 40},
    {"city": "Bonn", "company_size": 20},
    {"company_size": 60},
]


def bounded(path: Path) -> None:
    """A config with a `minScore` and one that excludes, and their visitors."""
    folder(path, {}, SCORED)
    for body in (POINTS, OURS):
        (path / "icp_configs" / f"{body['label']}.json").write_text(json.dumps(body))


def test_what_lowest_scores_cost_and_exclusions_take(tmp_path: Path) -> None:
    bounded(tmp_path)
    lines = icpctl("insight", "v.jsonl", cwd=tmp_path).tabbed.splitlines()
    at = lines.index("EXCLUDED BY\tEXCLUDED\tBY THIS ALONE\tWOULD MATCH\tFROM WHICH CONFIGS")
    assert lines[at + 1] == "ours\t1\t1\t1\tpoints (1)"
    at = lines.index("CONFIG\tMIN SCORE\tREACH IT\tBELOW\tNEXT BOUND\tGAINS")
    assert lines[at + 1] == "points\t60\t2\t2\t50\t+1"
    changes = [line for line in lines if line.startswith("points\t") and "\t+" in line][1:]
    assert changes == [
        "points\t1\tcompany size is at least 50 -> 20\t+2",
        "points\t2\tminScore 60 -> 25\t+2",
        "points\t3\tcompany size is at least 50 -> 40\t+1",
        "points\t4\tminScore 60 -> 50\t+1",
    ]
    body = json.loads(icpctl("insight", "v.jsonl", "-o", "json", cwd=tmp_path).out)
    ours, points = body["configs"]
    assert (body["matched"], body["excluded"]) == (1, 1)
    assert ours["exclusion"] == {
        "excluded": 1,
        "alone": 1,
        "wouldMatch": 1,
        "takes": [{"slug": "points", "visitors": 1}],
    }
    gains = [{"value": 50, "gain": 1}, {"value": 25, "gain": 2}]
    assert points["minScore"] == {"value": 60, "below": 2, "gains": gains}
    assert (points["matched"], points["first"], points["excluded"]) == (2, 1, 1)
    assert {"minScore", "exclusion"} & {*ours} == {"exclusion"}


def test_the_report_shows_bounds_and_exclusions(tmp_path: Path) -> None:
    bounded(tmp_path)
    for name in ("r.html", "r.md"):
        assert icpctl("insight", "v.jsonl", "--report", name, cwd=tmp_path).code == 0
        text = (tmp_path / name).read_text()
        for said in ("Lowest scores", "minScore 60 -> 50", "By this alone"):
            assert said.replace(">", "&gt;") in text or said in text, (name, said)


@pytest.mark.parametrize(
    ("min_score", "excludes", "said"),
    [
        (100, False, "a\tmatches nobody: 2 visitors meet its conditions, but not minScore 100\n"),
        (10, False, "a\tminScore 10 decides nothing: everyone who matches a group reaches it\n"),
        (0, True, "a\texcludes 2 visitors and takes none from any config: "),
    ],
)
def test_a_bound_or_an_exclusion_that_stands_out(
    min_score: int, excludes: bool, said: str, tmp_path: Path
) -> None:
    folder(tmp_path, {"a": [CITY, ROME]}, PEOPLE)
    file = tmp_path / "icp_configs" / "a.json"
    more = {"minScore": min_score, "exclude": excludes}
    file.write_text(json.dumps(json.loads(file.read_text()) | more))
    assert said in icpctl("insight", "v.jsonl", cwd=tmp_path).tabbed


def test_a_lower_bound_is_set_in_the_file(tmp_path: Path) -> None:
    bounded(tmp_path)
    ended = icpctl("insight", "v.jsonl", "--apply", "4", cwd=tmp_path)
    assert ended.code == 0, ended.err
    body = json.loads((tmp_path / "icp_configs" / "points.json").read_text())
    assert body["minScore"] == 50
    assert "minScore 60 -> 50, which gains 1 visitor" in ended.err
