"""What an export holds: where each field was found, its values, and what is not used."""

from __future__ import annotations

import math
from collections import Counter
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field

from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.columns.field_warnings import json_of
from icpctl.exports.files.sources import find_exports, find_sources
from icpctl.exports.format_detection import Mapped, map_sources
from icpctl.exports.readers.reading import Reader
from icpctl.exports.recognition import first_records
from icpctl.exports.similar_keys import SURVEYED, survey
from icpctl.features.drafting.mapping_draft import draft_mapping
from icpctl.features.shared.distinct_numbers import distinct_numbers
from icpctl.features.shared.row_values import values_of_rows
from icpctl.mappings.mapping import ID, LAST_SEEN, PAGES
from icpctl.mappings.paths import Elements, Together, path_text
from icpctl.values import date_forms, typed_columns
from icpctl.values.text_forms import key_form
from icpctl.vocabulary import CONDITION_TYPES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from icpctl.exports.columns.batches import Batch
    from icpctl.features.drafting.mapping_draft import MappingDraft
    from icpctl.mappings.mapping import Mapping
    from icpctl.mappings.paths import Path
    from icpctl.values.typed_columns import Column

COMMONEST = 5
"""How many of a field's values are kept."""

_FLAGS = {name for name, entry in CONDITION_TYPES.items() if entry.kind is Kind.BOOLEAN}
_KEPT = 20_000  # values of a field that are counted at a time


class Misfit(Struct):
    """A value that does not fit its field, as JSON text, and the line that it is on."""

    line: int
    value: str


class FieldFound(Struct):
    """One field: `paths` (path, records whose value it gave), `have` records with a value.

    `values` are the commonest with their counts; of `last_seen` there are the first and the last
    day instead.
    """

    name: str
    paths: list[tuple[str, int]] = field(default_factory=list)
    have: int = 0
    values: list[tuple[str, int]] = field(default_factory=list)
    days: tuple[str, str] | None = None
    misfits: int = 0
    misfit: Misfit | None = None


class Unused(Struct):
    """A key of the first records that the mapping does not name, with a value as JSON text."""

    key: str
    have: int
    example: str


class Inspection(Struct):
    """What one file holds; `keys_from` is how many records were searched for `unused` keys.

    With the first file comes what was `skipped` in folders.
    """

    mapped: Mapped
    records: int
    rejected: int
    fields: list[FieldFound]
    unused: list[Unused]
    keys_from: int
    skipped: list[str] = field(default_factory=list)


def suggestion(
    exports: Sequence[str], forced: Sequence[Mapping], encoding: str | None = None
) -> MappingDraft:
    """Draft a mapping for files, globs, folders or stdin (`-`) that are of one format.

    Raises `IcpctlError` as `inspect` does, and where there are none of an export.
    """
    sources = find_sources(exports, encoding)
    draft = draft_mapping(sources, forced)
    draft.require_records(sources[0].name)
    return draft


def inspect(
    exports: Sequence[str], forced: Sequence[Mapping], encoding: str | None = None
) -> Iterator[Inspection]:
    """Look at files, globs, folders or stdin (`-`), each file by itself.

    `encoding` is that of CSV files which are not UTF-8. Raises `IcpctlError` where one cannot be
    read, and `mapping_fits_nothing`.
    """
    there = find_exports(exports, encoding)
    sources, skipped = there.sources, there.skipped
    for source, mapped in zip(sources, map_sources(sources, forced), strict=True):
        sample = list(islice(first_records(source, SURVEYED, mapped.mapping), SURVEYED))
        counts = _Found(mapped.mapping)
        for batch in Reader(counts.columns).read(source):
            counts.add(batch)
        yield Inspection(
            mapped,
            counts.records,
            counts.rejected,
            [field_counts.found() for field_counts in counts.fields],
            _unused(sample, mapped.mapping),
            len(sample),
            skipped,
        )
        skipped = []


class _Found:
    """The counts so far; a field with several paths also has a column for each of them."""

    def __init__(self, mapping: Mapping) -> None:
        self.fields = [_Counted(name, paths) for name, paths in mapping.paths.items()]
        self.records = self.rejected = 0
        paths = {counted_field.name: counted_field.paths for counted_field in self.fields}
        for field_counts in self.fields:
            if len(field_counts.paths) > 1:
                paths |= {
                    field_counts.column(number): (path,)
                    for number, path in enumerate(field_counts.paths)
                }
        self.columns = Columns.of(mapping, paths)

    def add(self, batch: Batch) -> None:
        self.records += batch.table.num_rows
        self.rejected += len(batch.rejected)
        for field_counts in self.fields:
            field_counts.add(batch)


class _Counted(Struct):
    name: str
    paths: tuple[Path, ...]
    have: int = 0
    by_path: Counter[int] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    misfits: int = 0
    misfit: Misfit | None = None
    first: int | None = None  # of last_seen, in microseconds since 1970
    last: int | None = None

    def column(self, number: int) -> str:
        return f"{self.name} at {number}"

    def add(self, batch: Batch) -> None:
        tokens = batch.table[self.name]
        if tokens.null_count == len(tokens):
            return
        misfits = self._add_dates(tokens) if self.name == LAST_SEEN else self._add_values(tokens)
        if len(misfits) and self.misfit is None:
            row = int(misfits[0])
            self.misfit = Misfit(int(batch.lines[row]), json_of(tokens[row]))
        self.misfits += len(misfits)
        self._add_paths(batch)

    def _add_dates(self, tokens: pa.Array) -> np.ndarray:
        micros, known, misfits = typed_columns.instants(tokens)
        self.have += int(known.sum())
        if known.any():
            low, high = int(micros[known].min()), int(micros[known].max())
            self.first = low if self.first is None else min(low, self.first)
            self.last = high if self.last is None else max(high, self.last)
        return misfits

    def _add_values(self, tokens: pa.Array) -> np.ndarray:
        column = _column(self.name, tokens)
        self.have += int(column.present().sum())
        values, sizes = _record_counts(column)
        top = np.argsort(-sizes, kind="stable")[:_KEPT]
        for number in top[sizes[top] > 0]:
            shown = _shown(values[int(number)], is_flag=self.name in _FLAGS)
            self.values[shown] += int(sizes[number])
        if len(self.values) > 2 * _KEPT:
            self.values = Counter(dict(self.values.most_common(_KEPT)))
        return column.misfits

    def _add_paths(self, batch: Batch) -> None:
        if len(self.paths) == 1:
            tokens = batch.table[self.name]
            self.by_path[0] += len(tokens) - tokens.null_count
            return
        left = np.ones(batch.table.num_rows, bool)
        for number in range(len(self.paths)):
            there = pc.is_valid(batch.table[self.column(number)]).to_numpy(zero_copy_only=False)
            self.by_path[number] += int((left & there).sum())
            left &= ~there

    def found(self) -> FieldFound:
        paths = [
            (path_text(path), self.by_path[number])
            for number, path in enumerate(self.paths)
            if self.by_path[number]
        ]
        days = None
        if self.first is not None and self.last is not None:
            days = _day(self.first), _day(self.last)
        common = self.values.most_common(COMMONEST)
        return FieldFound(self.name, paths, self.have, common, days, self.misfits, self.misfit)


def _record_counts(column: Column) -> tuple[Any, np.ndarray]:
    """Distinct values, and in how many records each occurs, once at most per record."""
    rows, numbers = values_of_rows(column)
    if column.offsets is None:
        return column.values, np.bincount(numbers, minlength=len(column.values))
    encoded = column.values.dictionary_encode()
    count = max(1, len(encoded.dictionary))
    codes = encoded.indices.to_numpy(zero_copy_only=False)[numbers]
    distinct = distinct_numbers(rows.astype(np.int64) * count + codes) % count
    return encoded.dictionary, np.bincount(distinct, minlength=count)


def _column(name: str, tokens: pa.Array) -> Column:
    entry = CONDITION_TYPES.get(name)
    if name == PAGES:
        return typed_columns.pages(tokens)
    if name == ID or entry is None or entry.kind is Kind.TEXT:
        return typed_columns.texts(tokens)
    if entry.kind is Kind.BOOLEAN:
        return typed_columns.booleans(tokens)
    return typed_columns.numbers(tokens, entry.name)


def _shown(value: Any, *, is_flag: bool) -> str:
    if not isinstance(value, np.ndarray):
        return str(value)
    low, high = value.tolist()
    if is_flag:
        return "true" if low else "false"
    if low == high:
        return f"{low:.15g}"
    return f"{low:.15g}+" if math.isinf(high) else f"{low:.15g}-{high:.15g}"


def _day(micros: int) -> str:
    return f"{date_forms.EPOCH + timedelta(microseconds=micros):%Y-%m-%d}"


def _unused(sample: Iterable[dict[str, Any]], mapping: Mapping) -> list[Unused]:
    """Return keys that no path of the mapping leads to or through, the commonest first."""
    used = _used(mapping)
    unused = [
        Unused(key.text, key.have, next(iter(key.values), ""))
        for key in survey(sample)
        if not any(_form(key.path)[: len(known)] == known for known in used)
    ]
    return sorted(unused, key=lambda key: -key.have)


def _used(mapping: Mapping) -> set[Path]:
    """Return the paths down to all that a mapping reads, their keys in the form of comparisons."""
    used: set[Path] = set()
    for path in _paths_read(mapping):
        keys: Path = ()
        for number, step in enumerate(path):
            if isinstance(step, str):
                keys += (step,)
            elif isinstance(step, Elements):
                keys += (Elements(),) if number else ()
                used |= {_form((*keys, *tested)) for tested, _ in step.where}
        if keys:
            used.add(_form(keys))
    return used


def _paths_read(mapping: Mapping) -> Iterator[Path]:
    """Yield all paths of a mapping; of a list of the values at several paths, each of these."""
    fields = [*mapping.paths.values(), *mapping.deals.values(), *mapping.contact.values()]
    tests = tuple(path for path, _ in mapping.only)
    for path in (path for paths in [*fields, mapping.by, mapping.session, tests] for path in paths):
        yield from path[0].paths if isinstance(path[0], Together) else [path]


def _form(path: Path) -> Path:
    return tuple(key_form(step) if isinstance(step, str) else step for step in path)
