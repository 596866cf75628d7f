"""One scan that keeps what a search needs of each unit: which values it has in each field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field

from icpctl.config.model import Condition, Group, IcpConfig, Rules
from icpctl.exports.columns.json_texts import joined
from icpctl.features.outcomes.counts.survey import JoinCounts
from icpctl.features.outcomes.joining.join import RowJoiner, count_labels
from icpctl.features.outcomes.joining.keys import NO_DEAL, KeyNumbers, text_hash
from icpctl.features.outcomes.joining.units import closes_of, counts_before_close
from icpctl.features.outcomes.scanning import seconds_of, with_join
from icpctl.features.suggest.learner.shuffling import content_hashes
from icpctl.mappings.mapping import LAST_SEEN, PAGES
from icpctl.scoring.plan import make_plan
from icpctl.scoring.run import score
from icpctl.values import typed_columns
from icpctl.values.column import distinct_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from icpctl.features.outcomes.joining.join import Join
    from icpctl.scoring.run import Options, Rows, Run

    Integers = NDArray[np.int64]

ONLY_EXISTS = ("domain", "linkedin_url")
"""Fields whose values say who somebody is, so that of others only their presence says anything."""

_DAY_SECONDS = 86_400

MISSING_ELEMENT = 0
"""The element of those without a value."""


class FieldElements(Struct):
    """The distinct JSON texts of a field (of pages: their texts), numbered from 1; 0 is missing.

    `elements` are batches of one for each of `count` visitors or, of pages, of several, and then
    `visitors` say whose they are.
    """

    numbers: dict[str, int] = field(default_factory=dict)
    visitors: list[Integers] = field(default_factory=list)
    elements: list[NDArray[np.int32]] = field(default_factory=list)
    count: int = 0

    def add(self, column: pa.Array, kept: Integers, first: int) -> None:
        """Add the values of the rows `kept`; they are visitors `first` and on."""
        codes, distinct = distinct_of(column.take(pa.array(kept)))
        self.elements.append(self._elements(codes, distinct.to_pylist()))
        self.count = first + len(kept)

    def add_presence(self, column: pa.Array, kept: Integers, first: int) -> None:
        """As `add`, but all values are one: of fields that only `exists` asks for."""
        present = pc.is_valid(column.take(pa.array(kept))).to_numpy(zero_copy_only=False)
        self.elements.append(self._elements(np.where(present, 0, -1), ['"present"']))
        self.count = first + len(kept)

    def add_pages(self, column: pa.Array, kept: Integers, first: int) -> None:
        """As `add`, of lists of pages, whose texts are the elements."""
        pages = typed_columns.pages(column.take(pa.array(kept)))
        assert pages.offsets is not None and pages.elements is not None  # noqa: S101, PT018 - lists
        lengths = np.diff(pages.offsets)
        empty = np.flatnonzero(lengths == 0)
        rows = np.concatenate([np.repeat(np.arange(len(lengths)), lengths), empty])
        codes = np.concatenate([pages.elements, np.full(len(empty), -1)])
        elements = self._elements(codes, pages.values.to_pylist())
        order = np.argsort(rows, kind="stable")
        self.visitors.append(rows[order] + first)
        self.elements.append(elements[order])
        self.count = first + len(kept)

    def _elements(self, codes: Integers, texts: list[str]) -> NDArray[np.int32]:
        """The element of each code, -1 being none."""
        occurring = set(np.unique(codes).tolist())
        of_code = [self._number(t) if n in occurring else 0 for n, t in enumerate(texts)]
        elements: NDArray[np.int32] = np.array([*of_code, MISSING_ELEMENT], np.int32)[codes]
        return elements

    def _number(self, token: str) -> int:
        return self.numbers.setdefault(token, len(self.numbers) + 1)

    def pairs(self) -> tuple[Integers, NDArray[np.int32]]:
        """All visitors [pairs], ascending, and the element of each pair."""
        elements = np.concatenate([np.zeros(0, np.int32), *self.elements])
        visitors = np.concatenate(self.visitors) if self.visitors else np.arange(self.count)
        return visitors, elements


class Collected(Struct):
    """Visitors that count, in order: `units` [visitors] are their units, numbered from 0.

    `deals`, `last_seen` and `identities` are by unit.
    """

    units: Integers
    deals: Integers
    last_seen: NDArray[np.float64]
    identities: Integers
    fields: dict[str, FieldElements]
    run: Run
    joined: JoinCounts


class Collecting:
    """Takes the batches of a run, in order."""

    def __init__(self, join: Join, fields: dict[str, FieldElements], as_of: datetime) -> None:
        self.join = join
        self.fields = fields
        self.as_of = as_of
        self.accounts = KeyNumbers()
        self.parts: list[tuple[Integers, Integers, NDArray[np.float64], Integers]] = []
        self.kept = 0
        self.counts = JoinCounts()
        self._joiner = RowJoiner(join)

    def add(self, rows: Rows) -> None:
        """Keep what the visitors of a batch have, but for visits after the close."""
        join = self.join
        tokens = rows.fields[join.field] if join.field else rows.carried[str(join.carried)]
        deals, joined = self._joiner.deals(tokens)
        last_seen = seconds_of(typed_columns.instants(rows.fields[LAST_SEEN]))
        keeps = counts_before_close(deals, last_seen, self.join.table)
        if join.label is not None:
            count_labels(joined, join.labels)
        self.counts.visitors += len(deals)
        self.counts.without_key += int((~joined.known).sum()) if join.label is None else 0
        self.counts.after_close += int((~keeps).sum())
        domains = rows.fields["domain"] if self.join.by_account else None
        keys = self._joiner.accounts(domains, joined)
        if keys is not None:
            self.counts.without_account += int((~keys.known).sum())
            keeps &= keys.known
            units = self.accounts.of(keys.take(keeps))
            identities = units
        else:
            units = self.kept + np.arange(int(keeps.sum()))
            taken = pa.array(np.flatnonzero(keeps))
            columns = [rows.fields[name].take(taken) for name in sorted(self.fields)]
            identities = _identities(rows.ids.take(taken), columns)
        self.counts.without_last_seen += int(np.isnan(last_seen[keeps]).sum())
        kept = np.flatnonzero(keeps)
        for name, elements in self.fields.items():
            add = elements.add_pages if name == PAGES else elements.add
            add = elements.add_presence if name in ONLY_EXISTS else add
            column = rows.fields[name]
            if name == "last_seen_days":
                column = days_until(
                    last_seen, closes_of(deals, self.join.table), self.as_of, column
                )
            add(column, kept, self.kept)
        self.parts.append((units, deals[kept], last_seen[kept], identities))
        self.kept += len(kept)

    def collected(self, run: Run) -> Collected:
        """What was kept, by unit."""
        units, deals, last_seen, identities = (
            np.concatenate([part[n] for part in self.parts]) if self.parts else np.zeros(0, kind)
            for n, kind in enumerate((np.int64, np.int64, np.float64, np.int64))
        )
        count = int(units.max(initial=-1)) + 1
        of_unit = np.full(count, NO_DEAL, np.int64)
        np.maximum.at(of_unit, units, deals)
        latest = np.full(count, np.nan)
        np.fmax.at(latest, units, last_seen)
        named = np.zeros(count, np.int64)
        named[units] = identities
        if self.join.by_account:
            named = np.array([text_hash(key) for key in self.accounts.numbers], np.int64)
        return Collected(units, of_unit, latest, named, self.fields, run, self.counts)


def collect(
    visitors: Sequence[str],
    options: Options,
    join: Join,
    fields: Sequence[str],
    on_progress: Callable[[int, int], None],
) -> Collected:
    """Read visitors and keep what they have in these fields. Raises what reading raises."""
    collecting = Collecting(join, {name: FieldElements() for name in fields}, options.as_of)
    plan = make_plan([("any", _any_config())], as_of=options.as_of)
    run = score(
        visitors,
        [],
        with_join(options, join, fields),
        plan=plan,
        on_rows=collecting.add,
        on_progress=on_progress,
    )
    return collecting.collected(run)


def days_until(
    last_seen: NDArray[np.float64], closes: NDArray[np.float64], as_of: datetime, own: pa.Array
) -> pa.Array:
    """Whole days from the last visit to the close, else to `as_of`, as JSON texts [rows].

    `own` are what records say themselves, where there is not a valid date.
    """
    ends = np.where(np.isnan(closes), as_of.timestamp(), closes)
    known = ~np.isnan(last_seen)
    days = np.maximum(np.floor((ends - np.where(known, last_seen, ends)) / _DAY_SECONDS), 0)
    return pc.if_else(pa.array(known), pa.array(days.astype(np.int64)).cast(pa.string()), own)


def _any_config() -> IcpConfig:
    """A config that costs next to nothing to score: a scan needs one."""
    condition = Condition(type="industry", comparator="exists", value=True)
    group = Group(operator="AND", conditions=(condition,))
    return IcpConfig(label="Any", rules=Rules(groups=(group,)))


def _identities(ids: pa.Array, fields: Sequence[pa.Array]) -> Integers:
    """Who each visitor is: a hash of its id, or of what it has in the fields where it has none."""
    named = _text_hashes(ids)
    nameless = np.flatnonzero(~pc.is_valid(ids).to_numpy(zero_copy_only=False))
    if len(nameless):
        taken = pa.array(nameless)
        contents = content_hashes([_text_hashes(column.take(taken)) for column in fields])
        named[nameless] = contents.view(np.int64)
    return named


def _text_hashes(tokens: pa.Array) -> Integers:
    """A hash of each row's JSON text, or of those of its list."""
    if pa.types.is_list(tokens.type):
        tokens = joined(tokens)
    codes, distinct = distinct_of(tokens)
    hashes: Integers = np.array([*map(text_hash, distinct.to_pylist()), 0], np.int64)[codes]
    return hashes
