"""How rule tests ended, for CI: JUnit XML with a case for each test, and GitHub annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.errors import Finding
from icpctl.features.reasons.explanation_tree import trees_text
from icpctl.output.findings import github
from icpctl.output.findings.junit import document, escaped
from icpctl.output.findings.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from icpctl.features.test.running import Outcome, Problem, TestRun


def github_lines(run: TestRun, said: Callable[[Problem], str]) -> str:
    """Return an annotation for each warning and each test that failed.

    `said` puts a problem into words.
    """
    findings = list(run.warnings)
    findings += [
        Finding(
            "failed", "error", f"{outcome.test.name}: {_message(outcome, said)}", outcome.test.where
        )
        for outcome in run.failed
    ]
    return github.render(Report(len({it.location.file for it in findings}), findings))


def junit(run: TestRun, said: Callable[[Problem], str]) -> str:
    """Return a suite for each file of tests, in their order."""
    from xml.etree.ElementTree import Element

    root = Element("testsuites", name="icpctl test")
    _count(root, run.outcomes)
    files: dict[str, list[Outcome]] = {}
    for outcome in run.outcomes:
        files.setdefault(outcome.test.where.file, []).append(outcome)
    for file, outcomes in files.items():
        _suite(root, file, outcomes, said)
    return document(root)


def _suite(
    root: Element, file: str, outcomes: list[Outcome], said: Callable[[Problem], str]
) -> None:
    from xml.etree.ElementTree import SubElement

    suite = SubElement(root, "testsuite", name=escaped(file))
    _count(suite, outcomes)
    for outcome in outcomes:
        test = outcome.test
        case = SubElement(
            suite, "testcase", classname=escaped(test.config.slug), name=escaped(test.name)
        )
        if outcome.problems:
            failure = SubElement(case, "failure", message=escaped(_message(outcome, said)))
            lines = [f"{test.where}: failed: {test.name}", *map(said, outcome.problems)]
            if outcome.explanation:
                lines.append(trees_text(outcome.explanation).rstrip("\n"))
            failure.text = escaped("\n".join(lines))


def _count(element: Element, outcomes: list[Outcome]) -> None:
    element.set("tests", str(len(outcomes)))
    element.set("failures", str(sum(bool(it.problems) for it in outcomes)))
    element.set("errors", "0")


def _message(outcome: Outcome, said: Callable[[Problem], str]) -> str:
    return "; ".join(map(said, outcome.problems))
