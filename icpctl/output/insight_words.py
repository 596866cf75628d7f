"""What `insight` found, in words: what stands out, and what it would gain to ask for less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.output.configs import value_text
from icpctl.output.reasons import head
from icpctl.output.score import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.config.model import Condition
    from icpctl.scoring.insight_report import (
        AbsentValue,
        ConditionInsight,
        ConfigInsight,
        InsightReport,
        Relaxation,
    )

_MOST_NAMED = 3
_LONGEST = 60  # characters of a condition within a sentence


def standing_out(report: InsightReport) -> list[tuple[str, str]]:
    """Return what a person should look at, as slug and sentence, what tells most first."""
    found: list[tuple[int, str, str]] = []
    if report.visitors:
        for config in report.configs:
            # A condition may stand in several groups.
            of_config = dict.fromkeys(_of_config(config))
            found += [(rank, config.slug, text) for rank, text in of_config]
    return [(slug, text) for _, slug, text in sorted(found, key=lambda it: it[0])]


def change(before: Condition, gain: Relaxation) -> str:
    """Return a change of a condition, such as `company_size gte 50 -> 40`."""
    value = value_text(gain.value)
    if gain.change == "add":
        return f"{before.type}: also {value}"
    if gain.change == "remove":
        return f"{_brief(before)}: without {value}"
    if gain.change == "comparator":
        return f"{_brief(before)} -> {gain.becomes.comparator}"
    bounds = head(gain.becomes).removeprefix(f"{before.type} {before.comparator} ")
    return f"{head(before)} -> {bounds}"


def mostly_by(config: ConfigInsight) -> str:
    """Return the condition that alone keeps most visitors away from a config."""
    worst = max(config.conditions, key=lambda it: it.near_misses or 0)
    return f"{worst.condition.type} {worst.near_misses:,}" if worst.near_misses else ""


def condition_text(one: ConditionInsight) -> str:
    """Return a condition with its part in the group."""
    return head(one.condition) + (" (optional)" if one.condition.optional else "")


def _of_config(config: ConfigInsight) -> Iterator[tuple[int, str]]:
    """Sentences about a config, each with its rank: 0 tells most."""
    if not config.matched:
        yield 0, _matches_nobody(config)
    if config.never_first:
        yield 1, _never_first(config)
    for one in config.conditions:
        for value in one.absent_values:
            if value.nearest is not None:
                yield 2, _nearest(one, value)
    for one in config.conditions:
        yield from _of_condition(one, config)


def _of_condition(one: ConditionInsight, config: ConfigInsight) -> Iterator[tuple[int, str]]:
    name = _brief(one.condition)
    unknown = [value_text(it.value) for it in one.absent_values if it.nearest is None]
    is_about_it = "exists" not in one.condition.comparator
    if is_about_it and one.near_misses and 2 * (one.near_misses_missing or 0) > one.near_misses:
        lack = f"{one.near_misses_missing:,} of its {counted(one.near_misses, 'near miss', _NEAR)}"
        yield 3, f"{name}: {lack} lack the field"
    has_similar = any(it.nearest is not None for it in one.absent_values)
    if one.never_holds and not has_similar:
        why = f": {_named(unknown)} never {_occurs(unknown)}" if unknown else ""
        yield 4, f"{name} never holds{why}"
    elif unknown and not one.never_holds:
        yield 5, f"{name}: {_named(unknown)} never {_occurs(unknown)}"
    if one.never_fails:
        yield 6, f"{name} holds for every visitor: it decides nothing"
    elif one.changes_scores is False and config.matched and not one.never_holds:
        yield 7, f"{name} (optional) never changes a score: no match is better by it"


_NEAR = "near misses"


def _matches_nobody(config: ConfigInsight) -> str:
    """That nobody matches, and of a lone AND group where the last visitors are lost."""
    text = "matches nobody"
    if len(config.groups) == 1 and config.groups[0].operator == "AND":
        left = None
        for one in config.conditions:
            if one.left == 0:
                before = "" if left is None else f" of the {left:,} before"
                return f"{text}: {_brief(one.condition)} leaves none{before}"
            left = left if one.left is None else one.left
    return text


def _never_first(config: ConfigInsight) -> str:
    matches = counted(config.matched, "match", "matches")
    others = [f"{it.slug} ({it.visitors:,})" for it in config.taken_by]
    whose = "its" if config.matched == 1 else "all its"
    goes = "goes" if config.matched == 1 else "go"
    return f"never comes first: {whose} {matches} {goes} to {_named(others)}"


def _nearest(one: ConditionInsight, value: AbsentValue) -> str:
    seen = counted(value.nearest_visitors, "time")
    return f'{one.condition.type}: "{value.value}" never occurs; "{value.nearest}" {seen}'


def _occurs(values: list[str]) -> str:
    return "occurs" if len(values) == 1 else "occur"


def _named(values: list[str]) -> str:
    more = len(values) - _MOST_NAMED
    named = ", ".join(values[:_MOST_NAMED])
    return f"{named} and {more} more" if more > 0 else named


def _brief(condition: Condition) -> str:
    text = head(condition)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
