"""Findings as people read them: the source line, the caret under its place, nothing unsafe."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from icpctl.errors import Finding, Location
from icpctl.features.editing.output.config_lists import LISTS, SINGLES
from icpctl.output.console import FindingsFormat, ListFormat, SingleFormat
from icpctl.output.findings import FORMATS, Report, findings_text


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def shown(data: bytes, line: int | None, column: int | None, code: str = "ICP101") -> list[str]:
    Path("a.yaml").write_bytes(data)
    finding = Finding(code, "error", "wrong", Location("a.yaml", line, column), "mend it")
    first, *lines, last = findings_text([finding]).splitlines()
    assert first.endswith(f"error[{code}] wrong")
    assert last == "  hint: mend it"
    return lines


@pytest.mark.parametrize(
    ("data", "line", "column", "expected"),
    [
        (b"label: x\n", 1, 8, ["  1 | label: x", "    |        ^"]),
        (b"a\r\nb\rlabel: x", 3, 8, ["  3 | label: x", "    |        ^"]),
        (b"\n" * 11 + b"label: x\n", 12, 1, ["  12 | label: x", "     | ^"]),
        (b"label:\t x\n", 1, 9, ["  1 | label:  x", "    |         ^"]),
        ("会社: x\n".encode(), 1, 5, ["  1 | 会社: x", "    |       ^"]),
        ("e\u0301: x\n".encode(), 1, 5, ["  1 | e\u0301: x", "    |    ^"]),
        (b"\xef\xbb\xbflabel: x\n", 1, 8, ["  1 | label: x", "    |        ^"]),
        (b"a\x1b[31m: x\n", 1, 9, ["  1 | a\\x1b[31m: x", "    |            ^"]),
        (b"label: \xff\n", 1, 8, ["  1 | label: \ufffd", "    |        ^"]),
        (b"label: x", 1, 9, ["  1 | label: x", "    |         ^"]),
        (b"label: x\n", 2, 1, []),
        (b"\n", 1, 1, []),
        (b"label: x\n", None, None, []),
    ],
)
def test_the_caret_stands_under_the_place(
    data: bytes, line: int | None, column: int | None, expected: list[str]
) -> None:
    assert shown(data, line, column) == expected


def test_a_finding_about_the_file_itself_shows_no_line() -> None:
    assert shown(b"label: x\n", 1, 1, "ICP015") == []


@pytest.mark.parametrize("column", [1, 50, 51, 500, 951, 999, 1000])
def test_of_a_long_line_the_part_around_the_caret_is_shown(column: int) -> None:
    letters = "".join(chr(ord("a") + number % 26) for number in range(1000))
    source, caret = shown(letters.encode(), 1, column)
    assert max(len(source), len(caret)) <= 80
    assert source[caret.index("^")] == letters[column - 1]


def test_a_file_that_is_gone_is_no_error() -> None:
    finding = Finding("ICP101", "error", "wrong", Location("gone.yaml", 1, 1))
    assert findings_text([finding]) == "gone.yaml:1:1: error[ICP101] wrong\n"


def test_colour_is_added_only() -> None:
    Path("a.yaml").write_text("label: x\n")
    finding = Finding("ICP101", "warning", "wrong", Location("a.yaml", 1, 1), "mend it")
    coloured = findings_text([finding], colour=True)
    plain = findings_text([finding])
    for style in ("\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[1;33m", "\x1b[0m"):
        assert style in coloured
        coloured = coloured.replace(style, "")
    assert coloured == plain


@pytest.mark.parametrize(
    ("severities", "summary"),
    [
        ("", "0 errors, 0 warnings in 1 file"),
        ("e", "1 error, 0 warnings in 1 file"),
        ("eww", "1 error, 2 warnings in 1 file"),
    ],
)
def test_the_summary_counts(severities: str, summary: str) -> None:
    names = {"e": "error", "w": "warning"}
    findings = [Finding("ICP101", names[it], "", Location("a")) for it in severities]  # type: ignore[arg-type]
    assert Report(1, findings).summary() == summary


def test_every_format_has_its_function() -> None:
    assert list(FORMATS) == list(get_args(FindingsFormat))
    assert list(LISTS) == list(get_args(ListFormat))
    assert list(SINGLES) == list(get_args(SingleFormat))
