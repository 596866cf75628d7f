"""The keys that the first records of a file have, how often, and their first values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from icpctl.mappings.conversions import BOUNDS
from icpctl.mappings.paths import Elements, path_text
from icpctl.values import json_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from icpctl.mappings.paths import Path

SURVEYED = 2_000
"""How many of the first records are looked at."""

_MOST_KEYS = 5_000
_MOST_VALUES = 200
_LONGEST = 300  # characters of a value's JSON text

_EACH = Elements()
_NOTHING = (None, "")


class SurveyedKey(Struct):
    """A key: the path down to its values, and how many records `have` one.

    `values` are the first distinct ones as JSON texts, without long ones.
    """

    path: Path
    have: int = 0
    values: dict[str, None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last key of the path."""
        return next(step for step in reversed(self.path) if isinstance(step, str))

    @property
    def text(self) -> str:
        """The path as a mapping has it."""
        return path_text(self.path)


def survey(records: Iterable[dict[str, Any]], *, with_nulls: bool = False) -> list[SurveyedKey]:
    """Return the keys of records, in the order in which they occur.

    Keys without any value are among them only `with_nulls`.
    """
    keys: dict[Path, SurveyedKey] = {}
    for record in records:
        known: set[Path] = set()
        for path, value in _leaves(record, ()):
            is_new = path not in keys
            if is_new and (len(keys) == _MOST_KEYS or (value in _NOTHING and not with_nulls)):
                continue
            key = keys.setdefault(path, SurveyedKey(path))
            if value in _NOTHING:
                continue
            key.have += path not in known
            known.add(path)
            if len(key.values) < _MOST_VALUES:
                text = json_records.dumps(value)
                if len(text) <= _LONGEST:
                    key.values[text] = None
    return list(keys.values())


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        if value.keys() == set(BOUNDS):
            yield path, value  # a range of employees is one value
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, (*path, _EACH))
    else:
        yield path, value
