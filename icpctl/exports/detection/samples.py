"""The first records of a file in Python, from which its format is recognised."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Any

from icpctl.exports.columns.visitor_columns import keys_of_lists, keys_of_mapping
from icpctl.exports.files.sources import HEAD_BYTES, head_of
from icpctl.exports.files.streams import DamagedError
from icpctl.exports.readers.json_documents import RecordLines, layout_of, record_lines
from icpctl.exports.readers.line_files import line_blocks
from icpctl.mappings.loading import built_in
from icpctl.mappings.mapping import DEFAULT
from icpctl.values import json_records

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from icpctl.exports.files.sources import Source
    from icpctl.exports.readers.json_documents import Layout
    from icpctl.mappings.mapping import Mapping

NO_TABLE: tuple[list[str], tuple[int, int], tuple[str, ...]] = ([], (0, 0), ())
_SAMPLE_LINES = 200
_SAMPLE_BYTES = 1024 * 1024  # of a line
_SAMPLE_BLOCK = 1 << 18


def first_records(
    source: Source, count: int = _SAMPLE_LINES, mapping: Mapping | None = None
) -> Iterator[dict[str, Any]]:
    """Yield records among the first `count` lines, without long ones.

    `mapping` says which keys a record has that is not a page of records; else the default one.
    """
    if source.format == "json":
        mapping = mapping or built_in(DEFAULT)
        layout = json_layout(source, keys_of_mapping(mapping), keys_of_lists(mapping.records))
        yield from json_records_of(source, layout, count)
    elif source.format == "workbook":
        from icpctl.exports.readers.workbooks import sheet_lines

        yield from _first_of(sheet_lines(source), count)
    elif source.format == "csv":
        from icpctl.exports.readers.csv_files import first_csv_records

        yield from first_csv_records(source, count)
    else:
        from icpctl.exports.readers.parquet_files import read_parquet
        from icpctl.exports.readers.tables import first_rows

        yield from first_rows(read_parquet(source, None, count), source, count)


def json_layout(
    source: Source, keys: Collection[str], named: Sequence[tuple[str, ...]] = ()
) -> Layout | None:
    """Return how a file holds its records, where a record has some of `keys`; see `layout_of`."""
    head = head_of(source)
    return layout_of(head, is_whole=len(head) < HEAD_BYTES, read_keys=keys, named=named)


def json_records_of(
    source: Source, layout: Layout | None, count: int = _SAMPLE_LINES
) -> Iterator[dict[str, Any]]:
    """Yield the first records of a JSON file with this layout."""
    if layout:
        with source.open(is_last=False) as opened:
            yield from _first_of(record_lines(opened.stream, layout), count)
        return
    size = 0
    for line in _first_lines(source, count):
        size += len(line)
        if size > json_records.MAX_LINE_BYTES:
            return
        try:
            if len(line) <= _SAMPLE_BYTES:
                yield json_records.parse_record(line)
        except json_records.NotARecordError:
            pass


def _first_of(batches: Iterator[RecordLines], count: int) -> Iterator[dict[str, Any]]:
    """Yield the first records of those that are put on lines."""
    try:
        first = next(batches, RecordLines())
    except DamagedError:
        return
    for line in first.data.split(b"\n")[:count]:
        try:
            if line.strip():
                yield json_records.parse_record(bytes(line))
        except json_records.NotARecordError:
            pass


def _first_lines(source: Source, count: int) -> Iterator[bytes]:
    """Yield the first `count` lines of a file that are not blank."""
    is_first = True
    with source.open(is_last=False) as opened:
        for block in line_blocks(opened.stream, _SAMPLE_BLOCK):
            data = bytes(block.data).removeprefix(BOM_UTF8 if is_first else b"")
            is_first = False
            for line in data.split(b"\n"):
                if line.strip():
                    yield line
                    count -= 1
                    if not count:
                        return


def table_layout(source: Source) -> tuple[list[str], tuple[int, int], tuple[str, ...]]:
    """Return the names of a table's columns, also those that it has twice.

    With them come how many lines above its header and below it are skipped, since they are titles
    or second headers, and the sheets of a workbook that are not read, since its first one is.
    """
    if source.format == "workbook":
        from icpctl.exports.readers.workbooks import sheet_layout

        return sheet_layout(source)
    if source.format == "csv":
        from icpctl.exports.readers.csv_files import read_header

        header = read_header(source)
        return (header.names, (header.skipped, header.below), ()) if header else NO_TABLE
    if source.format == "parquet":
        from icpctl.exports.readers.parquet_files import column_names

        return column_names(source), (0, 0), ()
    return NO_TABLE
