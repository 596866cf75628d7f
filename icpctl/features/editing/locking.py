"""The lock that is held while files of a folder of configs are changed."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from icpctl.errors import IcpctlError
from icpctl.files import require_writable

if TYPE_CHECKING:
    from collections.abc import Iterator

# In seconds. A change takes milliseconds, so a process that holds the lock for longer hangs.
_PATIENCE = 60.0
_SILENCE = 1.0
_PAUSE = 0.005


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder`, which exists; it ends with the block or with the process.

    The folder itself is locked, so that no lock file lies among the configs. If the system cannot
    do that (Windows, some network drives), a hidden file in the folder is locked. After a second
    of waiting a warning says who holds the lock. Raises `IcpctlError` `locked` if others hold it
    for a minute, and what `require_writable` raises.
    """
    require_writable()
    with ExitStack() as held:
        if not _lock_itself(folder, held):
            _lock_file(folder, held)
        yield


def _lock_file(folder: Path, held: ExitStack) -> None:
    """Lock a hidden file in the folder until `held` ends."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".icpctl.lock")
    try:
        held.enter_context(lock.acquire(_SILENCE, poll_interval=_PAUSE))
        return
    except Timeout:
        _warn(folder, "another process")
    try:
        held.enter_context(lock.acquire(_PATIENCE - _SILENCE, poll_interval=_PAUSE))
    except Timeout:
        raise _busy(folder, "another process") from None


def _lock_itself(folder: Path, held: ExitStack) -> bool:
    """Lock the folder until `held` ends; False where the system cannot lock a folder."""
    from filelock import lock_descriptor

    begun, is_said = time.monotonic(), False
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        held.callback(os.close, descriptor)
        while not lock_descriptor(descriptor, blocking=False):
            waited = time.monotonic() - begun
            if waited > _PATIENCE:
                raise _busy(folder, _holder(descriptor))
            if waited > _SILENCE and not is_said:
                _warn(folder, _holder(descriptor))
                is_said = True
            time.sleep(_PAUSE)
    except OSError:
        return False
    return True


def _holder(descriptor: int) -> str:
    """Return who holds the lock on a file, as far as the system says; Linux lists its locks.

    A line of `/proc/locks` is such as `1: FLOCK  ADVISORY  WRITE 4711 08:01:131 0 EOF`.
    """
    inode = str(os.fstat(descriptor).st_ino)
    try:
        lines = Path("/proc/locks").read_text().splitlines()
        holders = [words[4] for words in map(str.split, lines) if words[5].split(":")[-1] == inode]
        words = Path("/proc", holders[0], "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except (OSError, IndexError):
        return "another process"
    command = " ".join(word.decode(errors="replace") for word in words)
    return f"process {holders[0]} ({ascii(command[:200])[1:-1]})"


def _warn(folder: Path, holder: str) -> None:
    import logging

    place = ascii(str(folder))[1:-1]
    logging.getLogger("icpctl").warning("waiting for %s, which is changing %s", holder, place)


def _busy(folder: Path, holder: str) -> IcpctlError:
    message = f"{holder} has been changing {folder} for a minute"
    return IcpctlError(message, "locked", hint="wait for it or end it, then try again")
