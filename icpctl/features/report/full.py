"""What `icpctl score -o json --full` adds: the figures of the report as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from icpctl.config.model import named_configs
from icpctl.features.report.figures import STEPS, FigureCounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.model import ConfigFile
    from icpctl.features.report.best_visitors import TopVisitor
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Rows, Run


class FullFigures(Struct, frozen=True):
    """Counts a run of `configs` for the figures of a report."""

    configs: Sequence[ConfigFile]
    counts: FigureCounts

    @classmethod
    def begin(cls, configs: Sequence[ConfigFile], plan: Plan) -> FullFigures:
        """Return the figures with nothing counted yet; `plan` is that of the run."""
        return cls(configs, FigureCounts(plan))

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rows must have."""
        return self.counts.fields

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        self.counts.add(rows)

    def body(self, run: Run) -> dict[str, Any]:
        """Return the figures as JSON values.

        A histogram counts a config's matches by score, in steps of `100 / len(counts)`. A
        breakdown counts visitors and matches by the values of a field; the visitors whose value is
        in none of them are `uncounted`.
        """
        figures = self.counts.figures(run, named_configs(self.configs), [])
        histograms = zip(figures.configs, figures.histograms, strict=True)
        return {
            "averageScore": figures.average_score,
            "histogramStep": 100 // STEPS,
            "histograms": {config.slug: counts for config, counts in histograms},
            "days": [day.body() for day in figures.days],
            "breakdowns": [
                field.body() | {"uncounted": figures.uncounted.get(field.field, 0)}
                for field in figures.fields
            ],
            "bestVisitors": [_visitor_body(visitor) for visitor in figures.top or ()],
        }


def _visitor_body(visitor: TopVisitor) -> dict[str, Any]:
    return {
        "id": visitor.id,
        "file": visitor.file,
        "line": visitor.line,
        "icp": visitor.icp,
        "icp_score": visitor.icp_score,
        **visitor.about,
        "matches": [config.body() for config in visitor.matches],
        "moreMatches": visitor.more,
    }
