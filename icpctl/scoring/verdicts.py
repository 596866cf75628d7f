"""Bits -> matches, scores and the ICP of each visitor (SPEC 5)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from icpctl.scoring.conditions import BatchColumns, words_of
from icpctl.scoring.scores import WORD
from icpctl.timings import Timings
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    import pyarrow as pa

    from icpctl.scoring.conditions import Misfits
    from icpctl.scoring.plan import ConditionPlan, ConfigPlan, GroupPlan, Plan


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdicts over a batch of visitors; scores are whole hundredths, which are exact.

    `icp` [rows] is the number of the first matching config, -1 where none matches, and
    `icp_hundredths` [rows] its score or 0. The matches of row `r`, in order, are
    `configs[offsets[r]:offsets[r+1]]` (numbers) with the same of `hundredths`.
    """

    icp: np.ndarray
    icp_hundredths: np.ndarray
    offsets: np.ndarray
    configs: np.ndarray
    hundredths: np.ndarray
    misfits: Misfits

    @property
    def icp_score(self) -> np.ndarray:
        """The score of each visitor's ICP [rows], 0 to 100."""
        return self.icp_hundredths / 100

    @property
    def scores(self) -> np.ndarray:
        """The score of each match, 0 to 100."""
        return self.hundredths / 100


def score_batch(table: pa.RecordBatch, plan: Plan, timings: Timings | None = None) -> Verdicts:
    """Scores a batch whose columns are `plan.columns`, each a JSON text a row (pages: a list).

    The kernel of every path: no file, no state, safe on any thread.
    """
    return judge(table, plan, timings or Timings()).verdicts


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts over a batch, and what made them."""

    columns: BatchColumns
    held: Held
    verdicts: Verdicts


def judge(table: pa.RecordBatch, plan: Plan, timings: Timings) -> Judged:
    """As `score_batch`, for those who ask why."""
    with timings.step("conditions"):
        columns = BatchColumns(table, plan)
        held = Held(words_of(columns, plan))
    with timings.step("verdicts"):
        return Judged(columns, held, _verdicts(held, columns.misfits, plan))


def _verdicts(held: Held, misfits: Misfits, plan: Plan) -> Verdicts:
    words = held.words
    count = words.shape[1]
    rows_of, scores_of = [], []
    for config in plan.configs:
        matches = np.unpackbits(_matches(config, held), count=count)
        rows = np.flatnonzero(matches.view(bool))
        rows_of.append(rows)
        scores_of.append(config.scores.of(words, rows))
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(np.concatenate(rows_of), minlength=count), out=offsets[1:])
    configs = np.empty(offsets[-1], np.int32)
    hundredths = np.empty(offsets[-1], np.int16)
    free = offsets[:-1].copy()  # for each row the place of its next match
    for number, (rows, scores) in enumerate(zip(rows_of, scores_of, strict=True)):
        places = free[rows]
        configs[places] = number
        hundredths[places] = scores
        free[rows] = places + 1
    icp, icp_hundredths = np.full(count, -1, np.int32), np.zeros(count, np.int16)
    matched = offsets[1:] > offsets[:-1]
    firsts = offsets[:-1][matched]
    icp[matched], icp_hundredths[matched] = configs[firsts], hundredths[firsts]
    return Verdicts(icp, icp_hundredths, offsets, configs, hundredths, misfits)


def held_conditions(config: ConfigPlan, words: np.ndarray) -> np.ndarray:
    """Which of a config's conditions hold [rows, conditions] for words [words, rows]."""
    held = np.empty((words.shape[1], len(config.conditions)), bool)
    for number, one in enumerate(config.conditions):
        word, bit = divmod(one.bit, WORD)
        held[:, number] = (words[word] >> bit & 1).astype(bool) ^ one.negated
    return held


class Held:
    """Which rows hold a condition, one bit a row: an operation sees eight rows a byte.

    The last byte may have more bits than there are rows.
    """

    def __init__(self, words: np.ndarray) -> None:
        self.words = words
        self._made: dict[tuple[int, bool], np.ndarray] = {}
        self.every_row = np.full(-(-words.shape[1] // 8), 0xFF, np.uint8)

    def of(self, condition: ConditionPlan) -> np.ndarray:
        """The rows that hold a condition, packed."""
        key = condition.bit, condition.negated
        if key not in self._made:
            word, bit = divmod(condition.bit, WORD)
            packed = np.packbits(self.words[word] & (1 << bit))
            self._made[key] = ~packed if condition.negated else packed
        return self._made[key]


def _matches(config: ConfigPlan, held: Held) -> np.ndarray:
    """The rows that match, packed; the last byte may have more bits than there are rows."""
    return reduce(np.bitwise_or, [group_matches(group, held) for group in config.groups])


def group_matches(group: GroupPlan, held: Held) -> np.ndarray:
    """The rows that match a group, packed."""
    required = [held.of(one) for one in group.conditions if not one.optional]
    if not required:
        return held.every_row
    return reduce(np.bitwise_and if group.operator == Operator.AND else np.bitwise_or, required)
