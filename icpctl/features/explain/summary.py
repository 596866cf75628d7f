"""The answer first: the verdict on a visitor, the ICP's conditions, the nearest other config."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from icpctl.features.reasons.condition_wording import in_words
from icpctl.features.reasons.sentences import below_minimum, best_group, failing_conditions, named
from icpctl.features.reasons.sentences import nearest_config as nearest_of
from icpctl.output.wording import counted
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.features.reasons.explanation import (
        ConditionExplanation,
        ConfigExplanation,
        Explanation,
        GroupExplanation,
    )

_MOST_NAMED = 3  # configs that match besides the ICP


class Line(NamedTuple):
    """A line of the summary; `held` is None where it has no mark."""

    text: str
    indent: int
    held: bool | None


def summary(explanation: Explanation) -> Iterator[Line]:
    """Yield the verdict and its reasons, each config by its label."""
    yield Line(_verdict(explanation), 0, explanation.icp is not None)
    decides = explanation.excluded_by or explanation.icp
    for config in explanation.configs:
        if config.slug == decides:
            yield from _met(config)
    yield from _also(explanation)
    nearest = nearest_of(explanation.configs)
    if nearest:
        is_alone = len(explanation.configs) == 1
        yield from _unmet(nearest, "Nearest other" if decides else "Nearest", is_alone=is_alone)


def _verdict(explanation: Explanation) -> str:
    names = {config.slug: named(config) for config in explanation.configs}
    if explanation.excluded_by is not None:
        return f"no ICP: excluded by {names[explanation.excluded_by]}"
    if explanation.icp is None:
        if len(names) == 1:
            return f"no ICP: {next(iter(names.values()))} does not match"
        return f"no ICP: none of {counted(len(names), 'config')} matches"
    tier = f", tier {explanation.icp_tier}" if explanation.icp_tier is not None else ""
    return f"ICP: {names[explanation.icp]}, score {explanation.icp_score:.2f}{tier}"


def _met(config: ConfigExplanation) -> Iterator[Line]:
    """The conditions of the group that gives a config its score, those that hold first."""
    group = best_group(config)
    yield from _group_line(config, group, "by")
    for explained in sorted(group.conditions, key=lambda explained: not explained.held):
        yield _condition_line(explained)


def _unmet(config: ConfigExplanation, what: str, *, is_alone: bool) -> Iterator[Line]:
    """What a config lacks that does not match: its required conditions, those that fail first."""
    if not is_alone:
        yield Line(f"{what}: {named(config)}", 0, False)
    if config.below_min_score:
        yield Line(below_minimum(config), 1, False)
        return
    group = best_group(config)
    yield from _group_line(config, group, "nearest is")
    failing = failing_conditions(group)
    if group.operator == Operator.OR and len(failing) > 1:
        yield Line("needs any one of:", 1, None)
    required = [explained for explained in group.conditions if not explained.condition.optional]
    for explained in sorted(required, key=lambda explained: explained.held):
        yield _condition_line(explained)


def _group_line(config: ConfigExplanation, group: GroupExplanation, what: str) -> Iterator[Line]:
    """Which of several groups it is about."""
    if len(config.groups) > 1:
        number = config.groups.index(group) + 1
        yield Line(f"{what} group {number} of {len(config.groups)}:", 1, None)


def _condition_line(explained: ConditionExplanation) -> Line:
    role = "optional: " if explained.condition.optional else ""
    return Line(f"{role}{in_words(explained)}", 1, explained.held)


def _also(explanation: Explanation) -> Iterator[Line]:
    """The other configs that match."""
    decides = explanation.excluded_by or explanation.icp
    others = [
        f"{named(config)}, score {config.score:.2f}"
        for config in explanation.configs
        if config.matched and config.slug != decides
    ]
    if others:
        more = len(others) - _MOST_NAMED
        rest = f"; and {counted(more, 'more config')}" if more > 0 else ""
        yield Line(f"also matches {'; '.join(others[:_MOST_NAMED])}{rest}", 1, None)
