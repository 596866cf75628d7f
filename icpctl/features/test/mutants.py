"""Configs with one thing changed, which good tests should notice."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from pydantic import ValidationError

from icpctl.config.model import IcpConfig
from icpctl.features.reasons.seen_values import listed_form
from icpctl.values import text_forms
from icpctl.vocabulary import Form, Kind, Operator, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.config.model import Condition, ConfigFile
    from icpctl.vocabulary import Comparator

_MANY = 50
"""Values of a list, up to which it is tried without each of them."""


class Mutant(Struct, frozen=True):
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
            model = IcpConfig.model_validate(body, context=config.config.definitions)
            yield Mutant(config, model, number + 1, group.operator, other.value)
        for at, condition in enumerate(group.conditions):
            for change in _changes(condition, case_sensitive=case_sensitive):
                try:
                    after = condition.changed(**change)
                except ValidationError:  # such as a score above 100
                    continue
                model = _with_condition(config.config, number, at, after)
                yield Mutant(config, model, number + 1, condition, after)


def _with_condition(config: IcpConfig, group: int, at: int, condition: Condition) -> IcpConfig:
    """A config with another condition at a place of a group."""
    groups = list(config.rules.groups)
    conditions = list(groups[group].conditions)
    conditions[at] = condition
    groups[group] = groups[group].model_copy(update={"conditions": tuple(conditions)})
    rules = config.rules.model_copy(update={"groups": tuple(groups)})
    return config.model_copy(update={"rules": rules})


def _changes(condition: Condition, *, case_sensitive: bool) -> Iterator[dict[str, Any]]:
    """What to change of a condition's keys."""
    comparison, value = condition.comparison, condition.value
    is_single = isinstance(value, tuple) and len(value) == 1
    opposite = comparison.opposite
    if opposite:
        yield {"comparator": opposite.name}
    elif is_single and comparison.is_equality and condition.condition_type.is_words:
        yield {"comparator": "not_in"}
    if comparison.mutant and not (is_single and comparison.is_equality):
        yield {"comparator": comparison.mutant}
    if comparison.shape is Shape.BOUNDS and isinstance(value, tuple):
        low, high = (it for it in value if not isinstance(it, str))
        for changed in ((low - 1, high), (low + 1, high), (low, high - 1), (low, high + 1)):
            if changed[0] >= min(0, low):
                yield {"value": [*changed]}
    elif isinstance(value, tuple) and 1 < len(value) <= _MANY:
        for at in range(len(value)):
            if not _is_needless(condition, at, case_sensitive=case_sensitive):
                yield {"value": [*value[:at], *value[at + 1 :]]}
    elif isinstance(value, bool):
        if not comparison.asks_presence:  # whose opposite says the same
            yield {"value": not value}
    elif isinstance(value, int | float):
        changed_value = value + _step(comparison)
        # Nothing that is counted is below 0, so nothing would differ.
        if value != changed_value >= min(0, value):
            yield {"value": changed_value}


def _step(comparison: Comparator) -> int:
    """How far a threshold moves so that more visitors reach it."""
    bound = comparison.positive.bound
    return -1 if bound and bound.below else 1


def _is_needless(condition: Condition, at: int, *, case_sensitive: bool) -> bool:
    """Whether a list means the same without a value: another one stands for it."""
    entry = condition.condition_type
    if entry.kind is Kind.NUMBER or not isinstance(condition.value, tuple):
        return False
    comparison = condition.comparison.positive
    is_whole = comparison.is_equality and entry.form is not Form.PART_OF_PAGE
    form = partial(listed_form, entry=entry) if is_whole else text_forms.plain
    forms = [form(str(it), case_sensitive=case_sensitive) for it in condition.value]
    others = [it for other, it in enumerate(forms) if other != at]
    if is_whole:
        return forms[at] in others
    if comparison.needs_all:
        return any(forms[at] in it for it in others)
    if comparison.is_equality or comparison.test == "contains":
        return any(it in forms[at] for it in others)
    return forms[at] in others
