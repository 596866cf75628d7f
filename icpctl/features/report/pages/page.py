"""What a report shows, apart from how: headings, tables and charts, for HTML and Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unicodedata import bidirectional

from msgspec import Struct, field

from icpctl.output.console import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 200  # characters of a text that is somebody else's


class Bar(Struct, frozen=True):
    """Shares of a table's largest bar, 0 to 1: of all, and of the part that is highlighted."""

    whole: float
    part: float


class Link(Struct, frozen=True):
    """A text that leads to an address, which is one of LinkedIn or of mail."""

    text: str
    address: str


class Cell(Struct, frozen=True):
    """A cell: its text, a smaller one below, what it is sorted by, a bar, a tint of 0 to 1.

    `lines` are more texts, such as reasons, each after what it is about; `links` come last.
    """

    text: str = ""
    small: str = ""
    sort: float | str | None = None
    bar: Bar | None = None
    tint: float = 0.0
    lines: tuple[tuple[str, str], ...] = ()
    links: tuple[Link, ...] = ()


class Column(Struct, frozen=True):
    """A column's name; numbers go to the right, and a column of bars has no numbers."""

    name: str
    is_number: bool = False
    is_bar: bool = False


class Table(Struct, frozen=True):
    """Rows of cells below columns; the first cell of a row says what it is about.

    `searchable` tables can be filtered and sorted in a browser. On a phone each row of these, and
    of those that are `is_cards`, is a card with its columns one below the other.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: list[list[Cell]]
    searchable: bool = False
    is_matrix: bool = False
    is_cards: bool = False


class Chart(Struct, frozen=True):
    """A chart: what it is of, what it says in words, its data, and the same as a table."""

    kind: str
    title: str
    words: str
    data: Any
    table: Table


class Block(Struct, frozen=True):
    """A part of a section: a heading, a text, a chart, a table, as far as there is one."""

    heading: str = ""
    text: str = ""
    chart: Chart | None = None
    table: Table | None = None
    items: tuple[str, ...] = ()


class Section(Struct, frozen=True):
    """A section of the page; `columns` says that its blocks may be side by side.

    `legend` says what the strong and the soft part of its bars are.
    """

    name: str
    heading: str
    text: str
    blocks: list[Block]
    columns: bool = False
    legend: tuple[str, str] | None = None


class Headline(Struct, frozen=True):
    """One of the figures on top: what it is, and a remark."""

    name: str
    value: str
    remark: str = ""


class Page(Struct, frozen=True):
    """A whole report; `summary` are sentences that could be read aloud."""

    title: str
    subtitle: str
    headlines: list[Headline]
    sections: list[Section] = field(default_factory=list)
    summary: tuple[str, ...] = ()


def own(text: str) -> str:
    """A text of a user's or visitor's, without what would turn or hide text, and not too long."""
    visible = shown(text[: LONGEST + 1])
    return visible if len(visible) <= LONGEST else f"{visible[:LONGEST]}\N{HORIZONTAL ELLIPSIS}"


def inside(text: str) -> str:
    """`own` text in a sentence, which it does not turn where it is written from right to left."""
    visible = own(text)
    if any(bidirectional(character) in ("R", "AL", "AN") for character in visible):
        return f"\N{FIRST STRONG ISOLATE}{visible}\N{POP DIRECTIONAL ISOLATE}"
    return visible


def number(value: int) -> Cell:
    """A count."""
    return Cell(f"{value:,}", sort=value)


def columns(*names: str) -> tuple[Column, ...]:
    """Columns: `#` before a name marks one of numbers, `=` one of bars."""
    return tuple(Column(name.lstrip("#="), name[0] == "#", name[0] == "=") for name in names)


def bars(pairs: Sequence[tuple[int, int]]) -> list[Cell]:
    """A bar for each pair of a whole and its part."""
    most = max((whole for whole, _ in pairs), default=0) or 1
    return [Cell(bar=Bar(whole / most, part / most)) for whole, part in pairs]
