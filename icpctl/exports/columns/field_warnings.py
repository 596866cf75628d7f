"""Values that do not fit their field: how many, and the first for people to see."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field

from icpctl.exports.columns import json_texts
from icpctl.mappings.mapping import PAGES
from icpctl.values import typed_columns
from icpctl.vocabulary import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from icpctl.vocabulary.condition_types import ConditionType

PLACES = 3
"""How many places of each field's misfits are kept for people to see."""

COMMONEST = 3
"""How many values of each field's misfits people see, the commonest."""

_MOST_VALUES = 1_000  # distinct values of a field that are counted, those that come first
_LONGEST = 200  # characters of a value that are kept


class FieldWarning(Struct, frozen=True):
    """The values of a field that do not fit its kind: how many, and what people see of them.

    `commonest` are JSON texts with how often each occurs, `places` the first files and lines.
    """

    field: str
    count: int
    commonest: tuple[tuple[str, int], ...]
    places: tuple[tuple[str, int], ...]


class Misfits(Struct, frozen=True):
    """Of one field of a batch how many there are, the JSON texts, and the first lines."""

    count: int
    values: list[tuple[str, int]]
    lines: list[int]

    @classmethod
    def of(cls, column: pa.Array, rows: np.ndarray, lines: np.ndarray) -> Misfits:
        """Those on `rows` of a column of JSON texts, or of lists of them."""
        return cls(len(rows), _counted(column, rows), lines[rows[:PLACES]].tolist())


class FieldWarnings(Struct):
    """All misfits of a run by field: how many, their values, and the first places."""

    counts: Counter[str] = field(default_factory=Counter)
    values: dict[str, Counter[str]] = field(default_factory=dict)
    places: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def add(self, file: str, misfits_by_field: Mapping[str, Misfits]) -> None:
        """Note those of a batch, by field."""
        for name, misfits in misfits_by_field.items():
            places = [(file, line) for line in misfits.lines]
            self._note(name, misfits.count, misfits.values, places)

    def follow(self, later: FieldWarnings, lines_before: int) -> None:
        """Note those of a later part of a run, which begins after this many lines of its file."""
        for name, count in later.counts.items():
            places = [(file, line + lines_before) for file, line in later.places[name]]
            self._note(name, count, later.values[name].items(), places)

    def summary(self) -> list[FieldWarning]:
        """Return a warning a field, in the order of their names."""
        return [
            FieldWarning(
                name,
                self.counts[name],
                tuple(self.values[name].most_common(COMMONEST)),
                tuple(self.places[name]),
            )
            for name in sorted(self.counts)
        ]

    def _note(
        self,
        name: str,
        count: int,
        values: Iterable[tuple[str, int]],
        places: list[tuple[str, int]],
    ) -> None:
        self.counts[name] += count
        counted = self.values.setdefault(name, Counter())
        for value, times in values:
            if value in counted or len(counted) < _MOST_VALUES:
                counted[value] += times
        kept = self.places.setdefault(name, [])
        kept += places[: PLACES - len(kept)]


def _counted(column: pa.Array, rows: np.ndarray) -> list[tuple[str, int]]:
    """The distinct values on `rows`, in the order in which they come, with how often each does."""
    chosen = column.take(pa.array(rows))
    if not pa.types.is_string(chosen.type) and not pa.types.is_large_string(chosen.type):
        texts = Counter(json_of(chosen[row])[:_LONGEST] for row in range(len(chosen)))
        return list(texts.items())[:_MOST_VALUES]
    counts = pc.value_counts(pc.utf8_slice_codeunits(chosen, 0, _LONGEST)).slice(0, _MOST_VALUES)
    pairs = zip(counts.field("values"), counts.field("counts"), strict=True)
    return [(value.as_py(), count.as_py()) for value, count in pairs]


def misfits_of(
    table: pa.RecordBatch, types: Mapping[str, ConditionType | None], lines: np.ndarray
) -> dict[str, Misfits]:
    """Return the misfits of a batch whose records are on `lines`, by the columns in `types`.

    These are the condition types that the columns are for, None of those without one.
    """
    columns = {name: json_texts.plain(table[name]) for name in types}
    return {
        name: Misfits.of(column, rows, lines)
        for name, column in columns.items()
        if len(rows := misfit_rows(name, column, types[name]))
    }


def misfit_rows(name: str, tokens: pa.Array, entry: ConditionType | None) -> np.ndarray:
    """Return the rows of a field's column that hold something that does not fit it."""
    if name == PAGES:
        return typed_columns.pages(tokens).misfits
    is_text = entry is not None and entry.kind is Kind.TEXT
    if is_text and pc.all(pc.starts_with(tokens, '"')).as_py():
        return np.empty(0, np.int64)
    return typed_columns.fitting(tokens, name, entry)[1]


def json_of(value: pa.Scalar) -> str:
    """Return the JSON text of a value; pages come as a list of the texts of its elements."""
    found = value.as_py()
    if not isinstance(found, list):
        return str(found)
    return f"[{','.join('null' if page is None else page for page in found)}]"
