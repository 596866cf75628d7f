"""The best visitors of a run as a table, each with why it matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.features.report.best_visitors import ABOUT
from icpctl.features.report.pages.page import (
    Block,
    Cell,
    Section,
    Table,
    columns,
    inside,
    own,
)
from icpctl.output.reasons import grounds

if TYPE_CHECKING:
    from icpctl.features.report.best_visitors import TopVisitor
    from icpctl.features.report.figures import Figures


def people(figures: Figures) -> Section | None:
    """The section of the best visitors; None where visitors are not shown, or none matches."""
    if not figures.top:
        return None
    labels = {it.slug: inside(it.label) for it in figures.configs}
    table = Table(
        "Visitors with the highest scores",
        columns("Visitor", "#Score", "ICP", "Why", *(_HEADS[name] for name in ABOUT), "Line"),
        [_row(it, labels) for it in figures.top],
        searchable=True,
    )
    count = len(figures.top)
    text = f"The {count:,} best of {figures.matched:,} visitors that match"
    if figures.matched == 1:
        text = "The only visitor that matches"
    text += ", with the conditions they meet."
    return Section("visitors", "Top visitors", text, [Block(table=table)])


_HEADS = {"domain": "Company", "job_title": "Title", "country": "Country"}


def _row(visitor: TopVisitor, labels: dict[str, str]) -> list[Cell]:
    lines = [
        (f"also {labels[match.slug]}, {match.score:.2f}:" if at else "", own(grounds(match)))
        for at, match in enumerate(visitor.matches)
    ]
    if visitor.more:
        also = f"and {visitor.more:,} more config{'s' * (visitor.more > 1)}"
        lines.append(("", also if lines else "the record is too large to show"))
    return [
        Cell(own(visitor.id or "(no id)")),
        Cell(f"{visitor.icp_score:.2f}", sort=visitor.icp_score),
        Cell(labels[visitor.icp]),
        Cell(lines=tuple(lines)),
        *(Cell(own(visitor.about[name] or "")) for name in ABOUT),
        Cell(own(f"{visitor.file}:{visitor.line}")),
    ]
