"""What `outcomes` finds, as data that every output renders. Rates are from 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from math import isfinite
from typing import Any


class Verdict(StrEnum):
    """What a condition does to the won rate."""

    HELPS = "helps"
    HURTS = "hurts"
    LITTLE = "little"
    CANNOT_SAY = "cannot say"
    SUSPECT = "suspect"


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `of`, with its interval; `few` where it is of fewer than 10 units."""

    count: int
    of: int
    value: float | None
    low: float
    high: float
    few: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval; the ends are None where there are too few units for one."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """A part of all units: `units` in it, the won among them, and what that says."""

    name: str
    units: int
    won: int
    precision: Rate
    recall: Rate
    lift: Estimate | None
    average_amount: float | None


@dataclass(frozen=True, slots=True)
class Best:
    """The `capacity` best units by score: the wins expected among them, and at random."""

    capacity: int
    won: float
    won_at_random: float


@dataclass(frozen=True, slots=True)
class ConditionFigures:
    """A condition: who meets it against who does not, and with the rest of its group equal."""

    text: str
    field: str
    group: int
    optional: bool
    meets: Rate
    others: Rate
    lift: Estimate | None
    odds_ratio: float | None
    p: float
    q: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ShutOut:
    """Units that one condition alone keeps out, and the won among them."""

    text: str
    group: int
    units: int
    won: int


@dataclass(frozen=True, slots=True)
class MissedWins:
    """Won units that do not match; `by_several` are those that no single condition would let in.

    A unit that either of two conditions would let in is counted with both.
    """

    won: int
    by_condition: tuple[ShutOut, ...]
    by_several: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """A config, or all together: its figures, and how its score ranks."""

    slug: str | None
    figures: Figures
    auc: Estimate | None
    best: Best | None
    bands: tuple[Figures, ...]


@dataclass(frozen=True, slots=True)
class ConfigOutcomes:
    """One config against outcomes."""

    ranking: Ranking
    conditions: tuple[ConditionFigures, ...]
    missed: MissedWins


@dataclass(frozen=True, slots=True)
class SuspectField:
    """A field that may have been filled in after the fact, and why."""

    field: str
    auc: float
    missing_won: float
    missing_others: float
    by_values: bool
    by_missing: bool


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Every figure of a call. `base` is the won rate of all units."""

    base: Rate
    together: Ranking
    tiers: tuple[Figures, ...]
    configs: tuple[ConfigOutcomes, ...]
    suspects: tuple[SuspectField, ...]
    too_few_won: bool

    @property
    def rankings(self) -> tuple[Ranking, ...]:
        """All together, then each config."""
        return (self.together, *(config.ranking for config in self.configs))


def to_json(value: Any) -> Any:
    """JSON with keys in camelCase; a number that is not finite is null."""
    if is_dataclass(value):
        return {_camel(field.name): to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
