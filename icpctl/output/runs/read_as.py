"""What is said of how exports are read: formats, and what was asked for and is in no record."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from icpctl.exports.format_detection import (
    EXPORT_AGAIN,
    doubled_columns,
    no_ids,
    unknown_format,
)
from icpctl.exports.scanner import notice
from icpctl.output.console import is_coloured, note, shown, shown_line, styled
from icpctl.output.wording import counted, cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.exports.format_detection import Mapped
    from icpctl.scoring.unread_fields import Unread, UnreadField, UnreadFile

_NAMED, _LONGEST = 4, 60  # names that are listed, and characters of one


def print_mapped(mapped: Sequence[Mapped]) -> None:
    """Print on stderr a line for each mapping that was recognised, and what is odd about files."""
    if mapped and (text := notice()):
        note(text)
    files: dict[str, list[Mapped]] = {}
    for its in mapped:
        if its.recognised:
            files.setdefault(its.mapping.name, []).append(its)
    for name, alike in files.items():
        text = f"read as {alike[0].mapping.title} (--mapping {name})"
        print_about(_several([its.source for its in alike]), text)
    for its in mapped:
        print_layout(its.source, its.skipped_lines, its.sheets)
        if its.doubled:
            _warn(its.source, *doubled_columns(its))
        for doubt in its.doubts:
            _warn(its.source, doubt)
        if its.likely_id:
            _warn(its.source, *no_ids(its))
    if repeated := [file for file in mapped if file.repeated_ids]:
        text = (
            f"{repeated[0].repeated_ids:,} of the first {repeated[0].looked_at:,} records have the "
            "id of one before: if these are events, --by id makes one visitor of each id"
        )
        _warn(_several([file.source for file in repeated]), text)


def print_layout(source: str, skipped_lines: tuple[int, int], sheets: Sequence[str]) -> None:
    """Print on stderr which lines of a table, and which sheets of its workbook, are not read."""
    for count, where in zip(skipped_lines, ("above", "below"), strict=True):
        if count:
            print_about(source, f"{counted(count, 'line')} {where} the header skipped")
    if sheets:
        text = f"the first sheet is read, not {_some(sheets)}; {source}#{sheets[0]} names one"
        print_about(source, shown(text))


def print_unknown(mapped: Sequence[Mapped]) -> None:
    """Print on stderr of which files the first records have no field of a visitor."""
    for its in mapped:
        if not its.fits or its.foreign:
            _warn(its.source, *unknown_format(its))


def print_unread(unread: Unread, mapped: Sequence[Mapped]) -> None:
    """Print the files that say nothing about visitors and the unread fields, on stderr."""
    by_name = {its.source: its for its in mapped}
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


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(cut(name, _LONGEST) for name in names[:_NAMED]) + more


def _several(files: Sequence[str]) -> str:
    return files[0] + (f" and {len(files) - 1:,} more" if len(files) > 1 else "")


def print_about(place: str, text: str) -> None:
    """Print a line about a file, or a line of one, on stderr."""
    colour = is_coloured(sys.stderr)
    print(f"{styled(shown_line(place), 'place', colour=colour)}: {text}", file=sys.stderr)


def _warn(file: str, message: str, hint: str | None = None) -> None:
    colour = is_coloured(sys.stderr)
    print_about(file, f"{styled('warning:', 'warning', colour=colour)} {shown(message)}")
    if hint:
        label = styled("hint:", "hint", colour=colour)
        print(f"  {label} {shown(hint)}", file=sys.stderr)
