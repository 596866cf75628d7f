"""The file of a report beside a scan: there when all is read and counted, or not at all."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from icpctl.files import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from icpctl.exports.sources import Source
    from icpctl.features.report.pages import ReportTarget


@dataclass(slots=True)
class Reporting:
    """A report over what is read, with which `on_sources` is called before the first file.

    `write` is set when the scan has ended: it writes the report.
    """

    target: ReportTarget
    on_sources: Callable[[Sequence[Source]], None]
    write: Callable[[BinaryIO], None] | None = None


@contextmanager
def reporting(it: Reporting | None) -> Iterator[None]:
    """Write the report at the end, if one is wanted. Raises `IcpctlError` `not_written`."""
    if it is None:
        yield
        return
    with replacing(it.target.path) as file:
        yield
        if it.write:
            it.write(file)
