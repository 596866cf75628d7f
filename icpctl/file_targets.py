"""Where a file is really written: links are followed as the system would follow them."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
from pathlib import Path

_MOST_LINKS = 40  # as Linux has it
_OCTAL = re.compile(r"\\([0-7]{3})")


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
