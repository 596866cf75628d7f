"""Whether one visitor matches, and its score as an exact fraction, for those who say why.

The kernel (`scoring/scores.py`) has the same in whole numbers for many visitors at once.
`held` says for each condition of a group, or of all groups of a config, whether a visitor holds it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from icpctl.scoring.scores import ConfigPlan, GroupPlan


class Weights(Struct, frozen=True):
    """The terms of a group's score: weight held and weight there is, required and optional."""

    required: Fraction
    all_required: Fraction
    optional: Fraction
    all_optional: Fraction

    @property
    def score(self) -> Fraction:
        """0 to 100."""
        return 100 * (self.required + self.optional) / (self.all_required + self.all_optional)


def matches_group(group: GroupPlan, held: Sequence[bool]) -> bool:
    """Return whether the group matches a visitor that holds these of its conditions."""
    needed = [
        is_held
        for is_held, condition in zip(held, group.conditions, strict=True)
        if not condition.optional
    ]
    return not needed or (all(needed) if group.operator == Operator.AND else any(needed))


def weights_of(group: GroupPlan, held: Sequence[bool]) -> Weights:
    """Return what a visitor that holds these conditions has of the group's weight."""
    pairs = list(zip(held, group.conditions, strict=True))
    required = [(held, condition.weight) for held, condition in pairs if not condition.optional]
    optional = [(held, condition.weight) for held, condition in pairs if condition.optional]
    together = _sum if group.operator == Operator.AND else _heaviest
    return Weights(
        together(weight for is_held, weight in required if is_held),
        together(weight for _, weight in required),
        _sum(weight for is_held, weight in optional if is_held),
        _sum(weight for _, weight in optional),
    )


def matches_config(config: ConfigPlan, held: Sequence[bool]) -> bool:
    """Return whether the config matches a visitor that holds these conditions."""
    scores = list(_scores(config, held))
    return bool(scores) and hundredths(max(scores)) >= config.min_hundredths


def score_of(config: ConfigPlan, held: Sequence[bool]) -> Fraction:
    """Return the config's score: 0 where it does not match."""
    best = max(_scores(config, held), default=Fraction(0))
    return best if hundredths(best) >= config.min_hundredths else Fraction(0)


def _scores(config: ConfigPlan, held: Sequence[bool]) -> Iterator[Fraction]:
    """Yield the scores of the groups that match."""
    start = 0
    for group in config.groups:
        stop = start + len(group.conditions)
        if matches_group(group, held[start:stop]):
            yield weights_of(group, held[start:stop]).score
        start = stop


def rounded(score: Fraction) -> float:
    """Return a score with two decimals, half away from zero (scores are never negative)."""
    return hundredths(score) / 100


def hundredths(score: Fraction) -> int:
    """Return a score in hundredths, rounded half away from zero."""
    return (score * 100 + Fraction(1, 2)).__floor__()


def _sum(weights: Iterable[Fraction]) -> Fraction:
    return sum(weights, Fraction(0))


def _heaviest(weights: Iterable[Fraction]) -> Fraction:
    return max(weights, default=Fraction(0))
