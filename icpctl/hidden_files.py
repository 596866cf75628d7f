"""Hidden files beside those that they become, or that they are copies of.

A process that is killed leaves them behind. Whoever writes into the folder next removes them: a
live process holds a lock on each of its files, which the system lets go of when the process ends.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError:  # Windows, which does not remove a file that is open
    fcntl = None  # type: ignore[assignment]  # a module, or nothing

if TYPE_CHECKING:
    from pathlib import Path

NEW, OLD = ".icpctl-new", ".icpctl-old"

# Seconds after which what nobody has locked is left over. One that was made just now may not be
# locked yet; an old version may be the only one, where a disk failed in the midst of a change.
_STALE = {NEW: 60.0, OLD: 7 * 86400.0}


def hidden_name(target: Path, ending: str = NEW) -> Path:
    """Return a name beside `target` that nobody has.

    Whoever makes the file asks for its name first, so that a signal at any moment finds it known.
    """
    # Names are bounded in bytes, most often to 255.
    start = os.fsencode(target.name)[:100].decode(errors="ignore")
    return target.with_name(f".{start}.{os.urandom(4).hex()}{ending}")


def make_hidden(hidden: Path, target: Path) -> int:
    """Make the file that is to become `target`, and return its descriptor.

    It has the mode of `target`, or else that of a new file. Raises `OSError`; the file may be
    there then.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(hidden, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        lock(descriptor)
        if os.chmod in os.supports_fd and target.exists():
            os.chmod(descriptor, stat.S_IMODE(target.stat().st_mode))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def back_up(path: Path, hidden: Path) -> None:
    """Give a file, or a link itself, a second name. Raises `OSError`."""
    try:
        os.link(path, hidden, follow_symlinks=False)
    except FileNotFoundError:
        raise
    except (OSError, NotImplementedError):  # a file system without hard links
        shutil.copy2(path, hidden, follow_symlinks=False)


def sweep(folder: Path) -> None:
    """Remove what processes that have ended left in a folder. What cannot be removed stays."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if _is_left_over(entry):
                    os.unlink(entry.path)


def _is_left_over(entry: os.DirEntry[str]) -> bool:
    age = _STALE.get(os.path.splitext(entry.name)[1])
    if age is None or not entry.name.startswith(".") or entry.is_dir(follow_symlinks=False):
        return False
    # The time of the last change, which a new link and every write set anew.
    if time.time() - entry.stat(follow_symlinks=False).st_ctime < age:
        return False
    return entry.is_symlink() or is_unlocked(entry.path)


def is_unlocked(path: str) -> bool:
    """Return whether no process holds the lock of a file or folder. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return lock(descriptor)
    finally:
        os.close(descriptor)


def lock(descriptor: int) -> bool:
    """Lock a file until it is closed; False where another process has, or none can be."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
