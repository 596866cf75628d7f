"""Visitors and matches by day, by the values of a text field, and by the size of the company."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct, field

from icpctl.features.report.period import DAY, DAY_0
from icpctl.scoring.report import Report, rate
from icpctl.values import normal_forms, text_forms, typed_columns
from icpctl.vocabulary import CONDITION_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMONEST = 20
"""How many values of a field are reported."""


class DayReport(Report):
    """The visitors last seen on one day (UTC), or without a date."""

    date: date | None
    visitors: int
    matched: int


class ValueReport(Report):
    """The visitors that have one value of a field; None stands for those that lack the field."""

    value: str | None
    visitors: int
    matched: int
    match_rate: float | None


class FieldReport(Report):
    """The commonest values of a field, of `distinct` in all, then those that lack it."""

    field: str
    distinct: int
    values: list[ValueReport]


class Tally(Struct):
    """Visitors and matches by key.

    `most` bounds how many keys are counted: rows whose key comes later, or is longer than
    `LONGEST` characters, are `uncounted`.
    """

    most: int | None = None
    visitors: Counter[int | str | None] = field(default_factory=Counter)
    matched: Counter[int | str | None] = field(default_factory=Counter)
    uncounted: int = 0

    def add(self, keys: Sequence[int | str | None], of_row: np.ndarray, held: np.ndarray) -> None:
        """Count rows; `of_row` [rows] is the number of each one's key, `held` who matches."""
        visitors = np.bincount(of_row, minlength=len(keys)).tolist()
        matched = np.bincount(of_row[held], minlength=len(keys)).tolist()
        for key, count, match_count in zip(keys, visitors, matched, strict=True):
            if count:
                self._count(key, count, match_count)

    def merge(self, later: Tally) -> None:
        """Add what was counted of later rows."""
        for key, count in later.visitors.items():
            self._count(key, count, later.matched[key])
        self.uncounted += later.uncounted

    def _count(self, key: int | str | None, visitors: int, matched: int) -> None:
        if self._has_room(key):
            self.visitors[key] += visitors
            self.matched[key] += matched
        else:
            self.uncounted += visitors

    def _has_room(self, key: int | str | None) -> bool:
        if self.most is None or key is None or key in self.visitors:
            return True
        is_short = not isinstance(key, str) or len(key) <= LONGEST
        return is_short and len(self.visitors) < self.most


LONGEST = 500
"""Characters of a key that is counted where the number of keys is bounded."""


class LastSeen(Struct, frozen=True):
    """When the visitors of a batch were last seen.

    `micros` [rows] are microseconds since 1970 where `known` [rows]; `misfits` is how many
    visitors have a value that is not a date.
    """

    micros: np.ndarray
    known: np.ndarray
    misfits: int

    @classmethod
    def of(cls, last_seen: pa.Array) -> LastSeen:
        """Read a column of JSON texts."""
        micros, known, misfits = typed_columns.instants(last_seen)
        return cls(micros, known, len(misfits))


def count_days(tally: Tally, seen: LastSeen, chosen: np.ndarray, held: np.ndarray) -> None:
    """Count the `chosen` rows by day; those without a date count under None.

    `held` has the chosen rows alone.
    """
    known = seen.known[chosen]
    days, of_row = np.unique(seen.micros[chosen][known] // DAY, return_inverse=True)
    numbers = np.full(len(held), len(days))
    numbers[known] = of_row
    tally.add([*days.tolist(), None], numbers, held)


def day_reports(tally: Tally) -> list[DayReport]:
    """The days that have visitors, in order; those without a date come last."""
    keys = sorted(tally.visitors, key=lambda day: (day is None, day or 0))
    return [
        DayReport(
            date=None if day is None else date.fromordinal(DAY_0 + int(day)),
            visitors=tally.visitors[day],
            matched=tally.matched[day],
        )
        for day in keys
    ]


def count_values(tally: Tally, tokens: pa.Array, held: np.ndarray) -> None:
    """Count rows by their JSON texts."""
    encoded = tokens.dictionary_encode()
    keys = [*encoded.dictionary.to_pylist(), None]
    tally.add(keys, encoded.indices.fill_null(len(keys) - 1).to_numpy(), held)


def field_report(name: str, tokens: Tally, case_sensitive: bool) -> FieldReport:
    """The commonest values of a text field; values that `equals` takes for the same are one."""
    tally, spellings = _by_value(name, tokens, case_sensitive)
    lacking = tally.visitors[None]
    commonest = [key for key, _ in tally.visitors.most_common(COMMONEST + 1) if key is not None]
    keys = [*commonest[:COMMONEST], *([None] if lacking else [])]
    return FieldReport(
        field=name,
        distinct=len(tally.visitors.keys() - {None}),
        values=[
            value_report(
                None if key is None else spellings[str(key)].most_common(1)[0][0],
                tally.visitors[key],
                tally.matched[key],
            )
            for key in keys
        ],
    )


def value_report(value: str | None, visitors: int, matched: int) -> ValueReport:
    """One value's share."""
    match_rate = rate(matched, visitors)
    return ValueReport(value=value, visitors=visitors, matched=matched, match_rate=match_rate)


def _by_value(
    name: str, tokens: Tally, case_sensitive: bool
) -> tuple[Tally, dict[str, Counter[str]]]:
    """Counts by the normal form of values instead of JSON texts, and how each form is spelt."""
    entry = CONDITION_TYPES.get(name)  # a custom field is plain text
    form = normal_forms.FORMS.get(entry.form, str) if entry else str
    keys = list(tokens.visitors)
    tally = Tally()
    spellings: dict[str, Counter[str]] = {}
    for key, texts in zip(
        keys, typed_columns.texts(pa.array(keys, pa.string())).to_lists(), strict=True
    ):
        forms: dict[str | None, str] = {
            form(text_forms.plain(text, case_sensitive=case_sensitive)): text for text in texts
        }
        for of_form in forms or {None: ""}:
            tally.visitors[of_form] += tokens.visitors[key]
            tally.matched[of_form] += tokens.matched[key]
            if of_form is not None:
                spelt = spellings.setdefault(of_form, Counter())
                spelt[forms[of_form]] += tokens.visitors[key]
    return tally, spellings


_SIZES = (10, 50, 200, 500, 1_000, 5_000, 10_000)


class SizeCounts(Struct):
    """Visitors and matches by the number of employees, in the usual steps.

    A range counts where it lies within one step, and else under none of them.
    """

    visitors: np.ndarray = field(default_factory=lambda: np.zeros(len(_SIZES) + 3, np.int64))
    matched: np.ndarray = field(default_factory=lambda: np.zeros(len(_SIZES) + 3, np.int64))

    def add(self, sizes: pa.Array, ranges: pa.Array, held: np.ndarray) -> None:
        """Count rows by their number of employees, or their range where they have no number."""
        steps, other = self._steps(sizes), self._steps(ranges)
        steps = np.where(steps == _NO_SIZE, other, steps)
        self.visitors += np.bincount(steps, minlength=len(self.visitors))
        self.matched += np.bincount(steps[held], minlength=len(self.matched))

    @staticmethod
    def _steps(tokens: pa.Array) -> np.ndarray:
        """The step of each row: after the last one come `_WIDE` and `_NO_SIZE`."""
        column = typed_columns.numbers(tokens, "company_size")
        if not len(column.values):
            return np.full(len(tokens), _NO_SIZE)
        low, high = (np.searchsorted(_SIZES, column.values[:, at]) for at in (0, 1))
        step = np.where(low == high, low, _WIDE)
        step[column.values[:, 1] < 1] = _NO_SIZE  # nobody works there, so nobody knows
        steps_of_rows: np.ndarray = np.append(step, _NO_SIZE)[column.rows]
        return steps_of_rows

    def report(self) -> FieldReport:
        """The steps that have visitors, in order, and those without a size."""
        values = [
            value_report(name, int(visitors), int(matched))
            for name, visitors, matched in zip(_STEPS, self.visitors, self.matched, strict=True)
            if visitors
        ]
        distinct = sum(value.value is not None for value in values)
        return FieldReport(field="company_size", distinct=distinct, values=values)


_WIDE, _NO_SIZE = len(_SIZES) + 1, len(_SIZES) + 2
_STEPS = (
    *(f"{low + 1:,}-{high:,}" for low, high in zip((0, *_SIZES), _SIZES, strict=False)),
    f"{_SIZES[-1] + 1:,}+",
    "other ranges",
    None,
)
