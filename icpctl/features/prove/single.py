"""Questions about one config: what in it can never match, always does, or changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from icpctl.features.prove.space.space import Claim
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.features.prove.facts import Inquiry
    from icpctl.features.prove.space.witness import Witness
    from icpctl.scoring.scores import GroupPlan


def check_config(inquiry: Inquiry, config: int) -> None:
    """Note every fact about one config alone."""
    groups = inquiry.space.configs[config].groups
    cores = {number: _impossible(inquiry, config, number) for number in range(len(groups))}
    alive = [number for number, core in cores.items() if core is None]
    if not alive:
        because = [claim for core in cores.values() for claim in core or ()]
        inquiry.note("ICP602", Claim(config), because, _nearest(inquiry, config, 0, because))
        return
    for number, core in cores.items():
        if core is not None:
            nearest = _nearest(inquiry, config, number, core)
            inquiry.note("ICP601", Claim(config, number), core, nearest)
    everyone = _everyone(inquiry, config, alive)
    for number in alive:
        _lists(inquiry, config, number)
        if number not in everyone:
            _implied(inquiry, config, number)
        _optional(inquiry, config, number)
    if not everyone:
        _covered(inquiry, config, alive)


def _required(group: GroupPlan) -> list[int]:
    return [number for number, one in enumerate(group.conditions) if not one.optional]


def _impossible(inquiry: Inquiry, config: int, number: int) -> tuple[Claim, ...] | None:
    """What keeps everybody from matching a group: conditions, or a `minScore` out of reach."""
    group = inquiry.space.configs[config].groups[number]
    needed = [Claim(config, number, it) for it in _required(group)]
    about = Claim(config, number)
    if group.operator == Operator.AND and needed:
        core = inquiry.refuted("ICP601", about, *needed)
    else:
        core = None if inquiry.refuted("ICP601", about, about) is None else tuple(needed)
    if core is None and inquiry.space.configs[config].min_hundredths:
        core = inquiry.refuted("ICP601", about, replace(about, enough=True))
    return core


def _nearest(inquiry: Inquiry, config: int, number: int, core: Sequence[Claim]) -> Witness | None:
    """A visitor that holds all required conditions of an AND group but one of the core.

    Where the score is never enough, one that holds all of them.
    """
    group = inquiry.space.configs[config].groups[number]
    needed = [Claim(config, number, it) for it in _required(group)]
    if group.operator != Operator.AND or not needed:
        return None
    for claim in reversed([it for it in core if it.group == number]):
        claims = [it.opposite() if it == claim else it for it in needed]
        if found := inquiry.witness(*claims):
            return found
    return None


def _everyone(inquiry: Inquiry, config: int, alive: Sequence[int]) -> list[int]:
    """The groups that every visitor matches; notes those, or that the groups together do so."""
    groups = inquiry.space.configs[config].groups
    has_minimum = inquiry.space.configs[config].min_hundredths > 0
    found = []
    for number in alive:
        about = Claim(config, number, enough=True)
        needed = [Claim(config, number, it, holds=False) for it in _required(groups[number])]
        is_or = groups[number].operator == Operator.OR and needed and not has_minimum
        core = inquiry.refuted("ICP603", about, *(needed if is_or else [about.opposite()]))
        if core is not None:
            found.append(number)
            because = [it.opposite() for it in core if it.condition is not None]
            inquiry.note("ICP603", about, because, inquiry.witness(about))
    if not found and len(alive) > 1:
        nobody = [Claim(config, number, holds=False, enough=True) for number in alive]
        core = inquiry.refuted("ICP603", Claim(config), *nobody)
        if core is not None:
            because = [it.opposite() for it in core]
            inquiry.note("ICP603", Claim(config), because, inquiry.witness(Claim(config)))
            return list(alive)
    return found


def _lists(inquiry: Inquiry, config: int, number: int) -> None:
    """Note an AND group that nobody matches who has one text in a field, not a list.

    A `has_all` asks for a list explicitly.
    """
    space = inquiry.space
    group = space.configs[config].groups[number]
    asked: dict[str, list[int]] = {}
    for place in _required(group) if group.operator == Operator.AND else ():
        name, test = space.tests[group.conditions[place].bit]
        if name in space.texts and not test.needs_all:
            asked.setdefault(name, []).append(place)
    for name, places in asked.items():
        if sum(not group.conditions[it].negated for it in places) < 2:
            continue  # one text can hold the one, and what negatives allow in a list it may be too
        claims = [Claim(config, number, it) for it in places]
        answer = inquiry.prover.ask(claims, single=name)
        if answer.possible is False:
            about = Claim(config, number)
            inquiry.note("ICP610", about, answer.core, inquiry.witness(about))


def _implied(inquiry: Inquiry, config: int, number: int) -> None:
    """Note required conditions without which the same visitors match."""
    group = inquiry.space.configs[config].groups[number]
    is_and = group.operator == Operator.AND
    left = [Claim(config, number, it, holds=is_and) for it in _required(group)]
    for at in reversed(inquiry.prover.perhaps_implied(left) if len(left) > 1 else []):
        about = Claim(config, number, left[at].condition)
        rest = left[:at] + left[at + 1 :]
        own = left[at].opposite()
        core = inquiry.refuted("ICP604", about, *rest, own) if rest else None
        if core is None or not _is_weightless(inquiry, about, rest):
            continue
        left = rest
        because = [it if is_and else it.opposite() for it in core if it != own]
        shows = [Claim(config, number), *([about, *because] if is_and or because else [])]
        inquiry.note("ICP604", about, because, inquiry.witness(*shows))


def _is_weightless(inquiry: Inquiry, about: Claim, rest: Sequence[Claim]) -> bool:
    """Whether the config matches the same visitors with only `rest` of a group's required ones.

    They do where any score will do; a `minScore` may ask for the weight of what is implied.
    """
    config = inquiry.proofs.files[about.config].config
    if not config.min_score:
        return True
    kept = {claim.condition for claim in rest}
    groups = list(config.rules.groups)
    group = groups[about.group or 0]
    conditions = tuple(
        condition
        for place, condition in enumerate(group.conditions)
        if condition.optional or place in kept
    )
    groups[about.group or 0] = group.model_copy(update={"conditions": conditions})
    rules = config.rules.model_copy(update={"groups": tuple(groups)})
    matches = inquiry.compare_matches(config, config.model_copy(update={"rules": rules}))
    if matches is None:
        inquiry.leave_open("ICP604", about)
    return bool(matches)


def _optional(inquiry: Inquiry, config: int, number: int) -> None:
    """Note optional conditions that no matching visitor holds, or that all of them do."""
    group = inquiry.space.configs[config].groups[number]
    matches = Claim(config, number)
    needed = [Claim(config, number, it) for it in _required(group)]
    given = needed if group.operator == Operator.AND and needed else [matches]
    for one in range(len(group.conditions)):
        if not group.conditions[one].optional:
            continue
        holds = Claim(config, number, one)
        for code, asked in (("ICP606", holds), ("ICP607", holds.opposite())):
            if inquiry.prover.is_possible([matches, asked]):
                continue
            core = inquiry.refuted(code, holds, *given, asked)
            if core is not None:
                because = [it for it in core if it != asked]
                inquiry.note(code, holds, because, inquiry.witness(matches, asked.opposite()))


def _covered(inquiry: Inquiry, config: int, alive: Sequence[int]) -> None:
    """Note groups without which the same visitors match the config."""
    left = [Claim(config, number, holds=False, enough=True) for number in alive]
    for at in reversed(inquiry.prover.perhaps_implied(left) if len(left) > 1 else []):
        about = left[at].opposite()
        others = left[:at] + left[at + 1 :]
        core = inquiry.refuted("ICP605", about, about, *others) if others else None
        if core is not None:
            left = others
            because = [it.opposite() for it in core if it != about]
            inquiry.note("ICP605", about, because, inquiry.witness(about, *because[:1]))
