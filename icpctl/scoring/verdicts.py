"""Bits -> matches, scores and the ICP of each visitor (SPEC 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from icpctl.scoring.conditions import row_words
from icpctl.scoring.plan import WORD
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    import pyarrow as pa

    from icpctl.scoring.conditions import Misfits
    from icpctl.scoring.plan import ConfigPlan, GroupPlan, Plan


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdicts over a batch of visitors.

    `icp` [rows] is the number of the first matching config, -1 where none matches, `icp_score`
    [rows] its score or 0. The matches of row `r`, in order, are `configs[offsets[r]:offsets[r+1]]`
    (numbers) with the same of `scores`.
    """

    icp: np.ndarray
    icp_score: np.ndarray
    offsets: np.ndarray
    configs: np.ndarray
    scores: np.ndarray
    misfits: Misfits


def score_batch(table: pa.RecordBatch, plan: Plan) -> Verdicts:
    """Scores a batch whose columns are `plan.columns`, each a JSON text a row (pages: a list).

    The kernel of every path: no file, no state, safe on any thread.
    """
    words, misfits = row_words(table, plan)
    count = table.num_rows
    icp = np.full(count, -1, np.int32)
    icp_score = np.zeros(count)
    rows_of, scores_of = [], []
    for config in plan.configs:
        rows = np.flatnonzero(_matches(config, words))
        rows_of.append(rows)
        scores_of.append(_scores(config, words, rows))
    for number in reversed(range(len(plan.configs))):
        icp[rows_of[number]] = number
        icp_score[rows_of[number]] = scores_of[number]
    rows = np.concatenate(rows_of)
    order = np.argsort(rows, kind="stable")  # by row, and within a row by config
    numbers = np.repeat(np.arange(len(rows_of), dtype=np.int32), [len(r) for r in rows_of])
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(rows, minlength=count), out=offsets[1:])
    return Verdicts(
        icp, icp_score, offsets, numbers[order], np.concatenate(scores_of)[order], misfits
    )


def held_conditions(config: ConfigPlan, words: np.ndarray) -> np.ndarray:
    """Which of a config's conditions hold [rows, conditions] for words [words, rows]."""
    held = np.empty((words.shape[1], len(config.conditions)), bool)
    for number, one in enumerate(config.conditions):
        word, bit = divmod(one.bit, WORD)
        held[:, number] = (words[word] >> np.uint64(bit) & np.uint64(1)).astype(bool) ^ one.negated
    return held


def _matches(config: ConfigPlan, words: np.ndarray) -> np.ndarray:
    found = _group_matches(config.groups[0], words)
    for group in config.groups[1:]:
        found |= _group_matches(group, words)
    return found


def _group_matches(group: GroupPlan, words: np.ndarray) -> np.ndarray:
    """AND: no required bit is wrong. OR: not every required bit is wrong."""
    if not group.required:
        return np.ones(words.shape[1], bool)
    is_and = group.operator == Operator.AND
    found = np.full(words.shape[1], is_and)
    for test in group.required:
        wrong = (words[test.word] ^ test.expected) & test.mask
        if is_and:
            found &= wrong == 0
        else:
            found |= wrong != test.mask
    return found


def _scores(config: ConfigPlan, words: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The scores of the rows that match: exact arithmetic, once per pattern of held conditions."""
    held = held_conditions(config, words[:, rows])
    packed = np.ascontiguousarray(np.packbits(held, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1])))[:, 0]
    _, firsts, pattern = np.unique(keys, return_index=True, return_inverse=True)
    scores = np.array([config.score(held[first].tolist()) for first in firsts], np.float64)
    return scores[pattern]
