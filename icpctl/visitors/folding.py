"""Records -> visitors: what is read and kept of records, and how those of a visitor become one.

What brings the records of a visitor together, in order of time, is not here: a DuckDB table does on
one machine (`rollup.py`), Spark does on a cluster. A fold turns the rows of each visitor into one
row of the same shape, so the visitor that a batch ends with is simply the next batch's first row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.visitors import json_texts, values
from icpctl.visitors.columns import Columns
from icpctl.visitors.conversions import COUNT
from icpctl.visitors.mapping import ID, LAST_SEEN, PAGES
from icpctl.visitors.misfits import is_missing
from icpctl.visitors.paths import Convert, conversion
from icpctl.vocabulary import CONDITION_TYPES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from icpctl.visitors.mapping import Mapping

PAGE_VIEWS, SESSIONS = "page_view_count", "session_count"
COUNTED = (ID, PAGE_VIEWS, SESSIONS)
"""Fields that a visitor may have though no record has them."""

BY = "by"
VISITOR = "visitor"
"""The column that tells visitors apart."""

KEY, MICROS = "key", "micros"
_SESSION, _VIEWED = "session", "viewed"
ABOUT = {KEY: pa.string(), MICROS: pa.int64(), _SESSION: pa.string(), _VIEWED: pa.int64()}
"""What is kept of a record besides its fields: its key, instant, session, and views it counts."""


def columns_read(wanted: Columns, mapping: Mapping) -> Columns:
    """What is read of records whose visitors are to have the columns `wanted`."""
    needed = {name: mapping.paths[name] for name in (PAGES, LAST_SEEN)}
    needed |= {BY: mapping.by, _SESSION: mapping.session}
    # What is counted in each record is added up; only a count that a record gives is final.
    views = wanted.paths.get(PAGE_VIEWS, ())
    counts = tuple(path for path in views if conversion(path) == Convert(COUNT))
    given = {PAGE_VIEWS: tuple(path for path in views if path not in counts)} if counts else {}
    return Columns(wanted.paths | needed | given | {_VIEWED: counts})


def fields_kept(wanted: Iterable[str]) -> list[str]:
    """The fields that are kept of records whose visitors are to have those `wanted`."""
    return list(dict.fromkeys([*wanted, PAGES, LAST_SEEN]))


def kept(table: pa.RecordBatch, fields: Sequence[str]) -> dict[str, pa.Array]:
    """What is kept of records, which have the columns of `columns_read`: `ABOUT`, then `fields`."""
    micros, known, _ = values.instants(table[LAST_SEEN])
    about = {
        KEY: keys_of(table),
        MICROS: pa.array(micros, mask=~known),
        _SESSION: values.scalar_texts(table[_SESSION]),
        _VIEWED: _whole_numbers(table[_VIEWED]),
    }
    found = {
        name: json_texts.joined(column)
        if json_texts.is_list((column := table[name]).type)
        else json_texts.plain(column)
        for name in fields
    }
    return about | found


def keys_of(table: pa.RecordBatch) -> pa.Array:
    """The key of each record, whose paths are the column `BY`; null where it has none."""
    return pc.utf8_trim_whitespace(values.scalar_texts(table[BY]))


def _whole_numbers(tokens: pa.Array) -> pa.Array:
    """What `as: count` gives for a list; null for what was none."""
    is_count = pc.match_substring_regex(tokens, "^[0-9]{1,9}$")
    return pc.if_else(is_count, tokens, None).cast(pa.int64())


def folds(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Visitors, a row each, from records that are in order of visitors, then of time.

    A record is its `VISITOR`, then what is `kept` of it; what is put between is that of a visitor's
    first row.
    """
    last: pa.Table | None = None
    for batch in batches:
        if not batch.num_rows:
            continue
        table = _unfolded(batch)
        folded = _fold(pa.concat_tables([last, table.cast(last.schema)]) if last else table)
        yield folded.slice(0, len(folded) - 1)
        last = folded.slice(len(folded) - 1)
    if last:
        yield last


def visitors_of(folded: pa.Table, names: Sequence[str]) -> pa.RecordBatch:
    """The fields `names` of visitors, as JSON texts."""
    columns = {name: folded[name].combine_chunks() for name in folded.column_names}
    counted = {PAGE_VIEWS: columns[_VIEWED], SESSIONS: pc.list_value_length(columns[_SESSION])}
    arrays = []
    for name in names:
        array = columns[name]
        if name in counted:
            count = pc.if_else(pc.greater(counted[name], 0), counted[name], None)
            fits = values.of_kind(array, name, Kind.NUMBER).present()
            own = pc.if_else(pa.array(fits), array, None)
            array = pc.coalesce(own, count.cast(pa.string()), array)
        arrays.append(_ids(array, columns[KEY]) if name == ID else array)
    return pa.RecordBatch.from_arrays(arrays, names=list(names))


def _ids(own: pa.Array, keys: pa.Array) -> pa.Array:
    """The visitors' ids: their keys, be it as the records write them; without a key their own."""
    is_key = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(values.scalar_texts(own)), keys), False)
    return pc.coalesce(pc.if_else(is_key, own, json_texts.quoted(keys)), own)


def _unfolded(batch: pa.RecordBatch) -> pa.Table:
    """Records as rows of the shape that visitors have: the session is a list."""
    columns = {name: batch[name] for name in batch.schema.names}
    sessions = columns[_SESSION]
    ends = np.cumsum(sessions.is_valid().to_numpy(zero_copy_only=False))
    offsets = pa.array(np.append(0, ends).astype(np.int32))
    columns[_SESSION] = pa.ListArray.from_arrays(offsets, sessions.drop_null())
    return pa.table(columns)


def _fold(rows: pa.Table) -> pa.Table:
    """One row for each visitor, from its rows in order of time."""
    rows = rows.combine_chunks()
    columns = {name: rows[name].combine_chunks() for name in rows.column_names}
    visitors = columns[VISITOR]
    differ = pc.not_equal(visitors.slice(1), visitors.slice(0, len(visitors) - 1))
    starts = np.flatnonzero(np.append(True, differ.to_numpy(zero_copy_only=False)))
    lengths = np.diff(np.append(starts, len(visitors)))
    groups = _Groups(starts, np.repeat(np.arange(len(starts)), lengths))
    first = pa.array(starts)
    in_front = rows.column_names[: rows.column_names.index(MICROS)]
    found = {name: columns[name].take(first) for name in in_front}
    known = columns[MICROS].is_valid().to_numpy(zero_copy_only=False)
    found[MICROS] = columns[MICROS].take(groups.last(known))
    pages = values.pages(columns[PAGES])
    sessions = columns[_SESSION]
    found[_SESSION] = groups.distinct(
        sessions.offsets.to_numpy() - sessions.offsets[0].as_py(), sessions.flatten()
    )
    found[_VIEWED] = groups.page_views(columns[_VIEWED], pages)
    for name in rows.column_names[len(found) :]:
        if name == PAGES:
            found[name] = groups.pages(columns[name], pages)
            continue
        present, misfits = _present(columns[name], name, known)
        found[name] = columns[name].take(groups.last(present, misfits))
    return pa.table(found)


def _present(tokens: pa.Array, name: str, has_instant: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which rows have a value of the field, and the rows that have something that does not fit."""
    if name in CONDITION_TYPES:
        column = values.of_kind(tokens, name, CONDITION_TYPES[name].kind)
        return column.present(), column.misfits
    if name == LAST_SEEN:
        return has_instant, np.flatnonzero(~is_missing(tokens) & ~has_instant)
    if name == ID:
        present = values.scalar_texts(tokens).is_valid().to_numpy(zero_copy_only=False)
        return present, np.empty(0, np.int64)
    return ~is_missing(tokens), np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Rows that belong together: where each group starts, and each row's group."""

    starts: np.ndarray
    of_row: np.ndarray

    def last(self, present: np.ndarray, misfits: np.ndarray | None = None) -> pa.Array:
        """Each group's last row that is present, else its last misfit, else null."""
        numbers = np.arange(len(self.of_row))
        found = np.maximum.reduceat(np.where(present, numbers, -1), self.starts)
        if misfits is not None and len(misfits):
            odd = np.full(len(numbers), -1)
            odd[misfits] = misfits
            found = np.where(found >= 0, found, np.maximum.reduceat(odd, self.starts))
        return pa.array(found, mask=found < 0)

    def page_views(self, before: pa.Array, pages: values.Column) -> pa.Array:
        """How many pages were seen; `before` has the number where it is known already."""
        lengths = np.diff(np.asarray(pages.offsets))
        known = before.is_valid().to_numpy(zero_copy_only=False)
        counts = np.where(known, pc.fill_null(before, 0).to_numpy(), lengths)
        return pa.array(np.add.reduceat(counts, self.starts))

    def distinct(self, offsets: np.ndarray, texts: pa.Array) -> pa.Array:
        """The lists of all rows of each group in one, each text once, in order."""
        encoded = texts.dictionary_encode()
        codes = encoded.indices.to_numpy().astype(np.int64)
        owners = np.repeat(self.of_row, np.diff(offsets))
        _, firsts = np.unique(owners * max(len(encoded.dictionary), 1) + codes, return_index=True)
        firsts.sort()
        ends = np.cumsum(np.bincount(owners[firsts], minlength=len(self.starts)))
        kept = encoded.dictionary.take(pa.array(codes[firsts]))
        return pa.ListArray.from_arrays(pa.array(np.append(0, ends).astype(np.int32)), kept)

    def pages(self, tokens: pa.Array, pages: values.Column) -> pa.Array:
        """The pages of each group, each once, in order; where none fits, its last misfit."""
        texts = json_texts.quoted(pages.values).take(pa.array(np.asarray(pages.elements)))
        union = self.distinct(np.asarray(pages.offsets), texts)
        found = pc.if_else(pc.greater(pc.list_value_length(union), 0), union, None)
        nothing = np.zeros(len(self.of_row), bool)
        return pc.coalesce(json_texts.joined(found), tokens.take(self.last(nothing, pages.misfits)))
