"""Won units that a config does not match, each with the visitor who came nearest, as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
from msgspec import Struct, field

from icpctl.features.outcomes.joining.units import NO_MATCH
from icpctl.features.shared.held_conditions import held_of, row_words
from icpctl.mappings.mapping import ID
from icpctl.scoring.verdicts import score_batch
from icpctl.values.typed_columns import scalar_texts
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from icpctl.config.model import Condition, IcpConfig
    from icpctl.features.reasons.explanation import ConfigExplanation
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.scores import ConfigPlan

    Integers = NDArray[np.int64]


class MissedWin(NamedTuple):
    """A row of the file; `group` counts from 1.

    `id` is that of the unit's visitor who lacks the fewest conditions of the config; of equals one
    whom a single condition shuts out, then the first. `group` and `condition` are None where no
    condition alone shuts this visitor out.
    """

    id: str | None
    key: str | None
    config: str
    group: int | None
    condition: str | None
    amount: float | None
    why: str


class Candidates(Struct, frozen=True):
    """Visitors of won units, one a row: their units' numbers, keys and amounts.

    `table` has the columns of the plan, and the ids.
    """

    numbers: Integers
    keys: Sequence[str | None]
    amounts: NDArray[np.float64]
    table: pa.RecordBatch


class ExplainMissed(Struct, frozen=True):
    """How rows read: `why` says what a config lacks, `text_of` how a condition reads."""

    why: Callable[[ConfigExplanation], str]
    text_of: Callable[[Condition], str]


class MissedWins(Struct):
    """Keeps of each won unit the visitor who came nearest to each config.

    Memory goes with the won units.
    """

    plan: Plan
    configs: Mapping[str, IcpConfig]
    explain: ExplainMissed
    _nearest: dict[tuple[int, int], tuple[int, MissedWin]] = field(default_factory=dict)
    _missed: list[tuple[Integers, Integers]] = field(default_factory=list)

    def add(self, candidates: Candidates) -> None:
        """Look at visitors of won units."""
        if not candidates.table.num_rows:
            return
        words = row_words(candidates.table, self.plan)
        chosen: list[list[int]] = [[] for _ in range(candidates.table.num_rows)]
        distance = {}
        for column, config in enumerate(self.plan.configs):
            if not config.excludes:
                counts = _distance(config, held_of(config.conditions, words))
                distance[column] = counts
                for row in self._nearer(column, candidates.numbers, counts):
                    chosen[row].append(column)
        rows = [row for row, columns in enumerate(chosen) if columns]
        explained = self._explained(candidates.table, rows, chosen)
        ids = scalar_texts(candidates.table[ID]).to_pylist()
        for row, configs in zip(rows, explained, strict=True):
            for column, explanation in zip(chosen[row], configs, strict=True):
                if not explanation.matched:
                    win = self._win(candidates, row, ids[row], explanation)
                    key = int(candidates.numbers[row]), column
                    self._nearest[key] = int(distance[column][row]), win

    def settle(self, numbers: Integers, hundredths: NDArray[np.int16]) -> None:
        """Take in won units that count: their numbers, and scores [units, configs + 1]."""
        units, columns = np.nonzero(hundredths[:, :-1] == NO_MATCH)
        self._missed.append((numbers[units], columns.astype(np.int64)))

    def rows(self) -> Iterator[MissedWin]:
        """Yield the missed wins, in the order of the units, then of the configs."""
        for numbers, columns in self._missed:
            for key in zip(numbers.tolist(), columns.tolist(), strict=True):
                if key in self._nearest:
                    yield self._nearest[key][1]

    def _nearer(self, column: int, numbers: Integers, distance: NDArray[np.int32]) -> list[int]:
        """The first row of each unit that comes nearest, where none was as near before."""
        order = np.lexsort((distance, numbers))
        firsts = order[np.flatnonzero(np.diff(numbers[order], prepend=-1))]
        most = np.iinfo(np.int32).max
        return [
            row
            for row in firsts.tolist()
            if distance[row] < self._nearest.get((int(numbers[row]), column), (most,))[0]
        ]

    def _explained(
        self, table: pa.RecordBatch, rows: Sequence[int], chosen: Sequence[Sequence[int]]
    ) -> list[tuple[ConfigExplanation, ...]]:
        from icpctl.features.reasons.explanation import explain_configs

        taken = table.take(pa.array(rows, pa.int64()))
        verdicts = score_batch(taken, self.plan)
        asked = [chosen[row] for row in rows]
        return list(explain_configs(taken, verdicts, asked, self.plan, dict(self.configs)))

    def _win(
        self, candidates: Candidates, row: int, visitor: str | None, config: ConfigExplanation
    ) -> MissedWin:
        group, condition = self._only_failing(config)
        amount = float(candidates.amounts[row])
        return MissedWin(
            visitor,
            candidates.keys[row],
            config.slug,
            group,
            condition,
            None if np.isnan(amount) else amount,
            self.explain.why(config),
        )

    def _only_failing(self, config: ConfigExplanation) -> tuple[int | None, str | None]:
        """The group and the condition, where it is one alone that fails in a group."""
        for number, group in enumerate(config.groups, 1):
            failing = [
                explained
                for explained in group.conditions
                if not explained.condition.optional and not explained.held
            ]
            if not group.matched and len(failing) == 1:
                return number, self.explain.text_of(failing[0].condition)
        return None, None


def _distance(config: ConfigPlan, held: NDArray[np.bool_]) -> NDArray[np.int32]:
    """How far rows are from a config: conditions they lack, twice, and 1 if no single one does."""
    from icpctl.features.reasons.row_reasons import lacking_conditions

    alone = np.zeros(len(held), bool)
    start = 0
    for group in config.groups:
        required = [
            at for at, condition in enumerate(group.conditions, start) if not condition.optional
        ]
        if group.operator == Operator.AND or len(required) == 1:
            alone |= (~held[:, required]).sum(axis=1) == 1
        start += len(group.conditions)
    distance: NDArray[np.int32] = 2 * lacking_conditions(config, held) + ~alone
    return distance
