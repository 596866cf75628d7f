"""Groups and configs in SQL: whether they match, and their scores in hundredths."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.features.shared.exact_scores import weights_of
from icpctl.features.sql.predicates import joined
from icpctl.features.sql.trees import case, column, whole
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpctl.features.sql.dialects.base import Dialect
    from icpctl.features.sql.trees import Tree
    from icpctl.scoring.scores import ConditionPlan, ConfigPlan, GroupPlan

_HUNDREDTHS = 10_000  # of a full score

Names = dict[int, str]
"""The column of each bit of the plan."""


def config_score(dialect: Dialect, config: ConfigPlan, names: Names) -> Tree:
    """Return the best score of the matching groups, 0 to 100 with 2 decimals; NULL if none match.

    Raises `RefusedError` if its arithmetic is too large for the dialect.
    """
    if config.min_hundredths:
        score = _best_score(dialect, config, names)
        reached = exp.GTE(this=score, expression=percent(whole(config.min_hundredths)))
        return case((reached, score.copy()))
    return _best_score(dialect, config, names)


def _best_score(dialect: Dialect, config: ConfigPlan, names: Names) -> Tree:
    if len(config.groups) == 1:
        (group,) = config.groups
        score, matches = percent(_score(dialect, group, names)), _matches(group, names)
        return score if matches is None else case((matches, score))
    scores = []
    for group in config.groups:
        score, matches = _score(dialect, group, names), _matches(group, names)
        if matches is not None:
            score = case((matches, score), otherwise=_NO_MATCH)
        scores.append(score)
    best = exp.Greatest(this=scores[0], expressions=scores[1:], ignore_nulls=True)
    return percent(exp.Nullif(this=best, expression=_NO_MATCH.copy()))


_NO_MATCH = exp.Neg(this=whole(1))


def percent(hundredths: Tree) -> Tree:
    """Return hundredths as a number with two decimals."""
    exact = exp.cast(hundredths, "DECIMAL(9, 2)")
    return exp.cast(exp.Div(this=exact, expression=whole(100)), "DECIMAL(5, 2)")


def _matches(group: GroupPlan, names: Names) -> Tree | None:
    """Return whether a group matches; None if every visitor matches."""
    held = [_held(condition, names) for condition in group.conditions if not condition.optional]
    if not held:
        return None
    return exp.and_(*held) if group.operator == Operator.AND else exp.or_(*held)


def _held(condition: ConditionPlan, names: Names) -> Tree:
    source = column(names[condition.bit])
    return exp.not_(source) if condition.negated else source


def _score(dialect: Dialect, group: GroupPlan, names: Names) -> Tree:
    """Return the score of a matching group, in whole numbers, so nothing is rounded early.

    With h the weight that holds and w the total weight, the score is 10000 h / w hundredths,
    rounded half up: (20000 h + w) / 2 w rounded down.
    """
    required = [condition for condition in group.conditions if not condition.optional]
    optional = [condition for condition in group.conditions if condition.optional]
    everything = weights_of(group, [True] * len(group.conditions))
    unit = _unit([condition.weight for condition in group.conditions])
    there = int((everything.all_required + everything.all_optional) / unit)

    def points(weight: Fraction) -> int:
        return 2 * _HUNDREDTHS * int(weight / unit)

    fixed = there
    changing: list[Tree] = []
    if group.operator == Operator.AND:
        fixed += points(everything.all_required)
    elif required:
        changing.append(_heaviest(required, points, names))
    changing += [
        case((_held(condition, names), whole(points(condition.weight))), otherwise=whole(0))
        for condition in optional
    ]
    if not changing:
        return whole(_HUNDREDTHS)
    first = dialect.long(fixed, 2 * _HUNDREDTHS * there + there)
    return dialect.divided(joined(exp.Add, [first, *changing]), 2 * there)


def _heaviest(
    required: list[ConditionPlan], points: Callable[[Fraction], int], names: Names
) -> Tree:
    """Return the weight of the heaviest condition that holds; at least one does."""
    ordered = sorted(required, key=lambda condition: -condition.weight)
    if ordered[0].weight == ordered[-1].weight:
        return whole(points(ordered[0].weight))
    branches = []
    for weight in dict.fromkeys(condition.weight for condition in ordered):
        held = [_held(condition, names) for condition in ordered if condition.weight == weight]
        branches.append((exp.or_(*held), whole(points(weight))))
    return case(*branches)


def _unit(weights: list[Fraction]) -> Fraction:
    """Return the largest weight of which all weights are multiples."""
    below = lcm(*(weight.denominator for weight in weights))
    return Fraction(gcd(*(int(weight * below) for weight in weights)), below)
