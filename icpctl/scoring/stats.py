"""Visitors and matches over a period: by config, by day and by the values of a field."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pydantic import Field

from icpctl.errors import IcpctlError
from icpctl.scoring.counts import Counts
from icpctl.scoring.report import ConfigReport, Report, rate
from icpctl.scoring.run import score
from icpctl.visitors import normal, values
from icpctl.visitors.mapping import LAST_SEEN
from icpctl.vocabulary import CONDITION_TYPES, Kind, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.config.model import IcpConfig
    from icpctl.scoring.run import Options, Rows, Run

COMMONEST = 20
"""How many values of a field are reported."""

_DAY = 86_400_000_000  # microseconds
_DAY_0 = date(1970, 1, 1).toordinal()


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


class StatsReport(Report):
    """A whole period. `average_score` is the mean `icp_score` of the visitors that match."""

    organization: str | None
    first: date | None = Field(serialization_alias="from")
    last: date | None = Field(serialization_alias="to")
    visitors: int
    matched: int
    match_rate: float | None
    average_score: float | None
    configs: list[ConfigReport]
    days: list[DayReport]
    by: FieldReport | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """Days in UTC, both included; None is open. Without any it holds visitors without a date."""

    first: date | None = None
    last: date | None = None

    @classmethod
    def parse(cls, first: str | None, last: str | None) -> Period:
        """Return the period for `--from` and `--to`. Raises `IcpctlError` `bad_usage`."""
        period = cls(_day("--from", first), _day("--to", last))
        if period.first and period.last and period.first > period.last:
            raise IcpctlError(f"--from {period.first} is after --to {period.last}", "bad_usage")
        return period

    def chosen(self, days: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Which visitors belong to the period, of those last seen on `days` since 1970."""
        if self.first is None and self.last is None:
            return np.ones(len(days), bool)
        chosen = known.copy()
        if self.first:
            chosen &= days >= self.first.toordinal() - _DAY_0
        if self.last:
            chosen &= days <= self.last.toordinal() - _DAY_0
        return chosen


@dataclass(slots=True)
class Stats:
    """A report, the run behind it, and how many visitors have a `last_seen` that is no date."""

    report: StatsReport
    run: Run
    dateless: int


def stats(
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    period: Period,
    *,
    organization: str | None = None,
    by: str | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Stats:
    """Score visitors against `(slug, config)` pairs, and count those last seen in a period.

    `by` names a text field. Raises `IcpctlError`: `no_such_field`, and what reading raises.
    """
    if by is not None:
        _require_text(by)
    counted = _Counted(period, by, Counts(len(configs)))
    fields = (LAST_SEEN,) if by is None else (LAST_SEEN, by)
    run = score(
        visitors,
        configs,
        replace(options, fields=fields),
        on_rows=counted.add,
        on_progress=on_progress,
    )
    counts = counted.counts
    report = StatsReport(
        organization=organization,
        first=period.first,
        last=period.last,
        visitors=counts.visitors,
        matched=counts.matched,
        match_rate=counts.match_rate,
        average_score=counts.average_score,
        configs=counts.config_reports(run.report.configs),
        days=counted.day_reports(),
        by=counted.field_report(by, options.case_sensitive) if by else None,
    )
    return Stats(report, run, counted.dateless)


@dataclass(slots=True)
class _Tally:
    """Visitors and matches by key."""

    visitors: Counter[int | str | None] = field(default_factory=Counter)
    matched: Counter[int | str | None] = field(default_factory=Counter)

    def add(self, keys: Sequence[int | str | None], of_row: np.ndarray, held: np.ndarray) -> None:
        """Count rows; `of_row` [rows] is the number of each one's key, `held` who matches."""
        visitors = np.bincount(of_row, minlength=len(keys)).tolist()
        matched = np.bincount(of_row[held], minlength=len(keys)).tolist()
        for key, count, match_count in zip(keys, visitors, matched, strict=True):
            if count:
                self.visitors[key] += count
                self.matched[key] += match_count


@dataclass(slots=True)
class _Counted:
    period: Period
    by: str | None
    counts: Counts
    days: _Tally = field(default_factory=_Tally)
    tokens: _Tally = field(default_factory=_Tally)
    dateless: int = 0

    def add(self, rows: Rows) -> None:
        micros, known, misfits = values.instants(rows.fields[LAST_SEEN])
        self.dateless += len(misfits)
        days = np.floor_divide(micros, _DAY)
        chosen = self.period.chosen(days, known)
        self.counts.add(rows.verdicts, chosen)
        held = rows.verdicts.icp[chosen] >= 0
        found, of_row = np.unique(days[chosen & known], return_inverse=True)
        at = np.full(len(held), len(found))
        at[known[chosen]] = of_row
        self.days.add([*found.tolist(), None], at, held)
        if self.by is not None:
            encoded = rows.fields[self.by].filter(pa.array(chosen)).dictionary_encode()
            keys = [*encoded.dictionary.to_pylist(), None]
            codes = encoded.indices.fill_null(len(keys) - 1).to_numpy()
            self.tokens.add(keys, codes, held)

    def day_reports(self) -> list[DayReport]:
        """The days that have visitors, in order; those without a date come last."""
        keys = sorted(self.days.visitors, key=lambda day: (day is None, day or 0))
        return [
            DayReport(
                date=None if day is None else date.fromordinal(_DAY_0 + int(day)),
                visitors=self.days.visitors[day],
                matched=self.days.matched[day],
            )
            for day in keys
        ]

    def field_report(self, name: str, case_sensitive: bool) -> FieldReport:
        """The commonest values, where values that `equals` takes for the same are one."""
        tally, spellings = _by_value(name, self.tokens, case_sensitive)
        lacking = tally.visitors[None]
        commonest = [key for key, _ in tally.visitors.most_common(COMMONEST + 1) if key is not None]
        keys = [*commonest[:COMMONEST], *([None] if lacking else [])]
        return FieldReport(
            field=name,
            distinct=len(tally.visitors.keys() - {None}),
            values=[
                ValueReport(
                    value=None if key is None else spellings[str(key)].most_common(1)[0][0],
                    visitors=tally.visitors[key],
                    matched=tally.matched[key],
                    match_rate=rate(tally.matched[key], tally.visitors[key]),
                )
                for key in keys
            ],
        )


def _by_value(
    name: str, tokens: _Tally, case_sensitive: bool
) -> tuple[_Tally, dict[str, Counter[str]]]:
    """Counts by the normal form of values instead of JSON texts, and how each form is spelt."""
    form = normal.FORMS.get(CONDITION_TYPES[name].form, str)
    keys = list(tokens.visitors)
    tally = _Tally()
    spellings: dict[str, Counter[str]] = {}
    for key, texts in zip(keys, values.texts(pa.array(keys, pa.string())).to_lists(), strict=True):
        forms: dict[str | None, str] = {
            form(normal.plain(text, case_sensitive=case_sensitive)): text for text in texts
        }
        for of_form in forms or {None: ""}:
            tally.visitors[of_form] += tokens.visitors[key]
            tally.matched[of_form] += tokens.matched[key]
            if of_form is not None:
                spelt = spellings.setdefault(of_form, Counter())
                spelt[forms[of_form]] += tokens.visitors[key]
    return tally, spellings


def _require_text(name: str) -> None:
    entry = CONDITION_TYPES.get(name)
    if entry and entry.kind is Kind.TEXT:
        return
    texts = [it.name for it in CONDITION_TYPES.values() if it.kind is Kind.TEXT]
    meant = None if entry else nearest(name, texts)
    raise IcpctlError(
        f"--by {name}: this field holds no text" if entry else f"--by {name!r}: no such field",
        "no_such_field",
        hint=f"did you mean {meant}?" if meant else f"one of: {', '.join(texts)}",
    )


def _day(option: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text.strip())
    except ValueError:
        raise IcpctlError(
            f"{option} {text!r} is no day", "bad_usage", hint="write a day such as 2026-11-23"
        ) from None
