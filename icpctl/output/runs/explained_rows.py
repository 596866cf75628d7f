"""Rows with the reasons of their verdicts, and the near misses among them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from icpctl.output.reasons import sentence

if TYPE_CHECKING:
    from icpctl.output.runs.row_files import RowFiles
    from icpctl.output.runs.verdict_rows import Layout
    from icpctl.scoring.reasons import Reasons
    from icpctl.scoring.run import Rows


@dataclass(frozen=True, slots=True)
class ExplainedRows:
    """Writes rows with sentences, where `layout` has them, and near misses, where a file has."""

    files: RowFiles
    layout: Layout
    reasons: Reasons

    def write(self, rows: Rows) -> None:
        """Write the rows of a batch, which have the fields of the plan."""
        self.files.write(self._with_why(rows) if self.layout.with_why else rows)
        if self.files.near_misses:
            self.files.miss([*self.reasons.near_misses(rows)])

    def _with_why(self, rows: Rows) -> Rows:
        only_matched = self.layout.only_matched
        why = self.reasons.sentences(rows, sentence, only_matched=only_matched)
        return replace(rows, why=why)
