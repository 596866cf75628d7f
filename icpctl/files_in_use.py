"""The files that a call reads and writes: nothing takes the place of what the same call reads.

What reads a user's file says so (`note_read`, `note_folder`), and what writes one asks
(`writing`). Whichever comes second finds the conflict, so that neither side has to know what the
other one is doing, and it is found before the work begins. Notes last for one call of the command
line (`one_call`); outside of one nothing is noted.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from icpctl.errors import IcpctlError, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Call(Struct):
    """What a call has read so far, by real path, and what it is writing at the moment.

    `folders` are those whose files belong together, with what decides whether a path below them
    is one of these. `refusal` is why nothing may be written.
    """

    read: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    folders: dict[str, Callable[[Path], bool]] = field(default_factory=dict)
    refusal: IcpctlError | None = None


# A process carries out one call at a time; threads that read for it share its notes.
_call: _Call | None = None


@contextmanager
def one_call() -> Iterator[None]:
    """Note what is read and written until the block ends; a call within a call has its own."""
    global _call  # noqa: PLW0603 - it belongs to the process, as its working folder does
    before, _call = _call, _Call()
    try:
        yield
    finally:
        _call = before


def note_read(path: Path) -> None:
    """Note that the call reads this file. Raises `IcpctlError` `bad_usage` if it writes it."""
    if _call is None:
        return
    real = os.path.realpath(path)
    _call.read.add(real)
    if real in _call.written:
        raise _conflict(path)


def note_folder(folder: Path, belongs: Callable[[Path], bool]) -> None:
    """Note that the call reads files of this folder; `belongs` takes a path relative to it."""
    if _call is not None:
        _call.folders.setdefault(os.path.realpath(folder), belongs)


def forbid_writing(refusal: IcpctlError) -> bool:
    """Let nothing be written by this call: whatever tries raises `refusal`.

    Returns whether that is news.
    """
    if _call is None:
        return True
    is_news = _call.refusal is None
    _call.refusal = refusal
    return is_news


def require_writable() -> None:
    """Raise what `forbid_writing` was given, if this call may not write."""
    if _call is not None and _call.refusal is not None:
        raise _call.refusal


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the place of an output until the block ends.

    Pipes and devices may be written by several. Raises `IcpctlError` `bad_usage` where the call
    reads the file or is writing it already, and what `forbid_writing` was given.
    """
    require_writable()
    real = os.path.realpath(path)
    if _call is None or (path.exists() and not path.is_file()):
        yield
        return
    if real in _call.written or _is_read(_call, real):
        raise _conflict(path)
    _call.written.add(real)
    try:
        yield
    finally:
        _call.written.discard(real)


def _is_read(call: _Call, real: str) -> bool:
    if real in call.read or any(_belongs(Path(real), it) for it in call.folders.items()):
        return True
    # Another name of a file that is read: a hard link, or other letter case on some systems.
    return os.path.exists(real) and any(_is_same_file(real, other) for other in call.read)


def _belongs(path: Path, folder: tuple[str, Callable[[Path], bool]]) -> bool:
    root, belongs = folder
    return path.is_relative_to(root) and belongs(path.relative_to(root))


def _is_same_file(first: str, second: str) -> bool:
    try:
        return os.path.samefile(first, second)
    except OSError:
        return False


def _conflict(path: Path) -> IcpctlError:
    return IcpctlError(
        "this file is already being read or written; it is not overwritten",
        "bad_usage",
        Location(str(path)),
        "name another file",
    )
