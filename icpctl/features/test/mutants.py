"""Configs with one thing changed, which good tests should notice."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from icpctl.config.model import Condition, IcpConfig
from icpctl.scoring.seen_values import listed_form
from icpctl.values import normal_forms
from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES, Form, Kind, Operator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.config.config_file import ConfigFile

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
_NOT_A_SINGLE = {"has_any": "not_in", "has_all": "not_in"}
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


def mutants_of(config: ConfigFile, *, case_sensitive: bool = False) -> Iterator[Mutant]:
    """The config with each comparator, value and operator changed, one at a time.

    Changes that make no difference to any visitor are left out, as far as a condition alone tells.
    """
    for number, group in enumerate(config.config.rules.groups):
        if sum(not one.optional for one in group.conditions) > 1:
            other = Operator.OR if group.operator == Operator.AND else Operator.AND
            body = config.config.body()
            body["rules"]["groups"][number]["operator"] = other.value
            model = IcpConfig.model_validate(body)
            yield Mutant(config, model, number + 1, group.operator, other.value)
        for at, condition in enumerate(group.conditions):
            for change in _changes(condition, case_sensitive=case_sensitive):
                body = deepcopy(config.config.body())
                changed = body["rules"]["groups"][number]["conditions"][at] | change
                body["rules"]["groups"][number]["conditions"][at] = changed
                try:
                    after, model = Condition(**changed), IcpConfig.model_validate(body)
                except ValidationError:  # such as a score above 100
                    continue
                yield Mutant(config, model, number + 1, condition, after)


def _changes(condition: Condition, *, case_sensitive: bool) -> Iterator[dict[str, Any]]:
    """What to change of a condition's keys."""
    comparator, value = condition.comparator, condition.value
    is_single = isinstance(value, tuple) and len(value) == 1
    twin = COMPARATORS[comparator].negates or _TWINS.get(comparator)
    if twin is None and is_single:
        twin = _NOT_A_SINGLE.get(comparator)
    if twin:
        yield {"comparator": twin}
    if comparator in _NEXT and not is_single:
        yield {"comparator": _NEXT[comparator]}
    if comparator == "between" and isinstance(value, tuple):
        low, high = (it for it in value if not isinstance(it, str))
        for changed in ((low - 1, high), (low + 1, high), (low, high - 1), (low, high + 1)):
            if changed[0] >= min(0, low):
                yield {"value": [*changed]}
    elif isinstance(value, tuple) and len(value) > 1:
        for at in range(len(value)):
            if not _is_needless(condition, at, case_sensitive=case_sensitive):
                yield {"value": [*value[:at], *value[at + 1 :]]}
    elif isinstance(value, bool):
        if "exists" not in comparator:  # whose twin says the same
            yield {"value": not value}
    elif isinstance(value, int | float):
        changed_value = value + _LOOSER.get(comparator, 0)
        # Nothing that is counted is below 0, so nothing would differ.
        if value != changed_value >= min(0, value):
            yield {"value": changed_value}


def _is_needless(condition: Condition, at: int, *, case_sensitive: bool) -> bool:
    """Whether a list means the same without a value: another one stands for it."""
    entry = CONDITION_TYPES[condition.type]
    if entry.kind is Kind.NUMBER or not isinstance(condition.value, tuple):
        return False
    form = (
        normal_forms.plain if entry.form is Form.PART_OF_PAGE else partial(listed_form, entry=entry)
    )
    forms = [form(str(it), case_sensitive=case_sensitive) for it in condition.value]
    others = [it for other, it in enumerate(forms) if other != at]
    if entry.form is not Form.PART_OF_PAGE:
        return forms[at] in others
    if condition.comparator == "has_all":
        return any(forms[at] in it for it in others)
    return any(it in forms[at] for it in others)
