"""Files below folders and those that match a glob, however links lead through the folders."""

from __future__ import annotations

import os
import re
from fnmatch import translate
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Format = Literal["json", "csv", "parquet", "workbook"]
FORMATS: dict[str, Format] = {
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".xlsx": "workbook",
    ".xlsm": "workbook",
    ".xlsb": "workbook",
    ".xls": "workbook",
    ".ods": "workbook",
}
"""A file's extension -> what it holds."""

ARCHIVE = ".zip"
_UNTELLING = ("", ".txt", ".log", ".dat", ".data", ".out")
"""Endings of files that may hold anything, so that only their content tells."""

COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
"""A compressed file's extension -> its compression."""

_MAGIC = re.compile(r"[*?[]")


def named_format(name: str) -> Format | None:
    """Return what a file's name says that it holds."""
    return FORMATS.get(_suffix(name))


def is_export_name(name: str) -> bool:
    """Return whether a file's name in a folder is that of an export."""
    return bool(named_format(name)) and not is_hidden(name)


def says_nothing(name: str) -> bool:
    """Return whether a file of this name may hold anything, so that only its content tells."""
    return _suffix(name) in _UNTELLING


def _suffix(name: str) -> str:
    """Return the ending of a name that says the format, in lower case."""
    name = name.lower()
    for suffix in COMPRESSIONS:
        name = name.removesuffix(suffix)
    return os.path.splitext(name)[1]


def is_hidden(name: str) -> bool:
    """Return whether a name in a folder is none of an export: it begins with `.` or `_`."""
    return name.startswith((".", "_"))


def files_below(folder: Path) -> list[Path]:
    """Return the files in a folder and its subfolders, in order, without the hidden ones.

    Links to folders are followed, but each folder is looked at once.
    """
    return sorted(_files_below(folder, set()))


def _files_below(folder: Path, known: set[tuple[int, int]]) -> Iterator[Path]:
    if _is_known(folder, known):
        return
    for name in _names_in(folder):
        path = folder / name
        if is_hidden(name):
            continue
        if path.is_dir():
            yield from _files_below(path, known)
        else:
            yield path


def matches(pattern: str) -> list[Path]:
    """Return what matches a glob, in order; `**` means any number of folders.

    As in a shell, names that begin with a dot match only where the pattern has the dot. Below
    `**` each folder is looked at once, so that links which lead upward do no harm.
    """
    if not _MAGIC.search(pattern):
        return [Path(pattern)] if pattern and os.path.lexists(pattern) else []
    path = Path(pattern)
    start = Path(path.anchor)
    parts = path.parts[1:] if path.anchor else path.parts
    return sorted(dict.fromkeys(_matches(start, parts, {})))


def _matches(
    folder: Path, parts: Sequence[str], known: dict[int, set[tuple[int, int]]]
) -> Iterator[Path]:
    """Yield what matches `parts` below a folder.

    `known` are, by the number of parts that are left, the folders that a `**` went through.
    """
    part, *rest = parts
    if part == "**":
        if _is_known(folder, known.setdefault(len(parts), set())):
            return
        if rest:
            yield from _matches(folder, rest, known)
        for name in _names_in(folder):
            path = folder / name
            if not name.startswith(".") and path.is_dir():
                yield from _matches(path, parts, known)
            elif not name.startswith(".") and not rest:
                yield path
        return
    for path in _matching_one(folder, part):
        if not rest:
            yield path
        elif path.is_dir():
            yield from _matches(path, rest, known)


def _matching_one(folder: Path, part: str) -> Iterator[Path]:
    if not _MAGIC.search(part):
        path = folder / part
        if os.path.lexists(path):
            yield path
        return
    pattern = re.compile(translate(part))
    for name in _names_in(folder):
        if pattern.match(name) and (part.startswith(".") or not name.startswith(".")):
            yield folder / name


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _is_known(folder: Path, known: set[tuple[int, int]]) -> bool:
    """Return whether this folder is among `known`, and put it there."""
    try:
        status = folder.stat()
    except OSError:
        return True
    identity = status.st_dev, status.st_ino
    is_known = identity in known
    known.add(identity)
    return is_known
