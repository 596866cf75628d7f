"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from icpctl.errors import IcpctlError, Location

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A binary file to write, which takes the place of `path` when the block ends well.

    Until then `path` is as it was; a block that raises, or a killed process, leaves nothing
    behind. A link's target is replaced, not the link; a pipe or device is written to directly.
    Raises `IcpctlError` where the file cannot be written, a full disk included.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            with target.open("wb") as file:
                yield file
            return
        with _unnamed(target.parent) or _named(target) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            _give_name(file, target)
        _sync_folder(target.parent)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise IcpctlError(
            f"cannot write it: {error.strerror or error}",
            "not_written",
            Location(str(path)),
            "nothing was changed",
        ) from error


def _unnamed(folder: Path) -> BinaryIO | None:
    """A file without a name, which vanishes with the process; None where the system has none."""
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not os.path.isdir("/proc/self/fd"):
        return None
    try:
        return os.fdopen(os.open(folder, flag | os.O_RDWR | os.O_CLOEXEC, 0o666), "wb")
    except OSError as error:
        if error.errno in _NO_TMPFILE:
            return None
        raise


def _named(target: Path) -> BinaryIO:
    file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - the caller closes it
        dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".tmp"
    )
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(file.name, 0o666 & ~mask)
    return file  # type: ignore[return-value]  # a wrapper around a BinaryIO


def _give_name(file: BinaryIO, target: Path) -> None:
    if isinstance(file.name, str):
        os.replace(file.name, target)
        open(file.name, "x").close()
        return
    # linkat() does not replace a file, rename() does; a folder's descriptor makes Python call
    # linkat(), which alone follows the link in /proc.
    step = target.with_name(f".{target.name[:100]}.{os.getpid()}.{file.fileno()}.tmp")
    step.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.link(f"/proc/self/fd/{file.fileno()}", step, dst_dir_fd=folder, follow_symlinks=True)
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
