"""Records -> visitors: what is read and kept of records, and how those of a visitor become one.

What brings the records of a visitor together, in order of time, is not here: a DuckDB table does on
one machine (`rollup.py`), Spark does on a cluster. A fold turns the rows of each visitor into one
row of the same shape, so the visitor that a batch ends with is simply the next batch's first row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace

from icpctl.exports.columns import json_texts
from icpctl.exports.visitor_keys import key_paths, key_types, keys_in
from icpctl.mappings.conversions import COUNT
from icpctl.mappings.mapping import ID, LAST_SEEN, PAGES
from icpctl.mappings.paths import Convert, conversion
from icpctl.values import json_records, typed_columns
from icpctl.values.column import missing
from icpctl.vocabulary import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from icpctl.exports.columns.field_columns import Columns
    from icpctl.exports.visitor_keys import By
    from icpctl.mappings.mapping import Mapping
    from icpctl.mappings.paths import Path
    from icpctl.vocabulary.condition_types import ConditionType

PAGE_VIEWS, SESSIONS = "page_view_count", "session_count"
COUNTED = (ID, PAGE_VIEWS, SESSIONS)
"""Fields that a visitor may have though no record has them."""

KEPT_ALL = ("job_title", "linkedin_url")
"""Fields of which every value is kept where `--by` makes one visitor of many people."""

BY = "by"
VISITOR = "visitor"
"""The column that tells visitors apart."""

KEY, MICROS, PERSON = "key", "micros", "person"
_SESSION, _VIEWED = "session", "viewed"
_NO_PAGES = "no pages"  # what does not fit, which is kept where no page does
ABOUT = {KEY: pa.string(), MICROS: pa.int64(), _SESSION: pa.string(), _VIEWED: pa.int64()}
"""What is kept of a record besides its fields: its key, instant, session, and views it counts."""

_TEXTS = pa.list_(pa.string())


def types_of(fields: Iterable[str]) -> dict[str, pa.DataType]:
    """Return the types of fields: JSON texts, of pages lists of them."""
    return {name: _TEXTS if name == PAGES else pa.string() for name in fields}


def columns_read(wanted: Columns, mapping: Mapping, by: By = ()) -> Columns:
    """What is read of records whose visitors are to have the columns `wanted`."""
    needed = {name: mapping.paths[name] for name in (PAGES, LAST_SEEN)}
    needed |= {BY: own_key(mapping), _SESSION: mapping.session, **key_paths(by, mapping)}
    # What is counted in each record is added up; only a count that a record gives is final.
    views = wanted.paths.get(PAGE_VIEWS, ())
    counts = tuple(path for path in views if conversion(path) == Convert(COUNT))
    given = {PAGE_VIEWS: tuple(path for path in views if path not in counts)} if counts else {}
    paths = wanted.paths | needed | given | {_VIEWED: counts}
    return replace(wanted, paths=paths, types=wanted.types | key_types(by))


def own_key(mapping: Mapping) -> tuple[Path, ...]:
    """Return the paths of what tells a mapping's own visitors apart, in a roll-up."""
    return mapping.by or (mapping.rollup_by if mapping.together else ())


def _several(wanted: Columns, by: By) -> tuple[str, ...]:
    """Return the fields of which a visitor keeps every value, where many people may be one."""
    names = [name for name in wanted.paths if by and name in KEPT_ALL]
    custom = (name for name, entry in wanted.types.items() if by and entry.kind is Kind.TEXT)
    return (*names, *(name for name in custom if name in wanted.paths))


def fields_kept(wanted: Iterable[str]) -> list[str]:
    """The fields that are kept of records whose visitors are to have those `wanted`."""
    return list(dict.fromkeys([*wanted, PAGES, LAST_SEEN]))


def kept(table: pa.RecordBatch, fields: Sequence[str], by: By = ()) -> dict[str, pa.Array]:
    """What is kept of records, which have the columns of `columns_read`: `ABOUT`, then `fields`."""
    micros, known, _ = typed_columns.instants(table[LAST_SEEN])
    about = {
        KEY: keys_in(table, by) if by else keys_of(table),
        MICROS: pa.array(micros, mask=~known),
        _SESSION: typed_columns.scalar_texts(table[_SESSION]),
        _VIEWED: _whole_numbers(table[_VIEWED]),
    }
    return about | {name: table[name].cast(kind) for name, kind in types_of(fields).items()}


def keys_of(table: pa.RecordBatch) -> pa.Array:
    """The key of each record, whose paths are the column `BY`; null where it has none."""
    return pc.utf8_trim_whitespace(typed_columns.scalar_texts(table[BY]))


def persons_of(table: pa.RecordBatch, mapping: Mapping) -> pa.Array:
    """Who each record is of by its own mapping, where `--by` goes by another key; null for nobody.

    The same key in two formats is not the same person, so it follows the format's name and a space.
    """
    name = mapping.together or mapping.name.replace(" ", "_")
    return pc.binary_join_element_wise(name, keys_of(table), " ")


def _whole_numbers(tokens: pa.Array) -> pa.Array:
    """What `as: count` gives for a list; null for what was none."""
    is_count = pc.match_substring_regex(tokens, "^[0-9]{1,9}$")
    return pc.if_else(is_count, tokens, None).cast(pa.int64())


def folds(batches: Iterable[pa.RecordBatch], wanted: Columns, by: By = ()) -> Iterator[pa.Table]:
    """Visitors, a row each, from records that are in order of visitors, then of time.

    A record is its `VISITOR`, then what is `kept` of it; what is put between is that of a visitor's
    first row. `wanted` are the columns of visitors, and `by` is what their records have in common.
    """
    several = _several(wanted, by)
    parts: list[pa.Table] = []  # of the visitor that may go on: what was folded by itself
    for batch in batches:
        if not batch.num_rows:
            continue
        rows = _unfolded(batch, several)
        if parts and _is_all_of(rows, parts[0]):
            parts.append(_fold([rows], wanted))
            # Parts of like size, so that what is there already is not folded again and again.
            while len(parts) > 1 and parts[-2].nbytes <= 2 * parts[-1].nbytes:
                parts[-2:] = [_fold(parts[-2:], wanted)]
        else:
            folded = _fold([*parts, rows], wanted)
            yield folded.slice(0, len(folded) - 1)
            parts = [folded.slice(len(folded) - 1)]
    if parts:
        yield _fold(parts, wanted)


def _is_all_of(rows: pa.Table, one: pa.Table) -> bool:
    """Whether all rows, which are in order of visitors, are of this visitor."""
    visitors = rows[VISITOR]
    return bool(visitors[0] == visitors[-1] == one[VISITOR][0])


def visitors_of(folded: pa.Table, names: Sequence[str]) -> pa.RecordBatch:
    """The fields `names` of visitors, as JSON texts, of pages lists of them."""
    columns = {name: folded[name].combine_chunks() for name in folded.column_names}
    counted = {PAGE_VIEWS: columns[_VIEWED], SESSIONS: pc.list_value_length(columns[_SESSION])}
    has_pages = pc.greater(pc.list_value_length(columns[PAGES]), 0)
    columns[PAGES] = pc.if_else(has_pages, columns[PAGES], columns[_NO_PAGES])
    arrays = []
    for name in names:
        array = columns[name]
        if pa.types.is_list(array.type) and name != PAGES:
            array = _one_or_list(array)
        if name in counted:
            count = pc.if_else(pc.greater(counted[name], 0), counted[name], None)
            fits = typed_columns.of_kind(array, name, Kind.NUMBER).present()
            own = pc.if_else(pa.array(fits), array, None)
            array = pc.coalesce(own, count.cast(pa.string()), array)
        arrays.append(_ids(array, columns[KEY]) if name == ID else array)
    return pa.RecordBatch.from_arrays(arrays, names=list(names))


def _one_or_list(lists: pa.ListArray) -> pa.Array:
    """Return the only token of each list, else the JSON text of the list; null for an empty one."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    starts = np.cumsum(lengths) - lengths
    first = lists.flatten().take(pa.array(starts, mask=lengths == 0))
    return pc.if_else(pa.array(lengths > 1), json_texts.joined(lists), first)


def _ids(own: pa.Array, keys: pa.Array) -> pa.Array:
    """The visitors' ids: their keys as the records write them, or their own without a key."""
    is_key = pc.fill_null(
        pc.equal(pc.utf8_trim_whitespace(typed_columns.scalar_texts(own)), keys), False
    )
    return pc.coalesce(pc.if_else(is_key, own, json_texts.quoted(keys)), own)


def _unfolded(batch: pa.RecordBatch, several: Sequence[str]) -> pa.Table:
    """Records as rows of the shape that visitors have: sessions and pages are lists of texts."""
    columns = {name: batch[name] for name in batch.schema.names}
    sessions, tokens = columns[_SESSION], columns[PAGES]
    ends = np.cumsum(sessions.is_valid().to_numpy(zero_copy_only=False))
    columns[_SESSION] = _lists(np.append(0, ends), sessions.drop_null())
    pages = typed_columns.pages(tokens)
    offsets, elements = np.asarray(pages.offsets), pa.array(np.asarray(pages.elements))
    columns[PAGES] = _lists(offsets, json_texts.quoted(pages.values).take(elements))
    columns[_VIEWED] = pc.coalesce(columns[_VIEWED], pa.array(np.diff(offsets)))
    fits = np.ones(len(tokens), bool)
    fits[pages.misfits] = False
    columns[_NO_PAGES] = tokens.take(pa.array(np.arange(len(tokens)), mask=fits)).cast(_TEXTS)
    columns |= {name: _elements(columns[name]) for name in several}
    return pa.table(columns)


def _elements(tokens: pa.Array) -> pa.ListArray:
    """Return the texts of each token, of a list its elements, without what is missing."""
    encoded = tokens.dictionary_encode()
    values = [json_records.loads(token) for token in encoded.dictionary.to_pylist()]
    lists = [value if isinstance(value, list) else [value] for value in values]
    texts = [
        [json_records.dumps(element) for element in elements if _is_scalar(element)]
        for elements in lists
    ]
    known = pa.array(dict.fromkeys(text for row in texts for text in row), pa.string())
    gaps = set(known.filter(missing(known)).to_pylist())
    filled = [[text for text in row if text not in gaps] for row in texts]
    return pa.array(filled, pa.list_(pa.string())).take(encoded.indices)


def _is_scalar(value: object) -> bool:
    return json_records.scalar_text(value) is not None


def _fold(parts: Sequence[pa.Table], wanted: Columns) -> pa.Table:
    """One row for each visitor, from its rows in order of time, which are in the parts."""
    rows = pa.concat_tables(part.cast(parts[0].schema) for part in parts)
    columns = {name: rows[name].combine_chunks() for name in rows.column_names}
    visitors = columns[VISITOR]
    differ = pc.not_equal(visitors.slice(1), visitors.slice(0, len(visitors) - 1))
    starts = np.flatnonzero(np.append(True, differ.to_numpy(zero_copy_only=False)))
    lengths = np.diff(np.append(starts, len(visitors)))
    groups = _Groups(starts, np.repeat(np.arange(len(starts)), lengths))
    known = columns[MICROS].is_valid().to_numpy(zero_copy_only=False)
    in_front = rows.column_names[: rows.column_names.index(MICROS)]
    merged = {}
    for name in rows.column_names:
        column = columns.pop(name)
        if name in in_front:
            merged[name] = column.take(pa.array(starts))
        elif name == _VIEWED:
            merged[name] = pa.array(np.add.reduceat(column.to_numpy(), starts))
        elif pa.types.is_list(column.type) and name != _NO_PAGES:
            merged[name] = groups.distinct(column)
        else:
            merged[name] = column.take(
                groups.last(*_present(column, name, wanted.type_of(name), known))
            )
    return pa.table(merged)


def _present(
    tokens: pa.Array, name: str, entry: ConditionType | None, has_instant: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows have a value of the field, and the rows of what does not fit."""
    if entry:
        return typed_columns.fitting(tokens, name, entry)
    if name == LAST_SEEN:
        return has_instant, np.flatnonzero(~missing(tokens) & ~has_instant)
    if name == MICROS:
        return has_instant, _NO_ROWS
    if name in (ID, _NO_PAGES):
        known = typed_columns.scalar_texts(tokens) if name == ID else tokens
        return known.is_valid().to_numpy(zero_copy_only=False), _NO_ROWS
    return ~missing(tokens), _NO_ROWS


_NO_ROWS = np.empty(0, np.int64)


class _Groups(Struct, frozen=True):
    """Rows that belong together: where each group starts, and each row's group."""

    starts: np.ndarray
    of_row: np.ndarray

    def last(self, present: np.ndarray, misfits: np.ndarray) -> pa.Array:
        """Each group's last row that is present, else its last misfit, else null."""
        numbers = np.arange(len(self.of_row))
        latest = np.maximum.reduceat(np.where(present, numbers, -1), self.starts)
        if len(misfits):
            odd = np.full(len(numbers), -1)
            odd[misfits] = misfits
            latest = np.where(latest >= 0, latest, np.maximum.reduceat(odd, self.starts))
        return pa.array(latest, mask=latest < 0)

    def distinct(self, lists: pa.ListArray) -> pa.ListArray:
        """The lists of all rows of each group in one, each text once, in order."""
        encoded = lists.flatten().dictionary_encode()
        codes = encoded.indices.to_numpy().astype(np.int64)
        owners = np.repeat(self.of_row, np.diff(lists.offsets.to_numpy()))
        _, firsts = np.unique(owners * max(len(encoded.dictionary), 1) + codes, return_index=True)
        firsts.sort()
        ends = np.cumsum(np.bincount(owners[firsts], minlength=len(self.starts)))
        return _lists(np.append(0, ends), encoded.dictionary.take(pa.array(codes[firsts])))


def _lists(offsets: np.ndarray, texts: pa.Array) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), texts)
