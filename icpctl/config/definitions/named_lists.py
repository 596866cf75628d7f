"""Named lists: `{list: NAME}` in a condition stands for the lines of `lists/NAME.txt` (SPEC 1)."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any, TypeAlias

from icpctl.config.file_names import LISTS_FOLDER
from icpctl.errors import IcpctlError
from icpctl.values.forms.text_forms import plain
from icpctl.vocabulary import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LIST_SUFFIX = ".txt"
KEY = "list"
MAX_LIST_BYTES = 256 * 1024 * 1024

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
        meant = nearest(name, known)
        if meant:
            return f"did you mean {meant}?"
        where = self._folders[0].place if self._folders else ""
        others = f"; known lists: {', '.join(known[:10])}" if known else ""
        return f"write one value per line into {where}{LISTS_FOLDER}/{name}{LIST_SUFFIX}{others}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make it elsewhere: without folders, for what is read there is read."""
        return NamedLists, ()


class ListFolder:
    """One folder of configs that may have lists: `place` begins the names of its files."""

    def __init__(self, place: str, read: ReadFile, names: Callable[[], Sequence[str]]) -> None:
        self.place = place
        self.read = read
        self.names = names


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
