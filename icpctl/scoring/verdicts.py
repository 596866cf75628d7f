"""Bits -> matches, scores and the ICP of each visitor."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from icpctl.scoring.conditions import BatchColumns, fields_read, words_of
from icpctl.scoring.scores import WORD
from icpctl.timings import Timings
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from icpctl.scoring.conditions import Misfits
    from icpctl.scoring.plan import Plan, Tiers
    from icpctl.scoring.scores import ConditionPlan, ConfigPlan, GroupPlan
    from icpctl.scoring.value_bits import KnownBits


class Verdicts(Struct, frozen=True):
    """The verdicts over a batch of visitors; scores are whole hundredths, which are exact.

    `icp` [rows] is the number of the first matching config, -1 where none matches or the visitor
    is excluded, and `icp_hundredths` [rows] its score or 0. The matches of row `r`, in order, are
    `configs[offsets[r]:offsets[r+1]]` (numbers) with the same of `hundredths`.

    `excluded_by` [rows] is the number of the first excluding config that matches, -1 where none
    does; `exclusions` are these configs, with the rows that match them and their scores. `tier`
    [rows] is the number of the plan's tier, -1 where there is none. Without excluding configs and
    tiers, all three are None. `fields` are those that some row has; see `fields_read`.
    """

    icp: np.ndarray
    icp_hundredths: np.ndarray
    offsets: np.ndarray
    configs: np.ndarray
    hundredths: np.ndarray
    misfits: Misfits
    excluded_by: np.ndarray | None = None
    exclusions: tuple[Matches, ...] = ()
    tier: np.ndarray | None = None
    fields: frozenset[str] = frozenset()

    @property
    def icp_score(self) -> np.ndarray:
        """The score of each visitor's ICP [rows], 0 to 100."""
        return self.icp_hundredths / 100

    @property
    def scores(self) -> np.ndarray:
        """The score of each match, 0 to 100."""
        return self.hundredths / 100

    def scores_of(self, row: int) -> dict[int, float]:
        """The scores of all configs that a row matches, by their numbers, excluding ones too."""
        of_row = slice(self.offsets[row], self.offsets[row + 1])
        scores = dict(zip(self.configs[of_row].tolist(), self.scores[of_row].tolist(), strict=True))
        for matches in self.exclusions:
            for at in np.flatnonzero(matches.rows == row).tolist():
                scores[matches.config] = float(matches.hundredths[at]) / 100
        return scores

    @property
    def is_excluded(self) -> np.ndarray:
        """Whether each visitor is excluded [rows]."""
        if self.excluded_by is None:
            return np.zeros(len(self.icp), bool)
        return self.excluded_by >= 0


class Matches(Struct, frozen=True):
    """The rows that match a config, in order, and their scores in hundredths."""

    config: int
    rows: np.ndarray
    hundredths: np.ndarray


def score_batch(table: pa.RecordBatch, plan: Plan, timings: Timings | None = None) -> Verdicts:
    """Scores a batch whose columns are `plan.columns`, each a JSON text a row (pages: a list).

    The kernel of every path: no file, no state, safe on any thread.
    """
    return judge(table, plan, timings or Timings()).verdicts


class Judged(Struct, frozen=True):
    """The verdicts over a batch, and what made them."""

    columns: BatchColumns
    held: Held
    verdicts: Verdicts


def judge(
    table: pa.RecordBatch, plan: Plan, timings: Timings, known: KnownBits | None = None
) -> Judged:
    """As `score_batch`, for those who ask why; `known` remembers this thread's batches before."""
    with timings.step("conditions"):
        columns = BatchColumns(table, plan, known)
        held = Held(words_of(columns, plan))
    with timings.step("verdicts"):
        verdicts = verdicts_of(held, columns.misfits, plan, fields_read(columns, plan))
        return Judged(columns, held, verdicts)


def verdicts_of(held: Held, misfits: Misfits, plan: Plan, fields: frozenset[str]) -> Verdicts:
    """Return the verdicts over rows that hold some conditions, whose values `fields` have."""
    count = held.words.shape[1]
    matches: list[Matches] = []
    exclusions: list[Matches] = []
    for number, config in enumerate(plan.configs):
        of_config = config_matches(plan, number, held)
        (exclusions if config.excludes else matches).append(of_config)
    offsets, configs, hundredths = _by_row(matches, count)
    icp, icp_hundredths = np.full(count, -1, np.int32), np.zeros(count, np.int16)
    matched = offsets[1:] > offsets[:-1]
    excluded_by = _first_of(exclusions, count) if exclusions else None
    if excluded_by is not None:
        matched &= excluded_by < 0
    firsts = offsets[:-1][matched]
    icp[matched], icp_hundredths[matched] = configs[firsts], hundredths[firsts]
    tier = tiers_of(plan.tiers, icp, icp_hundredths) if plan.tiers else None
    return Verdicts(
        icp,
        icp_hundredths,
        offsets,
        configs,
        hundredths,
        misfits,
        excluded_by,
        tuple(exclusions),
        tier,
        fields,
    )


def config_matches(plan: Plan, number: int, held: Held) -> Matches:
    """Who matches a config: a group does, with a score that reaches the config's lowest."""
    config = plan.configs[number]
    matched = np.unpackbits(_matches(config, held), count=held.words.shape[1])
    rows = np.flatnonzero(matched.view(bool))
    hundredths = plan.score_tables[number].of(held.words, rows)
    if config.min_hundredths:
        reached = hundredths >= config.min_hundredths
        rows, hundredths = rows[reached], hundredths[reached]
    return Matches(number, rows, hundredths)


def _by_row(matches: Sequence[Matches], count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The matches row by row: offsets [rows + 1] into numbers of configs and their scores."""
    offsets = np.zeros(count + 1, np.int32)
    rows_of_all = [it.rows for it in matches] or [np.empty(0, np.int64)]
    np.cumsum(np.bincount(np.concatenate(rows_of_all), minlength=count), out=offsets[1:])
    pairs = np.empty(offsets[-1], np.int64)  # both numbers, so that each is put once
    free = offsets[:-1].astype(np.intp)  # for each row the place of its next match
    for of_config in matches:
        places = free.take(of_config.rows, mode="clip")
        pairs[places] = of_config.hundredths + np.int64(of_config.config << _SCORE_BITS)
        free[of_config.rows] = places + 1
    scores = (pairs & (1 << _SCORE_BITS) - 1).astype(np.int16)
    return offsets, (pairs >> _SCORE_BITS).astype(np.int32), scores


_SCORE_BITS = 14
"""Bits that hold every score in hundredths."""


def _first_of(exclusions: Sequence[Matches], count: int) -> np.ndarray:
    """The number of the first excluding config that each row matches, -1 where there is none."""
    first = np.full(count, -1, np.int32)
    for of_config in reversed(exclusions):
        first[of_config.rows] = of_config.config
    return first


def tiers_of(tiers: Tiers, icp: np.ndarray, icp_hundredths: np.ndarray) -> np.ndarray:
    """The number of each visitor's tier [rows]: the highest that the score of the ICP reaches."""
    tier = np.full(len(icp), -1, np.int32)
    for number in reversed(range(len(tiers))):
        _, bound = tiers[number]
        tier[(icp >= 0) & (icp_hundredths >= bound)] = number
    return tier


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
    required = [held.of(condition) for condition in group.conditions if not condition.optional]
    if not required:
        return held.every_row
    return reduce(np.bitwise_and if group.operator == Operator.AND else np.bitwise_or, required)
