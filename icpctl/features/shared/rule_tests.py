"""Tests of a config: `SLUG.test.yaml` beside it or in `tests/` there, and what they expect."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from icpctl.config import scalars
from icpctl.config.file_names import SUFFIXES, TESTS_FOLDER, is_rule_test
from icpctl.config.loading import read_file
from icpctl.config.model import Flag, Text
from icpctl.documents.document import Node, Problem, find, find_key, plain
from icpctl.errors import Finding, IcpctlError, Location, nearest, word_hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from icpctl.config.model import Condition, ConfigFile
    from icpctl.documents.document import Document

_MOST_NAMED = 3  # conditions in a hint
_LIST_COMMA = re.compile(r"\s*,\s*")
_AND = re.compile(r"\s+and\s+")

Steps: TypeAlias = tuple[str | int, ...]
"""The keys and numbers from the root of a file down to a place."""


def _texts(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(scalars.text(value).strip())
    except ValueError:
        hint = "write 2026-11-23 or 2026-11-23T12:00:00Z"
        raise scalars.problem(
            "ICP103", f"expected a date, not {scalars.described(value)}", hint
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


Texts = Annotated[tuple[Text, ...], BeforeValidator(_texts)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expected(_Body):
    """One test of a file, as written.

    `icp` is the slug of the visitor's ICP; null, but there, means that the visitor has none.
    `holds` and `fails` name conditions of the config: `TYPE`, or more of it, such as
    `TYPE COMPARATOR VALUE`.
    """

    visitor: dict[str, Any]
    name: Text | None = None
    match: Flag | None = None
    score: Annotated[float | None, BeforeValidator(scalars.number)] = None
    icp: Text | None = None
    holds: Texts = ()
    fails: Texts = ()

    @property
    def asks(self) -> set[str]:
        """What is expected of the visitor. A null asks nothing, but for an ICP."""
        named = self.model_fields_set - {"visitor", "name"}
        return {key for key in named if key == "icp" or getattr(self, key) not in (None, ())}


class TestFile(_Body):
    """A whole file; `as_of` is what last_seen_days counts to."""

    as_of: Annotated[datetime | None, BeforeValidator(_moment)] = None
    tests: tuple[Expected, ...] = Field(min_length=1)


class RuleTest(Struct, frozen=True):
    """One test of a config. `holds` and `fails` are the places of conditions in the config.

    It is test `number` of its `document`, the first is 0.
    """

    config: ConfigFile
    document: Document
    number: int
    expected: Expected
    as_of: datetime | None
    holds: tuple[int, ...]
    fails: tuple[int, ...]

    @property
    def where(self) -> Location:
        """Where the test begins."""
        return self._location(find, ("tests", self.number))

    def where_field(self, keys: tuple[str, ...]) -> Location:
        """Return where a key of the visitor is."""
        return self._location(find_key, ("tests", self.number, "visitor", *keys))

    def _location(self, look: Callable[[Node, Steps], int], path: Steps) -> Location:
        root = self.document.root
        return self.document.location(look(root, path) if root else 0)

    @property
    def name(self) -> str:
        """What the test is called: its name or its line."""
        return self.expected.name or f"line {self.where.line}"


def load_tests(
    folder: Path, configs: Sequence[ConfigFile], wanted: Iterable[str] = ()
) -> tuple[list[RuleTest], list[Finding]]:
    """Return the tests of the configs of a folder, or of those of them that are named.

    Files of tests without a config are left out, and each is a warning. Raises `IcpctlError`:
    `invalid_test` with every finding, `no_tests` if there is none.
    """
    slugs = set(wanted)
    by_slug = {config.slug: config for config in configs}
    rule_tests: list[RuleTest] = []
    findings: list[Finding] = []
    orphans: list[Finding] = []
    for path in _paths(folder):
        slug = path.stem.removesuffix(".test")
        if slugs and slug not in slugs:
            continue
        if slug not in by_slug:
            meant = nearest(slug, by_slug)
            hint = f"did you mean {meant}{path.name.removeprefix(slug)}?" if meant else None
            message = f"no config {slug!r} for these tests"
            orphans.append(Finding("ICP001", "warning", message, Location(str(path)), hint))
            continue
        tests, wrong = _read(path, by_slug[slug])
        rule_tests += tests
        findings += wrong
    if findings:
        findings = orphans + findings
        raise IcpctlError("not all tests are valid", "invalid_test", findings=findings)
    if not rule_tests:
        example = next(iter(sorted(slugs or by_slug)), "SLUG")
        whose = f" of {', '.join(sorted(slugs))}" if slugs else ""
        raise IcpctlError(
            f"no tests{whose} in {folder}",
            "no_tests",
            hint=f"write some into {folder / f'{example}.test.yaml'}",
            findings=orphans,
        )
    return rule_tests, orphans


def _paths(folder: Path) -> list[Path]:
    folders = [place for place in (folder, folder / TESTS_FOLDER) if place.is_dir()]
    return [
        path
        for place in folders
        for path in sorted(place.iterdir())
        if path.suffix in SUFFIXES and is_rule_test(path.name) and not path.name.startswith(".")
    ]


def _read(path: Path, config: ConfigFile) -> tuple[list[RuleTest], list[Finding]]:
    document = read_file(path)
    problems = [
        replace(problem, message="the file holds no tests") if problem.code == "ICP007" else problem
        for problem in document.problems
    ]
    tests: list[RuleTest] = []
    if document.root is not None:
        try:
            file = TestFile.model_validate(plain(document.root))
        except ValidationError as error:
            errors = error.errors(include_url=False)
            problems = [
                _problem(document.root, details)
                for details in errors
                if not _is_consequence(details)
            ]
            return [], [document.finding(problem) for problem in problems]
        for number, expected in enumerate(file.tests):
            start = find(document.root, ("tests", number))
            if not expected.asks:
                message = "this test expects nothing"
                hint = "say what is expected: match, score, icp, holds or fails"
                problems.append(Problem("ICP101", start, message, hint))
            named: dict[str, tuple[int, ...]] = {"holds": (), "fails": ()}
            for key, names in (("holds", expected.holds), ("fails", expected.fails)):
                for index, name in enumerate(names):
                    at = named_conditions(name, config)
                    named[key] += at
                    if not at:
                        place = find(document.root, ("tests", number, key, index))
                        problems.append(_no_condition(place, name, config))
            tests.append(
                RuleTest(
                    config,
                    document,
                    number,
                    expected,
                    file.as_of,
                    named["holds"],
                    named["fails"],
                )
            )
    return tests, [document.finding(problem) for problem in problems]


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


def _no_condition(start: int, name: str, config: ConfigFile) -> Problem:
    types = sorted({condition.type for condition in conditions_of(config)})
    named = (name.casefold().split() or [""])[0]
    same_type = [condition for condition in conditions_of(config) if condition.type == named]
    if same_type:
        texts = [" ".join(condition_words(condition)) for condition in same_type[:_MOST_NAMED]]
        hint = f"its conditions on {named}: {'; '.join(texts)}"
    else:
        hint = word_hint(named, types, f"types: {', '.join(types)}")
    return Problem("ICP102", start, f"{config.slug} has no condition {name!r}", hint)


def _is_consequence(error: ErrorDetails) -> bool:
    """Return whether a list is reported empty only because each of its entries is wrong."""
    return error["type"] == "too_short" and bool(error["input"])


def _problem(root: Node, error: ErrorDetails) -> Problem:
    """Return a validation error with its place in the text."""
    path = error["loc"]
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = Expected if "tests" in path else TestFile
        hint = word_hint(str(path[-1]), known.model_fields)
        place = find_key(root, path)
        return Problem("ICP102", place, f"unknown key {scalars.described(path[-1])}", hint)
    start = find(root, path)
    if kind == "missing":
        return Problem("ICP101", start, f"{path[-1]} is missing")
    if kind.startswith("ICP"):
        return Problem(kind, start, context["message"], context["hint"])
    if kind == "too_short":
        return Problem("ICP104", start, "the list is empty; it needs at least one test")
    wanted = _WANTED.get(kind)
    message = (
        f"expected {wanted}, not {scalars.described(error['input'])}" if wanted else error["msg"]
    )
    return Problem("ICP103", start, message)


_WANTED = {
    "dict_type": "an object",
    "model_type": "an object",
    "tuple_type": "a list",
}
