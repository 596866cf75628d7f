"""What a change of configs does to visitors, as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.features.impact.model import KINDS, OF_CONFIG
from icpctl.features.impact.wording import (
    KIND_WORDS,
    causes_text,
    change_text,
    name_of,
    reached_text,
)
from icpctl.features.report.pages.data_quality import making, quality
from icpctl.features.report.pages.page import (
    Block,
    Cell,
    Headline,
    Page,
    Section,
    Table,
    columns,
    number,
    own,
)
from icpctl.output.wording import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpctl.exports.files.sources import Source
    from icpctl.features.impact.bounds import Bound
    from icpctl.features.impact.model import ConfigImpact, Impact, Kind, Sample
    from icpctl.features.shared.git_versions import Versions

_MOST_WHOLE = 30  # configs whose visitors are shown
_MOST_MOVES = 100
_KINDS = tuple(f"#{KIND_WORDS[kind].capitalize()}" for kind in OF_CONFIG)


def impact_page(
    impact: Impact,
    versions: Versions,
    bounds: Sequence[Bound],
    sources: Sequence[Source],
    title: str | None,
    *,
    visitors: bool,
) -> Page:
    """The page of an impact of `versions` on `sources`; single ones of them with `visitors`."""
    them = _Versions.of(versions)
    sections = [
        _bounds(impact, bounds),
        _configs(impact.configs),
        _causes(impact.configs),
        _moves(impact, them),
        _people(impact, them) if visitors else None,
        quality(impact.run, visitors=visitors),
        making(impact.run, sources, them.hashes()),
    ]
    as_of = f"As of {impact.as_of:%Y-%m-%d %H:%M:%S} UTC"
    return Page(
        own(title or "What changed configs do to visitors"),
        f"{as_of}; compared with {own(versions.base)}",
        [*_headlines(impact)],
        [section for section in sections if section],
    )


class _Versions(Struct, frozen=True):
    """The configs of both versions."""

    versions: Versions
    labels: dict[str, str]

    @classmethod
    def of(cls, versions: Versions) -> _Versions:
        both = [*versions.before, *versions.after]
        return cls(versions, {it.slug: own(it.config.label) for it in both})

    def cell(self, slug: str) -> Cell:
        return Cell(self.labels[slug], small=slug)

    def hashes(self) -> Table:
        before, after = (
            {it.slug: it for it in side} for side in (self.versions.before, self.versions.after)
        )
        both = sorted((before | after).values(), key=lambda config: config.order)
        return Table(
            "Configs, and the first 16 digits of each file's SHA-256 in both versions",
            columns("Config", "Hash before", "Hash now"),
            [
                [
                    Cell(config.slug),
                    *(
                        Cell(side[config.slug].etag if config.slug in side else "")
                        for side in (before, after)
                    ),
                ]
                for config in both
            ],
        )


def _headlines(impact: Impact) -> Iterable[Headline]:
    yield Headline("Visitors", f"{impact.visitors:,}")
    yield Headline("Match now", f"{impact.matched_after:,}")
    yield Headline("Matched before", f"{impact.matched_before:,}")
    yield Headline("Rejected lines", f"{impact.rejected:,}", "that are not a visitor")
    for kind in KINDS:
        share = impact.share(kind)
        remark = "" if share is None else f"{percent(share)} of those that matched before"
        yield Headline(KIND_WORDS[kind].capitalize(), f"{impact.tally.counts[kind]:,}", remark)


def _bounds(impact: Impact, bounds: Sequence[Bound]) -> Section | None:
    if not bounds:
        return None
    rows = [
        [
            Cell(bound.text),
            Cell("reached" if bound.reached(impact) else "kept"),
            Cell(reached_text(bound, impact)),
        ]
        for bound in bounds
    ]
    table = Table("Bounds of --fail-on", columns("Bound", "Verdict", "Found"), rows)
    return Section(
        "bounds", "Bounds", "Limits on what the change may do to visitors.", [Block(table=table)]
    )


def _configs(configs: Sequence[ConfigImpact]) -> Section:
    if not configs:
        text = "No config changed in a way that can change a verdict."
        return Section("configs", "Configs", text, [])
    table = Table(
        "Configs that changed",
        columns("Config", "Change", "#Before", "#Now", "#ICP of before", "#ICP of now", *_KINDS),
        [
            [
                Cell(own(config.label), small=config.slug),
                Cell(config.what),
                number(config.matched_before),
                number(config.matched_after),
                number(config.first_before),
                number(config.first_after),
                *(number(config.tally.counts[kind]) for kind in OF_CONFIG),
            ]
            for config in configs
        ],
        is_cards=True,
    )
    text = (
        "Visitors that match each config that changed, before and now. ICP of counts the visitors "
        "whose ICP it is: a visitor may match several configs, and the first of them is its ICP."
    )
    return Section("configs", "Configs", text, [Block(table=table)])


def _causes(configs: Sequence[ConfigImpact]) -> Section | None:
    rows = []
    for config in configs:
        name = Cell(own(config.label), small=config.slug)
        for changed in config.changes:
            known = (
                number(changed.counts[kind]) if changed.is_known else Cell() for kind in OF_CONFIG
            )
            rows.append([name, Cell(own(change_text(changed.change))), *known])
        if any(config.together.values()):
            together = (number(config.together[kind]) for kind in OF_CONFIG)
            rows.append([name, Cell("several changes together"), *together])
    if not rows:
        return None
    heads = columns("Config", "Because of", *_KINDS)
    table = Table("Changes, and the visitors that they decide", heads, rows, is_cards=True)
    text = (
        "How many visitors each change decides by itself: undoing it would undo what happened to "
        "them."
    )
    return Section("causes", "Because of", text, [Block(table=table)])


def _moves(impact: Impact, them: _Versions) -> Section | None:
    if not impact.moves:
        return None
    rows = [
        [
            them.cell(move.before),
            them.cell(move.after),
            number(move.visitors),
            Cell(own(causes_text(move))),
        ]
        for move in impact.moves[:_MOST_MOVES]
    ]
    heads = columns("From", "To", "#Visitors", "Because of")
    table = Table("Visitors that moved", heads, rows, is_cards=True)
    text = "Visitors whose ICP was one config before and is another one now."
    if len(impact.moves) > _MOST_MOVES:
        text += f" The {_MOST_MOVES} largest moves are shown, of {len(impact.moves):,}."
    return Section("moves", "Moves", text, [Block(table=table)])


def _people(impact: Impact, them: _Versions) -> Section | None:
    touched = [config for config in impact.configs if config.tally.counts.total()]
    shown = sorted(touched, key=lambda config: -config.tally.counts.total())[:_MOST_WHOLE]
    blocks = []
    for config in touched:
        if config in shown:
            rows = [
                _row(kind, sample, them, Cell("; ".join(_causes_of(sample, config))))
                for kind in OF_CONFIG
                for sample in config.tally.samples.get(kind, ())
            ]
            label = own(config.label)
            table = _samples(label, rows, "Because of")
            blocks.append(Block(label, config.slug, table=table))
    if moved := impact.tally.samples.get("moved"):
        rows = [_row("moved", it, them) for it in moved]
        blocks.append(Block("Moved", table=_samples("another ICP", rows)))
    if not blocks:
        return None
    text = "The first visitors of each kind, with their scores before and now."
    if len(shown) < len(touched):
        text += f" The {len(shown)} configs with most of them are shown, of {len(touched)}."
    return Section("samples", "Visitors", text, blocks)


def _samples(whose: str, rows: list[list[Cell]], *more: str) -> Table:
    names = ("Visitor", "What", "#Score before", "#Now", "ICP before", "ICP now")
    return Table(f"Examples from {whose}", columns(*names, *more, "Line"), rows, is_cards=True)


def _row(kind: Kind, sample: Sample, them: _Versions, *more: Cell) -> list[Cell]:
    return [
        Cell(own(name_of(sample))),
        Cell(KIND_WORDS[kind]),
        Cell(f"{sample.score_before:.2f}"),
        Cell(f"{sample.score_after:.2f}"),
        Cell(them.labels.get(sample.icp_before or "", "")),
        Cell(them.labels.get(sample.icp_after or "", "")),
        *more,
        Cell(own(f"{sample.file}:{sample.line}")),
    ]


def _causes_of(sample: Sample, config: ConfigImpact) -> list[str]:
    return [own(change_text(config.changes[at].change)) for at in sample.causes]
