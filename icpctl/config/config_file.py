"""One config file: its slug, its bytes, and what it holds."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.errors import IcpctlError
from icpctl.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import TypeAlias

    from icpctl.config.model import IcpConfig
    from icpctl.documents.document import Document

    Named: TypeAlias = tuple[str, IcpConfig]
    """A config with its slug."""


class ConfigFile(Struct, frozen=True, dict=True):
    """A valid config, the file that holds it, and the organization (folder) it belongs to.

    `data` are the file's bytes as they were read.
    """

    slug: str
    org: str | None
    path: Path
    config: IcpConfig
    data: bytes

    @cached_property
    def document(self) -> Document:
        """The bytes as a tree with places: read again, since of most files nobody asks for it."""
        from icpctl.documents.document import read_document

        return read_document(self.data, str(self.path))

    @cached_property
    def etag(self) -> str:
        """The first 16 hex digits of the SHA-256 of the file's bytes."""
        from hashlib import sha256

        return sha256(self.data).hexdigest()[:16]

    @property
    def order(self) -> tuple[float, str, str]:
        """The place among others: priority (absent last), slug, organization."""
        priority = self.config.priority
        return (float("inf") if priority is None else priority, self.slug, self.org or "")


def named_configs(configs: Iterable[ConfigFile | Named]) -> list[Named]:
    """Return configs with their slugs, as scoring takes them."""
    return [
        (config.slug, config.config) if isinstance(config, ConfigFile) else config
        for config in configs
    ]


def read_file(path: Path) -> Document:
    """Read a config file. What keeps it from being read is a problem of the document."""
    from icpctl.documents.document import MAX_BYTES, read_document

    try:
        return read_document(read_regular(path, MAX_BYTES), str(path))
    except FileNotFoundError:
        return _unreadable(path, "no such file")
    except IcpctlError as error:
        return _unreadable(path, error.message)


def _unreadable(path: Path, message: str) -> Document:
    from icpctl.documents.document import Document
    from icpctl.documents.tree import Problem

    return Document(str(path), b"", "", None, [Problem("ICP001", 0, message)])
