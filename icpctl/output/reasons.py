"""Why a visitor has its verdict, in one sentence: the config that decides, and its conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.output.condition_wording import ground, head, reason
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from icpctl.scoring.explanation import (
        ConditionExplanation,
        ConfigExplanation,
        GroupExplanation,
    )


def sentence(config: ConfigExplanation, label: str) -> str:
    """Return why a config with this label matches, or else what it lacks.

    A match names the conditions of its best group that hold, the heaviest first. Of a config that
    does not match, it names what the group needs that lacks the fewest conditions.
    """
    if not config.matched:
        return f"Nearest is {label}: {lacking(config)}"
    best = max((group for group in config.groups if group.matched), key=lambda group: group.score)
    holding = sorted(
        (explained for explained in best.conditions if explained.held),
        key=lambda explained: -explained.condition.weight,
    )
    grounds = "; ".join(dict.fromkeys(map(ground, holding))) or "it asks for nothing"
    return f"{'Excluded by ' if config.excludes else ''}{label}: {grounds}"


def failing_conditions(group: GroupExplanation) -> list[ConditionExplanation]:
    """Return the required conditions of a group that do not hold."""
    return [
        explained
        for explained in group.conditions
        if not explained.condition.optional and not explained.held
    ]


def below_minimum(config: ConfigExplanation) -> str:
    """Return that the score of the best matching group is too low."""
    best = max(group.score for group in config.groups if group.matched)
    return f"its score {best:.2f} is below the minimum of {config.min_score:g}"


def lacking(config: ConfigExplanation) -> str:
    """Return what a config that does not match lacks, such as `it lacks city exists (missing)`."""
    if config.below_min_score:
        return below_minimum(config)
    nearest = min(config.groups, key=_distance)
    is_or = nearest.operator == Operator.OR
    lacked = (f"{head(it.condition)} ({reason(it)})" for it in failing_conditions(nearest))
    return f"it lacks {(' or ' if is_or else '; ').join(lacked)}"


def _distance(group: GroupExplanation) -> int:
    """How many conditions must still hold; of an OR group one is enough."""
    count = len(failing_conditions(group))
    return count if group.operator == Operator.AND else min(count, 1)
