"""Findings as JSON (SPEC 7)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from icpctl.errors import Finding
    from icpctl.output.findings.report import Report


def render(report: Report, *, colour: bool = False) -> str:
    """Return `{files, errors, warnings, findings: [...]}`."""
    del colour
    body = {
        "files": report.files,
        "errors": report.errors,
        "warnings": report.warnings,
        "findings": [finding_body(finding) for finding in report.findings],
    }
    return json.dumps(body, indent=2) + "\n"


def finding_body(finding: Finding) -> dict[str, Any]:
    """Return a finding as it is in JSON."""
    return {
        "file": finding.location.file,
        "line": finding.location.line,
        "column": finding.location.column,
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "hint": finding.hint,
    }
