"""What `outcomes` finds, as data that every output renders. Rates are from 0 to 1."""

from __future__ import annotations

from enum import StrEnum
from math import isfinite
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict


class Verdict(StrEnum):
    """What a condition does to the won rate."""

    HELPS = "helps"
    HURTS = "hurts"
    LITTLE = "little"
    CANNOT_SAY = "cannot say"
    SUSPECT = "suspect"


class Rate(Struct, frozen=True):
    """`count` of `of`, with its interval; `few` where it is of fewer than 10 units."""

    count: int
    of: int
    value: float | None
    low: float
    high: float
    few: bool


class Estimate(Struct, frozen=True):
    """A figure with its interval; the ends are None where there are too few units for one."""

    value: float
    low: float | None
    high: float | None


class Figures(Struct, frozen=True):
    """A part of all units: `units` in it, the won among them, and what that says."""

    name: str
    units: int
    won: int
    precision: Rate
    recall: Rate
    lift: Estimate | None
    average_amount: float | None


class Best(Struct, frozen=True):
    """The `capacity` best units by score: the wins expected among them, and at random."""

    capacity: int
    won: float
    won_at_random: float


class ConditionFigures(Struct, frozen=True):
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


class ShutOut(Struct, frozen=True):
    """Units that one condition alone keeps out, and the won among them."""

    text: str
    group: int
    units: int
    won: int


class MissedWins(Struct, frozen=True):
    """Won units that do not match; `by_several` are those that no single condition would let in.

    A unit that either of two conditions would let in is counted with both.
    """

    won: int
    by_condition: tuple[ShutOut, ...]
    by_several: int


class Ranking(Struct, frozen=True):
    """A config, or all together: its figures, and how its score ranks."""

    slug: str | None
    figures: Figures
    auc: Estimate | None
    best: Best | None
    bands: tuple[Figures, ...]


class ConfigOutcomes(Struct, frozen=True):
    """One config against outcomes."""

    ranking: Ranking
    conditions: tuple[ConditionFigures, ...]
    missed: MissedWins


class SuspectField(Struct, frozen=True):
    """A field that may have been filled in after the fact, and why."""

    field: str
    auc: float
    missing_won: float
    missing_others: float
    by_values: bool
    by_missing: bool


class Outcomes(Struct, frozen=True):
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
    if isinstance(value, Struct):
        return {_camel(name): to_json(field) for name, field in asdict(value).items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
