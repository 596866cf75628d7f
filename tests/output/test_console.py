"""Tables: laid out and folded on terminals, whole lines in pipes; colour where it is wanted."""

from __future__ import annotations

import io
import sys

import pytest

from icpctl.output.console import is_coloured, shown, table

COLUMNS = ["SLUG", "LABEL"]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def printed(
    monkeypatch: pytest.MonkeyPatch,
    rows: list[list[str]],
    stream: io.StringIO,
    width: int = 40,
    folds: str = "",
) -> str:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", stream)
    table(COLUMNS, rows, folds)
    return stream.getvalue()


def test_pipes_get_aligned_and_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["a", "x" * 500], ["b", "one\ttwo\nthree\x1b[31m"]]
    assert printed(monkeypatch, rows, io.StringIO()) == (
        f"SLUG  LABEL\na     {'x' * 500}\nb     one\\ttwo\\nthree\\x1b[31m\n"
    )


def test_terminals_get_folded_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed(monkeypatch, [["a", "x" * 100], ["b", "[bold]:smile:[/x]"]], Terminal())
    assert text.count("x") == 101
    assert "…" not in text
    assert "[bold]:smile:[/x]" in text
    assert max(map(len, text.splitlines())) <= 40


def test_the_column_for_text_folds_first(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["a-slug-of-some-length", "some words that need more room"]]
    lines = printed(monkeypatch, rows, Terminal(), folds="LABEL").splitlines()
    assert lines[1].startswith(rows[0][0])
    assert " ".join(line[23:].strip() for line in lines[1:]) == rows[0][1]


@pytest.mark.parametrize("width", [10, 20, 30, 45, 80, 200])
@pytest.mark.parametrize("folds", ["", "LABEL"])
def test_no_width_cuts_a_cell(monkeypatch: pytest.MonkeyPatch, width: int, folds: str) -> None:
    row = ["s" * 33, "l" * 77]
    text = printed(monkeypatch, [row], Terminal(), width, folds)
    assert (text.count("s"), text.count("l")) == (33, 77)
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize(
    ("env", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch, env: dict[str, str], coloured: bool
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert is_coloured(Terminal()) is coloured
    assert not is_coloured(io.StringIO())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain é 会社 🚀", "plain é 会社 🚀"),
        ("a\x00\x1b\n\x7f", "a\\x00\\x1b\\n\\x7f"),
        ("\u202egpj", "\\u202egpj"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_escape(text: str, expected: str) -> None:
    assert shown(text) == expected
