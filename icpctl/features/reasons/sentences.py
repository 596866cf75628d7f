"""Why a visitor has its verdict, in one sentence: the config that decides, and its conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.features.reasons.condition_wording import in_words
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icpctl.features.reasons.explanation import (
        ConditionExplanation,
        ConfigExplanation,
        GroupExplanation,
    )


def sentence(config: ConfigExplanation) -> str:
    """Return why a config matches, or else which of its conditions are not met.

    A match names the conditions of its best group that hold, the heaviest first. Of a config that
    does not match, it names what the group needs that lacks the fewest conditions.
    """
    if not config.matched:
        return f"Nearest is {config.label}; {lacking(config)}"
    return f"{'Excluded by ' if config.excludes else ''}{config.label}: {grounds(config)}"


def grounds(config: ConfigExplanation) -> str:
    """Return the conditions that hold of the best group of a config that matches."""
    holding = sorted(
        (explained for explained in best_group(config).conditions if explained.held),
        key=lambda explained: -explained.condition.weight,
    )
    return "; ".join(dict.fromkeys(map(in_words, holding))) or "no condition to meet"


def best_group(config: ConfigExplanation) -> GroupExplanation:
    """Return the matching group with the highest score, else the one that lacks least."""
    matching = [group for group in config.groups if group.matched]
    if matching:
        return max(matching, key=lambda group: group.score)
    return min(config.groups, key=_lacking_count)


def nearest_config(configs: Iterable[ConfigExplanation]) -> ConfigExplanation | None:
    """Return the config that lacks least of those that neither match nor exclude."""
    others = [config for config in configs if not config.matched and not config.excludes]
    return min(others, key=distance, default=None)


def distance(config: ConfigExplanation) -> int:
    """Return how many conditions keep a visitor from a config, 0 where one matches."""
    return min(map(_lacking_count, config.groups))


def named(config: ConfigExplanation) -> str:
    """Return a config by its label, with its slug after it."""
    return f"{config.label} ({config.slug})" if config.label else config.slug


def failing_conditions(group: GroupExplanation) -> list[ConditionExplanation]:
    """Return the required conditions of a group that do not hold."""
    return [
        explained
        for explained in group.conditions
        if not explained.condition.optional and not explained.held
    ]


def below_minimum(config: ConfigExplanation) -> str:
    """Return that the score of the best matching group is too low."""
    best = best_group(config).score
    return f"its score {best:.2f} is below the minimum of {config.min_score:g}"


def _lacking_count(group: GroupExplanation) -> int:
    """Return how many conditions must still hold; of an OR group one is enough."""
    count = len(failing_conditions(group))
    return count if group.operator == Operator.AND else min(count, 1)


def lacking(config: ConfigExplanation) -> str:
    """Return what a config that does not match lacks, such as `it lacks city exists (missing)`."""
    if config.below_min_score:
        return below_minimum(config)
    group = best_group(config)
    joint = " or " if group.operator == Operator.OR else "; "
    return f"not met: {joint.join(map(in_words, failing_conditions(group)))}"
