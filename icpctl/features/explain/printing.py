"""An explanation as a tree for people, and as JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from icpctl.output.console import note, shown_line
from icpctl.output.explanation_tree import print_trees
from icpctl.output.json_text import print_json
from icpctl.output.runs.read_as import print_mapped, print_unread

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from icpctl.features.explain.explained import Explained
    from icpctl.output.formats import ReportFormat
    from icpctl.scoring.explanation import Explanation

_MOST_NAMED = 3  # configs that match besides the ICP


def print_explained(
    explained: Explained, as_of: datetime, output: ReportFormat, line: int | None = None
) -> None:
    """Print an explanation on stdout; what is to be said about the search goes to stderr.

    `line` is the one that was asked for.
    """
    FORMATS[output](explained, as_of)
    sys.stdout.flush()
    print_mapped([explained.mapped])
    print_unread(explained.unread, [explained.mapped])
    first = explained.explanation.line
    if line not in (None, first):
        note(f"line {line:,} is a record of this visitor, whose first is on line {first:,}")
    if explained.more:
        more = explained.more
        have = "1 more visitor has" if more == 1 else f"{more:,} more visitors have"
        note(f"{have} this id; this is the first")


def _print_body(explained: Explained, _: datetime) -> None:
    print_json(explained.explanation.body())


def _print_tree(explained: Explained, as_of: datetime) -> None:
    explanation = explained.explanation
    who = "(no id)" if explanation.id is None else explanation.id
    place = f"{explained.file}:{explanation.line}"
    print(shown_line(f"{who} in {place}, as of {as_of:%Y-%m-%d %H:%M:%S} UTC"))
    print(f"{_verdict(explanation)}\n")
    print_trees(explanation)


FORMATS: dict[ReportFormat, Callable[[Explained, datetime], None]] = {
    "table": _print_tree,
    "json": _print_body,
}


def _verdict(explanation: Explanation) -> str:
    matching = [config.slug for config in explanation.configs if config.matched]
    if explanation.excluded_by is not None:
        return f"no ICP: excluded by {explanation.excluded_by}"
    if explanation.icp is None:
        count = len(explanation.configs)
        return "no ICP: " + ("it does not match" if count == 1 else f"none of {count} matches")
    more = matching[1:]
    named = more if len(more) <= _MOST_NAMED else [f"{len(more)} more configs"]
    others = f"; also matches {', '.join(named)}" if more else ""
    tier = f", tier {explanation.icp_tier}" if explanation.icp_tier is not None else ""
    return f"ICP {explanation.icp}, score {explanation.icp_score:.2f}{tier}{others}"
