"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from icpctl.errors import IcpctlError, Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from typing_extensions import Buffer


def stdin() -> BinaryIO:
    """Return stdin as bytes; raise `IcpctlError` `unreadable` where it is closed."""
    if sys.stdin is None:
        raise IcpctlError(
            "stdin is closed", "unreadable", hint="pipe something in, or name a file in place of -"
        )
    return sys.stdin.buffer


def read_regular(path: Path, most: int, code: str = "unreadable") -> bytes:
    """The bytes of a regular file; of one that has more than `most`, so many and one more.

    Never waits: a pipe or device is not opened. Raises `FileNotFoundError` where nothing is
    there, and `IcpctlError` `code` where it cannot be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
            raise IcpctlError(f"this is {what}", code, Location(str(path)))
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
    """A binary file to write, which takes the place of `path` when the block ends well.

    Until then `path` is as it was; a block that raises, or a killed process, leaves nothing
    behind. A link's target is replaced, not the link, and keeps its mode; a pipe or device is
    written to directly. Raises `IcpctlError` `not_written` where the file cannot be written, a
    full disk included; other errors of the block pass.
    """
    target = Path(os.path.realpath(path))
    with _saying(path):
        in_place = target.exists() and not target.is_file()
        descriptor, name = (
            (os.open(target, os.O_WRONLY), None)
            if in_place
            else _unnamed(target.parent) or _named(target)
        )
        if not in_place:
            _keep_mode(descriptor, target)
    try:
        with io.BufferedWriter(_Raw(descriptor, path)) as file:
            yield file
            file.flush()
            if not in_place:
                with _saying(path):
                    os.fsync(descriptor)
                    _give_name(descriptor, name, target)
    except BaseException:
        if name:
            Path(name).unlink(missing_ok=True)
        raise
    if not in_place:
        with _saying(path):
            _sync_folder(target.parent)


class _Raw(io.FileIO):
    """A file whose errors say which file it is to be, since several may be open at once."""

    def __init__(self, descriptor: int, becomes: Path) -> None:
        super().__init__(descriptor, "wb")
        self._becomes = becomes

    def write(self, data: Buffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise _told(error, self._becomes) from error


@contextmanager
def _saying(path: Path) -> Iterator[None]:
    """Make errors of the system the message that `path` cannot be written."""
    try:
        yield
    except OSError as error:
        raise _told(error, path) from error


def change_files(written: Mapping[Path, bytes], removed: Iterable[Path] = ()) -> None:
    """Write some files and remove others: all of it, or nothing where one cannot be changed.

    What is written is on the disk under a passing name before the first file is replaced, so a
    full disk changes nothing; all that is left to do is to rename, and where that fails halfway
    the error says so. A link's target is written, but a link itself is removed.
    Raises `IcpctlError` as `replacing` does.
    """
    done = 0
    staged: list[tuple[Path, Path]] = []
    aside: list[tuple[Path, Path]] = []
    path = Path()
    try:
        for path, data in written.items():
            target = Path(os.path.realpath(path))
            staged.append((_stage(target, data), target))
        for path in removed:
            hidden = path.with_name(f".{path.name}.{os.getpid()}.removed")
            os.rename(path, hidden)
            aside.append((hidden, path))
        while staged:
            step, path = staged[0]
            os.replace(step, path)
            staged.pop(0)
            done += 1
    except BaseException as error:
        for hidden, before in aside:
            os.rename(hidden, before)
        if not isinstance(error, OSError):
            raise
        hint = f"{done} of {len(written)} files were written" if done else "nothing was changed"
        raise _told(error, path, hint) from error
    finally:
        for step, _ in staged:
            step.unlink(missing_ok=True)
    for hidden, _ in aside:
        hidden.unlink()
    for folder in {Path(os.path.realpath(path)).parent for path in [*written, *dict(aside)]}:
        _sync_folder(folder)


def _stage(target: Path, data: bytes) -> Path:
    """Return a file beside `target` that holds `data` and is on the disk."""
    handle, name = tempfile.mkstemp(".tmp", f".{target.name[:100]}.", target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.chmod(name, _new_mode())
            _keep_mode(file.fileno(), target)
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(name)
        raise
    return Path(name)


def _keep_mode(descriptor: int, target: Path) -> None:
    if target.exists() and os.chmod in os.supports_fd:
        os.chmod(descriptor, stat.S_IMODE(target.stat().st_mode))


def _new_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _told(error: OSError, path: Path, hint: str = "nothing was changed") -> Exception:
    """Return what users hear of an error; a closed pipe is nobody's error."""
    if isinstance(error, BrokenPipeError):
        return error
    message = f"cannot write it: {error.strerror or error}"
    return IcpctlError(message, "not_written", Location(str(path)), hint)


def _unnamed(folder: Path) -> tuple[int, None] | None:
    """A file without a name, which vanishes with the process; None where the system has none."""
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not os.path.isdir("/proc/self/fd"):
        return None
    try:
        return os.open(folder, flag | os.O_RDWR | os.O_CLOEXEC, 0o666), None
    except OSError as error:
        if error.errno in _NO_TMPFILE:
            return None
        raise


def _named(target: Path) -> tuple[int, str]:
    descriptor, name = tempfile.mkstemp(".tmp", f".{target.name[:100]}.", target.parent)
    os.chmod(name, _new_mode())
    return descriptor, name


def _give_name(descriptor: int, name: str | None, target: Path) -> None:
    if name:
        os.replace(name, target)
        return
    # linkat() does not replace a file, rename() does; a folder's descriptor makes Python call
    # linkat(), which alone follows the link in /proc.
    step = target.with_name(f".{target.name[:100]}.{os.getpid()}.{descriptor}.tmp")
    step.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.link(f"/proc/self/fd/{descriptor}", step, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)
    os.replace(step, target)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


_NO_TMPFILE = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT}
