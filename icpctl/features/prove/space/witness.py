"""Visitors that show an answer: made as plain as they can be, and judged by the evaluator."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from icpctl.errors import IcpctlError
from icpctl.features.prove.space.space import State, claim_is_true
from icpctl.features.prove.space.texts import joined
from icpctl.features.shared.held_conditions import held_of, row_words
from icpctl.features.shared.record_rows import rows_of
from icpctl.mappings import mapping
from icpctl.scoring.run import Options
from icpctl.scoring.verdicts import score_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from icpctl.features.prove.space.space import Claim, Space

_LONGEST_JOIN = 4
_MOST_TRIED = 200  # other values of a field; a visitor need not be the plainest of all


class Witness(Struct, frozen=True):
    """A visitor, and what is claimed of it."""

    record: dict[str, Any]
    claims: tuple[Claim, ...]

    @property
    def line(self) -> str:
        """The record as a line of JSON."""
        return json.dumps(self.record, ensure_ascii=False)


class Judged(Struct, frozen=True):
    """For each config the conditions that a visitor holds; the scores of those that it matches."""

    held: list[list[bool]]
    scores: dict[int, float]


def witness_of(space: Space, state: State, claims: Sequence[Claim]) -> Witness:
    """The plainest visitor near `state` of whom the claims are true; they are true of `state`."""
    soonest = sorted(claims, key=lambda it: it.condition is None)  # one condition is seen at once

    def is_right(other: State) -> bool:
        return all(space.is_true(claim, other) for claim in soonest)

    return Witness(space.record(plainest(space, state, is_right)), tuple(claims))


def plainest(space: Space, state: State, is_right: Callable[[State], bool]) -> State:
    """Drop and change what a visitor does not need to be right."""
    for name in (*state.texts, *state.numbers):
        if is_right(other := state.without(name)):
            state = other
    for name in tuple(state.texts):
        for number in sorted(state.texts.get(name, ()), reverse=True):
            if is_right(other := state.with_texts(name, state.texts[name] - {number})):
                state = other
        if name in state.texts:
            state = next(filter(is_right, _few(_single(space, state, name))), state)
    for name in tuple(state.numbers):
        state = next(filter(is_right, _few(_numbers(space, state, name))), state)
    return state


def _few(states: Iterator[State]) -> Iterator[State]:
    return islice(states, _MOST_TRIED)


def _single(space: Space, state: State, name: str) -> Iterator[State]:
    """The visitor with one text of a field: an earlier one, or one instead of several."""
    source, numbers = space.texts[name], sorted(state.texts[name])
    for one in source.numbers if len(numbers) > 1 else range(numbers[0]):
        yield state.with_texts(name, [one])
    if 1 < len(numbers) <= _LONGEST_JOIN and name != mapping.PAGES:
        for text in joined(source, numbers):
            yield state.with_texts(name, [source.add(text)])


def _numbers(space: Space, state: State, name: str) -> Iterator[State]:
    """The visitor with another number in a field: one before a range, whole ones from 1 first."""
    source = space.numbers[name]
    possible = filter(source.can_be, range(len(source.points)))
    for point in sorted(possible, key=lambda it: (not source.is_whole(it), source.points[it] < 1)):
        yield state.with_number(name, point, point)


def replay(space: Space, witnesses: Sequence[Witness]) -> None:
    """Judge visitors by the evaluator, as `score` reads and judges them.

    Raises `IcpctlError` `internal_error` where one is not what is claimed.
    """
    judged = judge(space, [it.record for it in witnesses])
    for witness, verdict in zip(witnesses, judged, strict=True):
        for claim in witness.claims:
            config = space.configs[claim.config]
            found = claim_is_true(claim, config, verdict.held[claim.config])
            if claim.group is None:
                found = found and (claim.config in verdict.scores) == claim.holds
            if not found:
                raise wrong(config.slug, witness)


def judge(space: Space, records: Sequence[dict[str, Any]]) -> list[Judged]:
    """What the evaluator makes of some records, read as lines of a file."""
    if not records:
        return []
    plan = space.plan
    options = Options(as_of=plan.as_of, case_sensitive=space.case_sensitive)
    rows = rows_of(records, plan, options)
    words = row_words(rows, plan)
    held = [held_of(config.conditions, words).tolist() for config in plan.configs]
    verdicts = score_batch(rows, plan)
    configs, scores = verdicts.configs.tolist(), verdicts.scores.tolist()
    found = []
    for row in range(len(records)):
        of_row = slice(verdicts.offsets[row], verdicts.offsets[row + 1])
        matches = dict(zip(configs[of_row], scores[of_row], strict=True))
        found.append(Judged([config[row] for config in held], matches))
    return found


def wrong(slug: str, witness: Witness) -> IcpctlError:
    """The error for a visitor of whom the evaluator says something else than was claimed."""
    return IcpctlError(
        f"internal error: a proof about {slug} is wrong: the evaluator judges {witness.line} "
        "otherwise",
        "internal_error",
        hint="please report it with the configs; no other answer of this run is shown",
    )
