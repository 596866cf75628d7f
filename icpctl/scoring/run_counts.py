"""What is counted of a run or a part of one: verdicts, rejected lines, misfits, best visitors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.exports.columns.field_warnings import FieldWarnings, Misfits, misfits_of
from icpctl.mappings.mapping import ID
from icpctl.scoring.counts import BestVisitors, Counts, FileCounts
from icpctl.scoring.report import MatchReport, UnreadFieldReport
from icpctl.values.typed_columns import scalar_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from icpctl.exports.columns.batches import Batch, Rejected
    from icpctl.scoring.kernel.plan import Plan
    from icpctl.scoring.kernel.verdicts import Verdicts
    from icpctl.scoring.unread_fields import UnreadField

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
        lines = [it for it in rejected if not it.is_damage]
        self.first_rejected += lines[: SHOWN - len(self.first_rejected)]
        self.rejected += len(lines)
        self.damaged += [it for it in rejected if it.is_damage]

    def merge(self, later: RunCounts, lines_before: int = 0) -> None:
        """Add what was found in a later part, which begins after this many lines of its file."""
        self.best.merge(later.best, lambda best: replace(best, line=best.line + lines_before))
        self.first_rejected += [
            replace(rejected, line=rejected.line + lines_before)
            for rejected in later.first_rejected[: SHOWN - len(self.first_rejected)]
        ]
        self.rejected += later.rejected
        self.damaged += [replace(it, line=it.line + lines_before) for it in later.damaged]
        self.warnings.follow(later.warnings, lines_before)
        for name, counts in later.files.items():
            self._file(name).merge(counts, lines_before)
        self.counts.merge(later.counts)

    def report(self, plan: Plan, seconds: float, unread: Sequence[UnreadField]) -> MatchReport:
        """The report, when all is counted, `seconds` after the start."""
        counts = self.counts
        return MatchReport(
            as_of=plan.as_of,
            visitors=counts.visitors,
            rejected=self.rejected,
            damaged=len(self.damaged),
            field_warnings=dict(sorted(self.warnings.counts.items())),
            unread_fields=[
                UnreadFieldReport.model_validate(field, from_attributes=True) for field in unread
            ],
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
