"""Questions about the configs of a folder together: which cover, equal, or never meet others."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from icpctl.features.prove.facts import Meeting, Pair
from icpctl.features.prove.space.space import Claim, State

if TYPE_CHECKING:
    from icpctl.features.prove.facts import Inquiry
    from icpctl.features.prove.space.witness import Witness


def check_together(inquiry: Inquiry) -> None:
    """Note configs that equal earlier ones, and active ones that are never anyone's ICP.

    Who matches an active config that excludes has no ICP, whatever the order.
    """
    alive = _alive(inquiry)
    equals = _equal(inquiry, alive)
    for config, first in equals.items():
        inquiry.note("ICP609", Claim(config), [Claim(first)], _both(inquiry, first, config)[1])
    files = inquiry.proofs.files
    active = [config for config in alive if files[config].config.is_active]
    excluding = [config for config in active if files[config].config.exclude]
    candidates = [config for config in active if not files[config].config.exclude]
    for place, config in enumerate(candidates):
        before = sorted([*candidates[:place], *excluding])
        if equals.get(config) in before or not before:
            continue
        if inquiry.met_alone(config, before):
            continue
        others = [Claim(it, holds=False) for it in before]
        answer = inquiry.ask(Claim(config), *others)
        if answer.possible is None and inquiry.met_both(config, config):
            inquiry.leave_open("ICP608", Claim(config))  # else it is open whether anyone matches
        because = [it.opposite() for it in answer.core if it != Claim(config)]
        if because:
            shown = _both(inquiry, because[0].config, config)[1]
            inquiry.note("ICP608", Claim(config), because, shown)


def check_pairs(inquiry: Inquiry) -> None:
    """Find out of every two configs whether one visitor can match both."""
    alive = _alive(inquiry)
    first_of = {
        it.about.config: it.because[0].config for it in inquiry.proofs.facts if it.code == "ICP609"
    }
    for first, second in combinations(range(len(inquiry.space.configs)), 2):
        meeting, witness = Meeting.NEVER, None
        if first in alive and second in alive:
            meeting, witness = _both(inquiry, first, second)
            is_same = first_of.get(first, first) == first_of.get(second, second)
            if is_same and meeting is Meeting.OVERLAP:
                meeting = Meeting.EQUAL
        inquiry.proofs.pairs.append(Pair(first, second, meeting, witness))


def _alive(inquiry: Inquiry) -> list[int]:
    """The configs of which it is not proved that nobody matches them."""
    return [
        config
        for config in range(len(inquiry.space.configs))
        if inquiry.met_both(config, config) or inquiry.ask(Claim(config)).possible is not False
    ]


def _both(inquiry: Inquiry, first: int, second: int) -> tuple[Meeting, Witness | None]:
    """Whether somebody can match both, from visitors that are known, else by asking."""
    claims = Claim(first), Claim(second)
    state = inquiry.met_both(first, second) or _mixed(inquiry, first, second)
    if state is None:
        answer = inquiry.ask(*claims)
        if answer.possible is None:
            return Meeting.UNKNOWN, None
        state = answer.state
    if state is None:
        return Meeting.NEVER, None
    return Meeting.OVERLAP, inquiry.plain(state, *claims)


def _mixed(inquiry: Inquiry, first: int, second: int) -> State | None:
    """One visitor made of two, each of which matches one config; enough for disjoint fields."""
    one, other = inquiry.met_both(first, first), inquiry.met_both(second, second)
    if one is None or other is None:
        return None
    mine, theirs = (_only(inquiry, it, config) for it, config in ((one, first), (other, second)))
    for a, b in ((mine, theirs), (theirs, mine)):
        state = State({**a.texts, **b.texts}, {**a.numbers, **b.numbers})
        if all(inquiry.space.is_true(Claim(it), state) for it in (first, second)):
            return state
    return None


def _only(inquiry: Inquiry, state: State, config: int) -> State:
    sources = inquiry.space.sources([Claim(config)])
    return State(
        {name: it for name, it in state.texts.items() if name in sources},
        {name: it for name, it in state.numbers.items() if name in sources},
    )


def _equal(inquiry: Inquiry, configs: list[int]) -> dict[int, int]:
    """For each config that the same visitors match as an earlier one, the first of these."""
    found: dict[int, int] = {}
    firsts: list[int] = []
    for config in configs:
        first = next((it for it in firsts if _is_equal(inquiry, it, config)), None)
        if first is None:
            firsts.append(config)
        else:
            found[config] = first
    return found


def _is_equal(inquiry: Inquiry, first: int, second: int) -> bool:
    if inquiry.met_alone(first, [second]) or inquiry.met_alone(second, [first]):
        return False
    answers = []
    for a, b in ((first, second), (second, first)):
        answer = inquiry.ask(Claim(a), Claim(b, holds=False))
        if answer.possible:
            return False
        answers.append(answer.possible)
    if None in answers:
        inquiry.leave_open("ICP609", Claim(second))
    return None not in answers
