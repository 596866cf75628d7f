"""Findings as SARIF 2.1.0, which code scanning services read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from icpctl import __version__
from icpctl.findings.codes import CODES
from icpctl.output.console import shown
from icpctl.output.findings.report import repository_path

if TYPE_CHECKING:
    from icpctl.errors import Finding
    from icpctl.output.findings.report import Report

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render(report: Report) -> str:
    """Return a log of one run, with the rules that its results name."""
    codes = sorted({finding.code for finding in report.findings})
    run = {
        "tool": {
            "driver": {
                "name": "icpctl",
                "version": __version__,
                "rules": [_rule(code) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in report.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(name: str) -> dict[str, Any]:
    code = CODES[name]
    return {
        "id": name,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.meaning},
        "help": {"text": code.meaning, "markdown": code.help},
        "defaultConfiguration": {"level": code.severity},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    texts = [shown(text) for text in (finding.message, finding.hint) if text]
    place = finding.location
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(place.file)}}
    if place.line is not None:
        physical["region"] = {"startLine": place.line, "startColumn": place.column or 1}
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": "\n".join(texts)},
        "locations": [{"physicalLocation": physical}],
    }


def _uri(file: str) -> str:
    """Return a file's name as a URI, from the repository's root; any bytes may be in it."""
    path = quote(os.fsencode(repository_path(file)))
    return f"file://{path}" if path.startswith("/") else path
