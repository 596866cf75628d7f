"""The values of an export's first records, from which a first config is drafted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.files.sources import find_sources
from icpctl.exports.format_detection import Mapped, map_sources
from icpctl.exports.readers.reading import Reader
from icpctl.mappings.mapping import LAST_SEEN, PAGES
from icpctl.values import typed_columns
from icpctl.vocabulary import CONDITION_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from icpctl.exports.files.sources import Source
    from icpctl.mappings.mapping import Mapping

_MOST_RECORDS = 100_000


class Sample(Struct):
    """What the first records of an export hold.

    `values` has for each field a list of values a record, empty where the record has none: texts,
    or pairs of the lowest and the highest number; of `last_seen` only that there is a date.
    """

    mapped: Mapped
    values: dict[str, list[list[Any]]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether any record has a value of this field."""
        return any(self.values.get(name, ()))

    def counts(self, name: str) -> Counter[Any]:
        """Return in how many records each value of a field is."""
        rows = self.values.get(name, ())
        return Counter(value for row in rows for value in dict.fromkeys(row))


def take_sample(
    export: str,
    fields: tuple[str, ...],
    forced: Sequence[Mapping] = (),
    *,
    encoding: str | None = None,
) -> Sample:
    """Read the first records of a file; of several (a folder or glob), those of the first.

    Raises `IcpctlError` if it cannot be read, and `mapping_fits_nothing`.
    """
    sources = find_sources([export], encoding)[:1]
    (mapped,) = map_sources(sources, forced)
    sample = Sample(mapped, {name: [] for name in fields})
    count = 0
    for rows in _batches(sources[0], mapped.mapping, fields):
        for name in fields:
            sample.values[name] += _values(name, rows[name])
        count += rows.num_rows
        if count >= _MOST_RECORDS:
            break
    return sample


def _batches(source: Source, mapping: Mapping, fields: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    columns = Columns.of(mapping, {name: mapping.paths[name] for name in fields})
    for batch in Reader(columns).read(source):
        yield batch.table


def _values(name: str, tokens: pa.Array) -> list[list[Any]]:
    if name == PAGES:
        return typed_columns.pages(tokens).to_lists()
    if name == LAST_SEEN:
        present, _ = typed_columns.fitting(tokens, name, None)
        return [[True] if has_date else [] for has_date in present]
    if name not in CONDITION_TYPES:
        return typed_columns.texts(tokens).to_lists()
    return typed_columns.of_kind(tokens, name, CONDITION_TYPES[name].kind).to_lists()
