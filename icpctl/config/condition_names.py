"""The conditions of a config, and what people call them: `company_size gte 50`, or less of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icpctl.config.config_file import ConfigFile
    from icpctl.config.model import Condition

_LIST_COMMA = re.compile(r"\s*,\s*")
_AND = re.compile(r"\s+and\s+")


def conditions_of(config: ConfigFile) -> list[Condition]:
    """Return the conditions of all groups, in order."""
    return [condition for group in config.config.rules.groups for condition in group.conditions]


def named_conditions(name: str, config: ConfigFile) -> tuple[int, ...]:
    """Return the places of the conditions that a text names by its first words.

    Lists may be written as they are shown, with a space after each comma, and bounds with `and`.
    """
    text = _LIST_COMMA.sub(",", name.casefold())
    words = (_AND.sub(",", text) if " between " in text else text).split()
    return tuple(
        index
        for index, condition in enumerate(conditions_of(config))
        if words and condition_words(condition)[: len(words)] == words
    )


def condition_words(condition: Condition) -> list[str]:
    """Return a condition as tests name it: type, comparator and value, in lower case."""
    listed = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    shown = ",".join(
        str(value).lower() if isinstance(value, bool) else str(value) for value in listed
    )
    text = "" if condition.value is None else _LIST_COMMA.sub(",", shown)
    return f"{condition.type} {condition.comparator} {text}".casefold().split()
