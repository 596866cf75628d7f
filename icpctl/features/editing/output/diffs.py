"""Changes of files: as unified diffs, and as a list of what becomes of each config."""

from __future__ import annotations

import json
import sys
from collections import Counter
from difflib import unified_diff
from typing import TYPE_CHECKING

from icpctl.output.console import is_coloured, shown, styled, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from icpctl.features.editing.applying import Plan, What
    from icpctl.features.editing.writing import Change
    from icpctl.output.console import PlanFormat

_TO_DO: dict[What, str] = {
    "created": "to create",
    "updated": "to update",
    "deleted": "to delete",
    "unchanged": "unchanged",
}
_STYLES = {"+++": "place", "---": "place", "@@": "hunk", "+": "added", "-": "removed"}


def print_diff(before: tuple[Path, bytes] | None, after: tuple[Path, bytes] | None) -> None:
    """Print a unified diff of two versions of a file; None means no file.

    Terminals get colour and escapes for what they would obey, pipes what `patch` reads.
    """
    (old_name, old), (new_name, new) = _side(before), _side(after)
    for line in unified_diff(_lines(old), _lines(new), old_name, new_name):
        text, newline, _ = line.partition("\n")
        if sys.stdout.isatty():
            text = _coloured(shown(text))
        sys.stdout.write(text + "\n" if newline else text + "\n\\ No newline at end of file\n")


def print_change(change: Change) -> None:
    """Print what a change makes of a config's file; nothing where it stays as it is."""
    before, after = change.before, change.after
    print_diff((before.path, before.data), (after.path, after.data))


def print_plan_table(plan: Plan) -> None:
    """Print what becomes of each config."""
    table(["SLUG", "CHANGE"], [[step.slug, step.what] for step in plan.steps])


def print_plan_json(plan: Plan) -> None:
    """Print the same as an array of `{slug, change}`."""
    steps = [{"slug": step.slug, "change": step.what} for step in plan.steps]
    print(json.dumps(steps, indent=2))


PLANS: dict[PlanFormat, Callable[[Plan], None]] = {
    "table": print_plan_table,
    "json": print_plan_json,
}


def summary(plan: Plan, *, is_done: bool) -> str:
    """Return in one line how many configs were changed, or would be, and how."""
    counts = Counter(step.what for step in plan.steps)
    words = {word: word if is_done else _TO_DO[word] for word in _TO_DO if counts[word]}
    return ", ".join(f"{counts[word]} {said}" for word, said in words.items())


def _side(version: tuple[Path, bytes] | None) -> tuple[str, bytes]:
    return ("/dev/null", b"") if version is None else (str(version[0]), version[1])


def _lines(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "backslashreplace").split("\n")
    last = lines.pop()
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _coloured(text: str) -> str:
    style = next((style for mark, style in _STYLES.items() if text.startswith(mark)), None)
    return styled(text, style, colour=is_coloured(sys.stdout)) if style else text
