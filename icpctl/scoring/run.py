"""One scan: reads visitors, scores them in order on all cores, hands rows on, and counts."""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import nsmallest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from icpctl.scoring.counts import Counts
from icpctl.scoring.plan import make_plan
from icpctl.scoring.report import MatchReport
from icpctl.scoring.verdicts import Verdicts, score_batch
from icpctl.visitors import mapping as visitor_mapping
from icpctl.visitors.columns import Columns
from icpctl.visitors.reading import Reader
from icpctl.visitors.sources import find_sources
from icpctl.visitors.values import scalar_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from icpctl.config.model import IcpConfig
    from icpctl.scoring.plan import Plan
    from icpctl.visitors.mapping import Mapping
    from icpctl.visitors.reading import Batch, Rejected
    from icpctl.visitors.sources import Source

SHOWN = 10
"""How many rejected lines, field warnings and best visitors a run keeps for people to see."""

_CARRIED = "carry "


@dataclass(frozen=True, slots=True)
class FieldWarning:
    """A value that does not fit its field's kind, as JSON text."""

    file: str
    line: int
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class BestVisitor:
    """One of the visitors with the highest scores."""

    id: str | None
    file: str
    line: int
    icp: str
    icp_score: float


@dataclass(frozen=True, slots=True)
class Rows:
    """Scored visitors of one batch, in order, for a writer.

    `ids` and each of `carried` and `fields` hold JSON texts; `lines` and `verdicts` go with them
    row by row. `slugs` are the configs' by the numbers in `verdicts`.
    """

    slugs: tuple[str, ...]
    source: str
    lines: np.ndarray
    ids: pa.Array
    carried: dict[str, pa.Array]
    fields: dict[str, pa.Array]
    verdicts: Verdicts


@dataclass(frozen=True, slots=True)
class Options:
    """How to score. `as_of` (now) has a time zone; `threads` 0 means all cores.

    `carry` are paths in the record, as in a mapping, and `fields` are fields of the mapping;
    their values go with each row.
    """

    as_of: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    case_sensitive: bool = False
    mapping: Mapping | None = None
    carry: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    threads: int = 0


@dataclass(slots=True)
class Run:
    """What a run found besides its report: the first of what people want to see."""

    report: MatchReport
    rejected: list[Rejected]
    warnings: list[FieldWarning]
    best: list[BestVisitor]


def score(
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    *,
    on_sources: Callable[[Sequence[Source]], None] = lambda _: None,
    on_rows: Callable[[Rows], None] = lambda _: None,
    on_rejected: Callable[[Rejected], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Run:
    """Scores files, globs, folders or stdin (`-`) against `(slug, config)` pairs.

    `on_sources` gets the files before the first is read, `on_rows` every visitor in the input's
    order, `on_progress` bytes done and in all.
    Raises `IcpctlError` where an input cannot be read.
    """
    started = time.perf_counter()
    plan = make_plan(configs, as_of=options.as_of, case_sensitive=options.case_sensitive)
    counted = _Counted(plan, Counts(len(plan.configs)))
    slugs = tuple(config.slug for config in plan.configs)
    with tempfile.TemporaryDirectory(prefix="icpctl-") as spool:
        sources = find_sources(visitors, Path(spool))
        on_sources(sources)
        total = sum(source.size for source in sources)
        reader = Reader(columns_of(plan, options), Path(spool), options.threads or cores())
        done = 0
        for source in sources:
            batches = reader.read(source)
            for batch, verdicts in _scored(batches, plan, options.threads or cores()):
                counted.add(batch, verdicts)
                for rejected in batch.rejected:
                    on_rejected(rejected)
                on_rows(_rows(batch, verdicts, slugs, options))
                on_progress(done + batch.bytes_read, total)
            done += source.size
    return counted.run(time.perf_counter() - started)


def cores() -> int:
    """How many threads there is room for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def columns_of(plan: Plan, options: Options) -> Columns:
    """What is read of each record: the id, what the plan needs, and what `options` ask for."""
    mapping = options.mapping or visitor_mapping.load_mapping(None)
    names = dict.fromkeys([visitor_mapping.ID, *plan.columns, *options.fields])
    paths = {name: mapping.paths[name] for name in names}
    carried = {
        _CARRIED + str(number): (visitor_mapping.parse_path(text),)
        for number, text in enumerate(options.carry)
    }
    return Columns(paths | carried)


def _scored(batches: Iterator[Batch], plan: Plan, threads: int) -> Iterator[tuple[Batch, Verdicts]]:
    """Scores batches on threads; the results come in order."""
    pending: deque[tuple[Batch, Future[Verdicts]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for batch in batches:
                pending.append((batch, pool.submit(score_batch, batch.table, plan)))
                if len(pending) > threads:
                    first, verdicts = pending.popleft()
                    yield first, verdicts.result()
            while pending:
                first, verdicts = pending.popleft()
                yield first, verdicts.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _rows(batch: Batch, verdicts: Verdicts, slugs: tuple[str, ...], options: Options) -> Rows:
    carried = {
        text: batch.table[_CARRIED + str(number)] for number, text in enumerate(options.carry)
    }
    fields = {name: batch.table[name] for name in options.fields}
    ids = batch.table[visitor_mapping.ID]
    return Rows(slugs, batch.source.name, batch.lines, ids, carried, fields, verdicts)


@dataclass(slots=True)
class _Counted:
    """What a run found so far."""

    plan: Plan
    counts: Counts
    rejected: int = 0
    misfits: Counter[str] = field(default_factory=Counter)
    first_rejected: list[Rejected] = field(default_factory=list)
    warnings: list[FieldWarning] = field(default_factory=list)
    best: list[tuple[float, int, BestVisitor]] = field(default_factory=list)

    def add(self, batch: Batch, verdicts: Verdicts) -> None:
        self._keep_best(batch, verdicts)
        self._keep_warnings(batch, verdicts)
        room = SHOWN - len(self.first_rejected)
        self.first_rejected += batch.rejected[:room]
        self.rejected += len(batch.rejected)
        self.counts.add(verdicts)

    def _keep_best(self, batch: Batch, verdicts: Verdicts) -> None:
        worst = self.best[-1][0] if len(self.best) == SHOWN else 0.0
        rows = np.flatnonzero((verdicts.icp >= 0) & (-verdicts.icp_score < worst))
        rows = rows[np.argsort(-verdicts.icp_score[rows], kind="stable")][:SHOWN]
        if not len(rows):
            return
        ids = scalar_texts(batch.table[visitor_mapping.ID].take(pa.array(rows))).to_pylist()
        found = [
            (
                -float(verdicts.icp_score[row]),
                self.counts.visitors + int(row),
                BestVisitor(
                    visitor,
                    batch.source.name,
                    int(batch.lines[row]),
                    self.plan.configs[verdicts.icp[row]].slug,
                    float(verdicts.icp_score[row]),
                ),
            )
            for row, visitor in zip(rows, ids, strict=True)
        ]
        self.best = nsmallest(SHOWN, [*self.best, *found], key=lambda one: one[:2])

    def _keep_warnings(self, batch: Batch, verdicts: Verdicts) -> None:
        found = []
        for name, rows in verdicts.misfits.items():
            self.misfits[name] += len(rows)
            column = batch.table[name]
            found += [
                FieldWarning(
                    batch.source.name, int(batch.lines[row]), name, _json(column[int(row)])
                )
                for row in rows[:SHOWN]
            ]
        found.sort(key=lambda one: one.line)
        self.warnings += found[: SHOWN - len(self.warnings)]

    def run(self, seconds: float) -> Run:
        counts = self.counts
        report = MatchReport(
            as_of=self.plan.as_of,
            visitors=counts.visitors,
            rejected=self.rejected,
            field_warnings=dict(sorted(self.misfits.items())),
            matched=counts.matched,
            match_rate=counts.match_rate,
            configs=counts.config_reports(self.plan.configs),
            elapsed_seconds=round(seconds, 3),
        )
        return Run(report, self.first_rejected, self.warnings, [one for *_, one in self.best])


def _json(value: pa.Scalar) -> str:
    found = value.as_py()
    return f"[{','.join(map(str, found))}]" if isinstance(found, list) else str(found)
