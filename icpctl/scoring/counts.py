"""What many verdicts come to: visitors, matches, first places and scores, in all and by config."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from icpctl.scoring.report import ConfigReport, rate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from icpctl.scoring.kernel.config_plan import ConfigPlan
    from icpctl.scoring.kernel.verdicts import Verdicts


class Counts:
    """The counts so far over `configs` configs. Scores are summed in hundredths, which are exact.

    `score_sum` is over the `icp_score` of matching visitors, `score_sums` over each config's
    matches. `excluded` are visitors whom an excluding config matches, `in_tier` [tiers] those of
    each tier.
    """

    def __init__(self, configs: int, tiers: int = 0) -> None:
        self.configs = configs
        self.visitors = self.matched = self.score_sum = self.excluded = 0
        self.in_tier = np.zeros(tiers, np.int64)
        self.matched_by, self.first_by, self.score_sums = np.zeros((3, configs), np.int64)

    def add(self, verdicts: Verdicts, chosen: np.ndarray | None = None) -> None:
        """Count a batch, or of it the rows that are True in `chosen` [rows]."""
        icp, icp_hundredths = verdicts.icp, verdicts.icp_hundredths
        configs, hundredths = verdicts.configs, verdicts.hundredths
        if chosen is not None:
            of_chosen = np.repeat(chosen, np.diff(verdicts.offsets))
            icp, icp_hundredths = icp[chosen], icp_hundredths[chosen]
            configs, hundredths = configs[of_chosen], hundredths[of_chosen]
        first = icp[icp >= 0]
        self.visitors += len(icp)
        self.matched += len(first)
        self.score_sum += int(icp_hundredths.sum())
        self.matched_by += np.bincount(configs, minlength=self.configs)
        self.first_by += np.bincount(first, minlength=self.configs)
        sums = np.bincount(configs, weights=hundredths, minlength=self.configs)
        self.score_sums += sums.astype(np.int64)
        self._add_exclusions(verdicts, chosen)
        if verdicts.tier is not None:
            tier = verdicts.tier if chosen is None else verdicts.tier[chosen]
            self.in_tier += np.bincount(tier[tier >= 0], minlength=len(self.in_tier))

    def _add_exclusions(self, verdicts: Verdicts, chosen: np.ndarray | None) -> None:
        is_excluded = verdicts.is_excluded
        self.excluded += int(
            np.count_nonzero(is_excluded if chosen is None else is_excluded[chosen])
        )
        for matches in verdicts.exclusions:
            hundredths = matches.hundredths
            if chosen is not None:
                hundredths = hundredths[chosen[matches.rows]]
            self.matched_by[matches.config] += len(hundredths)
            self.score_sums[matches.config] += int(hundredths.sum(dtype=np.int64))

    def merge(self, later: Counts) -> None:
        """Add what was counted of other visitors, over the same configs."""
        self.visitors += later.visitors
        self.matched += later.matched
        self.score_sum += later.score_sum
        self.excluded += later.excluded
        self.in_tier += later.in_tier
        self.matched_by += later.matched_by
        self.first_by += later.first_by
        self.score_sums += later.score_sums

    @property
    def match_rate(self) -> float | None:
        """Matching visitors over all."""
        return rate(self.matched, self.visitors)

    @property
    def average_score(self) -> float | None:
        """The mean `icp_score` of matching visitors."""
        return _mean(self.score_sum, self.matched)

    def tier_counts(self, names: Collection[str]) -> dict[str, int] | None:
        """Visitors of each tier, the highest first; None where there are no tiers."""
        return dict(zip(names, self.in_tier.tolist(), strict=True)) if names else None

    def config_reports(self, configs: Sequence[ConfigPlan | ConfigReport]) -> list[ConfigReport]:
        """Each config's share; `configs` are those that the verdicts number."""
        return [
            ConfigReport(
                slug=config.slug,
                label=config.label,
                priority=config.priority,
                matched=matched,
                first=first,
                match_rate=rate(matched, self.visitors),
                average_score=_mean(score_sum, matched),
            )
            for config, matched, first, score_sum in zip(
                configs,
                self.matched_by.tolist(),
                self.first_by.tolist(),
                self.score_sums.tolist(),
                strict=True,
            )
        ]


def _mean(hundredths: int, count: int) -> float | None:
    """The mean with two decimals, half up."""
    return (2 * hundredths + count) // (2 * count) / 100 if count else None
