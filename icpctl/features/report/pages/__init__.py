"""Reports to look at: one page of HTML, or Markdown, behind `FORMATS`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from icpctl.errors import IcpctlError, Location
from icpctl.features.impact.page import impact_page
from icpctl.features.report.pages.html import html
from icpctl.features.report.pages.markdown import markdown
from icpctl.features.report.pages.sections import page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from icpctl.config.config_file import ConfigFile
    from icpctl.config.git_versions import Versions
    from icpctl.exports.sources import Source
    from icpctl.features.impact.bounds import Bound
    from icpctl.features.impact.model import Impact
    from icpctl.features.report.figures import FigureCounts
    from icpctl.features.report.pages.page import Page
    from icpctl.features.stats.counting import Period
    from icpctl.scoring.run import Options, Run

FORMATS: dict[str, Callable[[Page], str]] = {
    ".html": html,
    ".htm": html,
    ".md": markdown,
    ".markdown": markdown,
}
"""A file's extension -> what renders it."""


@dataclass(frozen=True, slots=True)
class ReportTarget:
    """A report's file, its title, and whether visitors are shown in it."""

    path: Path
    title: str | None = None
    visitors: bool = True

    def __post_init__(self) -> None:
        if self.path.suffix.lower() not in FORMATS:
            raise IcpctlError(
                "what the report should be is not clear from its name",
                "unknown_format",
                Location(str(self.path)),
                "end it in .html for a page, or in .md for Markdown",
            )

    def counts(
        self,
        configs: Sequence[ConfigFile],
        options: Options,
        period: Period | None = None,
        *,
        changes: bool = False,
    ) -> FigureCounts:
        """Return what counts a run for this report; its `fields` go into the options.

        With `changes` also what it would gain to ask for less. Where there is a `period`, nobody
        asks what keeps visitors away.
        """
        from icpctl.features.insight.counting import InsightCounts
        from icpctl.features.report.figures import FigureCounts
        from icpctl.scoring.plan import make_plan

        pairs = [(it.slug, it.config) for it in configs]
        if period is None:
            insight = InsightCounts.of(pairs, options, changes=changes)
            return FigureCounts(insight.plan, insight, visitors=self.visitors)
        plan = make_plan(pairs, as_of=options.as_of, case_sensitive=options.case_sensitive)
        return FigureCounts(plan, period=period, visitors=self.visitors)

    def write(
        self, file: BinaryIO, counts: FigureCounts, run: Run, configs: Sequence[ConfigFile]
    ) -> None:
        """Write the report of a run, for the configs that were scored."""
        figures = counts.figures(run, [(it.slug, it.config) for it in configs])
        self._write(file, page(figures, configs, self.title))

    def write_impact(
        self,
        file: BinaryIO,
        found: Impact,
        versions: Versions,
        bounds: Sequence[Bound],
        sources: Sequence[Source],
    ) -> None:
        """Write the report of what another version of the configs does to the visitors read."""
        found_page = impact_page(
            found, versions, bounds, sources, self.title, visitors=self.visitors
        )
        self._write(file, found_page)

    def _write(self, file: BinaryIO, found: Page) -> None:
        file.write(FORMATS[self.path.suffix.lower()](found).encode())
