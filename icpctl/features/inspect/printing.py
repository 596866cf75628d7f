"""What exports hold, for people and programs, by `FORMATS`."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

from icpctl.features.drafting.mapping_text import mapping_text
from icpctl.output.console import note, print_json, shown, shown_line, table
from icpctl.output.notes import print_mapped, print_skipped, print_unknown, print_unread
from icpctl.output.wording import ELLIPSIS, counted, fitted, percent
from icpctl.scoring.unread_fields import Unread, UnreadFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from icpctl.features.drafting.mapping_draft import MappingDraft
    from icpctl.features.inspect.inspection import FieldFound, Inspection
    from icpctl.output.console import ReportFormat

UNUSED_SHOWN = 20
_VALUES_SHOWN, _VALUE_WIDTH, _EXAMPLE_WIDTH = 3, 21, 40


def as_table(inspections: Iterable[Inspection]) -> None:
    """Print three tables for each file: the fields, what did not fit, and what is not used."""
    for number, inspection in enumerate(inspections):
        if number:
            print()
        _print_file(inspection)


def as_json(inspections: Iterable[Inspection]) -> None:
    """Print `{files: [...]}` with everything that is known."""
    print_json({"files": [_body(inspection) for inspection in inspections]})


def print_suggestion(draft: MappingDraft, exports: Sequence[str]) -> None:
    """Print a drafted mapping on stdout, and on stderr what to do with it."""
    print(mapping_text(draft), end="")
    sys.stdout.flush()
    files = " ".join(map(shlex.quote, exports))
    note(f"save it with > mapping.yaml, then run: icpctl score {files} --mapping mapping.yaml")


FORMATS: dict[ReportFormat, Callable[[Iterable[Inspection]], None]] = {
    "table": as_table,
    "json": as_json,
}


def _print_file(inspection: Inspection) -> None:
    print_skipped(inspection.skipped)
    print_mapped([inspection.mapped])
    print_unknown([inspection.mapped])
    if not (inspection.records or inspection.mapped.foreign):
        print_unread(Unread(files=(UnreadFile(inspection.mapped.source, has_records=False),)), [])
    rejected = f", {inspection.rejected:,} rejected" if inspection.rejected else ""
    records = counted(inspection.records, "record")
    name = shown_line(inspection.mapped.source)
    print(f"{name}: {records}{rejected}; mapping {shown(inspection.mapped.mapping.name)}\n")
    table(
        ["FIELD", "HAVE", "PATH", "VALUES"],
        [_cells(field, inspection.records) for field in inspection.fields],
        folds="VALUES",
        right=["HAVE"],
    )
    misfits = [field for field in inspection.fields if field.misfit]
    if misfits:
        print()
        table(
            ["DOES NOT FIT", "VALUES", "LINE", "EXAMPLE"],
            [
                [field.name, f"{field.misfits:,}", str(field.misfit.line), _cut(field.misfit.value)]
                for field in misfits
                if field.misfit
            ],
            folds="EXAMPLE",
            right=["VALUES", "LINE"],
        )
    if inspection.unused:
        print()
        table(
            ["NOT USED", "HAVE", "EXAMPLE"],
            [
                [unused.key, _share(unused.have, inspection.keys_from), _cut(unused.example)]
                for unused in inspection.unused[:UNUSED_SHOWN]
            ],
            folds="EXAMPLE",
            right=["HAVE"],
        )
        more = len(inspection.unused) - UNUSED_SHOWN
        if more > 0:
            note(f"... and {counted(more, 'more key')} not used; -o json has them all")


def _cells(field: FieldFound, records: int) -> list[str]:
    paths = ", ".join(path for path, _ in field.paths)
    values = ", ".join(_cut(value, _VALUE_WIDTH) for value, _ in field.values[:_VALUES_SHOWN])
    if field.days:
        values = " to ".join(dict.fromkeys(field.days))
    return [field.name, _share(field.have, records), paths or "-", values]


def _share(part: int, whole: int) -> str:
    if not part or not whole:
        return "-"
    return percent(part / whole, 0) if part * 200 >= whole else "< 1 %"


def _cut(text: str, width: int = _EXAMPLE_WIDTH) -> str:
    """Return the text, on a terminal no wider than this; programs get it whole."""
    return fitted(text, width, ELLIPSIS) if sys.stdout.isatty() else text


def _body(inspection: Inspection) -> dict[str, Any]:
    return {
        "file": inspection.mapped.source,
        "mapping": inspection.mapped.mapping.name,
        "recognised": inspection.mapped.recognised,
        "records": inspection.records,
        "rejected": inspection.rejected,
        "fields": [
            {
                "field": field.name,
                "have": field.have,
                "paths": [{"path": path, "records": count} for path, count in field.paths],
                "values": [{"value": value, "records": count} for value, count in field.values],
                "days": field.days and {"first": field.days[0], "last": field.days[1]},
                "misfits": field.misfits,
                "misfit": field.misfit and {"line": field.misfit.line, "value": field.misfit.value},
            }
            for field in inspection.fields
        ],
        "unusedFrom": inspection.keys_from,
        "unused": [
            {"key": unused.key, "records": unused.have, "example": unused.example}
            for unused in inspection.unused
        ],
    }
