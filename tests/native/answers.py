"""What a scanner answers, in a form in which two of them can be compared."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from icpctl.exports.scanner import native_library
from icpctl.exports.scanner.blocks import PADDING, Block
from icpctl.exports.scanner.native_scanner import NativeScanner
from icpctl.exports.scanner.python_scanner import PythonScanner
from icpctl.exports.scanner.scan_results import ANY, ELEMENTS, CsvHeader, Kind, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpctl.exports.scanner.scan_results import Scanner

WANTED = (
    Wanted(("a",)),
    Wanted(("b",), Kind.STRING | Kind.NUMBER),
    Wanted(("c",), ANY, brief=Kind.OBJECT | Kind.LIST),
    Wanted(("c", "d")),
    Wanted(("c", "e", "f")),
    Wanted(("company_size",)),
    Wanted(("companySize",)),
    Wanted(("é",)),
    Wanted(("",)),
    Wanted(("p",)),
    Wanted(("p", ELEMENTS)),
    Wanted(("p", ELEMENTS, "url")),
    Wanted(("p", ELEMENTS, "q", ELEMENTS, "r")),
    Wanted(("l", ELEMENTS, ELEMENTS)),
)
NAMES = ("a", "Company Size", "p", "c.d", "", "companySize", "B", "c")
HEADER = CsvHeader(NAMES, 6, b"B")


@dataclass(frozen=True)
class Answers:
    """Everything that a scanner says of some bytes."""

    lines: list[int]
    next_line: int
    rejected: list[tuple[object, ...]]
    doubtful: int
    columns: list[list[object]]

    @classmethod
    def of(cls, scanner: Scanner, wanted: Sequence[Wanted]) -> Answers:
        """What `scanner` says of all that it has read since it was cleared."""
        rejected = [(r.line, r.reason, r.at, r.raw, r.words) for r in scanner.rejected]
        columns = [_columns(scanner, index) for index in range(len(wanted))]
        return cls(scanner.lines.tolist(), scanner.next_line, rejected, scanner.doubtful, columns)


def _columns(scanner: Scanner, index: int) -> list[object]:
    """The values of each column that has any, with the offsets of all tables above it."""
    answer: list[object] = []
    for column in scanner.columns(index):
        assert column.codes.dtype == column.offsets.dtype == "int32"
        values = column.values()
        if any(value is not None for value in values):
            answer.append((values, _offsets(scanner, column.table)))
    return answer


def _offsets(scanner: Scanner, table: int) -> list[list[int]]:
    offsets = []
    while table:
        rows = scanner.table(table)
        offsets.append(rows.offsets.tolist())
        table = rows.parent
    return offsets


def native(wanted: Sequence[Wanted] = WANTED) -> NativeScanner:
    """A compiled scanner."""
    if os.environ.get(native_library.ENVIRONMENT) == "0":
        pytest.skip("the compiled scanner is not wanted")
    library = native_library.load()
    assert library, "the scanner was not compiled when icpctl was installed"
    return NativeScanner(library, wanted)


def python(wanted: Sequence[Wanted] = WANTED) -> PythonScanner:
    """A scanner in Python."""
    return PythonScanner(wanted)


def read(scanner: Scanner, parts: Iterable[bytes], delimiter: bytes = b"") -> None:
    """Let a scanner read a stream that comes in parts; CSV if there is a delimiter."""
    block = Block()
    for part in parts:
        block.append(part)
        _read(scanner, block, delimiter, is_last=False)
    _read(scanner, block, delimiter, is_last=True)
    assert not len(block)


def _read(scanner: Scanner, block: Block, delimiter: bytes, *, is_last: bool) -> None:
    # What lies after the data must not matter.
    start = block._end
    block._view[start : start + PADDING] = (b'"\\{[:,0tn\n' * PADDING)[:PADDING]
    if delimiter:
        scanner.scan_csv(block, delimiter=delimiter, is_last=is_last)
    else:
        scanner.scan_json(block, is_last=is_last)


def parts_of(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    """The data cut at these offsets."""
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in pairwise(places)]


def answers(
    scanner: Scanner,
    parts: Iterable[bytes],
    delimiter: bytes = b"",
    *,
    wanted: Sequence[Wanted] = WANTED,
) -> Answers:
    """What a scanner, cleared before, says of a stream that comes in parts."""
    scanner.clear(line=1, at_start=True, max_bytes=1 << 16)
    if delimiter:
        scanner.header(HEADER)
    read(scanner, parts, delimiter)
    return Answers.of(scanner, wanted)
