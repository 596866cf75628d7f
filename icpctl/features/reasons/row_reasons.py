"""What the rows of a run say besides the verdict: the config that explains it, and near misses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from msgspec import Struct

from icpctl.features.reasons.explanation import ConditionExplanation, explain_configs
from icpctl.features.reasons.seen_values import see, subject_of
from icpctl.features.shared.held_conditions import held_of, row_words
from icpctl.mappings.mapping import ID
from icpctl.scoring.plan import fields_of
from icpctl.scoring.verdicts import score_batch
from icpctl.values.typed_columns import scalar_texts
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from icpctl.config.model import Condition, IcpConfig
    from icpctl.features.reasons.explanation import ConfigExplanation
    from icpctl.features.reasons.seen_values import Seen
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Rows
    from icpctl.scoring.scores import ConfigPlan, GroupPlan

_AT_ONCE = 4096  # rows that are explained together: what Python makes of them fits into memory


class NearMiss(NamedTuple):
    """A visitor who fails one required condition of a config; `group` counts from 1.

    `seen` is what the condition looked at, as a JSON value.
    """

    id: str | None
    config: str
    group: int
    condition: Condition
    seen: Any


class _Place(NamedTuple):
    """A condition: its config's number in the plan, its group's, and its own in the group."""

    config: int
    group: int
    condition: int


class Reasons(Struct, frozen=True):
    """Explains rows that have the fields of the plan; `configs` are the plan's, by slug."""

    plan: Plan
    configs: dict[str, IcpConfig]

    def sentences(
        self,
        rows: Rows,
        wording: Callable[[ConfigExplanation], str],
        *,
        only_matched: bool = False,
    ) -> pa.Array:
        """Return for each row what `wording` makes of the config that explains its verdict.

        That is the config that excludes the visitor, else the ICP, else the one that lacks the
        fewest required conditions, of equals the first. It is null where there is no such config,
        and with `only_matched` for visitors without an ICP. Each distinct text is made once for
        `_AT_ONCE` rows.
        """
        verdicts = rows.verdicts
        explained_by = verdicts.icp.astype(np.int32)
        if verdicts.excluded_by is not None:
            explained_by = np.where(verdicts.excluded_by >= 0, verdicts.excluded_by, explained_by)
        asked = np.flatnonzero(verdicts.icp >= 0) if only_matched else np.arange(len(explained_by))
        texts: list[str | None] = [None] * len(explained_by)
        batch = self._batch(rows)
        for start in range(0, len(asked), _AT_ONCE):
            row_indices = asked[start : start + _AT_ONCE]
            taken = batch.take(pa.array(row_indices))
            of_taken = self._sentences(taken, explained_by[row_indices], wording)
            for row_index, text in zip(row_indices.tolist(), of_taken, strict=True):
                texts[row_index] = text
        return pa.array(texts, pa.string())

    def near_misses(self, rows: Rows) -> Iterator[NearMiss]:
        """Yield who fails one required condition of a config, in the order of rows and configs.

        No group of the config matches; one of AND lacks exactly one required condition, or the only
        required condition of one of OR fails. Configs that exclude visitors are left out.
        """
        batch = self._batch(rows)
        for start in range(0, batch.num_rows, _AT_ONCE):
            yield from self._near_misses(batch.slice(start, _AT_ONCE))

    def _batch(self, rows: Rows) -> pa.RecordBatch:
        columns = {ID: rows.ids, **{name: rows.fields[name] for name in self.plan.columns}}
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    def _sentences(
        self,
        batch: pa.RecordBatch,
        explained_by: np.ndarray,
        wording: Callable[[ConfigExplanation], str],
    ) -> list[str | None]:
        if (explained_by < 0).any():
            nearest = self._nearest(batch)
            explained_by = np.where(explained_by < 0, nearest, explained_by)
        numbers = explained_by.tolist()
        keys = self._keys(batch, numbers)
        first_of: dict[tuple[object, ...], int] = {}
        for row, key in enumerate(keys):
            if numbers[row] >= 0:
                first_of.setdefault(key, row)
        distinct = batch.take(pa.array(list(first_of.values()), pa.int64()))
        chosen = [[numbers[row]] for row in first_of.values()]
        verdicts = score_batch(distinct, self.plan)
        explained = explain_configs(distinct, verdicts, chosen, self.plan, self.configs)
        text_of = {key: wording(config) for key, (config,) in zip(first_of, explained, strict=True)}
        return [text_of.get(key) for key in keys]

    def _keys(self, batch: pa.RecordBatch, numbers: list[int]) -> list[tuple[object, ...]]:
        """What decides the sentence of each row: the config, and all that it looks at."""
        tokens = {name: _hashable(batch[name]) for name in self.plan.columns}
        names = {number: self._columns(number) for number in set(numbers) if number >= 0}
        return [
            (number, *(tokens[name][row] for name in names.get(number, ())))
            for row, number in enumerate(numbers)
        ]

    def _columns(self, number: int) -> tuple[str, ...]:
        """The fields that a config looks at."""
        conditions = self.configs[self.plan.configs[number].slug].conditions
        types = {condition.type: condition.condition_type for condition in conditions}
        return tuple(dict.fromkeys(name for entry in types.values() for name in fields_of(entry)))

    def _nearest(self, batch: pa.RecordBatch) -> np.ndarray:
        """The number of the config that lacks least for each row, -1 where all exclude."""
        words = row_words(batch, self.plan)
        nearest = np.full(batch.num_rows, -1, np.int32)
        least = np.full(batch.num_rows, np.iinfo(np.int32).max, np.int32)
        for number, config in enumerate(self.plan.configs):
            if not config.excludes:
                lacking = lacking_conditions(config, held_of(config.conditions, words))
                is_nearer = lacking < least
                nearest[is_nearer], least[is_nearer] = number, lacking[is_nearer]
        return nearest

    def _seen(self, batch: pa.RecordBatch) -> list[dict[str, Seen]]:
        """What each row has for each condition type; looked at once for rows that are the same."""
        columns = [_hashable(batch[name]) for name in self.plan.columns]
        keys = list(zip(*columns, strict=True)) or [()] * batch.num_rows
        first_of: dict[tuple[object, ...], int] = {}
        for row, key in enumerate(keys):
            first_of.setdefault(key, row)
        distinct = batch.take(pa.array(list(first_of.values()), pa.int64()))
        seen_by = dict(zip(first_of, see(distinct, self.plan), strict=True)) if first_of else {}
        return [seen_by[key] for key in keys]

    def _near_misses(self, batch: pa.RecordBatch) -> Iterator[NearMiss]:
        words = row_words(batch, self.plan)
        missed = sorted(
            (row, place)
            for number, config in enumerate(self.plan.configs)
            if not config.excludes
            for place, rows in _missed(number, config, held_of(config.conditions, words))
            for row in rows.tolist()
        )
        row_indices = list(dict.fromkeys(row for row, _ in missed))
        taken = batch.take(pa.array(row_indices, pa.int64()))
        ids = dict(zip(row_indices, scalar_texts(taken[ID]).to_pylist(), strict=True))
        seen = dict(zip(row_indices, self._seen(taken), strict=True))
        values: dict[tuple[int, _Place], Any] = {}  # rows that are the same share what was seen
        for row, place in missed:
            slug = self.plan.configs[place.config].slug
            condition = self.configs[slug].rules.groups[place.group].conditions[place.condition]
            key = id(seen[row]), place
            if key not in values:
                subject = subject_of(condition, seen[row])
                values[key] = ConditionExplanation(condition, False, subject).seen_value
            yield NearMiss(ids[row], slug, place.group + 1, condition, values[key])


def lacking_conditions(config: ConfigPlan, held: np.ndarray) -> np.ndarray:
    """Return how many required conditions the nearest group of a config lacks.

    For each row of `held` [rows, conditions], which are the conditions that it holds.
    """
    counts = []
    for group, failing in _failing(config, held):
        count = failing.sum(axis=1, dtype=np.int32)
        # One of the conditions of an OR group is enough.
        all_fail = failing.all(axis=1) & (failing.shape[1] > 0)
        counts.append(count if group.operator == Operator.AND else all_fail.astype(np.int32))
    least: np.ndarray = np.minimum.reduce(counts)
    return least


def _missed(
    number: int, config: ConfigPlan, held: np.ndarray
) -> Iterator[tuple[_Place, np.ndarray]]:
    """Yield the required conditions of a config with the rows that fail nothing else."""
    no_group = lacking_conditions(config, held) > 0
    for group_number, (group, failing) in enumerate(_failing(config, held)):
        if group.operator != Operator.AND and failing.shape[1] != 1:
            continue
        near = no_group & (failing.sum(axis=1) == 1)
        required = [at for at, condition in enumerate(group.conditions) if not condition.optional]
        for column, at in enumerate(required):
            yield _Place(number, group_number, at), np.flatnonzero(near & failing[:, column])


def _failing(config: ConfigPlan, held: np.ndarray) -> Iterator[tuple[GroupPlan, np.ndarray]]:
    """Yield each group with which of its required conditions fail [rows, required conditions]."""
    start = 0
    for group in config.groups:
        required = [
            at for at, condition in enumerate(group.conditions, start) if not condition.optional
        ]
        yield group, ~held[:, required]
        start += len(group.conditions)


def _hashable(column: pa.Array) -> list[object]:
    """The JSON texts of a column; those of a list of pages as a tuple."""
    return [tuple(text) if isinstance(text, list) else text for text in column.to_pylist()]
