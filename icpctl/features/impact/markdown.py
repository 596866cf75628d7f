"""What a change of configs does to visitors, as Markdown for a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.features.impact.model import KINDS, OF_CONFIG
from icpctl.features.impact.wording import (
    KIND_WORDS,
    causes_text,
    change_text,
    name_of,
    nothing_happened,
    reached_text,
)
from icpctl.features.shared.markdown import code, in_cell, table_lines
from icpctl.output.console import shown
from icpctl.output.wording import counted, cut, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpctl.features.impact.bounds import Bound
    from icpctl.features.impact.model import ConfigImpact, Impact, Sample

_MOST_ROWS = 30  # of a table; a comment on GitHub holds 65,536 characters
_MOST_WHOLE = 10  # configs with their causes and visitors
_LONGEST = 120  # characters of one text


def markdown(impact: Impact, base: str, reached: Sequence[Bound]) -> str:
    """Return the page: what differs in all and by config, and why, folded.

    Whatever comes from configs and visitors is shown as code, where it is neither Markdown nor
    HTML, and mentions nobody.
    """
    more = impact.matched_after - impact.matched_before
    change = f" ({more:+,})" if more else ""
    parts = [
        "### What this does to ICP matches",
        f"**{counted(impact.visitors, 'visitor')}: {impact.matched_before:,} matched before, "
        f"{impact.matched_after:,} now**{change}, compared with {_code(base)}.",
    ]
    parts += [f":x: `{it.text}` is reached: {reached_text(it, impact)}." for it in reached]
    if why := nothing_happened(impact):
        parts.append(f"{why[0].upper()}{why[1:]}.")
        if not impact.visitors or not impact.configs:
            return "\n\n".join(parts) + "\n"
    else:
        parts.append(_totals(impact))
    parts.append(_configs(impact.configs))
    explained = sorted(impact.configs, key=lambda config: -config.tally.counts.total())[
        :_MOST_WHOLE
    ]
    parts += [
        _details(config) for config in impact.configs if config in explained and _tells(config)
    ]
    if impact.moves:
        parts.append(_moves(impact))
    return "\n\n".join(parts) + "\n"


def _totals(impact: Impact) -> str:
    rows = []
    for kind in KINDS:
        share = impact.share(kind)
        count = f"{impact.tally.counts[kind]:,}"
        rows.append([KIND_WORDS[kind], count, percent(share)])
    return _table(["visitors", "count", "of those that matched before"], rows, left=1)


def _configs(configs: Sequence[ConfigImpact]) -> str:
    rows = [
        [
            _cell(config.slug),
            config.what,
            f"{config.matched_before:,}",
            f"{config.matched_after:,}",
            *(f"{config.tally.counts[kind]:,}" for kind in OF_CONFIG),
        ]
        for config in configs
    ]
    columns = ["config", "change", "before", "now", *(KIND_WORDS[kind] for kind in OF_CONFIG)]
    return _table(columns, rows, left=2)


def _tells(config: ConfigImpact) -> bool:
    return bool(config.changes) or config.tally.counts.total() > 0


def _details(config: ConfigImpact) -> str:
    parts = []
    if config.changes:
        rows = []
        for changed in config.changes:
            known = [f"{changed.counts[kind]:,}" if changed.is_known else "" for kind in OF_CONFIG]
            rows.append([_cell(change_text(changed.change)), *known])
        if any(config.together.values()):
            together = [f"{config.together[kind]:,}" for kind in OF_CONFIG]
            rows.append(["several changes together", *together])
        titles = ["because of", *(KIND_WORDS[kind] for kind in OF_CONFIG)]
        parts.append(_table(titles, rows, left=1))
    rows = [
        [
            KIND_WORDS[kind],
            _cell(name_of(sample)),
            f"{sample.score_before:.2f}",
            f"{sample.score_after:.2f}",
            _icp(sample.icp_before),
            _icp(sample.icp_after),
        ]
        for kind in OF_CONFIG
        for sample in config.tally.samples.get(kind, ())
    ]
    if rows:
        titles = ["such as", "visitor", "score before", "now", "ICP before", "now"]
        parts.append(_table(titles, rows, left=2))
    # A slug has nothing that HTML would take for its own.
    return _folded(f"<code>{config.slug}</code>: why, and who", parts)


def _moves(impact: Impact) -> str:
    rows = [
        [
            _cell(move.before),
            _cell(move.after),
            f"{move.visitors:,}",
            _cell(causes_text(move)),
            _names(move.samples),
        ]
        for move in impact.moves
    ]
    moved = counted(impact.tally.counts["moved"], "visitor")
    columns = ["ICP before", "now", "visitors", "because of", "such as"]
    moves = _table(columns, rows, left=2, last_left=2)
    return _folded(f"{moved} moved to another ICP", [moves])


def _folded(summary: str, parts: Iterable[str]) -> str:
    return "\n\n".join([f"<details><summary>{summary}</summary>", *parts, "</details>"])


def _table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int, last_left: int = 0
) -> str:
    """A table; all but the first `left` and the `last_left` columns are numbers; it may be cut."""
    numbers = [left <= number < len(columns) - last_left for number in range(len(columns))]
    lines = list(table_lines(columns, rows[:_MOST_ROWS], numbers))
    if (more := len(rows) - _MOST_ROWS) > 0:
        lines.append(f"\n... and {counted(more, 'more row')}.")
    return "\n".join(lines)


def _names(samples: Sequence[Sample]) -> str:
    return ", ".join(_cell(name_of(it)) for it in samples)


def _icp(slug: str | None) -> str:
    return "" if slug is None else _cell(slug)


def _cell(text: str) -> str:
    """The text as code in a table, where a bar would end the cell even so."""
    return in_cell(_code(text))


def _code(text: str) -> str:
    """The text as code, in one line, and cut where it is long."""
    return code(cut(shown(text), _LONGEST))
