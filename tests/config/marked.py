"""Texts that carry the findings they must give: `<ICP204>` stands where the finding points."""

from __future__ import annotations

import re

from icpctl.config.checks import check_document
from icpctl.documents.reading import read_document

MARK = re.compile(r"<(ICP\d{3})>")

RULES = """rules:
  groups:
    - operator: AND
      conditions:
        - {type: industry, comparator: exists}
"""
GROUP = """label: SaaS
rules:
  groups:
    - operator: AND
      conditions:
"""


def unmarked(text: str) -> tuple[str, list[tuple[str, int, int]]]:
    """The text without its marks, and (code, line, column) of each."""
    expected = []
    while found := MARK.search(text):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        expected.append((found[1], line, column))
        text = text[: found.start()] + text[found.end() :]
    return text, expected


def found_in(data: bytes, file: str = "saas.yaml") -> list[tuple[str, int | None, int | None]]:
    """(code, line, column) of each finding in the bytes of a file."""
    _, findings = check_document(read_document(data, file), "saas")
    return [(it.code, it.location.line, it.location.column) for it in findings]


def check(marked: str, file: str = "saas.yaml") -> None:
    """The text gives the findings that are marked in it, and no others."""
    text, expected = unmarked(marked)
    assert found_in(text.encode(), file) == expected


def conditions(*lines: str) -> str:
    """A config with these conditions, each in YAML's flow form."""
    return GROUP + "".join(f"        - {line}\n" for line in lines)
