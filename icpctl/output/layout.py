"""The files of a run: which rows and columns they have, what `--columns` names, where they go."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.errors import IcpctlError, Location, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import BinaryIO

    from icpctl.config.model import IcpConfig
    from icpctl.exports.columns.batches import Rejected
    from icpctl.scoring.run import Rows

Form = Literal["jsonl", "csv", "parquet"]
FORMS: dict[str, Form] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
"""A file's extension -> what it holds."""

STDOUT = "-"
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


class Targets(Struct, frozen=True):
    """Where a run's rows and rejected lines go: files, for rows also `-`, or nowhere.

    Raises `IcpctlError`: `unknown_format`, and `bad_usage` where a column's name is taken or
    rejected lines are to go to stdout.
    """

    out: str | None = None
    rejects: str | None = None
    layout: Layout = field(default_factory=Layout)

    def __post_init__(self) -> None:
        _ = self.suffix
        refuse_taken_names(self.layout)
        require_lines(self.rejects)

    @property
    def to_stdout(self) -> bool:
        """Whether stdout gets the rows, so that the report must go elsewhere."""
        return self.out == STDOUT

    @property
    def suffix(self) -> str:
        """The extension that says in which format rows are written."""
        if self.out is None or self.to_stdout:
            return ".jsonl"
        suffix = Path(self.out).suffix.lower()
        if suffix not in FORMS:
            raise _unclear(self.out or "--out ''", f"; {STDOUT} is JSONL on stdout")
        return suffix

    @property
    def has_files(self) -> bool:
        """Whether anything is written."""
        return self.out is not None or self.rejects is not None


def form_of(file: str, option: str) -> Form:
    """Return the format that a file's name says. Raises `IcpctlError` `unknown_format`."""
    form = FORMS.get(Path(file).suffix.lower())
    if form is None:
        raise _unclear(file or f"{option} ''", "")
    return form


def _unclear(file: str, more: str) -> IcpctlError:
    """What is wrong with the name of a file that does not say what it should hold."""
    return IcpctlError(
        "the extension of the file does not say its format",
        "unknown_format",
        Location(file),
        f"end it in one of {', '.join(FORMS)}{more}",
    )


class Writer(Protocol):
    """Takes rows in order."""

    def write(self, rows: Rows) -> None:
        """Write the rows of one batch."""

    def close(self) -> None:
        """Write what the format needs at its end."""


class RowFiles(Struct):
    """Writes what a run hands on; what no file was asked for is dropped."""

    rows: Writer | None = None
    rejects: BinaryIO | None = None

    def write(self, rows: Rows) -> None:
        """Write the rows of a batch."""
        if self.rows:
            self.rows.write(rows)

    def reject(self, rejected: Rejected) -> None:
        """Write a rejected line."""
        if self.rejects:
            self.rejects.write(rejected.as_json().encode() + b"\n")


def refuse_taken_names(layout: Layout) -> None:
    """Refuse to carry a field under the name of a column. Raises `IcpctlError` `bad_usage`."""
    own = layout.all_columns[: len(layout.all_columns) - len(layout.carry)]
    taken = sorted(set(layout.carry) & {*PLACE, *VERDICT, *own})
    if taken:
        raise IcpctlError(
            f"--carry {taken[0]}: the rows already have a column of this name",
            "bad_usage",
            hint=f"quote the path to give it another name: --carry '\"{taken[0]}\"'",
        )


def require_lines(file: str | None, option: str = "--rejects") -> None:
    """Refuse a name for JSON lines that is `-` or that promises another format.

    Raises `IcpctlError`: `bad_usage`, `unknown_format`.
    """
    refuse_stdout(file, option)
    if file is not None and FORMS.get(Path(file).suffix.lower(), "jsonl") != "jsonl":
        message = f"{option} writes JSON lines"
        raise IcpctlError(message, "unknown_format", Location(file), "end it in .jsonl")


def refuse_stdout(file: str | None, option: str) -> None:
    """Refuse to put on stdout what an option writes. Raises `IcpctlError` `bad_usage`."""
    if file == STDOUT:
        hint = f"such as {option.removeprefix('--')}.jsonl"
        raise IcpctlError(f"{option} takes a file, not stdout", "bad_usage", hint=hint)
