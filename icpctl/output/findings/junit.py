"""Findings as JUnit XML, which CI servers show as tests: a suite for each file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from icpctl.output.console import shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from icpctl.errors import Finding
    from icpctl.output.findings.report import Report

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """Return a suite for each file: its findings, warnings as tests that pass."""
    from xml.etree.ElementTree import Element

    root = Element("testsuites", name="icpctl validate")
    by_file = report.by_file()
    root.set("tests", str(sum(len(findings) or 1 for findings in by_file.values())))
    root.set("failures", str(report.errors))
    root.set("errors", "0")
    for file, findings in by_file.items():
        _suite(root, file, findings)
    return document(root)


def document(root: Element) -> str:
    """Return the XML text of a whole report."""
    from xml.etree.ElementTree import indent, tostring

    indent(root)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f"{head}{tostring(root, encoding='unicode')}\n"


def _suite(root: Element, file: str, findings: Sequence[Finding]) -> None:
    from xml.etree.ElementTree import SubElement

    suite = SubElement(root, "testsuite", name=escaped(file))
    suite.set("tests", str(len(findings) or 1))
    suite.set("failures", str(sum(finding.severity == "error" for finding in findings)))
    suite.set("errors", "0")
    if not findings:
        SubElement(suite, "testcase", classname=escaped(file), name="valid")
    for finding in findings:
        place = finding.location
        name = ":".join(str(part) for part in (finding.code, place.line, place.column) if part)
        case = SubElement(suite, "testcase", classname=escaped(file), name=name)
        text = escaped("\n".join(filter(None, (str(finding), finding.hint))))
        if finding.severity == "error":
            failure = SubElement(case, "failure", type=finding.code)
            failure.set("message", escaped(finding.message))
            failure.text = text
        else:
            SubElement(case, "system-out").text = text


def escaped(text: str) -> str:
    """Return text with escapes for what XML cannot hold."""
    lines = "\n".join(shown(line) for line in text.split("\n"))
    return _NO_XML.sub(lambda match: ascii(match.group())[1:-1], lines)
