"""The finding codes of proofs, 6xx: what holds for every possible visitor."""

from __future__ import annotations

from icpctl.findings.code import Code, Section


def _groups(*groups: str) -> str:
    return "label: SaaS\nrules:\n  groups:\n" + "".join(groups)


def _group(operator: str, *conditions: str) -> str:
    lines = "".join(f"        - {{{it}}}\n" for it in conditions)
    return f"    - operator: {operator}\n      conditions:\n{lines}"


_SOFTWARE = "type: industry, comparator: equals, value: Software"
_HAS_INDUSTRY = "type: industry, comparator: exists"
_FROM_50 = "type: company_size, comparator: gte, value: 50"
_FROM_500 = "type: company_size, comparator: gte, value: 500"
_BELOW_100 = "type: company_size, comparator: lt, value: 100"
_GERMANY = "type: country, comparator: equals, value: DE"

SECTION = Section(
    "ICP6",
    "Proofs",
    "Warnings of `icpctl prove` and `icpctl validate --prove`: what holds for every possible "
    "visitor (`docs/prove.md`).",
)

CODES = (
    Code(
        "ICP601",
        "a group that no visitor can match",
        "Some of its conditions contradict each other; the finding names them, and only as many as "
        "it takes. The config matches through its other groups only.",
        "proof",
        _groups(_group("AND", _FROM_500, _BELOW_100), _group("AND", _GERMANY)),
        _groups(_group("AND", _FROM_500), _group("AND", _GERMANY)),
    ),
    Code(
        "ICP602",
        "a config that no visitor can match",
        "The conditions of each of its groups contradict each other, or no score that they allow "
        "reaches `minScore`.",
        "proof",
        _groups(_group("AND", _FROM_500, _BELOW_100, _GERMANY)),
        _groups(_group("AND", _FROM_500, _GERMANY)),
    ),
    Code(
        "ICP603",
        "a group or config that every visitor matches",
        "Every visitor meets one of these conditions, because a missing field meets every "
        "negative comparator.",
        "proof",
        _groups(_group("OR", _SOFTWARE, "type: industry, comparator: not_exists", _HAS_INDUSTRY)),
        _groups(_group("OR", _SOFTWARE, "type: industry, comparator: not_exists")),
    ),
    Code(
        "ICP604",
        "a condition that changes no match",
        "In an `AND` group the other conditions already imply it; in an `OR` group it implies one "
        "of them. It still changes scores.",
        "proof",
        _groups(_group("AND", _FROM_50, _FROM_500)),
        _groups(_group("AND", _FROM_500)),
    ),
    Code(
        "ICP605",
        "a group that other groups cover",
        "Every visitor that matches it also matches another group of the config, so it adds "
        "nobody. It may still change scores.",
        "proof",
        _groups(_group("AND", _FROM_50), _group("AND", _FROM_500, _GERMANY)),
        _groups(_group("AND", _FROM_50), _group("AND", _GERMANY)),
    ),
    Code(
        "ICP606",
        "an optional condition that is never met",
        "The required conditions of its group rule it out, so no visitor can reach the full score.",
        "proof",
        _groups(_group("AND", _FROM_500, f"{_BELOW_100}, optional: true")),
        _groups(_group("AND", _FROM_50, f"{_BELOW_100}, optional: true")),
    ),
    Code(
        "ICP607",
        "an optional condition that is always met",
        "The required conditions of its group imply it, so every match meets it.",
        "proof",
        _groups(_group("AND", _FROM_500, f"{_FROM_50}, optional: true")),
        _groups(_group("AND", _FROM_50, f"{_FROM_500}, optional: true")),
    ),
    Code(
        "ICP608",
        "a config that is never anyone's ICP",
        "Active configs that come before it, or that exclude, match every visitor that it matches.",
        "words",
        "`company_size gte 500` with the priority 20, after `company_size gte 50` with 10",
        "the narrower config first: the priority 5 for `company_size gte 500`",
    ),
    Code(
        "ICP609",
        "two configs that match the same visitors",
        "Their rules are written differently but mean the same; scores may differ. The one that is "
        "lower in order is never a visitor's `icp`.",
        "words",
        "`country in [US, CA]` in one, and two groups with `country equals US` and `country "
        "equals CA` in the other",
        "different rules in one of them",
    ),
    Code(
        "ICP610",
        "a group that only a list of values matches",
        "No single text meets all of these conditions. Only a visitor whose field is a list of "
        "several values can match, which is rarely what was meant.",
        "proof",
        _groups(_group("AND", _GERMANY, "type: country, comparator: equals, value: AT")),
        _groups(_group("AND", "type: country, comparator: in, value: [DE, AT]")),
    ),
)
