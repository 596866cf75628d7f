"""`icpctl test` as people and programs use it."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from icpctl.config.store import Workspace
from icpctl.features.editing.group_changes import in_words
from icpctl.features.shared.rule_tests import load_tests
from icpctl.features.test.mutants import mutants_of
from icpctl.features.test.running import run_tests
from icpctl.scoring.run import Options
from tests.process import ROOT, Ended, icpctl, unless_given

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
    return icpctl("test", *unless_given(args, "--dir", "c", "--as-of", AS_OF), *args, cwd=folder)


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
        ("icp: other", "icp: expected other, but it is saas (no config 'other')"),
        (
            "icp: sas",
            "icp: expected sas, but it is saas (no config 'sas', did you mean saas?)",
        ),
        ("holds: icp_match", '"ICP match is true" must be met, but is not'),
        (
            "fails: company_size between",
            '"company size is between 50 and 100" must not be met, but is',
        ),
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
        "✓ SaaS (saas) matches, score 66.67",
    ]
    assert lines[3].startswith("├── ✓ AND matches: 66.67 = 100 ")
    assert lines[-1] == "2 tests of 1 config: 1 passed, 1 failed"


def test_the_json(tmp_path: Path) -> None:
    tests = "tests:\n  - {visitor: {}, match: true}\n  - {visitor: {}, match: false}\n"
    ended = run(tmp_path, tests, "-o", "json", "--coverage", "--mutate")
    body = json.loads(ended.out)
    assert ended.code == 1
    assert list(body) == [
        *("tests", "passed", "failed", "results", "warnings"),
        *("untested", "uncovered", "mutants", "unnoticed"),
    ]
    assert (body["tests"], body["passed"], body["failed"]) == (2, 1, 1)
    failed, passed = body["results"]
    assert list(failed["explanation"]) == [
        *("id", "line", "icp_match", "icp", "icp_score", "configs")
    ]
    assert failed["problems"] == [{"expectation": "match", "expected": "true", "actual": "false"}]
    assert (passed["passed"], passed["problems"], passed["explanation"]) == (True, [], None)
    assert [it["always"] for it in body["uncovered"]] == [False] * 5


@pytest.mark.parametrize(
    "name",
    [
        *("industry", "industry in", "Industry in SaaS, Software", "industry in SaaS,Software"),
        *("company_size between 50 and 100", "company_size between 50,100"),
        "icp_match equals true",
    ],
)
def test_a_condition_may_be_named_as_it_is_shown(tmp_path: Path, name: str) -> None:
    assert run(tmp_path, f"tests:\n  - {{visitor: {{}}, fails: ['{name}']}}\n").code == 0


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
        ("tests: []", ["1:8: error[ICP104] the list is empty; it needs at least one test"]),
        ("{}", ["1:1: error[ICP101] tests is missing"]),
        ("# none\n", ["1:1: error[ICP007] the file holds no tests"]),
        *(
            (f"tests:\n- {{visitor: {{}}{it}}}", ["2:3: error[ICP101] this test expects nothing"])
            for it in ("", ", match: ", ", fails: []", ", holds: [], name: x")
        ),
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
                "hint: its conditions on industry: industry in saas,software",
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


@pytest.mark.parametrize("test", ["{visitor: {}, mach: true}", "{visitor: x, match: no}", "x"])
def test_a_list_is_not_empty_because_its_only_test_is_wrong(tmp_path: Path, test: str) -> None:
    ended = run(tmp_path, f"tests:\n- {test}\n")
    assert (ended.code, ended.err.count("error[")) == (2, 1)


MISSPELT = """\
tests:
  - visitor:
      industri: saas
      Company-Siz: 70
      Page_View_Count: 3
      company: {employe_count: 5, name: Acme, id: 7}
      company_id: 5
      ip: 192.0.2.1
    match: false
"""


def test_a_misspelt_field_is_told(tmp_path: Path) -> None:
    ended = run(tmp_path, MISSPELT)
    assert (ended.code, ended.out) == (0, "1 test of 1 config: 1 passed, 0 failed\n")
    found = [line for line in ended.err.splitlines() if "ICP308" in line or "hint" in line]
    assert found == [
        "c/saas.test.yaml:3:7: warning[ICP308] 'industri' is not a field that is read",
        "  hint: did you mean industry?",
        "c/saas.test.yaml:4:7: warning[ICP308] 'Company-Siz' is not a field that is read",
        "  hint: did you mean company_size?",
        "c/saas.test.yaml:6:17: warning[ICP308] 'employe_count' is not a field that is read",
        "  hint: did you mean employee_count?",
    ]
    annotations = run(tmp_path, MISSPELT, "-o", "github")
    assert annotations.out.startswith("::warning file=c/saas.test.yaml,line=3,col=7,title=ICP308::")
    assert (annotations.code, annotations.out.count("\n"), annotations.err) == (
        0,
        3,
        "1 test of 1 config: 1 passed, 0 failed\n",
    )
    body = json.loads(run(tmp_path, MISSPELT, "-o", "json").out)
    assert [(warning["line"], warning["column"]) for warning in body["warnings"]] == [
        (3, 7),
        (4, 7),
        (6, 17),
    ]


def test_custom_fields_and_other_spellings_are_read(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c/fields.yaml").write_text(
        "band: {kind: text, paths: [job_titles, org.Revenue]}\n"
    )
    matching = ["{job_titles: x}", "{JobTitles: x}", "{Org: {revenue: x}}", "{field.band: x}"]
    others = ["{field.bnd: x}", "{org: {revenu: x}}"]
    lines = [f"- {{visitor: {visitor}, match: true}}" for visitor in matching]
    lines += [f"- {{visitor: {visitor}, match: false}}" for visitor in others]
    tests = "\n".join(lines)
    condition = "{type: field.band, comparator: exists}"
    config = f"label: A\nrules: {{groups: [{{operator: AND, conditions: [{condition}]}}]}}\n"
    ended = run(tmp_path, f"tests:\n{tests}", config=config)
    assert (ended.code, ended.out) == (0, "6 tests of 1 config: 6 passed, 0 failed\n")
    hints = [line for line in ended.err.splitlines() if "hint" in line]
    assert hints == ["  hint: did you mean field.band?", "  hint: did you mean Revenue?"]


@pytest.mark.parametrize("name", ["rb2b_webhook", "segment_events", "warmly_webhook"])
def test_a_vendor_s_record_is_not_misspelt(tmp_path: Path, name: str) -> None:
    record = (ROOT / "tests" / "fixtures" / "exports" / f"{name}.jsonl").read_text().split("\n")[0]
    mapping = {"rb2b_webhook": "rb2b", "segment_events": "segment", "warmly_webhook": "warmly"}
    tests = f"tests:\n  - {{visitor: {record}, match: false}}\n"
    assert run(tmp_path, tests, "--mapping", mapping[name]).err == ""


def test_tests_of_nothing(tmp_path: Path) -> None:
    run(tmp_path, GOOD)
    (tmp_path / "c" / "saas.test.yaml").rename(tmp_path / "c" / "sas.test.yaml")
    ended = icpctl("test", "--dir", "c", cwd=tmp_path)
    assert ended.code == 2
    assert "no config 'sas' for these tests" in ended.err
    assert "did you mean saas.test.yaml?" in ended.err
    (tmp_path / "c" / "sas.test.yaml").unlink()
    ended = icpctl("test", "--dir", "c", cwd=tmp_path)
    assert (ended.code, "error: no tests in c\n" in ended.err) == (2, True)
    named = icpctl("test", "saas", "--dir", "c", cwd=tmp_path)
    assert (named.code, "error: no tests of saas in c\n" in named.err) == (2, True)
    assert "no config 'x'" in icpctl("test", "x", "--dir", "c", cwd=tmp_path).err


def test_coverage(tmp_path: Path) -> None:
    ended = run(tmp_path, GOOD, "--coverage")
    assert ended.tabbed.splitlines() == [
        "4 of 5 conditions are both met and not met in some test",
        "CONFIG\tCONDITION\tIN EVERY TEST",
        "saas\tICP match is true\tnot met",
        "",
        "4 tests of 1 config: 4 passed, 0 failed",
    ]


def test_coverage_counts_configs_without_tests(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    for slug, active in (("other", True), ("off", False)):
        body = {"label": slug, "isActive": active, "rules": {"groups": [GROUP]}}
        (tmp_path / "c" / f"{slug}.json").write_text(json.dumps(body))
    lines = run(tmp_path, GOOD, "--coverage").tabbed.splitlines()
    assert lines[0] == "4 of 6 conditions are both met and not met in some test"
    assert "other\t(no test of its 1 condition)" in lines
    body = json.loads(run(tmp_path, GOOD, "--coverage", "-o", "json").out)
    assert body["untested"] == ["other"]
    assert run(tmp_path, GOOD, "saas", "--coverage").out.startswith("4 of 5 conditions")
    assert "\noff\t(no test" in run(tmp_path, GOOD, "saas", "off", "--coverage").tabbed


GROUP = {"operator": "AND", "conditions": [{"type": "city", "comparator": "equals", "value": "X"}]}


@pytest.mark.parametrize("output", ["junit", "github"])
def test_what_an_output_has_no_place_for_is_told(tmp_path: Path, output: str) -> None:
    ended = run(tmp_path, GOOD, "--mutate", "-o", output)
    assert ended == (
        0,
        ended.out,
        "--coverage and --mutate need -o table or -o json\n"
        "4 tests of 1 config: 4 passed, 0 failed\n",
    )


@pytest.mark.parametrize(
    ("condition", "changes"),
    [
        ("company_size between [0, 5]", ["between 1, 5", "between 0, 4", "between 0, 6"]),
        ("company_size gte 0", ["gt 0"]),
        ("company_size gte 5", ["gt 5", "gte 4"]),
        ("industry in [a, b]", ["not_in a, b", "in b", "in a"]),
        ("country in [US, GB, USA]", ["not_in US, GB, USA", "in US, USA"]),
        ("page_contains has_any [/a, /a/b]", ["has_all /a, /a/b", "has_any /a/b"]),
        ("page_contains has_all [/a, /a/b]", ["has_any /a, /a/b", "has_all /a"]),
        ("page_contains has_any [/a]", ["not_in /a"]),
        ("page_equals has_all [/a]", ["not_in /a"]),
        ("industry exists false", ["not_exists false"]),
        ("persona_match equals true", ["not_equals true", "equals false"]),
    ],
)
def test_what_is_changed_of_a_condition(tmp_path: Path, condition: str, changes: list[str]) -> None:
    """Nothing that no visitor could tell from the condition itself."""
    name, comparator, value = condition.split(" ", 2)
    text = f"{{type: {name}, comparator: {comparator}, value: {value}}}"
    (tmp_path / "a.yaml").write_text(
        f"{{label: A, rules: {{groups: [{{operator: AND, conditions: [{text}]}}]}}}}"
    )
    [config] = Workspace(tmp_path).load().configs
    found = [it.after for it in mutants_of(config) if not isinstance(it.after, str)]
    assert [
        in_words(it.model_dump(mode="json")).removeprefix(f"{name} ") for it in found
    ] == changes


def test_mutate(tmp_path: Path) -> None:
    ended = run(tmp_path, GOOD, "--mutate")
    assert ended.tabbed.splitlines() == [
        "8 of 16 mutants are noticed by a test",
        "CONFIG\tGROUP\tNOT NOTICED WHEN\tBECOMES",
        "saas\t1\tindustry is SaaS or Software\twithout Software",
        "saas\t1\tcompany size is between 50 and 100\tis between 49 and 100",
        "saas\t1\tcompany size is between 50 and 100\tis between 50 and 99",
        "saas\t1\tcompany size is between 50 and 100\tis between 50 and 101",
        "saas\t1\tICP match is true\tis false",
        "saas\t2\tviewed /demo or /pricing\twithout /pricing",
        "saas\t2\twas last seen less than 3 days ago\twas last seen at most 3 days ago",
        "saas\t2\twas last seen less than 3 days ago\twas last seen less than 4 days ago",
        "",
        "4 tests of 1 config: 4 passed, 0 failed",
    ]


def test_a_failing_test_notices_no_mutant(tmp_path: Path) -> None:
    failing = "tests:\n  - {visitor: {industry: NO}, match: true, score: 1}\n"
    ended = run(tmp_path, failing, "--mutate")
    assert ended.code == 1
    assert "\n0 of 16 mutants are noticed by a test\n" in ended.out


def test_a_mutant_is_noticed_when_its_file_would_fail_the_tests(tmp_path: Path) -> None:
    """The mutants are judged together; each is written down and tested alone here."""
    assert run(tmp_path, GOOD).code == 0
    options = Options(datetime.fromisoformat(AS_OF))
    space = Workspace(tmp_path / "c")
    configs = space.load().configs
    found = run_tests(load_tests(space.folder, configs)[0], configs, options, mutate=True)
    unnoticed = [it.model.body() for it in found.unnoticed]
    mutants = list(mutants_of(configs[0]))
    assert found.mutants == len(mutants)
    for mutant in mutants:
        (tmp_path / "c" / "saas.yaml").unlink(missing_ok=True)
        (tmp_path / "c" / "saas.json").write_text(json.dumps(mutant.model.body()))
        changed = space.load().require_valid()
        tests = [replace(it, config=changed[0]) for it in load_tests(space.folder, configs)[0]]
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
    assert (ended.code, ended.err) == (1, "3 tests of 1 config: 1 passed, 2 failed\n")
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
    assert (third.text or "").splitlines()[:3] == [
        "c/saas.test.yaml:4:5: failed: line 4",
        "match: expected false, but it is true",
        '"viewed /demo or /pricing" must be met, but is not',
    ]
    explanation = (third.text or "").splitlines()[3:]
    assert explanation[0].endswith("SaaS (saas) matches, score 66.67")
    assert any("company size" in line and "met" in line for line in explanation)


def test_github_has_an_annotation_for_each_test_that_failed(tmp_path: Path) -> None:
    ended = run(tmp_path, BAD, "-o", "github")
    assert (ended.code, ended.err) == (1, "3 tests of 1 config: 1 passed, 2 failed\n")
    place = "::error file=c/saas.test.yaml,line={},col=5,title=failed::"
    assert ended.out.splitlines() == [
        f"{place.format(2)}a <b> & ::c: match: expected true, but it is false",
        f"{place.format(4)}line 4: match: expected false, but it is true; "
        '"viewed /demo or /pricing" must be met, but is not',
    ]
    good = run(tmp_path, GOOD, "-o", "github")
    assert (good.code, good.out) == (0, "")
    assert good.err.endswith(" passed, 0 failed\n")
