"""Files that are read with care, appear whole or not at all, and take no place of what is read.

What reads a user's file says so (`note_read`, `note_folder`), and what writes one asks
(`writing`). Whichever comes second finds the conflict, so that neither side has to know what the
other one is doing, and it is found before the work begins. Notes last for one call of the command
line (`one_call`); outside of one nothing is noted.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import stat
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct, field

from icpctl.errors import IcpctlError, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

_MOST_LINKS = 40  # as Linux has it
_OCTAL = re.compile(r"\\([0-7]{3})")


def stdin() -> BinaryIO:
    """Return stdin as bytes; raise `IcpctlError` `unreadable` where it is closed."""
    if sys.stdin is None:
        raise IcpctlError(
            "stdin is closed", "unreadable", hint="pipe something in, or name a file in place of -"
        )
    return sys.stdin.buffer


def read_regular(path: Path, most: int, code: str = "unreadable", *, note: bool = True) -> bytes:
    """Return the bytes of a regular file; of one that has more than `most`, one more than that.

    The call notes that it reads the file, unless `note` is false. Never waits: a pipe or device
    is not opened. Raises `FileNotFoundError` where nothing is there, and `IcpctlError` `code`
    where it cannot be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise IcpctlError(f"this is {what}", code, Location(str(path)))
        if note:
            note_read(path)
        with path.open("rb") as file:
            # A limit makes room for as much, so it is for files that need one.
            return file.read(most + 1) if status.st_size > most else file.read()
    except FileNotFoundError:
        raise
    except NotADirectoryError as error:
        raise FileNotFoundError(*error.args) from None
    except (OSError, ValueError) as error:  # a name may hold a NUL
        reason = getattr(error, "strerror", None) or error
        raise IcpctlError(f"cannot read it: {reason}", code, Location(str(path))) from None


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a binary file to write, which takes the place of `path` when the block ends well.

    Until then `path` is as it was; a block that raises leaves nothing behind, and what a killed
    process leaves, the next one removes. A link's target is replaced, not the link, and keeps its
    mode; a pipe or device is written to directly. Raises `IcpctlError` `not_written` where the
    file cannot be written, a full disk included, and `bad_usage` where the call reads it; other
    errors of the block pass.
    """
    with blaming(path):
        target = target_of(path)
    opened = _in_place if is_in_place(path) else _beside
    with writing(path), opened(path, target) as file:
        yield file


def target_of(path: Path) -> Path:
    """Return the file that is replaced where `path` is written: what its links lead to.

    Raises `OSError` where a link is another user's in a folder that all may write (as Linux does
    with `fs.protected_symlinks`), and where a file is there that cannot be replaced.
    """
    step = path
    for _ in range(_MOST_LINKS):
        if not step.is_symlink():
            break
        _require_trusted(step)
        step = step.parent / os.readlink(step)
    else:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    target = Path(os.path.realpath(path))
    if target.is_file():
        _require_replaceable(target)
    return target


def is_in_place(path: Path) -> bool:
    """Whether what is at a path, such as a pipe or a device, is written to and not replaced."""
    return path.exists() and not path.is_file()


def _require_trusted(link: Path) -> None:
    """Refuse a link that somebody may have laid for others to fall into."""
    folder = link.parent.stat()
    is_shared = folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWOTH
    if os.name == "posix" and is_shared:
        trusted = (os.geteuid(), folder.st_uid)
        if link.lstat().st_uid not in trusted:
            raise PermissionError(
                errno.EACCES, "this is another user's link, in a folder that anyone can write to"
            )


def _require_replaceable(target: Path) -> None:
    """Find out before the work begins what renaming a file onto `target` would say after it."""
    if sys.platform != "linux":
        return
    if str(target) in _mount_points():
        raise OSError(errno.EBUSY, "it is a mount point, which cannot be replaced")
    # The system asks whether an entry of a folder may be removed (a sticky folder, an immutable
    # file, a file system that is read only) before it says that a file is not a folder.
    with contextlib.suppress(NotADirectoryError):
        os.rmdir(target)


def _mount_points() -> set[str]:
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return set()
    return {_OCTAL.sub(lambda code: chr(int(code[1], 8)), line.split(" ")[4]) for line in lines}


@contextmanager
def _in_place(path: Path, _: Path) -> Iterator[BinaryIO]:
    with blaming(path):
        descriptor = os.open(path, os.O_WRONLY)
    with io.BufferedWriter(_Raw(descriptor, path)) as file:
        yield file


@contextmanager
def _beside(path: Path, target: Path) -> Iterator[BinaryIO]:
    from icpctl.hidden_files import hidden_name, make_hidden, sweep

    new = hidden_name(target)
    try:
        with blaming(path):
            sweep(target.parent)
            descriptor = make_hidden(new, target)
        with io.BufferedWriter(_Raw(descriptor, path)) as file:
            yield file
            file.flush()
            with blaming(path):
                os.fsync(descriptor)
        with blaming(path):
            os.replace(new, target)  # Windows renames no open file
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    with blaming(path):
        sync_folder(target.parent)


class _Raw(io.FileIO):
    """A file whose errors say which file it is to become, since several may be open at once."""

    def __init__(self, descriptor: int, becomes: Path) -> None:
        super().__init__(descriptor, "wb")
        self._becomes = becomes

    def write(self, data: Buffer, /) -> int:
        with blaming(self._becomes):
            return super().write(data)


@contextmanager
def blaming(path: Path) -> Iterator[None]:
    """Turn errors of the system into the message that `path` cannot be written."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read it has seen enough, which is nobody's error
    except OSError as error:
        reason, hint = error.strerror or error, "nothing was changed"
        if isinstance(error, FileNotFoundError) and not path.parent.exists():
            reason, hint = "its folder does not exist", f"make it first: mkdir -p {path.parent}"
        message = f"cannot write it: {reason}"
        raise IcpctlError(message, "not_written", Location(str(path)), hint) from error


def sync_folder(folder: Path) -> None:
    """Wait until what was changed in a folder is on the disk."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


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
    if _call is None or is_in_place(path):
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
    if real in call.read or any(_belongs(Path(real), folder) for folder in call.folders.items()):
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
