"""The fields of records: which paths give which column, and the columns, of JSON tokens.

Of the paths of a field, and of the spellings of their keys, the first that has a value which fits
the field's kind gives the value of a row; where none fits, the first that has a misfit does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field

from icpctl.exports.columns.path_values import (
    AnyPlanned,
    PlannedBounds,
    WantedPaths,
    planned_path,
)
from icpctl.exports.columns.tokens import (
    TokenLists,
    Tokens,
    as_lists,
    chosen,
    converted,
)
from icpctl.mappings import conversions
from icpctl.mappings.mapping import FIELDS, ID, PAGES
from icpctl.mappings.paths import conversion, is_many, keys_needed, missing_texts, resolve
from icpctl.values import json_records, typed_columns
from icpctl.values.column import first_bytes
from icpctl.values.page_columns import pages_alone
from icpctl.values.text_forms import key_form
from icpctl.vocabulary import CONDITION_TYPES, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from icpctl.exports.columns.path_values import Scanned
    from icpctl.exports.columns.tokens import AnyValues, Values
    from icpctl.exports.scanner.scan_results import Wanted
    from icpctl.mappings.mapping import Mapping
    from icpctl.mappings.paths import Keys, Path
    from icpctl.vocabulary import ConditionType


class Columns(Struct, frozen=True):
    """Which paths of a record give which column.

    `paths` maps a column's name to the paths to try; the first that has a value which fits wins.
    A column holds JSON tokens, `pages` lists of them. `types` are the condition types of custom
    fields, by the names of their columns. `keys` are the forms of further keys of a record that
    its mapping reads, though no column needs them: a record that has one is not a page of records.
    `records` are the paths of the list that holds the records of a page, `only` the paths and texts
    of which a record must have one each, or it is left out: as in `Mapping`.
    """

    paths: dict[str, tuple[Path, ...]]
    types: dict[str, ConditionType] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()
    records: tuple[Path, ...] = ()
    only: tuple[tuple[Path, tuple[str, ...]], ...] = ()

    @classmethod
    def of(
        cls,
        mapping: Mapping,
        paths: dict[str, tuple[Path, ...]],
        types: dict[str, ConditionType] | None = None,
    ) -> Columns:
        """Return columns of the records of a mapping."""
        return cls(paths, types or {}, keys_of_mapping(mapping), mapping.records, mapping.only)

    @property
    def read_paths(self) -> dict[str, tuple[Path, ...]]:
        """All that is read of records: the columns, and what says which records count."""
        return self.paths | {
            only_name(number): (path,) for number, (path, _) in enumerate(self.only)
        }

    def type_of(self, name: str) -> ConditionType | None:
        """Return the condition type whose values a column holds, if it is that of one."""
        return self.types.get(name) or CONDITION_TYPES.get(name)


def only_name(number: int) -> str:
    """Return the name of the column that a test of `Columns.only` reads."""
    return f"only {number}"


def keys_of_mapping(mapping: Mapping) -> frozenset[str]:
    """Return the forms of the keys that a mapping reads of a record itself."""
    about = {"by": mapping.by, "session": mapping.session}
    tests = {only_name(number): (path,) for number, (path, _) in enumerate(mapping.only)}
    return keys_of_paths({**mapping.paths, **about, **tests})


def first_value(record: dict[str, Any], paths: Iterable[Path]) -> Any:
    """Return the first value at one of the paths that is present and not null, converted."""
    for path in paths:
        how = conversion(path)
        value = resolve(record, path)
        if value == [] and is_many(path) and not (how and how.name == conversions.COUNT):
            continue
        value = conversions.convert(value, how)
        if value is not None:
            return value
    return None


def keys_of_lists(paths: Iterable[Path]) -> list[Keys]:
    """Return the keys of paths to lists of records."""
    return [tuple(step for step in path if isinstance(step, str)) for path in paths]


def keys_of_paths(paths: dict[str, tuple[Path, ...]]) -> frozenset[str]:
    """Return the forms of the keys with which the paths of some fields begin."""
    all_paths = (path for several in paths.values() for path in several)
    return frozenset(key_form(keys[0]) for path in all_paths for keys in keys_needed(path) if keys)


_MISSING, _MISFIT, _FITS = 0, 1, 2
"""What a token is for a field; more is better."""

_QUOTE = ord('"')
_LETTERS = np.frombuffer(b"ABCDEFGHIJKLMOPQRSTUVWXYZabcdefghijklmopqrstuvwxyz123456789", np.uint8)
"""With one of these a text begins that no export means as no value."""


class FieldColumns(Struct, frozen=True):
    """What a scanner is asked for to give some columns, and how they are made of its answers."""

    columns: Columns
    wanted: list[Wanted]
    planned: dict[str, tuple[AnyPlanned, ...]]

    @classmethod
    def of(cls, columns: Columns, *, is_table: bool = False) -> FieldColumns:
        """Plan the paths of some columns; a table may have a column for each bound of a range."""
        wanted = WantedPaths()
        planned = {}
        for name, paths in columns.read_paths.items():
            own: list[AnyPlanned] = []
            for path in _differing(paths):
                own.append(planned_path(path, wanted, as_list=name == PAGES))
                own += PlannedBounds.of(path, wanted) if is_table else ()
            planned[name] = tuple(own)
        return cls(columns, wanted.wanted(), planned)

    def table(self, scanned: Scanned, partition: Sequence[tuple[str, str]] = ()) -> pa.RecordBatch:
        """Return the columns of the records that were read.

        `partition` are keys, with their texts, that every record has besides its own.
        """
        arrays = []
        for name, paths in self.planned.items():
            candidates = [
                values
                for path in paths
                for values in (
                    *path.values(scanned),
                    *_of_partition(path.path, partition, scanned.rows),
                )
            ]
            entry = self.columns.type_of(name)
            arrays.append(_field_array(name, candidates, scanned.rows, entry))
        return pa.RecordBatch.from_arrays(arrays, names=list(self.planned))


def _differing(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the paths without those that another spelling of one before them leads to as well."""
    forms = set()
    for path in paths:
        form = tuple(key_form(step) if isinstance(step, str) else step for step in path)
        if form not in forms:
            forms.add(form)
            yield path


def _of_partition(path: Path, partition: Sequence[tuple[str, str]], rows: int) -> list[Values]:
    """Return what a path of one key has in the names of folders."""
    first, *rest = path
    if not isinstance(first, str) or any(isinstance(step, str) for step in rest):
        return []
    return [
        converted(
            Tokens.constant(json_records.dumps(text), rows), missing_texts(path), conversion(path)
        )
        for key, text in partition
        if key_form(key) == key_form(first)
    ]


def _field_array(
    name: str, candidates: Sequence[Values], rows: int, entry: ConditionType | None
) -> pa.Array:
    """Return the column of a field for Arrow, of what its paths gave, in their order.

    `entry` is the field's condition type, if it is that of one. The column has a JSON token a
    row, null where there is nothing; `pages` are lists of tokens.
    """
    present = [values for values in candidates if values.is_present.any()]
    if name == PAGES:
        lists = [as_lists(values) for values in present]
        empty = TokenLists(np.zeros(rows + 1, np.int32), Tokens.constant(None, 0))
        return _best(lists or [empty], _list_states).array()

    def states(values: Tokens) -> np.ndarray:
        by_row: np.ndarray = np.append(_states(name, values.distinct, entry), -1)[values.codes]
        return by_row

    tokens = [part.joined() if isinstance(part, TokenLists) else part for part in present]
    best = _best(tokens or [Tokens.constant(None, rows)], states)
    return best.array() if entry else best.texts()


def _best(candidates: Sequence[AnyValues], states: Callable[[AnyValues], np.ndarray]) -> AnyValues:
    """Return for each row what the first of the candidates has whose state there is the best."""
    first, *others = candidates
    if not others:
        return first
    state = states(first)
    choice = np.where(state >= 0, 0, -1)
    for number, values in enumerate(others, 1):
        if (state == _FITS).all():
            break
        its = states(values)
        is_better = its > state
        choice[is_better], state[is_better] = number, its[is_better]
    return chosen(candidates, choice) if choice.any() else first


def _states(name: str, distinct: pa.Array, entry: ConditionType | None) -> np.ndarray:
    """Return for each of some tokens whether it is missing, a misfit, or fits the field."""
    states = np.full(len(distinct), _FITS)
    unsure = ~_surely_fit(name, distinct, entry)
    if unsure.any():
        fits, misfits = typed_columns.fitting(distinct.filter(pa.array(unsure)), name, entry)
        looked_at = np.full(len(fits), _MISSING)
        looked_at[misfits] = _MISFIT
        looked_at[fits] = _FITS
        states[unsure] = looked_at
    return states


def _surely_fit(name: str, distinct: pa.Array, entry: ConditionType | None) -> np.ndarray:
    """Return which tokens need no closer look: plain texts of a field of texts."""
    is_text = entry is None and (name == ID or name not in FIELDS)
    if not (is_text or (entry and entry.kind is Kind.TEXT)) or not len(distinct):
        return np.zeros(len(distinct), bool)
    inner = pc.binary_slice(distinct.cast(pa.binary()), 1, 2)
    # A token of one digit has no second byte, and must not take that of the next.
    second = np.frombuffer(b"".join(byte or b"\0" for byte in inner.to_pylist()), np.uint8)
    flags: np.ndarray = first_bytes(distinct) == _QUOTE
    return flags & np.isin(second, _LETTERS)


def _list_states(lists: TokenLists) -> np.ndarray:
    """Return for each row the best that an element is, -1 for an empty list."""
    tokens = lists.elements.distinct
    column = pages_alone(tokens)
    its = np.full(len(tokens) + 1, _MISSING)
    its[column.misfits] = _MISFIT
    its[:-1][column.present()] = _FITS
    best = np.full(lists.rows, -1)
    filled = np.flatnonzero(lists.lengths)
    if len(filled):
        of_elements = its[lists.elements.codes]
        best[filled] = np.maximum.reduceat(of_elements, lists.offsets[:-1][filled])
    return best
