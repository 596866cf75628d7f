"""Fields of a record that are nearly, but not quite, what a mapping reads."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from icpctl.mappings.mapping import custom_paths
from icpctl.values.text_forms import key_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Mapping as AnyMapping

    from icpctl.mappings.mapping import Mapping
    from icpctl.mappings.paths import Keys
    from icpctl.vocabulary import ConditionType

# A letter or two in a name. A word more makes another field, such as `company_id` beside
# `company`, and so does another word, such as `country_name` beside `country_code`.
_ALIKE = 0.8
_ALIKE_WORDS = 0.6
_SHORT = 4  # letters; of names below that, such as `ip` and `zip`, too many are alike
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN_WORDS = re.compile(r"[\W_]+")

_Known: TypeAlias = "dict[str, _Known]"


def misspelt_fields(
    record: AnyMapping[str, Any], mapping: Mapping, custom: Iterable[ConditionType] = ()
) -> Iterator[tuple[Keys, str]]:
    """The keys down to each field that is not read, and the similar one that is.

    What is read are the fields of `mapping` and the `custom` ones. Fields that resemble none are
    somebody else's, and are passed over.
    """
    yield from _misspelt(record, _known(mapping, custom), ())


def _known(mapping: Mapping, custom: Iterable[ConditionType]) -> _Known:
    """The keys that paths name, each with those that may be below it."""
    known: _Known = {}
    named = [*mapping.paths.values(), mapping.by, mapping.rollup_by, mapping.session]
    named += [custom_paths(mapping, entry) for entry in custom]
    for path in (path_of for paths in named for path_of in paths):
        below = known
        for step in path:
            if not isinstance(step, str):  # what a list holds is not looked at
                break
            below = below.setdefault(_name(step, below), {})
    return known


def _name(key: str, known: _Known) -> str:
    """The known key that this is in another spelling, else the key itself."""
    form = key_form(key)
    return key if key in known else next((n for n in known if key_form(n) == form), key)


def _misspelt(
    record: AnyMapping[str, Any], known: _Known, above: Keys
) -> Iterator[tuple[Keys, str]]:
    for key, value in record.items():
        name = _name(key, known)
        if name not in known:
            meant = max(known, key=lambda other: _likeness(key, other), default="")
            if _likeness(key, meant) >= _ALIKE:
                yield (*above, key), meant
        elif isinstance(value, dict):
            yield from _misspelt(value, known[name], (*above, key))


@cache
def _likeness(key: str, name: str) -> float:
    """How alike two names are, from 0 to 1, whatever joins their words."""
    words, others = _words(key), _words(name)
    whole, other = "".join(words), "".join(others)
    if not whole or whole == other:
        return float(whole == other)
    pairs = zip(words, others, strict=False)
    is_other = len(words) != len(others) or min(len(whole), len(other)) < _SHORT
    if is_other or any(_ratio(*pair) < _ALIKE_WORDS for pair in pairs):
        return 0.0
    return _ratio(whole, other)


def _words(name: str) -> list[str]:
    separate = _CAPITAL.sub("_", name[:100])
    return [word for word in _BETWEEN_WORDS.split(separate.casefold()) if word]


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
