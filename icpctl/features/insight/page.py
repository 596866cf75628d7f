"""Where configs lose visitors: funnels, near misses, and visitors that match several configs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.features.insight.wording import bound_change, change, standing_out
from icpctl.features.report.pages.page import (
    Bar,
    Block,
    Cell,
    Section,
    Table,
    columns,
    inside,
    number,
    own,
)
from icpctl.features.shared.condition_phrases import phrase
from icpctl.output.wording import counted
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.features.insight.counting import InsightCounts
    from icpctl.features.insight.model import ConfigInsight, GroupInsight, InsightReport
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Run, Watch

_MOST_FUNNELS = 12
_MOST_ROWS = 30
_MOST_OVERLAPPING = 16
_MOST_SENTENCES = 10


class InsightSections(Struct, frozen=True):
    """What insight contributes to the report of a run."""

    counts: InsightCounts

    @property
    def plan(self) -> Plan:
        """The plan of the configs, with all that is asked besides."""
        return self.counts.plan

    @property
    def watch(self) -> Watch:
        """What looks at each batch."""
        return self.counts.watch

    def sections(self, run: Run, *, visitors: bool) -> Iterator[Section]:
        """The sections when all is counted; without `visitors` none of their values is named."""
        report = self.counts.report(run)
        return losses(report if visitors else report.without_values())


def losses(report: InsightReport) -> Iterator[Section]:
    """The sections, as far as there is something to show."""
    if not report.visitors:
        return
    yield _funnels(report)
    if report.excluded is not None:
        yield _exclusions(report)
    if len(report.configs) > 1 and report.matched:
        yield _overlap(report)
    near_misses = _near_misses(report)
    if near_misses.blocks:
        yield near_misses


def _funnels(report: InsightReport) -> Section:
    chosen = sorted(report.configs, key=lambda config: -config.matched)[:_MOST_FUNNELS]
    blocks = [
        _funnel(config, group, place, report.visitors)
        for config in report.configs
        if config in chosen
        for place, group in enumerate(config.groups, 1)
    ]
    text = "How many visitors are left after each condition, in the order of the config."
    if len(chosen) < len(report.configs):
        text += f" The {len(chosen)} configs with most matches are shown."
    return Section("funnels", "Funnels", text, blocks, columns=True, legend=("left", "lost"))


def _funnel(config: ConfigInsight, group: GroupInsight, place: int, visitors: int) -> Block:
    label = inside(config.label)
    groups = len(config.groups)
    heading = label if groups == 1 else f"{label}, group {place} of {groups}"
    is_or = group.operator == Operator.OR
    before = 0 if is_or else visitors
    rows = [] if is_or else [_step("All visitors", visitors, 0, visitors)]
    for condition in group.conditions:
        if condition.left is not None:
            rows.append(_step(own(phrase(condition.condition)), condition.left, before, visitors))
            before = condition.left
    left = group.matched
    if config.min_score and groups == 1:
        rows.append(_step(f"minScore {config.min_score.value:g}", config.matched, left, visitors))
        left = config.matched
    text = f"{counted(left, 'visitor')} left"
    if is_or:
        text = f"One condition is enough: {counted(left, 'visitor')} meet at least one"
    table = Table(f"Funnel of {heading}", columns("Condition", "=", "#Visitors"), rows)
    return Block(heading, f"{text}.", table=table)


def _step(name: str, left: int, before: int, visitors: int) -> list[Cell]:
    bar = Bar(max(left, before) / visitors, left / visitors)
    return [Cell(name), Cell(bar=bar), number(left)]


def _exclusions(report: InsightReport) -> Section:
    """Who is excluded by what, and which configs would have them."""
    labels = {config.slug: inside(config.label) for config in report.configs}
    rows = [
        [
            Cell(labels[config.slug]),
            *map(number, (taken.excluded, taken.alone, taken.would_match)),
            Cell(", ".join(f"{labels[it.slug]} ({it.visitors:,})" for it in taken.takes)),
        ]
        for config in report.configs
        if (taken := config.exclusion)
    ]
    heads = columns("Config", "#Excluded", "#By this alone", "#Would match", "From which configs")
    table = Table("Who is excluded, and which configs that takes from", heads, rows, is_cards=True)
    text = "Visitors whom a config excludes have no ICP, whatever else they match."
    return Section("exclusions", "Exclusions", text, [Block(table=table)])


def _min_scores(report: InsightReport) -> Iterator[Block]:
    """What lowest scores cost."""
    rows = []
    for config in report.configs:
        if bound := config.min_score:
            score = Cell(f"{bound.value:g}", sort=bound.value)
            gain = bound.gains[0] if bound.gains else None
            following = (
                [Cell(f"{gain.value:g}", sort=gain.value), number(gain.gain)] if gain else []
            )
            counts = [number(config.matched), number(bound.below)]
            rows.append([Cell(inside(config.label)), score, *counts, *(following or [Cell()] * 2)])
    heads = ("Config", "#Lowest score", "#Reach it", "#Below", "#Next bound", "#More matches")
    if rows:
        table = Table("What lowest scores cost", columns(*heads), rows, is_cards=True)
        yield Block("Lowest scores", table=table)


def _overlap(report: InsightReport) -> Section:
    matching = [at for at, it in enumerate(report.configs) if it.matched]
    chosen = sorted(matching, key=lambda at: -report.configs[at].matched)[:_MOST_OVERLAPPING]
    chosen.sort()
    rows = []
    for at in chosen:
        config = report.configs[at]
        cells = [
            Cell(f"{both:,}", sort=both, tint=both / config.matched)
            for both in (report.overlap[at][other] for other in chosen)
        ]
        rows.append([Cell(own(config.label)), *cells])
    heads = columns("Config", *(f"#{report.configs[at].slug}" for at in chosen))
    table = Table("Visitors that match both configs", heads, rows, is_matrix=True)
    text = (
        "Visitors that match both configs. The stronger the colour, the larger the share of the "
        "row."
    )
    if len(chosen) < len(matching):
        text += f" The {len(chosen)} configs with most matches are shown."
    return Section("overlap", "Overlap", text, [Block(table=table)])


def _near_misses(report: InsightReport) -> Section:
    labels = {it.slug: inside(it.label) for it in report.configs}
    missed = [
        (condition.near_misses, condition.near_misses_missing or 0, config, place, condition)
        for config in report.configs
        for place, group in enumerate(config.groups, 1)
        for condition in group.conditions
        if condition.near_misses and config.exclusion is None
    ]
    missed.sort(key=lambda entry: -entry[0])
    blocks = []
    if missed:
        table = Table(
            "Near misses by condition",
            columns("Config", "Condition", "#Near misses", "#Field missing"),
            [
                [
                    Cell(
                        labels[config.slug],
                        small=f"group {place}" if len(config.groups) > 1 else "",
                    ),
                    Cell(own(phrase(condition.condition))),
                    number(near),
                    number(lack),
                ]
                for near, lack, config, place, condition in missed[:_MOST_ROWS]
            ],
            is_cards=True,
        )
        blocks.append(Block(table=table))
    blocks += _min_scores(report)
    gains = [
        (bound.gain, config, bound_change(config, bound))
        for config in report.configs
        for bound in config.bounds
    ]
    gains += [
        (gain.gain, config, own(change(condition.condition, gain)))
        for config in report.configs
        for condition in config.conditions
        for gain in condition.gains
    ]
    if gains:
        gains.sort(key=lambda entry: -entry[0])
        table = Table(
            "What relaxed conditions would gain",
            columns("Config", "Change", "#More matches"),
            [
                [Cell(labels[config.slug]), Cell(text), number(gain)]
                for gain, config, text in gains[:_MOST_ROWS]
            ],
        )
        blocks.append(Block("Relaxed conditions", table=table))
    sentences = standing_out(report)[:_MOST_SENTENCES]
    if sentences:
        items = tuple(f"{labels[slug]}: {own(text)}" for slug, text in sentences)
        blocks.append(Block("Notable", items=items))
    text = "Visitors that fail a single required condition."
    return Section("near-misses", "Near misses", text, blocks)
