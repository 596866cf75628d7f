"""Warnings: what is valid and most likely not meant, in one config and among all of a folder."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from icpctl.config.scalars import described
from icpctl.documents.tree import Problem, find
from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES, Form, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from icpctl.config.config_file import ConfigFile
    from icpctl.config.model import Condition, Group, IcpConfig
    from icpctl.config.scalars import Scalar, Value
    from icpctl.documents.tree import Node
    from icpctl.errors import Finding

Path: TypeAlias = tuple[str | int, ...]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def repeated_values(config: IcpConfig, root: Node) -> Iterator[Problem]:
    """Find values that stand in a condition's list twice."""
    for path, condition in _conditions(config):
        if COMPARATORS[condition.comparator].shape is not Shape.LIST:
            continue
        values = condition.value if isinstance(condition.value, tuple) else ()
        for index, _ in _repeated(map(_folded, values)):
            start = find(root, (*path, "value", index))
            message = f"{described(values[index])} is listed twice"
            yield Problem("ICP301", start, message, "remove one of the two")


def groups_for_everyone(config: IcpConfig, root: Node) -> Iterator[Problem]:
    """Find groups whose conditions are all optional."""
    for path, group in _groups(config):
        if all(condition.optional for condition in group.conditions):
            yield Problem(
                "ICP302",
                find(root, path),
                "every condition of this group is optional, so it matches every visitor",
                "make one required, or remove the group",
            )


def repeated_conditions(config: IcpConfig, root: Node) -> Iterator[Problem]:
    """Find conditions that ask what another one of their group asks."""
    for path, group in _groups(config):
        for index, first in _repeated(map(_question, group.conditions)):
            yield Problem(
                "ICP303",
                find(root, (*path, "conditions", index)),
                f"this condition asks the same as condition {first + 1} of its group",
                "remove one of the two",
            )


def pages_of_no_url(config: IcpConfig, root: Node) -> Iterator[Problem]:
    """Find values of conditions on whole pages that no page's address can match."""
    for path, condition in _conditions(config):
        if CONDITION_TYPES[condition.type].form is not Form.PAGE:
            continue
        places: list[tuple[Value, Path]]
        if isinstance(condition.value, tuple):
            places = [(value, (*path, "value", at)) for at, value in enumerate(condition.value)]
        else:
            places = [(condition.value, (*path, "value"))]
        is_whole = COMPARATORS[condition.comparator].shape in (Shape.SCALAR, Shape.LIST)
        for value, place in places:
            if isinstance(value, str) and (wrong := _no_url(value.strip(), is_whole=is_whole)):
                message, hint = wrong
                message = f"{described(value)} can match no URL: {message}"
                yield Problem("ICP307", find(root, place), message, hint)


def same_priorities(configs: Sequence[ConfigFile]) -> Iterator[Finding]:
    """Find active configs of one folder that have one priority."""
    active = [it for it in configs if it.config.is_active and it.config.priority is not None]
    for config, first in _alike(active, lambda it: it.config.priority):
        yield _finding(
            config,
            ("priority",),
            "ICP304",
            f"{first.path.name} has the priority {config.config.priority} too",
            "give each active config a priority of its own",
        )


def same_labels(configs: Sequence[ConfigFile]) -> Iterator[Finding]:
    """Find configs of one folder that have one label."""
    for config, first in _alike(configs, lambda it: _folded(it.config.label)):
        message = f"{first.path.name} has the label {described(config.config.label)} too"
        yield _finding(config, ("label",), "ICP305", message, "tell them apart")


def same_rules(configs: Sequence[ConfigFile]) -> Iterator[Finding]:
    """Find configs of one folder that match the same visitors with the same scores."""
    for config, first in _alike(configs, lambda it: _rules(it.config)):
        message = f"{first.path.name} has the same rules"
        yield _finding(config, ("rules",), "ICP306", message, "remove one of the two")


def _no_url(text: str, *, is_whole: bool) -> tuple[str, str] | None:
    """Return why no page's address can match, and what to do."""
    if re.search(r"\s", text):
        return "there is a space in it", "addresses write a space as %20 or +"
    if not is_whole or not text:
        return None if text else ("it is empty", "write a path such as /pricing")
    address = text.partition("#")[0]
    if address.startswith("/"):
        if "?" not in address:
            return None
        path = address.partition("?")[0]
        return (
            "a value that begins with / is compared with the path alone",
            f"write {path}, or the whole address",
        )
    host = re.split("[/?]", _SCHEME.sub("", address, count=1), maxsplit=1)[0]
    if "." in host or ":" in host or host == "localhost":
        return None
    return (
        "it begins with neither a host nor /",
        "write a path such as /pricing, or the whole address",
    )


def _groups(config: IcpConfig) -> Iterator[tuple[Path, Group]]:
    for index, group in enumerate(config.rules.groups):
        yield ("rules", "groups", index), group


def _conditions(config: IcpConfig) -> Iterator[tuple[Path, Condition]]:
    for path, group in _groups(config):
        for index, condition in enumerate(group.conditions):
            yield (*path, "conditions", index), condition


def _folded(value: Scalar | None) -> Scalar | None:
    """Return a value as visitors' values are compared with it."""
    return value.strip().casefold() if isinstance(value, str) else value


def _question(condition: Condition) -> Hashable:
    """Return what a condition asks, whether or not it must hold."""
    value, shape = condition.value, COMPARATORS[condition.comparator].shape
    asked: Hashable
    if isinstance(value, tuple):
        listed = tuple(map(_folded, value))
        asked = frozenset(listed) if shape is Shape.LIST else listed
    else:
        asked = True if shape is Shape.FLAG and value is None else _folded(value)
    return condition.type, condition.comparator, asked


def _rules(config: IcpConfig) -> Hashable:
    """Return what rules mean, whatever the order of their groups and conditions."""
    return frozenset(
        (
            group.operator,
            frozenset((_question(it), it.optional, it.weight) for it in group.conditions),
        )
        for group in config.rules.groups
    )


def _repeated(keys: Iterable[Hashable]) -> Iterator[tuple[int, int]]:
    """Yield the place of each key that was there before, and the place where it was first."""
    seen: dict[Hashable, int] = {}
    for index, key in enumerate(keys):
        if (first := seen.setdefault(key, index)) != index:
            yield index, first


def _alike(
    configs: Sequence[ConfigFile], key: Callable[[ConfigFile], Hashable]
) -> Iterator[tuple[ConfigFile, ConfigFile]]:
    """Yield each config that is like an earlier one of its folder, and that one.

    Two files of one slug are no two configs; that they are two is an error already.
    """
    for _, folder in groupby(sorted(configs, key=_folder), _folder):
        members = list(folder)
        for index, first in _repeated(map(key, members)):
            if members[index].slug != members[first].slug:
                yield members[index], members[first]


def _folder(config: ConfigFile) -> str:
    return str(config.path.parent)


def _finding(config: ConfigFile, path: Path, code: str, message: str, hint: str) -> Finding:
    document = config.document
    start = find(document.root, path) if document.root else 0
    return document.finding(Problem(code, start, message, hint))
