"""How rule tests ended: for people, and as JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from icpctl.features.reasons.explanation_tree import print_trees
from icpctl.features.shared.condition_phrases import phrase, value_text
from icpctl.features.shared.rule_tests import conditions_of
from icpctl.features.test.ci_reports import github_lines, junit
from icpctl.output.console import is_coloured, note, shown, styled, table
from icpctl.output.findings import finding_body
from icpctl.output.findings.text import print_findings
from icpctl.output.wording import counted

if TYPE_CHECKING:
    from icpctl.config.model import Condition
    from icpctl.features.test.mutants import Mutant
    from icpctl.features.test.running import Outcome, Problem, TestRun
    from icpctl.output.console import TestFormat


def print_tests(run: TestRun, output: TestFormat, *, coverage: bool, mutate: bool) -> None:
    """Print the tests that failed with their explanations, and what else was asked for.

    What is said of the tests themselves goes to stderr, where the output has no place for it.
    """
    if output == "json":
        print(json.dumps(_body(run, coverage, mutate), indent=2, ensure_ascii=False))
        return
    if output != "github":
        print_findings(run.warnings, sys.stderr)
    if output in ("junit", "github"):
        render = junit if output == "junit" else github_lines
        sys.stdout.write(render(run, _difference))
        sys.stdout.flush()
        if coverage or mutate:
            note("--coverage and --mutate need -o table or -o json")
        note(_summary(run))
        return
    for outcome in run.failed:
        _print_failed(outcome)
    if coverage:
        _print_uncovered(run)
    if mutate:
        _print_unnoticed(run)
    print(_summary(run))


def _summary(run: TestRun) -> str:
    configs = {it.test.config.slug for it in run.outcomes}
    passed = len(run.outcomes) - len(run.failed)
    tests = f"{counted(len(run.outcomes), 'test')} of {counted(len(configs), 'config')}"
    return f"{tests}: {passed:,} passed, {len(run.failed):,} failed"


def _print_failed(outcome: Outcome) -> None:
    colour = is_coloured(sys.stdout)
    test = outcome.test
    place = styled(shown(str(test.where)), "place", colour=colour)
    print(f"{place}: {styled('failed:', 'error', colour=colour)} {shown(test.name)}")
    for problem in outcome.problems:
        print(f"  {shown(_difference(problem))}")
    sys.stdout.flush()
    if outcome.explanation:
        print_trees(outcome.explanation)
    print()


def _difference(problem: Problem) -> str:
    if problem.condition:
        return f'"{phrase(problem.condition)}" {_MUST[problem.expectation]}'
    text = f"{problem.expectation}: expected {problem.expected}, but it is {problem.actual}"
    return f"{text} ({problem.never})" if problem.never else text


_MUST = {"holds": "must be met, but is not", "fails": "must not be met, but is"}


def _print_uncovered(run: TestRun) -> None:
    tested = {it.test.config.slug: it.test.config for it in run.outcomes}.values()
    untested = sum(len(conditions_of(it)) for it in run.untested)
    conditions = sum(len(conditions_of(it)) for it in tested) + untested
    both = conditions - len(run.uncovered) - untested
    print(f"{both:,} of {counted(conditions, 'condition')} are both met and not met in some test")
    rows = [[it.config.slug, phrase(it.condition), _flag(it.always)] for it in run.uncovered]
    rows += [
        [config.slug, f"(no test of its {counted(len(conditions_of(config)), 'condition')})", ""]
        for config in run.untested
    ]
    if rows:
        table(["CONFIG", "CONDITION", "IN EVERY TEST"], rows, folds="CONDITION")
    print()


def _print_unnoticed(run: TestRun) -> None:
    noticed = run.mutants - len(run.unnoticed)
    print(f"{noticed:,} of {counted(run.mutants, 'mutant')} are noticed by a test")
    if run.unnoticed:
        table(
            ["CONFIG", "GROUP", "NOT NOTICED WHEN", "BECOMES"],
            [
                [mutant.config.slug, str(mutant.group), _side(mutant.before), _changed(mutant)]
                for mutant in run.unnoticed
            ],
            folds="NOT NOTICED WHEN",
        )
    print()


def _side(side: Condition | str) -> str:
    return side if isinstance(side, str) else phrase(side)


def _changed(mutant: Mutant) -> str:
    """What is new of a mutant: its operator, comparator, or value; or what its list lacks."""
    before, after = mutant.before, mutant.after
    if isinstance(before, str) or isinstance(after, str):
        return _side(after)
    if isinstance(before.value, tuple) and isinstance(after.value, tuple):
        lost = [it for it in before.value if it not in after.value]
        if lost and before.comparison.takes_list:
            return f"without {value_text(lost[0])}"
    return phrase(after).removeprefix(f"{after.condition_type.name_in_words} ")


def _flag(value: bool) -> str:
    return "met" if value else "not met"


def _body(run: TestRun, coverage: bool, mutate: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "tests": len(run.outcomes),
        "passed": len(run.outcomes) - len(run.failed),
        "failed": len(run.failed),
        "results": [_outcome_body(it) for it in run.outcomes],
        "warnings": [finding_body(it) for it in run.warnings],
    }
    if coverage:
        body["untested"] = [it.slug for it in run.untested]
        body["uncovered"] = [
            {
                "config": condition.config.slug,
                **condition.condition.model_dump(mode="json"),
                "always": condition.always,
            }
            for condition in run.uncovered
        ]
    if mutate:
        body["mutants"] = run.mutants
        body["unnoticed"] = [
            {
                "config": mutant.config.slug,
                "group": mutant.group,
                "before": _side_body(mutant.before),
                "after": _side_body(mutant.after),
            }
            for mutant in run.unnoticed
        ]
    return body


def _outcome_body(outcome: Outcome) -> dict[str, Any]:
    test = outcome.test
    return {
        "config": test.config.slug,
        "name": test.expected.name,
        "file": test.where.file,
        "line": test.where.line,
        "passed": not outcome.problems,
        "problems": [
            {
                "expectation": problem.expectation,
                "expected": problem.expected,
                "actual": problem.actual,
            }
            for problem in outcome.problems
        ],
        "explanation": outcome.explanation and outcome.explanation.body(),
    }


def _side_body(side: Condition | str) -> Any:
    return side if isinstance(side, str) else side.model_dump(mode="json")
