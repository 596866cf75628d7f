"""The files of a run, whole or not at all: one row per visitor, and the lines that are rejected."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from icpctl.errors import IcpctlError, Location
from icpctl.files import replacing
from icpctl.output.runs.layout import FORMS, PLACE, VERDICT, Layout
from icpctl.output.runs.verdict_rows import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from icpctl.exports.columns.batches import Rejected
    from icpctl.output.runs.layout import Form
    from icpctl.output.runs.verdict_rows import Writer
    from icpctl.scoring.run import Rows

STDOUT = "-"


class Targets(Struct, frozen=True):
    """Where a run's rows and rejected lines go: files, for rows also `-`, or nowhere.

    Raises `IcpctlError`: `unknown_format`, and `bad_usage` where a column's name is taken or
    rejected lines are to go to stdout.
    """

    out: str | None = None
    rejects: str | None = None
    layout: Layout = field(default_factory=Layout)

    def __post_init__(self) -> None:
        _ = self.writer
        refuse_taken_names(self.layout)
        require_lines(self.rejects)

    @property
    def to_stdout(self) -> bool:
        """Whether stdout gets the rows, so that the report must go elsewhere."""
        return self.out == STDOUT

    @property
    def writer(self) -> Callable[[BinaryIO, Layout], Writer]:
        """What writes rows in the format that the file's name says."""
        if self.out is None or self.to_stdout:
            return FORMATS[".jsonl"]
        suffix = Path(self.out).suffix.lower()
        if suffix not in FORMATS:
            raise _unclear(self.out or "--out ''", f"; {STDOUT} is JSONL on stdout")
        return FORMATS[suffix]


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
        f"end it in one of {', '.join(FORMATS)}{more}",
    )


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


@contextmanager
def row_files(targets: Targets) -> Iterator[RowFiles]:
    """Yield what writes a run's files, which appear when the block ends without an error.

    Raises `IcpctlError` `not_written`.
    """
    files = RowFiles()
    with ExitStack() as stack:
        if targets.out is not None:
            file = (
                sys.stdout.buffer
                if targets.to_stdout
                else stack.enter_context(replacing(Path(targets.out)))
            )
            # Closed in any case: what a writer has not closed, it complains about at the end.
            files.rows = stack.enter_context(closing(targets.writer(file, targets.layout)))
        if targets.rejects is not None:
            files.rejects = stack.enter_context(replacing(Path(targets.rejects)))
        yield files


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
