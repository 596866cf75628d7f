"""What many verdicts come to: counts in all, by config and by file, misfits, the best visitors."""

from __future__ import annotations

from heapq import nsmallest
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.exports.columns.field_warnings import FieldWarnings, Misfits, misfits_of
from icpctl.mappings.mapping import ID
from icpctl.scoring.report import ConfigReport, MatchReport, rate
from icpctl.values.typed_columns import scalar_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from icpctl.exports.columns.batches import Batch, Rejected
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.report import UnreadFieldReport
    from icpctl.scoring.scores import ConfigPlan
    from icpctl.scoring.verdicts import Verdicts


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


T = TypeVar("T")


class Ranked(Struct, Generic[T], frozen=True):
    """A visitor by its score in hundredths, and by how many visitors came before it."""

    hundredths: int
    position: int
    visitor: T

    @property
    def rank(self) -> tuple[int, int]:
        """The order: the highest score first, of equals those that came first."""
        return -self.hundredths, self.position


class BestVisitors(Struct, Generic[T]):
    """Keeps at most `most` of the visitors that match with a score above `floor` (hundredths)."""

    most: int
    floor: int = -1
    seen: int = 0
    ranked: list[Ranked[T]] = field(default_factory=list)

    def add(
        self,
        verdicts: Verdicts,
        visitors_on: Callable[[np.ndarray], Iterable[T]],
        chosen: np.ndarray | None = None,
    ) -> None:
        """Look at a batch, or of it at the rows that are True in `chosen` [rows].

        `visitors_on` makes the visitors of row numbers: only of those that are kept for now.
        """
        position, scores = self.seen, verdicts.icp_hundredths
        self.seen += len(scores)
        worst = self.ranked[-1].hundredths if len(self.ranked) == self.most else self.floor
        is_better = (verdicts.icp >= 0) & (scores > worst)
        rows = np.flatnonzero(is_better if chosen is None else is_better & chosen)
        rows = rows[np.argsort(-scores[rows], kind="stable")][: self.most]
        if len(rows):
            ranked = zip(rows.tolist(), scores[rows].tolist(), visitors_on(rows), strict=True)
            self._keep([Ranked(score, position + row, visitor) for row, score, visitor in ranked])

    def merge(
        self, later: BestVisitors[T], change: Callable[[T], T] = lambda visitor: visitor
    ) -> None:
        """Keep the best of a later part of the run, too; `change` is applied to its visitors."""
        self._keep(
            [
                Ranked(other.hundredths, self.seen + other.position, change(other.visitor))
                for other in later.ranked
            ]
        )
        self.seen += later.seen

    @property
    def visitors(self) -> list[T]:
        """The best, in order."""
        return [ranked.visitor for ranked in self.ranked]

    def _keep(self, more: list[Ranked[T]]) -> None:
        self.ranked = nsmallest(self.most, [*self.ranked, *more], key=lambda ranked: ranked.rank)


class FileCounts(Struct):
    """What a file, or a part of one, has: `visitors`, and the `fields` that some record has.

    A field that holds only values that do not fit it counts: these are distinguished. Of CSV
    `repeated_headers` were passed over; `left_out` records are not those that the mapping asks for.
    `without_id` visitors have no id, the first of them on line `first_without_id`.
    """

    visitors: int = 0
    fields: set[str] = field(default_factory=set)
    repeated_headers: int = 0
    left_out: int = 0
    without_id: int = 0
    first_without_id: int = 0

    def add(self, visitors: int, fields: Iterable[str]) -> None:
        """Note a batch."""
        self.visitors += visitors
        self.fields.update(fields)

    def merge(self, later: FileCounts, lines_before: int = 0) -> None:
        """Add what another part has, which begins after this many lines."""
        self.add(later.visitors, later.fields)
        self.repeated_headers += later.repeated_headers
        self.left_out += later.left_out
        if later.without_id and not self.without_id:
            self.first_without_id = later.first_without_id + lines_before
        self.without_id += later.without_id


SHOWN = 10
"""How many rejected lines and best visitors a run keeps for people to see."""


class BestVisitor(Struct, frozen=True):
    """One of the visitors with the highest scores."""

    id: str | None
    file: str
    line: int
    icp: str
    icp_score: float


class RunCounts(Struct):
    """What was found so far in a run, or in a part of one, to which `merge` adds a later one."""

    counts: Counts
    rejected: int = 0
    damaged: list[Rejected] = field(default_factory=list)
    warnings: FieldWarnings = field(default_factory=FieldWarnings)
    files: dict[str, FileCounts] = field(default_factory=dict)
    first_rejected: list[Rejected] = field(default_factory=list)
    best: BestVisitors[BestVisitor] = field(default_factory=lambda: BestVisitors(SHOWN, floor=0))

    @classmethod
    def of(cls, plan: Plan) -> RunCounts:
        """Nothing found yet."""
        return cls(Counts(len(plan.configs), len(plan.tiers)))

    def add(self, batch: Batch, verdicts: Verdicts, plan: Plan) -> None:
        """Count a batch that was judged by `plan`."""
        self.best.add(verdicts, lambda rows: _best_on(rows, batch, verdicts, plan))
        self._keep_warnings(batch, verdicts, plan)
        self._count_file(batch, verdicts)
        self.reject(batch.rejected)
        self.counts.add(verdicts)

    def _file(self, name: str) -> FileCounts:
        return self.files.setdefault(name, FileCounts())

    def reject(self, rejected: Sequence[Rejected]) -> None:
        """Count rejected lines, and apart from them the places where files are damaged."""
        lines = [line for line in rejected if not line.is_damage]
        self.first_rejected += lines[: SHOWN - len(self.first_rejected)]
        self.rejected += len(lines)
        self.damaged += [line for line in rejected if line.is_damage]

    def merge(self, later: RunCounts, lines_before: int = 0) -> None:
        """Add what was found in a later part, which begins after this many lines of its file."""
        self.best.merge(later.best, lambda best: replace(best, line=best.line + lines_before))
        self.first_rejected += [
            replace(rejected, line=rejected.line + lines_before)
            for rejected in later.first_rejected[: SHOWN - len(self.first_rejected)]
        ]
        self.rejected += later.rejected
        self.damaged += [replace(line, line=line.line + lines_before) for line in later.damaged]
        self.warnings.follow(later.warnings, lines_before)
        for name, counts in later.files.items():
            self._file(name).merge(counts, lines_before)
        self.counts.merge(later.counts)

    def report(self, plan: Plan, seconds: float, unread: list[UnreadFieldReport]) -> MatchReport:
        """The report, when all is counted, `seconds` after the start."""
        counts = self.counts
        return MatchReport(
            as_of=plan.as_of,
            visitors=counts.visitors,
            rejected=self.rejected,
            damaged=len(self.damaged),
            field_warnings=dict(sorted(self.warnings.counts.items())),
            unread_fields=unread,
            matched=counts.matched,
            excluded=counts.excluded if plan.excludes else None,
            match_rate=counts.match_rate,
            tiers=counts.tier_counts(dict(plan.tiers)),
            configs=counts.config_reports(plan.configs),
            elapsed_seconds=round(seconds, 3),
        )

    def _count_file(self, batch: Batch, verdicts: Verdicts) -> None:
        ids = batch.table[ID]
        counts = FileCounts(
            len(ids),
            {*verdicts.fields, *(batch.misfits or ())},
            batch.repeated_headers,
            batch.left_out,
            ids.null_count,
        )
        if counts.without_id:
            counts.first_without_id = int(batch.lines[pc.index(ids.is_null(), True).as_py()])
        self._file(batch.source.name).merge(counts)

    def _keep_warnings(self, batch: Batch, verdicts: Verdicts, plan: Plan) -> None:
        misfits = batch.misfits
        if misfits is None:
            misfits = {
                name: Misfits.of(batch.table[name], rows, batch.lines)
                for name, rows in verdicts.misfits.items()
            }
        asked = {name: misfits[name] for name in misfits if name in plan.columns}
        ids = batch.table[ID]
        if pc.any(pc.or_(pc.starts_with(ids, "{"), pc.starts_with(ids, "["))).as_py():
            asked |= misfits_of(batch.table, {ID: None}, batch.lines)
        self.warnings.add(batch.source.name, asked)


def _best_on(rows: np.ndarray, batch: Batch, verdicts: Verdicts, plan: Plan) -> list[BestVisitor]:
    ids = scalar_texts(batch.table[ID].take(pa.array(rows))).to_pylist()
    return [
        BestVisitor(
            visitor_id,
            batch.source.name,
            int(batch.lines[row]),
            plan.configs[verdicts.icp[row]].slug,
            float(verdicts.icp_score[row]),
        )
        for row, visitor_id in zip(rows, ids, strict=True)
    ]
