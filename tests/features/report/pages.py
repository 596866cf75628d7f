"""Reads reports as browsers and Markdown readers do."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "input", "br", "rect"}


@dataclass
class Table:
    """A table: its caption, and its rows with the head first; a column of bars is left out."""

    caption: str = ""
    rows: list[list[str]] = field(default_factory=list)


@dataclass
class PageText(HTMLParser):
    """A page: its tables, scripts, styles, policy, headline figures and all attributes."""

    tables: list[Table] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str | None]] = field(default_factory=list)
    headlines: dict[str, str] = field(default_factory=dict)
    headings: list[str] = field(default_factory=list)
    policy: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self._text: list[str] = []
        self._classes: list[str] = []
        self._name = ""
        self._is_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"] or ""
        if tag in _VOID:
            return
        self._open.append(tag)
        if tag == "table":
            self.tables.append(Table())
        if tag == "tr":
            self.tables[-1].rows.append([])
        if tag in ("caption", "th", "td", "dt", "dd", "h1", "h2", "h3", "script", "style"):
            self._text = []
            self._classes = (found.get("class") or "").split()
            self._is_data = found.get("type") == "application/json"
        if tag in ("small", "li"):
            self._text.append(" ")

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        assert self._open.pop() == tag, f"{tag} is not closed in its place"
        text = "".join(self._text)
        words = " ".join(text.split())
        if tag == "caption":
            self.tables[-1].caption = words
        elif tag in ("th", "td") and "bars" not in self._classes:
            self.tables[-1].rows[-1].append(words)
        elif tag == "script":
            (self.data if self._is_data else self.scripts).append(text)
        elif tag == "style":
            self.styles.append(text)
        elif tag == "dt":
            self._name = words
        elif tag == "dd":
            self.headlines[self._name] = words
        elif tag in ("h1", "h2", "h3"):
            self.headings.append(words)


def read_page(text: str) -> PageText:
    """The page of an HTML text, every element of which is closed in its place."""
    found = PageText()
    found.feed(text)
    found.close()
    return found


def read_markdown(text: str) -> list[list[list[str]]]:
    """The tables of a Markdown text, the head of each first."""
    tables: list[list[list[str]]] = []
    inside = False
    for line in text.splitlines():
        if not line.startswith("| "):
            inside = inside and line.startswith("|--")
            continue
        if not inside:
            tables.append([])
            inside = True
        cells = re.split(r"(?<!\\)\|", line.strip()[1:-1])
        tables[-1].append([_shown(cell.strip()) for cell in cells])
    return tables


def _shown(cell: str) -> str:
    """A cell as a reader shows it."""
    parts = []
    for part in cell.split("<br>"):
        code = re.fullmatch(r"(`+) (.*) \1", part)
        plain = re.sub(r"\\([^\w\s])", r"\1", part)
        parts.append(code[2].replace("\\|", "|") if code else html.unescape(plain))
    return " ".join(" ".join(parts).split())
