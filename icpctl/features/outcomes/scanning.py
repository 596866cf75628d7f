"""One scan of an export joined with deals: every figure of `outcomes`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from icpctl.features.outcomes.counts.evidence import Look
from icpctl.features.outcomes.counts.survey import Survey, Visits
from icpctl.features.outcomes.figures.figures import make_outcomes
from icpctl.features.outcomes.joining.deals import (
    NO_DEAL,
    DealRows,
    DealTable,
    Outcome,
    read_outcome,
)
from icpctl.features.outcomes.joining.keys import DICTIONARIES, KeyReader, text_hash
from icpctl.features.outcomes.joining.units import amounts_of, closes_of, outcomes_of
from icpctl.features.outcomes.missed_wins import Candidates, ExplainMissed, MissedWins
from icpctl.features.outcomes.statistics.suspects import MISSING
from icpctl.mappings.mapping import ID, LAST_SEEN
from icpctl.scoring.kernel.plan import make_plan
from icpctl.scoring.run import score
from icpctl.values import typed_columns
from icpctl.values.forms import number_forms
from icpctl.values.join_keys import domain_form, text_form
from icpctl.values.known_texts import KnownTexts
from icpctl.values.tokens import distinct_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from icpctl.config.model import Condition, IcpConfig
    from icpctl.exports.files.sources import Source
    from icpctl.features.outcomes.joining.keys import Keys
    from icpctl.features.outcomes.joining.selection import Scope
    from icpctl.features.outcomes.joining.units import Evidence
    from icpctl.features.outcomes.model import Outcomes
    from icpctl.scoring.kernel.verdicts import Judged
    from icpctl.scoring.run import Options, Rows, Run
    from icpctl.values.join_keys import KeyForm

_MICROS = 1_000_000
_MOST_LABELS = 1_000


@dataclass(frozen=True, slots=True)
class Join:
    """How visitors meet their outcomes.

    `field` is a field of the mapping or `carried` a path of the record, whose text `form` reduces.
    With `label` outcomes are in the record: won where the text is `label`, or, where that is empty,
    where it says so; `labels` are the texts that occur, and how often. `by_account` merges visitors
    by domain.
    """

    table: DealTable
    form: KeyForm
    by_account: bool
    labels: Counter[str] = field(default_factory=Counter, kw_only=True)
    field: str | None = None
    carried: str | None = None
    label: str | None = None


@dataclass(slots=True)
class Scan:
    """What a scan brings: figures, what joined, and the run itself."""

    outcomes: Outcomes
    survey: Survey
    run: Run
    missed: MissedWins | None = None


@dataclass(slots=True)
class Joining:
    """Hands each batch of a run to the survey. Called on one thread, in the input's order."""

    survey: Survey
    join: Join
    look: Look
    fields: tuple[str, ...]
    missed: MissedWins | None = None
    _waiting: list[tuple[Evidence, Judged]] = field(default_factory=list)
    _joiner: RowJoiner = field(init=False)
    _values: dict[str, ValueNames] = field(init=False)

    def __post_init__(self) -> None:
        self._joiner = RowJoiner(self.join)
        self._values = {name: ValueNames() for name in self.fields}

    def wait(self, evidence: Evidence, judged: Judged) -> None:
        """Keep the evidence of a batch until its rows come."""
        self._waiting.append((evidence, judged))

    def add(self, rows: Rows) -> None:
        """Join the rows of a batch."""
        last_seen = seconds_of(rows.fields[LAST_SEEN])
        deals, keys = self._joiner.deals(rows)
        without_key = 0 if keys is None else int((~keys.known).sum())
        accounts = self._joiner.accounts(rows, keys)
        values = [self._values[name].of(rows.fields[name]) for name in self.fields]
        table = np.column_stack(values) if values else np.zeros((len(deals), 0), np.int64)
        evidence, judged = self._waiting.pop(0)
        closes = closes_of(deals, self.join.table)
        self.look.count_days_to_close(evidence, judged, last_seen, closes)
        visits = Visits(deals, accounts, last_seen, evidence, table, without_key)
        numbers = self.survey.add(visits)
        if self.missed:
            won = np.flatnonzero((numbers >= 0) & self._is_won(deals))
            self.missed.add(self._candidates(rows, won, visits, numbers, keys))

    def _is_won(self, deals: NDArray[np.int64]) -> NDArray[np.bool_]:
        won: NDArray[np.bool_] = outcomes_of(deals, self.join.table) == Outcome.WON
        return won

    def _candidates(
        self,
        rows: Rows,
        chosen: NDArray[np.int64],
        visits: Visits,
        numbers: NDArray[np.int64],
        keys: Keys | None,
    ) -> Candidates:
        """The chosen rows, as of the close of their deals."""
        taken, deals = pa.array(chosen), visits.deals[chosen]
        columns = {ID: rows.ids, **{name: rows.fields[name] for name in self.look.plan.columns}}
        table = pa.RecordBatch.from_arrays(
            [column.take(taken) for column in columns.values()], names=list(columns)
        )
        closes = closes_of(deals, self.join.table)
        return Candidates(
            numbers[chosen],
            [keys.of_row(row) if keys else None for row in chosen.tolist()],
            amounts_of(deals, self.join.table),
            self.look.as_of_close(table, visits.last_seen[chosen], closes),
        )


class RowJoiner:
    """Finds the deals and accounts of the rows of batches. Used by one thread at a time."""

    def __init__(self, join: Join) -> None:
        self._join = join
        self._keys = KeyReader(join.form if join.label is None else text_form, join.table)
        self._accounts = KeyReader(domain_form, join.table)

    def deals(self, rows: Rows) -> tuple[NDArray[np.int64], Keys | None]:
        """Return the deal of each row, `NO_DEAL` for those without, and what it was joined on."""
        join = self._join
        tokens = rows.fields[join.field] if join.field else rows.carried[str(join.carried)]
        keys = self._keys.keys(tokens)
        if join.label is not None:
            return _label_deals(keys, join.label, join.labels), None
        return keys.deals, keys

    def accounts(self, rows: Rows, keys: Keys | None) -> Keys | None:
        """Return the account of each row, where units are accounts.

        `keys` are what the row was joined on.
        """
        if not self._join.by_account:
            return None
        if self._join.field == "domain" and keys is not None:
            return keys
        return self._accounts.keys(rows.fields["domain"])


def scan_outcomes(
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    join: Join,
    scope: Scope,
    *,
    text_of_condition: Callable[[Condition], str],
    tiers: Mapping[str, float] | None = None,
    capacity: int | None = None,
    explain_missed: ExplainMissed | None = None,
    on_sources: Callable[[Sequence[Source]], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Scan:
    """Score visitors against `(slug, config)` pairs and count them by outcome.

    With `explain_missed` it is kept who of the won units came nearest. Raises what reading raises.
    """
    plan = make_plan(configs, as_of=options.as_of, case_sensitive=options.case_sensitive)
    look = Look.of(plan, dict(configs), text_of_condition)
    fields = suspect_fields(configs)
    survey = Survey(join.table, scope, look.counts(), join.by_account, fields)
    missed = None
    if explain_missed:
        missed = MissedWins(plan, dict(configs), explain_missed)
        survey.on_won = missed.settle
    joining = Joining(survey, join, look, fields, missed)
    asked = (*fields, *plan.columns) if missed else fields

    def watch(judged: Judged) -> Callable[[], None]:
        evidence = look.evidence(judged)
        return lambda: joining.wait(evidence, judged)

    run = score(
        visitors,
        configs,
        with_join(options, join, asked),
        plan=plan,
        watch=watch,
        on_sources=on_sources,
        on_rows=joining.add,
        on_progress=on_progress,
    )
    survey.finish()
    outcomes = make_outcomes(
        survey.counts, suspicions=survey.suspicions(), tiers=tiers, capacity=capacity
    )
    return Scan(outcomes, survey, run, missed)


def with_join(options: Options, join: Join, fields: Sequence[str]) -> Options:
    """The options, asking also for what the join needs of each row."""
    wanted = [LAST_SEEN, *fields]
    wanted += ["domain"] * join.by_account + ([join.field] if join.field else [])
    carry = (*options.carry, join.carried) if join.carried else options.carry
    fields = tuple(dict.fromkeys(wanted))
    return replace(options, fields=fields, carry=carry, any_order=True)


def suspect_fields(configs: Sequence[tuple[str, IcpConfig]]) -> tuple[str, ...]:
    """The fields that conditions ask for, pages and dates aside: those are of visits."""
    types = [
        condition.type
        for _, config in configs
        for group in config.rules.groups
        for condition in group.conditions
    ]
    kept = [name for name in types if not name.startswith("page_") and name != "last_seen_days"]
    return tuple(dict.fromkeys(kept))


def label_table() -> DealTable:
    """The deals that labels stand for: 0 is lost, 1 is won."""
    table = DealTable()
    outcomes = np.array([Outcome.LOST, Outcome.WON], np.int8)
    table.add(DealRows(["lost", "won"], outcomes, np.full(2, np.nan), np.full(2, np.nan)))
    return table


def _label_deals(keys: Keys, wanted: str, labels: Counter[str]) -> NDArray[np.int64]:
    """The deal of `label_table` [rows] of each label; no deal where it is not the one of a win.

    The first `_MOST_LABELS` of the texts that occur are counted in `labels`.
    """
    (form,) = text_form(pa.array([wanted])).to_pylist()
    number = number_forms.number(form)

    def is_won(text: str | None) -> bool:
        if text is None:
            return False
        if not form:
            return read_outcome(text) is Outcome.WON
        return text == form or (number is not None and number_forms.number(text) == number)

    texts = keys.texts.keys
    counts = np.bincount(keys.codes[keys.known], minlength=len(texts)).tolist()
    for text, count in zip(texts, counts, strict=True):
        if count and text and (text in labels or len(labels) < _MOST_LABELS):
            labels[text] += count
    won = np.array([1 if is_won(text) else NO_DEAL for text in [*texts, None]], np.int64)
    deals: NDArray[np.int64] = won[keys.codes]
    return deals


def seconds_of(last_seen: pa.Array) -> NDArray[np.float64]:
    """Seconds since the epoch of each row's last visit, NaN for those without."""
    micros, known, _ = typed_columns.instants(last_seen)
    return np.where(known, micros / _MICROS, np.nan)


class ValueNames:
    """Numbers that name the values of a field, the same in every run; `MISSING` for none."""

    def __init__(self) -> None:
        self._known = KnownTexts(_names_of, lambda a, b: np.concatenate([a, b]), DICTIONARIES)

    def of(self, tokens: pa.Array) -> NDArray[np.int64]:
        """Return the number of each row's value."""
        codes, distinct = distinct_of(tokens)
        values: NDArray[np.int64] = np.append(self._known.of(distinct), MISSING)[codes]
        return values


def _names_of(distinct: pa.Array) -> NDArray[np.int64]:
    return np.array([text_hash(token) for token in distinct.to_pylist()], np.int64)
