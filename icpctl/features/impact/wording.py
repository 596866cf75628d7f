"""An impact in words that all its outputs share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from icpctl.config.definitions import NamedList
from icpctl.config.model import Condition, Group
from icpctl.features.shared.condition_phrases import phrase, role, value_text
from icpctl.output.wording import counted, cut, percent

if TYPE_CHECKING:
    from icpctl.features.impact.bounds import Bound
    from icpctl.features.impact.config_diff import Change
    from icpctl.features.impact.model import Cause, Impact, Kind, Move, Sample

KIND_WORDS: dict[Kind, str] = {
    "gained": "gained",
    "lost": "lost",
    "moved": "moved",
    "score_changed": "score changed",
}

_MOST_CAUSES = 3  # of a move
_MOST_OF_GROUP = 3  # conditions
_MOST_VALUES = 8  # of a list
_LONGEST = 60  # characters of one


def reached_text(bound: Bound, impact: Impact) -> str:
    """Return how many visitors reach a bound."""
    count, share = impact.tally.counts[bound.kind], impact.share(bound.kind)
    text = f"{counted(count, 'visitor')} {_verb(bound.kind, count)}"
    if share is None:
        return f"{text}, and none matched before"
    return f"{text}, {percent(share)} of the {impact.matched_before:,} that matched before"


def nothing_happened(impact: Impact) -> str:
    """Return why no visitor's verdict differs, in a sentence; nothing where one does."""
    if not impact.configs:
        return "no config changed in a way that can change a verdict"
    changed = counted(len(impact.configs), "config")
    if not impact.visitors:
        return f"{changed} changed, but no visitors were read, so the effect is not known"
    if not impact.tally.counts.total() and not any(
        config.tally.counts.total() for config in impact.configs
    ):
        return f"{changed} changed, and nothing changes for any visitor"
    return ""


def change_text(change: Change) -> str:
    """Return a change in a line, as in `company size is at least 500 -> at least 800`."""
    before, after = change.before, change.after
    if change.what in ("priority", "minScore", "exclude"):
        return f"{change.what} {_or_none(before)} -> {_or_none(after)}"
    if change.what == "operator":
        return f"group {change.group}: {before} -> {after}"
    if before is None or after is None:
        return f"{'added' if before is None else 'removed'}: {_side(change, after or before)}"
    if isinstance(before, Condition) and isinstance(after, Condition):
        text = _condition_change(before, after)
        if text:
            return text
    old, new = _side(change, before), _side(change, after)
    return f"{old} -> {new.removeprefix(_subject(before, old, new))}"


def _subject(before: object, old: str, new: str) -> str:
    """Return what two conditions begin with alike, which is said once: `company size is `."""
    if not isinstance(before, Condition):
        return ""
    name = f"{before.condition_type.name_in_words} "
    return f"{name}is " if all(text.startswith(f"{name}is ") for text in (old, new)) else name


def causes_text(move: Move) -> str:
    """Return what moved visitors, the commonest cause first."""
    texts = [f"{cause_text(cause)} ({count:,})" for cause, count in move.deciding]
    more = len(texts) - _MOST_CAUSES
    texts = texts[:_MOST_CAUSES] + ([f"and {more:,} more"] if more > 0 else [])
    if move.together:
        texts.append(f"several changes together ({move.together:,})")
    return "; ".join(texts)


def cause_text(cause: Cause) -> str:
    """Return what happened to a config, in a line."""
    return f"{cause.slug}: {change_text(cause.change) if cause.change else cause.what}"


def name_of(sample: Sample) -> str:
    """Return a visitor's id, or where it is if it has none."""
    return f"{sample.file}:{sample.line}" if sample.id is None else sample.id


def _verb(kind: Kind, count: int) -> str:
    if kind == "score_changed":
        return "changes its score" if count == 1 else "change their scores"
    if kind == "moved":
        return "moves to another ICP" if count == 1 else "move to another ICP"
    return f"{'is' if count == 1 else 'are'} {kind}"


def _side(change: Change, side: Condition | Group | str | float | None) -> str:
    if side is None or isinstance(side, str | int | float):
        return _or_none(side)
    if isinstance(side, Group):
        return _group(change, side)
    return f"{phrase(side)}{role(side)}"


def _group(change: Change, group: Group) -> str:
    conditions = [f"{phrase(it)}{role(it)}" for it in group.conditions]
    more = len(conditions) - _MOST_OF_GROUP
    rest = f" and {counted(more, 'more condition')}" if more > 0 else ""
    return (
        f"group {change.group}, {group.operator} of {'; '.join(conditions[:_MOST_OF_GROUP])}{rest}"
    )


def _condition_change(before: Condition, after: Condition) -> str:
    """What differs of two conditions that are alike; nothing where they are best shown whole."""
    if (before.type, before.comparator) != (after.type, after.comparator):
        return ""
    old, new, changes = before.value, after.value, []
    if old != new:
        if not isinstance(old, tuple) or not isinstance(new, tuple):
            return ""
        if not after.comparison.takes_list:
            return ""
        changes = _list_change(old, new)
    if before.optional != after.optional:
        changes.append("required -> optional" if after.optional else "optional -> required")
    if before.weight != after.weight:
        changes.append(f"weight {before.weight:g} -> {after.weight:g}")
    is_named = isinstance(new, NamedList)
    said = phrase(after, None if old == new or is_named else []).rstrip()
    return f"{said}: {', '.join(changes) or 'the same values in another order'}"


def _list_change(old: tuple[Any, ...], new: tuple[Any, ...]) -> list[str]:
    known, kept = set(old), set(new)
    changes = [f"+ {_short(it)}" for it in dict.fromkeys(new) if it not in known]
    changes += [f"- {_short(it)}" for it in dict.fromkeys(old) if it not in kept]
    more = len(changes) - _MOST_VALUES
    return changes[:_MOST_VALUES] + ([f"and {more:,} more"] if more > 0 else [])


def _short(value: object) -> str:
    return cut(value_text(value), _LONGEST)


def _or_none(value: object) -> str:
    return "none" if value is None else value_text(value)
