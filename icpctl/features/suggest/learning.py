"""From visitors and deals to a suggestion: the scan, the candidates, the search."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.errors import IcpctlError
from icpctl.features.outcomes.figures.rates import FEWEST_WON
from icpctl.features.outcomes.joining.deals import Outcome
from icpctl.features.outcomes.joining.keys import NO_DEAL
from icpctl.features.outcomes.joining.selection import choose, is_newest
from icpctl.features.outcomes.joining.units import closes_of
from icpctl.features.outcomes.request import share_of
from icpctl.features.outcomes.statistics.suspects import MISSING, ValueCounts
from icpctl.features.suggest.candidates import (
    candidate_fields,
    columns_of_field,
    number_or_text_values,
)
from icpctl.features.suggest.collecting import collect
from icpctl.features.suggest.learner.columns import Sample, Visits
from icpctl.features.suggest.learner.shuffling import mix
from icpctl.features.suggest.learner.suggestion import TooFewWonError, hold_out_random, suggest
from icpctl.mappings.mapping import PAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from icpctl.features.outcomes.counts.survey import JoinCounts
    from icpctl.features.outcomes.request import OutcomeRequest
    from icpctl.features.outcomes.statistics.suspects import Suspicion
    from icpctl.features.suggest.collecting import Collected
    from icpctl.features.suggest.learner.columns import Column
    from icpctl.features.suggest.learner.suggestion import Request, Suggestion
    from icpctl.scoring.run import Options, Run

    Flags = NDArray[np.bool_]

_HOLDOUT = re.compile(r"(newest|random):\s*([0-9]+(?:\.[0-9]+)?)\s*%")


class Holdout(Struct, frozen=True):
    """Which share is held out; `newest` None takes the newest where their dates compare."""

    share: float
    newest: bool | None


class Learned(Struct, frozen=True):
    """A suggestion, and what a reader must know of how it was found."""

    suggestion: Suggestion
    run: Run
    holdout: str
    candidates: int
    by_account: bool
    suspects: dict[str, Suspicion]
    left_out: tuple[str, ...]
    joined: JoinCounts

    @property
    def won(self) -> int:
        """How many units are won."""
        return self.suggestion.won

    @property
    def is_better(self) -> bool:
        """Whether anything better than chance was found."""
        return self.suggestion.config is not None


def parse_holdout(text: str | None) -> Holdout:
    """Read `newest:30%` or `random:30%`; raise `IcpctlError` `bad_usage`."""
    if text is None:
        return Holdout(0.3, None)
    parts = _HOLDOUT.fullmatch(text.strip())
    if parts is None:
        raise IcpctlError(
            f"--holdout {text!r} is not a share to hold out",
            "bad_usage",
            hint="write newest:30% or random:30%",
        )
    return Holdout(share_of(parts[2], "--holdout"), parts[1] == "newest")


def learn(
    visitors: Sequence[str],
    options: Options,
    outcome: OutcomeRequest,
    request: Request,
    holdout: Holdout,
    on_progress: Callable[[int, int], None],
    with_: frozenset[str],
    without: frozenset[str],
) -> Learned:
    """Find a config. Raises what reading raises, and `TooFewWonError`."""
    fields = candidate_fields(without, with_)
    collected = collect(visitors, options, outcome.join, fields, on_progress)
    known = know_units(collected, outcome, holdout, request.seed)
    suspects = _suspects(collected, known.won, known.training)
    columns = _columns(collected, known.training, options, suspects, with_)
    sample = sample_of(columns, known.won, collected.units).take(known.taken)
    left_out = tuple(n for n, s in suspects.items() if s.by_values and n not in with_)
    return Learned(
        suggest(sample, known.held_out[known.taken], request),
        collected.run,
        known.holdout,
        sum(len(column.candidates) for column in columns),
        outcome.join.by_account,
        suspects,
        left_out,
        collected.joined,
    )


class KnownUnits(Struct, frozen=True):
    """What is known of each unit [units]: who takes part, who is won, who is held out."""

    taken: Flags
    won: Flags
    held_out: Flags
    holdout: str

    @property
    def training(self) -> Flags:
        """Who may decide."""
        return self.taken & ~self.held_out


def know_units(
    collected: Collected, outcome: OutcomeRequest, holdout: Holdout, seed: int
) -> KnownUnits:
    """Join units with their deals, count that in `collected.joined`, and hold some of them out.

    Raises `TooFewWonError`, and `IcpctlError` where those that may decide are all won, or all not.
    """
    has_deal, table = collected.deals != NO_DEAL, outcome.join.table
    outcomes = np.zeros(len(collected.deals), np.int8)
    outcomes[has_deal] = table.outcomes[collected.deals[has_deal]]
    closes = closes_of(collected.deals, table)
    chosen = choose(outcome.scope, outcomes, closes, collected.last_seen)
    won = outcomes == Outcome.WON
    joined = collected.joined
    joined.joined_keys = len(np.unique(collected.deals[has_deal]))
    joined.open, joined.without_deal = chosen.open, chosen.without_deal
    if (count := int(won[chosen.taken].sum())) < FEWEST_WON:
        raise TooFewWonError(count, joined.joined_keys)
    dates = np.where(np.isnan(closes), collected.last_seen, closes)
    has_close = chosen.taken & ~np.isnan(closes)
    if holdout.newest is None and has_close.any() and not (has_close & ~won).any():
        holdout = Holdout(holdout.share, False)  # won deals close after all visits of the others
    held_out, how = _hold_out(holdout, dates, collected, chosen.taken, seed)
    known = KnownUnits(chosen.taken, won, held_out, how)
    units, count = int(known.training.sum()), int(won[known.training].sum())
    if not 0 < count < units:
        raise IcpctlError(
            f"there is nothing to compare: of the {units:,} units that {how} does not hold out, "
            f"{count:,} are won",
            "too_few_won",
            hint="give units that are not won too, or hold fewer out",
        )
    return known


def _hold_out(
    holdout: Holdout,
    dates: NDArray[np.float64],
    collected: Collected,
    taken: Flags,
    seed: int,
) -> tuple[Flags, str]:
    """Which units [units] are held out, and how that is called."""
    held_out = np.zeros(len(taken), bool)
    newest = holdout.newest
    if newest is None:
        newest = not np.isnan(dates[taken]).all()
    if newest:
        held_out[taken] = is_newest(dates[taken], holdout.share)
    else:
        held_out[taken] = hold_out_random(holdout.share, collected.identities[taken], seed)
    return held_out, f"{'newest' if newest else 'random'}:{100 * holdout.share:g}%"


def sample_of(columns: list[Column], won: Flags, units: NDArray[np.int64]) -> Sample:
    """The units of columns whose rows are units, and of their visitors if there are more."""
    count = len(won)
    if len(units) == count:
        return Sample(tuple(columns), won)
    order = np.argsort(units, kind="stable")
    of_visitors = tuple(column.take(order + count) for column in columns)
    of_units = tuple(column.take(np.arange(count)) for column in columns)
    return Sample(of_units, won, Visits(of_visitors, units[order]))


def _suspects(collected: Collected, won: Flags, training: Flags) -> dict[str, Suspicion]:
    """The fields that know too much of the outcomes of training units, by name."""
    halves = mix(collected.identities.view(np.uint64)) % np.uint64(2) == 1
    suspects = {}
    for name, elements in collected.fields.items():
        if name == PAGES:
            continue
        visitors, element = elements.pairs()
        of_visitor = number_or_text_values(name, elements)[element]
        values = np.full(len(won), MISSING)
        np.maximum.at(values, collected.units[visitors], of_visitor)
        counts = ValueCounts()
        counts.add(values[training], halves[training], won[training])
        suspicion = counts.suspicion()
        if suspicion is not None and suspicion.is_suspect:
            suspects[name] = suspicion
    return suspects


def _columns(
    collected: Collected,
    training: Flags,
    options: Options,
    suspects: dict[str, Suspicion],
    with_: frozenset[str],
) -> list[Column]:
    """The candidates of every field but those that are suspect by their values."""
    columns: list[Column] = []
    for name in sorted(collected.fields):
        suspicion = None if name in with_ else suspects.get(name)
        elements = collected.fields.pop(name)  # what is made of them takes less
        if suspicion is not None and suspicion.by_values:
            continue
        columns += columns_of_field(
            name,
            elements,
            collected.units,
            len(training),
            training,
            options.as_of,
            negatives=suspicion is None,
        )
    return columns
