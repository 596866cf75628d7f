"""Which rows and columns a file of verdicts has, and what `--columns` makes of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from icpctl.errors import IcpctlError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from icpctl.config.model import IcpConfig

Form = Literal["jsonl", "csv", "parquet"]
FORMS: dict[str, Form] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
"""A file's extension -> what it holds."""

PLACE = ("source", "line")
VERDICT = ("id", "icp_match", "icp", "icp_score", "matches")
TIER, EXCLUDED_BY, WHY = "icp_tier", "excluded_by", "why"


class Layout(Struct, frozen=True):
    """Which rows and columns are written; those of tiers and exclusions where these are in use.

    `chosen` are the names of columns with their headers, in order, in place of all.
    """

    only_matched: bool = False
    with_line: bool = False
    carry: tuple[str, ...] = ()
    with_tier: bool = False
    with_exclusion: bool = False
    with_why: bool = False
    chosen: tuple[tuple[str, str], ...] = ()

    def used_by(self, configs: Iterable[IcpConfig], tiers: Collection[str]) -> Layout:
        """Return the layout with the columns that these configs and tiers have need of."""
        excludes = any(config.exclude for config in configs)
        return replace(self, with_tier=bool(tiers), with_exclusion=excludes)

    def choose(self, columns: list[str]) -> Layout:
        """Return the layout with the columns that `NAME[=HEADER],...` name; all where none is.

        Naming `why` asks for it. Raises `IcpctlError` `bad_usage`.
        """
        if not columns:
            return self
        chosen = _chosen_columns(columns, self.known)
        names_why = any(name == WHY for name, _ in chosen) and WHY not in self.carry
        return replace(self, chosen=chosen, with_why=names_why)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names in order."""
        return tuple(name for name, _ in self.chosen) or self.all_columns

    @property
    def headers(self) -> tuple[str, ...]:
        """What the columns are called in the file, in order."""
        return tuple(header for _, header in self.chosen) or self.all_columns

    @property
    def known(self) -> tuple[str, ...]:
        """The columns that may be chosen."""
        return (*PLACE, *VERDICT, TIER, EXCLUDED_BY, WHY, *self.carry)

    @property
    def all_columns(self) -> tuple[str, ...]:
        """The columns' names in order where none are chosen."""
        place = PLACE if self.with_line else ()
        tier = [TIER] if self.with_tier else []
        exclusion = [EXCLUDED_BY] if self.with_exclusion else []
        why = [WHY] if self.with_why else []
        return (*place, *VERDICT, *tier, *exclusion, *why, *self.carry)


def _chosen_columns(texts: list[str], known: Collection[str]) -> tuple[tuple[str, str], ...]:
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
            header = text[end + 1 :].partition(",")[0]
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
    unknown = re.split("[,=]", text[start:], maxsplit=1)[0]
    meant = nearest(unknown, known)
    listed = f"the columns are {', '.join(known)}; --carry adds fields of the record"
    raise IcpctlError(
        f"--columns: unknown column {unknown!r}",
        "bad_usage",
        hint=f"did you mean {meant}? {listed}" if meant else listed,
    )
