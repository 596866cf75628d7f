"""From what a watch counted to the report of each config."""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from icpctl.features.insight.counts.batch_counts import MOST_PATTERNS
from icpctl.features.insight.counts.distinct_counts import MOST_KEYS
from icpctl.features.insight.counts.minimum_scores import min_score_insight
from icpctl.features.insight.counts.relaxations import listing, moved
from icpctl.features.insight.counts.watching import field_of
from icpctl.features.insight.model import (
    AbsentValue,
    ConditionInsight,
    ConfigInsight,
    ExclusionInsight,
    GroupInsight,
    MinScoreInsight,
    Relaxation,
    TakenBy,
)
from icpctl.features.reasons.seen_values import as_number, listed_form
from icpctl.features.shared.exact_scores import score_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpctl.features.insight.counts.watched_conditions import Question, WatchedGroup
    from icpctl.features.insight.counts.watching import Watch
    from icpctl.scoring.report import ConfigReport

MOST_VALUES = 5
"""How many values are suggested to be listed in a condition."""

_COMPARED = 1000  # the commonest values that an absent one is compared with
_SIMILAR = 0.7
_MOST_PAIRS = 200_000  # that are compared in all: a second or two


class Answers:
    """The answers to the questions of a watch, by the questions' numbers."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._counts = watch.counts
        self._pairs_left = _MOST_PAIRS

    def configs(self, reports: Sequence[ConfigReport]) -> list[ConfigInsight]:
        """Return the insight into each config, in the plan's order."""
        return [
            self._config(number, report, [other.slug for other in reports])
            for number, report in enumerate(reports)
        ]

    def _config(self, number: int, report: ConfigReport, slugs: Sequence[str]) -> ConfigInsight:
        sums, plan = self._counts.sums, self._watch.plan
        excludes = plan.configs[number].excludes
        firsts = sums.firsts[number].copy()
        firsts[number] = 0
        return ConfigInsight(
            slug=report.slug,
            label=report.label,
            priority=report.priority,
            matched=report.matched,
            first=report.first,
            match_rate=report.match_rate,
            near_misses=int(sums.near_configs[number]),
            taken_by=_most_first(firsts, slugs),
            excluded=int(sums.excluded[number]) if plan.excludes and not excludes else None,
            exclusion=self._exclusion(number, slugs) if excludes else None,
            min_score=self._min_score(number),
            groups=list(map(self._group, self._watch.groups[number])),
        )

    def _exclusion(self, number: int, slugs: Sequence[str]) -> ExclusionInsight:
        sums = self._counts.sums
        return ExclusionInsight(
            excluded=int(sums.excluding[number]),
            alone=int(sums.alone[number]),
            would_match=int(sums.takes[number].sum()),
            takes=_most_first(sums.takes[number], slugs),
        )

    def _min_score(self, number: int) -> MinScoreInsight | None:
        config = self._watch.plan.configs[number]
        if not config.min_hundredths:
            return None
        return min_score_insight(config, self._counts.below_min_score.get(number, Counter()))

    def _group(self, group: WatchedGroup) -> GroupInsight:
        return GroupInsight(
            operator=group.plan.operator,
            matched=int(self._counts.sums.groups[group.number]),
            conditions=[self._condition(number, group) for number in group.questions],
        )

    def _condition(self, number: int, group: WatchedGroup) -> ConditionInsight:
        sums, visitors = self._counts.sums, self._counts.visitors
        question, config = self._watch.questions[number], self._watch.plan.configs[group.config]
        optional = question.condition.optional
        held, missing = int(sums.held[number]), int(sums.missing[number])
        failed = visitors - held - (0 if question.planned.negated else missing)
        of_matches = int(sums.held_by_matches[number])
        return ConditionInsight(
            condition=question.condition,
            held=held,
            failed=failed,
            missing=missing,
            left=None if optional else int(sums.left[number]),
            near_misses=None if optional else int(sums.near_misses[number]),
            near_misses_missing=None if optional else int(sums.near_misses_missing[number]),
            held_by_matches=of_matches if optional else None,
            changes_scores=self._changes_scores(number, group, of_matches) if optional else None,
            gains=[] if config.excludes else self._gains(number, question),
            absent_values=self._absent_values(question) if visitors else [],
            never_holds=visitors > 0 and held == 0,
            never_fails=visitors > 0 and held == visitors,
        )

    def _changes_scores(self, number: int, group: WatchedGroup, held_by_matches: int) -> bool:
        """Whether a matching visitor's score is higher because the condition holds."""
        patterns = self._counts.patterns.get(group.config)
        if patterns is None or len(patterns) >= MOST_PATTERNS or not held_by_matches:
            return held_by_matches > 0
        config = self._watch.plan.configs[group.config]
        count = len(config.conditions)
        place = number - self._watch.groups[group.config][0].questions.start
        for pattern in patterns:
            held = np.unpackbits(np.frombuffer(pattern, np.uint8), count=count).view(bool).tolist()
            if held[place]:
                without = [*held[:place], False, *held[place + 1 :]]
                if score_of(config, held) != score_of(config, without):
                    return True
        return False

    def _gains(self, number: int, question: Question) -> list[Relaxation]:
        """The changes that gain visitors, those that gain most first."""
        counts = self._counts.sums.changes[question.changes_at].tolist()
        gains = [
            Relaxation(change=change, value=value, becomes=becomes, gain=gain)
            for (change, value, becomes), gain in zip(question.changes, counts, strict=True)
            if gain
        ]
        if made_optional := int(self._counts.sums.made_optional[number]):
            optional = question.condition.changed(optional=True)
            gains.append(
                Relaxation(change="optional", value=None, becomes=optional, gain=made_optional)
            )
        for side in (self._counts.below, self._counts.above):
            if number in side:
                gains += moved(question.condition, side[number])
        gains += [
            Relaxation(
                change="add", value=value, becomes=listing(question.condition, value), gain=gain
            )
            for value, gain in self._values(number, question)
        ]
        return sorted(gains, key=lambda relaxation: -relaxation.gain)

    def _values(self, number: int, question: Question) -> Iterable[tuple[Any, int]]:
        """The commonest values of those that a condition alone keeps away."""
        if number in self._counts.parts:
            parts = [entry for entry in self._counts.parts[number].items() if entry[1]]
            yield from sorted(parts, key=lambda entry: (-entry[1], entry[0]))[:MOST_VALUES]
        if not question.counts_keys:
            return
        if number in self._counts.number_keys:
            low, high = question.entry.bounds or (-np.inf, np.inf)
            keys = self._counts.number_keys[number].commonest(0, MOST_KEYS)
            usable = [(key, count) for key, _, count in keys if low <= float(key) <= high]
            for value, count in usable[:MOST_VALUES]:
                yield as_number(float(value)), count
        if question.has_words:
            field = field_of(question)
            counter = 1 + self._watch.counted[field].index(number)
            case = self._watch.plan.case_sensitive
            for key, spelt, count in self._counts.keys[field].commonest(counter, MOST_VALUES):
                # Not what no config could name, such as a path with a space at its end.
                if listed_form(str(spelt), question.entry, case_sensitive=case) == key:
                    yield spelt, count

    def _absent_values(self, question: Question) -> list[AbsentValue]:
        """The listed values that nobody has; nothing where the list is too long to be looked at."""
        counts = self._counts.sums.listed[question.listed_at].tolist()
        listed = zip(question.values, counts, strict=False)
        return [self._absent(question, value) for value, count in listed if not count]

    def _absent(self, question: Question, value: Any) -> AbsentValue:
        """A value that nobody has, and the most similar one that somebody has and is not listed."""
        keys = self._counts.keys.get(field_of(question))
        if keys is None or not isinstance(value, str) or self._pairs_left <= 0:
            return AbsentValue(value=value, nearest=None, nearest_visitors=0)
        case = self._watch.plan.case_sensitive
        listed = {listed_form(it, question.entry, case_sensitive=case) for it in question.values}
        known: dict[str, tuple[str, int]] = {}
        for key, spelt, count in keys.commonest(0, _COMPARED):
            if key not in listed:
                known.setdefault(str(spelt).casefold(), (str(spelt), count))
        self._pairs_left -= len(known)
        close = get_close_matches(value.strip().casefold(), known, n=1, cutoff=_SIMILAR)
        nearest, count = known[close[0]] if close else (None, 0)
        return AbsentValue(value=value, nearest=nearest, nearest_visitors=count)


def _most_first(counts: np.ndarray, slugs: Sequence[str]) -> list[TakenBy]:
    """The configs that have some visitors, those with most first."""
    order = np.argsort(-counts, kind="stable").tolist()
    return [TakenBy(slug=slugs[at], visitors=int(counts[at])) for at in order if counts[at]]


def capped_fields(watch: Watch) -> list[str]:
    """Return the fields with more distinct values than are counted."""
    counts = watch.counts
    names = {name for name, keys in counts.keys.items() if keys.capped}
    for by_question in (counts.number_keys, counts.below, counts.above):
        names |= {
            watch.questions[number].condition.type
            for number, values in by_question.items()
            if values.capped
        }
    return sorted(names)
