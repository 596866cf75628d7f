"""What `icpctl score --report` asks of this feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from icpctl.config.config_file import ConfigFile
    from icpctl.features.report.target import Contribution, RunReport
    from icpctl.scoring.run import Options

    Contribute = Callable[[Sequence[ConfigFile], Options], Contribution]


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
