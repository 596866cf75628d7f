"""What a run says on stderr: how files were read, what was rejected, which values did not fit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from icpctl.errors import IcpctlError
from icpctl.exports.format_detection import (
    EXPORT_AGAIN,
    doubled_columns,
    no_ids,
    unknown_format,
)
from icpctl.exports.scanner import notice
from icpctl.mappings.mapping import LAST_SEEN
from icpctl.mappings.paths import path_text
from icpctl.output.console import is_coloured, note, shown, shown_line, styled
from icpctl.output.wording import counted, cut
from icpctl.values.date_forms import has_two_readings
from icpctl.vocabulary import CONDITION_TYPES, CUSTOM_PREFIX, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from icpctl.exports.columns.batches import Rejected
    from icpctl.exports.columns.field_warnings import FieldWarning
    from icpctl.exports.format_detection import Mapped
    from icpctl.scoring.bounds import Amount, Strictness
    from icpctl.scoring.counts import FileCounts
    from icpctl.scoring.run import Run
    from icpctl.scoring.unread_fields import Unread, UnreadField, UnreadFile


SCORE_KEEPS_REJECTS = "icpctl score --rejects FILE keeps them"
"""The hint of commands that cannot keep rejected lines themselves."""

_SKIPPED = 5  # names of files that are listed
_NAMED, _LONGEST = 4, 60  # other names that are listed, and characters of one


def print_notes(run: Run, strictness: Strictness, hint: str) -> None:
    """Print on stderr what was odd about the input, and what of it makes the exit code 1.

    `hint` says what helps where too many lines were rejected.
    """
    report = run.report
    print_skipped(run.skipped)
    print_mapped(run.mapped)
    print_unread(run.unread, run.mapped)
    print_repeated_headers({name: counts.repeated_headers for name, counts in run.files.items()})
    print_left_out(run.mapped, {name: counts.left_out for name, counts in run.files.items()})
    print_without_ids(run.files)
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


def print_mapped(mapped: Sequence[Mapped]) -> None:
    """Print on stderr a line for each mapping that was recognised, and what is odd about files."""
    if mapped and (text := notice()):
        note(text)
    files: dict[str, list[Mapped]] = {}
    for file in mapped:
        if file.recognised:
            files.setdefault(file.mapping.name, []).append(file)
    for name, alike in files.items():
        text = f"read as {alike[0].mapping.title} (--mapping {name})"
        print_about(_several([file.source for file in alike]), text)
    for file in mapped:
        print_layout(file.source, file.skipped_lines, file.sheets)
        if file.doubled:
            _warn(file.source, *doubled_columns(file))
        for doubt in file.doubts:
            _warn(file.source, doubt)
        if file.likely_id:
            _warn(file.source, *no_ids(file))
    if repeated := [file for file in mapped if file.repeated_ids]:
        text = (
            f"{repeated[0].repeated_ids:,} of the first {repeated[0].looked_at:,} records have the "
            "id of one before: if these are events, --by id makes one visitor of each id"
        )
        _warn(_several([file.source for file in repeated]), text)


def print_layout(source: str, skipped_lines: tuple[int, int], sheets: Sequence[str]) -> None:
    """Print on stderr which lines of a table, and which sheets of a workbook, are not read."""
    for count, where in zip(skipped_lines, ("above", "below"), strict=True):
        if count:
            print_about(source, f"{counted(count, 'line')} {where} the header skipped")
    if sheets:
        text = f"the first sheet is read, not {_some(sheets)}; {source}#{sheets[0]} names one"
        print_about(source, shown(text))


def print_unknown(mapped: Sequence[Mapped]) -> None:
    """Print on stderr of which files the first records have no field of a visitor."""
    for file in mapped:
        if not file.fits or file.foreign:
            _warn(file.source, *unknown_format(file))


def print_unread(unread: Unread, mapped: Sequence[Mapped]) -> None:
    """Print the files that say nothing about visitors and the unread fields, on stderr."""
    by_name = {file.source: file for file in mapped}
    for file in unread.files:
        hint = None
        if file.foreign:
            hint = EXPORT_AGAIN
        elif file.has_records:
            _, hint = unknown_format(by_name[file.file])
        _warn(file.file, unread_file_text(file, by_name.get(file.file)), hint)
    alike: dict[tuple[object, ...], list[UnreadField]] = {}
    for field in unread.fields:
        alike.setdefault((field.field, field.configs, field.paths), []).append(field)
    for fields in alike.values():
        _warn(_several([field.file for field in fields]), unread_text(fields[0]))


def unread_file_text(file: UnreadFile, mapped: Mapped | None = None) -> str:
    """Return why a file says nothing about visitors; `mapped` is how it was read."""
    if file.foreign:
        return f"this is {file.foreign}"
    if not file.has_records:
        return "this file has no record of a visitor"
    return unknown_format(mapped)[0] if mapped else "no record has a field of a visitor"


def unread_text(field: UnreadField) -> str:
    """Return that no record has a field, who asks for it, and what may be meant instead."""
    who = "the mapping names"
    if field.configs:
        asks = "asks for" if len(field.configs) == 1 else "ask for"
        who = f"{_some(field.configs)} {asks}"
    tried = f"tried {_some(field.paths)}" if field.paths else "the mapping has no path for it"
    text = f"no record has {field.field}, which {who}; {tried}"
    if field.similar:
        text += f"; most similar: {_some(field.similar)}"
    if field.passing:
        text += f"; {_some(field.passing)} would pass"
    return text


def print_rejected(first: Sequence[Rejected], count: int) -> None:
    """Print on stderr the first of all rejected lines."""
    for rejected in first:
        _warn(f"{rejected.file}:{rejected.line}", rejected.reason, what="rejected")
    if more := count - len(first):
        text = f"... and {counted(more, 'more line')} rejected"
        print(styled(text, "dim", colour=is_coloured(sys.stderr)), file=sys.stderr)


def print_damaged(damaged: Sequence[Rejected]) -> None:
    """Print on stderr where files could not be read on."""
    for damage in damaged:
        _warn(f"{damage.file}:{damage.line}", damage.reason, what="error")


def print_repeated_headers(counts: Mapping[str, int]) -> None:
    """Print on stderr in which files how many headers were passed over."""
    for file, count in counts.items():
        if count:
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


def print_without_ids(files: Mapping[str, FileCounts]) -> None:
    """Print on stderr in which files some records have an id and how many others have none."""
    for file, counts in files.items():
        if 0 < counts.without_id < counts.visitors:
            have = "has" if counts.without_id == 1 else "have"
            text = (
                f"{counts.without_id:,} of {counts.visitors:,} records {have} no id; totals, rows "
                "that go on with the one above, and lines about the export count as visitors, too"
            )
            _warn(f"{file}:{counts.first_without_id}", text)


def print_skipped(names: Sequence[str]) -> None:
    """Print on stderr the files in folders that were not read."""
    if names:
        more = f" and {len(names) - _SKIPPED:,} more" if len(names) > _SKIPPED else ""
        listed = ", ".join(map(shown, names[:_SKIPPED])) + more
        print(f"skipped, since their names are not those of exports: {listed}", file=sys.stderr)


def print_misfits(warnings: Sequence[FieldWarning], kind: str | None = None) -> None:
    """Print on stderr a line for each field that has values which do not fit; see `misfit_text`."""
    for warning in warnings:
        file, line = warning.places[0]
        _warn(f"{file}:{line}", misfit_text(warning, kind))


def print_exceeded(rejected: int, limit: Amount, hint: str) -> None:
    """Print on stderr that more lines were rejected than is allowed, and what to do."""
    lines = counted(rejected, "line")
    _print_error(
        f"{lines} rejected, more than the {limit} allowed; everything else is complete", hint
    )


def _print_error(message: str, hint: str) -> None:
    from icpctl.output.errors import print_error

    print_error(IcpctlError(message, hint=hint))


def rejects_hint(*, rejects_kept: bool) -> str:
    """Return what helps where too many lines were rejected, by a command that can keep them."""
    keep = "" if rejects_kept else "--rejects FILE keeps them, "
    return f"{keep}--max-rejects N or P% allows them"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(cut(name, _LONGEST) for name in names[:_NAMED]) + more


def _several(files: Sequence[str]) -> str:
    return files[0] + (f" and {len(files) - 1:,} more" if len(files) > 1 else "")


def print_about(place: str, text: str) -> None:
    """Print a line about a file, or a line of one, on stderr."""
    colour = is_coloured(sys.stderr)
    print(f"{styled(shown_line(place), 'place', colour=colour)}: {text}", file=sys.stderr)


def _warn(place: str, message: str, hint: str | None = None, *, what: str = "warning") -> None:
    colour = is_coloured(sys.stderr)
    print_about(place, f"{styled(f'{what}:', 'warning', colour=colour)} {shown(message)}")
    if hint:
        label = styled("hint:", "hint", colour=colour)
        print(f"  {label} {shown(hint)}", file=sys.stderr)


_LONGEST_VALUE = 80  # characters of a value that does not fit

DATE = "a date"
"""What a value of `last_seen` must be."""

_WANTED = {
    Kind.TEXT: "text",
    Kind.NUMBER: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.PAGES: "a list of pages",
}

_WANTED_OF = {"company_size": "a number or a range", "id": "one text or number"}


def wanted(field: str) -> str:
    """Return what a value of a field of the mapping must be."""
    if field == LAST_SEEN:
        return DATE
    if field in _WANTED_OF:
        return _WANTED_OF[field]
    if field.startswith(CUSTOM_PREFIX):
        return "of its kind"
    entry = CONDITION_TYPES.get(field)
    return _WANTED[Kind.PAGES if entry is None else entry.kind]


def misfit_text(warning: FieldWarning, kind: str | None = None) -> str:
    """Return what is wrong with the values of a field, which must be `kind`: how many, where."""
    kind = kind or wanted(warning.field)
    is_date = kind == DATE
    if is_date and all(has_two_readings(value.strip('"')) for value, _ in warning.commonest):
        return _two_readings(warning)
    if warning.count == 1:
        value = cut(warning.commonest[0][0], _LONGEST_VALUE)
        return f"{warning.field} is not {kind}: {value}; it counts as missing"
    values = f"{counted(warning.count, 'value')} of {warning.field}"
    text = f"{values} are not {kind}: {commonest_values(warning)}"
    return f"{text}; they count as missing{_further(warning)}"


def _two_readings(warning: FieldWarning) -> str:
    """That dates may be read with the month or the day first."""
    counts = "it counts" if warning.count == 1 else "they count"
    many = "" if warning.count == 1 else f"{counted(warning.count, 'value')} of "
    have = "has" if warning.count == 1 else "have"
    return (
        f"{many}{warning.field} {have} two readings, month or day first: "
        f"{commonest_values(warning)}; {counts} as missing until a mapping says which, "
        f"with as: date and a format such as %m/%d/%Y{_further(warning)}"
    )


def commonest_values(warning: FieldWarning) -> str:
    """Return the commonest values of a field that do not fit."""
    values = ", ".join(
        cut(value, _LONGEST_VALUE) + (f" ({count:,} times)" if count > 1 else "")
        for value, count in warning.commonest
    )
    more = sum(count for _, count in warning.commonest) < warning.count
    return f"{values}{' and others' if more else ''}"


def _further(warning: FieldWarning) -> str:
    """Where the next misfits are after the first."""
    (file, _), *further = warning.places
    places = [str(line) if name == file else f"{name}:{line}" for name, line in further]
    more = " and more" if warning.count > len(warning.places) else ""
    lines = "line" if len(places) == 1 else "lines"
    return f"; also on {lines} {', '.join(places)}{more}" if places else ""
