"""What proofs find out about the configs of one folder, and the bookkeeping of asking."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from icpctl.config.model import named_configs
from icpctl.features.prove.solver import Answer, Prover, difference_in_matches
from icpctl.features.prove.space.space import Claim, Space, State
from icpctl.features.prove.space.witness import Witness, replay, witness_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpctl.config.model import ConfigFile, IcpConfig


class Fact(Struct, frozen=True):
    """Something that holds for every visitor, of one finding code.

    `about` names the config, group or condition; `because` are claims from which it follows. The
    witness is a visitor that shows it.
    """

    code: str
    about: Claim
    because: tuple[Claim, ...] = ()
    witness: Witness | None = None


class Meeting(StrEnum):
    """Whether one visitor can match two configs."""

    NEVER = "never"
    OVERLAP = "overlap"
    EQUAL = "equal"
    UNKNOWN = "unknown"


class Pair(Struct, frozen=True):
    """Two configs, by number, and a visitor that matches both where there is one."""

    first: int
    second: int
    meeting: Meeting
    witness: Witness | None = None


class Unknown(Struct, frozen=True):
    """A question without an answer: the code of the finding that it might have been."""

    code: str
    about: Claim


class Proofs(Struct):
    """All that was found out about the `files`; claims name them by their places."""

    files: Sequence[ConfigFile]
    facts: list[Fact] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    questions: int = 0


class Inquiry:
    """The configs of one folder, what was asked about them, and every visitor met so far."""

    def __init__(
        self,
        files: Sequence[ConfigFile],
        *,
        case_sensitive: bool,
        timeout: float,
    ) -> None:
        self.space = Space(named_configs(files), case_sensitive=case_sensitive)
        self.prover = Prover(self.space, timeout)
        self._timeout = timeout
        by_slug = {it.slug: it for it in files}
        self.proofs = Proofs([by_slug[it.slug] for it in self.space.configs])
        self._met: list[tuple[State, int]] = []

    def ask(self, *claims: Claim) -> Answer:
        """Ask the solver, and remember the visitor that it finds."""
        self.proofs.questions += 1
        answer = self.prover.ask(claims)
        if answer.state is not None:
            self.meet(answer.state)
        return answer

    def refuted(self, code: str, about: Claim, *claims: Claim) -> tuple[Claim, ...] | None:
        """The claims that contradict each other, or None where they do not or it is not known.

        What is not known is noted as a question about `about`.
        """
        answer = self.ask(*claims)
        if answer.possible is None:
            self.leave_open(code, about)
        return answer.core if answer.possible is False else None

    def compare_matches(self, first: IcpConfig, second: IcpConfig) -> bool | None:
        """Whether two configs, of this folder or not, match the same visitors; None if unknown."""
        self.proofs.questions += 1
        configs = [("first", first), ("second", second)]
        space = Space(configs, case_sensitive=self.space.case_sensitive)
        return difference_in_matches(Prover(space, self._timeout))[0]

    def leave_open(self, code: str, about: Claim) -> None:
        """Note, once, that it is not known whether a finding is due."""
        if (question := Unknown(code, about)) not in self.proofs.unknown:
            self.proofs.unknown.append(question)

    def meet(self, state: State) -> None:
        """Remember a visitor, with the configs that it matches as bits."""
        matched = 0
        for number in range(len(self.space.configs)):
            if self.space.is_true(Claim(number), state):
                matched |= 1 << number
        self._met.append((state, matched))

    def met_both(self, first: int, second: int) -> State | None:
        """A visitor met before that matches both configs."""
        wanted = 1 << first | 1 << second
        return next((it for it, matched in self._met if matched & wanted == wanted), None)

    def met_alone(self, config: int, others: Iterable[int]) -> State | None:
        """A visitor met before that matches a config and none of the others."""
        wanted, other = 1 << config, sum(1 << it for it in others)
        found = (it for it, matched in self._met if matched & wanted and not matched & other)
        return next(found, None)

    def note(
        self, code: str, about: Claim, because: Sequence[Claim], witness: Witness | None
    ) -> None:
        """Keep a fact."""
        self.proofs.facts.append(Fact(code, about, tuple(because), witness))

    def witness(self, *claims: Claim) -> Witness | None:
        """The plainest visitor found of whom these claims are true."""
        state = self.ask(*claims).state
        return None if state is None else self.plain(state, *claims)

    def plain(self, state: State, *claims: Claim) -> Witness:
        """A witness from a visitor of whom the claims are true."""
        return witness_of(self.space, state, claims)

    def end(self) -> Proofs:
        """Replay every witness and return what was found, in the files' order."""
        proofs = self.proofs
        shown = [it.witness for it in proofs.facts] + [it.witness for it in proofs.pairs]
        replay(self.space, [it for it in shown if it])
        return proofs
