"""What features add to commands of the core: `cli/app.py` registers it here."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar

from msgspec import Struct

from icpctl.errors import IcpctlError

if TYPE_CHECKING:
    from icpctl.config.loading import Loaded
    from icpctl.config.model import ConfigFile, IcpConfig
    from icpctl.exports.files.sources import Source
    from icpctl.output.layout import Layout
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Options, Rows, Run, Watch

T = TypeVar("T")


class RunReport(Protocol):
    """A report that looks at a run, and is written when all is read."""

    @property
    def path(self) -> Path:
        """The file that is written."""

    @property
    def plan(self) -> "Plan":
        """The plan that the run must have."""

    @property
    def watch(self) -> "Watch | None":
        """What must look at each batch."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rows must have."""

    def on_sources(self, sources: "Sequence[Source]") -> None:
        """Note the files that are read."""

    def add(self, rows: "Rows") -> None:
        """Count a batch, which has `fields`."""

    def write(self, file: BinaryIO, run: "Run") -> None:
        """Write the report of the run."""


class RunFigures(Protocol):
    """More figures of a run, for JSON."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rows must have."""

    def add(self, rows: "Rows") -> None:
        """Count a batch, which has `fields`."""

    def body(self, run: "Run") -> dict[str, Any]:
        """Return the figures as JSON values."""


class RowReasons(Protocol):
    """Says of the rows of a run why they have their verdicts, and writes near misses."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rows must have."""

    def writing(self) -> AbstractContextManager[None]:
        """Open the file of near misses, if any; it appears when the block ends well."""

    def explain(self, rows: "Rows") -> "Rows":
        """Return the rows of a batch with what explains them."""


MakeReasons = Callable[["Plan", "dict[str, IcpConfig]"], RowReasons]
MakeReport = Callable[["Sequence[ConfigFile]", "Options"], RunReport]


class Extensions(Struct):
    """What is registered; None where the feature is not there.

    `report` gives what makes the report that `--report`, `--report-title` and `--no-visitors` of
    `score` ask for, None where they ask for none; `figures` makes those of `--full`, and `reasons`
    what `--why` and `--near-misses` ask for. `prove` adds what is proved of configs to their
    findings, and returns how many questions are left open.
    """

    report: Callable[[Path | None, str | None, bool], MakeReport | None] | None = None
    figures: "Callable[[Sequence[ConfigFile], Plan], RunFigures] | None" = None
    reasons: "Callable[[Layout, str | None], MakeReasons] | None" = None
    prove: "Callable[[Loaded], int] | None" = None


EXTENSIONS = Extensions()


def required(extension: T | None, option: str) -> T:
    """Return an extension; raise `IcpctlError` `not_installed` where it is not there."""
    if extension is None:
        raise IcpctlError(f"{option} is not part of this installation", "not_installed")
    return extension
