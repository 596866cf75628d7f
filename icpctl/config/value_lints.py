"""Warnings about values: what a reader cannot see in one, and what it most likely does not mean."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from icpctl.config.definitions import NamedList
from icpctl.config.lints import conditions_of, listed_places
from icpctl.config.scalars import described
from icpctl.documents.document import Problem, find
from icpctl.errors import nearest
from icpctl.values import country_forms, url_forms
from icpctl.vocabulary import Form, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from icpctl.config.lints import ConfigCheck
    from icpctl.config.model import Condition, IcpConfig
    from icpctl.documents.document import Node

Remark: TypeAlias = "tuple[str, str] | None"
"""What is wrong with a value, and what to do; None where nothing is."""

_JOB_TITLE = "job_title"
_FEW_LETTERS = 3
_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")
"""Scripts whose letters look like those of another one, as Unicode's names of letters begin."""

_QUOTES = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb\u2039\u203a"
_ALSO_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
"""Letters and marks without a shape; all others that cannot be seen are format characters."""

_PATTERN = re.compile(r"\A\^|\*|\\[dwsb.]|\A%.+%\Z|\(\?", re.DOTALL)
_DOMAIN = re.compile(r"://|\Awww\.|:[0-9]+|/", re.IGNORECASE)


def invisible(value: str, _: Condition) -> Remark:
    """Find characters that nobody sees."""
    if value.isascii():
        return None
    for index, character in enumerate(value):
        if unicodedata.category(character) == "Cf" or character in _ALSO_INVISIBLE:
            where = f"after {described(value[:index])}" if index else "at the beginning"
            name = unicodedata.name(character, "a character without a name")
            message = f"{_code_point(character)} ({name}) in a value cannot be seen, {where}"
            return message, "it is not compared; remove it"
    return None


def outer_spaces(value: str, _: Condition) -> Remark:
    """Find spaces at the ends of a quoted value."""
    if value == value.strip():
        return None
    return (
        f"{described(value)} begins or ends with spaces, which are not compared",
        f"write {value.strip()}",
    )


def look_alikes(value: str, _: Condition) -> Remark:
    """Find a letter of another script within a word."""
    if value.isascii():
        return None
    for word in re.findall(r"\w+", value):
        scripts = [_script(character) for character in word]
        counts = Counter(script for script in scripts if script)
        if len(counts) < 2:
            continue
        usual = counts.most_common(1)[0][0]
        odd = next(at for at, script in enumerate(scripts) if script not in (None, usual))
        name = unicodedata.name(word[odd])
        message = f"{_code_point(word[odd])} ({name}) is in the word {described(word)}"
        return message, f"type the word again; its other letters are {usual.lower()}"
    return None


def curly_quotes(value: str, _: Condition) -> Remark:
    """Find a value within typographic quotes, which are part of it."""
    text = value.strip()
    if len(text) < 2 or text[0] not in _QUOTES or text[-1] not in _QUOTES:
        return None
    message = f"the quotes around {text} are part of the value: {_code_point(text[0])}"
    return message, f'write {text[1:-1].strip()}, or straight quotes: "{text[1:-1].strip()}"'


def patterns(value: str, _: Condition) -> Remark:
    """Find values that look like patterns, which no comparator takes."""
    text = value.strip()
    if not _PATTERN.search(text):
        return None
    bare = text.strip("*%^$").removeprefix(".*").removesuffix(".*")
    is_open = text[:1] in "*%", text[-1:] in "*%"
    if is_open == (True, True):
        hint = f"for values with it in them write comparator: contains, value: {bare}"
    elif is_open == (True, False):
        hint = f"for values that end with it write comparator: ends_with, value: {bare}"
    elif text[:1] == "^" or is_open == (False, True):
        hint = f"for values that begin with it write comparator: starts_with, value: {bare}"
    else:
        hint = "write comparator: contains, starts_with or ends_with, and the text alone"
    return f"{described(value)} looks like a pattern, and is compared letter by letter", hint


def short_parts(value: str, condition: Condition) -> Remark:
    """Find a few letters that are looked for anywhere in a title."""
    text = value.strip()
    if condition.comparison.positive.name != "contains" or condition.type != _JOB_TITLE:
        return None
    if not text.isalpha() or len(text) > _FEW_LETTERS:
        return None
    word = "not_contains_word" if condition.comparison.negates else "contains_word"
    return (
        f"{described(text)} is found within other words too, as CTO is in Director",
        f"for whole words write comparator: {word}",
    )


def commas(value: str, _: Condition) -> Remark:
    """Find several values in one text, with commas between them."""
    if "," not in value:
        return None
    parts = [part.strip() for part in value.split(",")]
    hint = f"for any one of several write [{', '.join(filter(None, parts))}]"
    return f"{described(value)} is one text, its comma included", hint


def whole_titles(value: str, condition: Condition) -> Remark:
    """Find single words that are compared with whole titles."""
    comparison = condition.comparison.positive
    is_list = comparison.is_equality and comparison.takes_list
    if condition.type != _JOB_TITLE or not is_list or len(value.split()) != 1:
        return None
    word = "not_contains_word" if condition.comparison.negates else "contains_word"
    return (
        f"{condition.comparator} compares whole titles, so {described(value)} is found in no other",
        f"for words within titles write comparator: {word}",
    )


def countries(value: str, _: Condition) -> Remark:
    """Find values that are not the name of a country."""
    if not country_forms.country(value.strip()).endswith("\0"):
        return None
    meant = nearest(value, country_forms.names_and_codes()[0])
    hint = f"did you mean {meant}?" if meant else "write an ISO 3166 code or the English name"
    return f"{described(value)} is not the name or code of a country, and is plain text", hint


def domains(value: str, _: Condition) -> Remark:
    """Find what cannot be part of a visitor's domain if values are compared as written."""
    if not _DOMAIN.search(value.strip()):
        return None
    return (
        f"{described(value)} is looked for as it is written, and a visitor's domain is the host "
        "alone",
        f"such as {url_forms.domain(value.strip())}",
    )


def _is_searched(condition: Condition) -> bool:
    is_text = condition.condition_type.kind is Kind.TEXT and not condition.comparison.asks_presence
    return is_text and not condition.comparison.positive.is_equality


def _names_countries(condition: Condition) -> bool:
    is_country = condition.condition_type.form is Form.COUNTRY
    return is_country and condition.comparison.positive.is_equality


def _searches_domains(condition: Condition) -> bool:
    is_domain = condition.condition_type.form is Form.DOMAIN
    return is_domain and not condition.comparison.positive.is_equality


def _is_of_titles(condition: Condition) -> bool:
    return condition.type == _JOB_TITLE


class ValueCheck(Struct, frozen=True):
    """A check of the values of conditions on texts: its code, and whether once is enough."""

    code: str
    check: Callable[[str, Condition], Remark]
    once: bool = False
    applies: Callable[[Condition], bool] = lambda _: True
    """Whether any value of a condition needs a look: lists may have 200,000."""

    def __call__(self, config: IcpConfig, root: Node) -> Iterator[Problem]:
        """Find what is wrong with the values of a config."""
        for path, condition in conditions_of(config):
            if not condition.condition_type.is_words or not self.applies(condition):
                continue
            once = self.once or isinstance(condition.value, NamedList)
            for value, place in listed_places(path, condition):
                warning = self.check(value, condition) if isinstance(value, str) else None
                if warning:
                    message, hint = warning
                    yield Problem(self.code, find(root, place), message, hint)
                if warning and once:
                    break


VALUE_CHECKS: tuple[ConfigCheck, ...] = (
    ValueCheck("ICP309", invisible),
    ValueCheck("ICP310", outer_spaces),
    ValueCheck("ICP311", look_alikes),
    ValueCheck("ICP312", curly_quotes),
    ValueCheck("ICP313", short_parts, applies=_is_of_titles),
    ValueCheck("ICP314", patterns),
    ValueCheck("ICP315", commas, applies=_is_searched),
    ValueCheck("ICP316", whole_titles, once=True, applies=_is_of_titles),
    ValueCheck("ICP317", countries, applies=_names_countries),
    ValueCheck("ICP318", domains, applies=_searches_domains),
)


def _code_point(character: str) -> str:
    return f"U+{ord(character):04X}"


def _script(character: str) -> str | None:
    if not character.isalpha():
        return None
    script = unicodedata.name(character, "").split(" ", 1)[0]
    return script if script in _ALIKE else None
