"""One scan over exports: their visitors batch by batch, whether or not records are rolled up."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from icpctl.errors import IcpctlError, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from icpctl.visitors.mapping import Mapping
    from icpctl.visitors.reading import Batch, Reader
    from icpctl.visitors.sources import Source


def read_visitors(sources: Sequence[Source], reader: Reader, mapping: Mapping) -> Iterable[Batch]:
    """The visitors of all sources: their records, or these rolled up where the mapping says so.

    Raises `IcpctlError` where a source cannot be read.
    """
    if not mapping.by:
        return chain.from_iterable(map(reader.read, sources))
    from icpctl.visitors.rollup import RollUp

    return RollUp(reader, mapping).read(sources)


class Progress:
    """Tells `on_progress` the bytes that are read, of all sources, and their sum."""

    def __init__(self, sources: Sequence[Source], tell: Callable[[int, int], None]) -> None:
        self._before: dict[Path, int] = {}
        self._total = self._done = 0
        for source in sources:
            self._before[source.path] = self._total
            self._total += source.size
        self._tell = tell

    def read(self, batch: Batch) -> None:
        """Note that a batch was read; those of a roll-up begin again at the first source."""
        done = self._before[batch.source.path] + batch.bytes_read
        self._done = max(self._done, done)
        self._tell(self._done, self._total)


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def temporary_folder(parent: Path | None) -> Iterator[Path]:
    """A folder for temporary files in `parent`, or where the system has them.

    Raises `IcpctlError` `bad_usage` where there can be none.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix="icpctl-", dir=parent)
    except OSError as error:
        raise IcpctlError(
            f"no temporary files can be kept here: {error.strerror or error}",
            "bad_usage",
            Location(str(parent or tempfile.gettempdir())),
            "name another folder with --temp-dir",
        ) from None
    with folder as name:
        yield Path(name)
