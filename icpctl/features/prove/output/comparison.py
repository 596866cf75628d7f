"""Whether configs are equivalent, for people and programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from icpctl.output.console import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.features.prove.equivalence import Comparison
    from icpctl.output.formats import EquivalentFormat

Compared = tuple[str, str, "Comparison"]
"""What the first and the second are called, and what was found out."""


def print_compared(compared: Sequence[Compared], output: EquivalentFormat) -> None:
    """Print each comparison."""
    if output == "json":
        print(json.dumps({"comparisons": [_body(*it) for it in compared]}, indent=2))
        return
    for first, second, comparison in compared:
        for line in _lines(first, second, comparison):
            print(shown(line))


def _lines(first: str, second: str, found: Comparison) -> list[str]:
    both = f"{first} and {second}"
    if found.is_equal:
        return [f"{both} are equivalent: every visitor has the same match and score"]
    if found.witness:
        what = "scores" if found.matches else "matches"
        lines = [f"{both} differ in {what}, such as on {found.witness.line}"]
        if found.matches:
            lines[0] = f"{both} match the same visitors and {lines[0].removeprefix(f'{both} ')}"
        verdicts = zip((first, second), found.verdicts, strict=True)
        return lines + [f"  {name}: {_verdict(score)}" for name, score in verdicts]
    known = "they match the same visitors" if found.matches else "nothing is proved"
    return [f"{both}: not known whether they are equivalent; {known}"]


def _verdict(score: float | None) -> str:
    return "no match" if score is None else f"matches with {score:.2f}"


def _body(first: str, second: str, found: Comparison) -> dict[str, Any]:
    verdicts = [
        {"config": name, "matched": score is not None, "score": score or 0.0}
        for name, score in zip((first, second), found.verdicts, strict=True)
    ]
    return {
        "configs": [first, second],
        "equivalent": True if found.is_equal else False if found.witness else None,
        "matches": found.matches,
        "scores": found.scores,
        "witness": found.witness and found.witness.record,
        "verdicts": verdicts if found.witness else None,
    }
