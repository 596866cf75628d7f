"""Zip archives: their members as separate files."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from icpctl.errors import IcpctlError, Location
from icpctl.exports.files.streams import DamagedError

if TYPE_CHECKING:
    from icpctl.exports.files.streams import OpenedFile

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError)


def member_names(opened: OpenedFile) -> list[str]:
    """Return the names of an archive's files, in order, without folders and hidden files.

    Raises `IcpctlError` where it is not a zip archive.
    """
    infos = _archive(opened).infolist()
    names = [info.filename for info in infos if not info.is_dir()]
    return sorted(
        name for name in names if not any(part[:1] in (".", "_") for part in name.split("/"))
    )


class MemberStream:
    """The bytes of a member of an archive."""

    def __init__(self, opened: OpenedFile, member: str) -> None:
        self._opened = opened
        try:
            self._file: Any = _archive(opened).open(member)
        except (*_DAMAGE, RuntimeError, NotImplementedError) as error:  # encrypted, for example
            raise IcpctlError(
                f"cannot read it from the archive: {error}", "unreadable", Location(opened.name)
            ) from None

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer from its start and return the number of bytes, 0 at the end."""
        try:
            return int(self._file.readinto(buffer))
        except _DAMAGE as error:
            raise DamagedError(f"zip: {error}") from None


def _archive(opened: OpenedFile) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(opened.as_file())
    except _DAMAGE as error:
        raise IcpctlError(
            f"cannot read the archive: {error}", "unreadable", Location(opened.name)
        ) from None
