"""Values that do not fit their field (SPEC 4): how many, and the first for people to see."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from icpctl.exports import json_texts
from icpctl.mappings.mapping import ID, LAST_SEEN, PAGES
from icpctl.values import typed_columns
from icpctl.values.tokens import missing
from icpctl.vocabulary import CONDITION_TYPES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa

SHOWN = 10
"""How many of a run's misfits are kept for people to see."""


@dataclass(frozen=True, slots=True)
class FieldWarning:
    """A value that does not fit its field's kind, as JSON text."""

    file: str
    line: int
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Misfits:
    """Of one field of a batch how many there are, and of the `first` the line and JSON text."""

    count: int
    first: list[tuple[int, str]]

    @classmethod
    def of(cls, column: pa.Array, rows: np.ndarray, lines: np.ndarray) -> Misfits:
        """Those on `rows` of a column of JSON texts, or of lists of them."""
        found = [(int(lines[row]), json_of(column[int(row)])) for row in rows[:SHOWN]]
        return cls(len(rows), found)


@dataclass(slots=True)
class FieldWarnings:
    """All misfits of a run by field, and the `first` of them."""

    counts: Counter[str] = field(default_factory=Counter)
    first: list[FieldWarning] = field(default_factory=list)

    def add(self, file: str, found: Mapping[str, Misfits]) -> None:
        """Note those of a batch, by field."""
        new = []
        for name, misfits in found.items():
            self.counts[name] += misfits.count
            new += [FieldWarning(file, line, name, value) for line, value in misfits.first]
        new.sort(key=lambda one: one.line)
        self.first += new[: SHOWN - len(self.first)]

    def follow(self, later: FieldWarnings, lines_before: int) -> None:
        """Note those of a later part of a run; so many lines of its file go before it."""
        self.counts.update(later.counts)
        room = SHOWN - len(self.first)
        self.first += [replace(one, line=one.line + lines_before) for one in later.first[:room]]


def misfits_of(
    table: pa.RecordBatch, names: Iterable[str], lines: np.ndarray
) -> dict[str, Misfits]:
    """Those in the columns `names` of a batch whose records are on `lines`."""
    columns = {name: json_texts.plain(table[name]) for name in names}
    return {
        name: Misfits.of(column, rows, lines)
        for name, column in columns.items()
        if len(rows := misfit_rows(name, column))
    }


def misfit_rows(name: str, tokens: pa.Array) -> np.ndarray:
    """The rows of a field's column that hold something that does not fit it."""
    if name == LAST_SEEN:
        return typed_columns.instants(tokens)[2]
    if name == ID:
        is_one = typed_columns.scalar_texts(tokens).is_valid().to_numpy(zero_copy_only=False)
        return np.flatnonzero(~missing(tokens) & ~is_one)
    if name == PAGES:
        return typed_columns.pages(tokens).misfits
    kind = CONDITION_TYPES[name].kind
    if kind is Kind.TEXT and pc.all(pc.starts_with(tokens, '"')).as_py():
        return np.empty(0, np.int64)
    return typed_columns.of_kind(tokens, name, kind).misfits


def json_of(value: pa.Scalar) -> str:
    """Return the JSON text of a value; pages come as a list of the texts of its elements."""
    found = value.as_py()
    if not isinstance(found, list):
        return str(found)
    return f"[{','.join('null' if page is None else page for page in found)}]"
