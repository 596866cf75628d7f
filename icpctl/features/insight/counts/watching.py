"""What `insight` counts of each batch: the bits of the verdicts, and the values they came from."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from icpctl.features.insight.counts.batch_counts import MOST_PATTERNS, Sight, Sums, WatchCounts
from icpctl.features.insight.counts.distinct_counts import MOST_KEYS, KeyCounts
from icpctl.features.insight.counts.listed_values import (
    PageTexts,
    number_keys,
    numbers_of,
    parts_of,
    text_pairs,
)
from icpctl.features.insight.counts.minimum_scores import Reach, score_counts
from icpctl.features.insight.counts.watched_conditions import watched_groups
from icpctl.features.shared.held_conditions import held_of
from icpctl.mappings.mapping import PAGES
from icpctl.scoring.verdicts import config_matches, group_matches
from icpctl.vocabulary import Kind, Operator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from icpctl.features.insight.counts.watched_conditions import Question, WatchedGroup
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.verdicts import Judged, Verdicts
    from icpctl.values.typed_columns import Column

_ANY = -np.inf, np.inf


class Watch:
    """Counts batches: called with each on any thread, it returns what adds it to the `counts`.

    `parts` are the parts of pages to look for, by the numbers of questions. Without it the first
    batch tells them in which the question alone keeps somebody away.
    """

    def __init__(
        self,
        questions: Sequence[Question],
        plan: Plan,
        parts: Mapping[int, Sequence[str]] | None = None,
    ) -> None:
        self.questions = questions
        self.plan = plan
        self.groups = watched_groups(plan)
        self.reaches = {
            number: Reach(config)
            for number, config in enumerate(plan.configs)
            if config.min_hundredths
        }
        """What would bring visitors to the `minScore` of a config, by its number."""
        self.counted: dict[str, list[int]] = {}
        for number, question in enumerate(questions):
            if question.has_words:
                numbers = self.counted.setdefault(field_of(question), [])
                numbers += [number] if question.counts_keys or question.counts_parts else []
        self._of_parts = [n for n in self.counted.get(PAGES, ()) if questions[n].counts_parts]
        self.looks_for_parts = self._of_parts if parts is None else list(parts)
        """The numbers of the questions for which parts of pages are looked for."""
        self.counts = WatchCounts(
            Sums.zeros(questions, plan),
            keys={
                name: KeyCounts(pa.string(), 1 + len(numbers))
                for name, numbers in self.counted.items()
            },
            patterns={
                number: set()
                for number, config in enumerate(plan.configs)
                if len(config.groups) > 1 or config.min_hundredths
                if any(condition.optional for condition in config.conditions)
                if not any(it.is_alone for it in questions)
            },
            parts={number: dict.fromkeys(its, 0) for number, its in (parts or {}).items()},
        )

    def __call__(self, judged: Judged) -> Callable[[], None]:
        """Look at a batch."""
        sight = _BatchView(self, judged).sight
        return lambda: self._add(sight)

    def proposed_parts(self) -> dict[int, list[str]]:
        """The parts of pages that are worth a look, by the question that kept their visitors away.

        The visitors that are counted so far propose them.
        """
        proposed = {number: self._proposed_parts(number) for number in self._of_parts}
        return {number: parts for number, parts in proposed.items() if parts}

    def _add(self, sight: Sight) -> None:
        self.counts.add(sight)
        if sight.pages:
            for number, kept_away in sight.kept_away.items():
                self._add_parts(number, kept_away, sight.pages)

    def _proposed_parts(self, number: int) -> list[str]:
        counter = 1 + self.counted[PAGES].index(number)
        paths = self.counts.keys[PAGES].commonest(counter, MOST_KEYS)
        return parts_of((str(spelt), count) for _, spelt, count in paths)

    def _add_parts(self, number: int, kept_away: np.ndarray, pages: PageTexts) -> None:
        if number not in self.counts.parts:
            self.counts.parts[number] = dict.fromkeys(self._proposed_parts(number), 0)
        counts = self.counts.parts[number]
        for part in counts:
            counts[part] += int(np.count_nonzero(pages.rows_with(part) & kept_away))


def field_of(question: Question) -> str:
    """The field whose values a question lists: its type's, or the pages."""
    entry = question.condition.condition_type
    return PAGES if entry.kind is Kind.PAGES else entry.name


class _BatchView:
    """What is counted of one batch. Flags of rows are packed, eight a byte."""

    def __init__(self, watch: Watch, judged: Judged) -> None:
        self._watch = watch
        self._held = judged.held
        self._count = judged.columns.count
        self._every = np.packbits(np.ones(self._count, bool))
        self._columns = judged.columns
        self._lacking: dict[tuple[str, bool], np.ndarray] = {}
        self._near: dict[int, np.ndarray] = {}  # rows that fail nothing else of a group
        self._kept_away: dict[int, np.ndarray] = {}  # rows that would match if they held it
        self.sight = Sight(self._count, Sums.zeros(watch.questions, watch.plan))
        matches = self._configs()
        self._questions()
        self._values()
        self._pages()
        self._pairs(matches, judged.verdicts)
        self._exclusions(judged.verdicts)

    def _flags(self, packed: np.ndarray) -> np.ndarray:
        return np.unpackbits(packed, count=self._count).view(bool)

    def _configs(self) -> np.ndarray:
        """Groups and configs; the rows that match each config [configs, bytes]."""
        sums = self.sight.sums
        matches = np.zeros((len(self._watch.groups), len(self._every)), np.uint8)
        for number, groups in enumerate(self._watch.groups):
            matched = [group_matches(group.plan, self._held) & self._every for group in groups]
            for rows in matched:
                matches[number] |= rows
            missed = self._every & ~matches[number]
            near = np.zeros_like(missed)
            for group, rows in zip(groups, matched, strict=True):
                sums.groups[group.number] = popcount(rows)
                near |= self._group(group, rows, missed)
            sums.near_configs[number] = popcount(near)
            if number in self._watch.reaches:
                matches[number] = self._scores(number, matches[number])
            if number in self._watch.counts.patterns:
                self.sight.patterns[number] = self._patterns(number, matches[number])
        return matches

    def _group(self, group: WatchedGroup, matched: np.ndarray, missed: np.ndarray) -> np.ndarray:
        """Count a group's conditions; its near misses among the `missed` rows."""
        sums = self.sight.sums
        near = np.zeros_like(missed)
        required = []
        for number, condition in zip(group.questions, group.plan.conditions, strict=True):
            if condition.optional:
                sums.held_by_matches[number] = popcount(self._held.of(condition) & matched)
            else:
                required.append((number, self._held.of(condition) & self._every))
        held = [rows for _, rows in required]
        is_and = group.plan.operator == Operator.AND
        together = np.bitwise_and if is_and else np.bitwise_or
        others = _all_others(held, missed) if is_and else [missed] * len(held)
        for (number, rows), left, of_others in zip(
            required, accumulate(held, together), others, strict=True
        ):
            kept_away = of_others & ~rows
            sums.left[number] = popcount(left)
            self._kept_away[number] = kept_away
            if is_and or len(required) == 1:
                self._near[number] = kept_away
                sums.near_misses[number] = popcount(kept_away)
                near |= kept_away
        return near

    def _scores(self, number: int, any_group: np.ndarray) -> np.ndarray:
        """Count whom a `minScore` keeps away; the rows that match its config, packed.

        A condition of the config keeps away the rows that would match if they held it.
        """
        config, count = self._watch.plan.configs[number], self._count
        reached = np.zeros(count, bool)
        reached[config_matches(self._watch.plan, number, self._held).rows] = True
        below = np.flatnonzero(self._flags(any_group) & ~reached)
        scores = self._watch.plan.score_tables[number].of(self._held.words, below)
        self.sight.below_min_score[number] = score_counts(scores)
        missed = np.flatnonzero(~reached)
        held = held_of(config.conditions, self._held.words[:, missed])
        if_held, if_optional = self._watch.reaches[number].of(held)
        first = self._watch.groups[number][0].questions.start
        for at in range(held.shape[1]):
            kept_away = np.zeros(count, bool)
            kept_away[missed[if_held[:, at]]] = True
            self._kept_away[first + at] = np.packbits(kept_away)
        stop = first + held.shape[1]
        self.sight.sums.made_optional[first:stop] = np.count_nonzero(if_optional, axis=0)
        return np.packbits(reached)

    def _patterns(self, number: int, matched: np.ndarray) -> set[bytes]:
        """The patterns of conditions that visitors hold who match a config."""
        conditions = self._watch.plan.configs[number].conditions
        rows = self._flags(matched)
        flags = [self._flags(self._held.of(condition))[rows] for condition in conditions]
        held = np.stack(flags, axis=1)
        patterns = np.unique(np.packbits(held, axis=1), axis=0)[:MOST_PATTERNS]
        return {pattern.tobytes() for pattern in patterns}

    def _questions(self) -> None:
        sums = self.sight.sums
        for number, question in enumerate(self._watch.questions):
            sums.held[number] = popcount(self._held.of(question.planned) & self._every)
            lacking = self._lacking_rows(question)
            sums.missing[number] = popcount(lacking)
            if sums.near_misses[number]:
                both = lacking & self._near[number]
                sums.near_misses_missing[number] = popcount(both)
            sums.listed[question.listed_at] = [
                popcount(self._held.of(condition) & self._every)
                for condition in question.planned_listed
            ]
            sums.changes[question.changes_at] = [
                popcount(self._held.of(condition) & self._kept_away[number])
                for condition in question.planned_changes
            ]

    def _lacking_rows(self, question: Question) -> np.ndarray:
        """The rows without anything that the condition looks at."""
        key = field_of(question), question.looks_at_sizes
        if key not in self._lacking:
            fields = self._watch.plan.fields
            field = next(field for field in fields if field.type.name == question.entry.name)
            present = self._columns.present(field)
            if question.looks_at_sizes:
                sizes = self._columns.of("company_size", Kind.NUMBER)
                single = sizes.values[:, 0] == sizes.values[:, 1]
                present |= np.append(single, False)[sizes.rows]
            self._lacking[key] = np.packbits(~present)
        return self._lacking[key]

    def _column(self, question: Question) -> Column:
        return self._columns.of(field_of(question), question.entry.kind)

    def _values(self) -> None:
        """The values of the rows that a question alone keeps away."""
        questions, sight = self._watch.questions, self.sight
        for name, numbers in self._watch.counted.items():
            entry = next(it.entry for it in questions if it.has_words and field_of(it) == name)
            pairs = text_pairs(
                self._columns.of(name, entry.kind),
                entry,
                case_sensitive=self._watch.plan.case_sensitive,
            )
            sight.keys[name] = pairs.counted([self._flags(self._kept_away[n]) for n in numbers])
        for number, question in enumerate(questions):
            if question.entry.kind is not Kind.NUMBER or not question.may_change:
                continue
            flags = self._flags(self._kept_away[number])
            if not flags.any():
                continue
            column = self._column(question)
            if question.counts_keys:
                listed = [float(it) for it in question.values]
                sight.number_keys[number] = number_keys(column, flags, listed)
            if question.below or question.above:
                self._sides(number, question, column, numbers_of(column, flags))

    def _pages(self) -> None:
        """What parts of pages are looked for in."""
        for number in self._watch.looks_for_parts:
            if self._kept_away[number].any():
                self.sight.kept_away[number] = self._flags(self._kept_away[number])
        if self.sight.kept_away:
            self.sight.pages = PageTexts(
                self._columns.of(PAGES, Kind.PAGES),
                self._count,
                case_sensitive=self._watch.plan.case_sensitive,
            )

    def _sides(self, number: int, question: Question, column: Column, often: np.ndarray) -> None:
        """The numbers that fail on one side alone, as that side is compared."""
        low, high = column.values[:, 0], column.values[:, 1]
        values = [float(it) for it in question.values]
        lowest, highest = (values[0], values[-1]) if question.above and question.below else _ANY
        if question.below:
            some = (often > 0) & (high <= highest)
            self.sight.below[number] = _counted(low[some], often[some])
        if question.above:
            some = (often > 0) & np.isfinite(high) & (low >= lowest)
            self.sight.above[number] = _counted(high[some], often[some])

    def _pairs(self, matches: np.ndarray, verdicts: Verdicts) -> None:
        """Pairs of configs: who matches both, and whose ICP is one of those who match another."""
        sums, count = self.sight.sums, len(matches)
        wide = np.zeros((count, (matches.shape[1] // 8 + 1) * 8), np.uint8)
        wide[:, : matches.shape[1]] = matches
        words = wide.view(np.uint64)
        for number in range(count):
            both = np.bitwise_count(words[number:] & words[number]).sum(axis=1, dtype=np.int64)
            sums.overlap[number, number:] = both
            sums.overlap[number:, number] = both
        icp = np.repeat(verdicts.icp, np.diff(verdicts.offsets)).astype(np.int64)
        has_icp = icp >= 0  # who is excluded has matches, and none
        sums.firsts[:] = _pair_counts(verdicts.configs[has_icp], icp[has_icp], count)

    def _exclusions(self, verdicts: Verdicts) -> None:
        """Who is excluded: of which configs, by which, and whose ICP these would be."""
        if verdicts.excluded_by is None:
            return
        sums, count = self.sight.sums, len(self._watch.groups)
        is_excluded = np.repeat(verdicts.is_excluded, np.diff(verdicts.offsets))
        sums.excluded[:] = np.bincount(verdicts.configs[is_excluded], minlength=count)
        by = verdicts.excluded_by
        sums.excluding[:] = np.bincount(by[by >= 0], minlength=count)
        times = np.bincount(
            np.concatenate([matches.rows for matches in verdicts.exclusions]),
            minlength=self._count,
        )
        sums.alone[:] = np.bincount(by[times == 1], minlength=count)
        would_match = np.flatnonzero((times == 1) & (np.diff(verdicts.offsets) > 0))
        icp = verdicts.configs[verdicts.offsets[would_match]]
        sums.takes[:] = _pair_counts(by[would_match], icp, count)


def _pair_counts(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    """How often each pair of numbers below `count` occurs [count, count]."""
    pairs = first.astype(np.int64) * count + second
    return np.bincount(pairs, minlength=count * count).reshape(count, count)


def popcount(packed: np.ndarray) -> int:
    """How many flags are set."""
    return int(np.bitwise_count(packed).sum(dtype=np.int64))


def _all_others(held: Sequence[np.ndarray], rows: np.ndarray) -> Iterator[np.ndarray]:
    """For each condition the rows that hold all others."""
    before = list(accumulate(held, np.bitwise_and, initial=rows))[:-1]
    after = list(accumulate(reversed(held), np.bitwise_and, initial=rows))[-2::-1]
    return (earlier & later for earlier, later in zip(before, after, strict=True))


def _counted(numbers: np.ndarray, often: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    distinct, number_of = np.unique(numbers, return_inverse=True)
    return distinct, np.bincount(number_of, often, len(distinct)).astype(np.int64)
