"""Configs with one thing changed, which good tests should notice."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from icpctl.config.model import Condition, IcpConfig
from icpctl.vocabulary import COMPARATORS, Operator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.config.files import ConfigFile

_TWINS = {it.negates: it.name for it in COMPARATORS.values() if it.negates}
_NEXT = {
    "gt": "gte",
    "gte": "gt",
    "lt": "lte",
    "lte": "lt",
    "starts_with": "contains",
    "ends_with": "contains",
    "has_any": "has_all",
    "has_all": "has_any",
}
_LOOSER = {"gt": -1, "gte": -1, "lt": 1, "lte": 1, "equals": 1, "not_equals": 1}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A config with one change: of a condition, or of the operator of a group.

    `group` counts from 1. `before` and `after` are conditions, or operators.
    """

    config: ConfigFile
    model: IcpConfig
    group: int
    before: Condition | str
    after: Condition | str


def mutants_of(config: ConfigFile) -> Iterator[Mutant]:
    """The config with each comparator, value and operator changed, one at a time."""
    for number, group in enumerate(config.config.rules.groups):
        if sum(not one.optional for one in group.conditions) > 1:
            other = Operator.OR if group.operator == Operator.AND else Operator.AND
            body = config.config.body()
            body["rules"]["groups"][number]["operator"] = other.value
            model = IcpConfig.model_validate(body)
            yield Mutant(config, model, number + 1, group.operator, other.value)
        for at, condition in enumerate(group.conditions):
            for change in _changes(condition):
                body = deepcopy(config.config.body())
                changed = body["rules"]["groups"][number]["conditions"][at] | change
                body["rules"]["groups"][number]["conditions"][at] = changed
                try:
                    after, model = Condition(**changed), IcpConfig.model_validate(body)
                except ValidationError:  # such as a score above 100
                    continue
                yield Mutant(config, model, number + 1, condition, after)


def _changes(condition: Condition) -> Iterator[dict[str, Any]]:
    """What to change of a condition's keys."""
    comparator, value = condition.comparator, condition.value
    twin = COMPARATORS[comparator].negates or _TWINS.get(comparator)
    if twin:
        yield {"comparator": twin}
    if comparator in _NEXT and not (isinstance(value, tuple) and len(value) < 2):
        yield {"comparator": _NEXT[comparator]}
    if comparator == "between" and isinstance(value, tuple):
        low, high = (it for it in value if not isinstance(it, str))
        yield {"value": [low - 1, high]}
        yield {"value": [low, high + 1]}
    elif isinstance(value, tuple) and len(value) > 1:
        for at in range(len(value)):
            yield {"value": [*value[:at], *value[at + 1 :]]}
    elif isinstance(value, bool):
        yield {"value": not value}
    elif isinstance(value, int | float) and comparator in _LOOSER:
        yield {"value": value + _LOOSER[comparator]}
