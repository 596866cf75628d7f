"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from icpctl.errors import IcpctlError, Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer


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
        before = target.stat() if target.exists() else None
        in_place = before is not None and not stat.S_ISREG(before.st_mode)
        descriptor, name = (
            (os.open(target, os.O_WRONLY), None)
            if in_place
            else _unnamed(target.parent) or _named(target)
        )
        if before and not in_place:
            os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
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


def _told(error: OSError, path: Path) -> Exception:
    """Return what users hear of an error; a closed pipe is nobody's error."""
    if isinstance(error, BrokenPipeError):
        return error
    message = f"cannot write it: {error.strerror or error}"
    return IcpctlError(message, "not_written", Location(str(path)), "nothing was changed")


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
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(name, 0o666 & ~mask)
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
