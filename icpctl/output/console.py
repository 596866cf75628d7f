"""What terminals and pipes get: formats, colour, tables, bars, JSON, notes; Rich where needed."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from rich.console import Console

# What `--output` takes, for each kind of thing that is printed.
FindingsFormat = Literal["text", "json", "github", "sarif", "junit"]
ListFormat = Literal["table", "json", "yaml", "name"]
ReportFormat = Literal["table", "json"]
TableFormat = Literal["table", "tsv", "json"]
ImpactFormat = Literal["table", "json", "markdown"]
FileFormat = Literal["yaml", "json"]
SingleFormat = Literal["yaml", "json", "table"]
TestFormat = Literal["table", "json", "junit", "github"]
PlanFormat = Literal["table", "json"]
DescribeFormat = Literal["text", "json"]
EquivalentFormat = Literal["text", "json"]

# Characters that would move the cursor, hide text or turn its direction.
_UNSHOWN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)

_DEFAULT_WIDTH = 80
_FOLDED_WIDTH = 12  # a column narrower than this is hard to read
_QUIET_SECONDS = 1.0  # what is done by then needs no progress bar

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

    stream = stream or sys.stdout
    return Console(file=stream, width=_width(stream), markup=False, highlight=False, emoji=False)


def _width(stream: TextIO) -> int | None:
    """The columns of a terminal where `COLUMNS` is 0, as in some CI runners; else None."""
    if os.environ.get("COLUMNS", "").strip("0 "):
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or _DEFAULT_WIDTH
    except (OSError, ValueError):
        return _DEFAULT_WIDTH


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    folds: str = "",
    *,
    right: Collection[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Print an aligned table on `stream` (stdout); in a pipe it is whole, whatever its width.

    Cells are never cut. Where a terminal is too narrow the column `folds` is folded, and the
    others too where that is not enough. The columns `right` are aligned to the right.
    """
    stream = stream or sys.stdout
    cells = [[shown_line(first), *map(shown, others)] for first, *others in rows]
    if not stream.isatty():
        stream.writelines(_aligned(columns, cells, right))
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


def tab_separated(
    columns: Sequence[str], rows: Iterable[Sequence[object]], stream: TextIO | None = None
) -> None:
    """Print a table for programs on `stream` (stdout): lines of cells with tabs between them.

    None is an empty cell; a tab or the end of a line within a text is escaped.
    """
    stream = stream or sys.stdout
    for row in (columns, *rows):
        cells = ("" if cell is None else shown(str(cell)) for cell in row)
        stream.write("\t".join(cells) + "\n")


def _aligned(
    columns: Sequence[str], cells: Sequence[Sequence[str]], right: Collection[str]
) -> Iterator[str]:
    """Yield the lines of a table with two spaces between columns, and none at the ends of lines."""
    width_of = _width_of(cells)
    widths = [max(map(width_of, column)) for column in zip(columns, *cells, strict=True)]
    is_right = [name in right for name in columns]
    for row in (columns, *cells):
        padded = (
            " " * (width - width_of(cell)) + cell
            if to_right
            else cell + " " * (width - width_of(cell))
            for cell, width, to_right in zip(row, widths, is_right, strict=True)
        )
        yield "  ".join(padded).rstrip() + "\n"


def _width_of(cells: Sequence[Sequence[str]]) -> Callable[[str], int]:
    """Return what measures texts in columns of a terminal; Rich is loaded only if one is wide."""
    if all(cell.isascii() for row in cells for cell in row):
        return len
    from rich.cells import cell_len

    return cell_len


def json_text(body: Any) -> str:
    """Return a body of JSON values as indented text."""
    return json.dumps(body, indent=2, ensure_ascii=False)


def print_json(body: Any, stream: TextIO | None = None) -> None:
    """Print a body of JSON values on `stream` (stdout)."""
    print(json_text(body), file=stream)


def note(text: str) -> None:
    """Print a line on stderr."""
    print(shown_line(text), file=sys.stderr)


def print_written(*names: str | os.PathLike[str] | None, since: float) -> None:
    """Print on stderr which files were written; `since` is `time.perf_counter()` at the start.

    None is a file that was not asked for, and `-` is stdout; of these nothing is said.
    """
    files = [os.fspath(name) for name in names if name is not None and os.fspath(name) != "-"]
    if not files:
        return
    listed = " and ".join([", ".join(files[:-1]), files[-1]] if len(files) > 1 else files)
    note(f"wrote {listed} in {time.perf_counter() - since:,.1f} s")


@contextmanager
def progress(stream: TextIO, *, hidden: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Yield a function to call with the bytes done and in all; the bar goes when the block ends."""
    if hidden or not stream.isatty():
        yield lambda _done, _total: None
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskProgressColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    began = time.monotonic()
    bar = Progress(
        TaskProgressColumn(),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console(stream),
        transient=True,
    )
    task = bar.add_task("reading")

    def on_progress(done: int, total: int) -> None:
        if not bar.live.is_started and time.monotonic() - began > _QUIET_SECONDS:
            bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield on_progress
    finally:
        bar.stop()


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
    In a pipe, or without room or anything to show, the table stays as it is.
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
