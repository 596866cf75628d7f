"""What a folder of configs defines for its configs: custom condition types and named lists.

`{list: NAME}` in a condition stands for the lines of `lists/NAME.txt`.
"""

from __future__ import annotations

import codecs
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct, field

from icpctl.config.file_names import FIELDS_FILE, LISTS_FOLDER
from icpctl.errors import Finding, IcpctlError, Location, word_hint
from icpctl.files import read_regular
from icpctl.values.text_forms import plain
from icpctl.vocabulary import BUILT_IN, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.vocabulary import ConditionType

LIST_SUFFIX = ".txt"
KEY = "list"
MAX_LIST_BYTES = 256 * 1024 * 1024
_MOST_BYTES = 1 << 30

ReadFile: TypeAlias = "Callable[[str], bytes | None]"
"""Reads a file of a folder of configs by its name from there; None if there is no such file.

Raises `IcpctlError` where it cannot be read.
"""


class NamedList(tuple[str, ...]):
    """The values of a named list, in the file's order; it knows its name and where it was read.

    It is hashed once, because conditions with a long list are keys of many tables.
    """

    name: str
    file: str
    _hash: int | None

    def __new__(cls, values: Sequence[str], name: str, file: str) -> NamedList:
        """Make the list `name` of its values, which were read from `file`."""
        named = super().__new__(cls, values)
        named.name = name
        named.file = file
        named._hash = None
        return named

    def __hash__(self) -> int:
        """Return the hash of the values."""
        if self._hash is None:
            self._hash = super().__hash__()
        return self._hash

    def __eq__(self, other: object) -> bool:
        """Compare the values; a list is itself without a look at them."""
        return self is other or super().__eq__(other)

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make it again, elsewhere."""
        return NamedList, (tuple(self), self.name, self.file)

    def __deepcopy__(self, _: object) -> NamedList:
        """Return itself: it never changes."""
        return self

    @property
    def reference(self) -> dict[str, str]:
        """What a config has in its place."""
        return {KEY: self.name}


class ListError(Exception):
    """A named list that cannot be used; its arguments are a message and a hint or None."""


class NamedLists:
    """The named lists of a folder of configs, each read when a condition first asks for it.

    `folders` are where to look, an organization's own before its parent's: what names a file for
    people, how to read it, and the names of the lists that are there.
    """

    def __init__(self, folders: Sequence[ListFolder] = ()) -> None:
        self._folders = tuple(folders)
        self._known: dict[str, NamedList | ListError] = {}

    def get(self, name: str) -> NamedList:
        """Return the list of this name. Raises `ListError`."""
        if name not in self._known:
            try:
                self._known[name] = self._read(name)
            except ListError as error:
                self._known[name] = error
        known = self._known[name]
        if isinstance(known, ListError):
            raise known
        return known

    def names(self) -> list[str]:
        """Return the names of all lists, sorted."""
        return sorted({name for folder in self._folders for name in folder.names()})

    def _read(self, name: str) -> NamedList:
        for folder in self._folders:
            file = f"{LISTS_FOLDER}/{name}{LIST_SUFFIX}"
            try:
                data = folder.read(file)
            except IcpctlError as error:
                raise ListError(f"the list {folder.place}{file}: {error.message}", None) from None
            if data is not None:
                return NamedList(list_values(data, folder.place + file), name, folder.place + file)
        raise ListError(f"no list {name!r}", self._hint(name))

    def _hint(self, name: str) -> str:
        known = self.names()
        where = self._folders[0].place if self._folders else ""
        others = f"; known lists: {', '.join(known[:10])}" if known else ""
        file = f"{where}{LISTS_FOLDER}/{name}{LIST_SUFFIX}"
        return word_hint(name, known, f"write one value per line into {file}{others}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make it elsewhere: without folders, for what is read there is read."""
        return NamedLists, ()


class ListFolder(Struct, frozen=True):
    """One folder of configs that may have lists: `place` begins the names of its files."""

    place: str
    read: ReadFile
    names: Callable[[], Sequence[str]]


def list_values(data: bytes, file: str) -> list[str]:
    """Return the values of a list's file: one a line; blank lines and comments are skipped.

    Raises `ListError` for a file that is not UTF-8, too large, or without values.
    """
    if len(data) > MAX_LIST_BYTES:
        raise ListError(f"the list {file} is over 256 MiB", None)
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"the list {file} is not UTF-8: the byte 0x{data[error.start]:02x} in line {line}"
        raise ListError(message, "save the file as UTF-8") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    values = [line.strip() for line in lines if not line.startswith("#")]
    values = [value for value in values if value]
    if not text.isascii():
        _refuse_invisible(lines, file)
    if not values:
        raise ListError(f"the list {file} has no values", "write one value per line into it")
    return values


def _refuse_invisible(lines: Sequence[str], file: str) -> None:
    """Refuse a line of invisible characters alone, which would equal nothing or everything."""
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.isascii() and not plain(line, case_sensitive=True):
            message = f"line {number} of the list {file} has only invisible characters"
            raise ListError(message, "remove the line")


class Definitions(Struct, frozen=True):
    """The condition types and named lists that configs may use; `findings` are what is wrong.

    It is the context with which a config is validated.
    """

    vocabulary: Vocabulary = BUILT_IN
    lists: NamedLists = field(default_factory=NamedLists)
    findings: tuple[Finding, ...] = ()

    def required(self) -> Definitions:
        """Return itself; raise `IcpctlError` `invalid_config` with the findings, if there are."""
        if self.findings:
            raise IcpctlError(
                "the custom fields are not valid", "invalid_config", findings=[*self.findings]
            )
        return self


NOTHING_DEFINED = Definitions()
"""The definitions without a folder: the built-in condition types, and no list."""


def definitions_in(*folders: Path, root: Path | None = None) -> Definitions:
    """Return what folders of configs define; where several define one name, the first does.

    Files that are links out of `root`, or of their folder where it is not said, are refused.
    """
    return definitions_of(
        [
            ListFolder(
                _place(folder), partial(_read, folder, root or folder), partial(_list_names, folder)
            )
            for folder in folders
        ]
    )


def definitions_of(folders: Sequence[ListFolder]) -> Definitions:
    """Return what folders define, however their files are read."""
    types: dict[str, ConditionType] = {}
    findings: list[Finding] = []
    for folder in folders:
        try:
            data = folder.read(FIELDS_FILE)
        except IcpctlError as error:
            place = Location(folder.place + FIELDS_FILE, 1, 1)
            findings.append(Finding("ICP001", "error", error.message, place))
            continue
        if data is not None:
            from icpctl.config.custom_fields import read_fields

            own, wrong = read_fields(data, folder.place + FIELDS_FILE)
            types = {**{entry.name: entry for entry in own}, **types}
            findings += wrong
    vocabulary = BUILT_IN.with_types(types.values()) if types else BUILT_IN
    return Definitions(vocabulary, NamedLists(folders), tuple(findings))


def definitions_beside(file: str) -> Definitions:
    """Return what holds for a config of which only the file is known.

    Its folder may be an organization's, so the folder above it is looked at too.
    """
    folder = Path(file).parent
    return definitions_in(folder, Path(os.path.normpath(folder / os.pardir)))


def _place(folder: Path) -> str:
    return "" if folder == Path() else f"{folder}/"


def _read(folder: Path, root: Path, name: str) -> bytes | None:
    path = folder / name
    try:
        data = read_regular(path, _MOST_BYTES)
    except FileNotFoundError:
        return None
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        raise IcpctlError("this link leads out of the folder of configs", "outside_folder")
    return data


def _list_names(folder: Path) -> list[str]:
    try:
        names = os.listdir(folder / LISTS_FOLDER)
    except OSError:
        return []
    return [name.removesuffix(LIST_SUFFIX) for name in names if name.endswith(LIST_SUFFIX)]
