"""Explanations on a screen: the verdict and its reasons, or all that decided; and as JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from icpctl.features.explain.summary import summary
from icpctl.features.reasons.explanation_tree import Screen, print_trees
from icpctl.output.console import note, print_json, shown_line
from icpctl.output.notes import print_mapped, print_skipped, print_unread
from icpctl.output.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from icpctl.features.explain.explained import Explained
    from icpctl.features.reasons.explanation import Explanation
    from icpctl.output.console import ReportFormat


def print_explained(
    explained: Sequence[Explained],
    as_of: datetime,
    output: ReportFormat,
    line: int | None = None,
    *,
    show_all: bool = False,
) -> None:
    """Print explanations on stdout; what is to be said about the search goes to stderr.

    `line` is the one that was asked for.
    """
    FORMATS[output](explained, as_of, show_all)
    sys.stdout.flush()
    print_skipped(explained[0].skipped)
    by_file = {its.mapped.source: its for its in explained}
    print_mapped([its.mapped for its in by_file.values()])
    for its in by_file.values():
        print_unread(its.unread, [its.mapped])
    for its in explained:
        _print_search(its, line, is_alone=len(explained) == 1)
    if output == "table" and not show_all:
        _print_left_out(explained[0].explanation)


def _print_search(explained: Explained, line: int | None, *, is_alone: bool) -> None:
    first = explained.explanation.line
    if line not in (None, first):
        note(f"line {line:,} is a record of this visitor, whose first is on line {first:,}")
    if explained.more:
        more = explained.more
        have = "1 more visitor has" if more == 1 else f"{more:,} more visitors have"
        whose = "this id" if is_alone else f"the id {explained.explanation.id}"
        note(f"{have} {whose}; this is the first")


def _print_left_out(explanation: Explanation) -> None:
    configs = explanation.configs
    if sum(len(group.conditions) for config in configs for group in config.groups) > 1:
        note(f"--all shows every condition of {counted(len(configs), 'config')}")


def _print_bodies(explained: Sequence[Explained], _: datetime, __: bool) -> None:
    bodies = [its.explanation.body() for its in explained]
    print_json(bodies[0] if len(bodies) == 1 else bodies)


def _print_screens(explained: Sequence[Explained], as_of: datetime, show_all: bool) -> None:
    for number, its in enumerate(explained):
        if number:
            print()
        explanation = its.explanation
        who = "(no id)" if explanation.id is None else explanation.id
        place = f"{its.file}:{explanation.line}"
        print(shown_line(f"{who} in {place}, as of {as_of:%Y-%m-%d %H:%M:%S} UTC"))
        _print_summary(explanation, only_verdict=show_all)
        if show_all:
            print()
            sys.stdout.flush()
            print_trees(explanation)


def _print_summary(explanation: Explanation, *, only_verdict: bool) -> None:
    screen = Screen.of(sys.stdout)
    lines = list(summary(explanation))
    for line in lines[:1] if only_verdict else lines:
        screen.print_line(line.text, line.indent, line.held, bold=line.indent == 0)


FORMATS: dict[ReportFormat, Callable[[Sequence[Explained], datetime, bool], None]] = {
    "table": _print_screens,
    "json": _print_bodies,
}
