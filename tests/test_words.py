"""No message, docstring or page has a turn that a native engineer would not write."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests.process import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BANNED = {
    r"\b(?:is|are|was|were|be) no (?!longer\b)[a-z]+": "is not a valid date",
    r"\bso many\b": "this many, or a number",
    r"\bbe it\b": "even",
    r"\bthat there can be\b": "possible",
    r"\bof (?:its|their|your|our) own\b": "its own, separate",
    r"\btells? (?:most|anything|nothing|where|the (?:path|format))\b": "says, shows",
    r"^there (?:is|are) (?:no|not)\b": "no such file, unknown command, not enough memory",
    r"(?<!\bor not )\bat all\b": "nothing, or whether",
    r"\bno (?:plain|regular) (?:file|domain|text|number)\b": "not a regular file",
    r"\b(?:a|one) (?:row|line|value|entry|name) an? [a-z]+": "one row per visitor",
    r"\b(?:two|several) (?:[a-z]+ ){1,3}(?:with|have|of) one [a-z]+": "with the same name",
    r"\bthis is none\b|\bknown are: |\bnot right\b": "is not a range, known:, not valid",
    r"\bby lot\b|\ball whom\b|\bfor no single\b": "at random, everyone that, no single value",
    r"\bhow it is called\b|\bis too much\b": "the usage, unexpected argument",
    r"\bstands?\b(?! for\b)": "is",
    r"\btold\b": "reported, said",
    r"\bbehind\b": "after",
    r"\bin front\b": "before",
    r"\bprofiles?\b": "config, or ICP",
    r"\bmended\b": "good, fixed",
    r"\bin the midst\b": "while",
    r"\bas ever\b": "as usual",
}
"""Turns that read as translated -> what to write instead."""

ANY_BANNED = re.compile("|".join(BANNED), re.I)
"""What finds whether there is any of them, in a third of the time."""

FINE = re.compile(
    r"(?<!^)there (?:is|are|was|were) no |Ideal Customer Profiles?|LinkedIn profiles?"
    r"|Profile URLs|linkedin profile|leaves? (?:\w+ )?behind",
    re.I,
)
PROSE = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / folder / "README.md" for folder in ("sample_configs", "sample_visitors", "bench")),
]
MODULES = sorted((ROOT / "icpctl").rglob("*.py"))
PAGES = sorted((ROOT / "icpctl" / "features" / "report" / "pages").glob("page.*"))


def texts_in(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a module that hold words, docstrings and f-strings too, by line."""
    tree = ast.parse(path.read_text("utf-8"))
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and id(node) not in inside:
            yield node.lineno, str(node.value)


def slips(text: str) -> list[str]:
    """Return what is banned in a text, with what to write instead."""
    rest = FINE.sub("", re.sub(r"\s+", " ", text))
    if not ANY_BANNED.search(rest):
        return []
    return [
        f"{rest[max(match.start() - 30, 0) : match.end() + 20]!r}: write {better!r}"
        for banned, better in BANNED.items()
        for match in re.finditer(banned, rest, re.I)
    ]


@pytest.mark.parametrize("path", PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages(path: Path) -> None:
    assert slips(path.read_text("utf-8")) == []


def test_messages_and_docstrings() -> None:
    places = [
        f"{path.relative_to(ROOT)}:{line}: {slip}"
        for path in MODULES
        for line, text in texts_in(path)
        for slip in slips(text)
    ]
    assert places == []


def test_reports() -> None:
    assert [slip for path in PAGES for slip in slips(path.read_text("utf-8"))] == []


def test_a_slip_is_seen() -> None:
    [slip] = slips("x is no\n  date")
    assert slip == "'x is no date': write 'is not a valid date'"
    assert slips("Where there is no date in the Ideal Customer Profile") == []
