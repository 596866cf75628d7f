"""What `icpctl score` asks of this feature, for `--report` and `--full`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from icpctl.config.model import ConfigFile
    from icpctl.features.report.full import FullFigures
    from icpctl.features.report.target import Contribution, RunReport
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Options

    Contribute = Callable[[Sequence[ConfigFile], Options], Contribution]


def full_figures(configs: Sequence[ConfigFile], plan: Plan) -> FullFigures:
    """Return what counts the figures of `icpctl score -o json --full`."""
    from icpctl.features.report.full import FullFigures

    return FullFigures.begin(configs, plan)


def score_report(
    report: Path | None,
    title: str | None,
    no_visitors: bool,
    *,
    contribute: Contribute | None = None,
) -> Callable[[Sequence[ConfigFile], Options], RunReport] | None:
    """Return what makes the report that the options ask for, None where they ask for none.

    `contribute` makes the sections of another feature. Raises `IcpctlError`: `unknown_format`,
    `bad_usage` for options without `--report`.
    """
    from icpctl.features.report.target import RunReport, report_target

    target = report_target(report, title, no_visitors)
    if target is None:
        return None

    def begin(configs: Sequence[ConfigFile], options: Options) -> RunReport:
        contribution = contribute(configs, options) if contribute else None
        return RunReport.begin(target, configs, options, contribution=contribution)

    return begin
