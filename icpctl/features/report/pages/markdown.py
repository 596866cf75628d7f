"""A report as Markdown: the same figures as tables, for a pull request or a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.features.shared.markdown import plain, plain_cell, table_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.features.report.pages.page import Block, Cell, Page, Table

_MOST_ROWS = 50  # of a long table: who wants all has the page


def markdown(page: Page) -> str:
    """The page as Markdown."""
    return "\n".join(_lines(page))


def _lines(page: Page) -> Iterator[str]:
    yield from (f"# {plain(page.title)}", "", plain(page.subtitle), "")
    if page.summary:
        yield from (" ".join(map(plain, page.summary)), "")
    yield from ("| | | |", "|---|--:|---|")
    for headline in page.headlines:
        cells = (headline.name, headline.value, headline.remark)
        yield f"| {' | '.join(map(plain_cell, cells))} |"
    for section in page.sections:
        yield from ("", f"## {plain(section.heading)}", "")
        if section.text:
            yield from (plain(section.text), "")
        for block in section.blocks:
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    if block.heading:
        yield from (f"### {plain(block.heading)}", "")
    if block.text:
        yield from (plain(block.text), "")
    for table in (block.chart.table if block.chart else None, block.table):
        if table:
            yield from _table(table)
            yield ""
    for item in block.items:
        yield f"- {plain(item)}"
    if block.items:
        yield ""


def _table(table: Table) -> Iterator[str]:
    kept = [number for number, column in enumerate(table.columns) if not column.is_bar]
    heads = [table.columns[number] for number in kept]
    names = [plain_cell(column.name) for column in heads]
    rows = [[_cell(row[number]) for number in kept] for row in table.rows[:_MOST_ROWS]]
    numbers = [column.is_number for column in heads]
    yield from table_lines(names, rows, numbers, is_dense=True)
    more = len(table.rows) - _MOST_ROWS
    if more > 0:
        yield from ("", f"And {more:,} more.")


def _cell(cell: Cell) -> str:
    parts = [cell.text, f"({cell.small})" if cell.small else ""]
    parts = [plain_cell(" ".join(filter(None, parts)))] if any(parts) else []
    parts += [plain_cell(" ".join(filter(None, line))) for line in cell.lines]
    parts += [plain_cell(link.text) for link in cell.links]
    return "<br>".join(parts)
