"""Test cases of a config: for each condition two visitors that only this condition tells apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from icpctl.features.prove.solver import Prover
from icpctl.features.prove.space.space import Claim, Space
from icpctl.features.prove.space.witness import Witness, judge, plainest, replay
from icpctl.vocabulary import Operator, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from icpctl.config.model import Condition, IcpConfig
    from icpctl.features.prove.space.space import State


class Case(Struct, frozen=True):
    """A visitor for one condition, what the config makes of it, and which conditions it holds.

    `condition` counts over all groups; `holds` says whether this visitor holds it.
    """

    condition: int
    holds: bool
    record: dict[str, Any]
    matched: bool
    score: float
    held: tuple[bool, ...]


class Cases(Struct, frozen=True):
    """The cases of a config in the order of its conditions; `lacking` conditions have none.

    Those are (condition, whether it would hold).
    """

    cases: list[Case]
    lacking: list[tuple[int, bool]]


def cases_of(
    slug: str, config: IcpConfig, *, case_sensitive: bool = False, timeout: float = 2.0
) -> Cases:
    """For each condition a visitor that holds it and one that fails it alone, at the boundary.

    Every visitor has been replayed.
    """
    space = Space([(slug, config)], case_sensitive=case_sensitive)
    maker = _Maker(space, Prover(space, timeout), config)
    witnesses: list[tuple[int, bool, Witness]] = []
    lacking = []
    number = 0
    for group, rules in enumerate(config.rules.groups):
        for place in range(len(rules.conditions)):
            for marks in _ends(rules.conditions[place]):
                pair = maker.pair(group, place, marks)
                for holds, witness in zip((True, False), pair, strict=True):
                    if witness is None:
                        lacking.append((number, holds))
                    else:
                        witnesses.append((number, holds, witness))
            number += 1
    replay(space, [witness for _, _, witness in witnesses])
    judged = judge(space, [witness.record for _, _, witness in witnesses])
    cases = [
        Case(
            condition=number,
            holds=holds,
            record=witness.record,
            matched=0 in verdict.scores,
            score=verdict.scores.get(0, 0.0),
            held=tuple(verdict.held[0]),
        )
        for (number, holds, witness), verdict in zip(witnesses, judged, strict=True)
    ]
    return Cases(cases, lacking)


class _Maker:
    """Finds the visitors of one config."""

    def __init__(self, space: Space, prover: Prover, config: IcpConfig) -> None:
        self._space = space
        self._prover = prover
        self._config = config
        self._marks: Sequence[float] = (0.0,)

    def pair(
        self, group: int, place: int, marks: Sequence[float]
    ) -> tuple[Witness | None, Witness | None]:
        """A visitor that holds a condition and one that fails it, as near to `marks` as can be."""
        self._marks = marks
        negated = self._condition(group, place).comparison.negates is not None
        has = Claim(0, group, place, holds=not negated)  # what a value of the field makes true
        for given in self._wishes(group, place):
            claims = [[*given, has], [*given, has.opposite()]]
            first = self._prover.ask(claims[0]).state
            if first is None:
                continue
            first = self._edge(first, group, place, claims[0])
            near = self._near(first, group, place)
            second = next((state for state in near if self._are_true(claims[1], state)), None)
            if second is None:
                asked = self._prover.ask(claims[1]).state
                second = None if asked is None else self._plain(asked, claims[1])
            if second is not None:
                witnesses = self._witness(first, claims[0]), self._witness(second, claims[1])
                return (witnesses[1], witnesses[0]) if negated else witnesses
        own = Claim(0, group, place)
        return self._any(own), self._any(own.opposite())

    def _wishes(self, group: int, place: int) -> Iterator[list[Claim]]:
        """What else is to be true, the most telling first.

        The rest of the group leaves the decision to the condition; no other group matches.
        """
        rules = self._config.rules.groups[group]
        is_and = rules.operator == Operator.AND
        is_optional = rules.conditions[place].optional
        rest = [
            Claim(0, group, number, holds=is_and or is_optional)
            for number, condition in enumerate(rules.conditions)
            if number != place and not condition.optional
        ]
        others = [
            Claim(0, other, holds=False)
            for other in range(len(self._config.rules.groups))
            if other != group
        ]
        same = [
            Claim(0, group, number, holds=False)
            for number, condition in enumerate(rules.conditions)
            if number != place and condition.optional
        ]
        yield [*rest, *others, *same]
        yield [*rest, *others]
        yield [Claim(0, group)] if is_optional else rest
        yield []

    def _any(self, claim: Claim) -> Witness | None:
        state = self._prover.ask([claim]).state
        return None if state is None else self._witness(self._plain(state, [claim]), [claim])

    def _witness(self, state: State, claims: list[Claim]) -> Witness:
        return Witness(self._space.record(state), tuple(claims))

    def _are_true(self, claims: list[Claim], state: State) -> bool:
        return all(self._space.is_true(claim, state) for claim in claims)

    def _plain(self, state: State, claims: list[Claim]) -> State:
        return plainest(self._space, state, lambda nearer: self._are_true(claims, nearer))

    def _edge(self, state: State, group: int, place: int, claims: list[Claim]) -> State:
        """The plainest such visitor, with its number at the threshold, or its text the first."""
        state = self._plain(state, claims)
        name = self._field(group, place)
        moved: Iterable[State] = ()
        if name in state.numbers:
            moved = (
                state.with_number(name, number, number)
                for number in self._by_distance(group, place)
            )
        elif name in state.texts:
            moved = (state.with_texts(name, [number]) for number in self._space.texts[name].numbers)
        return next((nearer for nearer in moved if self._are_true(claims, nearer)), state)

    def _near(self, state: State, group: int, place: int) -> Iterator[State]:
        """The visitor with another value for a condition's field, the nearest first."""
        name = self._field(group, place)
        condition = self._condition(group, place)
        if name in self._space.numbers:
            if not condition.comparison.asks_presence:
                for point in self._by_distance(group, place):
                    yield state.with_number(name, point, point)
        elif name in state.texts:
            source, own = self._space.texts[name], sorted(state.texts[name])
            for text in _near_texts([source.texts[number] for number in own]):
                yield state.with_texts(name, [source.add(text)])
            for number in own:
                yield state.with_texts(name, state.texts[name] - {number})
        yield state.without(name)

    def _by_distance(self, group: int, place: int) -> list[int]:
        """Points of a condition's field, the nearest to its values first, whole ones before."""
        source = self._space.numbers[self._field(group, place)]
        return sorted(
            filter(source.can_be, range(len(source.points))),
            key=lambda point: (
                not source.is_whole(point),
                min(abs(source.points[point] - mark) for mark in self._marks),
            ),
        )

    def _field(self, group: int, place: int) -> str:
        return self._space.source_name(self._condition(group, place).type)

    def _condition(self, group: int, place: int) -> Condition:
        return self._config.rules.groups[group].conditions[place]


def _ends(condition: Condition) -> list[list[float]]:
    """The numbers at whose sides a condition is tried: the ends of a range one by one."""
    value = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    marks = [float(mark) for mark in value if isinstance(mark, int | float)] or [0.0]
    return [[mark] for mark in marks] if condition.comparison.shape is Shape.BOUNDS else [marks]


def _near_texts(texts: list[str]) -> Iterator[str]:
    """Texts that are nearly these: a letter less, a letter more."""
    if len(texts) != 1:
        return
    (text,) = texts
    if len(text) > 1:
        yield text[:-1].strip() or text[0]
        yield text[1:].strip() or text[-1]
    yield f"{text}x"
    yield f"x{text}"
