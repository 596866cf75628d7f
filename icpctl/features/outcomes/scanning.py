"""One scan of an export joined with deals: every figure of `outcomes`."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.features.outcomes.counts.evidence import Look
from icpctl.features.outcomes.counts.survey import Survey, Visits
from icpctl.features.outcomes.figures.figures import make_outcomes
from icpctl.features.outcomes.joining.deals import Outcome
from icpctl.features.outcomes.joining.join import RowJoiner, count_labels
from icpctl.features.outcomes.joining.keys import DICTIONARIES, text_hash
from icpctl.features.outcomes.joining.units import amounts_of, closes_of, outcomes_of
from icpctl.features.outcomes.missed_wins import Candidates, ExplainMissed, MissedWins
from icpctl.features.outcomes.statistics.suspects import MISSING
from icpctl.mappings.mapping import ID, LAST_SEEN
from icpctl.scoring.plan import carried_name, make_plan
from icpctl.scoring.run import score
from icpctl.values.column import KnownTexts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from icpctl.config.model import Condition, IcpConfig
    from icpctl.exports.files.sources import Source
    from icpctl.features.outcomes.joining.join import Join
    from icpctl.features.outcomes.joining.keys import Keys
    from icpctl.features.outcomes.model import Outcomes
    from icpctl.features.outcomes.request import OutcomeRequest
    from icpctl.scoring.run import Options, Rows, Run
    from icpctl.scoring.value_bits import FieldTokens
    from icpctl.scoring.verdicts import Judged
    from icpctl.values.typed_columns import Instants

_MICROS = 1_000_000


class Scan(Struct):
    """What a scan brings: figures, what joined, and the run itself."""

    outcomes: Outcomes
    survey: Survey
    run: Run
    missed: MissedWins | None = None


class Joining(Struct, dict=True):
    """Joins each batch of a run with the deals and hands it to the survey.

    `begin` gives the survey, once the deals are read. `column` is that of the table which is joined
    on.
    """

    begin: Callable[[], Survey]
    join: Join
    look: Look
    fields: tuple[str, ...]
    column: str
    missed: MissedWins | None = None
    _own: threading.local = field(default_factory=threading.local)
    _waiting: list[tuple[Visits, Keys]] = field(default_factory=list)

    @cached_property
    def survey(self) -> Survey:
        """What counts the visitors."""
        return self.begin()

    def look_at(self, judged: Judged) -> Callable[[], None]:
        """Join a batch on the thread that judged it; return what keeps it until its rows come."""
        joined = self._joined(judged)
        return lambda: self._waiting.append(joined)

    def add(self, rows: Rows) -> None:
        """Count the rows of the batch that has waited longest."""
        visits, keys = self._waiting.pop(0)
        if self.join.label is not None:
            count_labels(keys, self.join.labels)
        numbers = self.survey.add(visits)
        if self.missed:
            won = np.flatnonzero((numbers >= 0) & self._is_won(visits.deals))
            self.missed.add(self._candidates(rows, won, visits, numbers, keys))

    def _joined(self, judged: Judged) -> tuple[Visits, Keys]:
        """Return the visitors of a batch, and what they were joined on."""
        evidence = self.look.evidence(judged)
        table, reader, has_label = judged.columns.table, self._reader, self.join.label is not None
        last_seen = seconds_of(judged.columns.last_seen)
        deals, keys = reader.joiner.deals(table[self.column])
        domains = table["domain"] if self.join.by_account else None
        accounts = reader.joiner.accounts(domains, keys)
        values = np.empty((len(deals), len(self.fields)), np.int64)
        for place, name in enumerate(self.fields):
            values[:, place] = reader.values[name].of(judged.columns.tokens_of(name))
        closes = closes_of(deals, self.join.table)
        self.look.count_days_to_close(evidence, judged, last_seen, closes)
        without_key = 0 if has_label else int((~keys.known).sum())
        return Visits(deals, accounts, last_seen, evidence, values, without_key), keys

    @property
    def _reader(self) -> _Reader:
        """What this thread knows of the batches before."""
        if not hasattr(self._own, "reader"):
            self._own.reader = _Reader(self.join, self.fields)
        reader: _Reader = self._own.reader
        return reader

    def _is_won(self, deals: NDArray[np.int64]) -> NDArray[np.bool_]:
        won: NDArray[np.bool_] = outcomes_of(deals, self.join.table) == Outcome.WON
        return won

    def _candidates(
        self,
        rows: Rows,
        chosen: NDArray[np.int64],
        visits: Visits,
        numbers: NDArray[np.int64],
        keys: Keys,
    ) -> Candidates:
        """The chosen rows, as of the close of their deals."""
        taken, deals = pa.array(chosen), visits.deals[chosen]
        columns = {ID: rows.ids, **{name: rows.fields[name] for name in self.look.plan.columns}}
        table = pa.RecordBatch.from_arrays(
            [column.take(taken) for column in columns.values()], names=list(columns)
        )
        closes = closes_of(deals, self.join.table)
        is_key = self.join.label is None
        return Candidates(
            numbers[chosen],
            [keys.of_row(row) if is_key else None for row in chosen.tolist()],
            amounts_of(deals, self.join.table),
            self.look.as_of_close(table, visits.last_seen[chosen], closes),
        )


class _Reader:
    """What a thread remembers of the texts of a run."""

    def __init__(self, join: Join, fields: Sequence[str]) -> None:
        self.joiner = RowJoiner(join)
        self.values = {name: ValueNames() for name in fields}


def scan_outcomes(
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    request: OutcomeRequest,
    *,
    text_of_condition: Callable[[Condition], str],
    tiers: Mapping[str, float] | None = None,
    capacity: int | None = None,
    explain_missed: ExplainMissed | None = None,
    on_sources: Callable[[Sequence[Source]], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Scan:
    """Score visitors against `(slug, config)` pairs and count them by outcome.

    With `explain_missed` it is kept who of the won units came nearest. Raises what reading raises,
    that of the deals too: the first visitors are scanned while these are still read.
    """
    join = request.join
    plan = make_plan(configs, as_of=options.as_of, case_sensitive=options.case_sensitive)
    look = Look.of(plan, dict(configs), text_of_condition)
    fields = suspect_fields(configs)
    missed = MissedWins(plan, dict(configs), explain_missed) if explain_missed else None

    def begin() -> Survey:
        survey = Survey(join.table, request.scope, look.counts(), join.by_account, fields)
        if missed:
            survey.on_won = missed.settle
        return survey

    def on_begun(sources: Sequence[Source]) -> None:
        on_sources(sources)
        request.begin()  # from here on the scan leaves Python's lock to the deals

    column = join.field or carried_name(len(options.carry))
    joining = Joining(begin, join, look, fields, column, missed)
    asked = (*fields, *plan.columns) if missed else fields
    run = score(
        visitors,
        configs,
        with_join(options, join, asked),
        plan=plan,
        watch=joining.look_at,
        on_sources=on_begun,
        on_rows=joining.add,
        on_progress=on_progress,
        on_failure=request.reading.cancel,
    )
    survey = joining.survey
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


def seconds_of(last_seen: Instants) -> NDArray[np.float64]:
    """Seconds since the epoch of each row's last visit, NaN for those without."""
    micros, known, _ = last_seen
    return np.where(known, micros / _MICROS, np.nan)


class ValueNames:
    """Numbers that name the values of a field, the same in every run; `MISSING` for none."""

    def __init__(self) -> None:
        self._known = KnownTexts(_names_of, lambda a, b: np.concatenate([a, b]), DICTIONARIES)

    def of(self, tokens: FieldTokens) -> NDArray[np.int64]:
        """Return the number of each row's value."""
        numbers = np.concatenate([[MISSING], self._known.of(tokens.texts)])
        return numbers.take(tokens.places, mode="clip")  # which does not look at each place twice


def _names_of(distinct: pa.Array) -> NDArray[np.int64]:
    return np.array([text_hash(token) for token in distinct.to_pylist()], np.int64)
