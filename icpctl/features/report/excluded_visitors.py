"""The first visitors of a run whom a config excludes, kept for people to check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct

from icpctl.features.report.best_visitors import ABOUT, CONTACT, field_texts, token_of
from icpctl.mappings.mapping import ID

if TYPE_CHECKING:
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Rows

MOST = 100
"""How many visitors are kept."""


class ExcludedVisitor(Struct, frozen=True):
    """A visitor whom the config `by` excludes; `about` has texts as those of `TopVisitor`."""

    id: str | None
    file: str
    line: int
    by: str
    about: dict[str, str | None]


class ExcludedVisitors:
    """Counts whom each config excludes, and keeps the first of them with `visitors`."""

    def __init__(self, plan: Plan, visitors: bool) -> None:
        self.plan = plan
        self.visitors = visitors
        self.counts = np.zeros(len(plan.configs), np.int64)
        self.first: list[ExcludedVisitor] = []

    @property
    def by_config(self) -> list[tuple[str, int]] | None:
        """How many visitors each excluding config excludes, None where no config does."""
        if not self.plan.excludes:
            return None
        pairs = zip(self.plan.configs, self.counts.tolist(), strict=True)
        return [(config.slug, count) for config, count in pairs if config.excludes]

    def add(self, rows: Rows, chosen: np.ndarray) -> None:
        """Look at the rows of a batch that are True in `chosen` [rows]."""
        excluded_by = rows.verdicts.excluded_by
        if excluded_by is None:
            return
        excluded = np.flatnonzero(chosen & (excluded_by >= 0))
        self.counts += np.bincount(excluded_by[excluded], minlength=len(self.counts))
        if self.visitors and len(self.first) < MOST and len(excluded):
            self._keep(rows, excluded_by, excluded[: MOST - len(self.first)])

    def _keep(self, rows: Rows, excluded_by: np.ndarray, row_indices: np.ndarray) -> None:
        taken = pa.array(row_indices)
        columns = {
            name: rows.fields[name].take(taken).to_pylist() for name in (ID, *ABOUT, *CONTACT)
        }
        texts = {name: field_texts(list(map(token_of, values))) for name, values in columns.items()}
        self.first += [
            ExcludedVisitor(
                texts[ID][number],
                rows.source,
                int(rows.lines[row]),
                self.plan.configs[excluded_by[row]].slug,
                {name: texts[name][number] for name in (*ABOUT, *CONTACT)},
            )
            for number, row in enumerate(row_indices.tolist())
        ]
