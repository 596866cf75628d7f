"""Reads exports at the speed of the parse, and loses nothing on the way (SPEC 6).

DuckDB turns a file into batches of columns, and `Lines` walks the same bytes beside it. A batch's
rows are the file's lines that are not blank, in order; rows without any value and lines that look
wrong are looked at one by one, in Python: what is a record after all is put in its place, and the
rest is rejected with its line number and reason.
"""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.errors import IcpctlError, Location
from icpctl.exports.columns import Columns
from icpctl.exports.engine import connect
from icpctl.exports.lines import DamagedError, Lines, Picked, TooLong, whole_lines
from icpctl.exports.prefetch import ahead
from icpctl.mappings.mapping import LAST_SEEN, PAGES
from icpctl.timings import Timings
from icpctl.values import json_records
from icpctl.values.text_search import bytes_of
from icpctl.vocabulary import CONDITION_TYPES, Kind

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    import duckdb

    from icpctl.exports.field_warnings import Misfits
    from icpctl.exports.sources import Source
    from icpctl.exports.tables import Piece

BATCH_ROWS = 61_440
"""Rows of a batch. Few, so that scoring begins and writing ends soon; fewer cost more a row."""

_AHEAD = 3
"""Batches parsed before they are asked for. DuckDB stops where nobody takes what it has, and
parses some batches at once when it goes on; with fewer than those scoring waits for them."""

_SAMPLE_LINES = 200
_TAKEN = 10  # lines of a sample that are looked at together
_SAMPLE_BYTES = 1024 * 1024  # of a line
_SAFE_NAME = re.compile(r"[A-Za-z0-9/_.,+ -]+")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is no record. `raw` is None for a line over 16 MiB."""

    file: str
    line: int
    reason: str
    raw: bytes | None

    def as_json(self) -> str:
        """One line of a rejects file; `raw` is base64 where it is not UTF-8."""
        from base64 import b64encode

        found: dict[str, Any] = {"file": self.file, "line": self.line, "reason": self.reason}
        try:
            found["raw"] = None if self.raw is None else self.raw.decode()
        except UnicodeDecodeError:
            found["rawBase64"] = b64encode(self.raw or b"").decode()
        return json.dumps(found, ensure_ascii=False)


_TOO_LONG = "the line is over 16 MiB"


def too_long(file: str, line: int) -> Rejected:
    """A line that was not even read, since it is over 16 MiB."""
    return Rejected(file, line, _TOO_LONG, None)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of one file, in order.

    `table` has the columns of `Columns.paths`; `lines` [rows] are the records' line numbers;
    `bytes_read` of the file lie behind it. Where records are rolled up `misfits` has those of the
    records by field, and the visitors' own do not count.
    """

    source: Source
    table: pa.RecordBatch
    lines: np.ndarray
    rejected: list[Rejected]
    bytes_read: int
    misfits: dict[str, Misfits] | None = None


@dataclass(slots=True)
class Reader:
    """Reads sources into batches. `spool` is a folder for temporary files.

    `engine` is another reader's, where there is one to share.
    """

    columns: Columns
    spool: Path
    threads: int = 2
    batch_rows: int = BATCH_ROWS
    timings: Timings = field(default_factory=Timings)
    engine: Future[duckdb.DuckDBPyConnection] | None = None
    _count: int = field(default=0, init=False)

    def open(self) -> Future[duckdb.DuckDBPyConnection]:
        """Open DuckDB, once, on a thread: a caller may do something else before it reads."""
        if not self.engine:
            pool = ThreadPoolExecutor(1)
            self.engine = pool.submit(connect, self.threads)
            pool.shutdown(wait=False)
        return self.engine

    def read(self, source: Source) -> Iterator[Batch]:
        """The batches of one file. Raises `IcpctlError` where it cannot be read."""
        if source.format != "json":
            yield from self._read_table(source)
            return
        stream, raw = source.open()
        with raw:
            before = os.fstat(raw.fileno())
            lines = Lines(stream)
            for rows in self._bulk(source, lines):
                with self.timings.step("lines"):
                    numbers, picked = lines.take(rows.num_rows, _suspects(rows))
                known = rows.slice(0, len(numbers))
                if len(known) < len(rows) and not lines.damaged:
                    raise changed(source.name)
                yield self._batch(source, known, numbers, picked, raw.tell())
                if len(known) < len(rows):  # DuckDB reads on behind some kinds of damage
                    return
            after = os.fstat(raw.fileno())
            is_same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
            if lines.has_more() or not is_same:
                raise changed(source.name)

    def _read_table(self, source: Source) -> Iterator[Batch]:
        from icpctl.exports.tables import Tables

        pieces = _pieces(source, self.columns, self.batch_rows)
        yield from ahead(Tables(self, source).batches(ahead(pieces, _AHEAD)), _AHEAD)

    def _bulk(self, source: Source, lines: Lines) -> Iterator[pa.RecordBatch]:
        """DuckDB's batches; the last two columns are `WITNESS` and `UNEXPECTED`."""
        import duckdb

        # What DuckDB raises, and what becomes of it where it comes through an Arrow stream.
        engine_errors = (duckdb.Error, pa.ArrowException, OSError)
        compression = source.compression or "none"
        done = 0
        try:
            for rows in ahead(self._query(source.path, source, compression), _AHEAD):
                yield rows
                done += rows.num_rows
        except engine_errors:
            pass
        else:
            # A compressed file that is cut off may seem to end well, and so does one of 1 byte.
            if not lines.has_more():
                return
        # A line above DuckDB's limit, or a damaged compressed file: put a stand-in, which gives
        # an empty row, for what it cannot take, and read on where it stopped.
        clean = self._clean_copy(source)
        try:
            for rows in ahead(self._query(clean, source, "none"), _AHEAD):
                skipped = min(done, rows.num_rows)
                done -= skipped
                yield rows.slice(skipped)
        except engine_errors as error:
            raise IcpctlError(
                f"cannot read it: {error}", "unreadable", Location(source.name)
            ) from None
        finally:
            clean.unlink()

    def _query(self, path: Path, source: Source, compression: str) -> Generator[pa.RecordBatch]:
        sample = list(first_records(source))
        sql = self.columns.query(self._safe_name(path), compression, sample)
        if sql is None:
            none = Columns(dict.fromkeys(self.columns.paths, ()))
            sql = none.query(self._safe_name(path), compression, []) or ""
        with self.open().result().cursor() as connection:
            rows = connection.sql(sql).to_arrow_reader(self.batch_rows)
            yield from self.timings.each("parse", rows)

    def _batch(
        self,
        source: Source,
        rows: pa.RecordBatch,
        numbers: np.ndarray,
        picked: list[Picked],
        bytes_read: int,
    ) -> Batch:
        table = self.columns.finished(rows)
        if not picked:
            return Batch(source, table, numbers, [], bytes_read)
        rejected: list[Rejected] = []
        mended: dict[int, list[Any]] = {}  # row -> its values
        kept = np.ones(len(numbers), bool)
        for one in picked:
            found = _examined(one)
            if isinstance(found, dict):
                mended[one.index] = self.columns.values(found)
                continue
            kept[one.index] = False
            raw = one.line if isinstance(one.line, bytes) else None
            rejected.append(Rejected(source.name, int(numbers[one.index]), found, raw))
        order = np.arange(len(numbers))
        order[list(mended)] = np.arange(len(numbers), len(numbers) + len(mended))
        added = list(zip(*mended.values(), strict=True)) or [()] * table.num_columns
        arrays = [
            pa.concat_arrays([column, _array(values, column.type)]).take(pa.array(order[kept]))
            for column, values in zip(table.columns, added, strict=True)
        ]
        table = pa.RecordBatch.from_arrays(arrays, schema=table.schema)
        return Batch(source, table, numbers[kept], rejected, bytes_read)

    def _clean_copy(self, source: Source) -> Path:
        self._count += 1
        clean = self.spool / f"clean-{self._count}.jsonl"
        stream, raw = source.open()
        with raw, clean.open("wb") as file:
            for piece in whole_lines(stream):
                file.write(piece if isinstance(piece, memoryview) else b"0\n")
            file.write(b"\n")
        return clean

    def _safe_name(self, path: Path) -> str:
        """The path in words that DuckDB takes as a file's name and never as a pattern or URL."""
        absolute = str(path.absolute())
        if _SAFE_NAME.fullmatch(absolute):
            return absolute
        self._count += 1
        link = self.spool / f"link-{self._count}.jsonl"
        link.symlink_to(absolute)
        return str(link)


def _examined(one: Picked) -> dict[str, Any] | str:
    """The record on a picked line, or why it is none."""
    match one.line:
        case TooLong():
            return _TOO_LONG
        case DamagedError() as error:
            return f"the compressed data is cut off or damaged here ({error})"
        case bytes() as line:
            pass
    try:
        return json_records.parse_record(line)
    except json_records.NotARecordError as error:
        return str(error)


def _suspects(rows: pa.RecordBatch) -> np.ndarray:
    """Indices of the rows to look at in Python.

    They are without any value, have an unexpected one, or a number that may have lost digits.
    """
    empty = np.ones(rows.num_rows, bool)
    *columns, unexpected = rows.columns
    for column in reversed(columns):
        if column.null_count < rows.num_rows:
            empty &= pc.is_null(column).to_numpy(zero_copy_only=False)
        if not empty.any():
            break
    if unexpected.null_count < rows.num_rows:
        empty |= pc.is_valid(unexpected).to_numpy(zero_copy_only=False)
    for name, column in zip(rows.schema.names, columns, strict=False):
        if name.split(" ")[0] not in _NEVER_EXACT:
            empty[_rounded(column)] = True
    return np.flatnonzero(empty)


_NEVER_EXACT = {PAGES, LAST_SEEN} | {
    entry.name for entry in CONDITION_TYPES.values() if entry.kind in (Kind.NUMBER, Kind.BOOLEAN)
}
"""Fields of which no digit counts beyond those of a double."""


def _rounded(tokens: pa.Array) -> np.ndarray:
    """The rows whose number DuckDB has put through a double, perhaps with a loss.

    Texts begin with a quote, so a look at the first bytes is enough nearly always.
    """
    if not pa.types.is_string(tokens.type) or tokens.null_count == len(tokens):
        return _NO_ROWS
    offsets, data = bytes_of(tokens)
    first = data.take(offsets[:-1], mode="clip")
    rows = np.flatnonzero((first <= _LAST_DIGIT) & (first >= _MINUS))
    if not len(rows):
        return _NO_ROWS
    rows = rows[offsets[rows + 1] > offsets[rows]]  # a null's first byte is the next value's
    numbers = tokens.take(pa.array(rows))
    if not np.isin(bytes_of(numbers)[1], _OF_DOUBLES).any():
        return _NO_ROWS
    is_long = pc.greater(pc.binary_length(numbers), json_records.EXACT_LENGTH)
    may_be = pc.or_(
        pc.and_(pc.match_substring(numbers, "."), is_long),
        pc.match_substring_regex(numbers, "[eE]"),
    )
    found: np.ndarray = rows[may_be.to_numpy(zero_copy_only=False)]
    return found


_NO_ROWS = np.empty(0, np.int64)
_MINUS, _LAST_DIGIT = ord("-"), ord("9")
_OF_DOUBLES = np.frombuffer(b".eE", np.uint8)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Values of records that were parsed in Python; lists of pages as JSON texts where asked."""
    if pa.types.is_string(kind):
        values = [_list_text(value) if isinstance(value, list) else value for value in values]
    return pa.array(values, kind)


def _list_text(elements: list[str | None]) -> str:
    return f"[{','.join('null' if element is None else element for element in elements)}]"


def first_records(source: Source, count: int = _SAMPLE_LINES) -> Iterator[dict[str, Any]]:
    """Records among the first `count` lines, without long ones."""
    if source.format != "json":
        from icpctl.exports import tables

        yield from tables.first_records(_pieces(source, None, count), source, count)
        return
    stream, raw = source.open()
    size = 0
    with raw:
        lines = Lines(stream)
        for start in range(0, count, _TAKEN):
            taken = min(_TAKEN, count - start)
            _, picked = lines.take(taken, np.arange(taken))
            for one in picked:
                length = (
                    len(one.line) if isinstance(one.line, bytes) else json_records.MAX_LINE_BYTES
                )
                size += length
                found = _examined(one) if length <= _SAMPLE_BYTES else None
                if isinstance(found, dict):
                    yield found
            if not picked or size > json_records.MAX_LINE_BYTES:
                return


def column_names(source: Source) -> list[str]:
    """The names of a table's columns as the file has them, also those that it has twice."""
    from icpctl.exports import csv_files, parquet_files

    if source.format == "json":
        return []
    names_of = csv_files.header_names if source.format == "csv" else parquet_files.column_names
    return names_of(source)


def _pieces(source: Source, columns: Columns | None, batch_rows: int) -> Generator[Piece]:
    from icpctl.exports import csv_files, parquet_files

    if source.format == "csv":
        return csv_files.read_csv(source, columns, batch_rows)
    return parquet_files.read_parquet(source, columns, batch_rows)


def changed(name: str) -> IcpctlError:
    """A file that was not the same from the first line to the last."""
    return IcpctlError(
        "the file changed while it was read",
        "unreadable",
        Location(name),
        "copy it first, or read it when nothing writes to it",
    )
