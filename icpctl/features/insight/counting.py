"""Where configs lose visitors, and what it would gain to ask for less: one scan of an export."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from icpctl.features.insight.batch_counts import MOST_PATTERNS
from icpctl.features.insight.distinct_counts import MOST_KEYS
from icpctl.features.insight.listed_values import spells
from icpctl.features.insight.model import (
    AbsentValue,
    ConditionInsight,
    ConfigInsight,
    GroupInsight,
    InsightReport,
    Relaxation,
    TakenBy,
)
from icpctl.features.insight.relaxations import listing, moved
from icpctl.features.insight.watched_conditions import Question
from icpctl.features.insight.watching import Watch, field_of
from icpctl.scoring.plan import make_plan
from icpctl.scoring.run import score
from icpctl.scoring.seen_values import as_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from icpctl.config.model import IcpConfig
    from icpctl.exports.sources import Source
    from icpctl.features.insight.batch_counts import WatchCounts
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.report import ConfigReport
    from icpctl.scoring.run import Options, Rows, Run

MOST_VALUES = 5
"""How many values are suggested to be listed in a condition."""

_COMPARED = 1000  # the commonest values that an absent one is compared with
_SIMILAR = 0.7
_MOST_PAIRS = 200_000  # that are compared in all: a second or two


@dataclass(slots=True)
class Insight:
    """A report, and the run behind it."""

    report: InsightReport
    run: Run


@dataclass(frozen=True, slots=True)
class InsightCounts:
    """Counts what keeps visitors away, in a run with this `plan` that `watch` looks at."""

    plan: Plan
    watch: Watch

    @classmethod
    def of(
        cls,
        configs: Sequence[tuple[str, IcpConfig]],
        options: Options,
        *,
        changes: bool = True,
        parts: Mapping[int, Sequence[str]] | None = None,
    ) -> InsightCounts:
        """What is to be counted for `(slug, config)` pairs.

        Without `changes` nothing of what conditions may become, nor which values are absent.
        `parts` is as in `Watch`.
        """
        plan, questions = asked(configs, options, changes=changes)
        return cls(plan, Watch(questions, plan, parts))

    def follow(self, later: WatchCounts) -> None:
        """Count what was counted of other visitors for the same configs."""
        self.watch.counts.follow(later)

    def take_parts(self, of_parts: InsightCounts) -> None:
        """Have the parts of pages that were counted of the same visitors."""
        self.watch.counts.parts = of_parts.watch.counts.parts

    def report(self, run: Run) -> InsightReport:
        """What was counted in a run."""
        report = run.report
        return InsightReport(
            as_of=report.as_of,
            visitors=report.visitors,
            rejected=report.rejected + report.damaged,
            field_warnings=report.field_warnings,
            matched=report.matched,
            match_rate=report.match_rate,
            configs=_Answers(self.watch).configs(report.configs),
            overlap=self.watch.counts.sums.overlap.tolist(),
            capped=_capped(self.watch),
            elapsed_seconds=report.elapsed_seconds,
        )


def insight(
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    *,
    counts: InsightCounts | None = None,
    on_sources: Callable[[Sequence[Source]], None] = lambda _: None,
    on_rows: Callable[[Rows], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Insight:
    """Score visitors against `(slug, config)` pairs, and count what keeps them away.

    `counts` are the configs' own, where they are made already. The callbacks are those of `score`.
    Raises what reading raises.
    """
    counts = counts or InsightCounts.of(configs, options)
    run = score(
        visitors,
        configs,
        options,
        plan=counts.plan,
        watch=counts.watch,
        on_sources=on_sources,
        on_rows=on_rows,
        on_progress=on_progress,
    )
    return Insight(counts.report(run), run)


def asked(
    configs: Sequence[tuple[str, IcpConfig]], options: Options, *, changes: bool
) -> tuple[Plan, list[Question]]:
    """The plan with all that is asked, and the questions in the plan's order."""
    how: dict[str, Any] = {"as_of": options.as_of, "case_sensitive": options.case_sensitive}
    models = dict(configs)
    questions = [
        Question(condition, is_alone=not changes)
        for config in make_plan(configs, **how).configs
        for group in models[config.slug].rules.groups
        for condition in group.conditions
    ]
    others = [
        condition
        for it in questions
        for condition in chain(it.listed, (becomes for _, _, becomes in it.changes))
    ]
    plan = make_plan(configs, **how, others=others)
    planned, others_planned = chain(*(it.conditions for it in plan.configs)), iter(plan.others)
    for it in questions:
        it.planned = next(planned)
        it.planned_listed = tuple(next(others_planned) for _ in it.listed)
        it.planned_changes = tuple(next(others_planned) for _ in it.changes)
    return plan, questions


class _Answers:
    """The report of each config, from what a watch counted."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._counts = watch.counts
        self._listed = iter(watch.counts.sums.listed.tolist())
        self._changes = iter(watch.counts.sums.changes.tolist())
        self._questions = iter(enumerate(watch.questions))
        self._groups = iter(watch.counts.sums.groups.tolist())
        self._pairs_left = _MOST_PAIRS

    def configs(self, reports: Sequence[ConfigReport]) -> list[ConfigInsight]:
        sums = self._counts.sums
        return [
            ConfigInsight(
                slug=report.slug,
                label=report.label,
                priority=report.priority,
                matched=report.matched,
                first=report.first,
                match_rate=report.match_rate,
                near_misses=int(sums.near_configs[number]),
                taken_by=[
                    TakenBy(slug=reports[int(other)].slug, visitors=int(sums.firsts[number, other]))
                    for other in np.argsort(-sums.firsts[number], kind="stable")
                    if other != number and sums.firsts[number, other]
                ],
                groups=self._of_groups(number),
            )
            for number, report in enumerate(reports)
        ]

    def _of_groups(self, number: int) -> list[GroupInsight]:
        config = self._watch.plan.configs[number]
        found, first = [], 0
        for group in config.groups:
            stop = first + len(group.conditions)
            matched = next(self._groups)
            conditions = [
                self._condition(*next(self._questions), _Place(number, at))
                for at in range(first, stop)
            ]
            found.append(
                GroupInsight(operator=group.operator, matched=matched, conditions=conditions)
            )
            first = stop
        return found

    def _condition(self, number: int, question: Question, place: _Place) -> ConditionInsight:
        sums, visitors = self._counts.sums, self._counts.visitors
        optional = question.condition.optional
        held, missing = int(sums.held[number]), int(sums.missing[number])
        failed = visitors - held - (0 if question.planned.negated else missing)
        of_matches = int(sums.held_by_matches[number])
        counted = zip(question.values, [next(self._listed) for _ in question.listed], strict=False)
        return ConditionInsight(
            condition=question.condition,
            held=held,
            failed=failed,
            missing=missing,
            left=None if optional else int(sums.left[number]),
            near_misses=None if optional else int(sums.near_misses[number]),
            near_misses_missing=None if optional else int(sums.near_misses_missing[number]),
            held_by_matches=of_matches if optional else None,
            changes_scores=self._changes_scores(place, of_matches) if optional else None,
            gains=self._gains(number, question),
            absent_values=[
                self._absent(question, value) for value, often in counted if visitors and not often
            ],
            never_holds=visitors > 0 and held == 0,
            never_fails=visitors > 0 and held == visitors,
        )

    def _changes_scores(self, place: _Place, held_by_matches: int) -> bool:
        """Whether a matching visitor's score is higher because the condition holds."""
        patterns = self._counts.patterns.get(place.config)
        if patterns is None or len(patterns) >= MOST_PATTERNS or not held_by_matches:
            return held_by_matches > 0
        config = self._watch.plan.configs[place.config]
        count = len(config.conditions)
        for pattern in patterns:
            held = np.unpackbits(np.frombuffer(pattern, np.uint8), count=count).view(bool).tolist()
            if held[place.at]:
                without = [*held[: place.at], False, *held[place.at + 1 :]]
                if config.score(held) != config.score(without):
                    return True
        return False

    def _gains(self, number: int, question: Question) -> list[Relaxation]:
        """The changes that gain visitors, those that gain most first."""
        found = [
            Relaxation(change=change, value=value, becomes=becomes, gain=gain)
            for change, value, becomes in question.changes
            if (gain := next(self._changes))
        ]
        for side in (self._counts.below, self._counts.above):
            if number in side:
                found += moved(question.condition, side[number])
        found += [
            Relaxation(
                change="add", value=value, becomes=listing(question.condition, value), gain=gain
            )
            for value, gain in self._values(number, question)
        ]
        return sorted(found, key=lambda it: -it.gain)

    def _values(self, number: int, question: Question) -> Iterable[tuple[Any, int]]:
        """The commonest values of those that a condition alone keeps away."""
        if number in self._counts.parts:
            parts = self._counts.parts[number].items()
            known = [(part, count) for part, count in parts if count]
            yield from sorted(known, key=lambda it: (-it[1], it[0]))[:MOST_VALUES]
        if not question.counts_keys:
            return
        if number in self._counts.number_keys:
            low, high = question.entry.bounds or (-np.inf, np.inf)
            keys = self._counts.number_keys[number].commonest(0, MOST_KEYS)
            usable = [(it, count) for it, _, count in keys if low <= float(it) <= high]
            for value, count in usable[:MOST_VALUES]:
                yield as_number(float(value)), count
        if question.has_words:
            field = field_of(question)
            counter = 1 + self._watch.counted[field].index(number)
            case = self._watch.plan.case_sensitive
            for key, spelt, count in self._counts.keys[field].commonest(counter, MOST_VALUES):
                # Not what no config could name, such as a path with a space at its end.
                if spells(str(spelt), question.entry, case_sensitive=case) == key:
                    yield spelt, count

    def _absent(self, question: Question, value: Any) -> AbsentValue:
        """A value that nobody has, and the most similar one that somebody has and is not listed."""
        keys = self._counts.keys.get(field_of(question))
        if keys is None or not isinstance(value, str) or self._pairs_left <= 0:
            return AbsentValue(value=value, nearest=None, nearest_visitors=0)
        case = self._watch.plan.case_sensitive
        listed = {spells(it, question.entry, case_sensitive=case) for it in question.values}
        known: dict[str, tuple[str, int]] = {}
        for key, spelt, count in keys.commonest(0, _COMPARED):
            if key not in listed:
                known.setdefault(str(spelt).casefold(), (str(spelt), count))
        self._pairs_left -= len(known)
        close = get_close_matches(value.strip().casefold(), known, n=1, cutoff=_SIMILAR)
        nearest, count = known[close[0]] if close else (None, 0)
        return AbsentValue(value=value, nearest=nearest, nearest_visitors=count)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a condition stands: the number of its config, and which one of it."""

    config: int
    at: int


def _capped(watch: Watch) -> list[str]:
    """The fields with more distinct values than are counted."""
    counts = watch.counts
    names = {name for name, keys in counts.keys.items() if keys.capped}
    for by_question in (counts.number_keys, counts.below, counts.above):
        names |= {watch.questions[at].condition.type for at, it in by_question.items() if it.capped}
    return sorted(names)
