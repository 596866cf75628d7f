"""What was proved, as findings: one sentence each, with the lines that it follows from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.documents.document import Problem, find
from icpctl.features.shared.condition_phrases import phrase
from icpctl.findings.codes import CODES
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from icpctl.config.loading import Loaded
    from icpctl.config.model import Condition, Group
    from icpctl.errors import Finding, Location
    from icpctl.features.prove.facts import Fact, Proofs, Unknown
    from icpctl.features.prove.space.space import Claim

_MOST = 6  # conditions, groups or configs that a sentence names

# What a finding without proof says of the same place; then the proof adds nothing.
_SAID_BY = {"ICP603": "ICP302", "ICP604": "ICP303", "ICP609": "ICP306"}


def findings_of(proofs: Proofs) -> list[tuple[Finding, Fact]]:
    """Each fact as a finding."""
    found = []
    for fact in proofs.facts:
        message, advice = SENTENCES[fact.code](proofs, fact)
        label = "closest" if fact.code in ("ICP601", "ICP602") else "for example"
        shown = f"{label}: {fact.witness.line}" if fact.witness else ""
        hint = "; ".join(filter(None, (advice, shown)))
        found.append((_finding(proofs, fact.code, fact.about, message, hint), fact))
    return found


def add_findings(loaded: Loaded, proofs: Iterable[Proofs]) -> None:
    """Put what was proved among the findings, but for what one of them already says."""
    said = {(it.code, it.location) for it in loaded.findings}
    for proof in proofs:
        proved = [finding for finding, _ in findings_of(proof)]
        loaded.findings += [it for it in proved if (_SAID_BY.get(it.code), it.location) not in said]
    loaded.sort()


def open_question(proofs: Proofs, unknown: Unknown) -> Finding:
    """A question without an answer, put as the finding that it might have been."""
    message = f"not known: whether this is {CODES[unknown.code].title}"
    hint = "a longer --timeout may answer it; docs/prove.md says what cannot be known"
    return _finding(proofs, unknown.code, unknown.about, message, hint)


def _finding(proofs: Proofs, code: str, about: Claim, message: str, hint: str | None) -> Finding:
    document = proofs.files[about.config].document
    start = find(document.root, _path(about)) if document.root else 0
    return document.finding(Problem(code, start, message, hint or None))


def _path(claim: Claim) -> tuple[str | int, ...]:
    if claim.group is None:
        return ("rules",)
    inside = () if claim.condition is None else ("conditions", claim.condition)
    return ("rules", "groups", claim.group, *inside)


def _place(proofs: Proofs, claim: Claim) -> Location:
    return _finding(proofs, "ICP601", claim, "", None).location


def _group(proofs: Proofs, claim: Claim) -> Group:
    return proofs.files[claim.config].config.rules.groups[claim.group or 0]


def _condition(proofs: Proofs, claim: Claim) -> Condition:
    return _group(proofs, claim).conditions[claim.condition or 0]


def _named(proofs: Proofs, claim: Claim) -> str:
    """A claim's subject: a condition or group with its line, or a config."""
    if claim.group is None:
        return proofs.files[claim.config].path.name
    line = _place(proofs, claim).line
    if claim.condition is None:
        return f"the group at line {line}"
    return f'"{phrase(_condition(proofs, claim))}" (line {line})'


def _all(proofs: Proofs, claims: Sequence[Claim], word: str = "and") -> str:
    names = [_named(proofs, claim) for claim in claims[:_MOST]]
    if len(claims) > _MOST:
        names.append(f"{len(claims) - _MOST} more")
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def _contradiction(proofs: Proofs, claims: Sequence[Claim]) -> str:
    """Why no visitor matches a group, or none has a score with which its config matches."""
    if claims and claims[0].condition is None:
        least = proofs.files[claims[0].config].config.min_score
        return f"no score of {_named(proofs, claims[0])} reaches minScore {least:g}"
    if claims and _group(proofs, claims[0]).operator == Operator.OR and len(claims) > 1:
        return f"neither {_all(proofs, claims, 'nor')} can be met"
    if len(claims) == 1:
        return f"{_named(proofs, claims[0])} cannot be met"
    return f"{_all(proofs, claims)} contradict each other"


def _impossible(proofs: Proofs, fact: Fact) -> tuple[str, str]:
    what = "config" if fact.about.group is None else "group"
    groups = sorted({claim.group or 0 for claim in fact.because})
    reasons = [
        _contradiction(proofs, [it for it in fact.because if it.group == group]) for group in groups
    ]
    return f"no visitor can match this {what}: {'; '.join(reasons)}", "change one of them"


def _everyone(proofs: Proofs, fact: Fact) -> tuple[str, str]:
    if fact.about.group is None:
        return (
            f"every visitor matches this config: {_all(proofs, fact.because, 'or')} always matches",
            "ask for more in one of its groups",
        )
    why = f": {_all(proofs, fact.because, 'or')} is always met" if fact.because else ""
    return f"every visitor matches this group{why}", "ask for more, or remove the group"


def _idle(proofs: Proofs, fact: Fact) -> tuple[str, str]:
    others = _all(proofs, fact.because)
    if _group(proofs, fact.about).operator == Operator.AND:
        why = (
            f"{others} {_verb(fact.because, 'implies', 'imply')} it"
            if others
            else "it is always met"
        )
    else:
        others = _all(proofs, fact.because, "or")
        why = f"whoever meets it also meets {others}" if others else "it is never met"
    return f"this condition changes no match: {why}", "remove it, or make it optional"


def _covered(proofs: Proofs, fact: Fact) -> tuple[str, str]:
    others = _all(proofs, fact.because, "or")
    return (
        f"this group adds nobody: whoever matches it matches {others}",
        "remove it, unless you need its score",
    )


def _never_held(proofs: Proofs, fact: Fact) -> tuple[str, str]:
    rule = _verb(fact.because, "rules", "rule")
    return (
        f"no matching visitor meets this optional condition: {_all(proofs, fact.because)} "
        f"{rule} it out",
        "remove it, or change its value",
    )


def _always_held(proofs: Proofs, fact: Fact) -> tuple[str, str]:
    others = _all(proofs, fact.because)
    why = f": {others} {_verb(fact.because, 'implies', 'imply')} it" if others else ""
    return (
        f"every matching visitor meets this optional condition{why}",
        "remove it, or change its value",
    )


def _shadowed(proofs: Proofs, fact: Fact) -> tuple[str, str]:
    before = [claim for claim in fact.because if not _excludes(proofs, claim)]
    excluding = [claim for claim in fact.because if _excludes(proofs, claim)]
    reasons = []
    if before:
        reasons.append(f"{_all(proofs, before)} {_verb(before, 'comes', 'come')} before it")
    if excluding:
        verb = _verb(excluding, "excludes", "exclude")
        reasons.append(f"{_all(proofs, excluding)} {verb} visitors")
    matches = _verb(fact.because, "matches", "together match")
    if len(reasons) > 1:
        matches = "they together match"
    return (
        f"this config is never anyone's ICP: {' and '.join([*reasons, matches])} "
        "everyone that it matches",
        "give it a lower priority number, or narrow the others" if before else "narrow the others",
    )


def _equal(proofs: Proofs, fact: Fact) -> tuple[str, str]:
    same = f"{_all(proofs, fact.because)} matches the same visitors"
    configs = [proofs.files[claim.config].config for claim in (fact.about, fact.because[0])]
    if configs[0].exclude == configs[1].exclude:
        return same, "remove one of the two"
    return f"{same}, and one of the two excludes them", "narrow the one that excludes"


def _excludes(proofs: Proofs, claim: Claim) -> bool:
    return proofs.files[claim.config].config.exclude


def _listed(proofs: Proofs, fact: Fact) -> tuple[str, str]:
    field = _condition(proofs, fact.because[0]).type
    return (
        f"only a visitor with several values of {field} can match this group: "
        f"no single value meets {_all(proofs, fact.because)}",
        "write one condition with in, or a group for each",
    )


def _verb(claims: Sequence[Claim], one: str, several: str) -> str:
    return one if len(claims) == 1 else several


SENTENCES: dict[str, Callable[[Proofs, Fact], tuple[str, str]]] = {
    "ICP601": _impossible,
    "ICP602": _impossible,
    "ICP603": _everyone,
    "ICP604": _idle,
    "ICP605": _covered,
    "ICP606": _never_held,
    "ICP607": _always_held,
    "ICP608": _shadowed,
    "ICP609": _equal,
    "ICP610": _listed,
}
"""For each code the sentence and the advice of a fact."""
