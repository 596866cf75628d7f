"""Warnings: what is valid and most likely not meant, in one config and among all of a folder."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from icpctl.config.definitions import NamedList
from icpctl.config.scalars import described
from icpctl.documents.document import Problem, find
from icpctl.values.text_forms import plain
from icpctl.vocabulary import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from icpctl.config.model import Condition, ConfigFile, Group, IcpConfig
    from icpctl.config.scalars import Scalar, Value
    from icpctl.documents.document import Node
    from icpctl.errors import Finding

Path: TypeAlias = tuple[str | int, ...]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def repeated_values(config: IcpConfig, root: Node) -> Iterator[Problem]:
    """Find values that occur twice in a condition's list."""
    for path, condition in conditions_of(config):
        if not condition.comparison.takes_list:
            continue
        values = condition.value if isinstance(condition.value, tuple) else ()
        where = f" in {values.file}" if isinstance(values, NamedList) else ""
        for index, _ in _repeated(map(_folded, values)):
            start = find(root, (*path, "value", index))
            message = f"{described(values[index])} is listed twice{where}"
            yield Problem("ICP301", start, message, "remove one of the two")
            if where:
                break


def groups_for_everyone(config: IcpConfig, root: Node) -> Iterator[Problem]:
    """Find groups whose conditions are all optional, where no minimum score asks for any."""
    for path, group in _groups(config):
        if not config.min_score and all(condition.optional for condition in group.conditions):
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
    for path, condition in conditions_of(config):
        if condition.condition_type.form is not Form.PAGE:
            continue
        is_whole = condition.comparison.positive.is_equality
        for value, place in listed_places(path, condition):
            if isinstance(value, str) and (wrong := _no_url(value.strip(), is_whole=is_whole)):
                message, hint = wrong
                message = f"{described(value)} can match no URL: {message}"
                yield Problem("ICP307", find(root, place), message, hint)


def same_priorities(configs: Sequence[ConfigFile]) -> Iterator[Finding]:
    """Find active configs of one folder that have one priority."""
    active = [
        file for file in configs if file.config.is_active and file.config.priority is not None
    ]
    for config, first in _alike(active, lambda file: file.config.priority):
        yield _finding(
            config,
            ("priority",),
            "ICP304",
            f"{first.path.name} also has the priority {config.config.priority}",
            "give each active config its own priority",
        )


def same_labels(configs: Sequence[ConfigFile]) -> Iterator[Finding]:
    """Find configs of one folder that have one label."""
    for config, first in _alike(configs, lambda file: _folded(file.config.label)):
        message = f"{first.path.name} also has the label {described(config.config.label)}"
        yield _finding(config, ("label",), "ICP305", message, "tell them apart")


def same_rules(configs: Sequence[ConfigFile]) -> Iterator[Finding]:
    """Find configs of one folder that match the same visitors with the same scores."""
    for config, first in _alike(configs, lambda file: _rules(file.config)):
        message = f"{first.path.name} has the same rules"
        yield _finding(config, ("rules",), "ICP306", message, "remove one of the two")


def _no_url(text: str, *, is_whole: bool) -> tuple[str, str] | None:
    """Return why no page's address can match, and what to do."""
    if re.search(r"\s", text):
        return "it has a space", "addresses write a space as %20 or +"
    if not is_whole or not text:
        return None if text else ("it is empty", "write a path such as /pricing")
    address = text.partition("#")[0]
    if address.startswith("/"):
        return None
    host = re.split("[/?]", _SCHEME.sub("", address, count=1), maxsplit=1)[0]
    if "." in host or ":" in host or host == "localhost":
        return None
    return (
        "it begins with neither a host nor /",
        "write a path such as /pricing, or the whole address",
    )


def listed_places(path: Path, condition: Condition) -> list[tuple[Value, Path]]:
    """Return each value that a condition lists with its path; a named list has one path."""
    value = condition.value
    if isinstance(value, NamedList):
        return [(listed, (*path, "value")) for listed in value]
    if isinstance(value, tuple):
        return [(listed, (*path, "value", at)) for at, listed in enumerate(value)]
    return [(value, (*path, "value"))]


def _groups(config: IcpConfig) -> Iterator[tuple[Path, Group]]:
    for index, group in enumerate(config.rules.groups):
        yield ("rules", "groups", index), group


def conditions_of(config: IcpConfig) -> Iterator[tuple[Path, Condition]]:
    """Yield each condition of a config with its path."""
    for path, group in _groups(config):
        for index, condition in enumerate(group.conditions):
            yield (*path, "conditions", index), condition


def _folded(value: Scalar | None) -> Scalar | None:
    """Return a value as visitors' values are compared with it."""
    return plain(value, case_sensitive=False) if isinstance(value, str) else value


def _question(condition: Condition) -> Hashable:
    """Return what a condition asks, whether or not it must hold."""
    value, comparison = condition.value, condition.comparison
    asked: Hashable
    if isinstance(value, tuple):
        listed = tuple(map(_folded, value))
        asked = frozenset(listed) if comparison.takes_list else listed
    else:
        asked = True if comparison.asks_presence and value is None else _folded(value)
        asked = frozenset([asked]) if comparison.takes_list else asked
    return condition.type, condition.comparator, asked


def _rules(config: IcpConfig) -> Hashable:
    """Return what rules mean, whatever the order of their groups and conditions."""
    groups = frozenset(
        (
            group.operator,
            frozenset(
                (_question(condition), condition.optional, condition.weight)
                for condition in group.conditions
            ),
        )
        for group in config.rules.groups
    )
    return groups, config.min_score, config.exclude


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

    Two files with the same slug are not two configs, and are already an error.
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


ConfigCheck: TypeAlias = "Callable[[IcpConfig, Node], Iterator[Problem]]"
"""Finds what a config and its text have that is most likely not meant."""

CONFIG_CHECKS: tuple[ConfigCheck, ...] = (
    repeated_values,
    groups_for_everyone,
    repeated_conditions,
    pages_of_no_url,
)
FOLDER_CHECKS: tuple[Callable[[Sequence[ConfigFile]], Iterator[Finding]], ...] = (
    same_priorities,
    same_labels,
    same_rules,
)
