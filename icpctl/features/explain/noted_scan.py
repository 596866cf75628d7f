"""A scan that notes which fields the files have, for what is said of those that they lack."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from msgspec import field

from icpctl.exports.visitor_scan import Scan
from icpctl.scoring.conditions import field_name
from icpctl.scoring.counts import FileCounts
from icpctl.scoring.verdicts import judge
from icpctl.timings import Timings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.exports.columns.batches import Batch
    from icpctl.exports.files.sources import Source
    from icpctl.scoring.plan import Plan

_READ_ON = 50  # batches that are read after the visitor, to know what its file lacks


class NotedScan(Scan, kw_only=True):
    """A scan for a plan, whose batches come once; `files` are the fields that each file has.

    A file is looked at as long as it lacks a field that the plan asks for.
    """

    plan: Plan
    files: dict[str, FileCounts] = field(default_factory=dict)
    _begun: Iterator[Batch] | None = None
    _is_whole: bool = False

    def batches(self) -> Iterator[Batch]:
        """Yield the batches that were not yielded yet."""
        self._begun = self._begun or Scan.batches(self)
        for batch in self._begun:
            self._note(batch)
            yield batch
        self._is_whole = True

    def knows(self, source: Source) -> bool:
        """Return whether it is known what a file lacks, after reading on for that, not for long."""
        for _ in islice(self.batches(), _READ_ON):
            if self._has_all(source.name):
                return True
        return self._is_whole

    def _note(self, batch: Batch) -> None:
        name = batch.source.name
        fields = set(batch.misfits or ())
        if not self._has_all(name):
            fields |= judge(batch.table, self.plan, Timings()).verdicts.fields
        self.files.setdefault(name, FileCounts()).add(batch.table.num_rows, fields)

    def _has_all(self, name: str) -> bool:
        there = self.files.get(name, FileCounts())
        return there.fields >= set(map(field_name, self.plan.types))
