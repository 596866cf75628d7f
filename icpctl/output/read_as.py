"""What is said of the mappings that exports are read with."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from icpctl.exports.format_detection import doubled_columns, unknown_format
from icpctl.output.console import is_coloured, shown, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.exports.format_detection import Mapped


def print_mapped(mapped: Sequence[Mapped]) -> None:
    """Print on stderr a line for each mapping that was recognised, and what fits none."""
    colour = is_coloured(sys.stderr)
    files: dict[str, list[Mapped]] = {}
    for one in mapped:
        if one.recognised:
            files.setdefault(one.mapping.name, []).append(one)
    for name, those in files.items():
        more = f" and {len(those) - 1:,} more" if len(those) > 1 else ""
        place = styled(shown(those[0].source + more), "place", colour=colour)
        print(f"{place}: read as {those[0].mapping.title} (--mapping {name})", file=sys.stderr)
    for one in mapped:
        if not one.fits:
            _warn(one, *unknown_format(one), colour=colour)
        if one.doubled:
            _warn(one, *doubled_columns(one), colour=colour)


def _warn(one: Mapped, message: str, hint: str, *, colour: bool) -> None:
    place = styled(shown(one.source), "place", colour=colour)
    label = styled("warning:", "warning", colour=colour)
    hint = f"  {styled('hint:', 'hint', colour=colour)} {shown(hint)}"
    print(f"{place}: {label} {shown(message)}\n{hint}", file=sys.stderr)
