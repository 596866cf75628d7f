"""What is said of the mappings that exports are read with."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from icpctl.exports.format_detection import doubled_columns, unknown_format
from icpctl.output.console import is_coloured, shown, shown_line, styled
from icpctl.output.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.exports.format_detection import Mapped


def print_mapped(mapped: Sequence[Mapped]) -> None:
    """Print on stderr a line for each mapping that was recognised, and what fits none."""
    colour = is_coloured(sys.stderr)
    files: dict[str, list[Mapped]] = {}
    for its in mapped:
        if its.recognised:
            files.setdefault(its.mapping.name, []).append(its)
    for name, alike in files.items():
        more = f" and {len(alike) - 1:,} more" if len(alike) > 1 else ""
        place = styled(shown_line(alike[0].source + more), "place", colour=colour)
        print(f"{place}: read as {alike[0].mapping.title} (--mapping {name})", file=sys.stderr)
    for its in mapped:
        if its.skipped_lines:
            place = styled(shown_line(its.source), "place", colour=colour)
            lines = counted(its.skipped_lines, "line")
            print(f"{place}: {lines} above the header skipped", file=sys.stderr)
        if not its.fits:
            _warn(its, *unknown_format(its), colour=colour)
        if its.doubled:
            _warn(its, *doubled_columns(its), colour=colour)


def _warn(mapped: Mapped, message: str, hint: str, *, colour: bool) -> None:
    place = styled(shown_line(mapped.source), "place", colour=colour)
    label = styled("warning:", "warning", colour=colour)
    hint = f"  {styled('hint:', 'hint', colour=colour)} {shown(hint)}"
    print(f"{place}: {label} {shown(message)}\n{hint}", file=sys.stderr)
