"""Outcomes as tables of texts, which every output for people renders."""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.output.wording import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from icpctl.features.outcomes.model import (
        ConfigOutcomes,
        Estimate,
        Figures,
        Outcomes,
        Ranking,
        Rate,
    )

    Row = list[str]


class Section(Struct, frozen=True):
    """A table with a title; the first `left` columns are texts, the others numbers.

    Where there is little room the column number `folds` is folded.
    """

    title: str
    columns: Row
    rows: list[Row]
    left: int = 1
    folds: int = 0

    @property
    def titles(self) -> Row:
        """The names of the columns as pages and Markdown have them."""
        return [column.capitalize().replace("Auc", "AUC") for column in self.columns]


def sections(outcomes: Outcomes) -> Iterator[Section]:
    """All tables that have any row, in order."""
    yield _rankings(outcomes)
    if outcomes.tiers:
        yield _parts("Tiers", "TIER", outcomes.tiers)
    if outcomes.together.bands:
        yield _parts("Score of all together", "SCORE", outcomes.together.bands)
    for config in outcomes.configs:
        yield _conditions(config)
    yield from missed_wins(outcomes)
    if outcomes.suspects:
        yield _suspects(outcomes)


def missed_wins(outcomes: Outcomes) -> list[Section]:
    """The table of missed wins, where there are any."""
    missed = [row for config in outcomes.configs for row in _missed(config)]
    columns = ["CONFIG", "SHUT OUT BY", "WON", "UNITS"]
    return [Section("Missed wins", columns, missed, left=2, folds=1)] if missed else []


def changes(before: Outcomes, after: Outcomes) -> Section:
    """Each figure before and now; the cell of a side that lacks it is empty."""
    earlier, now = _figure_texts(before), _figure_texts(after)
    rows = [
        [*figure, earlier.get(figure, ""), now.get(figure, "")]
        for figure in dict.fromkeys([*now, *earlier])
    ]
    known = [row for row in rows if any(row[2:])]
    return Section("Before and now", ["OF", "FIGURE", "BEFORE", "NOW"], known, left=2)


def _figure_texts(outcomes: Outcomes) -> dict[tuple[str, str], str]:
    """Each figure as people read it, by what it is of and its name."""
    texts: dict[tuple[str, str], str] = {}
    for ranking in outcomes.rankings:
        figures = _texts_of(ranking.figures) | {"AUC": estimate(ranking.auc)}
        if best := ranking.best:
            figures[f"won in best {best.capacity:,}"] = _best(ranking)
        name = ranking.slug or ranking.figures.name
        texts |= {(name, figure): text for figure, text in figures.items()}
    parts = {f"tier {part.name}": part for part in outcomes.tiers}
    for band in outcomes.together.bands:
        parts[f"score {band.name}" if band.name[:1].isdigit() else band.name] = band
    for name, part in parts.items():
        texts |= {(name, figure): text for figure, text in _texts_of(part).items()}
    return texts


def _texts_of(figures: Figures) -> dict[str, str]:
    return {
        "units": f"{figures.units:,}",
        "won": f"{figures.won:,}",
        "precision": rate(figures.precision),
        "recall": rate(figures.recall),
        "lift": estimate(figures.lift),
        "average amount": amount(figures.average_amount),
    }


def _rankings(outcomes: Outcomes) -> Section:
    amounts = any(ranking.figures.average_amount is not None for ranking in outcomes.rankings)
    best = outcomes.together.best
    columns = ["CONFIG", "UNITS", "WON", "PRECISION", "RECALL", "LIFT", "AUC"]
    columns += ["AVERAGE AMOUNT"] * amounts
    columns += [f"WON IN BEST {best.capacity:,}"] if best else []
    rows = [_ranking(ranking, amounts) for ranking in outcomes.rankings]
    return Section("Configs", columns, rows)


def _ranking(ranking: Ranking, amounts: bool) -> Row:
    row = [ranking.slug or ranking.figures.name, *_figures(ranking.figures)]
    row.append(estimate(ranking.auc))
    row += [amount(ranking.figures.average_amount)] * amounts
    return row + ([_best(ranking)] if ranking.best else [])


def _best(ranking: Ranking) -> str:
    best = ranking.best
    return "" if best is None else f"{best.won:,.1f} (at random {best.won_at_random:,.1f})"


def _parts(title: str, name: str, parts: Iterable[Figures]) -> Section:
    columns = [name, "UNITS", "WON", "PRECISION", "RECALL", "LIFT"]
    return Section(title, columns, [[part.name, *_figures(part)] for part in parts])


def _figures(figures: Figures) -> Row:
    rates = [rate(figures.precision), rate(figures.recall), estimate(figures.lift)]
    return [f"{figures.units:,}", f"{figures.won:,}", *rates]


def _conditions(config: ConfigOutcomes) -> Section:
    rows = [
        [
            _place(condition.text, condition.group, config) + " (optional)" * condition.optional,
            condition.verdict.value,
            f"{condition.meets.of:,}",
            rate(condition.meets),
            rate(condition.others),
            estimate(condition.lift),
            _odds(condition.odds_ratio),
        ]
        for condition in config.conditions
    ]
    columns = ["CONDITION", "VERDICT", "UNITS", "WON", "OTHERS WON", "LIFT", "ODDS"]
    return Section(conditions_title(config), columns, rows, left=2)


def conditions_title(config: ConfigOutcomes) -> str:
    """The title of the table of a config's conditions: its label, with its slug after it."""
    return f"Conditions of {config.ranking.figures.name} ({config.ranking.slug})"


def _place(text: str, group: int, config: ConfigOutcomes) -> str:
    several = any(condition.group > 1 for condition in config.conditions)
    return f"{group}: {text}" if several else text


def _missed(config: ConfigOutcomes) -> Iterator[Row]:
    slug, missed = config.ranking.slug or "", config.missed
    for shut in missed.by_condition:
        yield [slug, _place(shut.text, shut.group, config), f"{shut.won:,}", f"{shut.units:,}"]
    if missed.by_several:
        yield [slug, "more than one condition", f"{missed.by_several:,}", ""]


def _suspects(outcomes: Outcomes) -> Section:
    rows = [
        [
            suspect.field,
            f"{suspect.auc:.3f}",
            percent(suspect.missing_won),
            percent(suspect.missing_others),
        ]
        for suspect in outcomes.suspects
    ]
    columns = ["FIELD", "AUC OF ITS VALUES", "MISSING FOR WON", "MISSING FOR OTHERS"]
    return Section("Fields that may have been filled in after the fact", columns, rows)


def rate(rate_of: Rate) -> str:
    """A rate with its interval, such as `12.0 % (8.1 to 17.4)`."""
    if rate_of.value is None:
        return ""
    interval = f"{100 * rate_of.low:.1f} to {100 * rate_of.high:.1f}"
    return f"{percent(rate_of.value)} ({interval})" + " few" * rate_of.few


def estimate(figure: Estimate | None) -> str:
    """A figure with its interval, such as `1.52 (1.21 to 1.88)`."""
    if figure is None:
        return ""
    if figure.low is None or figure.high is None:
        return f"{figure.value:.2f}"
    return f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f})"


def amount(value: float | None) -> str:
    """An average amount."""
    return "" if value is None else f"{value:,.0f}"


def _odds(ratio: float | None) -> str:
    if ratio is None:
        return ""
    return "all" if isinf(ratio) else f"{ratio:.2f}"


def tidy_rows(outcomes: Outcomes) -> Iterator[Row]:
    """Figures for programs: config, part, figure, value, low, high; empty where there is none."""
    for ranking in outcomes.rankings:
        slug = ranking.slug or ""
        yield from _tidy_figures(slug, "", ranking.figures)
        yield from _tidy_estimate(slug, "", "auc", ranking.auc)
        if ranking.best:
            yield [slug, "", "won_at_capacity", f"{ranking.best.won!r}", "", ""]
        for band in ranking.bands:
            yield from _tidy_figures(slug, f"score {band.name}", band)
    for tier in outcomes.tiers:
        yield from _tidy_figures("", f"tier {tier.name}", tier)
    for config in outcomes.configs:
        for condition in config.conditions:
            slug, part = config.ranking.slug or "", f"{condition.group}: {condition.text}"
            yield from _tidy_rate(slug, part, "won_rate", condition.meets)
            yield from _tidy_estimate(slug, part, "lift", condition.lift)
            yield [slug, part, "verdict", condition.verdict.value, "", ""]


def _tidy_figures(slug: str, part: str, figures: Figures) -> Iterator[Row]:
    yield [slug, part, "units", str(figures.units), "", ""]
    yield [slug, part, "won", str(figures.won), "", ""]
    yield from _tidy_rate(slug, part, "precision", figures.precision)
    yield from _tidy_rate(slug, part, "recall", figures.recall)
    yield from _tidy_estimate(slug, part, "lift", figures.lift)


def _tidy_rate(slug: str, part: str, name: str, value: Rate) -> Iterator[Row]:
    if value.value is not None:
        yield [slug, part, name, f"{value.value!r}", f"{value.low!r}", f"{value.high!r}"]


def _tidy_estimate(slug: str, part: str, name: str, value: Estimate | None) -> Iterator[Row]:
    if value is not None:
        ends = ["" if end is None else f"{end!r}" for end in (value.low, value.high)]
        yield [slug, part, name, f"{value.value!r}", *ends]
