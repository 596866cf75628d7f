"""Findings as people read them: the source line, a caret, a hint."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

from icpctl.documents.document import MAX_BYTES, split_lines
from icpctl.output.console import is_coloured, shown, shown_line, styled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TextIO

    from icpctl.errors import Finding

_WIDTH = 72  # of a source line: with the number of its line 80 columns


def findings_text(findings: Iterable[Finding], *, colour: bool = False) -> str:
    """Return findings as people read them, without counts."""
    lines_of = cache(_source_lines)
    return "".join(
        _block(finding, _excerpt(finding, lines_of), colour=colour) for finding in findings
    )


def print_findings(findings: Iterable[Finding], stream: TextIO) -> None:
    """Print findings on `stream`, coloured if it wants that."""
    stream.write(findings_text(findings, colour=is_coloured(stream)))


def _block(finding: Finding, excerpt: tuple[str, str] | None, *, colour: bool) -> str:
    place = styled(shown_line(str(finding.location)), "place", colour=colour)
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
    """Return the source line and the line with the caret below it, if there are such."""
    from icpctl.findings.codes import CODES

    place = finding.location
    if place.line is None or place.column is None or CODES[finding.code].level == "path":
        return None
    lines = lines_of(place.file)
    if place.line > len(lines) or not lines[place.line - 1].strip():
        return None
    line, at = lines[place.line - 1], place.column - 1
    width = _WIDTH if len(line) <= _WIDTH else _WIDTH - len("…  …")  # around its caret
    begin = max(0, min(at - width // 2, len(line) - width))
    before, after = _visible(line[begin:at]), _visible(line[at : begin + width])
    if begin:
        before = f"… {before}"
    if begin + width < len(line):
        after = f"{after} …"
    return before + after, " " * _cells(before) + "^"


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
