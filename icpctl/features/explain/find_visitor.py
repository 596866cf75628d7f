"""Finds one visitor in exports, by its line or its id, as far as can be without reading the others.

In JSON lines bytes are searched, which is faster than parsing by far; then the one line is read
as ever, alone in a file. Where bytes cannot tell, and in tables and roll-ups, all is read.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from icpctl.errors import IcpctlError, Location
from icpctl.exports.columns import Columns
from icpctl.exports.lines import whole_lines
from icpctl.mappings.mapping import ID
from icpctl.mappings.paths import Constant, conversion
from icpctl.values.json_records import NotARecordError, parse_record
from icpctl.values.typed_columns import scalar_texts
from icpctl.vocabulary import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.exports.lines import Instead
    from icpctl.exports.reading import Batch, Reader
    from icpctl.exports.sources import Source
    from icpctl.exports.visitor_scan import Scan
    from icpctl.mappings.mapping import Mapping, Path

# Ids that no writer of JSON has a reason to escape, and that are no numbers, which have no quotes.
_PLAIN_ID = re.compile(r"(?!-?[0-9.]+([eE][0-9]+)?$|true$|false$)[A-Za-z0-9_.:@-]+")
_MOST_OTHERS = 1_000  # lines that have the id elsewhere; with more of them, parsing is faster
_COMPARED_IDS = 1_000  # ids in which a misspelt one is looked for


@dataclass(frozen=True, slots=True)
class Found:
    """One visitor: its place, its record as a batch of one row, and how many more have its id."""

    source: Source
    line: int
    row: pa.RecordBatch
    more: int = 0


def by_line(scan: Scan, line: int) -> Found:
    """The visitor on a line of the scan's only source; the first is 1.

    Where records are rolled up it is the visitor that the record on this line belongs to.
    Raises `IcpctlError`: `no_such_line`, and `rejected` where the line is no record.
    """
    ((source, mapping),) = scan.mapped
    if mapping.by:
        begin = _first_line(source, line, mapping.by, scan.reader)
        return _found(source, begin, scan.batches())
    scan.reader.columns = scan.columns_of(mapping)
    return _record_on(source, line, scan.reader)


def by_id(scan: Scan, wanted: str) -> Found:
    """The first visitor with this id.

    Raises `IcpctlError` `no_such_visitor`, with the nearest id where there is one.
    """
    by_bytes = _PLAIN_ID.fullmatch(wanted) and all(
        source.format == "json" and _has_ids_as_written(mapping) for source, mapping in scan.mapped
    )
    visitor = _by_bytes(scan, wanted) if by_bytes else None
    return visitor or _by_parsing(scan, wanted)


def _has_ids_as_written(mapping: Mapping) -> bool:
    """Whether a visitor's id stands in its record, and in no other of the visitor."""
    paths = mapping.paths[ID]
    return not mapping.by and not any(conversion(it) or isinstance(it[0], Constant) for it in paths)


def _record_on(source: Source, line: int, reader: Reader) -> Found:
    if source.format != "json":
        return _found(source, line, reader.read(source))
    last = 0
    for before, piece in _pieces(source):
        ends = piece.count(b"\n") if isinstance(piece, bytes) else 1
        last = before + ends
        if isinstance(piece, bytes):
            last += not piece.endswith(b"\n")
        if last >= line:
            if not isinstance(piece, bytes):  # too long, or damaged: the reader says what it is
                return _found(source, line, reader.read(source))
            return _alone(source, line, piece.split(b"\n")[line - before - 1], reader)
    raise _no_such_line(source, line, last)


def _first_line(source: Source, line: int, by: tuple[Path, ...], reader: Reader) -> int:
    """The line of the first record that has the key of the record on `line`."""
    from icpctl.exports.merge_events import BY, keys_of

    reader.columns = Columns({BY: by})
    (key,) = keys_of(_record_on(source, line, reader).row)
    for batch in reader.read(source) if key.is_valid else ():
        at = pc.index(keys_of(batch.table), key).as_py()
        if at >= 0:
            return int(batch.lines[at])
    return line


def _by_bytes(scan: Scan, wanted: str) -> Found | None:
    """The first visitor with this id, or None where bytes cannot tell."""
    needle = f'"{wanted}"'.encode()
    first: Found | None = None
    others = more = 0
    for source, mapping in scan.mapped:
        scan.reader.columns = scan.columns_of(mapping)
        for line, data in _lines_with(source, needle):
            if _id_on(data, scan.reader) != wanted:
                others += 1
                if others > _MOST_OTHERS:
                    return None
            elif first:
                more += 1
            else:
                with suppress(IcpctlError):  # a record that is rejected all the same
                    first = _alone(source, line, data, scan.reader)
    return first and replace(first, more=more)


def _by_parsing(scan: Scan, wanted: str) -> Found:
    first: Found | None = None
    more = 0
    searched = _Searched()
    like: str | None = None  # equal but for letter case, or containing it
    some: list[str] = []
    for batch in scan.batches():
        ids = scalar_texts(batch.table[ID])
        searched.add(ids, batch)
        rows = pc.indices_nonzero(pc.equal(ids, wanted)).to_pylist()
        if rows and first is None:
            at, *rows = rows
            first = Found(batch.source, int(batch.lines[at]), batch.table.slice(at, 1))
        more += len(rows)
        if first is None:
            like = like or _containing(ids, wanted.strip())
            some += ids.drop_null()[: _COMPARED_IDS - len(some)].to_pylist()
    if first is None:
        raise _no_such_visitor(wanted, searched, like or nearest(wanted, some))
    return replace(first, more=more)


def _containing(ids: pa.Array, text: str) -> str | None:
    if not text:
        return None
    held = pc.match_substring(ids, text, ignore_case=True)
    alike = ids.filter(pc.fill_null(held, False))
    return min(alike[:_COMPARED_IDS].to_pylist(), key=len, default=None)


@dataclass(slots=True)
class _Searched:
    """What was read in vain: visitors, those of them that have an id, and rejected lines."""

    visitors: int = 0
    with_id: int = 0
    rejected: int = 0

    def add(self, ids: pa.Array, batch: Batch) -> None:
        """Count a batch."""
        self.visitors += len(ids)
        self.with_id += len(ids) - ids.null_count
        self.rejected += len(batch.rejected)


def _no_such_visitor(wanted: str, searched: _Searched, meant: str | None) -> IcpctlError:
    if not searched.visitors and searched.rejected:
        hint = "no line here is a visitor: icpctl inspect says what is wrong with them"
    elif not searched.visitors:
        hint = "there are no visitors here: the export is empty"
    elif not searched.with_id:
        hint = "no visitor here has an id: use --line, or say with --mapping where ids are"
    elif meant:
        hint = f"did you mean {meant}?"
    else:
        is_one = searched.with_id == 1
        were = "visitor with an id was" if is_one else "visitors with an id were"
        hint = f"{searched.with_id:,} {were} read"
    return IcpctlError(f"there is no visitor {wanted!r}", "no_such_visitor", hint=hint)


def _lines_with(source: Source, needle: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that hold `needle`, which has no line end, with their numbers."""
    for before, piece in _pieces(source):
        if not isinstance(piece, bytes):
            continue
        done, number = 0, before + 1
        at = piece.find(needle)
        while at >= 0:
            start = piece.rfind(b"\n", done, at) + 1 or done
            number += piece.count(b"\n", done, start)
            end = piece.find(b"\n", at)
            done = len(piece) if end < 0 else end
            yield number, piece[start:done]
            at = piece.find(needle, done)


def _pieces(source: Source) -> Iterator[tuple[int, bytes | Instead]]:
    """The file in pieces of whole lines, each with the number of lines before it."""
    stream, raw = source.open()
    before = 0
    with raw:
        for piece in whole_lines(stream):
            data = bytes(piece) if isinstance(piece, memoryview) else piece
            yield before, data
            before += data.count(b"\n") if isinstance(data, bytes) else 1


def _alone(source: Source, line: int, data: bytes, reader: Reader) -> Found:
    """The visitor on a line, read from a file of its own, where it is the first line if it was."""
    path = reader.spool / "one-line.jsonl"
    lead = b"" if line == 1 else b"\n"
    path.write_bytes(lead + data + b"\n")
    alone = replace(source, path=path, size=len(data), compression=None)
    visitor = _found(alone, 1 + len(lead), reader.read(alone), shown=line)
    return replace(visitor, source=source, line=line)


def _found(source: Source, line: int, batches: Iterator[Batch], shown: int | None = None) -> Found:
    """The visitor on a line of what is read; `shown` is the line's number for people."""
    place = Location(source.name, shown or line)
    last = 0
    for batch in batches:
        for rejected in batch.rejected:
            last = max(last, rejected.line)
            if rejected.line == line:
                raise IcpctlError(f"this line is no visitor: {rejected.reason}", "rejected", place)
        at = int(batch.lines.searchsorted(line))
        if at < len(batch.lines) and batch.lines[at] == line:
            return Found(source, line, batch.table.slice(at, 1))
        last = max(last, *batch.lines[-1:].tolist(), 0)
    if last > line or source.format == "json":
        raise IcpctlError(_NOTHING_ON[source.format], "no_such_line", place)
    raise _no_such_line(source, line, last)


def _id_on(data: bytes, reader: Reader) -> str | None:
    """The id of the record on a line; None where there is none."""
    try:
        values = reader.columns.values(parse_record(data))
    except NotARecordError:
        return None
    token = dict(zip(reader.columns.paths, values, strict=True))[ID]
    visitor_id: str | None = scalar_texts(pa.array([token], pa.string()))[0].as_py()
    return visitor_id


_NOTHING_ON = {
    "json": "this line is blank",
    "csv": "no row begins on this line",
    "parquet": "there is no such row",
}


def _no_such_line(source: Source, line: int, last: int) -> IcpctlError:
    if source.format == "json":
        what, hint = "line", f"the file has {last:,} line{'' if last == 1 else 's'}"
    else:
        what = "row" if source.format == "parquet" else "line"
        hint = f"the last row is on line {last:,}" if last else "the file has no rows"
    return IcpctlError(f"there is no {what} {line:,}", "no_such_line", Location(source.name), hint)
