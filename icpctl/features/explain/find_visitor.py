"""Finds one visitor in exports, by its line or its id: a scan up to it, or of everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc
from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.errors import IcpctlError, Location, nearest
from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.visitor_keys import exact_form
from icpctl.mappings.mapping import ID
from icpctl.values.typed_columns import scalar_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from icpctl.exports.columns.batches import Batch
    from icpctl.exports.files.sources import Source
    from icpctl.exports.readers.reading import Reader
    from icpctl.exports.visitor_scan import Scan
    from icpctl.mappings.mapping import Mapping

_COMPARED_IDS = 1_000  # ids in which a misspelt one is looked for


class Found(Struct, frozen=True):
    """One visitor: its place, its record as a batch of one row, and how many more have its id."""

    source: Source
    line: int
    row: pa.RecordBatch
    more: int = 0


def by_line(scan: Scan, line: int) -> Found:
    """Return the visitor on a line of the scan's only source; the first is 1.

    Where records are rolled up it is the visitor that the record on this line belongs to.
    Raises `IcpctlError`: `no_such_line`, and `rejected` where the line is not a record.
    """
    ((source, mapping),) = scan.mapped
    if mapping.by:
        line = _first_line(source, line, mapping, scan.reader)
    return _found(source, line, scan.batches())


def _first_line(source: Source, line: int, mapping: Mapping, reader: Reader) -> int:
    """Return the line of the first record that has the key of the record on `line`."""
    from icpctl.exports.merge_events import BY, keys_of

    columns = Columns.of(mapping, {BY: mapping.by})
    reader = replace(reader, columns=columns, reads_again=True)
    (key,) = keys_of(_found(source, line, reader.read(source)).row)
    for batch in reader.read(source) if key.is_valid else ():
        at = pc.index(keys_of(batch.table), key).as_py()
        if at >= 0:
            return int(batch.lines[at])
    return line


def by_ids(scan: Scan, wanted: Sequence[str]) -> list[Found]:
    """Return the first visitor with each of these ids, in their order, in one scan.

    Raises `IcpctlError` `no_such_visitor`, with the nearest id where there is one.
    """
    searches = {visitor_id: _Search(visitor_id) for visitor_id in wanted}
    searched = _Searched()
    for batch in scan.batches():
        ids = scalar_texts(batch.table[ID])
        searched.add(ids, batch)
        for search in searches.values():
            search.look_at(ids, batch)
    return [searches[visitor_id].result(searched) for visitor_id in wanted]


class _Search(Struct):
    """The search for one id: the first visitor with it, how many more, and what is like it.

    As where ids join, spaces around them do not count.
    """

    wanted: str
    first: Found | None = None
    more: int = 0
    like: str | None = None  # equal but for letter case, or containing it

    def look_at(self, ids: pa.Array, batch: Batch) -> None:
        """Look for the id in a batch with these ids."""
        rows = pc.indices_nonzero(pc.equal(exact_form(ids), self.wanted.strip())).to_pylist()
        if rows and self.first is None:
            row, *rows = rows
            self.first = Found(batch.source, int(batch.lines[row]), batch.table.slice(row, 1))
        self.more += len(rows)
        if self.first is None:
            self.like = self.like or _containing(ids, self.wanted.strip())

    def result(self, searched: _Searched) -> Found:
        """Return the visitor when all is read."""
        if self.first is None:
            like = self.like or nearest(self.wanted, searched.some)
            raise _no_such_visitor(self.wanted, searched, like)
        return replace(self.first, more=self.more)


def _containing(ids: pa.Array, text: str) -> str | None:
    if not text:
        return None
    held = pc.match_substring(ids, text, ignore_case=True)
    found = ids.filter(pc.fill_null(held, False))
    return min(found[:_COMPARED_IDS].to_pylist(), key=len, default=None)


class _Searched(Struct):
    """What was read in vain: visitors, those of them that have an id, and rejected lines."""

    visitors: int = 0
    with_id: int = 0
    rejected: int = 0
    some: list[str] = field(default_factory=list)

    def add(self, ids: pa.Array, batch: Batch) -> None:
        """Count a batch."""
        self.visitors += len(ids)
        self.with_id += len(ids) - ids.null_count
        self.rejected += len(batch.rejected)
        self.some += ids.drop_null()[: _COMPARED_IDS - len(self.some)].to_pylist()


def _no_such_visitor(wanted: str, searched: _Searched, meant: str | None) -> IcpctlError:
    if not searched.visitors and searched.rejected:
        hint = "no line here is a visitor; run icpctl inspect to see why"
    elif not searched.visitors:
        hint = "the export is empty"
    elif not searched.with_id:
        hint = "no visitor here has an id: use --line, or a --mapping that says where the ids are"
    elif meant:
        hint = f"did you mean {meant}?"
    else:
        is_one = searched.with_id == 1
        were = "visitor with an id was" if is_one else "visitors with an id were"
        hint = f"{searched.with_id:,} {were} read"
    return IcpctlError(f"no visitor with the id {wanted!r}", "no_such_visitor", hint=hint)


def _found(source: Source, line: int, batches: Iterator[Batch]) -> Found:
    """Return the visitor on a line of what is read."""
    place = Location(source.name, line)
    last = lines = 0
    for batch in batches:
        lines += batch.line_count
        for rejected in batch.rejected:
            last = max(last, rejected.line)
            if rejected.line == line:
                raise IcpctlError(
                    f"this line is not a visitor: {rejected.reason}", "rejected", place
                )
        at = int(batch.lines.searchsorted(line))
        if at < len(batch.lines) and batch.lines[at] == line:
            return Found(source, line, batch.table.slice(at, 1))
        last = max(last, *batch.lines[-1:].tolist(), 0)
    if last > line or lines >= line:
        raise IcpctlError(_NOTHING_ON[source.format], "no_such_line", place)
    raise _no_such_line(source, line, lines if source.format == "json" else last)


_NOTHING_ON = {
    "json": "this line is blank",
    "csv": "no row begins on this line",
    "parquet": "the file has no such row",
    "workbook": "this row has no record",
}


def _no_such_line(source: Source, line: int, last: int) -> IcpctlError:
    if source.format == "json":
        what, hint = "line", f"the file has {last:,} line{'' if last == 1 else 's'}"
    else:
        what = "row" if source.format in ("parquet", "workbook") else "line"
        hint = f"the last row is on line {last:,}" if last else "the file has no rows"
    return IcpctlError(f"no {what} {line:,}", "no_such_line", Location(source.name), hint)
