"""Findings in every format of `FORMATS`: one module for each, loaded when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from icpctl.output.findings.as_json import finding_body
from icpctl.output.findings.report import Report
from icpctl.output.findings.text import findings_text, print_findings

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpctl.output.formats import FindingsFormat

__all__ = ["FORMATS", "Report", "finding_body", "findings_text", "print_findings"]


def _format(module: str) -> Callable[..., str]:
    def render(report: Report, *, colour: bool = False) -> str:
        renderer = import_module(f"icpctl.output.findings.{module}")
        return str(renderer.render(report, colour=colour))

    return render


FORMATS: dict[FindingsFormat, Callable[..., str]] = {
    "text": _format("text"),
    "json": _format("as_json"),
    "github": _format("github"),
    "sarif": _format("sarif"),
    "junit": _format("junit"),
}
