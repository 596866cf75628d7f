"""A report in three sentences that could be read aloud: how many, which ICP, and what to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.features.report.pages.page import inside
from icpctl.output.wording import counted, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.features.report.figures import Figures


def summary(figures: Figures) -> tuple[str, ...]:
    """Return three sentences; fewer where there are no visitors."""
    if not figures.visitors:
        return ("The export has no visitors.",)
    return (_how_many(figures), _which(figures), next(_what_else(figures)))


def _how_many(figures: Figures) -> str:
    count = sum(1 for config in figures.configs if not _excludes(figures, config.slug))
    configs = "your config" if count == 1 else f"one of your {count:,} configs"
    seen = f" last seen{figures.period.text}" if figures.period.text else ""
    of_all = "The only visitor" if figures.visitors == 1 else f"Of {figures.visitors:,} visitors"
    if figures.visitors == 1:
        return f"{of_all}{seen} {'matches' if figures.matched else 'does not match'} {configs}."
    if not figures.matched:
        return f"{of_all}{seen}, none matches {configs}."
    matches = "matches" if figures.matched == 1 else "match"
    share = percent(figures.match_rate)
    return f"{of_all}{seen}, {figures.matched:,} ({share}) {matches} {configs}."


def _which(figures: Figures) -> str:
    """The ICP that the most visitors belong to, and how well they fit."""
    ranked = [config for config in figures.configs if not _excludes(figures, config.slug)]
    best = max(ranked, key=lambda config: config.first, default=None)
    if best is None or not best.first:
        return "No config has a match; near misses show which conditions shut visitors out."
    visitors = counted(best.first, "visitor")
    text = f"Most belong to {inside(best.label)}, with {visitors}"
    if 2 * best.first <= figures.matched:
        text = f"The largest group, {visitors}, belongs to {inside(best.label)}"
    if figures.matched == best.first:
        text = f"{'It belongs' if best.first == 1 else 'All belong'} to {inside(best.label)}"
    if figures.average_score is None:
        return f"{text}."
    return f"{text}; the average match scores {figures.average_score:.0f} of 100."


def _what_else(figures: Figures) -> Iterator[str]:
    """What else matters, the most important first; the last always holds."""
    report = figures.run.report
    total = sum(count for _, count in figures.excluded_by or ())
    if total:
        slug, most = max(figures.excluded_by or (), key=lambda pair: pair[1])
        label = next(inside(it.label) for it in figures.configs if it.slug == slug)
        by = f"by {label}" if most == total else f"most of them by {label}"
        verb = "was" if total == 1 else "were"
        yield f"Besides these, {counted(total, 'visitor')} {verb} excluded, {by}."
    if figures.tiers and figures.matched:
        parts = [f"{count:,} in {inside(name)}" for name, count in figures.tiers.items()]
        listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
        yield f"By tier there are {listed}."
    if report.rejected:
        were = "line was" if report.rejected == 1 else "lines were"
        yield f"While reading, {report.rejected:,} {were} rejected, and everything else was scored."
    warned = sum(report.field_warnings.values())
    if warned:
        fields = ", ".join(report.field_warnings)
        values = counted(warned, "value")
        yield f"While reading, {values} did not fit {fields} and counted as missing."
    unread = list(dict.fromkeys(field.field for field in figures.run.unread.fields))
    if unread:
        verb = "is" if len(unread) == 1 else "are"
        what = counted(len(unread), "field")
        rest = " and others" if len(unread) > 1 else ""
        yield f"In some files, {what} that configs ask for {verb} missing: {unread[0]}{rest}."
    yield "Every line was read, and every value fits its field."


def _excludes(figures: Figures, slug: str) -> bool:
    return slug in dict(figures.excluded_by or ())
