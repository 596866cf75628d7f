"""A space of visitors as formulas over booleans, in z3's terms.

Everything is a boolean: which representatives a field has, at or above which points its number
lies. The parts, tests, conditions, groups and configs are defined by these.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from icpctl.features.prove.space.space import Claim, Space, State
from icpctl.features.shared.exact_scores import weights_of
from icpctl.features.shared.extras import require
from icpctl.vocabulary import COMPARATORS, Operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpctl.features.prove.space.numbers import NumberSource
    from icpctl.features.prove.space.texts import TextSource
    from icpctl.scoring.scores import GroupPlan


def require_z3() -> Any:
    """z3, or the error that says how to get it: `IcpctlError` `no_prover`."""
    return require("z3", "prove", "proofs need", "no_prover")


class Encoding:
    """A space as formulas over booleans, which `add` takes."""

    def __init__(self, space: Space, solver: Any) -> None:
        self.z3: Any = require_z3()
        self.space = space
        self._solver = solver
        self._atoms: dict[str, list[Any]] = {}
        self._parts: dict[str, dict[int, Any]] = {}
        self._low: dict[str, list[Any]] = {}
        self._high: dict[str, list[Any]] = {}
        self._present: dict[str, Any] = {}
        self._single: dict[str, Any] = {}
        self._tests: dict[int, Any] = {}
        self._one_text: dict[str, Any] = {}
        self._claims: dict[Claim, Any] = {}
        self._runs = 0
        self._true: int = self.z3.BoolVal(True).get_id()
        self.real = self.z3.Bool("real")
        """Assumed, no phantom takes part."""
        for name, texts in space.texts.items():
            self._add_texts(name, texts)
        for name, numbers in space.numbers.items():
            self._add_numbers(name, numbers)

    def single(self, name: str) -> Any:
        """Assumed, a field of texts has no more than one; what one text can hit is not exact."""
        if name not in self._one_text:
            z3, parts = self.z3, self._parts[name]
            is_single = self._one_text[name] = z3.Bool(f"{name}!")
            rivals, pairs = self.space.texts[name].rivals()
            if forms := [parts[part] for part in rivals]:
                self._solver.add(z3.Implies(is_single, z3.AtMost(*forms, 1)))
            for first, other in pairs:
                apart = z3.Or(z3.Not(parts[first]), z3.Not(parts[other]))
                self._solver.add(z3.Implies(is_single, apart))
        return self._one_text[name]

    def claim(self, claim: Claim) -> Any:
        """The literal that says what a claim says."""
        if claim not in self._claims:
            self._claims[claim] = self._new_claim(claim)
        return self._claims[claim]

    def _new_claim(self, claim: Claim) -> Any:
        if claim.enough and not self.space.configs[claim.config].min_hundredths:
            return self.claim(replace(claim, enough=False))
        if not claim.holds:
            return self.z3.Not(self.claim(claim.opposite()))
        key = claim.config, claim.group, claim.condition
        name = "-".join(map(str, key)) + "+" * claim.enough
        return self._defined(name, self._enough(*key[:2]) if claim.enough else self._meant(*key))

    def all_but_one(self, claims: Sequence[Claim]) -> list[list[Any]]:
        """For each claim literals that say that it is not true and all the others are.

        Those before it are one literal, and those after it, however many there are.
        """
        literals = [self.claim(claim) for claim in claims]
        before, after = self._running(literals), self._running(literals[::-1])[::-1]
        opposites = [self.claim(claim.opposite()) for claim in claims]
        return [list(row) for row in zip(before, opposites, after, strict=True)]

    def state(self, model: Any, sources: Iterable[str]) -> State:
        """The visitor that a model describes, as far as these fields go."""
        texts, numbers = {}, {}
        for name in sources:
            if name in self._atoms:
                number_of = self.space.texts[name].numbers
                atoms = zip(number_of, self._atoms[name], strict=False)  # then come phantoms
                if chosen := [number for number, atom in atoms if self._is_true(model, atom)]:
                    texts[name] = frozenset(chosen)
            elif self._is_true(model, self._present[name]):
                low = self._reached(model, self._low[name])
                numbers[name] = (low, self._reached(model, self._high[name]))
        return State(texts, numbers)

    def _is_true(self, model: Any, literal: Any) -> bool:
        value = model[literal]
        return value is not None and value.get_id() == self._true  # z3 keeps equal terms once

    def _reached(self, model: Any, steps: list[Any]) -> int:
        """The last of the steps that is true; all before it are."""
        return bisect_left(
            range(1, len(steps)), 1, key=lambda step: not self._is_true(model, steps[step])
        )

    def _running(self, literals: Sequence[Any]) -> list[Any]:
        """For each place a literal that says that all those before it are true."""
        running = [self.z3.BoolVal(True)]
        for literal in literals:
            name = f"running{self._runs}"
            self._runs += 1
            running.append(self._defined(name, self.z3.And(running[-1], literal)))
        return running[:-1]

    def _defined(self, name: str, meaning: Any) -> Any:
        literal = self.z3.Bool(name)
        self._solver.add(literal == meaning)
        return literal

    def _meant(self, config: int, group: int | None, condition: int | None) -> Any:
        groups = self.space.configs[config].groups
        if group is None:
            enough = [Claim(config, number, enough=True) for number in range(len(groups))]
            return self.z3.Or([self.claim(claim) for claim in enough])
        conditions = groups[group].conditions
        if condition is not None:
            planned = conditions[condition]
            test = self._test(planned.bit)
            return self.z3.Not(test) if planned.negated else test
        needed = [
            self.claim(Claim(config, group, number))
            for number, planned in enumerate(conditions)
            if not planned.optional
        ]
        if not needed:
            return self.z3.BoolVal(True)
        together = self.z3.And if groups[group].operator == Operator.AND else self.z3.Or
        return together(needed)

    def _enough(self, config: int, number: int | None) -> Any:
        """A group matches, and its score rounds to the config's minimum or more."""
        plan, place = self.space.configs[config], number or 0
        group = plan.groups[place]
        least = Fraction(2 * plan.min_hundredths - 1, 20_000) * all_weight(group)
        held = [self.claim(Claim(config, place, at)) for at in range(len(group.conditions))]
        conditions = list(zip(group.conditions, held, strict=True))
        required = [(asked.weight, literal) for asked, literal in conditions if not asked.optional]
        optional = [(asked.weight, literal) for asked, literal in conditions if asked.optional]
        if group.operator == Operator.AND or not required:
            least -= sum((weight for weight, _ in required), Fraction(0))
            reached = self._adds_up(optional, least)
        else:  # the heaviest that holds counts: some that holds brings enough
            reached = self.z3.Or(
                [
                    self.z3.And(literal, self._adds_up(optional, least - weight))
                    for weight, literal in required
                ]
            )
        return self.z3.And(self.claim(Claim(config, place)), reached)

    def _adds_up(self, weighted: Sequence[tuple[Fraction, Any]], least: Fraction) -> Any:
        """The weights of the literals that are true add up to `least` or more, exactly.

        Sums are of whole numbers in as many bits as all of them take.
        """
        z3 = self.z3
        scale = math.lcm(1, *(weight.denominator for weight, _ in weighted))
        whole = [(int(weight * scale), literal) for weight, literal in weighted]
        bound, most = math.ceil(least * scale), sum(weight for weight, _ in whole)
        if bound <= 0 or bound > most:
            return z3.BoolVal(bound <= 0)
        bits = most.bit_length()
        terms = [
            z3.If(literal, z3.BitVecVal(weight, bits), z3.BitVecVal(0, bits))
            for weight, literal in whole
        ]
        return z3.UGE(reduce(lambda total, term: total + term, terms), z3.BitVecVal(bound, bits))

    def _add_texts(self, name: str, source: TextSource) -> None:
        masks = [*(source.masks[number] for number in source.numbers), *source.phantoms]
        atoms = [self.z3.Bool(f"{name}={number}") for number in range(len(masks))]
        self._atoms[name] = atoms
        for phantom in atoms[len(source.numbers) :]:
            self._solver.add(self.z3.Implies(self.real, self.z3.Not(phantom)))
        asked = 1
        for test in source.tests.values():
            asked |= test.mask
        self._parts[name] = {
            part: self._defined(
                f"{name}/{part}",
                self.z3.Or([a for a, mask in zip(atoms, masks, strict=True) if mask >> part & 1]),
            )
            for part in _bits(asked)
        }

    def _add_numbers(self, name: str, source: NumberSource) -> None:
        z3, count = self.z3, len(source.points)
        self._present[name] = z3.Bool(f"{name}?")
        low = [z3.BoolVal(True), *(z3.Bool(f"{name}>={point}") for point in range(1, count))]
        high = low
        self._single[name] = z3.BoolVal(True)
        if source.ranges:
            high = [z3.BoolVal(True), *(z3.Bool(f"{name}->={point}") for point in range(1, count))]
            single = z3.And([a == b for a, b in zip(low[1:], high[1:], strict=True)])
            self._single[name] = self._defined(f"{name}1", single)
            for point in range(1, count):
                self._solver.add(z3.Implies(low[point], high[point]))
            for point in range(count):
                if not source.is_whole(point):
                    self._solver.add(z3.Or(self._single[name], z3.Not(_at(z3, low, point))))
                    self._solver.add(z3.Or(self._single[name], z3.Not(_at(z3, high, point))))
        for point in range(count):  # a range may end at infinity, but nothing begins there
            if not source.can_be(point):
                self._solver.add(z3.Not(_at(z3, low, point)))
        for steps in (low, high):
            for point in range(2, count):
                self._solver.add(z3.Implies(steps[point], steps[point - 1]))
        self._low[name], self._high[name] = low, high

    def _test(self, bit: int) -> Any:
        if bit not in self._tests:
            name, _ = self.space.tests[bit]
            is_number = name in self.space.numbers
            meaning = self._number_test(name, bit) if is_number else self._text_test(name, bit)
            self._tests[bit] = self._defined(f"t{bit}", meaning)
        return self._tests[bit]

    def _text_test(self, name: str, bit: int) -> Any:
        field = self.space.source_name(name)
        test, parts = self.space.texts[field].tests[bit], self._parts[field]
        together = self.z3.And if test.every else self.z3.Or
        by_text = together([parts[part] for part in _bits(test.mask)])
        sizes = self.space.numbers.get("company_size")
        if sizes is None or bit not in sizes.limits:
            return by_text
        within = [self._between("company_size", *pair) for pair in sizes.limits[bit]]
        instead = [self._present["company_size"], self._single["company_size"], self.z3.Or(within)]
        return self.z3.Or(by_text, self.z3.And(self.z3.Not(parts[0]), *instead))

    def _number_test(self, name: str, bit: int) -> Any:
        test, z3 = self.space.numbers[name].tests[bit], self.z3
        value = tuple(map(float, test.values))
        bound = COMPARATORS[test.comparator].bound
        if test.asks_presence:
            holds = z3.BoolVal(True)
        elif bound is None:
            runs = [
                z3.And(self._between(name, *run), self._whole(name, run)) for run in _runs(value)
            ]
            holds = z3.Or(runs)
        else:
            sides = []
            if bound.below:
                sides.append(self._from(name, value[0], above=not bound.is_included))
            if bound.above:
                sides.append(self._to(name, value[-1], including=bound.is_included))
            holds = z3.And(sides)
        return z3.And(self._present[name], holds)

    def _whole(self, name: str, run: tuple[float, float]) -> Any:
        """Nothing in a run but what is listed: one number, or a range of whole numbers."""
        source, z3 = self.space.numbers[name], self.z3
        inside = range(source.first(run[0]), source.first(run[1]) + 1)
        others = [point for point in inside if source.points[point] not in _listed(run)]
        return z3.And([z3.Not(_at(z3, self._low[name], point)) for point in others])

    def _from(self, name: str, value: float, *, above: bool = False) -> Any:
        steps, first = self._low[name], self.space.numbers[name].first(value, above=above)
        return steps[first] if first < len(steps) else self.z3.BoolVal(False)

    def _to(self, name: str, value: float, *, including: bool = True) -> Any:
        steps, first = self._high[name], self.space.numbers[name].first(value, above=including)
        return self.z3.Not(steps[first]) if first < len(steps) else self.z3.BoolVal(True)

    def _between(self, name: str, least: float, most: float) -> Any:
        return self.z3.And(self._from(name, least), self._to(name, most))


def all_weight(group: GroupPlan) -> Fraction:
    """The weight that a group's score is a share of."""
    weights = weights_of(group, [True] * len(group.conditions))
    return weights.all_required + weights.all_optional


def _at(z3: Any, steps: list[Any], point: int) -> Any:
    """The number is this point."""
    if point + 1 == len(steps):
        return steps[point]
    return z3.And(steps[point], z3.Not(steps[point + 1]))


def _bits(mask: int) -> list[int]:
    return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]


def _runs(listed: Sequence[float]) -> list[tuple[float, float]]:
    """Listed numbers: whole ones as runs without a gap, each other one alone."""
    whole = sorted({value for value in listed if value == math.floor(value)})
    runs = [(value, value) for value in set(listed) - set(whole)]
    for value in whole:
        if runs and value == runs[-1][1] + 1 and runs[-1][0] in whole:
            runs[-1] = runs[-1][0], value
        else:
            runs.append((value, value))
    return runs


def _listed(run: tuple[float, float]) -> set[float]:
    return {run[0] + step for step in range(int(run[1] - run[0]) + 1)}
