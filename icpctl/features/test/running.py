"""Runs the tests of configs: one reading of all their visitors, one plan for all that is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace

from icpctl.config.model import named_configs
from icpctl.errors import Finding, nearest, severity_of
from icpctl.features.reasons.explanation import explain_row
from icpctl.features.shared.held_conditions import held_of, row_words
from icpctl.features.shared.record_rows import rows_of
from icpctl.features.shared.rule_tests import conditions_of
from icpctl.features.test.misspelt_keys import misspelt_fields
from icpctl.features.test.mutants import mutants_of
from icpctl.mappings.loading import load_mapping
from icpctl.scoring.plan import make_plan
from icpctl.scoring.verdicts import score_batch

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from icpctl.config.model import Condition, ConfigFile
    from icpctl.features.reasons.explanation import Explanation
    from icpctl.features.shared.rule_tests import RuleTest
    from icpctl.features.test.mutants import Mutant
    from icpctl.mappings.mapping import Mapping
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Options
    from icpctl.vocabulary import ConditionType


class Problem(Struct, frozen=True):
    """An expectation that was not met: why it never can be, or which condition it is about."""

    expectation: str
    expected: str
    actual: str
    never: str = ""
    condition: Condition | None = None


class Outcome(Struct, frozen=True):
    """How one test ended. One that failed has the explanation of its config."""

    test: RuleTest
    problems: tuple[Problem, ...]
    explanation: Explanation | None


class Uncovered(Struct, frozen=True):
    """A condition that in the tests of its config is always `always`: true, or false."""

    config: ConfigFile
    condition: Condition
    always: bool


class TestRun(Struct, frozen=True):
    """All outcomes in order, what they leave uncovered, and the mutants that no test notices.

    `warnings` are about the visitors of tests, `untested` are active configs without any test.
    `mutants` counts those that were tried.
    """

    outcomes: list[Outcome]
    warnings: list[Finding]
    untested: list[ConfigFile]
    uncovered: list[Uncovered]
    unnoticed: list[Mutant]
    mutants: int

    @property
    def failed(self) -> list[Outcome]:
        """The tests that failed."""
        return [it for it in self.outcomes if it.problems]


def run_tests(
    tests: Sequence[RuleTest],
    configs: Sequence[ConfigFile],
    options: Options,
    *,
    wanted: Collection[str] = (),
    mutate: bool = False,
) -> TestRun:
    """Run tests against the configs of their folder; a visitor's ICP is one of the active ones.

    `wanted` are the slugs that were asked for; all, where it is empty. With `mutate` each config
    is changed in many ways, and each mutant must fail a test that passes without the change.
    """
    tested = list({it.config.slug: it.config for it in tests}.values())
    mutants = [
        mutant
        for config in (tested if mutate else ())
        for mutant in mutants_of(config, case_sensitive=options.case_sensitive)
    ]
    # No slug has a space, so the names of mutants are their own.
    named = named_configs(configs)
    named += [(f"{it.config.slug} {n}", it.model) for n, it in enumerate(mutants)]
    plan = make_plan(named, as_of=options.as_of, case_sensitive=options.case_sensitive)
    rows = rows_of((it.expected.visitor for it in tests), plan, options)
    judged = _judge(tests, rows, plan)
    active = {it.slug for it in configs if it.config.is_active}
    outcomes = []
    for test, verdicts in zip(tests, judged, strict=True):
        problems = verdicts.problems(test.config.slug, active)
        explanation = verdicts.explanation() if problems else None
        outcomes.append(Outcome(test, tuple(problems), explanation))
    # A test that fails anyway notices nothing.
    passing = [one for one, it in zip(judged, outcomes, strict=True) if not it.problems]
    unnoticed = [
        mutant
        for number, mutant in enumerate(mutants)
        if not any(
            verdicts.problems(f"{mutant.config.slug} {number}", active)
            for verdicts in passing
            if verdicts.test.config is mutant.config
        )
    ]
    untested = [
        config
        for config in configs
        if config not in tested and (config.slug in wanted if wanted else config.config.is_active)
    ]
    mapping = next(iter(options.mappings), None) or load_mapping(None)
    custom = [entry for entry in plan.types.values() if entry.is_custom]
    warnings = _misspelt(tests, mapping, custom)
    uncovered = _uncovered(tested, judged)
    return TestRun(outcomes, warnings, untested, uncovered, unnoticed, len(mutants))


def _misspelt(
    tests: Sequence[RuleTest], mapping: Mapping, custom: Sequence[ConditionType]
) -> list[Finding]:
    """The fields of visitors that are not read, and most likely should be."""
    findings = []
    for test in tests:
        for keys, meant in misspelt_fields(test.expected.visitor, mapping, custom):
            message = f"{keys[-1]!r} is not a field that is read"
            place, hint = test.where_field(keys), f"did you mean {meant}?"
            findings.append(Finding("ICP308", severity_of("ICP308"), message, place, hint))
    return findings


def _judge(tests: Sequence[RuleTest], rows: pa.RecordBatch, plan: Plan) -> list[_Judged]:
    """Score all tests that count to the same moment at once."""
    moments: dict[datetime, list[int]] = {}
    for at, test in enumerate(tests):
        moments.setdefault(test.as_of or plan.as_of, []).append(at)
    judged: dict[int, _Judged] = {}
    for as_of, places in moments.items():
        batch = rows.take(pa.array(places))
        asked = replace(plan, as_of=as_of)
        verdicts = score_batch(batch, asked)
        words = row_words(batch, asked)
        for row, at in enumerate(places):
            matches = verdicts.scores_of(row)
            bits = words[:, row : row + 1]
            judged[at] = _Judged(tests[at], batch.slice(row, 1), asked, bits, matches)
    return [judged[at] for at in range(len(tests))]


class _Judged:
    """What all configs of a plan make of one test's visitor."""

    def __init__(
        self,
        test: RuleTest,
        row: pa.RecordBatch,
        plan: Plan,
        words: np.ndarray,
        matches: dict[int, float],
    ) -> None:
        self.test = test
        self._row = row
        self._plan = plan
        self._words = words
        self._configs = {config.slug: config for config in plan.configs}
        self._scores = {plan.configs[number].slug: score for number, score in matches.items()}

    def held(self, name: str) -> list[bool]:
        """Which conditions of a config hold."""
        held: list[bool] = held_of(self._configs[name].conditions, self._words)[0].tolist()
        return held

    def problems(self, name: str, active: set[str]) -> list[Problem]:
        """What is not as expected when the config `name` stands for that of the test."""
        expected, asks = self.test.expected, self.test.expected.asks
        problems = []
        matched, score = name in self._scores, self._scores.get(name, 0.0)
        if expected.match is not None and matched != expected.match:
            problems.append(Problem("match", _flag(expected.match), _flag(matched)))
        if expected.score is not None and round(expected.score, 2) != score:
            problems.append(Problem("score", f"{expected.score:.2f}", f"{score:.2f}"))
        if "icp" in asks and (icp := self._icp(name, active)) != expected.icp:
            why = self._never_icp(expected.icp, active)
            problems.append(Problem("icp", expected.icp or "none", icp or "none", why))
        if self.test.holds or self.test.fails:
            held = self.held(name)
            conditions = conditions_of(self.test.config)
            for places, wanted in ((self.test.holds, True), (self.test.fails, False)):
                word, other = ("holds", "fails") if wanted else ("fails", "holds")
                unmet = [conditions[at] for at in places if held[at] != wanted]
                problems += [
                    Problem(word, condition.type, other, condition=condition) for condition in unmet
                ]
        return problems

    def explanation(self) -> Explanation:
        """The explanation of the test's config."""
        config = self.test.config
        named = {config.slug: config.config}
        plan = make_plan(
            named.items(), as_of=self._plan.as_of, case_sensitive=self._plan.case_sensitive
        )
        return explain_row(self._row, self.test.where.line or 1, plan, named)

    def _never_icp(self, slug: str | None, active: set[str]) -> str:
        """Why no visitor can have this ICP; nothing where some can."""
        if slug is None or slug in active:
            return ""
        if slug in self._configs:
            return f"{slug} is not active"
        meant = nearest(slug, active)
        return f"no config {slug!r}" + (f", did you mean {meant}?" if meant else "")

    def _icp(self, name: str, active: set[str]) -> str | None:
        own = self.test.config.slug
        matching = [
            slug
            for slug in self._configs
            if slug in self._scores
            if (slug == name and own in active) or (slug in active and slug != own)
        ]
        if any(self._configs[slug].excludes for slug in matching):
            return None
        return next((own if slug == name else slug for slug in matching), None)


def _uncovered(tested: Sequence[ConfigFile], judged: Sequence[_Judged]) -> list[Uncovered]:
    uncovered = []
    for config in tested:
        held = np.array([it.held(config.slug) for it in judged if it.test.config is config])
        for at, condition in enumerate(conditions_of(config)):
            if not held[:, at].any():
                uncovered.append(Uncovered(config, condition, always=False))
            if held[:, at].all():
                uncovered.append(Uncovered(config, condition, always=True))
    return uncovered


def _flag(value: bool) -> str:
    return "true" if value else "false"
