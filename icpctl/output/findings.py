"""Findings as text and JSON, behind `FORMATS`."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any
from unicodedata import combining, east_asian_width

from icpctl.config.codes import CODES
from icpctl.config.document import MAX_BYTES, split_lines
from icpctl.output.console import is_coloured, shown, styled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TextIO

    from icpctl.config.store import Loaded
    from icpctl.errors import Finding
    from icpctl.output.formats import FindingsFormat

_WIDTH = 100  # how much of a long source line is shown around its caret


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of a number of files."""

    files: int
    findings: Sequence[Finding]

    @classmethod
    def of(cls, loaded: Loaded, *, strict: bool = False) -> Report:
        """Return the report of what was read; `strict` makes warnings errors."""
        findings = loaded.findings
        if strict:
            findings = [replace(finding, severity="error") for finding in findings]
        return cls(loaded.files, findings)

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return len(self.findings) - self.errors

    def summary(self) -> str:
        """Return the counts in one line."""
        errors, warnings = _count(self.errors, "error"), _count(self.warnings, "warning")
        return f"{errors}, {warnings} in {_count(self.files, 'file')}"


def as_text(report: Report, *, colour: bool = False) -> str:
    """Return each finding with its source line, a caret and a hint."""
    return findings_text(report.findings, colour=colour)


def as_json(report: Report, *, colour: bool = False) -> str:
    """Return `{files, errors, warnings, findings: [...]}` (SPEC 7)."""
    del colour
    body = {
        "files": report.files,
        "errors": report.errors,
        "warnings": report.warnings,
        "findings": [finding_body(finding) for finding in report.findings],
    }
    return json.dumps(body, indent=2) + "\n"


FORMATS: dict[FindingsFormat, Callable[..., str]] = {"text": as_text, "json": as_json}


def findings_text(findings: Iterable[Finding], *, colour: bool = False) -> str:
    """Return findings as people read them, without counts."""
    lines_of = cache(_source_lines)
    return "".join(
        _block(finding, _excerpt(finding, lines_of), colour=colour) for finding in findings
    )


def print_findings(findings: Iterable[Finding], stream: TextIO) -> None:
    """Print findings on `stream`, coloured where it wants that."""
    stream.write(findings_text(findings, colour=is_coloured(stream)))


def finding_body(finding: Finding) -> dict[str, Any]:
    """Return one finding as it stands in JSON."""
    return {
        "file": finding.location.file,
        "line": finding.location.line,
        "column": finding.location.column,
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "hint": finding.hint,
    }


def _block(finding: Finding, excerpt: tuple[str, str] | None, *, colour: bool) -> str:
    place = styled(shown(str(finding.location)), "place", colour=colour)
    label = styled(f"{finding.severity}[{finding.code}]", finding.severity, colour=colour)
    lines = [f"{place}: {label} {shown(finding.message)}"]
    if excerpt:
        source, caret = excerpt
        gutter = str(finding.location.line)
        blank = " " * len(gutter)
        lines.append(f"  {styled(f'{gutter} |', 'dim', colour=colour)} {source}".rstrip())
        caret = styled(caret, finding.severity, colour=colour)
        lines.append(f"  {styled(f'{blank} |', 'dim', colour=colour)} {caret}")
    if finding.hint:
        lines.append(f"  {styled('hint:', 'hint', colour=colour)} {shown(finding.hint)}")
    return "\n".join(lines) + "\n"


def _excerpt(finding: Finding, lines_of: Callable[[str], list[str]]) -> tuple[str, str] | None:
    """Return the source line and the line with the caret below it, where there are such."""
    place = finding.location
    if place.line is None or place.column is None or CODES[finding.code].level == "path":
        return None
    lines = lines_of(place.file)
    if place.line > len(lines) or not lines[place.line - 1].strip():
        return None
    line, at = lines[place.line - 1], place.column - 1
    begin = max(0, min(at - _WIDTH // 2, len(line) - _WIDTH))
    before, behind = _visible(line[begin:at]), _visible(line[at : begin + _WIDTH])
    if begin:
        before = f"… {before}"
    if begin + _WIDTH < len(line):
        behind = f"{behind} …"
    return before + behind, " " * _cells(before) + "^"


def _source_lines(file: str) -> list[str]:
    try:
        with open(file, "rb") as source:
            return split_lines(source.read(MAX_BYTES).decode("utf-8-sig", errors="replace"))
    except OSError:
        return []


def _visible(text: str) -> str:
    return shown(text.replace("\t", " "))


def _cells(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    wide = sum(east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(bool(combining(character)) for character in text)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
