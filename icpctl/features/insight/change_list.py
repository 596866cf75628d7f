"""The changes that insight proposes as one numbered list, and one of them made in its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from icpctl.config.editing.changes import Changes, Replacement
from icpctl.config.editing.writing import update
from icpctl.config.named_lists import NamedList
from icpctl.errors import IcpctlError
from icpctl.features.insight.wording import bound_change
from icpctl.features.insight.wording import change as change_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from icpctl.config.config_file import ConfigFile
    from icpctl.config.editing.writing import Change
    from icpctl.config.store import Workspace
    from icpctl.features.insight.model import ConfigInsight, InsightReport


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
    proposed = [change for config in report.configs for change in _of_config(config)]
    proposed.sort(key=lambda change: -change.gain)
    return [change._replace(number=number) for number, change in enumerate(proposed, 1)]


def _of_config(config: ConfigInsight) -> Iterator[ProposedChange]:
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
                    change_in_words(insight.condition, gain) + place_text,
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
        hint = f"there are {len(proposed):,}" if proposed else "no change would gain a visitor"
        raise IcpctlError(f"there is no change {number}", "no_such_change", hint=hint)
    change = proposed[number - 1]
    if change.list_name is not None:
        raise IcpctlError(
            f"change {number} is one of the list {change.list_name}, which other configs may share",
            "named_list",
            hint=f"change lists/{change.list_name}.txt by hand: {change.text}",
        )
    return change


def apply_change(
    workspace: Workspace, configs: Sequence[ConfigFile], change: ProposedChange
) -> Change:
    """Make a change in the file of its config, which must be as it was when it was scored.

    Raises `IcpctlError`: `conflict` where it is not, `not_written`.
    """
    (scored,) = [file for file in configs if file.slug == change.slug]
    return update(workspace, change.slug, change.changes, if_match=scored.etag)
