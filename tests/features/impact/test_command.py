"""`icpctl impact` as people and programs use it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.process import Ended, icpctl, on_terminal, unless_given

if TYPE_CHECKING:
    from pathlib import Path

NO_GIT = shutil.which("git") is None
needs_git = pytest.mark.skipif(NO_GIT, reason="git is not installed")
WHO = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
ALONE = {
    **dict.fromkeys(WHO, "someone@example.com"),
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def condition(text: str) -> dict[str, Any]:
    name, comparator, value = text.split(" ", 2)
    return {"type": name, "comparator": comparator, "value": value}


def write(folder: Path, slug: str, *conditions: str, **more: Any) -> Path:
    """Write a config of one AND group."""
    rules = {"groups": [{"operator": "AND", "conditions": list(map(condition, conditions))}]}
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{slug}.json"
    file.write_text(json.dumps({"label": slug, "rules": rules, **more}), "utf-8")
    return file


def write_visitors(folder: Path, *sizes: int | None) -> None:
    """Visitors of v.jsonl with these numbers of employees, in Rome where they are even."""
    lines = [
        json.dumps({"id": f"v{n}", "company_size": n, "city": "Rome" if n and n % 2 == 0 else None})
        for n in sizes
    ]
    (folder / "v.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")


def git(folder: Path, *args: str) -> str:
    ended = subprocess.run(
        ["git", *args], cwd=folder, env={**os.environ, **ALONE}, check=True, capture_output=True
    )
    return ended.stdout.decode().strip()


def commit(folder: Path) -> str:
    """Commit everything; the hash."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


def impact(cwd: Path, *args: str | Path, **env: str) -> Ended:
    return icpctl(
        "impact",
        "v.jsonl",
        *unless_given(args, "--as-of", "2026-11-23"),
        *args,
        cwd=cwd,
        **ALONE,
        **env,
    )


def body(cwd: Path, *args: str | Path, **env: str) -> dict[str, Any]:
    ended = impact(cwd, *args, "-o", "json", **env)
    assert ended.code == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two versions of a folder: of `big` the threshold rises, `rome` is removed, `tiny` added."""
    write(tmp_path / "old", "big", "company_size gte 500", priority=1)
    write(tmp_path / "old", "rome", "city equals Rome")
    write(tmp_path / "old", "same", "company_size equals 7")
    write(tmp_path / "icp_configs", "big", "company_size gte 600", priority=1)
    write(tmp_path / "icp_configs", "same", "company_size equals 7", label="Renamed")
    write(tmp_path / "icp_configs", "tiny", "company_size lt 5")
    write_visitors(tmp_path, 501, 502, 600, 2, 7, 9, None)
    return tmp_path


PIPED = """\
7 visitors: 5 matched before, 3 match now
compared with old; as of 2026-11-23 00:00:00 UTC

VISITORS	COUNT	OF MATCHED BEFORE
gained	0	0.0 %
lost	2	40.0 %
moved	1	20.0 %
score changed	0	0.0 %

CONFIG	CHANGE	BEFORE	NOW	GAINED	LOST	SCORE CHANGED
big	changed	3	1	0	2	0
rome	removed	3	0	0	3	0
tiny	added	0	1	1	0	0

CONFIG	BECAUSE OF	GAINED	LOST	SCORE CHANGED
big	company size is at least 500 -> at least 600	0	2	0

MOVED FROM	TO	VISITORS	BECAUSE OF
rome	tiny	1	rome: removed (1)

VISITORS	CONFIG	SUCH AS
lost	big	v501, v502
lost	rome	v502, v600, v2
gained	tiny	v2
moved	rome to tiny	v2
"""


def test_a_pipe_gets_tables(folder: Path) -> None:
    ended = impact(folder, "--base-dir", "old")
    assert (ended.code, ended.tabbed, ended.err) == (0, PIPED, "")


def test_a_terminal_of_80_columns(folder: Path) -> None:
    command = "icpctl impact v.jsonl --base-dir old --as-of 2026-11-23"
    seen = on_terminal(command, cwd=folder)
    lines = [line.rstrip() for line in seen.splitlines()]
    assert "CONFIG  CHANGE   BEFORE  NOW  GAINED  LOST  SCORE CHANGED" in lines
    row = next(line for line in lines if "->" in line)
    assert " ".join(row.split()) == "big company size is at least 500 -> at least 0 2 0"
    assert lines[-4:] == [
        "lost by big: v501, v502",
        "lost by rome: v502, v600, v2",
        "gained by tiny: v2",
        "moved from rome to tiny: v2",
    ]
    assert max(map(len, lines)) <= 80


def test_long_names_are_kept_whole_on_a_terminal(tmp_path: Path) -> None:
    slug = "a-very-long-profile-name-for-this-one"
    write(tmp_path / "old", slug, "company_size gte 1")
    write(tmp_path / "icp_configs", slug, "company_size gte 9")
    ids = [f"{number}b9e0f6a2-5c1d-4e7a-8f3b-2d6c9a1e4b7{number}" for number in range(7)]
    lines = (json.dumps({"id": it, "company_size": 1}) for it in ids)
    (tmp_path / "v.jsonl").write_text("".join(f"{it}\n" for it in lines))
    seen = on_terminal("icpctl impact v.jsonl --base-dir old", cwd=tmp_path)
    assert all(it in seen for it in [*ids[:5], "and 2 more"])
    assert max(map(len, seen.splitlines())) <= 80


def test_the_json(folder: Path) -> None:
    found = body(folder, "--base-dir", "old", "--fail-on", "gained>5%")
    assert list(found) == [
        *("base", "asOf", "visitors", "rejected", "matchedBefore", "matchedAfter"),
        *("gained", "lost", "moved", "scoreChanged", "moves", "configs", "samples"),
        *("unreadFields", "failOn"),
    ]
    assert found["failOn"] == [{"bound": "gained>5%", "reached": False}]
    assert found["moves"] == [
        {
            "from": "rome",
            "to": "tiny",
            "visitors": 1,
            "causes": [{"config": "rome", "change": "removed", "detail": None, "visitors": 1}],
            "together": 0,
        }
    ]
    big = found["configs"][0]
    assert list(big) == [
        *("slug", "label", "change", "matchedBefore", "matchedAfter", "firstBefore", "firstAfter"),
        *("gained", "lost", "scoreChanged", "changes", "together", "samples"),
    ]
    [change] = big["changes"]
    assert (change["what"], change["group"], change["lost"]) == ("condition", 1, 2)
    assert [change[side]["value"] for side in ("before", "after")] == [500, 600]
    assert big["samples"]["lost"][1] == {
        "id": "v502",
        "file": "v.jsonl",
        "line": 2,
        "icpBefore": "big",
        "icpAfter": None,
        "scoreBefore": 100.0,
        "scoreAfter": 0.0,
        "causes": [0],
    }


def test_markdown_for_a_pull_request(folder: Path) -> None:
    ended = impact(folder, "--base-dir", "old", "-o", "markdown", "--fail-on", "lost>10%")
    text = "2 visitors are lost, 40.0 % of the 5 that matched before"
    assert (ended.code, ended.err) == (1, f"error: lost>10% is reached: {text}\n")
    assert f":x: `lost>10%` is reached: {text}." in ended.out
    assert "**7 visitors: 5 matched before, 3 now** (-2), compared with `old`." in ended.out
    assert "| `big` | changed | 3 | 1 | 0 | 2 | 0 |" in ended.out
    assert "| `company size is at least 500 -> at least 600` | 0 | 2 | 0 |" in ended.out
    assert "| lost | `v502` | 100.00 | 0.00 | `big` |  |" in ended.out
    assert ended.out.count("<details>") == ended.out.count("</details>") == 4
    for before in re.findall(r"(.*)\n\|(?: ---| --:)", ended.out):
        assert before.startswith("| ")


def test_hostile_text_is_only_code_in_markdown(tmp_path: Path) -> None:
    hostile = "</details>`|@team\n# <img src=x> ``` \x1b[31m"
    for side, value in (("old", "a"), ("icp_configs", hostile)):
        write(tmp_path / side, "one", f"city equals {value}", label=hostile)
    visitor = json.dumps({"id": hostile, "city": "a"})
    (tmp_path / "v.jsonl").write_text(f"{visitor}\n", "utf-8")
    for output in ("markdown", "table"):
        ended = impact(tmp_path, "--base-dir", "old", "-o", output)
        assert ended.code == 0
        assert "\x1b" not in ended.out
        assert "\n#" not in ended.out.removeprefix("###")
    page = impact(tmp_path, "--base-dir", "old", "-o", "markdown").out
    [row] = [line for line in page.splitlines() if line.startswith("| lost | ````")]
    code = "</details>`\\|@team\\n# <img src=x> ``` \\x1b[31m"
    assert row == f"| lost | ````{code}```` | 100.00 | 0.00 | `one` |  |"


def test_nothing_changed(folder: Path) -> None:
    ended = impact(folder, "--base-dir", "icp_configs")
    assert ended.out.splitlines() == [
        "7 visitors: 3 matched before, 3 match now",
        "compared with icp_configs; as of 2026-11-23 00:00:00 UTC",
        "",
        "no config changed in a way that can change a verdict",
    ]
    page = impact(folder, "--base-dir", "icp_configs", "-o", "markdown").out
    assert page.endswith("\n\nNo config changed in a way that can change a verdict.\n")


def test_an_empty_export(folder: Path) -> None:
    (folder / "v.jsonl").write_text("")
    found = json.loads(impact(folder, "--base-dir", "old", "-o", "json").out)
    assert (found["visitors"], found["matchedBefore"], found["lost"]) == (0, 0, 0)
    ended = impact(folder, "--base-dir", "old", "--fail-on", "lost>0%")
    assert (ended.code, ended.out.splitlines()[3:]) == (
        1,
        ["3 configs changed, but no visitors were read, so the effect is not known"],
    )
    page = impact(folder, "--base-dir", "old", "-o", "markdown").out
    assert page.endswith(
        "\n\n3 configs changed, but no visitors were read, so the effect is not known.\n"
    )


def test_changes_that_touch_nobody(folder: Path) -> None:
    (folder / "v.jsonl").write_text("{}\n")
    lines = impact(folder, "--base-dir", "old").out.splitlines()
    assert lines[3] == "3 configs changed, and nothing changes for any visitor"
    assert lines[5].split()[:2] == ["CONFIG", "CHANGE"]
    assert not [line for line in lines if line.startswith("VISITORS")]
    page = impact(folder, "--base-dir", "old", "-o", "markdown").out
    assert "\n\n3 configs changed, and nothing changes for any visitor.\n\n| config |" in page


def test_an_empty_folder_is_no_config_at_all(folder: Path) -> None:
    (folder / "none").mkdir()
    found = body(folder, "--base-dir", "none")
    assert {it["change"] for it in found["configs"]} == {"added"}
    found = body(folder, "--dir", "none", "--base-dir", "old")
    assert {it["change"] for it in found["configs"]} == {"removed"}
    ended = impact(folder, "--dir", "none", "--base-dir", "none")
    assert (ended.code, "no config is active, before or after" in ended.err) == (2, True)


def test_only_some_configs(folder: Path) -> None:
    write(folder / "icp_configs", "big", "company_size gte 600", isActive=False)
    (folder / "icp_configs" / "broken.yaml").write_text("label: [")
    found = body(folder, "--base-dir", "old", "--config", "big", "--config", "rome")
    assert [(it["slug"], it["change"]) for it in found["configs"]] == [
        ("big", "changed"),
        ("rome", "removed"),
    ]
    ended = impact(folder, "--base-dir", "old", "--config", "bigg")
    assert (ended.code, "no config 'bigg'" in ended.err) == (2, True)


def test_rejected_lines_are_told(folder: Path) -> None:
    with (folder / "v.jsonl").open("a") as file:
        file.write("[]\n")
    ended = impact(folder, "--base-dir", "old", "-o", "json")
    assert (ended.code, json.loads(ended.out)["rejected"]) == (1, 1)
    assert "v.jsonl:8: rejected: a list, not an object\n" in ended.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "the version to compare with is missing"),
        (["--base", "main", "--base-dir", "old"], "--base and --base-dir cannot be used together"),
        (["--base-dir", "nowhere"], "no such folder: nowhere\n  hint: --base-dir"),
        (
            ["--base-dir", "old", "--fail-on", "lost<5"],
            "--fail-on 'lost<5' is not a bound\n  hint: ",
        ),
    ],
)
def test_what_cannot_be_done(args: list[str], message: str, folder: Path) -> None:
    ended = impact(folder, *args)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


# Of a git revision


@pytest.fixture
def repository(folder: Path) -> Path:
    """The old version as the only commit of a repository, the new one not committed."""
    (folder / "icp_configs").rename(folder / "new")
    (folder / "old").rename(folder / "icp_configs")
    commit(folder)
    shutil.rmtree(folder / "icp_configs")
    (folder / "new").rename(folder / "icp_configs")
    return folder


@needs_git
def test_a_revision_is_as_good_as_a_folder(repository: Path) -> None:
    ended = impact(repository, "--base", "HEAD")
    assert (ended.code, ended.tabbed) == (0, PIPED.replace("with old", "with HEAD"))
    assert ended.err == ""
    assert git(repository, "status", "--porcelain", "--untracked-files=no")  # all is as it was
    commit(repository)
    assert body(repository, "--base", "HEAD")["configs"] == []
    assert len(body(repository, "--base", "main~1")["configs"]) == 3


@needs_git
def test_odd_places(tmp_path: Path) -> None:
    inside = tmp_path / "odd: \u00fc 'dir'" / "*"
    write(inside / "acme", "a", "company_size gte 1")
    write_visitors(tmp_path, 1, 2)
    commit(tmp_path)
    write(inside / "acme", "a", "company_size gte 2")
    found = body(tmp_path, "--dir", inside, "--org", "acme", "--base", "HEAD")
    assert (found["lost"], found["configs"][0]["slug"]) == (1, "a")
    git(tmp_path, "worktree", "add", "-q", tmp_path / "tree", "HEAD")
    shutil.copy(tmp_path / "v.jsonl", tmp_path / "tree")
    there = tmp_path / "tree" / inside.relative_to(tmp_path)
    write(there / "acme", "a", "company_size gte 3")
    found = body(tmp_path / "tree", "--dir", there, "--org", "acme", "--base", "main")
    assert found["lost"] == 2


@needs_git
def test_configs_at_the_top(tmp_path: Path) -> None:
    write(tmp_path, "a", "company_size gte 1")
    write_visitors(tmp_path, 1)
    commit(tmp_path)
    (tmp_path / "v.jsonl").rename(tmp_path / "visitors.jsonl")
    write(tmp_path, "a", "company_size gte 2")
    args = ("impact", "visitors.jsonl", "--dir", ".", "--base", "HEAD", "-o", "json")
    assert json.loads(icpctl(*args, cwd=tmp_path, **ALONE).out)["lost"] == 1


@needs_git
def test_a_damaged_repository(repository: Path) -> None:
    for file in (repository / ".git" / "objects").rglob("*"):
        if file.is_file():
            file.chmod(0o600)
            kind = git(repository, "cat-file", "-t", file.parent.name + file.name)
            if kind == "blob":
                file.write_bytes(b"damaged")
    ended = impact(repository, "--base", "HEAD")
    assert (ended.code, ended.out) == (2, "")
    assert "error: " in ended.err
    assert "internal" not in ended.err


@needs_git
def test_a_hook_says_where_its_repository_is(repository: Path, tmp_path: Path) -> None:
    found = body(repository, "--base", "HEAD", GIT_DIR=".git", GIT_INDEX_FILE=".git/index")
    assert found["lost"] == 2


@needs_git
def test_links_are_followed_as_far_as_they_may_be(tmp_path: Path) -> None:
    configs = tmp_path / "icp_configs"
    write(configs / "acme", "a", "company_size gte 1")
    (configs / "other").mkdir()
    (configs / "other" / "a.json").symlink_to("../acme/a.json")
    write_visitors(tmp_path, 1)
    commit(tmp_path)
    found = body(tmp_path, "--org", "other", "--base", "HEAD")
    assert (found["matchedBefore"], found["matchedAfter"]) == (1, 1)
    write(tmp_path, "secret", "company_size gte 1")
    for target in ("../../secret.json", "/etc/passwd", "nowhere.json", "a.json", "../acme"):
        (configs / "other" / "a.json").unlink()
        (configs / "other" / "a.json").symlink_to(target)
        base = commit(tmp_path)
        (configs / "other" / "a.json").unlink()
        write(configs / "other", "a", "company_size gte 1")
        ended = impact(tmp_path, "--org", "other", "--base", base)
        assert ended.code == 2, target
        assert "a.json:1:1: error[ICP001] this is a link out of the folder" in ended.err


@needs_git
def test_a_broken_base(repository: Path) -> None:
    configs = repository / "icp_configs"
    odd = {
        "bad.yaml": b"label: A\nrules: [\n",
        "Not A Slug.yaml": b"label: A\n",
        "two\nlines.json": b"{}",
        "huge.json": b"[" + b" " * 1_100_000,
        "same.yml": b"label: \xff",
    }
    for name, data in odd.items():
        (configs / name).write_bytes(data)
    base = commit(repository)
    for name in odd:
        (configs / name).unlink()
    ended = impact(repository, "--base", base)
    assert (ended.code, ended.out) == (2, "")
    place = f"{base}:icp_configs"
    assert f"{place}/bad.yaml:3:1: error[" in ended.err
    assert f"{place}/huge.json:1:1: error[ICP002] the file is over 1 MiB" in ended.err
    assert (
        f"{place}/same.yml:1:1: error[ICP016] the slug 'same' is also that of {place}/same.json"
        in ended.err
    )
    assert "two\\nlines.json' is not a slug" in ended.err
    assert f"error: 6 of 8 config files are not valid in {base}\n" in ended.err
    assert body(repository, "--base", base, "--config", "big")["configs"] == []


@needs_git
@pytest.mark.parametrize(
    "ref",
    [
        "nope",
        "--output=x",
        "-h",
        "--",
        "^HEAD",
        "HEAD..HEAD",
        "HEAD:v.jsonl",
        "a b",
        "\u00e4;ls",
    ],
)
def test_what_is_no_revision(repository: Path, ref: str) -> None:
    ended = impact(repository, f"--base={ref}")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: unknown revision {ref!r}\n  hint: name a branch")
    assert not (repository / "x").exists()


@needs_git
def test_a_shallow_clone_says_how_to_get_more(repository: Path) -> None:
    git(repository, "stash", "-q")
    first = git(repository, "rev-parse", "HEAD")
    git(repository, "commit", "-q", "--allow-empty", "-m", "y")
    git(repository, "clone", "-q", "--depth", "1", repository.as_uri(), "shallow")
    shutil.copy(repository / "v.jsonl", repository / "shallow")
    ended = impact(repository / "shallow", "--base", first)
    assert "hint: this clone is shallow" in ended.err


@needs_git
def test_a_folder_that_is_new(repository: Path) -> None:
    write(repository / "fresh" / "acme", "a", "company_size gte 1")
    for args, what in ((["--org", "acme"], "fresh/acme"), ([], "fresh")):
        ended = impact(repository, "--dir", "fresh", *args, "--base", "HEAD")
        assert ended.code == 2
        assert f"error: HEAD has no folder {what}\n" in ended.err


@needs_git
def test_no_repository_and_no_git(folder: Path) -> None:
    ended = impact(folder, "--base", "HEAD", GIT_CEILING_DIRECTORIES=str(folder.parent))
    assert ended.code == 2
    assert "error: git finds no repository for icp_configs\n  hint: git says: fatal: " in ended.err
    ended = impact(folder, "--base", "HEAD", PATH=str(folder))
    assert ended.code == 2
    assert "error: git cannot be run: No such file or directory\n" in ended.err


def test_many_configs(tmp_path: Path) -> None:
    for number in range(50):
        write(tmp_path / "old", f"c{number:02}", f"company_size gte {number}")
        write(tmp_path / "icp_configs", f"c{number:02}", f"company_size gte {number + 1}")
    write_visitors(tmp_path, *range(60))
    found = body(tmp_path, "--base-dir", "old")
    assert [it["lost"] for it in found["configs"]] == [1] * 50
    page = impact(tmp_path, "--base-dir", "old", "-o", "markdown").out
    assert page.count("<details>") <= 11
    assert "... and 20 more rows." in page
    assert len(page) < 20_000


def test_help_names_the_bounds(tmp_path: Path) -> None:
    assert "lost>5%" in icpctl("impact", "--help", cwd=tmp_path).out
