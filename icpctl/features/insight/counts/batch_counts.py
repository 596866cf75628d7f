"""What insight counts of visitors: of a batch, and of all of them or a part."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct, field

from icpctl.features.insight.counts.distinct_counts import BatchKeys, KeyCounts, NumberCounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from icpctl.features.insight.counts.listed_values import PageTexts
    from icpctl.features.insight.counts.watched_conditions import Question
    from icpctl.scoring.plan import Plan

MOST_PATTERNS = 4096
"""Patterns of held conditions that are kept of a config."""


class Sums(Struct):
    """Counts of visitors: for each question, listed value, change, group and config.

    `excluded` [configs] counts the matches of a config whom another excludes. Of a config that
    excludes, `excluding` counts those whose `excluded_by` it is, `alone` those whom no other
    excludes, and row `takes` the configs that would be the ICP of these.
    """

    held: np.ndarray
    missing: np.ndarray
    left: np.ndarray
    near_misses: np.ndarray
    near_misses_missing: np.ndarray
    made_optional: np.ndarray
    held_by_matches: np.ndarray
    listed: np.ndarray
    changes: np.ndarray
    groups: np.ndarray
    near_configs: np.ndarray
    excluded: np.ndarray
    excluding: np.ndarray
    alone: np.ndarray
    overlap: np.ndarray
    firsts: np.ndarray
    takes: np.ndarray

    @classmethod
    def zeros(cls, questions: Sequence[Question], plan: Plan) -> Sums:
        """Nothing counted yet."""
        configs = len(plan.configs)
        sizes = [len(questions)] * 7
        sizes += [sum(len(it.listed) for it in questions), sum(len(it.changes) for it in questions)]
        sizes += [sum(len(config.groups) for config in plan.configs), *[configs] * 4]
        squares = [np.zeros((configs, configs), np.int64) for _ in range(3)]
        return cls(*(np.zeros(size, np.int64) for size in sizes), *squares)

    def add(self, other: Sums) -> None:
        """Add the counts of other visitors."""
        for name in self.__struct_fields__:
            getattr(self, name).__iadd__(getattr(other, name))


class Sight(Struct):
    """What was seen of a batch."""

    visitors: int
    sums: Sums
    keys: dict[str, BatchKeys] = field(default_factory=dict)
    number_keys: dict[int, BatchKeys] = field(default_factory=dict)
    below: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    above: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    patterns: dict[int, set[bytes]] = field(default_factory=dict)
    below_min_score: dict[int, Counter[int]] = field(default_factory=dict)
    pages: PageTexts | None = None
    kept_away: dict[int, np.ndarray] = field(default_factory=dict)


class WatchCounts(Struct):
    """What was counted of some visitors; of a field, a question (by its number) or a config.

    `keys` are the values of the fields whose texts configs list: in how many visitors each is, and
    then for each of the field's questions in how many that it alone keeps away. `parts` are those
    of pages that were looked for, and how many visitors with each a question alone keeps away.
    `below_min_score` are the scores, in hundredths, of visitors whom a config's groups match and
    who do not reach its `minScore`.
    """

    sums: Sums
    keys: dict[str, KeyCounts]
    patterns: dict[int, set[bytes]]
    parts: dict[int, dict[str, int]]
    visitors: int = 0
    number_keys: dict[int, KeyCounts] = field(default_factory=dict)
    below: dict[int, NumberCounts] = field(default_factory=dict)
    above: dict[int, NumberCounts] = field(default_factory=dict)
    below_min_score: dict[int, Counter[int]] = field(default_factory=dict)

    def add(self, sight: Sight) -> None:
        """Count what was seen of a batch, but for parts of pages."""
        self.visitors += sight.visitors
        self.sums.add(sight.sums)
        for name, keys in sight.keys.items():
            self.keys[name].add(keys)
        for number, keys in sight.number_keys.items():
            self._number_keys(number).add(keys)
        for number, counts in sight.below.items():
            self._below(number).add(*counts)
        for number, counts in sight.above.items():
            self._above(number).add(*counts)
        self._add_patterns(sight.patterns)
        self._add_scores(sight.below_min_score)

    def merge(self, later: WatchCounts) -> None:
        """Add what was counted of other visitors with the same questions and parts of pages.

        The order makes no difference, unless a field has more values than are counted.
        """
        self.visitors += later.visitors
        self.sums.add(later.sums)
        for name, keys in later.keys.items():
            self.keys[name].merge(keys)
        for number, keys in later.number_keys.items():
            self._number_keys(number).merge(keys)
        for number, counts in later.below.items():
            self._below(number).merge(counts)
        for number, counts in later.above.items():
            self._above(number).merge(counts)
        self._add_patterns(later.patterns)
        self._add_scores(later.below_min_score)
        for number, parts in later.parts.items():
            for part, count in parts.items():
                self.parts[number][part] += count

    def _number_keys(self, number: int) -> KeyCounts:
        return self.number_keys.setdefault(number, KeyCounts(pa.float64(), 1))

    def _below(self, number: int) -> NumberCounts:
        return self.below.setdefault(number, NumberCounts(below=True))

    def _above(self, number: int) -> NumberCounts:
        return self.above.setdefault(number, NumberCounts(below=False))

    def _add_patterns(self, patterns: Mapping[int, set[bytes]]) -> None:
        for number, patterns_seen in patterns.items():
            if len(self.patterns[number]) < MOST_PATTERNS:
                self.patterns[number] |= patterns_seen

    def _add_scores(self, below_min_score: Mapping[int, Counter[int]]) -> None:
        for number, scores in below_min_score.items():
            self.below_min_score.setdefault(number, Counter()).update(scores)
