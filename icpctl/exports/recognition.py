"""Which mapping a file takes: its first records, and by which of their keys a format is known."""

from __future__ import annotations

from codecs import BOM_UTF8
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from icpctl.exports.columns.field_columns import first_value, keys_of_lists, keys_of_mapping
from icpctl.exports.files.sources import HEAD_BYTES, head_of
from icpctl.exports.files.streams import DamagedError
from icpctl.exports.readers.json_documents import Layout, RecordLines, layout_of, record_lines
from icpctl.exports.readers.reading import line_blocks
from icpctl.mappings.loading import built_in, built_in_signs
from icpctl.mappings.mapping import DEFAULT, Mapping, built_in_names
from icpctl.mappings.paths import Constant, Elements, Keys, Path, Together, is_present, keys_needed
from icpctl.values import json_records
from icpctl.values.text_forms import key_form

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from icpctl.exports.files.sources import Source
    from icpctl.mappings.paths import Step

    Record = dict[str, Any]

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
        return header.names, (header.skipped, header.below), ()
    if source.format == "parquet":
        from icpctl.exports.readers.parquet_files import column_names

        return column_names(source), (0, 0), ()
    return [], (0, 0), ()


_COUNTED = 20  # records in which the fields of two formats are counted


def mapping_of(source: Source, forced: Sequence[Mapping] = ()) -> tuple[Mapping, bool]:
    """Return the mapping of a file, and whether its records tell it.

    It is the first of `forced` that recognises the file, else their first; without any, the
    built-in one whose format the file has.
    """
    if not forced:
        return _detected(source)
    for mapping in forced if len(forced) > 1 else ():
        records = list(map(formed, first_records(source, mapping=mapping)))
        if _count_of(records, mapping)[0] > len(records) // 2:
            return mapping, True
    return forced[0], False


def recognise(records: Sequence[Record]) -> Mapping | None:
    """Return the built-in mapping whose format most of the records have; None where none has.

    Of several that know equally many records the most specific one is taken: the one that asks
    for most paths.
    """
    records = list(map(formed, records))
    best, recognised = (len(records) // 2, 0), None
    for name in _formats():
        known, keys = _count_of(records, built_in_signs(name))
        if (known, keys) > best and known > len(records) // 2:
            best, recognised = (known, keys), built_in(name)
    few = records[:_COUNTED]
    if recognised and len(fields_in(recognised, few)) < len(fields_in(built_in(DEFAULT), few)):
        return None  # keys that a format has may be in flat records too
    return recognised


def fields_in(mapping: Mapping, records: Sequence[Record]) -> frozenset[str]:
    """Return the fields that some of the records, with keys in their form, have."""
    keys = _keys_of(records)
    return frozenset(
        name
        for name, paths in formed_fields(mapping).items()
        if (there := [path for path in paths if _may_lead(path, keys)])
        and any(first_value(record, there) is not None for record in records)
    )


def formed_fields(mapping: Mapping) -> dict[str, tuple[Path, ...]]:
    """Return the paths of each field that a record may have, or not, for records as above."""
    return {
        name: tuple(formed_path(path) for path in paths if not isinstance(path[0], Constant))
        for name, paths in mapping.paths.items()
    }


def _keys_of(records: Sequence[Record]) -> set[str]:
    return {key for record in records for key in record}


def _may_lead(path: Path, keys: set[str]) -> bool:
    """Return whether a path may lead anywhere in records that have these keys."""
    return any(needed[0] in keys for needed in keys_needed(path))


def _detected(source: Source) -> tuple[Mapping, bool]:
    for records, is_right in _readings(source):
        mapping = recognise([dict(source.partition) | record for record in records])
        if mapping and is_right(mapping):
            return mapping, True
    return built_in(DEFAULT), False


def _readings(source: Source) -> Iterator[tuple[Iterable[Record], Callable[[Mapping], bool]]]:
    """Yield what the first records may be, and whether they are that for a mapping.

    A lone object is a page of records for a mapping that reads none of its other keys, and a
    record for one that does.
    """
    page = json_layout(source, (), _named_lists()) if source.format == "json" else None
    if page is None or page.kind != "page":
        yield first_records(source), lambda _: True
        return

    def is_page(mapping: Mapping) -> bool:
        named = keys_of_lists(mapping.records)
        return json_layout(source, keys_of_mapping(mapping), named) == page

    yield json_records_of(source, page), is_page
    alone = Layout("objects", page.begins)
    yield json_records_of(source, alone), lambda mapping: not is_page(mapping)


def _named_lists() -> list[Keys]:
    """Return where pages of the known formats have their records."""
    return [keys for name in _formats() for keys in keys_of_lists(built_in_signs(name).records)]


def _formats() -> tuple[str, ...]:
    """Return the built-in mappings that can be recognised: all but the default one."""
    return built_in_names()[1:]


def _count_of(records: Sequence[Record], mapping: Mapping) -> tuple[int, int]:
    """Count the records that have all keys by which a mapping knows its format, and these keys."""
    counts, keys = [(0, 0)], _keys_of(records)
    for its_keys in mapping.recognised_by:
        paths = [formed_path(path) for path in its_keys]
        if all(_may_lead(path, keys) for path in paths):
            known = sum(all(is_present(record, path) for path in paths) for record in records)
            counts.append((known, len(paths)))
    return max(counts)


_form = lru_cache(4_096)(key_form)
"""The form of a key; records have the same ones again and again."""


def formed(value: Any) -> Any:
    """Return a record, or a value in it, with all keys in that form.

    Of several spellings of a key the first that is not null counts.

    >>> formed({"Company Size": None, "company_size": 5})
    {'companysize': 5}
    """
    if isinstance(value, list):
        return [formed(element) for element in value]
    if not isinstance(value, dict):
        return value
    record: dict[str, Any] = {}
    for key, inner in value.items():
        form = _form(key)
        if record.get(form) is None:
            record[form] = formed(inner)
    return record


def formed_path(path: Path) -> Path:
    """Return the path that leads through records of `formed` where `path` leads."""
    return tuple(map(_formed_step, path))


def _formed_step(step: Step) -> Step:
    if isinstance(step, str):
        return key_form(step)
    if isinstance(step, Elements):
        return replace(step, where=tuple((tuple(map(key_form, k)), text) for k, text in step.where))
    if isinstance(step, Together):
        return Together(tuple(map(formed_path, step.paths)))
    return step
