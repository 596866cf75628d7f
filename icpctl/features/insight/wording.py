"""What `insight` found, in words: what is notable, and what relaxed conditions would gain."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from icpctl.config.definitions import NamedList
from icpctl.errors import IcpctlError
from icpctl.features.editing.changes import Changes, Replacement
from icpctl.features.shared.condition_phrases import phrase, quoted, value_text, values_of
from icpctl.output.wording import counted, fitted
from icpctl.vocabulary import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.config.model import Condition
    from icpctl.features.insight.model import (
        AbsentValue,
        BoundGain,
        ConditionInsight,
        ConfigInsight,
        InsightReport,
        Relaxation,
        TakenBy,
    )

_MOST_NAMED = 3
_SELDOM = 0.05
_MOSTLY = 0.5
_LONGEST = 60  # characters of a condition within a sentence


def standing_out(report: InsightReport) -> list[tuple[str, str]]:
    """Return what a person should look at, as slug and sentence, the most important first."""
    sentences: list[tuple[int, int, str, str]] = []
    if report.visitors:
        for config in report.configs:
            # A condition may be in several groups.
            of_config = dict.fromkeys(_of_config(config, report.visitors))
            sentences += [
                (rank, -visitors, config.slug, text) for rank, visitors, text in of_config
            ]
    return [(slug, text) for *_, slug, text in sorted(sentences, key=lambda sentence: sentence[:2])]


def change(before: Condition, gain: Relaxation) -> str:
    """Return a change of a condition, such as `company size is at least 50 -> 40`."""
    value, name = quoted(gain.value), before.condition_type.name_in_words
    if gain.change == "add":
        return f"{'viewed' if before.condition_type.kind is Kind.PAGES else name}: also {value}"
    if gain.change == "remove":
        return f"{_brief(before)}: without {value}"
    if gain.change == "optional":
        return f"{_brief(before)} -> optional"
    if gain.change == "comparator":
        return f"{_brief(before)} -> {phrase(gain.becomes).removeprefix(f'{name} ')}"
    return f"{phrase(before)} -> {values_of(gain.becomes)}"


def bound_change(config: ConfigInsight, bound: BoundGain) -> str:
    """Return a lower bound of the score, such as `minScore 80 -> 75`."""
    before = config.min_score.value if config.min_score else 0
    return f"minScore {before:g} -> {bound.value:g}"


class ProposedChange(NamedTuple):
    """A change of a config, and how many visitors newly match by it alone.

    `what` is the same for changes of one condition, or of the lowest score. `list_name` is that of
    a named list, which the change would have to be made in.
    """

    number: int
    slug: str
    what: object
    text: str
    gain: int
    changes: Changes
    list_name: str | None = None


def proposed_changes(report: InsightReport) -> list[ProposedChange]:
    """Return all changes, numbered from 1, those that gain most first."""
    proposed = [entry for config in report.configs for entry in _changes_of(config)]
    proposed.sort(key=lambda entry: -entry.gain)
    return [entry._replace(number=number) for number, entry in enumerate(proposed, 1)]


def _changes_of(config: ConfigInsight) -> Iterator[ProposedChange]:
    """Yield the changes of a config's conditions, then those of its lowest score."""
    for group_index, group in enumerate(config.groups):
        place_text = f" (group {group_index + 1})" if len(config.groups) > 1 else ""
        for place, insight in enumerate(group.conditions):
            value = insight.condition.value
            for gain in insight.gains:
                becomes = gain.becomes.model_dump(mode="json")
                yield ProposedChange(
                    0,
                    config.slug,
                    (group_index, place),
                    change(insight.condition, gain) + place_text,
                    gain.gain,
                    Changes(replacement=Replacement(group_index, place, becomes)),
                    value.name if isinstance(value, NamedList) and gain.change == "add" else None,
                )
    for bound in config.bounds:
        text = bound_change(config, bound)
        changes = Changes(min_score=bound.value)
        yield ProposedChange(0, config.slug, "minScore", text, bound.gain, changes)


def chosen_change(report: InsightReport, number: int) -> ProposedChange:
    """Return the change of this number.

    Raises `IcpctlError`: `no_such_change`, and `named_list` where the values are those of a file.
    """
    proposed = proposed_changes(report)
    if not 1 <= number <= len(proposed):
        hint = f"the list has {len(proposed):,}" if proposed else "no change would gain a visitor"
        raise IcpctlError(f"no change {number}", "no_such_change", hint=hint)
    chosen = proposed[number - 1]
    if chosen.list_name is not None:
        raise IcpctlError(
            f"change {number} is one of the list {chosen.list_name}, which other configs may share",
            "named_list",
            hint=f"change lists/{chosen.list_name}.txt by hand: {chosen.text}",
        )
    return chosen


def visitors_of(configs: list[TakenBy]) -> str:
    """Return how many visitors some configs have, such as `smb (12), enterprise (3)`."""
    return _named([f"{config.slug} ({config.visitors:,})" for config in configs])


def mostly_by(config: ConfigInsight) -> str:
    """Return the condition that alone keeps most visitors away from a config."""
    worst = max(config.conditions, key=lambda condition: condition.near_misses or 0)
    return f"{_name(worst)} {worst.near_misses:,}" if worst.near_misses else ""


def condition_text(insight: ConditionInsight) -> str:
    """Return a condition with its part in the group."""
    return phrase(insight.condition) + (" (optional)" if insight.condition.optional else "")


_Sentence = tuple[int, int, str]
"""A rank, of which 0 is the most important, the visitors that it is about, and the text."""


def _of_config(config: ConfigInsight, visitors: int) -> Iterator[_Sentence]:
    yield from _of_min_score(config)
    if config.exclusion:
        yield from _of_exclusion(config)
    elif not config.matched and not (config.min_score and config.min_score.below):
        yield 0, config.near_misses, _matches_nobody(config)
    elif config.excluded and config.excluded > _MOSTLY * config.matched:
        yield 1, config.excluded, _mostly_excluded(config)
    elif config.taken_by and config.first < _SELDOM * config.matched:
        yield 1, config.matched - config.first, _seldom_first(config)
    asked = [one for one in config.conditions if one.missing < visitors]
    lacking = [_name(one) for one in config.conditions if one.missing == visitors]
    if lacking:
        conditions = "a condition asks" if len(lacking) == 1 else f"{len(lacking)} conditions ask"
        fields = _named([*dict.fromkeys(lacking)])
        yield 2, visitors, f"no visitor has {fields}, which {conditions} for"
    for insight in asked:
        for value in insight.absent_values:
            if value.nearest is not None:
                yield 3, value.nearest_visitors, _nearest(insight, value)
    for insight in asked:
        yield from _of_condition(insight, config)


def _name(insight: ConditionInsight) -> str:
    """What visitors have for a condition."""
    entry = insight.condition.condition_type
    return "pages" if entry.kind is Kind.PAGES else entry.name_in_words


def _of_condition(insight: ConditionInsight, config: ConfigInsight) -> Iterator[_Sentence]:
    name = _brief(insight.condition)
    unknown = [value_text(it.value) for it in insight.absent_values if it.nearest is None]
    near, lacking = insight.near_misses or 0, insight.near_misses_missing or 0
    if 2 * lacking > near and not insight.condition.comparison.asks_presence:
        yield 4, lacking, f"{name}: {_lacking(lacking, near)}"
    if insight.never_holds and len(unknown) == len(insight.absent_values):
        why = f": {_named(unknown)} never {_occurs(unknown)}" if unknown else ""
        yield 5, 0, f'no visitor meets "{name}"{why}'
    elif unknown:
        yield 6, 0, f"{name}: {_named(unknown)} never {_occurs(unknown)}"
    if insight.never_fails:
        yield 7, 0, f'every visitor meets "{name}", so it decides nothing'
    elif insight.changes_scores is False and config.matched and not insight.never_holds:
        yield 8, 0, f"{name} (optional) never changes a score"


def _lacking(missing: int, all_of_them: int) -> str:
    """How many near misses lack the field."""
    if all_of_them == 1:
        return "the only near miss lacks the field"
    part = "all" if missing == all_of_them else f"{missing:,} of"
    return f"{part} the {all_of_them:,} near misses lack the field"


def _mostly_excluded(config: ConfigInsight) -> str:
    excluded = "is" if config.excluded == 1 else "are"
    matches = counted(config.matched, "match", "matches")
    return f"{config.excluded:,} of its {matches} {excluded} excluded by other configs"


def _matches_nobody(config: ConfigInsight, text: str = "matches nobody") -> str:
    """That nobody matches, and of a lone AND group where the last visitors are lost."""
    if len(config.groups) == 1 and config.groups[0].operator == "AND":
        left = None
        for insight in config.conditions:
            if insight.left == 0:
                nobody = "no visitor" if left is None else f"none of the {left:,} visitors left"
                return f'{text}: {nobody} meets "{_brief(insight.condition)}"'
            left = left if insight.left is None else insight.left
    return text


def _seldom_first(config: ConfigInsight) -> str:
    """That others with lower priority numbers take the visitors, and which."""
    matches = counted(config.matched, "match", "matches")
    others = visitors_of(config.taken_by)
    if config.excluded:
        others += f", and {config.excluded:,} are excluded"
    if config.first:
        return f"is the ICP of {config.first:,} of its {matches}; the others go to {others}"
    whose, goes = ("its", "goes") if config.matched == 1 else ("all its", "go")
    return f"is never the ICP: {whose} {matches} {goes} to {others}"


def _of_exclusion(config: ConfigInsight) -> Iterator[_Sentence]:
    """Of a config that excludes, that it takes nobody."""
    if not config.matched:
        yield 0, config.near_misses, _matches_nobody(config, "excludes nobody")
    elif config.exclusion and not config.exclusion.would_match:
        many = counted(config.matched, "visitor")
        why = "no other config matches them, or another excludes them too"
        yield 7, 0, f"excludes {many} and takes none from any config: {why}"


def _of_min_score(config: ConfigInsight) -> Iterator[_Sentence]:
    """Of a config with a `minScore`, that nobody reaches it, or everybody."""
    bound = config.min_score
    if bound and bound.below and not config.matched:
        meet = "the visitor meets" if bound.below == 1 else f"{bound.below:,} visitors meet"
        yield (
            0,
            bound.below,
            f"matches nobody: {meet} its conditions, but not minScore {bound.value:g}",
        )
    elif bound and config.matched and not bound.below:
        yield (
            7,
            0,
            f"minScore {bound.value:g} decides nothing: everyone who matches a group reaches it",
        )


def _nearest(insight: ConditionInsight, value: AbsentValue) -> str:
    seen = counted(value.nearest_visitors, "time")
    return f'{_name(insight)}: "{value.value}" never occurs; "{value.nearest}" {seen}'


def _occurs(values: list[str]) -> str:
    return "occurs" if len(values) == 1 else "occur"


def _named(values: list[str]) -> str:
    more = len(values) - _MOST_NAMED
    named = ", ".join(values[:_MOST_NAMED])
    return f"{named} and {more} more" if more > 0 else named


def _brief(condition: Condition) -> str:
    return fitted(phrase(condition), _LONGEST)
