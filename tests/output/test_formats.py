"""Findings for machines: GitHub annotations, SARIF by its official schema, JUnit XML."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpctl.errors import Finding, Location
from icpctl.findings.codes import CODES
from icpctl.output.findings import FORMATS, Report

DATA = Path(__file__).parents[1] / "data"
SARIF = jsonschema.Draft4Validator(json.loads((DATA / "sarif-schema-2.1.0.json").read_text()))

HOSTILE = "a\r\nb::c,d%0A<&>\"']]>\x00\x1b[31m\ufffe\udcff\u202e会社"


def finding(**changes: object) -> Finding:
    values = {
        "code": "ICP101",
        "severity": "error",
        "message": "label is missing",
        "location": Location("icp_configs/a.yaml", 3, 7),
        "hint": "such as label: SaaS",
    }
    return Finding(**(values | changes))  # type: ignore[arg-type]  # what each test changes


texts = st.text(st.characters(codec=None), max_size=20) | st.just(HOSTILE)
# No system has a name with another surrogate than those that stand for bytes, as in HOSTILE.
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.just(HOSTILE)
findings = st.builds(
    Finding,
    st.sampled_from(sorted(CODES)),
    st.sampled_from(["error", "warning"]),
    texts,
    st.builds(Location, names, st.none() | st.integers(1, 9), st.none() | st.integers(1, 9)),
    st.none() | texts,
)
_parts = st.tuples(st.integers(0, 9), st.lists(findings, max_size=4), st.lists(names))
reports = _parts.map(lambda parts: Report(*parts))


def test_a_github_annotation() -> None:
    text = FORMATS["github"](Report(1, [finding(), finding(severity="warning", hint=None)]))
    place = "file=icp_configs/a.yaml,line=3,col=7,title=ICP101"
    assert text == (
        f"::error {place}::label is missing%0Asuch as label: SaaS\n"
        f"::warning {place}::label is missing\n"
    )


def test_github_escapes_what_would_end_a_property_or_a_line() -> None:
    hostile = finding(message="100%\r\n::error::x", location=Location("a,b:c%\n.yaml"), hint=None)
    assert FORMATS["github"](Report(1, [hostile])) == (
        "::error file=a%2Cb%3Ac%25%0A.yaml,title=ICP101::100%25\\r\\n::error::x\n"
    )


@given(reports)
def test_github_has_one_line_for_each_finding(report: Report) -> None:
    lines = FORMATS["github"](report).split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(report.findings)
    for line, it in zip(lines, report.findings, strict=True):
        command, _, rest = line.removeprefix("::").partition("::")
        assert command.startswith(f"{it.severity} file=")
        assert command.endswith(f"title={it.code}")
        assert "\r" not in rest


def test_a_sarif_result() -> None:
    log = json.loads(FORMATS["sarif"](Report(1, [finding()])))
    [run] = log["runs"]
    [rule] = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["defaultConfiguration"]) == ("ICP101", {"level": "error"})
    assert "Good" in rule["help"]["markdown"]
    assert run["results"] == [
        {
            "ruleId": "ICP101",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "label is missing\nsuch as label: SaaS"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "icp_configs/a.yaml"},
                        "region": {"startLine": 3, "startColumn": 7},
                    }
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a b#c?.yaml", "a%20b%23c%3F.yaml"),
        ("/tmp/a.yaml", "file:///tmp/a.yaml"),
        ("会.yaml", "%E4%BC%9A.yaml"),
        ("\udcff.yaml", "%FF.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
    ],
)
def test_sarif_names_files_by_uri(file: str, uri: str) -> None:
    log = json.loads(FORMATS["sarif"](Report(1, [finding(location=Location(file))])))
    [place] = log["runs"][0]["results"][0]["locations"]
    assert place == {"physicalLocation": {"artifactLocation": {"uri": uri}}}
    assert unquote(uri, errors="surrogateescape").removeprefix("file://") == file


@given(reports)
def test_sarif_passes_the_official_schema(report: Report) -> None:
    log = json.loads(FORMATS["sarif"](report))
    SARIF.validate(log)
    [run] = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[it["ruleIndex"]] for it in run["results"]] == [it.code for it in report.findings]


def test_the_official_schema_refuses_what_is_no_sarif() -> None:
    log = json.loads(FORMATS["sarif"](Report(1, [finding()])))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not SARIF.is_valid(log)


def test_junit_has_a_suite_for_each_file() -> None:
    report = Report(
        3,
        [finding(), finding(severity="warning", location=Location("b.yaml", 1))],
        ["b.yaml", "c.yaml"],
    )
    assert FORMATS["junit"](report) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<testsuites name="icpctl validate" tests="3" failures="1" errors="0">\n'
        '  <testsuite name="b.yaml" tests="1" failures="0" errors="0">\n'
        '    <testcase classname="b.yaml" name="ICP101:1">\n'
        "      <system-out>b.yaml:1: warning[ICP101] label is missing\n"
        "such as label: SaaS</system-out>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        '  <testsuite name="c.yaml" tests="1" failures="0" errors="0">\n'
        '    <testcase classname="c.yaml" name="valid" />\n'
        "  </testsuite>\n"
        '  <testsuite name="icp_configs/a.yaml" tests="1" failures="1" errors="0">\n'
        '    <testcase classname="icp_configs/a.yaml" name="ICP101:3:7">\n'
        '      <failure type="ICP101" message="label is missing">'
        "icp_configs/a.yaml:3:7: error[ICP101] label is missing\n"
        "such as label: SaaS</failure>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n"
    )


@given(reports)
def test_junit_is_well_formed_and_counts(report: Report) -> None:
    root = ElementTree.fromstring(FORMATS["junit"](report).encode())
    cases = root.findall("testsuite/testcase")
    assert root.get("tests") == str(len(cases))
    assert root.get("failures") == str(len(root.findall(".//failure"))) == str(report.errors)
    assert len(root.findall(".//system-out")) == report.warnings
    for suite in root.findall("testsuite"):
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert suite.get("failures") == str(len(suite.findall(".//failure")))


@given(reports)
def test_json_counts(report: Report) -> None:
    body = json.loads(FORMATS["json"](report))
    assert (body["errors"], body["warnings"]) == (report.errors, report.warnings)
    assert len(body["findings"]) == len(report.findings)
