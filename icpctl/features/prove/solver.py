"""Questions about all possible visitors, answered by z3: yes with a visitor, no, or unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from icpctl.features.prove.encoding import Encoding, require_z3
from icpctl.features.prove.space.space import Claim, Space, State

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_MS = 2**31 - 1


class Answer(Struct, frozen=True):
    """Whether there is a visitor of whom some claims are true.

    `possible` is None where that could not be found out. `state` is such a visitor. Where there is
    none, `core` are claims that already contradict each other, none of them without need.
    """

    possible: bool | None
    state: State | None = None
    core: tuple[Claim, ...] = ()


def milliseconds(seconds: float) -> int:
    """A time limit as z3 takes it; there 0 would mean none."""
    return max(1, round(min(_MOST_MS, seconds * 1000)))


class Prover:
    """Answers questions about a space; each may take `timeout` seconds."""

    def __init__(self, space: Space, timeout: float = 2.0) -> None:
        self.space = space
        self._z3: Any = require_z3()
        self._solver = self._z3.SolverFor("QF_FD")
        self._solver.set("timeout", milliseconds(timeout))
        self._encoding = Encoding(space, self._solver)

    def ask(self, claims: Sequence[Claim], single: str | None = None) -> Answer:
        """Whether there is a visitor of whom all claims are true.

        With `single`, one with no more than one text in that field; then only a no is exact.
        """
        literals = [self._encoding.claim(claim) for claim in claims]
        given = [] if single is None else [self._encoding.single(single)]
        names = self.space.sources(claims)
        answer = decide(self._encoding, self._solver, [*literals, *given], names)
        if answer.possible is not False:
            return answer
        core = {literal.get_id() for literal in self._solver.unsat_core()}
        pairs = zip(claims, literals, strict=True)
        kept = [claim for claim, literal in pairs if literal.get_id() in core]
        return Answer(possible=False, core=tuple(self._least(kept, given)))

    def perhaps_implied(self, claims: Sequence[Claim]) -> list[int]:
        """The places of the claims that the others may imply; the rest surely are not implied."""
        literals = self._encoding.all_but_one(claims)
        real, sat = self._encoding.real, self._z3.sat
        return [
            place
            for place, asked in enumerate(literals)
            if checked(self._solver, *asked, real) != sat
        ]

    def is_possible(self, claims: Sequence[Claim]) -> bool:
        """Whether it is sure that there is a visitor of whom all claims are true."""
        literals = [self._encoding.claim(claim) for claim in claims]
        return bool(checked(self._solver, *literals, self._encoding.real) == self._z3.sat)

    def _least(self, claims: list[Claim], given: list[Any]) -> list[Claim]:
        """The claims without those that are not needed for the contradiction."""
        for claim in tuple(claims):
            rest = [other for other in claims if other is not claim]
            literals = [self._encoding.claim(other) for other in rest]
            if rest and checked(self._solver, *literals, *given) == self._z3.unsat:
                claims = rest
        return claims


def difference_in_matches(prover: Prover) -> tuple[bool | None, State | None]:
    """Whether the first two configs match the same visitors; one on whom they differ, if any."""
    answers = [
        prover.ask([Claim(first), Claim(second, holds=False)]) for first, second in ((0, 1), (1, 0))
    ]
    state = next((answer.state for answer in answers if answer.state), None)
    if state is not None:
        return False, state
    return None if any(answer.possible is None for answer in answers) else True, None


def checked(solver: Any, *literals: Any) -> Any:
    """What a solver says of literals; raise `KeyboardInterrupt` where that ended it.

    While it works z3 takes Ctrl-C itself, and would have it that the answer is unknown.
    """
    result = solver.check(*literals)
    if result == require_z3().unknown and "keyboard" in solver.reason_unknown():
        raise KeyboardInterrupt
    return result


def decide(encoding: Encoding, solver: Any, literals: Sequence[Any], names: set[str]) -> Answer:
    """Whether literals can be true together, of a visitor with these fields.

    Where they cannot, the solver's core is about the literals alone: no phantom had to be ruled
    out for it.
    """
    z3, real = encoding.z3, encoding.real
    result = checked(solver, *literals, real)
    if result == z3.sat:
        return Answer(possible=True, state=encoding.state(solver.model(), names))
    if result == z3.unsat and any(literal.eq(real) for literal in solver.unsat_core()):
        result = checked(solver, *literals)
    return Answer(possible=False if result == z3.unsat else None)
