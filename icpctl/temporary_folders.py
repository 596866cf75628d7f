"""Temporary folders that outlive nothing but a kill, and a kill only until the next call."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from icpctl.errors import IcpctlError, Location
from icpctl.hidden_files import is_unlocked, lock

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "icpctl-scan-"
_STALE = 60.0  # seconds: a folder that was made just now may not be locked yet


@contextmanager
def temporary_folder(
    parent: Path | None, hint: str = "name another folder with --temp-dir"
) -> Iterator[Path]:
    """Make a folder in `parent`, or where the system has them, and remove it in the end.

    It is locked as long as the process lives, and those that are not are removed first: they hold
    copies of people's visitors. Raises `IcpctlError` `bad_usage`, with the hint, where no folder
    can be made.
    """
    with contextlib.ExitStack() as held:
        try:
            _sweep(parent or Path(tempfile.gettempdir()))
            name = held.enter_context(tempfile.TemporaryDirectory(prefix=_PREFIX, dir=parent))
        except OSError as error:
            raise IcpctlError(
                f"no temporary files can be kept here: {error.strerror or error}",
                "bad_usage",
                Location(str(parent)) if parent else None,
                hint,
            ) from None
        with contextlib.suppress(OSError):  # Windows does not open folders
            descriptor = os.open(name, os.O_RDONLY)
            held.callback(os.close, descriptor)
            lock(descriptor)
        yield Path(name)


def _sweep(parent: Path) -> None:
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.name.startswith(_PREFIX) and _is_left_over(entry):
                    shutil.rmtree(entry.path)


def _is_left_over(entry: os.DirEntry[str]) -> bool:
    status = entry.stat(follow_symlinks=False)
    is_ours = os.name != "posix" or status.st_uid == os.geteuid()
    is_folder = entry.is_dir(follow_symlinks=False)
    if not is_ours or not is_folder or time.time() - status.st_ctime < _STALE:
        return False
    return is_unlocked(entry.path)
