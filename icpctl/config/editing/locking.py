"""The lock that everybody takes who changes files of a folder of configs."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from icpctl.errors import IcpctlError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE = 60.0  # seconds; a change takes milliseconds, so whoever holds it longer hangs
_PAUSE = 0.005


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder`, which exists; it ends with the block or with the process.

    The folder itself is locked, so that no lock file lies among the configs. Where the system
    cannot do that (Windows, some network drives), a hidden file in the folder is locked.
    Raises `IcpctlError` `locked` when others hold it for a minute.
    """
    from filelock import FileLock, Timeout

    with ExitStack() as held:
        if not _lock_itself(folder, held):
            try:
                lock = FileLock(folder / ".icpctl.lock")
                held.enter_context(lock.acquire(_PATIENCE, poll_interval=_PAUSE))
            except Timeout:
                raise _busy(folder) from None
        yield


def _lock_itself(folder: Path, held: ExitStack) -> bool:
    """Lock the folder until `held` ends; False where the system cannot lock a folder."""
    from filelock import lock_descriptor

    give_up = time.monotonic() + _PATIENCE
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        held.callback(os.close, descriptor)
        while not lock_descriptor(descriptor, blocking=False):
            if time.monotonic() > give_up:
                raise _busy(folder)
            time.sleep(_PAUSE)
    except OSError:
        return False
    return True


def _busy(folder: Path) -> IcpctlError:
    message = f"another process has been changing {folder} for a minute"
    return IcpctlError(message, "locked", hint="wait for it or end it, then try again")
