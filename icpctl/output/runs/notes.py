"""What a run says on stderr: how files were read, what was rejected, which values did not fit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from icpctl.mappings.paths import path_text
from icpctl.output.console import is_coloured, shown, styled
from icpctl.output.runs.read_as import print_about, print_mapped, print_unread
from icpctl.output.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from icpctl.exports.columns.batches import Rejected
    from icpctl.exports.columns.field_warnings import FieldWarning
    from icpctl.exports.detection.format_detection import Mapped
    from icpctl.scoring.bounds import Limit, Strictness
    from icpctl.scoring.run import Run
    from icpctl.scoring.run_counts import IdCounts

SCORE_KEEPS_REJECTS = "icpctl score --rejects FILE keeps them"
"""The hint of commands that cannot keep rejected lines themselves."""

_SKIPPED = 5  # names of files that are listed


def print_notes(run: Run, strictness: Strictness, hint: str) -> None:
    """Print on stderr what was odd about the input, and what of it makes the exit code 1.

    `hint` says what helps where too many lines were rejected.
    """
    report = run.report
    print_skipped(run.skipped)
    print_mapped(run.mapped)
    print_unread(run.unread, run.mapped)
    print_repeated_headers(run.repeated_headers)
    print_left_out(run.mapped, run.left_out)
    print_without_ids(run.without_ids)
    print_rejected(run.rejected, report.rejected)
    print_damaged(run.damaged)
    print_misfits(run.warnings)
    if strictness.refuses_rejects(run):
        print_exceeded(report.rejected, strictness.rejects, hint)
    if strictness.refuses_misfits(run):
        count = counted(sum(report.field_warnings.values()), "value")
        _print_error(
            f"{count} did not fit, more than the {strictness.misfits} allowed; "
            "everything else is complete",
            "icpctl inspect shows which; a mapping can convert them, --max-misfits allows them",
        )
    if strictness.refuses_unread(run):
        names = ", ".join(dict.fromkeys(field.field for field in run.unread.fields))
        _print_error(
            f"fields are required, and these are in no record of a file: {names}",
            "a mapping says where they are; icpctl inspect --suggest drafts one",
        )


def print_rejected(first: Sequence[Rejected], count: int) -> None:
    """Print on stderr the first of all rejected lines."""
    for rejected in first:
        _print_at(rejected.file, rejected.line, "rejected", rejected.reason)
    if more := count - len(first):
        text = f"... and {counted(more, 'more line')} rejected"
        print(styled(text, "dim", colour=is_coloured(sys.stderr)), file=sys.stderr)


def print_damaged(damaged: Sequence[Rejected]) -> None:
    """Print on stderr where files could not be read on."""
    for damage in damaged:
        _print_at(damage.file, damage.line, "error", damage.reason)


def print_repeated_headers(counts: Mapping[str, int]) -> None:
    """Print on stderr in which files how many headers were passed over."""
    for file, count in counts.items():
        print_about(file, f"{counted(count, 'repeated header')} skipped")


def print_left_out(mapped: Sequence[Mapped], counts: Mapping[str, int]) -> None:
    """Print on stderr how many records of which files are not those that the mapping asks for."""
    for file in mapped:
        if count := counts.get(file.source):
            only = ", ".join(
                f"{path_text(path)}: {' or '.join(texts)}" for path, texts in file.mapping.only
            )
            text = f"for the mapping {file.mapping.name} takes only those with {only}"
            print_about(file.source, f"{counted(count, 'record')} left out, {shown(text)}")


def print_without_ids(counts: Mapping[str, IdCounts]) -> None:
    """Print on stderr in which files how many records have no id, and the line of the first."""
    for file, of_ids in counts.items():
        have = "has" if of_ids.without == 1 else "have"
        text = (
            f"{of_ids.without:,} of {of_ids.records:,} records {have} no id; totals, rows that go "
            "on with the one above, and lines about the export count as visitors, too"
        )
        _print_at(file, of_ids.line, "warning", text)


def print_skipped(names: Sequence[str]) -> None:
    """Print on stderr the files in folders that were not read."""
    if names:
        more = f" and {len(names) - _SKIPPED:,} more" if len(names) > _SKIPPED else ""
        listed = ", ".join(map(shown, names[:_SKIPPED])) + more
        print(f"skipped, since their names are not those of exports: {listed}", file=sys.stderr)


def print_misfits(warnings: Sequence[FieldWarning], kind: str | None = None) -> None:
    """Print on stderr a line for each field that has values which do not fit; see `misfit_text`."""
    if not warnings:
        return
    from icpctl.output.runs.misfits import misfit_text

    for warning in warnings:
        file, line = warning.places[0]
        _print_at(file, line, "warning", misfit_text(warning, kind))


def print_exceeded(rejected: int, limit: Limit, hint: str) -> None:
    """Print on stderr that more lines were rejected than is allowed, and what to do."""
    lines = counted(rejected, "line")
    _print_error(
        f"{lines} rejected, more than the {limit} allowed; everything else is complete", hint
    )


def _print_error(message: str, hint: str) -> None:
    colour = is_coloured(sys.stderr)
    label = styled("error:", "error", colour=colour)
    hint_label = styled("hint:", "hint", colour=colour)
    print(f"{label} {message}\n  {hint_label} {hint}", file=sys.stderr)


def rejects_hint(*, rejects_kept: bool) -> str:
    """Return what helps where too many lines were rejected, by a command that can keep them."""
    keep = "" if rejects_kept else "--rejects FILE keeps them, "
    return f"{keep}--max-rejects N or P% allows them"


def _print_at(file: str, line: int, what: str, message: str) -> None:
    label = styled(f"{what}:", "warning", colour=is_coloured(sys.stderr))
    print_about(f"{file}:{line}", f"{label} {shown(message)}")
