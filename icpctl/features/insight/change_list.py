"""The changes that insight proposes as one numbered list, and one of them made in its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from icpctl.config.editing.changes import Changes, Replacement
from icpctl.config.editing.writing import update
from icpctl.config.named_lists import NamedList
from icpctl.errors import IcpctlError
from icpctl.features.insight.wording import change as change_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.config_file import ConfigFile
    from icpctl.config.editing.writing import Change
    from icpctl.config.model import Condition
    from icpctl.config.store import Workspace
    from icpctl.features.insight.model import InsightReport, Relaxation


class ProposedChange(NamedTuple):
    """A change of one condition; `group` and `place` (in the group) count from 0."""

    number: int
    slug: str
    group: int
    place: int
    before: Condition
    relaxation: Relaxation
    text: str


def proposed_changes(report: InsightReport) -> list[ProposedChange]:
    """Return all changes, numbered from 1, those that gain most first."""
    proposed = [
        ProposedChange(
            0,
            config.slug,
            group_index,
            place,
            insight.condition,
            relaxation,
            change_in_words(insight.condition, relaxation)
            + (f" (group {group_index + 1})" if len(config.groups) > 1 else ""),
        )
        for config in report.configs
        for group_index, group in enumerate(config.groups)
        for place, insight in enumerate(group.conditions)
        for relaxation in insight.gains
    ]
    proposed.sort(key=lambda change: -change.relaxation.gain)
    return [change._replace(number=number) for number, change in enumerate(proposed, 1)]


def chosen_change(report: InsightReport, number: int) -> ProposedChange:
    """Return the change of this number.

    Raises `IcpctlError`: `no_such_change`, and `named_list` where the values are those of a file.
    """
    proposed = proposed_changes(report)
    if not 1 <= number <= len(proposed):
        hint = f"there are {len(proposed):,}" if proposed else "no change would gain a visitor"
        raise IcpctlError(f"there is no change {number}", "no_such_change", hint=hint)
    change = proposed[number - 1]
    if isinstance(change.before.value, NamedList):
        name = change.before.value.name
        raise IcpctlError(
            f"change {number} is one of the list {name}, which other configs may share",
            "named_list",
            hint=f"change lists/{name}.txt by hand: {change.text}",
        )
    return change


def apply_change(
    workspace: Workspace, configs: Sequence[ConfigFile], change: ProposedChange
) -> Change:
    """Make a change in the file of its config, which must be as it was when it was scored.

    Raises `IcpctlError`: `conflict` where it is not, `not_written`.
    """
    (scored,) = [file for file in configs if file.slug == change.slug]
    becomes = change.relaxation.becomes.model_dump(mode="json")
    replacement = Replacement(change.group, change.place, becomes)
    return update(workspace, change.slug, Changes(replacement=replacement), if_match=scored.etag)
