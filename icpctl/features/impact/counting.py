"""What a change of configs does to visitors: both versions over one export, in one scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.errors import IcpctlError
from icpctl.features.impact.batch_counts import ImpactCounts, Pair
from icpctl.features.impact.config_diff import changes_of
from icpctl.features.impact.model import ChangeImpact, ConfigImpact, Impact
from icpctl.scoring.run import score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from icpctl.config.model import IcpConfig
    from icpctl.exports.files.sources import Source
    from icpctl.scoring.run import Options


def impact(
    visitors: Sequence[str],
    before: Sequence[tuple[str, IcpConfig]],
    after: Sequence[tuple[str, IcpConfig]],
    options: Options,
    *,
    inactive: bool = False,
    on_sources: Callable[[Sequence[Source]], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Impact:
    """Score visitors against two versions of `(slug, config)` pairs, and tell what differs.

    A config is known by its slug. Only active ones count, unless `inactive`. Both versions, and
    each version with one change undone, are configs of one plan, so that a condition they share
    is evaluated once. Raises `IcpctlError`: `no_configs` where none counts in either version, and
    what reading raises.
    """
    pairs = _pairs(before, after, inactive=inactive)
    if not pairs:
        raise IcpctlError(
            "no config is active, before or after",
            "no_configs",
            hint="name one with --config SLUG",
        )
    counts = ImpactCounts(pairs)
    run = score(
        visitors,
        counts.configs(),
        options,
        on_sources=on_sources,
        on_rows=counts.add,
        on_progress=on_progress,
    )
    return Impact(
        as_of=run.report.as_of,
        visitors=run.report.visitors,
        rejected=run.report.rejected + run.report.damaged,
        matched_before=counts.matched[0],
        matched_after=counts.matched[1],
        tally=counts.tally,
        moves=sorted(counts.moves.values(), key=lambda move: move.order),
        configs=[pair.impact for pair in pairs if pair.impact is not None],
        run=run,
    )


def _pairs(
    before: Iterable[tuple[str, IcpConfig]],
    after: Iterable[tuple[str, IcpConfig]],
    *,
    inactive: bool,
) -> list[Pair]:
    sides = dict(before), dict(after)
    pairs = []
    for slug in sides[0].keys() | sides[1].keys():
        both = [side.get(slug) for side in sides]
        old, new = (
            config if config and (config.is_active or inactive) else None for config in both
        )
        if old or new:
            pairs.append(Pair(slug, old, new, _nothing_yet(slug, old, new, known=all(both))))
    return sorted(pairs, key=_place)


def _place(pair: Pair) -> tuple[bool, int, str]:
    config = pair.after or pair.before
    priority = config.priority if config else None
    return priority is None, priority or 0, pair.slug


def _nothing_yet(
    slug: str, old: IcpConfig | None, new: IcpConfig | None, *, known: bool
) -> ConfigImpact | None:
    """The impact on a config with nothing counted; None where no change could matter."""
    if old and new:
        changes = changes_of(old, new)
        impacts = [ChangeImpact(change) for change in changes]
        return ConfigImpact(slug, new.label, "changed", impacts) if changes else None
    if new:
        return ConfigImpact(slug, new.label, "activated" if known else "added", [])
    if old:
        return ConfigImpact(slug, old.label, "deactivated" if known else "removed", [])
    return None
