"""One scan: reads visitors, scores them in order on all cores, hands rows on, and counts."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow.compute as pc
from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.errors import IcpctlError, Location
from icpctl.exports.columns import json_texts
from icpctl.exports.columns.batches import Numbering, ThreadScanners
from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.files.sources import find_exports
from icpctl.exports.format_detection import map_sources
from icpctl.exports.readers.reading import KEPT_BYTES, Reader, cores
from icpctl.exports.visitor_scan import Progress, Scan
from icpctl.mappings import mapping as visitor_mapping
from icpctl.scoring.counts import RunCounts
from icpctl.scoring.plan import carried_name, carried_paths, is_custom, make_plan, paths_of
from icpctl.scoring.report import UnreadFieldReport
from icpctl.scoring.unread_fields import Unread, extra_fields, find_unread, require_carried
from icpctl.scoring.value_bits import KnownBits
from icpctl.scoring.verdicts import Judged, Verdicts, judge
from icpctl.timings import Timings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import pyarrow as pa

    from icpctl.config.model import IcpConfig
    from icpctl.exports.columns.batches import Batch, Rejected, Task
    from icpctl.exports.columns.field_warnings import FieldWarning
    from icpctl.exports.files.sources import Source
    from icpctl.exports.format_detection import Mapped
    from icpctl.exports.visitor_keys import By
    from icpctl.mappings.mapping import Mapping
    from icpctl.scoring.counts import BestVisitor, FileCounts
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.report import MatchReport
    from icpctl.vocabulary import ConditionType

Watch = Callable[[Judged], Callable[[], None]]
"""What looks at a batch on the thread that judges it; returns what to do about it, in order."""


class Rows(Struct, frozen=True):
    """Scored visitors of one batch, in order, for a writer.

    `ids` and each of `carried` and `fields` hold JSON texts; `lines` and `verdicts` go with them
    row by row. `slugs` are the configs' and `tiers` the tiers' names by the numbers in `verdicts`.
    `why` are sentences that say why each visitor has its verdict, where these are asked for.
    """

    slugs: tuple[str, ...]
    tiers: tuple[str, ...]
    source: str
    lines: np.ndarray
    ids: pa.Array
    carried: dict[str, pa.Array]
    fields: dict[str, pa.Array]
    verdicts: Verdicts
    why: pa.Array | None = None


class Options(Struct, frozen=True):
    """How to score. `as_of` (now) has a time zone; `threads` 0 means all cores.

    Each file takes the first of `mappings` that recognises it, else the first of them; without any
    its format is recognised. `by` says what records of one visitor have in common, if they are to
    be put together. `carry` are fields or paths in the record, as in a mapping, and `fields` are
    fields; their values go with each row.
    `temp_dir` is the folder for temporary files, where it is not the system's. `encoding` is that
    of CSV files, None where they must be UTF-8 or UTF-16. `tiers` are names with the lowest scores
    that they begin at. With `follow` stdin, which must be JSON lines, is scored as it comes.
    `custom` are the custom fields that `by`, `carry` and `fields` may name besides those asked for.
    Who looks at the values of a batch gets them in the order of its rows, unless `any_order` will
    do, which is faster.
    """

    as_of: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    case_sensitive: bool = False
    mappings: tuple[Mapping, ...] = ()
    carry: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    threads: int = 0
    temp_dir: Path | None = None
    encoding: str | None = None
    tiers: dict[str, float] = field(default_factory=dict)
    by: By = ()
    follow: bool = False
    any_order: bool = False
    custom: dict[str, ConditionType] = field(default_factory=dict)

    def with_fields(self, names: Iterable[str]) -> Options:
        """Return the options, asking also for these fields."""
        return replace(self, fields=tuple(dict.fromkeys([*self.fields, *names])))


class Run(Struct):
    """What a run found besides its report: the first of what people want to see.

    `mapped` tells for each file the mapping it was read with, `damaged` where files could not be
    read on, `unread` what was asked for and is missing, `skipped` which files in folders are not
    exports by their names, and `files` what was counted in each file.
    """

    report: MatchReport
    mapped: list[Mapped]
    rejected: list[Rejected]
    damaged: list[Rejected]
    warnings: list[FieldWarning]
    best: list[BestVisitor]
    unread: Unread = field(default_factory=Unread)
    skipped: list[str] = field(default_factory=list)
    files: dict[str, FileCounts] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds for each step; those of scoring are added up over the threads."""

    @classmethod
    def of(
        cls,
        counts: RunCounts,
        plan: Plan,
        configs: Iterable[tuple[str, IcpConfig]],
        seconds: float,
        sources: Sequence[Source],
        mapped: list[Mapped],
        timings: dict[str, float],
        by: By = (),
    ) -> Run:
        """The run, when all is counted."""
        unread = find_unread(sources, mapped, counts.files, plan, configs, by=by)
        reports = [
            UnreadFieldReport.model_validate(field, from_attributes=True) for field in unread.fields
        ]
        report = counts.report(plan, seconds, reports)
        first, best = counts.first_rejected, counts.best.visitors
        warnings = counts.warnings.summary()
        run = cls(report, mapped, first, counts.damaged, warnings, best, unread, timings=timings)
        run.files = counts.files
        return run


def score(
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    *,
    plan: Plan | None = None,
    watch: Watch | None = None,
    on_sources: Callable[[Sequence[Source]], None] = lambda _: None,
    on_rows: Callable[[Rows], None] = lambda _: None,
    on_rejected: Callable[[Rejected], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    on_failure: Callable[[], object] = lambda: None,
) -> Run:
    """Scores files, globs, folders or stdin (`-`) against `(slug, config)` pairs.

    `plan` is the configs', where there is one already. `watch` sees every batch on the thread that
    judges it; what it returns is called in the input's order. `on_sources` gets the files before
    visitors are read, `on_rows` every visitor in the input's order, `on_progress` bytes done and
    in all. `on_failure` releases a `watch` that waits for something, as the threads are ended.
    Raises `IcpctlError` where an input cannot be read, `mapping_fits_nothing`, and `no_such_field`
    for a name to carry that is nowhere.
    """
    started = time.perf_counter()
    timings = Timings()
    with timings.step("plan"):
        plan = plan or make_plan(
            configs,
            as_of=options.as_of,
            case_sensitive=options.case_sensitive,
            tiers=options.tiers,
        )
    counts = RunCounts.of(plan)
    exports = find_exports(visitors, options.encoding, follow=options.follow)
    sources = exports.sources
    mapped = map_sources(sources, options.mappings, rolled_up=bool(options.by))
    on_sources(sources)
    if options.follow:
        _require_followable(sources, mapped, options.by)
    in_order = bool(watch or options.fields) and not options.any_order
    options = options.with_fields(extra_fields(mapped, plan))
    progress = Progress(sources, on_progress)
    scan = Scan(
        list(zip(sources, (its.mapping for its in mapped), strict=True)),
        Reader(
            Columns({}),
            temp_dir=options.temp_dir,
            scanners=ThreadScanners(timings, 0 if in_order else KEPT_BYTES),
        ),
        lambda mapping: columns_of(plan, mapping, options),
        needs_keys=bool(options.mappings),
        by=options.by,
    )
    judging = _Judging(plan, timings, watch)
    threads = 0 if options.follow else options.threads or cores()
    for batch, (verdicts, watched) in _scored(scan.tasks(), judging, threads, on_failure):
        with timings.step("count"):
            counts.add(batch, verdicts, plan)
            watched()
        for rejected in batch.rejected:
            on_rejected(rejected)
        with timings.step("write"):
            on_rows(rows_of(batch, verdicts, plan, options))
        progress.read(batch)
    require_carried(options.carry, counts.files, sources, mapped, [*options.custom, *plan.types])
    seconds = time.perf_counter() - started
    run = Run.of(counts, plan, configs, seconds, sources, mapped, timings.seconds, options.by)
    run.skipped = exports.skipped
    return run


def _require_followable(sources: Sequence[Source], mapped: Sequence[Mapped], by: By) -> None:
    """Raise `IcpctlError` `bad_usage` where records cannot be scored one by one as they come."""
    for source, its in zip(sources, mapped, strict=True):
        if source.format != "json":
            reason = f"what comes is {source.format.upper()}, and only JSON lines can be followed"
        elif its.mapping.by or by:
            what = "--by" if by else f"the mapping {its.mapping.name}"
            reason = f"{what} rolls records up, which takes all of them"
        else:
            continue
        hint = "leave --follow out: then all is read before the last row is written"
        raise IcpctlError(reason, "bad_usage", Location(source.name), hint)


def columns_of(plan: Plan, mapping: Mapping, options: Options) -> Columns:
    """What is read of each record: the id, what the plan needs, and what `options` ask for."""
    types = {**options.custom, **plan.types}
    named = [text for text in options.carry if text in mapping.paths or is_custom(types, text)]
    names = dict.fromkeys([visitor_mapping.ID, *plan.columns, *options.fields, *named])
    paths = {name: paths_of(types, mapping, name) for name in names}
    carried = {
        carried_name(number): carried_paths(types, mapping, text)
        for number, text in enumerate(options.carry)
    }
    custom = {name: types[name] for name in names if is_custom(types, name)}
    return Columns.of(mapping, paths | carried, custom)


class _Judging(Struct, frozen=True):
    """What is done with a batch on a thread."""

    plan: Plan
    timings: Timings
    watch: Watch | None
    _own: threading.local = field(default_factory=threading.local)

    def __call__(self, table: pa.RecordBatch) -> tuple[Verdicts, Callable[[], None]]:
        judged = judge(table, self.plan, self.timings, self._known)
        if self.watch is None:
            return judged.verdicts, lambda: None
        with self.timings.step("watch"):
            return judged.verdicts, self.watch(judged)

    @property
    def _known(self) -> KnownBits:
        """What this thread knows of the batches before."""
        if not hasattr(self._own, "known"):
            self._own.known = KnownBits(self.plan)
        known: KnownBits = self._own.known
        return known


Scored = tuple["Batch", tuple[Verdicts, Callable[[], None]]]


def _scored(
    tasks: Generator[Task], judging: _Judging, threads: int, on_failure: Callable[[], object]
) -> Iterator[Scored]:
    """Read and score batches on threads; the results come in order, their lines numbered.

    Without `threads` each batch is scored when it is read, before the next is.
    """
    pending: deque[Future[Scored]] = deque()
    numbering = Numbering()

    def work(task: Task) -> Scored:
        batch = task()
        return batch, judging(batch.table)

    def done() -> Scored:
        with judging.timings.step("wait for scoring"):
            batch, judged = pending.popleft().result()
        return numbering.placed(batch), judged

    if not threads:
        for batch, judged in map(work, tasks):
            yield numbering.placed(batch), judged
        return
    with ThreadPoolExecutor(threads) as pool, closing(tasks):
        try:
            for task in tasks:
                pending.append(pool.submit(work, task))
                if len(pending) > threads:
                    yield done()
            while pending:
                yield done()
        except BaseException:
            on_failure()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def rows_of(batch: Batch, verdicts: Verdicts, plan: Plan, options: Options) -> Rows:
    """The rows of a batch, judged by `plan`, for a writer."""
    carried = {text: _carried(batch, n, text) for n, text in enumerate(options.carry)}
    fields = {name: batch.table[name] for name in options.fields}
    ids = batch.table[visitor_mapping.ID]
    slugs = tuple(config.slug for config in plan.configs)
    tiers = tuple(name for name, _ in plan.tiers)
    return Rows(slugs, tiers, batch.source.name, batch.lines, ids, carried, fields, verdicts)


def _carried(batch: Batch, number: int, text: str) -> pa.Array:
    """Return what a row has of a carried name: of a field the visitor's value, else the record's.

    Of pages that are one record's, that is what the record has.
    """
    own = batch.table[carried_name(number)]
    if text not in batch.table.schema.names or (
        text == visitor_mapping.PAGES and batch.misfits is None
    ):
        return own
    values = batch.table[text]
    shown = json_texts.joined(values) if text == visitor_mapping.PAGES else json_texts.plain(values)
    return pc.coalesce(shown, own)
