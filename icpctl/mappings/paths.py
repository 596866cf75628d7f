"""The language of paths: where in a record a value lies, and how it is found in plain Python.

`company.industry`, `"Employee Count"`, `session.events[signal=pageview].url`, `emails[0].value`,
`[type=group].traits.employees`. What is done with the value is in `conversions`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from msgspec import Struct

from icpctl.values import json_records

if TYPE_CHECKING:
    from collections.abc import Iterator

Keys: TypeAlias = tuple[str, ...]
"""Keys from an object down to a value."""


class Elements(Struct, frozen=True):
    """The elements of a list for which every `where` (keys, text) holds; all, or the one at `pick`.

    As the first step of a path it is a test of the record itself.
    """

    where: tuple[tuple[Keys, str], ...] = ()
    pick: int | None = None


class Convert(Struct, frozen=True):
    """What is done with a value: one of `conversions.CONVERSIONS`, `split` or `map`; `then` next.

    `argument` is a separator, the name of a parameter, formats of dates, or pairs of a text and
    what it becomes.
    """

    name: str
    argument: str | tuple[str, ...] | tuple[tuple[str, str], ...] | None = None
    then: Convert | None = None


class Constant(Struct, frozen=True):
    """A text that every record has."""

    text: str


class Unless(Struct, frozen=True):
    """A value whose text is one of these is none, like a null."""

    texts: tuple[str, ...]


class Together(Struct, frozen=True):
    """What a record has at any of some paths, in one list."""

    paths: tuple[Path, ...]


Step: TypeAlias = "str | Elements | Unless | Convert | Constant | Together"
Path: TypeAlias = tuple[Step, ...]
"""The steps from a record down to a value.

A conversion is the last; a constant, or several paths together, is the only one but for that.
"""

# The dot in `No. of Employees` leads to no other key.
_KEY = re.compile(
    r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>(?! )(?:[^."\[\]]|\.(?= ))+)', re.DOTALL
)
_KEY_IN_TEST = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^."\[\]=]+)', re.DOTALL)
_VALUE = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^"\[\]]+)', re.DOTALL)
_PICK = re.compile(r"\[(-?[0-9]{1,9})\]")


def parse_path(text: str) -> Path:
    """`company.industry` or `events[type=page].url` -> its steps.

    Raises `ValueError` with the reason.
    """
    if not text.isprintable() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it is not UTF-8")
    return _Parser(text).path()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def path(self) -> Path:
        steps: list[Step] = []
        if self._next("["):
            steps.append(self._record_test())
            self._dot("a dot and a key must follow the test of the record")
        while True:
            steps.append(self._word(_KEY, "no key", "paths look like company.industry"))
            if self._next("["):
                steps.append(self._elements())
            if self.at == len(self.text):
                return tuple(steps)
            if self._next("["):
                self._fail("lists in lists are not read; nothing but a dot may follow")
            self._dot("a dot must be between keys")

    def _record_test(self) -> Elements:
        test = self._elements()
        if not test.where or test.pick is not None:
            self.at = 0
            self._fail("only a test such as [type=page] may come before the first key")
        return test

    def _elements(self) -> Elements:
        if self.text.startswith("[]", self.at):
            self.at += 2
            return Elements()
        tests = []
        while self._next("[") and not (_PICK.match(self.text, self.at)):
            tests.append(self._test())
        picked = _PICK.match(self.text, self.at)
        if picked:
            self.at = picked.end()
        return Elements(tuple(tests), int(picked[1]) if picked else None)

    def _test(self) -> tuple[Keys, str]:
        begin = self.at
        keys: list[str] = []
        while not keys or self._next("."):
            self.at += 1  # past the bracket, or the dot
            keys.append(self._word(_KEY_IN_TEST, "no key", "a test looks like [type=page]"))
        if not self._next("="):
            self.at = begin
            self._fail("brackets hold nothing, a number, or a test such as type=page")
        self.at += 1
        value = self._word(_VALUE, "no value", "a test looks like [type=page]")
        if not self._next("]"):
            self._fail("a bracket is not closed")
        self.at += 1
        return tuple(keys), value

    def _word(self, pattern: re.Pattern[str], missing: str, hint: str) -> str:
        word = pattern.match(self.text, self.at)
        if not word:
            self._fail(f"{missing} at character {self.at + 1}; {hint}", placed=True)
        self.at = word.end()
        quoted: str | None = word["quoted"]
        return str(word["plain"]) if quoted is None else re.sub(r"\\(.)", r"\1", quoted)

    def _dot(self, message: str) -> None:
        if not self._next("."):
            self._fail(message)
        self.at += 1

    def _next(self, character: str) -> bool:
        return self.text.startswith(character, self.at)

    def _fail(self, message: str, *, placed: bool = False) -> NoReturn:
        raise ValueError(message if placed else f"{message}, at character {self.at + 1}")


def path_text(path: Path) -> str:
    """The text that `parse_path` reads as `path`; conversions and constants as people read them."""
    text = ""
    for step in path:
        match step:
            case str():
                text += ("." if text else "") + _word(step, _KEY)
            case Elements():
                text += _elements_text(step)
            case Convert():
                text += _conversion_text(step)
            case Together():
                text += f"[{', '.join(map(path_text, step.paths))}]"
            case Constant():
                text += f'the constant "{step.text}"'
    return text


def _conversion_text(step: Convert) -> str:
    argument = step.argument
    shown = f" {_word(argument, _VALUE)}" if isinstance(argument, str) else ""
    return f" as {step.name}{shown}{_conversion_text(step.then) if step.then else ''}"


def _elements_text(step: Elements) -> str:
    text = ""
    for keys, value in step.where:
        left = ".".join(_word(key, _KEY_IN_TEST) for key in keys)
        text += f"[{left}={_word(value, _VALUE)}]"
    if step.pick is not None:
        return f"{text}[{step.pick}]"
    return text or "[]"


def _word(text: str, plain: re.Pattern[str]) -> str:
    word = plain.fullmatch(text)
    if word and word["quoted"] is None:
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def keys_needed(path: Path) -> list[Keys]:
    """The keys of the record that must be there for the path to find anything."""
    if isinstance(path[0], Together):
        return [keys for together in path[0].paths for keys in keys_needed(together)]
    needed: list[Keys] = []
    keys: list[str] = []
    for number, step in enumerate(path):
        if isinstance(step, str):
            keys.append(step)
        elif isinstance(step, Elements) and number == 0:
            needed += [tested for tested, _ in step.where]
        else:
            break
    return [*needed, tuple(keys)] if keys else needed


def is_many(path: Path) -> bool:
    """Whether the path gives several values: all elements of a list."""
    if isinstance(path[0], Together):
        return True
    return any(isinstance(step, Elements) and step.pick is None for step in path[1:])


def conversion(path: Path) -> Convert | None:
    """The conversion at the end of the path."""
    return path[-1] if isinstance(path[-1], Convert) else None


def missing_texts(path: Path) -> tuple[str, ...]:
    """The texts that count as nothing where they are the value at the path."""
    return next((step.texts for step in path if isinstance(step, Unless)), ())


def resolve(record: dict[str, Any], path: Path) -> Any:
    """What a record has at a path before any conversion; None where it has nothing.

    A path of several values gives a list without nulls, which is empty where the list that the
    path leads through has nothing that fits, and None where there is no such list.
    """
    steps = path[:-1] if conversion(path) else path
    if steps and isinstance(steps[0], Together):
        return _together(record, steps[0])
    if steps and isinstance(steps[0], Elements):
        if not _fits(record, steps[0]):
            return None
        steps = steps[1:]
    return _resolve(record, steps)


def _together(record: dict[str, Any], step: Together) -> list[Any] | None:
    """Return all that a record has at the paths, lists taken apart; None where it has nothing."""
    values: list[Any] = []
    for path in step.paths:
        value = resolve(record, path)
        values += value if isinstance(value, list) else [] if value is None else [value]
    return values or None


def _resolve(value: Any, steps: Path) -> Any:
    for number, step in enumerate(steps):
        if isinstance(step, str):
            if not isinstance(value, dict):
                return None
            value = value.get(step)
        elif isinstance(step, Elements):
            if not isinstance(value, list):
                return None
            kept = [element for element in value if not step.where or _fits(element, step)]
            if step.pick is None:
                return list(_all(kept, steps[number + 1 :]))
            value = kept[step.pick] if -len(kept) <= step.pick < len(kept) else None
        elif isinstance(step, Unless):
            value = None if json_records.scalar_text(value) in step.texts else value
        elif isinstance(step, Constant):
            return step.text
    return value


def _all(elements: list[Any], steps: Path) -> Iterator[Any]:
    """What the steps find in each element, in one list, without nulls."""
    deeper = any(isinstance(step, Elements) and step.pick is None for step in steps)
    for element in elements:
        value = _resolve(element, steps)
        if deeper:
            yield from value or ()
        elif value is not None:
            yield value


def _fits(value: Any, step: Elements) -> bool:
    return all(
        json_records.scalar_text(json_records.resolve(value, keys)) == text
        for keys, text in step.where
    )


def scalar_paths(record: dict[str, Any], keys: Keys = ()) -> Iterator[Keys]:
    """The keys down to everything in a record that is not an object, list or null."""
    for key, value in record.items():
        if isinstance(value, dict):
            yield from scalar_paths(value, (*keys, key))
        elif value is not None and not isinstance(value, list):
            yield (*keys, key)


def is_present(record: dict[str, Any], path: Path) -> bool:
    """Whether the record has the path's keys, even with a null; for recognition."""
    *steps, last = path
    if isinstance(last, str):
        inside = resolve(record, tuple(steps)) if steps else record
        if isinstance(inside, list):
            return any(isinstance(element, dict) and last in element for element in inside)
        return isinstance(inside, dict) and last in inside
    return resolve(record, path) not in (None, [])
