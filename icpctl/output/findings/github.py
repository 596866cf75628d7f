"""Findings as annotations of GitHub Actions: one workflow command on one line for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.output.console import shown
from icpctl.output.findings.report import repository_path

if TYPE_CHECKING:
    from icpctl.errors import Finding
    from icpctl.output.findings.report import Report


def render(report: Report) -> str:
    """Return `::error file=...,line=...,col=...,title=...::message` lines."""
    return "".join(map(_annotation, report.findings))


def _annotation(finding: Finding) -> str:
    place = finding.location
    properties = {
        "file": repository_path(place.file),
        "line": place.line,
        "col": place.column,
        "title": finding.code,
    }
    listed = ",".join(
        f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None
    )
    texts = [shown(text) for text in (finding.message, finding.hint) if text]
    return f"::{finding.severity} {listed}::{_data(chr(10).join(texts))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
