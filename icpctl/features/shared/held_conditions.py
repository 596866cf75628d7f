"""Which conditions visitors hold, for those who say why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from icpctl.mappings.mapping import PAGES
from icpctl.scoring.conditions import BatchColumns, words_of
from icpctl.scoring.scores import WORD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.scoring.plan import Plan
    from icpctl.scoring.scores import ConditionPlan


def row_words(table: pa.RecordBatch, plan: Plan) -> np.ndarray:
    """Return the words of each row [words, rows]."""
    return words_of(BatchColumns(table, plan), plan)


def no_values(plan: Plan, rows: int) -> dict[str, pa.Array]:
    """Return the columns that a plan reads, for `rows` rows that have nothing."""
    texts, lists = pa.string(), pa.list_(pa.string())
    return {name: pa.nulls(rows, lists if name == PAGES else texts) for name in plan.columns}


def held_of(conditions: Sequence[ConditionPlan], words: np.ndarray) -> np.ndarray:
    """Return which conditions hold [rows, conditions] for words [words, rows]."""
    held = np.empty((words.shape[1], len(conditions)), bool)
    for number, condition in enumerate(conditions):
        word, bit = divmod(condition.bit, WORD)
        held[:, number] = (words[word] >> bit & 1).astype(bool) ^ condition.negated
    return held
