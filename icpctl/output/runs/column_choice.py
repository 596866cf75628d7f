"""`--columns`: which columns rows have, in which order, and under which names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from icpctl.errors import IcpctlError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection

_NEXT = re.compile(r"[^,]*")
_NAME = re.compile(r"[^,=]*")


def chosen_columns(texts: list[str], known: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return the names and headers that `NAME[=HEADER],...` choose of the `known` columns.

    Raises `IcpctlError` `bad_usage`: an unknown name, an empty header, a header given twice.
    """
    chosen = tuple(column for text in texts for column in _columns(text, known))
    headers = [header for _, header in chosen]
    twice = next((header for header in headers if headers.count(header) > 1), None)
    if twice is not None:
        raise IcpctlError(
            f"--columns: two columns are called {twice!r}",
            "bad_usage",
            hint="give one of them another name with NAME=HEADER, or leave it out",
        )
    return chosen


def _columns(text: str, known: Collection[str]) -> list[tuple[str, str]]:
    columns = []
    start = 0
    while start <= len(text):
        name = _name_at(text, start, known)
        end = start + len(name)
        header = name
        if text[end : end + 1] == "=":
            header = _matched(_NEXT, text, end + 1)
            end += 1 + len(header)
        if not header:
            raise IcpctlError(
                f"--columns: {name} has an empty header", "bad_usage", hint="write NAME=HEADER"
            )
        columns.append((name, header))
        start = end + 1
    return columns


def _name_at(text: str, start: int, known: Collection[str]) -> str:
    """Return the longest known name at a place: the path of a carried field may have commas."""
    for name in sorted(known, key=len, reverse=True):
        if text.startswith(name, start) and text[start + len(name) :][:1] in ("", ",", "="):
            return name
    unknown = _matched(_NAME, text, start)
    meant = nearest(unknown, known)
    listed = f"the columns are {', '.join(known)}; --carry adds fields of the record"
    raise IcpctlError(
        f"--columns: unknown column {unknown!r}",
        "bad_usage",
        hint=f"did you mean {meant}? {listed}" if meant else listed,
    )


def _matched(pattern: re.Pattern[str], text: str, start: int) -> str:
    match = pattern.match(text, start)
    return match.group() if match else ""
