"""The conditions of configs as `insight` asks about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.features.insight.counts.relaxations import (
    is_equality,
    known_changes,
    lists_parts,
    lists_values,
)
from icpctl.features.reasons.seen_values import listed_values, looks_at_sizes

if TYPE_CHECKING:
    from typing import Any

    from icpctl.config.model import Condition
    from icpctl.features.insight.model import Change
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.scores import ConditionPlan, GroupPlan

MOST_LISTED = 64
"""Values of a list up to which each is looked for: one bit a value costs too much for more."""


class Question:
    """A condition, and the conditions of no config that tell more about it.

    `listed` are an equality for each value of a list that is not too long, `changes` what it may
    become; one that `is_alone` has neither. An optional condition may become another only where
    `scores_decide` who matches. What is `planned` are the bits of each. `listed_at` and
    `changes_at` say where their counts are among those of all questions.
    """

    planned: ConditionPlan
    planned_listed: tuple[ConditionPlan, ...] = ()
    planned_changes: tuple[ConditionPlan, ...] = ()
    listed_at: slice
    changes_at: slice

    def __init__(
        self, condition: Condition, *, is_alone: bool = False, scores_decide: bool = False
    ) -> None:
        self.condition = condition
        self.is_alone = is_alone
        self.scores_decide = scores_decide
        self.entry = condition.condition_type
        self.listed: list[Condition] = []
        self.changes: list[tuple[Change, Any, Condition]] = []
        if is_alone:
            return
        if is_equality(condition) and len(self.values) <= MOST_LISTED:
            self.listed = [
                condition.changed(comparator="equals", value=value)
                for value in listed_values(condition)
            ]
        if self.may_change:
            self.changes = list(known_changes(condition))

    @property
    def values(self) -> tuple[Any, ...]:
        """What the condition names."""
        return listed_values(self.condition)

    @property
    def has_words(self) -> bool:
        """Whether it lists texts, of which others may occur, and somebody asks for them."""
        return self.entry.is_words and not self.is_alone and is_equality(self.condition)

    @property
    def counts_keys(self) -> bool:
        """Whether more values may be listed, which visitors tell."""
        return self.may_change and lists_values(self.condition)

    @property
    def counts_parts(self) -> bool:
        """Whether more parts of pages may be listed, which visitors tell."""
        return self._decides and lists_parts(self.condition)

    @property
    def below(self) -> bool:
        """Whether it has a threshold that may go down."""
        bound = self.condition.comparison.bound
        return self.may_change and bound is not None and bound.below

    @property
    def above(self) -> bool:
        """Whether it has a threshold that may go up."""
        bound = self.condition.comparison.bound
        return self.may_change and bound is not None and bound.above

    @property
    def may_change(self) -> bool:
        """Whether somebody asks what it would gain if the condition asked for less."""
        return not self.is_alone and self._decides

    @property
    def _decides(self) -> bool:
        return self.scores_decide or not self.condition.optional

    @property
    def looks_at_sizes(self) -> bool:
        """Whether a number of employees stands for a range that is missing."""
        return looks_at_sizes(self.condition)


class WatchedGroup(Struct, frozen=True):
    """A group: its number among those of all configs, its config's, and those of its questions."""

    number: int
    config: int
    plan: GroupPlan
    questions: range


def watched_groups(plan: Plan) -> list[list[WatchedGroup]]:
    """The groups of each config, in the plan's order, in which questions are numbered too."""
    configs: list[list[WatchedGroup]] = []
    number = question = 0
    for config, config_plan in enumerate(plan.configs):
        groups = []
        for group in config_plan.groups:
            questions = range(question, question + len(group.conditions))
            groups.append(WatchedGroup(number, config, group, questions))
            number, question = number + 1, questions.stop
        configs.append(groups)
    return configs
