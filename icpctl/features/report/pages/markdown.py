"""A report as Markdown: the same figures as tables, for a pull request or a chat."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.features.report.pages.page import Block, Cell, Page, Table

# An underscore within a word is only itself, and so is an ampersand that begins no entity.
_SPECIAL = re.compile(r"([\\`*\[\]<|~$#]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;))")
# What GitHub makes a link, a name or a picture of, however it is escaped, unless it is code.
_LINKED = re.compile(r"@|://|www\.|#\d|\bgh-\d|:[a-z+-][\w+-]*:", re.IGNORECASE)
_MOST_ROWS = 50  # of a long table: who wants all has the page


def markdown(page: Page) -> str:
    """The page as Markdown."""
    return "\n".join(_lines(page))


def _lines(page: Page) -> Iterator[str]:
    yield from (f"# {_plain(page.title)}", "", _plain(page.subtitle), "")
    yield from ("| | | |", "|---|--:|---|")
    for it in page.headlines:
        yield f"| {' | '.join(map(_in_cell, (it.name, it.value, it.remark)))} |"
    for section in page.sections:
        yield from ("", f"## {_plain(section.heading)}", "")
        if section.text:
            yield from (_plain(section.text), "")
        for block in section.blocks:
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    if block.heading:
        yield from (f"### {_plain(block.heading)}", "")
    if block.text:
        yield from (_plain(block.text), "")
    for table in (block.chart.table if block.chart else None, block.table):
        if table:
            yield from _table(table)
            yield ""
    for item in block.items:
        yield f"- {_plain(item)}"
    if block.items:
        yield ""


def _table(table: Table) -> Iterator[str]:
    kept = [at for at, column in enumerate(table.columns) if not column.is_bar]
    heads = [table.columns[at] for at in kept]
    yield "| " + " | ".join(_in_cell(it.name) for it in heads) + " |"
    yield "|" + "|".join("--:" if it.is_number else "---" for it in heads) + "|"
    for row in table.rows[:_MOST_ROWS]:
        yield "| " + " | ".join(_cell(row[at]) for at in kept) + " |"
    more = len(table.rows) - _MOST_ROWS
    if more > 0:
        yield from ("", f"And {more:,} more.")


def _cell(cell: Cell) -> str:
    parts = [cell.text, f"({cell.small})" if cell.small else ""]
    parts = [_in_cell(" ".join(filter(None, parts)))] if any(parts) else []
    parts += [_in_cell(" ".join(filter(None, line))) for line in cell.lines]
    return "<br>".join(parts)


def _plain(text: str) -> str:
    """Text that no Markdown reader takes for more than text, nor for a link or somebody's name."""
    return _code(text) if _LINKED.search(text) else _SPECIAL.sub(r"\\\1", text)


def _in_cell(text: str) -> str:
    """The same in a table, where a bar ends a cell even in code."""
    return _code(text).replace("|", "\\|") if _LINKED.search(text) else _plain(text)


def _code(text: str) -> str:
    """Text as code, in more backticks than it has."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}"
