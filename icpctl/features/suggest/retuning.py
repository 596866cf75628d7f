"""From a config file and outcomes to the same config with other weights and thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from icpctl.config.model import Condition
from icpctl.features.suggest.candidates import columns_of_conditions, cuts_of
from icpctl.features.suggest.collecting import collect
from icpctl.features.suggest.learner.chance import LARGEST_P
from icpctl.features.suggest.learner.columns import Candidate
from icpctl.features.suggest.learner.suggestion import (
    HeldOut,
    figures_of,
    in_order,
    share_cut,
    youden_cut,
)
from icpctl.features.suggest.learner.tuning import (
    TunedCondition,
    TunedConfig,
    TunedGroup,
    p_of_tuning,
    tune,
)
from icpctl.features.suggest.learning import know_units, sample_of
from icpctl.scoring.plan import at_least, fields_of
from icpctl.vocabulary import CONDITION_TYPES, Operator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from icpctl.config.model import IcpConfig
    from icpctl.features.outcomes.counts.survey import JoinCounts
    from icpctl.features.outcomes.request import OutcomeRequest
    from icpctl.features.suggest.collecting import Collected
    from icpctl.features.suggest.learner.columns import Column, Sample
    from icpctl.features.suggest.learner.suggestion import Request
    from icpctl.features.suggest.learning import Holdout
    from icpctl.scoring.run import Options, Run

_THRESHOLDS = ("gte", "gt", "lte", "lt")


class Retuned(Struct, frozen=True):
    """What tuning brings.

    `rules` are the config's new rules, None where chance does as well, `min_score` its new
    `minScore`. `before` is the config as it is, its own `minScore` included.
    """

    rules: dict[str, Any] | None
    min_score: float
    p: float
    before: HeldOut
    after: HeldOut
    holdout: str
    by_account: bool
    units: int
    won: int
    joined: JoinCounts
    run: Run

    @property
    def is_better(self) -> bool:
        """Whether anything better than chance was found."""
        return self.rules is not None


def retune(
    config: IcpConfig,
    visitors: Sequence[str],
    options: Options,
    outcome: OutcomeRequest,
    request: Request,
    holdout: Holdout,
    on_progress: Callable[[int, int], None],
) -> Retuned:
    """Fit weights and thresholds. Raises what reading raises, and `TooFewWonError`."""
    conditions = [condition for group in config.rules.groups for condition in group.conditions]
    fields = [name for c in conditions for name in fields_of(CONDITION_TYPES[c.type])]
    kept = tuple(dict.fromkeys(name for name in fields if name != "last_seen"))
    collected = collect(visitors, options, outcome.join, kept, on_progress)
    known = know_units(collected, outcome, holdout, request.seed)
    columns, start = _start(config, collected, known.training, options)
    sample = sample_of(columns, known.won, collected.units)
    training = in_order(sample.take(known.training))
    p = p_of_tuning(start, training, request.seed)
    end = tune(start, training) if p <= LARGEST_P else start
    share = None if request.capacity is None else request.capacity / int(known.taken.sum())
    end = replace(end, least=_least(end, training, share))
    held_out = sample.take(known.held_out)
    return Retuned(
        _rules(config, end, columns) if p <= LARGEST_P else None,
        end.least / 100,
        p,
        _figures(start, held_out),
        _figures(end, held_out),
        known.holdout,
        outcome.join.by_account,
        int(known.taken.sum()),
        int(known.won[known.taken].sum()),
        collected.joined,
        collected.run,
    )


def _start(
    config: IcpConfig, collected: Collected, training: NDArray[np.bool_], options: Options
) -> tuple[list[Column], TunedConfig]:
    """One column for each condition, of itself and its other thresholds; the config as it is."""
    columns: list[Column] = []
    groups = []
    for group in config.rules.groups:
        tuned = []
        for condition in group.conditions:
            variants = [condition, *_other_thresholds(condition, collected, training)]
            columns.append(columns_of_conditions(collected, variants, len(training), options.as_of))
            place = columns[-1].candidates.index(_candidate(condition))
            weight, optional = float(condition.weight), condition.optional
            tuned.append(TunedCondition(len(columns) - 1, place, weight, optional))
        groups.append(TunedGroup(Operator(group.operator) == Operator.AND, tuple(tuned)))
    return columns, TunedConfig(tuple(groups), at_least(config.min_score))


def _candidate(condition: Condition) -> Candidate:
    return Candidate(condition.type, condition.comparator, condition.value)


def _other_thresholds(
    condition: Condition, collected: Collected, training: NDArray[np.bool_]
) -> list[Condition]:
    if condition.comparator not in _THRESHOLDS or condition.type == "last_seen_days":
        return []
    cuts = cuts_of(condition.type, collected, training)
    others = [int(cut) if cut == int(cut) else cut for cut in cuts]
    return [
        Condition(type=condition.type, comparator=condition.comparator, value=cut)
        for cut in others
        if cut != condition.value
    ]


def _least(config: TunedConfig, training: Sample, share: float | None) -> int:
    scores = config.hundredths(training)
    return youden_cut(scores, training.won) if share is None else share_cut(scores, share)


def _figures(config: TunedConfig, sample: Sample) -> HeldOut:
    return figures_of(config.hundredths(sample), config.matches(sample), sample)


def _rules(config: IcpConfig, tuned: TunedConfig, columns: Sequence[Column]) -> dict[str, Any]:
    """The rules with their new weights and thresholds, as a file has them."""
    groups = []
    for group, changed in zip(config.rules.groups, tuned.groups, strict=True):
        bodies = []
        for condition, new in zip(group.conditions, changed.conditions, strict=True):
            body = condition.model_dump(mode="json", exclude_defaults=True)
            value = columns[new.column].candidates[new.variant].value
            if value != condition.value:
                body["value"] = value
            if new.weight != condition.weight:
                body["weight"] = int(new.weight) if new.weight == int(new.weight) else new.weight
            bodies.append(body)
        groups.append({"operator": str(group.operator), "conditions": bodies})
    return {"groups": groups}
