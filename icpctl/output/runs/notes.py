"""What a run says on stderr: how files were read, what was rejected, which values did not fit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from icpctl.output.condition_wording import DATE, wanted
from icpctl.output.console import is_coloured, shown, shown_line, styled
from icpctl.output.runs.read_as import print_mapped, print_unread
from icpctl.output.wording import counted, cut
from icpctl.values.forms.date_forms import has_two_readings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from icpctl.exports.batches import Rejected
    from icpctl.exports.field_warnings import FieldWarning
    from icpctl.scoring.bounds import Limit, Strictness
    from icpctl.scoring.run import Run

SCORE_KEEPS_REJECTS = "icpctl score --rejects FILE keeps them"
"""The hint of commands that cannot keep rejected lines themselves."""

_SKIPPED = 5  # names of files that are listed
_LONGEST_VALUE = 80  # characters of a value that does not fit


def print_notes(run: Run, strictness: Strictness, hint: str) -> None:
    """Print on stderr what was odd about the input, and what of it makes the exit code 1.

    `hint` says what helps where too many lines were rejected.
    """
    report = run.report
    print_skipped(run.skipped)
    print_mapped(run.mapped)
    print_unread(run.unread, run.mapped)
    print_repeated_headers(run.repeated_headers)
    print_rejected(run.rejected, report.rejected)
    print_damaged(run.damaged)
    print_misfits(run.warnings, report.field_warnings)
    if strictness.refuses_rejects(run):
        print_exceeded(report.rejected, strictness.rejects, hint)
    if strictness.refuses_misfits(run):
        count = counted(sum(report.field_warnings.values()), "value")
        _print_error(
            f"{count} did not fit, more than the {strictness.misfits} allowed; "
            "all else is complete",
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
    colour = is_coloured(sys.stderr)
    for rejected in first:
        _print_at(rejected.file, rejected.line, "rejected", rejected.reason, colour=colour)
    _print_more(count - len(first), "line", "rejected", colour=colour)


def print_damaged(damaged: Sequence[Rejected]) -> None:
    """Print on stderr where files could not be read on."""
    colour = is_coloured(sys.stderr)
    for damage in damaged:
        _print_at(damage.file, damage.line, "error", damage.reason, colour=colour)


def print_repeated_headers(counts: Mapping[str, int]) -> None:
    """Print on stderr in which files how many headers were passed over."""
    colour = is_coloured(sys.stderr)
    for file, count in counts.items():
        place = styled(shown_line(file), "place", colour=colour)
        print(f"{place}: {counted(count, 'repeated header')} skipped", file=sys.stderr)


def print_skipped(names: Sequence[str]) -> None:
    """Print on stderr the files in folders that were not read."""
    if names:
        more = f" and {len(names) - _SKIPPED:,} more" if len(names) > _SKIPPED else ""
        listed = ", ".join(map(shown, names[:_SKIPPED])) + more
        print(f"not read, for their names are not those of exports: {listed}", file=sys.stderr)


def print_misfits(first: Sequence[FieldWarning], counts: Mapping[str, int]) -> None:
    """Print on stderr the first values that did not fit, and how many there are by field."""
    colour = is_coloured(sys.stderr)
    for warning in first:
        _print_at(warning.file, warning.line, "warning", misfit_text(warning), colour=colour)
    warned = sum(counts.values())
    if warned > len(first):
        named = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        _print_more(warned - len(first), "value", f"did not fit; in all: {named}", colour=colour)


def print_exceeded(rejected: int, limit: Limit, hint: str) -> None:
    """Print on stderr that more lines were rejected than is allowed, and what to do."""
    lines = counted(rejected, "line")
    _print_error(f"{lines} rejected, more than the {limit} allowed; all else is complete", hint)


def _print_error(message: str, hint: str) -> None:
    colour = is_coloured(sys.stderr)
    label = styled("error:", "error", colour=colour)
    hint_label = styled("hint:", "hint", colour=colour)
    print(f"{label} {message}\n  {hint_label} {hint}", file=sys.stderr)


def rejects_hint(*, rejects_kept: bool) -> str:
    """Return what helps where too many lines were rejected, by a command that can keep them."""
    keep = "" if rejects_kept else "--rejects FILE keeps them, "
    return f"{keep}--max-rejects N or P% allows them"


def misfit_text(warning: FieldWarning) -> str:
    """Return what is wrong with a value."""
    value = cut(warning.value, _LONGEST_VALUE)
    text = f"{warning.field} is not {wanted(warning.field)}: {value}; it counts as missing"
    if wanted(warning.field) == DATE and has_two_readings(warning.value.strip('"')):
        text = (
            f"{warning.field} has two readings, month or day first: {value}; it counts as missing "
            "until a mapping says which, with as: date and a format such as %m/%d/%Y"
        )
    return text


def _print_at(file: str, line: int, what: str, message: str, *, colour: bool) -> None:
    place = styled(shown_line(f"{file}:{line}"), "place", colour=colour)
    label = styled(f"{what}:", "warning", colour=colour)
    print(f"{place}: {label} {shown(message)}", file=sys.stderr)


def _print_more(count: int, what: str, done: str, *, colour: bool) -> None:
    if count > 0:
        text = f"... and {counted(count, f'more {what}')} {done}"
        print(styled(text, "dim", colour=colour), file=sys.stderr)
