"""What a config uses that the partner's API does not know, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.config.definitions import NamedList
from icpctl.config.lints import Path, conditions_of
from icpctl.documents.document import Object, Problem, find, find_key
from icpctl.vocabulary import Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from icpctl.config.model import Condition, ConfigFile
    from icpctl.errors import Finding

_CODE = "ICP901"
_REMOVE = "remove it"
_IN_USE = {
    "minScore": "make required what visitors must meet to match",
    "exclude": "leave the config out of what is sent: without it those who match have an ICP",
}


def extension_findings(configs: Iterable[ConfigFile]) -> Iterator[Finding]:
    """Find every extension that some configs use, in the order of their texts."""
    for file in configs:
        root = file.document.root
        if not isinstance(root, Object):
            continue
        problems, in_use = [], file.config.model_dump(by_alias=True)
        for key, in_place in _IN_USE.items():
            if key in root.entries:
                message = f"{key} is an extension that the API does not support"
                hint = in_place if key in in_use else _REMOVE
                problems.append(Problem(_CODE, find_key(root, (key,)), message, hint))
        for path, condition in conditions_of(file.config):
            for place, is_key, message, hint in _of_condition(path, condition):
                start = find_key(root, place) if is_key else find(root, place)
                problems.append(Problem(_CODE, start, message, hint))
        yield from map(file.document.finding, sorted(problems, key=lambda problem: problem.start))


def _of_condition(path: Path, condition: Condition) -> Iterator[tuple[Path, bool, str, str]]:
    """Yield the path of each extension, whether its key is meant, the message and the hint."""
    comparison, value = condition.comparison, condition.value
    if "weight" in condition.model_fields_set:
        message = "a weight is an extension that the API does not support"
        yield (*path, "weight"), True, message, _REMOVE
    if condition.condition_type.is_custom:
        message = f"{condition.type} is a custom field, which the API does not support"
        yield (*path, "type"), False, message, "ask for a built-in condition type"
    if comparison.is_extension:
        message = f"{comparison.name} is an extension that the API does not support"
        yield (*path, "comparator"), False, message, _instead(condition)
    if isinstance(value, NamedList):
        message = "a named list is an extension that the API does not support"
        yield (*path, "value"), False, message, "icpctl get SLUG --expand writes its values out"
    elif comparison.shape is Shape.TEXTS and isinstance(value, tuple):
        message = f"a list for {comparison.name} is an extension that the API does not support"
        operator = "AND" if comparison.negates else "OR"
        hint = f"write a condition for each value in an {operator} group"
        yield (*path, "value"), False, message, hint


def _instead(condition: Condition) -> str:
    looser = condition.comparison.positive.looser or "contains"
    prefix = "not_" if condition.comparison.negates else ""
    return f"{prefix}{looser} is the nearest, but it does not mean the same"
