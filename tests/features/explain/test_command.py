"""`icpctl explain` as people and programs use it."""

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
CONDITION = ["type", "comparator", "value", "optional", "weight", "held", "seen", "missing"]


def explain(*args: str | Path, cwd: Path, **kwargs: str) -> Ended:
    """Explain with the sample configs as of a fixed date."""
    return icpctl(
        "explain", *unless_given(args, "--dir", CONFIGS, "--as-of", AS_OF), *args, cwd=cwd, **kwargs
    )


def keys(body: dict[str, Any], *path: str) -> list[list[str]]:
    """The keys of all objects that lie at a path of lists."""
    found = [body]
    for step in path:
        found = [inner for one in found for inner in one[step]]
    return [list(one) for one in found]


def test_the_json(tmp_path: Path) -> None:
    ended = explain(FLAT, "--id", "v001", "-o", "json", cwd=tmp_path)
    body = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert list(body) == ["id", "line", "icp_match", "icp", "icp_score", "configs"]
    assert [*body.values()][:5] == ["v001", 1, True, "dach-manufacturing", 60.0]
    assert {*map(tuple, keys(body, "configs"))} == {("slug", "matched", "score", "groups")}
    groups = keys(body, "configs", "groups")
    assert {*map(tuple, groups)} == {("operator", "matched", "score", "conditions")}
    conditions = keys(body, "configs", "groups", "conditions")
    assert {*map(tuple, conditions)} == {tuple(CONDITION)}
    assert body["configs"][0]["groups"][0]["conditions"][:2] == [
        {
            "type": "industry",
            "comparator": "in",
            "value": ["Software", "SaaS", "Information Technology"],
            "optional": False,
            "weight": 1,
            "held": False,
            "seen": "Maschinenbau",
            "missing": False,
        },
        {
            "type": "company_size",
            "comparator": "gte",
            "value": 500,
            "optional": False,
            "weight": 1,
            "held": True,
            "seen": 820,
            "missing": False,
        },
    ]


@long
def test_it_says_what_score_says(tmp_path: Path) -> None:
    scored = icpctl(
        *("score", VISITORS / "webhooks.jsonl", "--dir", CONFIGS, "--as-of", AS_OF),
        *("--out", "m.jsonl", "--with-line"),
        cwd=tmp_path,
    )
    assert scored.code == 0
    rows = [json.loads(line) for line in (tmp_path / "m.jsonl").read_text("utf-8").splitlines()]
    for row in rows[:3]:
        line = str(row["line"])
        body = json.loads(
            explain(VISITORS / "webhooks.jsonl", "--line", line, "-o", "json", cwd=tmp_path).out
        )
        assert {key: body[key] for key in ("id", "line", "icp_match", "icp", "icp_score")} == {
            key: row[key] for key in ("id", "line", "icp_match", "icp", "icp_score")
        }
        matches = [
            {"config": it["slug"], "score": it["score"]} for it in body["configs"] if it["matched"]
        ]
        assert matches == row["matches"]


ANSWER = """\
v001 in visitors.jsonl:1, as of 2026-11-23 12:00:00 UTC
✓ ICP: DACH: Maschinenbau & Fertigung (dach-manufacturing), score 60.00
  ✓ country is Germany (DE)
  ✓ industry is Maschinenbau
  ✓ optional: company region is Bayern
  ✓ optional: company city is München
  ✓ optional: company postal code starts with 8 (80331)
  ✗ optional: job title contains Geschäftsführer (Werkstudentin)
  ✗ optional: UTM campaign starts with dach_ (unknown)
  also matches Returning Researchers - docs and blog (returning-researchers),
  score 60.00
✗ Nearest other: Enterprise SaaS & Software (enterprise-saas)
  ✗ industry is Software, SaaS or Information Technology (Maschinenbau)
  ✓ company size is at least 500 (820)
--all shows every condition of 6 configs
"""

NEAREST = """\
v002 in visitors.jsonl:2, as of 2026-11-23 12:00:00 UTC
✗ no ICP: none of 6 configs matches
✗ Nearest: High intent (pricing, demo, sign-up) (high-intent)
  nearest is group 1 of 2:
  ✗ viewed /pricing and /demo (viewed https://www.example.com/blog/gdpr-basics)
  ✓ did not view /careers
--all shows every condition of 6 configs
"""


@pytest.mark.parametrize(("visitor", "screen"), [("v001", ANSWER), ("v002", NEAREST)])
def test_the_answer_comes_first_on_one_screen(visitor: str, screen: str) -> None:
    assert plain(on_terminal(command(f"--id {visitor}"), cwd=VISITORS)) == screen
    assert screen.count("\n") <= 24


def test_a_pipe_gets_the_same_answer_unfolded(tmp_path: Path) -> None:
    ended = explain(FLAT, "--id", "v002", cwd=tmp_path, COLUMNS="20")
    lines = ended.out.splitlines()
    assert lines[4] == (
        "  ✗ viewed /pricing and /demo (viewed https://www.example.com/blog/gdpr-basics)"
    )
    assert ended.err == "--all shows every condition of 6 configs\n"


@long
def test_several_visitors_in_one_call(tmp_path: Path) -> None:
    ids = ["--id", "v002", "--id", "v001", "--id", "v002"]
    alone = [explain(FLAT, "--id", visitor, cwd=tmp_path).out for visitor in ("v002", "v001")]
    assert explain(FLAT, *ids, cwd=tmp_path).out == "\n".join(alone)
    bodies = json.loads(explain(FLAT, *ids, "-o", "json", cwd=tmp_path).out)
    assert [body["id"] for body in bodies] == ["v002", "v001"]
    missing = explain(FLAT, *ids, "--id", "v0002", cwd=tmp_path)
    assert (missing.code, missing.out) == (2, "")
    assert "no visitor with the id 'v0002'\n  hint: did you mean v002?" in missing.err


EXCLUDED = """\
a in v.jsonl:1, as of 2026-11-23 12:00:00 UTC
✗ no ICP: excluded by Rivals (rivals)
  ✓ domain is in the list rivals (rival.example)
  also matches Big (big), score 100.00
✗ Nearest other: Strict (strict)
  ✗ its score 50.00 is below the minimum of 90
"""


def test_an_exclusion_and_a_minimum_score(tmp_path: Path) -> None:
    (tmp_path / "c" / "lists").mkdir(parents=True)
    (tmp_path / "c" / "lists" / "rivals.txt").write_text("rival.example\n")
    rivals = {"type": "domain", "comparator": "in", "value": {"list": "rivals"}}
    size = {"type": "company_size", "comparator": "gte", "value": 10}
    city = {"type": "city", "comparator": "exists", "optional": True}
    for slug, label, conditions, more in (
        ("rivals", "Rivals", [rivals], {"exclude": True}),
        ("big", "Big", [size], {}),
        ("strict", "Strict", [size, city], {"minScore": 90}),
    ):
        rules = {"groups": [{"operator": "AND", "conditions": conditions}]}
        body = {"label": label, "rules": rules, **more}
        (tmp_path / "c" / f"{slug}.json").write_text(json.dumps(body))
    record = {"id": "a", "domain": "rival.example", "company_size": 10}
    (tmp_path / "v.jsonl").write_text(json.dumps(record) + "\n")
    assert explain("v.jsonl", "--id", "a", "--dir", "c", cwd=tmp_path).out == EXCLUDED


def plain(seen: str) -> str:
    """A screen without the spaces that fill its lines."""
    return "\n".join(line.rstrip() for line in seen.splitlines()) + "\n"


TREE = """\
v001 in visitors.jsonl:1, as of 2026-11-23 12:00:00 UTC
✗ no ICP: High intent (pricing, demo, sign-up) (high-intent) does not match

✗ High intent (pricing, demo, sign-up) (high-intent) does not match
├── ✗ AND does not match: 2 of 2 required conditions not met
│   ├── ✗ not met viewed /pricing and /demo
│   │             seen https://www.example.com/blog/lead-scoring-2026,
│   │             https://www.example.com/careers; lacks /pricing, /demo
│   ├── ✗ not met did not view /careers
│   │             seen https://www.example.com/careers and 1 other; no page may
│   │             contain /careers
│   ├── ✓ met     had more than 1 session (optional): seen 5
│   └── ✓ met     job title is known (optional): seen Werkstudentin
└── ✗ OR does not match: none of 2 required conditions is met
    ├── ✗ not met viewed the page /signup (weight 3)
    │             seen https://www.example.com/blog/lead-scoring-2026,
    │             https://www.example.com/careers; needs the page /signup
    ├── ✗ not met viewed the page /contact and /customers (weight 2)
    │             seen https://www.example.com/blog/lead-scoring-2026,
    │             https://www.example.com/careers; lacks /contact, /customers
    ├── ✗ not met viewed at least 4 pages (optional)
    │             seen 2; needs 4 or more, 2 short
    └── ✓ met     had more than 1 session (optional, weight 2): seen 5
"""


def command(*options: str) -> str:
    return f"icpctl explain visitors.jsonl --dir '{CONFIGS}' --as-of {AS_OF} {' '.join(options)}"


def test_the_tree_on_a_terminal() -> None:
    seen = on_terminal(command("--id v001 --config high-intent --all"), cwd=VISITORS)
    assert plain(seen) == TREE


@long
def test_colours_say_nothing_that_words_do_not() -> None:
    coloured = on_terminal(command("--id v001"), cwd=VISITORS, NO_COLOR="")
    assert "\x1b[32m" in coloured
    assert "\x1b[31m" in coloured


def test_a_pipe_gets_the_tree_a_line_a_condition(tmp_path: Path) -> None:
    wanted = ("--id", "v001", "--config", "high-intent", "--all")
    ended = explain(FLAT, *wanted, cwd=tmp_path, COLUMNS="40")
    lines = ended.out.splitlines()
    assert (
        "│   ├── ✗ not met viewed /pricing and /demo: seen "
        "https://www.example.com/blog/lead-scoring-2026, https://www.example.com/careers; "
        "lacks /pricing, /demo" in lines
    )
    assert lines[-1] == "    └── ✓ met     had more than 1 session (optional, weight 2): seen 5"
    assert "\x1b" not in ended.out


def test_a_stream_without_unicode_gets_other_signs(tmp_path: Path) -> None:
    ended = explain(
        *(FLAT, "--id", "v001", "--config", "dach-manufacturing", "--all"),
        cwd=tmp_path,
        PYTHONIOENCODING="ascii",
        PYTHONUTF8="0",
    )
    assert "`-- + AND matches: 60.00 = 100 * (2 + 2.5 optional) / (2 + 5.5 optional)" in ended.out
    assert "    +-- + met     country is Germany, AT, CHE or Liechtenstein" in ended.out


def many_configs(folder: Path, condition: dict[str, Any]) -> Path:
    """A folder of 50 configs, of which number n asks for a company of n employees at least."""
    (folder / "many").mkdir()
    for number in range(50):
        size = {"type": "company_size", "comparator": "gte", "value": number}
        rules = {"groups": [{"operator": "AND", "conditions": [condition, size]}]}
        body = {"label": "C", "priority": number, "rules": rules}
        (folder / "many" / f"c{number:02}.json").write_text(json.dumps(body))
    return folder / "many"


@pytest.mark.parametrize(
    ("record", "whole", "line"),
    [
        ({"city": "Rome", "company_size": 10}, [0, 1, 2], "✓ C (c05) matches, score 100.00"),
        ({"city": "Rome", "company_size": 99}, [0, 1, 2], "✓ C (c49) matches, score 100.00"),
        ({"company_size": 10}, [0, 1, 2], "✗ C (c20) does not match: city, company size"),
        ({}, [0, 1, 2], "✗ C (c49) does not match: city, company size"),
    ],
)
def test_of_many_configs_those_are_whole_that_tell_most(
    tmp_path: Path, record: dict[str, Any], whole: list[int], line: str
) -> None:
    configs = many_configs(tmp_path, {"type": "city", "comparator": "exists"})
    (tmp_path / "v.jsonl").write_text(json.dumps(record) + "\n")
    ended = icpctl("explain", "v.jsonl", "--line", "1", "--all", "--dir", configs, cwd=tmp_path)
    lines = ended.out.partition("\n\n")[2].splitlines()
    assert line in lines
    trees = [n for n in range(50) if follows(lines, n).startswith("└──")]
    assert trees == whole
    assert "47 configs are shown on one line; --config SLUG shows one whole\n" in ended.err


def named(lines: list[str], number: int) -> str:
    return next(line for line in lines if f"(c{number:02})" in line)


def follows(lines: list[str], number: int) -> str:
    at = lines.index(named(lines, number)) + 1
    return lines[at] if at < len(lines) else ""


@long
def test_hostile_text_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    evil = "\x1b[31mred\u202e[bold]\n"
    conditions = [{"type": "industry", "comparator": "in", "value": ["a", evil]}]
    rules = {"groups": [{"operator": "AND", "conditions": conditions}]}
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "evil.json").write_text(json.dumps({"label": evil, "rules": rules}))
    record = {"id": evil, "industry": ["x", evil * 100], "pages": {"a": evil}}
    (tmp_path / "v.jsonl").write_text(json.dumps(record) + "\n")
    for seen in (
        icpctl("explain", "v.jsonl", "--line", "1", "--dir", "c", cwd=tmp_path).out,
        on_terminal("icpctl explain v.jsonl --line 1 --dir c", cwd=tmp_path),
    ):
        assert "\x1b" not in seen
        assert "\u202e" not in seen
        assert "\\x1b[31mred\\u202e[bold]\\n in v.jsonl:1" in seen


def test_more_visitors_with_the_id(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_text('{"id": "a"}\n{"id": "a"}\n{"id": "a"}\n')
    ended = explain("v.jsonl", "--id", "a", cwd=tmp_path)
    assert "2 of the first 3 records have the id of one before" in ended.err
    assert "2 more visitors have this id; this is the first\n" in ended.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "the visitor to explain is missing"),
        (["--id", "v001", "--line", "1"], "--line and --id cannot be used together"),
        (["--id", "v0001"], "no visitor with the id 'v0001'\n  hint: did you mean v001?"),
        (["--line", "301"], "no line 301\n  hint: the file has 300 lines"),
        (["--id", "v001", "--config", "nothing"], "no config 'nothing'"),
    ],
)
def test_what_cannot_be_done(args: list[str], message: str, tmp_path: Path) -> None:
    ended = explain(FLAT, *args, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_a_rejected_line_as_json(tmp_path: Path) -> None:
    ended = explain(DIRTY, "--line", "7", "-o", "json", cwd=tmp_path)
    body = json.loads(ended.out)
    assert (ended.code, body["code"]) == (2, "rejected")
    assert body["message"] == "this line is not a visitor: a list, not an object"
    assert body["details"]["line"] == 7


def test_stdin(tmp_path: Path) -> None:
    ended = explain("-", "--line", "2", "-o", "json", cwd=tmp_path, stdin='{}\n{"id": "b"}\n')
    assert json.loads(ended.out)["id"] == "b"


def test_a_line_of_a_roll_up_is_a_record_of_its_visitor() -> None:
    place = "exports/posthog_events.jsonl"
    ended = explain(place, "--line", "3", cwd=ROOT / "tests" / "fixtures")
    assert ended.out.startswith(f"v1 in {place}:1, as of ")
    assert ended.err.startswith(f"{place}: read as PostHog events (--mapping posthog)\n")
    assert "\nline 3 is a record of this visitor, whose first is on line 1\n" in ended.err


@pytest.mark.parametrize("wanted", ["2", " 2", "2 "])
def test_spaces_around_ids_do_not_count(tmp_path: Path, wanted: str) -> None:
    (tmp_path / "v.csv").write_text('id,country\n1,DE\n" 2 ",DE\n')
    ended = explain("v.csv", "--id", wanted, "-o", "json", cwd=tmp_path)
    assert json.loads(ended.out)["id"] == " 2 "
