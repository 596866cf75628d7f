"""`icpctl test` as people and programs use it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from icpctl.config.rule_tests import load_tests
from icpctl.config.store import Workspace
from icpctl.scoring.mutants import mutants_of
from icpctl.scoring.rule_tests import run_tests
from icpctl.scoring.run import Options
from tests.cli.process import ROOT, Ended, icpctl

if TYPE_CHECKING:
    from pathlib import Path

CONFIGS = ROOT / "sample_configs"
AS_OF = "2026-11-23T12:00:00Z"
CONFIG = """\
label: SaaS
rules:
  groups:
    - operator: AND
      conditions:
        - {type: industry, comparator: in, value: [SaaS, Software]}
        - {type: company_size, comparator: between, value: [50, 100]}
        - {type: icp_match, comparator: equals, value: true, optional: true}
    - operator: OR
      conditions:
        - {type: page_contains, comparator: has_any, value: [/demo, /pricing]}
        - {type: last_seen_days, comparator: lt, value: 3}
"""


def run(folder: Path, tests: str, *args: str, config: str = CONFIG) -> Ended:
    """Run tests of the config `saas`."""
    (folder / "c").mkdir(exist_ok=True)
    (folder / "c" / "saas.yaml").write_text(config)
    (folder / "c" / "saas.test.yaml").write_text(tests)
    return icpctl("test", "--dir", "c", "--as-of", AS_OF, *args, cwd=folder)


def test_the_samples_pass() -> None:
    ended = icpctl("test", "--dir", CONFIGS, cwd=CONFIGS)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "5 tests of 1 config: 5 passed, 0 failed\n"


GOOD = """\
tests:
  - {visitor: {industry: saas, company_size: 50}, match: true, score: 66.67, icp: saas}
  - {visitor: {industry: NO}, match: no, score: 0, icp: , fails: [industry, company_size]}
  - {visitor: {pages: [/a, /b/demo]}, match: true, holds: page_contains has_any}
  - {visitor: {last_seen: 2026-11-21}, score: 100, holds: last_seen_days lt 3}
"""


def test_tests_that_pass(tmp_path: Path) -> None:
    ended = run(tmp_path, GOOD)
    assert ended == (0, "4 tests of 1 config: 4 passed, 0 failed\n", "")


@pytest.mark.parametrize(
    ("expected", "problem"),
    [
        ("match: false", "match: expected false, but it is true"),
        ("score: 66.6", "score: expected 66.60, but it is 66.67"),
        ("icp: ", "icp: expected none, but it is saas"),
        ("icp: other", "icp: expected other, but it is saas"),
        ("holds: icp_match", "icp_match must hold, but it fails"),
        ("fails: company_size between", "company_size must fail, but it holds"),
    ],
)
def test_tests_that_fail(tmp_path: Path, expected: str, problem: str) -> None:
    tests = f"""\
tests:
  - name: fine
    visitor: {{}}
    match: false
  - name: a small one
    visitor: {{industry: saas, company_size: 50}}
    {expected}
"""
    ended = run(tmp_path, tests)
    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (1, "")
    assert lines[:3] == [
        "c/saas.test.yaml:5:5: failed: a small one",
        f"  {problem}",
        "✓ saas matches, score 66.67",
    ]
    assert lines[3].startswith("├── ✓ AND matches: 66.67 = 100 ")
    assert lines[-1] == "2 tests of 1 config: 1 passed, 1 failed"


def test_the_json(tmp_path: Path) -> None:
    tests = "tests:\n  - {visitor: {}, match: true}\n  - {visitor: {}, match: false}\n"
    ended = run(tmp_path, tests, "-o", "json", "--coverage", "--mutate")
    body = json.loads(ended.out)
    assert ended.code == 1
    assert list(body) == [
        *("tests", "passed", "failed", "results", "uncovered", "mutants", "unnoticed")
    ]
    assert (body["tests"], body["passed"], body["failed"]) == (2, 1, 1)
    failed, passed = body["results"]
    assert list(failed["explanation"]) == [
        *("id", "line", "icp_match", "icp", "icp_score", "configs")
    ]
    assert failed["problems"] == [{"expectation": "match", "expected": "true", "actual": "false"}]
    assert (passed["passed"], passed["problems"], passed["explanation"]) == (True, [], None)
    assert [it["always"] for it in body["uncovered"]] == [False] * 5


def test_as_of_is_the_files_own(tmp_path: Path) -> None:
    tests = "as_of: 2026-11-01\ntests:\n  - {visitor: {last_seen: 2026-10-30}, match: true}\n"
    assert run(tmp_path, tests).code == 0
    assert run(tmp_path, tests.replace("as_of: 2026-11-01\n", "")).code == 1


def test_the_icp_is_the_first_of_the_active_configs(tmp_path: Path) -> None:
    tests = "tests:\n  - {visitor: {last_seen: 2026-11-22, city: Rome}, match: true, icp: rome}\n"
    rome = "{label: R, priority: 1, isActive: %s, rules: {groups: [{operator: AND, conditions: "
    rome += "[{type: city, comparator: exists}]}]}}"
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "rome.yaml").write_text(rome % "true")
    assert run(tmp_path, tests).code == 0
    (tmp_path / "c" / "rome.yaml").write_text(rome % "false")
    assert "icp: expected rome, but it is saas" in run(tmp_path, tests).out


def test_a_folder_of_tests_and_a_choice_of_configs(tmp_path: Path) -> None:
    assert run(tmp_path, GOOD).code == 0
    (tmp_path / "c" / "tests").mkdir()
    (tmp_path / "c" / "saas.test.yaml").rename(tmp_path / "c" / "tests" / "saas.test.yml")
    shutil.copy(tmp_path / "c" / "saas.yaml", tmp_path / "c" / "z.yaml")
    (tmp_path / "c" / "z.test.json").write_text('{"tests": [{"visitor": {}, "match": true}]}')
    for args, code, tests in [([], 1, 5), (["saas"], 0, 4), (["z"], 1, 1), (["z", "saas"], 1, 5)]:
        ended = icpctl("test", *args, "--dir", "c", "--as-of", AS_OF, "-o", "json", cwd=tmp_path)
        assert (ended.code, json.loads(ended.out)["tests"]) == (code, tests)


@pytest.mark.parametrize(
    ("tests", "messages"),
    [
        ("tests: []", ["1:8: error[ICP104] the list is empty; it holds at least one test"]),
        ("{}", ["1:1: error[ICP101] tests is missing"]),
        ("tests:\n- {visitor: {}}", ["2:3: error[ICP101] this test expects nothing"]),
        ("tests:\n- {match: true}", ["2:3: error[ICP101] visitor is missing"]),
        (
            "tests:\n- {visitor: [], mach: true, score: x}",
            [
                "2:13: error[ICP103] expected an object, not a list",
                "2:17: error[ICP102] unknown key 'mach'",
                "did you mean match?",
                "2:36: error[ICP207] expected a number, not 'x'",
            ],
        ),
        ("as_of: soon\ntests:\n- {visitor: {}, match: no}", ["1:8: error[ICP103] expected a date"]),
        (
            "tests:\n- {visitor: {}, fails: [company_sise, industry equals]}",
            [
                "2:25: error[ICP102] saas has no condition 'company_sise'",
                "did you mean company_size?",
                "2:39: error[ICP102] saas has no condition 'industry equals'",
            ],
        ),
        ("tests: [", ["c/saas.test.yaml:"]),
    ],
)
def test_files_that_are_not_right(tmp_path: Path, tests: str, messages: list[str]) -> None:
    ended = run(tmp_path, tests)
    assert (ended.code, ended.out) == (2, "")
    assert "not all tests are valid" in ended.err
    for message in messages:
        assert message in ended.err


def test_tests_of_nothing(tmp_path: Path) -> None:
    run(tmp_path, GOOD)
    (tmp_path / "c" / "saas.test.yaml").rename(tmp_path / "c" / "sas.test.yaml")
    ended = icpctl("test", "--dir", "c", cwd=tmp_path)
    assert ended.code == 2
    assert "there is no config 'sas' that these could be tests of" in ended.err
    assert "did you mean saas.test.yaml?" in ended.err
    (tmp_path / "c" / "sas.test.yaml").unlink()
    ended = icpctl("test", "--dir", "c", cwd=tmp_path)
    assert (ended.code, "there are no tests in c" in ended.err) == (2, True)
    assert "there is no config 'x'" in icpctl("test", "x", "--dir", "c", cwd=tmp_path).err


def test_coverage(tmp_path: Path) -> None:
    ended = run(tmp_path, GOOD, "--coverage")
    assert ended.out.splitlines() == [
        "4 of 5 conditions are made both true and false",
        "CONFIG\tCONDITION\tALWAYS",
        "saas\ticp_match equals true\tfalse",
        "",
        "4 tests of 1 config: 4 passed, 0 failed",
    ]


def test_mutate(tmp_path: Path) -> None:
    ended = run(tmp_path, GOOD, "--mutate")
    assert ended.out.splitlines() == [
        "7 of 14 mutants are noticed by a test",
        "CONFIG\tGROUP\tNOT NOTICED WHEN\tBECOMES",
        "saas\t1\tindustry in SaaS, Software\tin SaaS",
        "saas\t1\tcompany_size between 50 and 100\tbetween 49 and 100",
        "saas\t1\tcompany_size between 50 and 100\tbetween 50 and 101",
        "saas\t1\ticp_match equals true\tequals false",
        "saas\t2\tpage_contains has_any /demo, /pricing\thas_any /demo",
        "saas\t2\tlast_seen_days lt 3\tlte 3",
        "saas\t2\tlast_seen_days lt 3\tlt 4",
        "",
        "4 tests of 1 config: 4 passed, 0 failed",
    ]


def test_a_failing_test_notices_no_mutant(tmp_path: Path) -> None:
    failing = "tests:\n  - {visitor: {industry: NO}, match: true, score: 1}\n"
    ended = run(tmp_path, failing, "--mutate")
    assert ended.code == 1
    assert "\n0 of 14 mutants are noticed by a test\n" in ended.out


def test_a_mutant_is_noticed_when_its_file_would_fail_the_tests(tmp_path: Path) -> None:
    """The mutants are judged together; each is written down and tested alone here."""
    assert run(tmp_path, GOOD).code == 0
    options = Options(datetime.fromisoformat(AS_OF))
    space = Workspace(tmp_path / "c")
    configs = space.load().configs
    found = run_tests(load_tests(space.folder, configs), configs, options, mutate=True)
    unnoticed = [it.model.body() for it in found.unnoticed]
    mutants = list(mutants_of(configs[0]))
    assert found.mutants == len(mutants)
    for mutant in mutants:
        (tmp_path / "c" / "saas.yaml").unlink(missing_ok=True)
        (tmp_path / "c" / "saas.json").write_text(json.dumps(mutant.model.body()))
        changed = space.load().require_valid()
        tests = [replace(it, config=changed[0]) for it in load_tests(space.folder, configs)]
        alone = run_tests(tests, changed, options)
        assert bool(alone.failed) == (mutant.model.body() not in unnoticed), mutant


BAD = """\
tests:
  - {name: "a <b> & ::c", visitor: {industry: NO}, match: true, fails: [industry, company_size]}
  - {visitor: {industry: NO}, match: false}
  - {visitor: {industry: saas, company_size: 50}, match: false, holds: page_contains}
"""


def test_junit_has_a_case_for_each_test(tmp_path: Path) -> None:
    ended = run(tmp_path, BAD, "-o", "junit")
    root = ElementTree.fromstring(ended.out)
    assert (ended.code, ended.err) == (1, "")
    for element in (root, root[0]):
        assert [element.get(key) for key in ("tests", "failures", "errors")] == ["3", "2", "0"]
    assert [root[0].get("name"), *(it.get("name") for it in root[0])] == [
        *("c/saas.test.yaml", "a <b> & ::c", "line 3", "line 4")
    ]
    first, second, third = (it.find("failure") for it in root[0])
    assert first is not None
    assert third is not None
    assert first.get("message") == "match: expected true, but it is false"
    assert second is None
    assert third.text == (
        "c/saas.test.yaml:4:5: failed: line 4\n"
        "match: expected false, but it is true\n"
        "page_contains must hold, but it fails"
    )


def test_github_has_an_annotation_for_each_test_that_failed(tmp_path: Path) -> None:
    ended = run(tmp_path, BAD, "-o", "github")
    assert (ended.code, ended.err) == (1, "")
    place = "::error file=c/saas.test.yaml,line={},col=5,title=failed::"
    assert ended.out.splitlines() == [
        f"{place.format(2)}a <b> & ::c: match: expected true, but it is false",
        f"{place.format(4)}line 4: match: expected false, but it is true; "
        "page_contains must hold, but it fails",
    ]
    assert run(tmp_path, GOOD, "-o", "github") == (0, "", "")
