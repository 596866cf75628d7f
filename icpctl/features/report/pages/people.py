"""The best visitors of a run as a table, each with why it matches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from icpctl.features.reasons.sentences import grounds
from icpctl.features.report.best_visitors import ABOUT
from icpctl.features.report.pages.page import (
    Block,
    Cell,
    Link,
    Section,
    Table,
    bars,
    columns,
    inside,
    number,
    own,
)
from icpctl.output.wording import counted, percent
from icpctl.scoring.report import rate

if TYPE_CHECKING:
    from icpctl.features.report.best_visitors import TopVisitor
    from icpctl.features.report.figures import Figures

_EMAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+")
_LINKEDIN = re.compile(r"(https?://)?([a-z0-9-]+\.)*linkedin\.com/", re.IGNORECASE)


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
    text = f"The best {count:,} of {figures.matched:,} visitors that match"
    if figures.matched == count:
        text = "The only visitor that matches" if count == 1 else "All visitors that match"
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
        who(visitor.id, visitor.about),
        Cell(f"{visitor.icp_score:.2f}", sort=visitor.icp_score),
        Cell(labels[visitor.icp]),
        Cell(lines=tuple(lines)),
        *(Cell(own(visitor.about[name] or "")) for name in ABOUT),
        Cell(own(f"{visitor.file}:{visitor.line}")),
    ]


def excluded_people(figures: Figures) -> Section | None:
    """The section of who is excluded and by what; None where no config excludes."""
    if figures.excluded_by is None:
        return None
    labels = {config.slug: own(config.label) for config in figures.configs}
    cells = bars([(count, count) for _, count in figures.excluded_by])
    counts = Table(
        "Visitors that are excluded, by the first config that excludes them",
        columns("Excluded by", "=", "#Visitors", "#Of all"),
        [
            [
                Cell(labels[slug], small=slug),
                bar,
                number(count),
                Cell(percent(rate(count, figures.visitors))),
            ]
            for bar, (slug, count) in zip(cells, figures.excluded_by, strict=True)
        ],
    )
    blocks = [Block(table=counts)]
    if figures.excluded:
        blocks.append(Block("Visitors", table=_excluded_table(figures, labels)))
    total = sum(count for _, count in figures.excluded_by)
    text = f"{counted(total, 'visitor')} who never count as a match, whatever else they meet."
    if len(figures.excluded) < total and figures.excluded:
        text += f" The first {len(figures.excluded)} are listed."
    return Section("excluded", "Who is excluded", text, blocks)


def _excluded_table(figures: Figures, labels: dict[str, str]) -> Table:
    return Table(
        "The first visitors that are excluded",
        columns("Visitor", "Excluded by", *(_HEADS[name] for name in ABOUT), "Line"),
        [
            [
                who(visitor.id, visitor.about),
                Cell(labels[visitor.by]),
                *(Cell(own(visitor.about[name] or "")) for name in ABOUT),
                Cell(own(f"{visitor.file}:{visitor.line}")),
            ]
            for visitor in figures.excluded
        ],
        is_cards=True,
    )


def who(visitor_id: str | None, about: dict[str, str | None]) -> Cell:
    """Return a visitor's name with the id below, or the id; and what leads to the person."""
    name, email = about["contact.name"], about["contact.email"]
    linkedin = about["linkedin_url"]
    links = []
    if email and _EMAIL.fullmatch(email):
        links.append(Link(own(email), f"mailto:{quote(email, safe='@+')}"))
    if linkedin and _LINKEDIN.match(linkedin) and linkedin.isprintable():
        address = linkedin if "://" in linkedin else f"https://{linkedin}"
        text = address.partition("://")[2].removeprefix("www.").rstrip("/")
        links.append(Link(own(text), address))
    shown_id = own(visitor_id or "(no id)")
    is_mail = visitor_id is not None and visitor_id == email and bool(links)
    if not name:
        return Cell(shown_id, links=tuple(links[is_mail:]) if is_mail else tuple(links))
    return Cell(own(name), small="" if is_mail else shown_id, links=tuple(links))
