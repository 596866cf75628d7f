"""Mappings: where a record keeps what the condition types ask about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from icpctl.errors import IcpctlError, Location
from icpctl.vocabulary import CONDITION_TYPES, Kind, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str, ...]
"""Keys from the record's top down to a value."""

ID, PAGES, LAST_SEEN = "id", "pages", "last_seen"
BY, SESSION, PAGES_SEPARATOR = "by", "session", "pages_separator"

FIELDS: tuple[str, ...] = (
    ID,
    LAST_SEEN,
    PAGES,
    *(entry.name for entry in CONDITION_TYPES.values() if entry.kind is not Kind.PAGES),
)
"""What a mapping names: the condition types, where both page types read `pages`."""

_STEP = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^."\[\]]+)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mapping:
    """For each field of `FIELDS` the paths to try, the first that is present and not null wins.

    Where `by` has paths, a record is an event or a session, and those with the same value there
    are one visitor; `session` are the paths of a session's id. `pages_separator` stands between
    the pages in a cell of a CSV file.
    """

    name: str
    paths: dict[str, tuple[Path, ...]]
    by: tuple[Path, ...] = ()
    session: tuple[Path, ...] = ()
    pages_separator: str | None = None


def parse_path(text: str) -> Path:
    """`company.industry` or `company."key with. dots"` -> its keys.

    Raises `ValueError` with the reason.
    """
    keys: list[str] = []
    position = 0
    while True:
        step = _STEP.match(text, position)
        if not step:
            raise ValueError(
                f"no key at character {position + 1}; paths look like company.industry"
            )
        quoted = step["quoted"]
        keys.append(step["plain"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        position = step.end()
        if position == len(text):
            return tuple(keys)
        if text[position] != ".":
            raise ValueError(f"a dot must stand between keys, at character {position + 1}")
        position += 1


def load_mapping(name: str | None) -> Mapping:
    """The built-in mapping of this name (None: the default), or the file `name`.

    Raises `IcpctlError` where there is none or where it is not a mapping.
    """
    built_in = resources.files("icpctl.visitors") / "mappings" / f"{name or 'default'}.yaml"
    if name is None or (re.fullmatch("[a-z0-9_]+", name) and built_in.is_file()):
        return _read(name or "default", built_in.read_text("utf-8"))
    file = FilePath(name)
    if not file.is_file():
        raise IcpctlError(
            f"there is no mapping {name!r}",
            code="no_such_mapping",
            hint=f"name a file, or one of: {', '.join(built_in_names())}",
        )
    try:
        return _read(name, file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise IcpctlError(f"cannot read the mapping: {error}", where=Location(name)) from None


def built_in_names() -> list[str]:
    """The names that `--mapping` takes besides files."""
    folder = resources.files("icpctl.visitors") / "mappings"
    return sorted(file.name.removesuffix(".yaml") for file in folder.iterdir())


def _read(name: str, text: str) -> Mapping:
    import yaml

    def wrong(message: str, mark: yaml.Mark, hint: str | None = None) -> IcpctlError:
        where = Location(name, mark.line + 1, mark.column + 1)
        return IcpctlError(message, code="bad_mapping", where=where, hint=hint)

    try:
        root = yaml.compose(text, Loader=yaml.CBaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Location(name, mark.line + 1, mark.column + 1) if mark else Location(name)
        raise IcpctlError(f"{error.problem}", code="bad_mapping", where=where) from None
    if not isinstance(root, yaml.MappingNode):
        raise IcpctlError(
            "a mapping is an object of lists of paths",
            code="bad_mapping",
            where=Location(name, 1, 1),
            hint="for example: industry: [industry, company.industry]",
        )
    known = (*FIELDS, BY, SESSION)
    paths: dict[str, tuple[Path, ...]] = dict.fromkeys(known, ())
    pages_separator = None
    for key, value in root.value:
        if key.value == PAGES_SEPARATOR:
            if not isinstance(value, yaml.ScalarNode) or not value.value:
                raise wrong("the separator is a text, not empty", value.start_mark)
            pages_separator = value.value
            continue
        if key.value not in paths:
            meant = nearest(str(key.value), (*known, PAGES_SEPARATOR))
            hint = f"did you mean {meant}?" if meant else f"known are: {', '.join(known)}"
            raise wrong(f"unknown field {key.value!r}", key.start_mark, hint)
        entries: Iterable[yaml.Node] = (
            value.value if isinstance(value, yaml.SequenceNode) else [value]
        )
        found = []
        for entry in entries:
            if not isinstance(entry, yaml.ScalarNode):
                raise wrong("a path is a text such as company.industry", entry.start_mark)
            try:
                found.append(parse_path(entry.value))
            except ValueError as error:
                raise wrong(f"bad path {entry.value!r}: {error}", entry.start_mark) from None
        paths[key.value] = tuple(found)
    by, session = paths.pop(BY), paths.pop(SESSION)
    return Mapping(name, paths, by, session, pages_separator)
