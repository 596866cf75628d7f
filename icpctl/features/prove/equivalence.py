"""Whether two configs are the same for every visitor: in matches, and in scores."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from icpctl.features.prove.encoding import Encoding, all_weight, require_z3
from icpctl.features.prove.solver import Answer, Prover, decide, difference_in_matches, milliseconds
from icpctl.features.prove.space.space import Claim, Space, State
from icpctl.features.prove.space.witness import Witness, judge, plainest, replay, witness_of, wrong
from icpctl.features.shared.exact_scores import hundredths, score_of
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from icpctl.config.model import IcpConfig
    from icpctl.scoring.scores import ConfigPlan, GroupPlan

_NAMES = ("first", "second")


class Comparison(Struct, frozen=True):
    """Whether two configs match the same visitors, give them the same scores, and exclude alike.

    Each is None where it is not known; `scores` also where matches already differ. `exclusions` is
    False where one config excludes whom it matches, and the other does not. `witness` is a visitor
    on whom they differ, and `verdicts` its score by each, None where one does not match.
    """

    matches: bool | None
    scores: bool | None
    witness: Witness | None = None
    verdicts: tuple[float | None, float | None] = (None, None)
    exclusions: bool | None = True

    @property
    def is_equal(self) -> bool:
        """Whether both are proved equal in every way."""
        return bool(self.matches and self.scores and self.exclusions)


def compare(
    first: IcpConfig,
    second: IcpConfig,
    *,
    case_sensitive: bool = False,
    timeout: float = 2.0,
) -> Comparison:
    """Compare two configs over every possible visitor; `timeout` in seconds for each question."""
    named = [
        (name, config.model_copy(update={"priority": number}))
        for number, (name, config) in enumerate(zip(_NAMES, (first, second), strict=True))
    ]
    space = Space(named, case_sensitive=case_sensitive)
    prover = Prover(space, timeout)
    matches, state = difference_in_matches(prover)
    if state is not None:
        return _differing(space, state, matches=False)
    scores = _scores(space, timeout)
    if scores.state is not None:
        return _differing(space, scores.state, matches=matches)
    compared = Comparison(matches, None if scores.possible is None else True)
    if first.exclude == second.exclude:
        return compared
    return _compare_exclusions(space, prover, compared)


def _compare_exclusions(space: Space, prover: Prover, compared: Comparison) -> Comparison:
    """Compare a config that excludes with one that does not: whoever matches shows it."""
    answers = [prover.ask([Claim(number)]) for number in (0, 1)]
    shown = ((Claim(at), answer.state) for at, answer in enumerate(answers))
    for claim, state in shown:
        if state is not None:
            witness = witness_of(space, state, [claim])
            replay(space, [witness])
            (judged,) = judge(space, [witness.record])
            verdicts = judged.scores.get(0), judged.scores.get(1)
            return replace(compared, exclusions=False, witness=witness, verdicts=verdicts)
    is_open = any(answer.possible is None for answer in answers)
    return replace(compared, exclusions=None if is_open else True)


def _differing(space: Space, state: State, *, matches: bool | None) -> Comparison:
    """The comparison whose configs differ on a visitor, which the evaluator judges too."""

    def is_right(other: State) -> bool:
        if matches is False:
            return space.is_true(Claim(0), other) != space.is_true(Claim(1), other)
        first_score, second_score = (
            hundredths(score_of(config, space.held(number, other)))
            for number, config in enumerate(space.configs)
        )
        return first_score != second_score

    witness = Witness(space.record(plainest(space, state, is_right)), ())
    (judged,) = judge(space, [witness.record])
    verdicts = judged.scores.get(0), judged.scores.get(1)
    if verdicts[0] == verdicts[1] or (matches is False and None not in verdicts):
        raise wrong(" and ".join(_NAMES), witness)
    return Comparison(matches, False if matches else None, witness, verdicts)


def _scores(space: Space, timeout: float) -> Answer:
    """Whether some visitor has two scores, as they are shown: in hundredths."""
    z3 = require_z3()
    solver = z3.Solver()
    solver.set("timeout", milliseconds(timeout))
    encoding = Encoding(space, solver)
    exact = [_score(encoding, number, config) for number, config in enumerate(space.configs)]
    names = set(space.texts) | set(space.numbers)
    differ = z3.Bool("differ")
    solver.add(z3.Implies(differ, exact[0] != exact[1]))
    answer = decide(encoding, solver, [differ], names)
    if answer.possible is False:
        return answer
    rounded = [z3.ToInt(100 * score + z3.RealVal("1/2")) for score in exact]
    solver.add(z3.Implies(differ, rounded[0] != rounded[1]))
    return decide(encoding, solver, [differ], names)


def _score(encoding: Encoding, number: int, config: ConfigPlan) -> Any:
    """A config's score, 0 where it does not match."""
    z3 = encoding.z3
    best = z3.RealVal(0)
    for place, group in enumerate(config.groups):
        score = z3.If(
            encoding.claim(Claim(number, place)),
            _group_score(encoding, number, place, group),
            z3.RealVal(0),
        )
        best = z3.If(score > best, score, best)
    return z3.If(encoding.claim(Claim(number)), best, z3.RealVal(0))


def _group_score(encoding: Encoding, config: int, number: int, group: GroupPlan) -> Any:
    """A group's score where it matches."""
    z3 = encoding.z3
    scale = 100 / all_weight(group)
    optional = [
        z3.If(encoding.claim(Claim(config, number, place)), _real(z3, scale * condition.weight), 0)
        for place, condition in enumerate(group.conditions)
        if condition.optional
    ]
    required = [
        (condition.weight, encoding.claim(Claim(config, number, place)))
        for place, condition in enumerate(group.conditions)
        if not condition.optional
    ]
    if group.operator == Operator.AND:
        held = _real(z3, scale * sum((weight for weight, _ in required), Fraction(0)))
    else:  # the heaviest that holds: from the lightest on, each takes the place of the last
        held = reduce(
            lambda best, part: z3.If(part[1], _real(z3, scale * part[0]), best),
            sorted(required, key=lambda part: part[0]),
            z3.RealVal(0),
        )
    return z3.Sum([held, *optional])


def _real(z3: Any, value: Fraction) -> Any:
    return z3.RealVal(str(value))
