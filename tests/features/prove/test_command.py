"""`icpctl prove` and `validate --prove` as people and programs use them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.long import long
from tests.process import ROOT, Ended, icpctl

if TYPE_CHECKING:
    from pathlib import Path

SAAS = """\
label: SaaS
priority: 10
rules:
  groups:
    - operator: AND
      conditions:
        - {type: company_size, comparator: gte, value: 500}
        - {type: country, comparator: equals, value: DE}
        - {type: company_size, comparator: lt, value: 100}
    - operator: AND
      conditions:
        - {type: industry, comparator: in, value: [SaaS, Software]}
        - {type: industry, comparator: exists}
"""
LARGE = """\
label: Large
priority: 20
rules:
  groups:
    - operator: AND
      conditions:
        - {type: industry, comparator: equals, value: software}
        - {type: company_size, comparator: gte, value: 1000}
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "icp_configs"
    folder.mkdir()
    (folder / "saas.yaml").write_text(SAAS)
    (folder / "large.yaml").write_text(LARGE)
    return tmp_path


TEXT = """\
icp_configs/large.yaml:4:3: warning[ICP608] this config is never anyone's ICP: \
saas.yaml comes before it and matches everyone that it matches
  4 |   groups:
    |   ^
  hint: give it a lower priority number, or narrow the others; for example: \
{"industry": "Software", "company_size": 1000}
icp_configs/saas.yaml:5:7: warning[ICP601] no visitor can match this group: \
"company size is at least 500" (line 7) and "company size is less than 100" (line 9) \
contradict each other
  5 |     - operator: AND
    |       ^
  hint: change one of them; closest: {"country": "DE", "company_size": 500}
icp_configs/saas.yaml:13:11: warning[ICP604] this condition changes no match: \
"industry is SaaS or Software" (line 12) implies it
  13 |         - {type: industry, comparator: exists}
     |           ^
  hint: remove it, or make it optional; for example: {"industry": "SaaS"}
"""


def test_text(here: Path) -> None:
    ended = icpctl("prove", cwd=here)
    assert ended == Ended(0, TEXT, "0 errors, 3 warnings in 2 files\n")
    assert icpctl("prove", "--strict", cwd=here).code == 1


@pytest.mark.parametrize("timeout", ["inf", "1e300"])
def test_a_timeout_without_end(here: Path, timeout: str) -> None:
    assert icpctl("prove", "--timeout", timeout, cwd=here).out == TEXT


def test_pairs(here: Path) -> None:
    ended = icpctl("prove", "--pairs", cwd=here)
    assert ended.out.startswith(TEXT)
    assert ended.tabbed.endswith(
        "CONFIG\tAND\tBOTH\tSUCH AS\n"
        'saas\tlarge\toverlap\t{"industry": "Software", "company_size": 1000}\n'
    )
    assert ended.err == "0 errors, 3 warnings in 2 files; pairs: 1 overlap\n"


def test_json(here: Path) -> None:
    body = json.loads(icpctl("prove", "--pairs", "-o", "json", cwd=here).out)
    assert [it["code"] for it in body["findings"]] == ["ICP608", "ICP601", "ICP604"]
    assert body["findings"][1]["witness"] == {"country": "DE", "company_size": 500}
    assert body["pairs"] == [
        {
            "organization": None,
            "configs": ["saas", "large"],
            "both": "overlap",
            "witness": {"industry": "Software", "company_size": 1000},
        }
    ]
    assert (body["files"], body["errors"], body["warnings"], body["unknown"]) == (2, 0, 3, [])


@pytest.mark.parametrize("output", ["github", "sarif", "junit"])
def test_other_formats(here: Path, output: str) -> None:
    ended = icpctl("prove", "-o", output, cwd=here)
    assert ended.code == 0
    assert all(code in ended.out for code in ("ICP601", "ICP604", "ICP608"))
    refused = icpctl("prove", "-o", output, "--pairs", cwd=here)
    assert (refused.code, refused.err) == (2, "error: --pairs is for -o text and -o json\n")


def test_witnesses_show_what_was_claimed(here: Path) -> None:
    ended = icpctl("prove", "--witnesses", "w.jsonl", cwd=here)
    assert re.search(r"\nwrote w\.jsonl in [0-9.]+ s\n$", ended.err)
    ids = [json.loads(line)["id"] for line in (here / "w.jsonl").read_text().splitlines()]
    assert ids == ["ICP601 saas:5", "ICP604 saas:13", "ICP608 large:4"]

    def explained(name: str) -> dict[str, object]:
        found = icpctl("explain", "w.jsonl", "--id", name, "-o", "json", cwd=here)
        body: dict[str, object] = json.loads(found.out)
        return body

    configs = {it["slug"]: it for it in explained(ids[0])["configs"]}  # type: ignore[attr-defined]  # a list, by the test of explain
    held = [it["held"] for it in configs["saas"]["groups"][0]["conditions"]]
    assert (configs["saas"]["matched"], held) == (False, [True, True, False])
    shadowed = explained(ids[2])
    matched = [it["slug"] for it in shadowed["configs"] if it["matched"]]  # type: ignore[attr-defined]  # as above
    assert (shadowed["icp"], matched) == ("saas", ["saas", "large"])


def test_validate_adds_proofs(here: Path) -> None:
    (here / "icp_configs" / "saas.yaml").write_text(
        SAAS + "        - {type: industry, comparator: exists}\n"
    )
    plain = icpctl("validate", cwd=here)
    assert "ICP303" in plain.out
    assert "ICP6" not in plain.out
    proved = icpctl("validate", "--prove", cwd=here)
    assert proved.out.count("warning[ICP303]") == 1
    assert [code in proved.out for code in ("ICP601", "ICP604", "ICP608")] == [True] * 3
    # Of the repeated condition nothing is said twice.
    assert "saas.yaml:14:11: warning[ICP604]" not in proved.out
    assert icpctl("validate", "--prove", "icp_configs/large.yaml", cwd=here).out == ""


def test_a_file_that_is_not_valid(here: Path) -> None:
    (here / "icp_configs" / "bad.yaml").write_text("label: Bad\n")
    ended = icpctl("prove", cwd=here)
    assert ended.code == 1
    assert "bad.yaml:1:1: error[ICP101] rules is missing" in ended.out
    assert "ICP608" in ended.out


def test_what_is_not_known_is_said(here: Path) -> None:
    (here / "icp_configs" / "large.yaml").write_text(
        "label: Odd\nrules:\n  groups:\n    - operator: AND\n      conditions:\n"
        "        - {type: country, comparator: equals, value: US}\n"
        "        - {type: country, comparator: not_contains, value: u}\n"
        "        - {type: country, comparator: not_contains, value: \uff55}\n"
        "        - {type: country, comparator: not_contains, value: 4}\n"
        "        - {type: country, comparator: not_contains, value: \uff14}\n"
    )
    ended = icpctl("prove", cwd=here)
    assert "large.yaml" not in ended.out
    assert (
        "icp_configs/large.yaml:4:7: warning[ICP601] not known: "
        "whether this is a group that no visitor can match" in ended.err
    )
    assert ended.err.endswith("; 1 not known\n")
    body = json.loads(icpctl("prove", "-o", "json", cwd=here).out)
    assert [it["code"] for it in body["unknown"]] == ["ICP601"]
    ended = icpctl("validate", "--prove", cwd=here)
    assert ended.err == "0 errors, 2 warnings in 2 files; 1 not known (see icpctl prove)\n"


@long
@pytest.mark.parametrize(
    "args",
    [
        ["prove"],
        ["prove", "equivalent", "saas", "large"],
        ["prove", "witnesses", "saas"],
        ["validate", "--prove"],
    ],
    ids=" ".join,
)
def test_without_the_extra(here: Path, args: list[str]) -> None:
    (here / "without" / "z3").mkdir(parents=True)
    (here / "without" / "z3" / "__init__.py").write_text(
        "raise ImportError('No module named z3')\n"
    )
    path = f"{here / 'without'}:{ROOT}"
    ended = icpctl(*args, cwd=here, PYTHONPATH=path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "error: proofs need z3, which is not installed (No module named z3)\n"
        '  hint: from a clone of icpctl: pip install ".[prove]"\n'
    )
    assert icpctl("validate", cwd=here, PYTHONPATH=path).code == 0


def test_equivalent(here: Path) -> None:
    folder = here / "icp_configs"
    (folder / "split.yaml").write_text(
        "label: Split\nrules:\n  groups:\n    - operator: OR\n      conditions:\n"
        "        - {type: industry, comparator: equals, value: SaaS}\n"
        "        - {type: industry, comparator: equals, value: Software}\n"
    )
    ended = icpctl("prove", "equivalent", "saas", "split", cwd=here)
    assert ended == Ended(
        0, "saas and split are equivalent: every visitor has the same match and score\n", ""
    )
    ended = icpctl("prove", "equivalent", "icp_configs/saas.yaml", "large", cwd=here)
    assert ended.code == 1
    assert ended.out.splitlines()[1:] == [
        "  icp_configs/saas.yaml: matches with 100.00",
        "  large: no match",
    ]
    body = json.loads(icpctl("prove", "equivalent", "saas", "large", "-o", "json", cwd=here).out)
    (one,) = body["comparisons"]
    assert (one["configs"], one["equivalent"], one["matches"]) == (["saas", "large"], False, False)


def test_equivalent_to_a_revision(here: Path) -> None:
    def git(*args: str) -> None:
        name = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        subprocess.run(["git", *name, *args], cwd=here, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    text = LARGE.replace("equals, value: software", "in, value: [SOFTWARE]")
    (here / "icp_configs" / "large.yaml").write_text(text)
    ended = icpctl("prove", "equivalent", "--base", "HEAD", cwd=here)
    assert ended.code == 0
    assert ended.out.splitlines() == [
        *(
            f"{slug} (HEAD) and {slug} are equivalent: every visitor has the same match and score"
            for slug in ("saas", "large")
        ),
        "every visitor has the same ICP as before",
    ]
    (here / "icp_configs" / "large.yaml").write_text(text.replace("1000", "1001"))
    ended = icpctl("prove", "equivalent", "large", "--base", "HEAD", cwd=here)
    assert ended.code == 1
    assert ended.out == (
        "large (HEAD) and large differ in matches, such as on "
        '{"industry": "software", "company_size": 1000}\n'
        "  large (HEAD): matches with 100.00\n"
        "  large: no match\n"
        'ICPs differ, such as of {"industry": "software", "company_size": 1000}: '
        "large before, none now\n"
    )
    ended = icpctl("prove", "equivalent", "saas", "--base-dir", "icp_configs", cwd=here)
    assert ended.out.startswith("saas (icp_configs) and saas are equivalent")
    (here / "icp_configs" / "new.yaml").write_text(LARGE)
    ended = icpctl("prove", "equivalent", "--base", "HEAD", cwd=here)
    assert ended.code == 2
    assert ended.err.startswith("error: new is in only one of the two versions\n")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("isActive: true", "isActive: false", "saas before, none now"),
        ("priority: 10", "priority: 30", "saas before, large now"),
        ("priority: 10", "priority: 11", None),
    ],
)
def test_equivalence_is_about_the_icp_too(
    here: Path, old: str, new: str, expected: str | None
) -> None:
    before = here / "before"
    shutil.copytree(here / "icp_configs", before)
    saas = (
        (before / "saas.yaml").read_text().replace("priority: 10", "priority: 10\nisActive: true")
    )
    (before / "saas.yaml").write_text(saas)
    (here / "icp_configs" / "saas.yaml").write_text(saas.replace(old, new))
    ended = icpctl("prove", "equivalent", "--base-dir", "before", cwd=here)
    *pairs, icps = ended.out.splitlines()
    assert all(line.endswith("the same match and score") for line in pairs)
    if expected is None:
        assert (ended.code, icps) == (0, "every visitor has the same ICP as before")
    else:
        assert ended.code == 1
        assert icps.startswith("ICPs differ, such as of {")
        assert icps.endswith(f": {expected}")
    body = json.loads(
        icpctl("prove", "equivalent", "--base-dir", "before", "-o", "json", cwd=here).out
    )
    assert body["icps"]["equivalent"] is (expected is None)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["equivalent", "saas"], "expected two configs, slugs or files, got 1"),
        (["equivalent", "saas", "sass"], "no config 'sass' in icp_configs"),
        (["equivalent", "saas", "no.yaml"], "no.yaml: error: no such file or folder"),
        (["witnesses", "sass"], "no config 'sass' in icp_configs"),
        (["--timeout", "5", "equivalent", "saas", "large"], "options of prove before"),
        (["--timeout", "0"], "--timeout must be at least 0.001"),
        (["--timeout", "nan"], "--timeout must be at least 0.001"),
        (["--witnesses", "-"], "--witnesses takes a file, not stdout"),
    ],
)
def test_calls_that_are_wrong(here: Path, args: list[str], message: str) -> None:
    ended = icpctl("prove", *args, cwd=here)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


@pytest.mark.parametrize("slug", ["enterprise-saas", "high-intent", "dach-manufacturing"])
def test_witnesses_are_tests_that_pass(slug: str, tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / f"{slug}.yaml").write_bytes(
        (ROOT / "sample_configs" / f"{slug}.yaml").read_bytes()
    )
    ended = icpctl("prove", "witnesses", slug, "--dir", "c", cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    (tmp_path / "c" / f"{slug}.test.yaml").write_text(ended.out)
    tested = icpctl("test", "--dir", "c", "--coverage", cwd=tmp_path)
    assert tested.code == 0
    conditions = ended.out.count(": met'")
    assert ended.out.count(": not met'") == conditions
    assert "0 failed" in tested.out
    assert "CONFIG  " not in tested.out  # each condition is made both true and false
