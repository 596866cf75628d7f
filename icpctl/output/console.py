"""What terminals and pipes get: colour, width, tables. Rich is loaded for terminals only."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from rich.console import Console

# Characters that would move the cursor, hide text or turn its direction.
_UNSHOWN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)

_FOLDED_WIDTH = 12  # a column narrower than this is no pleasure to read

STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "place": "1",
    "hint": "36",
    "dim": "2",
    "added": "32",
    "removed": "31",
    "hunk": "36",
}


def is_coloured(stream: TextIO) -> bool:
    """Whether `stream` is a terminal that wants colour."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not plain


def styled(text: str, style: str, *, colour: bool) -> str:
    """Return `text` in one of `STYLES`, or as it is without `colour`."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if colour and text else text


def shown(text: str) -> str:
    """Return `text` with escapes for what a terminal would obey rather than show."""
    if text.isprintable():
        return text
    return _UNSHOWN.sub(lambda match: ascii(match.group())[1:-1], text)


def shown_line(text: str) -> str:
    """Return `shown` text that begins a line, where CI runners obey `::error::` and its like."""
    text = shown(text)
    blank = len(text) - len(text.lstrip())
    return f"{text[:blank]}\\x3a{text[blank + 1 :]}" if text.startswith("::", blank) else text


def console(stream: TextIO | None = None) -> Console:
    """Return a Rich console for `stream` (stdout); it reads no markup and colours no numbers."""
    from rich.console import Console

    return Console(file=stream or sys.stdout, markup=False, highlight=False, emoji=False)


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    folds: str = "",
    *,
    right: Collection[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Print a table on `stream` (stdout): laid out on a terminal, tab-separated lines elsewhere.

    Cells are never cut. Where the terminal is too narrow the column `folds` is folded, and the
    others too where that is not enough. The columns `right` are aligned to the right.
    """
    stream = stream or sys.stdout
    cells = [[shown_line(first), *map(shown, others)] for first, *others in rows]
    if not stream.isatty():
        stream.writelines("\t".join(line) + "\n" for line in (columns, *cells))
        return
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    screen = console(stream)
    head = "bold" if is_coloured(stream) else ""
    laid_out = Table(box=None, pad_edge=False, header_style=head)
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    stiff = sum(width + 2 for name, width in zip(columns, widths, strict=True) if name != folds)
    room = screen.width - stiff >= (_FOLDED_WIDTH if folds else 0)
    for column in columns:
        laid_out.add_column(
            column,
            overflow="fold",
            no_wrap=room and column != folds,
            justify="right" if column in right else "left",
        )
    for row in cells:
        laid_out.add_row(*map(Text, row))
    screen.print(laid_out)


def note(text: str) -> None:
    """Print a line on stderr."""
    print(shown_line(text), file=sys.stderr)
