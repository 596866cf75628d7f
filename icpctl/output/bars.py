"""Bars beside the numbers of a table, where a terminal has room for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from icpctl.output.console import console

if TYPE_CHECKING:
    from collections.abc import Sequence


def add_bars(
    columns: list[str],
    cells: Sequence[list[str]],
    pairs: Sequence[tuple[int, int]],
    words: tuple[str, ...],
    widest: int,
    stream: TextIO,
) -> None:
    """Add a bar after the `cells` of each row, and its head after the `columns`.

    Each pair is a whole and its part; `words` name the part and, where there is one, the rest.
    Nothing is done in a pipe, or where there is no room, or nothing to show.
    """
    most = max((whole for whole, _ in pairs), default=0)
    if not stream.isatty() or not most:
        return
    from rich.cells import cell_len

    screen = console(stream)
    is_plain = not screen.encoding.startswith("utf")
    full, empty = ("#", ".") if is_plain else ("\N{FULL BLOCK}", "\N{LIGHT SHADE}")
    taken = sum(max(map(cell_len, column)) + 2 for column in zip(columns, *cells, strict=True))
    width = min(widest, screen.width - taken)
    legend = " ".join(f"{mark} {word}" for mark, word in zip((full, empty), words, strict=False))
    if width < len(legend):
        return
    columns.append(legend)
    for row, (whole, part) in zip(cells, pairs, strict=True):
        row.append(_bar(whole, part, most, width, full, empty))


def _bar(whole: int, part: int, most: int, width: int, full: str, empty: str) -> str:
    """What there is takes at least one column."""
    length = -(-whole * width // most)
    strong = -(-part * width // most)
    return full * strong + empty * (length - strong)
