"""What a change of configs does to visitors: tables for people, and JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from icpctl.features.impact.markdown import markdown
from icpctl.features.impact.model import KINDS, OF_CONFIG
from icpctl.features.impact.wording import (
    KIND_WORDS,
    causes_text,
    change_text,
    name_of,
    nothing_happened,
    reached_text,
)
from icpctl.output.console import console, is_coloured, note, print_json, shown, styled, table
from icpctl.output.notes import SCORE_KEEPS_REJECTS, print_notes
from icpctl.output.wording import counted, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.features.impact.bounds import Bound
    from icpctl.features.impact.model import ConfigImpact, Impact, Sample
    from icpctl.output.console import ImpactFormat
    from icpctl.scoring.bounds import Strictness

_MOST_MOVES = 20
_MOST_MOVES_SHOWN = 5
_BETWEEN = {"gained": "by", "lost": "by", "score changed": "in", "moved": "from"}
_KIND_TITLES = {kind: KIND_WORDS[kind].upper() for kind in KINDS}


def print_impact(
    impact: Impact, base: str, bounds: Sequence[Bound], output: ImpactFormat, strictness: Strictness
) -> None:
    """Print an impact on stdout, and on stderr what was wrong and which bounds are reached."""
    reached = [it for it in bounds if it.reached(impact)]
    FORMATS[output](impact, base, bounds)
    sys.stdout.flush()
    print_notes(impact.run, strictness, SCORE_KEEPS_REJECTS)
    label = styled("error:", "error", colour=is_coloured(sys.stderr))
    for bound in reached:
        print(f"{label} {bound.text} is reached: {reached_text(bound, impact)}", file=sys.stderr)


def _print_body(impact: Impact, base: str, bounds: Sequence[Bound]) -> None:
    checked = [{"bound": bound.text, "reached": bound.reached(impact)} for bound in bounds]
    unread = impact.run.report.unread_body()
    print_json({"base": base, **impact.body(), **unread, "failOn": checked})


def _print_markdown(impact: Impact, base: str, bounds: Sequence[Bound]) -> None:
    sys.stdout.write(markdown(impact, base, [it for it in bounds if it.reached(impact)]))


def _print_tables(impact: Impact, base: str, _: Sequence[Bound]) -> None:
    before, after = impact.matched_before, impact.matched_after
    match = "matches" if after == 1 else "match"
    who = counted(impact.visitors, "visitor")
    print(f"{who}: {before:,} matched before, {after:,} {match} now")
    as_of = impact.as_of.replace(tzinfo=None).isoformat(" ", "seconds")
    print(f"compared with {shown(base)}; as of {as_of} UTC\n")
    if sentence := nothing_happened(impact):
        print(sentence)
        if not impact.visitors or not impact.configs:
            return
    else:
        _print_totals(impact)
    print()
    _print_configs(impact.configs)
    _print_causes(impact.configs)
    _print_moves(impact)
    _print_samples(impact)


FORMATS: dict[ImpactFormat, Callable[[Impact, str, Sequence[Bound]], None]] = {
    "table": _print_tables,
    "json": _print_body,
    "markdown": _print_markdown,
}


def _print_totals(impact: Impact) -> None:
    titles = ["COUNT", "OF MATCHED BEFORE"]
    table(
        ["VISITORS", *titles],
        [
            [KIND_WORDS[kind], f"{impact.tally.counts[kind]:,}", percent(impact.share(kind))]
            for kind in KINDS
        ],
        right=titles,
    )


def _print_configs(configs: Sequence[ConfigImpact]) -> None:
    numbers = ["BEFORE", "NOW", *(_KIND_TITLES[kind] for kind in OF_CONFIG)]
    rows = [
        [
            config.slug,
            config.what,
            f"{config.matched_before:,}",
            f"{config.matched_after:,}",
            *(f"{config.tally.counts[kind]:,}" for kind in OF_CONFIG),
        ]
        for config in configs
    ]
    table(["CONFIG", "CHANGE", *numbers], rows, folds="CONFIG", right=numbers)


def _print_causes(configs: Sequence[ConfigImpact]) -> None:
    numbers = [_KIND_TITLES[kind] for kind in OF_CONFIG]
    rows = []
    for config in configs:
        for changed in config.changes:
            known = [f"{changed.counts[kind]:,}" if changed.is_known else "" for kind in OF_CONFIG]
            rows.append([config.slug, change_text(changed.change), *known])
        if any(config.together.values()):
            together = [f"{config.together[kind]:,}" for kind in OF_CONFIG]
            rows.append([config.slug, "several changes together", *together])
    if rows:
        print()
        table(["CONFIG", "BECAUSE OF", *numbers], rows, folds="BECAUSE OF", right=numbers)


def _print_moves(impact: Impact) -> None:
    if not impact.moves:
        return
    print()
    rows = [
        [move.before, move.after, f"{move.visitors:,}", causes_text(move)]
        for move in impact.moves[:_MOST_MOVES]
    ]
    columns = ["MOVED FROM", "TO", "VISITORS", "BECAUSE OF"]
    table(columns, rows, folds="BECAUSE OF", right=["VISITORS"])
    if (left := len(impact.moves) - _MOST_MOVES) > 0:
        note(f"{counted(left, 'more move')} {'is' if left == 1 else 'are'} in -o json")


def _print_samples(impact: Impact) -> None:
    """The first visitors of each kind: in lines on a terminal, since ids may be long."""
    rows = [
        [
            KIND_WORDS[kind],
            config.slug,
            _such_as(config.tally.samples[kind], config.tally.counts[kind]),
        ]
        for config in impact.configs
        for kind in OF_CONFIG
        if config.tally.samples.get(kind)
    ]
    rows += [
        ["moved", f"{move.before} to {move.after}", _such_as(move.samples, move.visitors)]
        for move in impact.moves[:_MOST_MOVES_SHOWN]
    ]
    if not rows:
        return
    print()
    if not sys.stdout.isatty():
        table(["VISITORS", "CONFIG", "SUCH AS"], rows)
        return
    from rich.text import Text

    screen = console()
    for kind, slug, names in rows:
        text = Text(shown(f"{kind} {_BETWEEN[kind]} {slug}: {names}"))
        lines = text.wrap(screen, screen.width - 2)
        print("\n  ".join(line.plain.rstrip() for line in lines))


def _such_as(samples: Sequence[Sample], count: int) -> str:
    """The first visitors by id, or by place where they have none, and how many more there are."""
    names = ", ".join(name_of(it) for it in samples)
    more = count - len(samples)
    return f"{names} and {more:,} more" if more else names
