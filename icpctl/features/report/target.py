"""The file of a report: there when all is read and counted, or not at all."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from icpctl.config.model import named_configs
from icpctl.errors import IcpctlError, Location
from icpctl.features.report.pages import FORMATS
from icpctl.files import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from icpctl.config.model import ConfigFile
    from icpctl.exports.files.sources import Source
    from icpctl.features.report.figures import FigureCounts
    from icpctl.features.report.pages.page import Page, Section
    from icpctl.features.report.period import Period
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Options, Rows, Run, Watch


class ReportTarget(Struct, frozen=True):
    """A report's file, its title, and whether visitors are shown in it.

    Raises `IcpctlError` `unknown_format`.
    """

    path: Path
    title: str | None = None
    visitors: bool = True

    def __post_init__(self) -> None:
        if self.path.suffix.lower() not in FORMATS:
            raise IcpctlError(
                "the extension of the report does not say its format",
                "unknown_format",
                Location(str(self.path)),
                "end it in .html for a page, or in .md for Markdown",
            )

    def write(self, file: BinaryIO, page: Page) -> None:
        """Write a page in the format of the file."""
        file.write(FORMATS[self.path.suffix.lower()](page).encode())


def report_target(report: Path | None, title: str | None, no_visitors: bool) -> ReportTarget | None:
    """Return what `--report` and its options ask for.

    Raises `IcpctlError`: `unknown_format`, `bad_usage` for options without `--report`.
    """
    if report is None:
        if title is not None or no_visitors:
            option = "--no-visitors" if title is None else "--report-title"
            raise IcpctlError(
                f"{option} needs --report",
                "bad_usage",
                hint="name its file too, such as --report report.html",
            )
        return None
    return ReportTarget(report, (title or "").strip() or None, visitors=not no_visitors)


@contextmanager
def report_file(target: ReportTarget | None) -> Iterator[BinaryIO | None]:
    """Yield the file of a report, if one is wanted; it appears when the block ends well.

    Raises `IcpctlError` `not_written`.
    """
    if target is None:
        yield None
        return
    with replacing(target.path) as file:
        yield file


class Contribution(Protocol):
    """What another feature counts in the run of a report, and the sections that it makes of it.

    The run must have its plan, and it must watch the run.
    """

    @property
    def plan(self) -> Plan:
        """The plan of the configs, with all that is asked besides."""

    @property
    def watch(self) -> Watch:
        """What looks at each batch."""

    def sections(self, run: Run, *, visitors: bool) -> Iterable[Section]:
        """The sections when all is counted; without `visitors` none of their values is named."""


class RunReport(Struct):
    """The report of a run of `configs`: it counts each batch, and is written when all is read."""

    target: ReportTarget
    configs: Sequence[ConfigFile]
    counts: FigureCounts
    contribution: Contribution | None = None
    sources: list[Source] = field(default_factory=list)

    @classmethod
    def begin(
        cls,
        target: ReportTarget,
        configs: Sequence[ConfigFile],
        options: Options,
        *,
        contribution: Contribution | None = None,
        period: Period | None = None,
    ) -> RunReport:
        """Return the report with nothing counted yet."""
        from icpctl.features.report.figures import FigureCounts
        from icpctl.scoring.plan import make_plan

        plan = (
            contribution.plan
            if contribution
            else make_plan(
                named_configs(configs),
                as_of=options.as_of,
                case_sensitive=options.case_sensitive,
                tiers=options.tiers,
            )
        )
        counts = FigureCounts(plan, period, visitors=target.visitors)
        return cls(target, configs, counts, contribution)

    @property
    def path(self) -> Path:
        """The report's file."""
        return self.target.path

    @property
    def plan(self) -> Plan:
        """The plan that the run must have."""
        return self.counts.plan

    @property
    def watch(self) -> Watch | None:
        """What must look at each batch."""
        return self.contribution.watch if self.contribution else None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rows must have."""
        return self.counts.fields

    def on_sources(self, sources: Sequence[Source]) -> None:
        """Note the files that are read."""
        self.sources = list(sources)

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        self.counts.add(rows)

    def write(self, file: BinaryIO, run: Run) -> None:
        """Write the report of the run."""
        from icpctl.features.report.pages.sections import page

        figures = self.counts.figures(run, named_configs(self.configs), self.sources)
        contributed: Iterable[Section] = ()
        if self.contribution:
            contributed = self.contribution.sections(run, visitors=self.target.visitors)
        self.target.write(file, page(figures, self.configs, self.target.title, contributed))
