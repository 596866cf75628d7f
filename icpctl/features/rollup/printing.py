"""Roll records up into a file, and print the counts for people and programs."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.errors import IcpctlError, Location
from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.columns.field_warnings import FieldWarnings
from icpctl.exports.files.sources import find_exports
from icpctl.exports.format_detection import map_sources
from icpctl.exports.merge_events import COUNTED
from icpctl.exports.readers.reading import Reader
from icpctl.exports.visitor_scan import Progress, Scan
from icpctl.features.rollup.visitor_files import FORMATS, Visitors
from icpctl.files import replacing
from icpctl.mappings.mapping import FIELDS, custom_paths
from icpctl.output.console import progress
from icpctl.output.layout import STDOUT
from icpctl.output.notes import (
    print_damaged,
    print_exceeded,
    print_left_out,
    print_mapped,
    print_misfits,
    print_rejected,
    print_skipped,
    print_unknown,
    rejects_hint,
)
from icpctl.output.wording import counted
from icpctl.temporary_folders import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from icpctl.exports.columns.batches import Batch, Rejected
    from icpctl.exports.files.sources import Source
    from icpctl.exports.format_detection import Mapped
    from icpctl.exports.visitor_keys import By
    from icpctl.mappings.mapping import Mapping
    from icpctl.output.console import ReportFormat
    from icpctl.scoring.bounds import Amount
    from icpctl.vocabulary import ConditionType

_SHOWN = 10


class RollUpRun(Struct):
    """The counts of a roll-up, and the first of what did not fit."""

    records: int = 0
    visitors: int = 0
    without_key: int = 0
    rejected: int = 0
    seconds: float = 0.0
    first_rejected: list[Rejected] = field(default_factory=list)
    damaged: list[Rejected] = field(default_factory=list)
    warnings: FieldWarnings = field(default_factory=FieldWarnings)
    mapped: list[Mapped] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def reject(self, rejected: Sequence[Rejected]) -> None:
        """Count rejected lines, and apart from them the places where files are damaged."""
        self.damaged += [line for line in rejected if line.is_damage]
        rejected = [line for line in rejected if not line.is_damage]
        shown = rejected[: _SHOWN - len(self.first_rejected)]
        self.first_rejected += [replace(line, raw=None) for line in shown]  # not shown
        self.rejected += len(rejected)

    def add(self, batch: Batch) -> None:
        """Count a batch of records: its misfits and rejected lines."""
        self.reject(batch.rejected)
        self.warnings.add(batch.source.name, batch.misfits or {})
        if batch.left_out:
            self.left_out[batch.source.name] += batch.left_out

    def follow(self, later: RollUpRun, lines_before: int) -> None:
        """Add the counts of a later part, which `lines_before` lines of its file precede."""
        self.reject([replace(line, line=line.line + lines_before) for line in later.first_rejected])
        self.rejected += later.rejected - len(later.first_rejected)
        self.damaged += [replace(line, line=line.line + lines_before) for line in later.damaged]
        self.warnings.follow(later.warnings, lines_before)
        self.records += later.records
        self.without_key += later.without_key
        self.left_out += later.left_out

    def as_json(self) -> str:
        """Return the counts as `-o json` prints them."""
        body = {
            "records": self.records,
            "visitors": self.visitors,
            "withoutKey": self.without_key,
            "rejected": self.rejected,
            "fieldWarnings": dict(sorted(self.warnings.counts.items())),
            "elapsedSeconds": round(self.seconds, 3),
        }
        return json.dumps(body, indent=2)


class How(Struct, frozen=True):
    """How to roll up: no `mappings` formats are recognised, no `by` means their keys.

    `encoding` is that of CSV files which are not UTF-8; visitors may have `custom` fields besides
    the built-in ones.
    """

    mappings: tuple[Mapping, ...] = ()
    by: By = ()
    temp_dir: Path | None = None
    encoding: str | None = None
    custom: dict[str, ConditionType] = field(default_factory=dict)

    def mapped(self, sources: Sequence[Source]) -> list[Mapped]:
        """Return the mapping of each file, with its key; raise `IcpctlError` if it has none."""
        mapped = map_sources(sources, self.mappings, rolled_up=True)
        if self.by:
            return mapped
        mapped = [
            replace(
                file, mapping=replace(file.mapping, by=file.mapping.by or file.mapping.rollup_by)
            )
            for file in mapped
        ]
        for file in mapped:
            if not file.mapping.by:
                raise IcpctlError(
                    "which records are of one visitor is not known: "
                    f"the mapping {file.mapping.name} does not say it",
                    "bad_usage",
                    Location(file.source),
                    "name what they have in common, such as --by email",
                )
        return mapped


def rollup_into(
    visitors: Sequence[str], how: How, out: str, rejects: Path | None = None
) -> RollUpRun:
    """Roll records up into the file `out`, or as JSON lines on stdout if it is `-`.

    Raises `IcpctlError`: `unknown_format`, `bad_usage` where a file would take another's place or
    what records have in common is not known, `not_written`, and what reading raises.
    """
    suffix = ".jsonl" if out == STDOUT else suffix_of(out)
    started = time.perf_counter()
    run = RollUpRun()
    with ExitStack() as stack:
        spool = stack.enter_context(temporary_folder(how.temp_dir))
        target = None if out == STDOUT else stack.enter_context(replacing(Path(out)))
        kept = stack.enter_context(replacing(rejects)) if rejects else None
        exports = find_exports(visitors, how.encoding)
        sources, run.skipped = exports.sources, exports.skipped
        run.mapped = how.mapped(sources)
        names = names_of([file.mapping for file in run.mapped], how.custom)
        scan = Scan(
            [(source, file.mapping) for source, file in zip(sources, run.mapped, strict=True)],
            Reader(Columns({}), temp_dir=how.temp_dir),
            lambda mapping: columns_of_visitors(mapping, names, how.custom),
            needs_keys=True,
            by=how.by,
        )
        collected = Visitors(spool / "visitors.arrow")
        with progress(sys.stderr, hidden=out == STDOUT and sys.stdout.isatty()) as on_progress:
            shown = Progress(sources, on_progress)
            for batch in scan.batches():
                run.add(batch)
                if kept:
                    kept.writelines(line.as_json().encode() + b"\n" for line in batch.rejected)
                if batch.table.num_rows:
                    collected.add(batch.table)
                shown.read(batch)
            collected.write(target or sys.stdout.buffer, suffix)
    run.records, run.without_key = scan.records, scan.without_key
    run.visitors, run.seconds = collected.count, time.perf_counter() - started
    return run


def suffix_of(out: str) -> str:
    """Return the key of `FORMATS` for an output file or folder; raise `unknown_format`."""
    suffix = PurePosixPath(out).suffix.lower()
    if suffix not in FORMATS:
        raise IcpctlError(
            "the extension does not say its format",
            "unknown_format",
            Location(out),
            f"end it in one of {', '.join(FORMATS)}",
        )
    return suffix


def names_of(mappings: Sequence[Mapping], custom: Collection[str]) -> list[str]:
    """Return the fields of visitors: those that any of these mappings has, and custom fields."""
    built_in = [
        name
        for name in FIELDS
        if name in COUNTED or any(mapping.paths[name] for mapping in mappings)
    ]
    return [*built_in, *custom]


def columns_of_visitors(
    mapping: Mapping, names: Sequence[str], custom: dict[str, ConditionType]
) -> Columns:
    """Return what is read of records for the fields `names`, of which some are `custom`."""
    paths = {
        name: custom_paths(mapping, custom[name]) if name in custom else mapping.paths[name]
        for name in names
    }
    return Columns.of(mapping, paths, custom)


def print_rollup(
    run: RollUpRun, output: ReportFormat, out: str, limit: Amount, *, rejects_kept: bool
) -> None:
    """Print the counts on stdout, or on stderr if stdout has the visitors; the rest on stderr."""
    stream = sys.stderr if out == STDOUT else sys.stdout
    if output == "json":
        print(run.as_json(), file=stream)
    else:
        text = f"{counted(run.records, 'record')}, {counted(run.visitors, 'visitor')}"
        if run.without_key:
            has = "has" if run.without_key == 1 else "have"
            text += f"; {counted(run.without_key, 'record')} {has} no key"
        if run.rejected:
            text += f"; {counted(run.rejected, 'line')} rejected"
        print(text, file=stream)
    sys.stdout.flush()
    print_skipped(run.skipped)
    print_mapped(run.mapped)
    print_unknown(run.mapped)
    print_left_out(run.mapped, run.left_out)
    print_rejected(run.first_rejected, run.rejected)
    print_damaged(run.damaged)
    print_misfits(run.warnings.summary())
    if limit.exceeded(run.rejected, run.records):
        print_exceeded(run.rejected, limit, rejects_hint(rejects_kept=rejects_kept))
