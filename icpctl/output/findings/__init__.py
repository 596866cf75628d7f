"""Findings in every format, behind `FORMATS`: one module for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.output.findings.as_json import as_json, finding_body
from icpctl.output.findings.github import as_github
from icpctl.output.findings.junit import as_junit
from icpctl.output.findings.report import Report
from icpctl.output.findings.sarif import as_sarif
from icpctl.output.findings.text import as_text, findings_text, print_findings

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpctl.output.formats import FindingsFormat

__all__ = ["FORMATS", "Report", "finding_body", "findings_text", "print_findings"]

FORMATS: dict[FindingsFormat, Callable[..., str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
    "junit": as_junit,
}
