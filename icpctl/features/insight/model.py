"""What `insight` found: the models that every output renders."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads it
from typing import Literal

from pydantic import Field

from icpctl.config.model import Condition  # noqa: TC001 - pydantic reads it
from icpctl.scoring.report import Report

Change = Literal["threshold", "add", "remove", "comparator", "optional"]
"""A number is moved, a value is listed or no more listed, the comparator asks for less, or the
condition is no longer required."""


class Relaxation(Report):
    """A condition that asks for less, and how many visitors newly match the config by that alone.

    `value` is the threshold, or the value listed or no more listed, where that is what changes.
    """

    change: Change
    value: str | int | float | None
    becomes: Condition
    gain: int


class AbsentValue(Report):
    """A configured value that no visitor has, and the most similar one that some have."""

    value: str | int | float | bool
    nearest: str | None
    nearest_visitors: int


class ConditionInsight(Report):
    """One condition over all visitors.

    It holds for `held`; `failed` have something else, and `missing` have nothing it could look at.
    Those hold a negative condition, and are then among `held`; else the three make all visitors.
    Where there are no visitors, it is not said that it never holds or never fails.

    Of a required condition: `left` visitors are left after it, in the config's order (in an OR
    group those that it and the ones before bring in); `near_misses` fail nothing else of the
    group, and no group matches them, so that many newly match when it is dropped, unless a
    `minScore` keeps them out; `near_misses_missing` of them have nothing it could look at. `gains`
    are ways to ask for less, those that gain most first; where a config has a `minScore`, optional
    conditions have some too, and what it gains to make a required one optional is among them.
    Where a config excludes who matches it, nothing is gained. `absent_values` are those of lists of
    at most 64 values.

    Of an optional one: `held_by_matches` of the group's matches hold it, and `changes_scores`
    tells whether that makes the config's score of any visitor higher.
    """

    condition: Condition
    held: int
    failed: int
    missing: int
    left: int | None
    near_misses: int | None
    near_misses_missing: int | None
    held_by_matches: int | None
    changes_scores: bool | None
    gains: list[Relaxation]
    absent_values: list[AbsentValue]
    never_holds: bool
    never_fails: bool


class GroupInsight(Report):
    """One group: how many visitors match it, and its conditions in order."""

    operator: str
    matched: int
    conditions: list[ConditionInsight]


class TakenBy(Report):
    """A config, and how many visitors of another it has, or would have."""

    slug: str
    visitors: int


class BoundGain(Report):
    """A lower `minScore`, and how many visitors newly match the config by that alone."""

    value: int | float
    gain: int


class MinScoreInsight(Report):
    """What the `minScore` of a config costs.

    `value` is the lowest score that reaches it, since scores have two decimals. Groups match
    `below` visitors whose scores do not reach it; `gains` are lower bounds, the next best first.
    """

    value: int | float
    below: int
    gains: list[BoundGain]


class ExclusionInsight(Report):
    """What a config takes that excludes who matches it.

    It is the `excluded_by` of `excluded` visitors, and `alone` are excluded by no other. Without it
    `would_match` of these would have an ICP: one of `takes`, most first.
    """

    excluded: int
    alone: int
    would_match: int
    takes: list[TakenBy]


def _is_none(value: object) -> bool:
    return value is None


class ConfigInsight(Report):
    """One config.

    `matched` visitors match it, and it is the ICP of `first`; the others go to `taken_by`, most
    first, or are `excluded` by another config (None where none excludes). No group matches
    `near_misses`, and they fail exactly one required condition of a group. `min_score` and
    `exclusion` are None where the config has no `minScore`, and where it does not exclude.
    """

    slug: str
    label: str
    priority: int | None
    matched: int
    first: int
    match_rate: float | None
    near_misses: int
    taken_by: list[TakenBy]
    excluded: int | None = Field(default=None, exclude_if=_is_none)
    exclusion: ExclusionInsight | None = Field(default=None, exclude_if=_is_none)
    min_score: MinScoreInsight | None = Field(default=None, exclude_if=_is_none)
    groups: list[GroupInsight]

    @property
    def bounds(self) -> list[BoundGain]:
        """The lower bounds of the score that gain visitors, the next best first."""
        return self.min_score.gains if self.min_score else []

    @property
    def conditions(self) -> list[ConditionInsight]:
        """The conditions of all groups, in order."""
        return [one for group in self.groups for one in group.conditions]


class InsightReport(Report):
    """All configs over an export.

    `overlap[i][j]` visitors match both config `i` and config `j`, numbered in order. Of the
    fields in `capped` there were too many distinct values to count all; what is counted is exact.
    """

    as_of: datetime
    visitors: int
    rejected: int
    field_warnings: dict[str, int]
    matched: int
    excluded: int | None = Field(default=None, exclude_if=_is_none)
    match_rate: float | None
    tiers: dict[str, int] | None = Field(default=None, exclude_if=_is_none)
    configs: list[ConfigInsight]
    overlap: list[list[int]]
    capped: list[str]
    elapsed_seconds: float

    def without_values(self) -> InsightReport:
        """The same without values that only visitors have, which may tell who they are."""
        return self.model_copy(update={"configs": [_config(it) for it in self.configs]})


def _config(config: ConfigInsight) -> ConfigInsight:
    return config.model_copy(update={"groups": [_group(it) for it in config.groups]})


def _group(group: GroupInsight) -> GroupInsight:
    return group.model_copy(update={"conditions": [_condition(it) for it in group.conditions]})


def _condition(condition: ConditionInsight) -> ConditionInsight:
    unnamed = {"nearest": None, "nearest_visitors": 0}
    return condition.model_copy(
        update={
            "gains": [it for it in condition.gains if it.change != "add"],
            "absent_values": [it.model_copy(update=unnamed) for it in condition.absent_values],
        }
    )
