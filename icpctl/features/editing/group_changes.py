"""Conditions that are added to a group of rules or taken out: `--where`, `--prefer`, `--drop`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from icpctl.config.definitions import NOTHING_DEFINED, Definitions
from icpctl.errors import IcpctlError, nearest
from icpctl.features.editing.condition_words import read_conditions
from icpctl.features.editing.texts.alignment import same_key
from icpctl.vocabulary import COMPARATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

Condition = dict[str, Any]


class GroupChanges(Struct, frozen=True):
    """Conditions in words: required and optional ones to add, and others to take out.

    `group` counts from 1; None is the only group.
    """

    where: Sequence[str] = ()
    prefer: Sequence[str] = ()
    drop: Sequence[str] = ()
    group: int | None = None

    def __post_init__(self) -> None:
        if self.group is not None and not self:
            message = "--group needs a condition to add or remove"
            raise IcpctlError(message, "bad_usage", hint="add --where C, --prefer C or --drop C")

    def __bool__(self) -> bool:
        return bool(self.where or self.prefer or self.drop)


NO_CHANGES = GroupChanges()


def changed_rules(
    rules: dict[str, Any], changes: GroupChanges, definitions: Definitions = NOTHING_DEFINED
) -> dict[str, Any]:
    """Return rules, as a full body has them, with conditions taken out and added.

    A condition that the group has already is not added again. Raises `IcpctlError`:
    `bad_condition` with every finding, `bad_usage` where the group is not clear, `no_such_group`,
    `no_such_condition`, and `empty_group` where no condition would be left.
    """
    read = read_conditions(
        {"--drop": changes.drop, "--where": changes.where, "--prefer": changes.prefer},
        definitions,
    )
    groups = [group | {"conditions": list(group["conditions"])} for group in rules["groups"]]
    for condition in read["--drop"]:
        _drop(groups, condition, changes.group)
    added = [*read["--where"], *({**condition, "optional": True} for condition in read["--prefer"])]
    if added:
        conditions = groups[_group_index(groups, changes.group)]["conditions"]
        for condition in added:
            if condition not in conditions:
                conditions.append(condition)
    for number, group in enumerate(groups, 1):
        if not group["conditions"]:
            raise IcpctlError(
                f"group {number} would have no condition left",
                "empty_group",
                hint="add one with --where, or remove the group with icpctl edit",
            )
    return rules | {"groups": groups}


def _drop(groups: list[dict[str, Any]], condition: Condition, number: int | None) -> None:
    """Take a condition out of the group of this number, or of the only one that has it."""
    chosen = groups if number is None else [groups[_group_index(groups, number)]]
    wanted = _reads(condition)
    holders = [
        group for group in chosen if any(_reads(other) == wanted for other in group["conditions"])
    ]
    if not holders:
        raise _no_such_condition(chosen, condition)
    if len(holders) > 1:
        numbers = ", ".join(str(groups.index(group) + 1) for group in holders)
        message = f"several groups have the condition {in_words(condition)!r}: {numbers}"
        raise IcpctlError(message, "bad_usage", hint="choose one with --group N")
    kept = [other for other in holders[0]["conditions"] if _reads(other) != wanted]
    holders[0]["conditions"] = kept


def _group_index(groups: list[dict[str, Any]], number: int | None) -> int:
    if number is None and len(groups) > 1:
        message = f"the config has {len(groups)} groups"
        raise IcpctlError(message, "bad_usage", hint=f"choose one with --group 1 to {len(groups)}")
    if number is not None and not 1 <= number <= len(groups):
        only = "only group 1" if len(groups) == 1 else f"groups 1 to {len(groups)}"
        message = f"no group {number}: the config has {only}"
        raise IcpctlError(message, "no_such_group", hint="icpctl get -o table numbers them")
    return (number or 1) - 1


def _reads(condition: Condition) -> tuple[str, str, str]:
    """Return what two conditions share that read the same, whatever their role and weight."""
    value = condition["value"]
    if isinstance(value, list) and COMPARATORS[condition["comparator"]].takes_list:
        value = sorted(value, key=same_key)
    return condition["type"], condition["comparator"], same_key(value)


def _no_such_condition(groups: list[dict[str, Any]], condition: Condition) -> IcpctlError:
    known = [in_words(other) for group in groups for other in group["conditions"]]
    meant = nearest(in_words(condition), known)
    same_type = [in_words(other) for group in groups for other in group["conditions"]
                 if other["type"] == condition["type"]]  # fmt: skip
    guess = meant or next(iter(same_type), None)
    return IcpctlError(
        f"no condition reads {in_words(condition)!r}",
        "no_such_condition",
        hint=f"did you mean {guess!r}?"
        if guess
        else f"the conditions are: {'; '.join(known[:10])}",
    )


def in_words(condition: Condition) -> str:
    """Return a condition as `--where` takes it."""
    value = condition["value"]
    if isinstance(value, list):
        plain = [str(item) for item in value]
        said = same_key(value) if any("," in item for item in plain) else ", ".join(plain)
    elif value is None or isinstance(value, str):
        said = value or ""
    else:
        said = same_key(value)
    return f"{condition['type']} {condition['comparator']} {said}".rstrip()
