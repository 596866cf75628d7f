"""Questions about one config: what in it can never match, always does, or changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.features.prove.space.space import Claim
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.features.prove.facts import Inquiry
    from icpctl.features.prove.space.witness import Witness
    from icpctl.scoring.plan import GroupPlan


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
    """The conditions that keep everybody from matching a group, or None."""
    group = inquiry.space.configs[config].groups[number]
    needed = [Claim(config, number, it) for it in _required(group)]
    about = Claim(config, number)
    if group.operator == Operator.AND and needed:
        return inquiry.refuted("ICP601", about, *needed)
    return None if inquiry.refuted("ICP601", about, about) is None else tuple(needed)


def _nearest(inquiry: Inquiry, config: int, number: int, core: Sequence[Claim]) -> Witness | None:
    """A visitor that holds all required conditions of an AND group but one of the core."""
    group = inquiry.space.configs[config].groups[number]
    if group.operator != Operator.AND:
        return None
    needed = [Claim(config, number, it) for it in _required(group)]
    for claim in reversed([it for it in core if it.group == number]):
        claims = [it.opposite() if it == claim else it for it in needed]
        if found := inquiry.witness(*claims):
            return found
    return None


def _everyone(inquiry: Inquiry, config: int, alive: Sequence[int]) -> list[int]:
    """The groups that every visitor matches; notes those, or that the groups together do so."""
    groups = inquiry.space.configs[config].groups
    found = []
    for number in alive:
        about = Claim(config, number)
        needed = [Claim(config, number, it, holds=False) for it in _required(groups[number])]
        is_or = groups[number].operator == Operator.OR and needed
        core = inquiry.refuted("ICP603", about, *(needed if is_or else [about.opposite()]))
        if core is not None:
            found.append(number)
            because = [it.opposite() for it in core if it.condition is not None]
            inquiry.note("ICP603", about, because, inquiry.witness(about))
    if not found and len(alive) > 1:
        nobody = [Claim(config, number, holds=False) for number in alive]
        core = inquiry.refuted("ICP603", Claim(config), *nobody)
        if core is not None:
            because = [it.opposite() for it in core]
            inquiry.note("ICP603", Claim(config), because, inquiry.witness(Claim(config)))
            return list(alive)
    return found


def _lists(inquiry: Inquiry, config: int, number: int) -> None:
    """Note an AND group that nobody matches who has one text in a field, not a list.

    A `has_all` asks for a list in so many words.
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
        if core is None:
            continue
        left = rest
        because = [it if is_and else it.opposite() for it in core if it != own]
        shows = [Claim(config, number), *([about, *because] if is_and or because else [])]
        inquiry.note("ICP604", about, because, inquiry.witness(*shows))


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
    left = [Claim(config, number, holds=False) for number in alive]
    for at in reversed(inquiry.prover.perhaps_implied(left) if len(left) > 1 else []):
        about = left[at].opposite()
        others = left[:at] + left[at + 1 :]
        core = inquiry.refuted("ICP605", about, about, *others) if others else None
        if core is not None:
            left = others
            because = [it.opposite() for it in core if it != about]
            inquiry.note("ICP605", about, because, inquiry.witness(about, *because[:1]))
