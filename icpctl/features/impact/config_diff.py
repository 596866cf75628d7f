"""What differs between two versions of a config, change by change, and how to undo just one."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from icpctl.config.model import Condition, Group, IcpConfig

MOST_UNDONE = 20
"""With more changes of its rules a config is another one: none of them is looked at alone."""

What = Literal["condition", "operator", "group", "priority", "minScore", "exclude"]
T = TypeVar("T")


class Change(Struct, frozen=True):
    """One thing that differs between two versions of a config that can make a verdict differ.

    `before` and `after` are conditions, operators, groups, priorities, minimum scores or whether
    the config excludes; None where there is none. `group` counts from 1, in the version that has
    it. `undone` is the later config with this change undone; None where there are more than
    `MOST_UNDONE` changes of the rules.
    """

    what: What
    before: Condition | Group | str | float | None
    after: Condition | Group | str | float | None
    group: int | None = None
    undone: IcpConfig | None = None

    def body(self) -> dict[str, Any]:
        """Return the change as JSON values."""
        return {
            "what": self.what,
            "group": self.group,
            "before": _json(self.before),
            "after": _json(self.after),
        }


def changes_of(before: IcpConfig, after: IcpConfig) -> tuple[Change, ...]:
    """What differs, in the later version's order; nothing where only the order of rules does.

    Conditions are distinguished by what they say, and go together where they are of one type.
    """
    changes: list[Change] = []
    if before.priority != after.priority:
        undone = after.model_copy(update={"priority": before.priority})
        changes.append(Change("priority", before.priority, after.priority, undone=undone))
    if before.exclude != after.exclude:
        undone = after.model_copy(update={"exclude": before.exclude})
        changes.append(Change("exclude", before.exclude, after.exclude, undone=undone))
    if before.min_score != after.min_score:
        undone = after.model_copy(update={"min_score": before.min_score})
        changes.append(Change("minScore", before.min_score, after.min_score, undone=undone))
    edits = list(_edits(before.rules.groups, after.rules.groups))
    for edit in edits:
        without = None
        if len(edits) <= MOST_UNDONE:
            rules = after.rules.model_copy(update={"groups": edit.undo()})
            without = after.model_copy(update={"rules": rules})
        changes.append(Change(edit.what, edit.before, edit.after, edit.group, without))
    return tuple(changes)


class _Edit(Struct, frozen=True):
    """A change of rules; `undo` makes the later groups without it."""

    what: What
    before: Condition | Group | str | None
    after: Condition | Group | str | None
    group: int
    undo: Callable[[], tuple[Group, ...]]


def _edits(old: tuple[Group, ...], new: tuple[Group, ...]) -> Iterator[_Edit]:
    paired = _paired_groups(old, new)
    for at, group in enumerate(new):
        if at not in paired:
            yield _Edit("group", None, group, at + 1, partial(_spliced, new, at, at + 1))
            continue
        for what, before, after, undo in _group_edits(old[paired[at]], group):
            yield _Edit(what, before, after, at + 1, partial(_with_group, new, at, undo))
    kept = set(paired.values())
    for at, group in enumerate(old):
        if at not in kept:
            with_it = partial(_spliced, new, len(new), len(new), group)
            yield _Edit("group", group, None, at + 1, with_it)


def _group_edits(
    old: Group, new: Group
) -> Iterator[tuple[What, Condition | str | None, Condition | str | None, Callable[[], Group]]]:
    """The changes of a group, each with what makes the later group without it, never empty."""
    if old.operator != new.operator:
        undo = partial(new.model_copy, update={"operator": old.operator})
        yield "operator", old.operator, new.operator, undo
    paired = _paired(
        old.conditions,
        new.conditions,
        (
            lambda entry: entry,
            lambda entry: (entry.type, entry.comparator),
            lambda entry: entry.type,
        ),
    )
    if not paired:  # one for another, so that a group keeps a condition whatever is undone
        paired = {0: 0}
    for at, condition in enumerate(new.conditions):
        if at not in paired:
            yield "condition", None, condition, partial(_with_conditions, new, at, at + 1)
        elif (other := old.conditions[paired[at]]) != condition:
            yield "condition", other, condition, partial(_with_conditions, new, at, at + 1, other)
    kept, end = set(paired.values()), len(new.conditions)
    for at, condition in enumerate(old.conditions):
        if at not in kept:
            yield "condition", condition, None, partial(_with_conditions, new, end, end, condition)


def _with_group(groups: tuple[Group, ...], at: int, make: Callable[[], Group]) -> tuple[Group, ...]:
    return _spliced(groups, at, at + 1, make())


def _with_conditions(group: Group, start: int, stop: int, *instead: Condition) -> Group:
    return group.model_copy(
        update={"conditions": _spliced(group.conditions, start, stop, *instead)}
    )


def _spliced(entries: tuple[T, ...], start: int, stop: int, *instead: T) -> tuple[T, ...]:
    return (*entries[:start], *instead, *entries[stop:])


def _paired_groups(old: Sequence[Group], new: Sequence[Group]) -> dict[int, int]:
    """The number of the old group for new ones: the same, one that shares most, or the next."""
    paired = _paired(old, new, (lambda group: group,))
    taken = set(paired.values())
    having: dict[Condition, set[int]] = defaultdict(set)
    for at, group in enumerate(old):
        for condition in group.conditions:
            if at not in taken:
                having[condition].add(at)
    for at, group in enumerate(new):
        if at not in paired:
            shared = Counter(it for one in set(group.conditions) for it in having.get(one, ()))
            free = [(-count, it) for it, count in shared.items() if it not in taken]
            if free:
                paired[at] = min(free)[1]
                taken.add(paired[at])
    left = (at for at in range(len(old)) if at not in taken)
    rest = [at for at in range(len(new)) if at not in paired]
    return paired | dict(zip(rest, left, strict=False))


def _paired(
    old: Sequence[T], new: Sequence[T], keys: Sequence[Callable[[T], object]]
) -> dict[int, int]:
    """The number of the old entry for new ones that have one key in common; the first keys first.

    Takes time in proportion to the entries, since a config may have thousands.
    """
    paired: dict[int, int] = {}
    for key in keys:
        taken = set(paired.values())
        waiting: dict[object, deque[int]] = defaultdict(deque)
        for at, entry in enumerate(old):
            if at not in taken:
                waiting[key(entry)].append(at)
        for at, entry in enumerate(new):
            if at not in paired and (numbers := waiting.get(key(entry))):
                paired[at] = numbers.popleft()
    return paired


def _json(side: Condition | Group | str | float | None) -> Any:
    return (
        side
        if side is None or isinstance(side, str | int | float)
        else side.model_dump(mode="json")
    )
