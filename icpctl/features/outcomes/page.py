"""Outcomes as a page: rates with their intervals, lifts of conditions, and who is found first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.features.outcomes.statistics.rankings import won_among_best
from icpctl.features.outcomes.tables import (
    changes,
    conditions_title,
    estimate,
    missed_wins,
    rate,
    sections,
)
from icpctl.features.report.pages.data_quality import making, quality
from icpctl.features.report.pages.page import (
    Block,
    Cell,
    Chart,
    Column,
    Headline,
    Page,
    Section,
    Table,
    columns,
    inside,
    own,
)
from icpctl.output.wording import percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from icpctl.config.model import ConfigFile
    from icpctl.exports.files.sources import Source
    from icpctl.features.outcomes import tables
    from icpctl.features.outcomes.model import (
        ConfigOutcomes,
        Estimate,
        Figures,
        Outcomes,
        Rate,
    )
    from icpctl.features.outcomes.scanning import Scan

_STEPS = 10  # of the curve's table
_MOST_POINTS = 200  # of the curve


class Facts(Struct, frozen=True):
    """What a page says besides the figures: a sentence, remarks, its title, files and configs.

    `deals` are the lists of deals among the files.
    """

    headline: str
    remarks: Sequence[str]
    title: str | None
    sources: Sequence[Source]
    deals: Sequence[Source]
    configs: Sequence[ConfigFile]


def outcomes_page(scan: Scan, facts: Facts, before: Outcomes | None) -> Page:
    """Return the page of a scan, compared with what was `before` where that is given."""
    outcomes = scan.outcomes
    parts = [
        _rates(outcomes),
        _bands(outcomes),
        _curve(scan),
        _conditions(outcomes),
        _texts("missed", "Missed wins", missed_wins(outcomes)),
        _texts("others", "More figures", _others(outcomes, before)),
        quality(scan.run, visitors=False),
        making(scan.run, facts.sources, _hashes(facts.configs), facts.deals),
    ]
    return Page(
        own(facts.title or "Is the ICP right?"),
        own(f"{facts.headline}."),
        [*_headlines(outcomes)],
        [_remarks(facts.remarks), *(part for part in parts if part)],
    )


def _headlines(outcomes: Outcomes) -> Iterator[Headline]:
    together, base = outcomes.together, outcomes.base
    yield Headline("Units", f"{base.of:,}")
    yield Headline("Won", f"{base.count:,}", rate(base))
    yield Headline("Match", f"{together.figures.units:,}", f"{together.figures.won:,} of them won")
    lift = together.figures.lift
    if lift is not None:
        value, _, interval = estimate(lift).partition(" ")
        yield Headline("Lift", value, f"{interval} of all together".strip())


def _remarks(remarks: Sequence[str]) -> Section:
    text = (
        "Intervals are 95 %: where two of them overlap widely, nobody knows which rate is higher."
    )
    blocks = [Block(items=tuple(map(own, remarks)))] if remarks else []
    return Section("reading", "How to read this", text, blocks)


def _rates(outcomes: Outcomes) -> Section:
    figures = [ranking.figures for ranking in outcomes.rankings]
    base = outcomes.base.value or 0.0
    blocks = [
        _rate_chart("Precision", "of those that match, the share that was won", figures, base),
        _rate_chart("Recall", "of those that were won, the share that matches", figures, None),
    ]
    text = "The share of each config's matches that was won, and its share of all that was won."
    return Section("rates", "Precision and recall", text, blocks, columns=True)


def _rate_chart(name: str, means: str, parts: Sequence[Figures], base: float | None) -> Block:
    rates = [(part, part.recall if name == "Recall" else part.precision) for part in parts]
    marks = [_mark(part.name, value) for part, value in rates]
    table = Table(
        f"{name} with its interval",
        columns("Of", "#Units", "#Won", "#Share"),
        [
            [Cell(own(part.name)), *map(Cell, (f"{part.units:,}", f"{part.won:,}", rate(value)))]
            for part, value in rates
        ],
    )
    words = f"{name}, {means}, as a point with its interval. " + _best_of(marks)
    if base is not None:
        words += f" A dashed line is the rate of all: {percent(base)}."
    data = {"rows": marks, "reference": base, "percent": True}
    return Block(name, f"{means.capitalize()}.", Chart("intervals", name, words, data, table))


def _bands(outcomes: Outcomes) -> Section | None:
    bands = outcomes.together.bands
    if not bands:
        return None
    base = outcomes.base.value or 0.0
    blocks = [
        _rate_chart(name, "the share that was won", parts, base)
        for name, parts in (("By score", bands), ("By tier", outcomes.tiers))
        if parts
    ]
    text = "A score that means something is won more often where it is higher."
    return Section("bands", "Won rate by score", text, blocks, columns=True)


def _curve(scan: Scan) -> Section | None:
    counts = scan.survey.counts
    won, others = counts.scores.of(len(counts.configs)).by_level()
    units, wins = int(won.sum() + others.sum()), int(won.sum())
    if not wins:
        return None
    taken = [round(units * step / _STEPS) for step in range(1, _STEPS + 1)]
    rows = [(count, won_among_best(won, others, count)) for count in taken]
    table = Table(
        "What the best units by score would have brought",
        columns("Units taken", "#Of all", "#Won", "#Of all won", "#At random"),
        [
            [
                Cell(f"{count:,}"),
                Cell(percent(count / units)),
                Cell(f"{found:,.1f}"),
                Cell(percent(found / wins)),
                Cell(f"{count * wins / units:,.1f}"),
            ]
            for count, found in rows
        ],
    )
    half = next((count for count, found in rows if 2 * found >= wins), units)
    words = (
        f"A line from nobody to all {units:,} units, those with the highest scores first: which "
        f"part of the {wins:,} won is among them. Half of the won are in the best "
        f"{percent(half / units)}. A dashed line is what units drawn at random would bring."
    )
    chart = Chart("gains", "Won units among those taken first", words, _points(won, others), table)
    text = "Work through the units from the highest score down: so much is found, so early."
    return Section("curve", "Who is found first", text, [Block(chart=chart)])


def _points(won: np.ndarray, others: np.ndarray) -> list[list[float]]:
    """Shares of the units and of the won ones, from the highest score down."""
    found = np.concatenate([[0], np.cumsum(won[::-1])]) / max(won.sum(), 1)
    taken = np.concatenate([[0], np.cumsum((won + others)[::-1])]) / max((won + others).sum(), 1)
    kept = np.unique(np.linspace(0, len(found) - 1, _MOST_POINTS).round().astype(int))
    return [[round(float(taken[at]), 5), round(float(found[at]), 5)] for at in kept]


def _conditions(outcomes: Outcomes) -> Section:
    tables_of = {section.title: section for section in sections(outcomes)}
    blocks = [
        _condition_chart(config, tables_of[conditions_title(config)]) for config in outcomes.configs
    ]
    text = "How much more often those are won that meet a condition: 1 is as often as all."
    return Section("conditions", "Conditions", text, blocks)


def _condition_chart(config: ConfigOutcomes, section: tables.Section) -> Block:
    label = inside(config.ranking.figures.name)
    marks = [_mark(condition.text, condition.lift) for condition in config.conditions]
    verdicts = [condition.verdict.value for condition in config.conditions]
    counts = ", ".join(f"{verdicts.count(name)} {name}" for name in dict.fromkeys(verdicts))
    words = f"The lift of each condition of {label}, as a point with its interval. "
    words += f"{_best_of(marks)} Verdicts: {counts}."
    data = {"rows": marks, "reference": 1, "percent": False}
    chart = Chart("intervals", f"Lift of the conditions of {label}", words, data, _table(section))
    return Block(label, f"Verdicts: {counts}.", chart)


def _mark(name: str, value: Rate | Estimate | None) -> list[str | float | None]:
    """A name, and a figure with the ends of its interval."""
    if value is None or value.value is None:
        return [own(name), None, None, None]
    return [own(name), value.value, value.low, value.high]


def _best_of(marks: Sequence[Sequence[str | float | None]]) -> str:
    known = [(float(mark[1]), str(mark[0])) for mark in marks if mark[1] is not None]
    return f"The highest is that of {inside(max(known)[1])}." if known else "None is known."


def _others(outcomes: Outcomes, before: Outcomes | None) -> list[tables.Section]:
    shown = ("Configs", "Fields that may have been filled in after the fact")
    compared = [] if before is None else [changes(before, outcomes)]
    return compared + [section for section in sections(outcomes) if section.title in shown]


def _texts(name: str, heading: str, parts: Sequence[tables.Section]) -> Section | None:
    blocks = [Block(part.title, table=_table(part)) for part in parts]
    return Section(name, heading, "", blocks) if blocks else None


def _table(section: tables.Section) -> Table:
    heads = tuple(
        Column(name, is_number=place >= section.left) for place, name in enumerate(section.titles)
    )
    return Table(section.title, heads, [list(map(_cell, row)) for row in section.rows])


def _cell(text: str) -> Cell:
    return Cell(own(text))


def _hashes(configs: Sequence[ConfigFile]) -> Table:
    rows = [[Cell(config.slug), Cell(config.etag)] for config in configs]
    caption = "Configs, and the first 16 digits of each file's SHA-256"
    return Table(caption, columns("Config", "Hash"), rows)
