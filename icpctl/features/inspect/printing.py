"""What exports hold, for people and programs, behind `FORMATS`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from icpctl.output.console import note, shown, shown_line, table
from icpctl.output.json_text import print_json
from icpctl.output.read_as import print_mapped
from icpctl.output.wording import ELLIPSIS, counted, fitted, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from icpctl.features.inspect.inspection import FieldFound, Inspection
    from icpctl.output.formats import ReportFormat

UNUSED_SHOWN = 20
_VALUES_SHOWN, _VALUE_WIDTH, _EXAMPLE_WIDTH = 3, 21, 40


def as_table(inspections: Iterable[Inspection]) -> None:
    """Print three tables a file: the fields, what did not fit, and what is not used."""
    for number, found in enumerate(inspections):
        if number:
            print()
        _print_file(found)


def as_json(inspections: Iterable[Inspection]) -> None:
    """Print `{files: [...]}` with everything that is known."""
    print_json({"files": [_body(it) for it in inspections]})


FORMATS: dict[ReportFormat, Callable[[Iterable[Inspection]], None]] = {
    "table": as_table,
    "json": as_json,
}


def _print_file(found: Inspection) -> None:
    print_mapped([found.mapped])
    rejected = f", {found.rejected:,} rejected" if found.rejected else ""
    records = counted(found.records, "record")
    name = shown_line(found.mapped.source)
    print(f"{name}: {records}{rejected}; mapping {shown(found.mapped.mapping.name)}\n")
    table(
        ["FIELD", "HAVE", "PATH", "VALUES"],
        [_cells(it, found.records) for it in found.fields],
        folds="VALUES",
        right=["HAVE"],
    )
    misfits = [it for it in found.fields if it.misfit]
    if misfits:
        print()
        table(
            ["DOES NOT FIT", "VALUES", "LINE", "EXAMPLE"],
            [
                [it.name, f"{it.misfits:,}", str(it.misfit.line), _cut(it.misfit.value)]
                for it in misfits
                if it.misfit
            ],
            folds="EXAMPLE",
            right=["VALUES", "LINE"],
        )
    if found.unused:
        print()
        table(
            ["NOT USED", "HAVE", "EXAMPLE"],
            [
                [it.key, _share(it.have, found.keys_from), _cut(it.example)]
                for it in found.unused[:UNUSED_SHOWN]
            ],
            folds="EXAMPLE",
            right=["HAVE"],
        )
        more = len(found.unused) - UNUSED_SHOWN
        if more > 0:
            note(f"... and {more:,} more keys that are not used; -o json has them all")


def _cells(found: FieldFound, records: int) -> list[str]:
    paths = ", ".join(path for path, _ in found.paths)
    values = ", ".join(_cut(value, _VALUE_WIDTH) for value, _ in found.values[:_VALUES_SHOWN])
    if found.days:
        values = " to ".join(dict.fromkeys(found.days))
    return [found.name, _share(found.have, records), paths or "-", values]


def _share(part: int, whole: int) -> str:
    if not part or not whole:
        return "-"
    return percent(part / whole, 0) if part * 200 >= whole else "< 1 %"


def _cut(text: str, width: int = _EXAMPLE_WIDTH) -> str:
    """Return the text, on a terminal no wider than this; programs get it whole."""
    return fitted(text, width, ELLIPSIS) if sys.stdout.isatty() else text


def _body(found: Inspection) -> dict[str, Any]:
    return {
        "file": found.mapped.source,
        "mapping": found.mapped.mapping.name,
        "recognised": found.mapped.recognised,
        "records": found.records,
        "rejected": found.rejected,
        "fields": [
            {
                "field": it.name,
                "have": it.have,
                "paths": [{"path": path, "records": count} for path, count in it.paths],
                "values": [{"value": value, "records": count} for value, count in it.values],
                "days": it.days and {"first": it.days[0], "last": it.days[1]},
                "misfits": it.misfits,
                "misfit": it.misfit and {"line": it.misfit.line, "value": it.misfit.value},
            }
            for it in found.fields
        ],
        "unusedFrom": found.keys_from,
        "unused": [
            {"key": it.key, "records": it.have, "example": it.example} for it in found.unused
        ],
    }
