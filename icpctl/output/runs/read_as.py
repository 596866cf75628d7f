"""What is said of how exports are read: formats, and what was asked for and is in no record."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from icpctl.exports.detection.format_detection import (
    EXPORT_AGAIN,
    doubled_columns,
    unknown_format,
)
from icpctl.exports.scanner.scanning import notice
from icpctl.output.console import is_coloured, note, shown, shown_line, styled
from icpctl.output.wording import counted, cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.exports.detection.format_detection import Mapped
    from icpctl.scoring.unread_fields import Unread, UnreadField, UnreadFile

_NAMED, _LONGEST = 4, 60  # names that are listed, and characters of one


def print_mapped(mapped: Sequence[Mapped]) -> None:
    """Print on stderr a line for each mapping that was recognised, and what is odd about files."""
    colour = is_coloured(sys.stderr)
    if mapped and (text := notice()):
        note(text)
    files: dict[str, list[Mapped]] = {}
    for its in mapped:
        if its.recognised:
            files.setdefault(its.mapping.name, []).append(its)
    for name, alike in files.items():
        place = styled(shown_line(_several([its.source for its in alike])), "place", colour=colour)
        print(f"{place}: read as {alike[0].mapping.title} (--mapping {name})", file=sys.stderr)
    for its in mapped:
        if its.skipped_lines:
            place = styled(shown_line(its.source), "place", colour=colour)
            lines = counted(its.skipped_lines, "line")
            print(f"{place}: {lines} above the header skipped", file=sys.stderr)
        if its.sheets:
            place = styled(shown_line(its.source), "place", colour=colour)
            one = f"{its.source}#{its.sheets[0]}"
            print(
                f"{place}: the first sheet is read, not {shown(_some(its.sheets))}; "
                f"{shown(one)} names one",
                file=sys.stderr,
            )
        if its.doubled:
            _warn(its.source, *doubled_columns(its), colour=colour)
    _print_repeated([file for file in mapped if file.repeated_ids], colour=colour)


def print_unknown(mapped: Sequence[Mapped]) -> None:
    """Print on stderr of which files the first records have no field of a visitor."""
    colour = is_coloured(sys.stderr)
    for its in mapped:
        if not its.fits or its.foreign:
            _warn(its.source, *unknown_format(its), colour=colour)


def print_unread(unread: Unread, mapped: Sequence[Mapped]) -> None:
    """Print the files that say nothing about visitors and the unread fields, on stderr."""
    colour = is_coloured(sys.stderr)
    by_name = {its.source: its for its in mapped}
    for file in unread.files:
        hint = None
        if file.foreign:
            hint = EXPORT_AGAIN
        elif file.has_records:
            _, hint = unknown_format(by_name[file.file])
        _warn(file.file, unread_file_text(file, by_name.get(file.file)), hint, colour=colour)
    alike: dict[tuple[object, ...], list[UnreadField]] = {}
    for field in unread.fields:
        alike.setdefault((field.field, field.configs, field.paths), []).append(field)
    for fields in alike.values():
        _warn(_several([field.file for field in fields]), unread_text(fields[0]), colour=colour)


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


def _print_repeated(mapped: Sequence[Mapped], *, colour: bool) -> None:
    """Print a line on files whose records may be events of visitors, not visitors."""
    if mapped:
        first = mapped[0]
        text = (
            f"{first.repeated_ids:,} of the first {first.looked_at:,} records have the id of one "
            "before: if these are events, --by id makes one visitor of each id"
        )
        _warn(_several([its.source for its in mapped]), text, colour=colour)


def _warn(file: str, message: str, hint: str | None = None, *, colour: bool) -> None:
    place = styled(shown_line(file), "place", colour=colour)
    label = styled("warning:", "warning", colour=colour)
    lines = [f"{place}: {label} {shown(message)}"]
    if hint:
        lines.append(f"  {styled('hint:', 'hint', colour=colour)} {shown(hint)}")
    print("\n".join(lines), file=sys.stderr)
