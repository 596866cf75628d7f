"""What a run read, and what of it was lost: data quality, and how a report was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl import __version__
from icpctl.features.report.pages.page import (
    Block,
    Cell,
    Section,
    Table,
    columns,
    number,
    own,
)
from icpctl.output.notes import misfit_text, unread_file_text
from icpctl.output.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.exports.columns.field_warnings import FieldWarning
    from icpctl.exports.files.sources import Source
    from icpctl.scoring.run import Run

_MOST_PLACES = 100
_MOST_PASSING = 4  # values that negative conditions keep out


def quality(run: Run, *, visitors: bool) -> Section | None:
    """What was missing, rejected or did not fit, None without any; examples with `visitors`."""
    report = run.report
    blocks = _unread(run)
    if report.rejected:
        table = Table(
            "The first rejected lines",
            columns("Line", "Reason"),
            [[Cell(own(f"{it.file}:{it.line}")), Cell(own(it.reason))] for it in run.rejected],
        )
        text = f"{counted(report.rejected, 'line')} that are not a visitor; all others were scored."
        blocks.append(Block("Rejected lines", text, table=table))
    if report.field_warnings:
        counts = Table(
            "Values that did not fit, by field",
            columns("Field", "#Values"),
            [[Cell(name), number(count)] for name, count in report.field_warnings.items()],
        )
        first = tuple(own(f"{_place(it)}: {misfit_text(it)}") for it in run.warnings)
        text = "Values that do not fit their field count as missing."
        blocks.append(Block("Field warnings", text, table=counts, items=first if visitors else ()))
    if not blocks:
        return None
    return Section("quality", "Data quality", "", blocks)


def _place(warning: FieldWarning) -> str:
    """Where the first value of a field is that does not fit."""
    file, line = warning.places[0]
    return f"{file}:{line}"


def _unread(run: Run) -> list[Block]:
    """Files that say nothing about visitors, and fields that no record of a file has."""
    blocks = []
    if run.unread.files:
        items = tuple(own(f"{file.file}: {unread_file_text(file)}") for file in run.unread.files)
        text = "No field was read from these files."
        blocks.append(Block("Files without visitors", text, items=items[:_MOST_PLACES]))
    if run.unread.fields:
        table = Table(
            "Fields that no record has",
            columns("File", "Field", "Asked for by", "Most similar", "Would pass"),
            [
                [
                    Cell(own(field.file)),
                    Cell(field.field),
                    Cell(own(", ".join(field.configs))),
                    Cell(own(", ".join(field.similar))),
                    Cell(own(", ".join(field.passing[:_MOST_PASSING]))),
                ]
                for field in run.unread.fields[:_MOST_PLACES]
            ],
        )
        text = "No record of the file has the field: conditions on it fail, negative ones hold."
        blocks.append(Block("Unread fields", text, table=table))
    return blocks


def making(
    run: Run, sources: Sequence[Source], configs: Table, deals: Sequence[Source] = ()
) -> Section:
    """The version, the input files, of which some may be lists of deals, and the `configs`."""
    titles = {file.source: file.mapping.title for file in run.mapped}
    titles = dict.fromkeys((source.name for source in deals), "deals") | titles
    sources = [*sources, *deals]
    inputs = Table(
        "Input files",
        columns("File", "#Bytes", "Read as"),
        [
            [
                Cell(own(source.name)),
                number(source.size),
                Cell(own(titles.get(source.name, ""))),
            ]
            for source in sources[:_MOST_PLACES]
        ],
    )
    more = len(sources) - _MOST_PLACES
    text = f"Made by icpctl {__version__}."
    if more > 0:
        text += f" The first {_MOST_PLACES} of {len(sources):,} files are listed."
    blocks = [Block("Input", table=inputs), Block("Configs", table=configs)]
    return Section("making", "How it was made", text, blocks, columns=True)
