"""Whether configs are equivalent, for people and programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from icpctl.output.console import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.features.prove.equivalence import Comparison
    from icpctl.features.prove.icp_equivalence import IcpComparison
    from icpctl.output.console import EquivalentFormat

Compared = tuple[str, str, "Comparison"]
"""What the first and the second are called, and what was found out."""


def print_compared(
    compared: Sequence[Compared], icps: IcpComparison | None, output: EquivalentFormat
) -> None:
    """Print each comparison, and that of the ICPs where two versions were compared."""
    if output == "json":
        body: dict[str, Any] = {"comparisons": [_body(*pair) for pair in compared]}
        print(json.dumps(body | ({"icps": _icp_body(icps)} if icps else {}), indent=2))
        return
    for pair in compared:
        for line in _lines(*pair):
            print(shown(line))
    if icps:
        print(shown(_icp_line(icps)))


def _lines(first: str, second: str, found: Comparison) -> list[str]:
    both = f"{first} and {second}"
    if found.is_equal:
        return [f"{both} are equivalent: every visitor has the same match and score"]
    if found.witness and found.exclusions is False:
        line = f"{both} differ in whether they exclude whom they match, such as"
        return [f"{line} {found.witness.line}"]
    if found.witness:
        what = "scores" if found.matches else "matches"
        lines = [f"{both} differ in {what}, such as on {found.witness.line}"]
        if found.matches:
            lines[0] = f"{both} match the same visitors and {lines[0].removeprefix(f'{both} ')}"
        verdicts = zip((first, second), found.verdicts, strict=True)
        return lines + [f"  {name}: {_verdict(score)}" for name, score in verdicts]
    known = "they match the same visitors" if found.matches else "nothing is proved"
    return [f"{both}: not known whether they are equivalent; {known}"]


def _icp_line(icps: IcpComparison) -> str:
    if icps.witness:
        before, after = (slug or "none" for slug in icps.icps)
        return f"ICPs differ, such as of {icps.witness.line}: {before} before, {after} now"
    if icps.same:
        return "every visitor has the same ICP as before"
    return "not known whether every visitor has the same ICP as before"


def _icp_body(icps: IcpComparison) -> dict[str, Any]:
    return {
        "equivalent": icps.same,
        "witness": icps.witness and icps.witness.record,
        "before": icps.icps[0],
        "after": icps.icps[1],
    }


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
        **({} if found.exclusions is True else {"exclusions": found.exclusions}),
        "witness": found.witness and found.witness.record,
        "verdicts": verdicts if found.witness else None,
    }
