"""Findings in every format of `FORMATS`: one module for each, loaded when it is used."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING

from icpctl.output.findings.report import Report, finding_body
from icpctl.output.findings.text import findings_text, print_findings

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpctl.output.console import FindingsFormat

__all__ = ["FORMATS", "Report", "finding_body", "findings_text", "print_findings"]


def _text(report: Report, *, colour: bool = False) -> str:
    return findings_text(report.findings, colour=colour)


def _json(report: Report, *, colour: bool = False) -> str:
    del colour
    return json.dumps(report.body(), indent=2) + "\n"


def _format(module: str) -> Callable[..., str]:
    def render(report: Report, *, colour: bool = False) -> str:
        del colour
        return str(import_module(f"icpctl.output.findings.{module}").render(report))

    return render


FORMATS: dict[FindingsFormat, Callable[..., str]] = {
    "text": _text,
    "json": _json,
    "github": _format("github"),
    "sarif": _format("sarif"),
    "junit": _format("junit"),
}
