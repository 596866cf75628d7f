"""From the figures of a run to the sections of its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.features.report.figures import STEPS
from icpctl.features.report.pages.data_quality import making, quality
from icpctl.features.report.pages.page import (
    Block,
    Cell,
    Chart,
    Headline,
    Page,
    Section,
    Table,
    bars,
    columns,
    inside,
    number,
    own,
)
from icpctl.features.report.pages.people import excluded_people, people
from icpctl.features.report.pages.summary import summary
from icpctl.features.report.spans import grouped
from icpctl.output.wording import counted, percent
from icpctl.scoring.report import rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpctl.config.model import ConfigFile
    from icpctl.features.report.breakdowns import FieldReport
    from icpctl.features.report.figures import Figures
    from icpctl.scoring.report import ConfigReport

MOST_SPANS = 100  # bars of the chart over time
MOST_HISTOGRAMS = 24

_FIELDS = {
    "industry": "Industry",
    "country": "Country",
    "company_size": "Company size",
    "utm_source": "Source",
}
_MISSING = "not known"
_MATCH = ("match", "no match")


def page(
    figures: Figures,
    configs: Sequence[ConfigFile],
    title: str | None,
    contributed: Iterable[Section] = (),
) -> Page:
    """The page for figures and the configs that they are of, with `contributed` sections."""
    sections = [
        _time(figures),
        _configs(figures),
        _tiers(figures),
        _scores(figures),
        *contributed,
        _breakdowns(figures),
        people(figures),
        excluded_people(figures),
        quality(figures.run, visitors=figures.top is not None),
        _making(figures, configs),
    ]
    subtitle = f"As of {figures.run.report.as_of:%Y-%m-%d %H:%M:%S} UTC"
    if figures.period.text:
        subtitle += f"; visitors last seen{figures.period.text}"
    return Page(
        own(title or "Which visitors match"),
        subtitle,
        _headlines(figures),
        [section for section in sections if section],
        summary(figures),
    )


def _headlines(figures: Figures) -> list[Headline]:
    rejected = figures.run.report.rejected
    warned = sum(figures.run.report.field_warnings.values())
    average = figures.average_score
    return [
        Headline("Visitors", f"{figures.visitors:,}"),
        Headline("Matches", f"{figures.matched:,}", "visitors that match a config"),
        Headline("Match rate", percent(figures.match_rate), "of all visitors"),
        Headline("Average score", "" if average is None else f"{average:.2f}", "of matches"),
        Headline(
            "Rejected lines",
            f"{rejected:,}",
            f"{counted(warned, 'value')} did not fit" if warned else "that are not a visitor",
        ),
    ]


def _time(figures: Figures) -> Section | None:
    title, spans = grouped(figures.days, MOST_SPANS)
    undated = [it for it in figures.days if it.date is None]
    if not spans:
        return None
    unit = {"DAY": "day", "WEEK FROM": "week", "MONTH": "month", "YEAR": "year"}[title]
    rows = [(it.name, it.visitors, it.matched) for it in spans]
    rows += [("no date", it.visitors, it.matched) for it in undated]
    best = max(spans, key=lambda span: span.matched)
    words = (
        f"Bars by {unit} from {spans[0].name} to {spans[-1].name}: visitors, and those of them "
        f"that match. Most matches: {best.matched:,} in {best.name}."
    )
    table = Table(
        f"Visitors and matches by {unit}",
        columns("Last seen", "#Visitors", "#Matches", "#Rate"),
        [_counts(own(name), visitors, matched) for name, visitors, matched in rows],
    )
    data = [[str(it.start), str(it.stop), it.matched, it.visitors] for it in spans]
    text = f"Visitors by the {unit} in which they were last seen, UTC."
    if undated:
        text += f" {counted(undated[0].visitors, 'visitor')} without a date are not in the chart."
    chart = Chart("time", f"Matches by {unit}", words, data, table)
    return Section("time", "Matches over time", text, [Block(chart=chart)], legend=_MATCH)


def _configs(figures: Figures) -> Section:
    configs = _matching(figures)
    cells = bars([(it.matched, it.first) for it in configs])
    names = (
        "Config",
        "#Priority",
        "#Matches",
        "#Rate",
        "=",
        "#ICP of",
        "#Other ICP",
        "#Average score",
    )
    table = Table(
        "Configs in the order in which they are scored",
        columns(*names),
        [
            [
                config_cell(config),
                Cell("" if config.priority is None else f"{config.priority}"),
                number(config.matched),
                Cell(percent(config.match_rate)),
                bar,
                number(config.first),
                number(config.matched - config.first),
                Cell("" if config.average_score is None else f"{config.average_score:.2f}"),
            ]
            for config, bar in zip(configs, cells, strict=True)
        ],
        is_cards=True,
    )
    text = (
        "A visitor may match several configs; the first of them is its ICP. ICP of counts the "
        "visitors whose ICP this config is, Other ICP those whose ICP is an earlier config."
    )
    legend = "ICP of", "other ICP"
    return Section("configs", "Configs", text, [Block(table=table)], legend=legend)


def _matching(figures: Figures) -> list[ConfigReport]:
    """The configs that visitors may belong to: those that exclude have another section."""
    excluding = dict(figures.excluded_by or ())
    return [config for config in figures.configs if config.slug not in excluding]


def _tiers(figures: Figures) -> Section | None:
    """How many matches each tier has; None where there are no tiers."""
    if not figures.tiers:
        return None
    cells = bars([(count, count) for count in figures.tiers.values()])
    table = Table(
        "Matches by tier",
        columns("Tier", "=", "#Matches", "#Of matches"),
        [
            [Cell(own(name)), bar, number(count), Cell(percent(rate(count, figures.matched)))]
            for bar, (name, count) in zip(cells, figures.tiers.items(), strict=True)
        ],
    )
    text = "Matches by the score of their ICP: each tier begins at its lowest score."
    return Section("tiers", "Tiers", text, [Block(table=table)])


def config_cell(config: ConfigReport) -> Cell:
    """A config by its label and slug."""
    return Cell(own(config.label), small=config.slug)


def _scores(figures: Figures) -> Section | None:
    histograms = [
        (config, counts)
        for config, counts in zip(figures.configs, figures.histograms, strict=True)
        if config in _matching(figures) and config.matched
    ]
    if not histograms:
        return None
    histograms.sort(key=lambda pair: -pair[0].matched)
    text = "How well the matches fit: visitors by score, from 0 to 100."
    if len(histograms) > MOST_HISTOGRAMS:
        text += f" The {MOST_HISTOGRAMS} configs with most matches are shown, of {len(histograms)}."
    blocks = [_histogram(config, counts) for config, counts in histograms[:MOST_HISTOGRAMS]]
    return Section("scores", "Scores", text, blocks, columns=True)


def _histogram(config: ConfigReport, counts: list[int]) -> Block:
    width = 100 // STEPS
    names = [f"{at * width} to {(at + 1) * width}" for at in range(STEPS)]
    most = max(range(STEPS), key=lambda at: counts[at])
    label = inside(config.label)
    words = (
        f"Bars by score for {label}: {counted(config.matched, 'match', 'matches')}, average score "
        f"{config.average_score:.2f}. Most are from {names[most]}: {counts[most]:,}."
    )
    table = Table(
        f"Matches of {label} by score",
        columns("Score", "#Matches"),
        [[Cell(name), number(count)] for name, count in zip(names, counts, strict=True) if count],
    )
    chart = Chart("scores", f"Scores of {label}", words, counts, table)
    text = f"{counted(config.matched, 'match', 'matches')}, {config.average_score:.2f} on average"
    return Block(label, text, chart)


def _breakdowns(figures: Figures) -> Section:
    blocks = [_breakdown(it, figures.uncounted.get(it.field, 0)) for it in figures.fields]
    text = "Visitors by what is known about them."
    return Section("breakdowns", "Who they are", text, blocks, columns=True, legend=_MATCH)


def _breakdown(field: FieldReport, uncounted: int) -> Block:
    name = _FIELDS[field.field]
    known = sum(it.value is not None for it in field.values)
    if not known and not uncounted:
        return Block(name, f"{field.field} is not known for any visitor.")
    text = f"By {field.field}"
    if field.distinct > known:
        more = "more than " if uncounted else ""
        text += f", the commonest {known} of {more}{field.distinct:,} values"
    if uncounted:
        text += f"; {counted(uncounted, 'visitor')} with rare or very long values are in none"
    cells = bars([(it.visitors, it.matched) for it in field.values])
    table = Table(
        f"Visitors and matches by {name.lower()}",
        columns(name, "=", "#Visitors", "#Matches", "#Rate"),
        [
            [first, bar, *rest]
            for bar, (first, *rest) in zip(
                cells,
                (
                    _counts(
                        _MISSING if value.value is None else own(value.value),
                        value.visitors,
                        value.matched,
                    )
                    for value in field.values
                ),
                strict=True,
            )
        ],
    )
    return Block(name, f"{text}.", table=table)


def _making(figures: Figures, configs: Sequence[ConfigFile]) -> Section:
    used = Table(
        "Configs, and the first 16 digits of each file's SHA-256",
        columns("Config", "Hash"),
        [[Cell(it.slug), Cell(it.etag)] for it in sorted(configs, key=lambda it: it.order)],
    )
    return making(figures.run, figures.sources, used)


def _counts(name: str, visitors: int, matched: int) -> list[Cell]:
    share = rate(matched, visitors)
    return [Cell(name), number(visitors), number(matched), Cell(percent(share), sort=share or 0.0)]
