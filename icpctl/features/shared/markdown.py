"""Markdown that shows texts of others as they are, and makes nothing else of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# An underscore within a word is only itself, and so is an ampersand that begins no entity.
_SPECIAL = re.compile(r"([\\`*\[\]<|~$#]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;))")
# What GitHub makes a link, a name or a picture of, however it is escaped, unless it is code.
_LINKED = re.compile(r"@|://|www\.|#\d|\bgh-\d|:[a-z+-][\w+-]*:", re.IGNORECASE)


def plain(text: str) -> str:
    """Return text that no Markdown reader takes for more than text, a link or somebody's name."""
    return padded_code(text) if _LINKED.search(text) else _SPECIAL.sub(r"\\\1", text)


def plain_cell(text: str) -> str:
    """Return the same for a cell of a table."""
    return in_cell(padded_code(text)) if _LINKED.search(text) else plain(text)


def code(text: str) -> str:
    """Return text as code, in more backticks than it has in a row; `(blank)` for nothing to see."""
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{_fence(text)}{space}{text}{space}{_fence(text)}" if text.strip() else "(blank)"


def padded_code(text: str) -> str:
    """Return text as code with a space at both ends, which readers take away."""
    return f"{_fence(text)} {text} {_fence(text)}"


def in_cell(markdown: str) -> str:
    """Return Markdown for a cell of a table, where a bar would end the cell, in code too."""
    return markdown.replace("|", "\\|")


def table_lines(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: Sequence[bool],
    *,
    is_dense: bool = False,
) -> Iterator[str]:
    """Yield the lines of a table of Markdown cells; columns of `numbers` go to the right.

    With `is_dense` the line below the head has no spaces.
    """
    marks = ["--:" if is_number else "---" for is_number in numbers]
    yield _row(columns)
    yield f"|{'|'.join(marks)}|" if is_dense else _row(marks)
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _fence(text: str) -> str:
    return "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
