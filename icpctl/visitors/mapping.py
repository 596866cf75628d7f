"""Mappings: where a record keeps what the condition types ask about."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from importlib import resources
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from icpctl.config.document import MAX_BYTES, read_document
from icpctl.config.nodes import List, Object, Scalar
from icpctl.errors import IcpctlError, Location
from icpctl.vocabulary import CONDITION_TYPES, Kind, nearest

if TYPE_CHECKING:
    from icpctl.config.document import Document

Path = tuple[str, ...]
"""Keys from the record's top down to a value."""

DEFAULT = "default"
"""The built-in mapping that is used where none is named."""

ID, PAGES, LAST_SEEN = "id", "pages", "last_seen"
BY, SESSION = "by", "session"

FIELDS: tuple[str, ...] = (
    ID,
    LAST_SEEN,
    PAGES,
    *(entry.name for entry in CONDITION_TYPES.values() if entry.kind is not Kind.PAGES),
)
"""What a mapping names: the condition types, where both page types read `pages`."""

_BUILT_IN = resources.files("icpctl.visitors") / "mappings"
_STEP = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^."\[\]]+)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mapping:
    """For each field of `FIELDS` the paths to try, the first that is present and not null wins.

    `by` are the paths of what tells visitors apart where they have several records each; without
    any, one record is one visitor. `session` are the paths of what tells a visitor's sessions
    apart.
    """

    name: str
    paths: dict[str, tuple[Path, ...]]
    by: tuple[Path, ...] = ()
    session: tuple[Path, ...] = ()


def parse_path(text: str) -> Path:
    """`company.industry` or `company."key with. dots"` -> its keys.

    Raises `ValueError` with the reason.
    """
    if not text.isprintable() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it is not UTF-8")
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
    name = DEFAULT if name is None else name
    if name in built_in_names():
        built_in = _BUILT_IN / f"{name}.yaml"
        return _mapping(name, read_document(built_in.read_bytes(), built_in.name))
    file = FilePath(name)
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise IcpctlError("this is no regular file", "bad_mapping", Location(name))
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise IcpctlError(
            f"there is no mapping {name!r}",
            code="no_such_mapping",
            hint=f"name a file, or one of: {', '.join(built_in_names())}",
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise IcpctlError(f"cannot read the mapping: {reason}", where=Location(name)) from None
    return _mapping(name, read_document(data, name))


def built_in_names() -> list[str]:
    """The names that `--mapping` takes besides files."""
    return sorted(file.name.removesuffix(".yaml") for file in _BUILT_IN.iterdir())


def _mapping(name: str, document: Document) -> Mapping:
    def wrong(message: str, start: int, hint: str | None = None) -> IcpctlError:
        return IcpctlError(message, "bad_mapping", document.location(start), hint)

    root = document.root
    for problem in document.problems:
        if problem.code != "ICP007":  # that the file is empty is said below
            raise wrong(problem.message, problem.start, problem.hint)
    if not isinstance(root, Object):
        hint = "for example: industry: [industry, company.industry]"
        raise wrong("a mapping is an object of lists of paths", root.start if root else 0, hint)
    paths: dict[str, tuple[Path, ...]] = dict.fromkeys((*FIELDS, BY, SESSION), ())
    for field, (start, value) in root.entries.items():
        if field not in paths:
            meant = nearest(field, FIELDS)
            hint = f"did you mean {meant}?" if meant else f"known are: {', '.join(FIELDS)}"
            raise wrong(f"unknown field {_short(field)}", start, hint)
        found: list[Path] = []
        for entry in value.items if isinstance(value, List) else [value]:
            text = entry.value if isinstance(entry, Scalar) else None
            if not isinstance(text, str):
                raise wrong("a path is a text such as company.industry", entry.start)
            try:
                found.append(parse_path(text))
            except ValueError as error:
                raise wrong(f"bad path {_short(text)}: {error}", entry.start) from None
        paths[field] = tuple(found)
    return Mapping(name, paths, by=paths.pop(BY), session=paths.pop(SESSION))


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}...")
