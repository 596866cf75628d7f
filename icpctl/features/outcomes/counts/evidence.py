"""From a batch that was judged to evidence: scores, conditions met, and who is shut out by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace

from icpctl.features.outcomes.counts.counting import ConditionShape, ConfigShape, OutcomeCounts
from icpctl.features.outcomes.joining.units import NO_MATCH, Evidence
from icpctl.mappings.mapping import LAST_SEEN
from icpctl.scoring.conditions import BatchColumns, words_of
from icpctl.scoring.scores import WORD
from icpctl.scoring.verdicts import Held, Judged, verdicts_of
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from icpctl.config.model import Condition, IcpConfig
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.scores import ConditionPlan, GroupPlan
    from icpctl.scoring.verdicts import Verdicts

    Bits = NDArray[np.uint8]
    Floats = NDArray[np.float64]


_DAYS = "last_seen_days"
_MICROS = 1_000_000
_DAY = 24 * 60 * 60 * _MICROS


class Look(Struct, frozen=True):
    """What is looked at in each batch: the plan's distinct conditions, and its configs."""

    plan: Plan
    literals: tuple[ConditionPlan, ...]
    shapes: tuple[ConfigShape, ...]

    @classmethod
    def of(
        cls, plan: Plan, configs: Mapping[str, IcpConfig], text_of: Callable[[Condition], str]
    ) -> Look:
        """What is to be looked at for the plan's configs; `text_of` says how conditions read."""
        numbers: dict[tuple[int, bool], int] = {}
        literals: list[ConditionPlan] = []
        shapes: list[ConfigShape] = []
        shut_out = 0
        for column, config in enumerate(plan.configs):
            conditions = []
            planned = iter(config.conditions)
            for group, model in enumerate(configs[config.slug].rules.groups):
                for condition in model.conditions:
                    bit = next(planned)
                    literal = numbers.setdefault((bit.bit, bit.negated), len(numbers))
                    literals += [bit] * (literal == len(literals))
                    text, field = text_of(condition), condition.type
                    conditions.append(
                        ConditionShape(text, field, group, condition.optional, literal, shut_out)
                    )
                    shut_out += 1
            shapes.append(
                ConfigShape(config.slug, config.label, column, tuple(conditions), config.excludes)
            )
        return cls(plan, tuple(literals), tuple(shapes))

    @property
    def shut_outs(self) -> int:
        """How many conditions may shut somebody out."""
        return sum(len(shape.conditions) for shape in self.shapes)

    def counts(self) -> OutcomeCounts:
        """Nothing counted yet."""
        return OutcomeCounts(self.shapes, len(self.literals), self.shut_outs)

    def evidence(self, judged: Judged) -> Evidence:
        """What the configs say of each row."""
        count, held = judged.columns.count, judged.held
        shut_out = [
            rows
            for config in self.plan.configs
            for group in config.groups
            for rows in _shut_out(group, held)
        ]
        return Evidence(
            _hundredths(judged.verdicts, len(self.plan.configs)),
            _by_row([held.of(literal) for literal in self.literals], count),
            _by_row(shut_out, count),
        )

    @property
    def asks_for_days(self) -> bool:
        """Whether any condition counts days since the last visit."""
        return any(field.type.name == _DAYS for field in self.plan.fields)

    def count_days_to_close(
        self, evidence: Evidence, judged: Judged, last_seen: Floats, closes: Floats
    ) -> None:
        """Judge those who came before a deal's close as of it; `evidence` is changed in place.

        Times [rows] are seconds since the epoch, NaN where there is none.
        """
        rows = np.flatnonzero(last_seen < closes)  # later visits do not count
        if not len(rows) or not self.asks_for_days:
            return
        table = judged.columns.table.select([LAST_SEEN, _DAYS]).take(pa.array(rows))
        table = self.as_of_close(table, last_seen[rows], closes[rows])
        at_close = self.evidence(_judged_again(judged, rows, table, _DAYS, self.plan))
        evidence.hundredths[rows] = at_close.hundredths
        evidence.literals[rows] = at_close.literals
        evidence.shut_out[rows] = at_close.shut_out

    def as_of_close(
        self, table: pa.RecordBatch, last_seen: Floats, closes: Floats
    ) -> pa.RecordBatch:
        """Return rows whose days count to the close of their deals.

        Times [rows] are as in `count_days_to_close`; a row that lacks one stays as it is.
        """
        if not self.asks_for_days:
            return table
        days = _whole_days(last_seen, closes)
        is_known = pc.is_valid(days)
        seen = pa.nulls(len(days), pa.string())
        if not pc.all(is_known).as_py():
            seen = pc.if_else(is_known, seen, table[LAST_SEEN].cast(pa.string()))
            days = pc.if_else(is_known, days.cast(pa.string()), table[_DAYS].cast(pa.string()))
        place, place_of_days = map(table.schema.get_field_index, (LAST_SEEN, _DAYS))
        return table.set_column(place, LAST_SEEN, seen).set_column(place_of_days, _DAYS, days)


def _whole_days(last_seen: Floats, closes: Floats) -> pa.Array:
    """Days from visits to closes as JSON texts, each distinct one once; null without either."""
    micros = np.round(closes * _MICROS) - np.round(last_seen * _MICROS)
    days = pa.array(np.maximum(micros // _DAY, 0), pa.int64(), from_pandas=True)
    encoded = days.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices, encoded.dictionary.cast(pa.string()))


def _hundredths(verdicts: Verdicts, configs: int) -> NDArray[np.int16]:
    """Scores [rows, configs + 1], the last column that of the ICP: who is excluded has none."""
    scores = np.full((len(verdicts.icp), configs + 1), NO_MATCH, np.int16)
    rows = np.repeat(np.arange(len(verdicts.icp)), np.diff(verdicts.offsets))
    scores[rows, verdicts.configs] = verdicts.hundredths
    for exclusion in verdicts.exclusions:
        scores[exclusion.rows, exclusion.config] = exclusion.hundredths
    matches = verdicts.icp >= 0
    scores[matches, configs] = verdicts.icp_hundredths[matches]
    return scores


def _shut_out(group: GroupPlan, held: Held) -> list[Bits]:
    """For each condition the rows that it alone keeps from matching the group, packed."""
    none = np.zeros_like(held.every_row)
    failing = [~held.of(condition) for condition in group.conditions if not condition.optional]
    once, twice = none.copy(), none.copy()  # rows where one condition fails, and another does
    for rows in failing:
        twice |= once & rows
        once |= rows
    alone = once & ~twice if group.operator == Operator.AND or len(failing) == 1 else none
    fails = iter(failing)
    return [none if condition.optional else alone & next(fails) for condition in group.conditions]


def _by_row(packed: Sequence[Bits], count: int) -> Bits:
    """Bits packed along `count` rows, one array for each -> packed along the rows' bits.

    As `np.packbits(bits, axis=1)` of bits [rows, bits], without making these.
    """
    by_byte = np.zeros((-(-len(packed) // 8), count), np.uint8)
    for number, rows in enumerate(packed):
        byte, place = divmod(number, 8)
        by_byte[byte] |= np.unpackbits(rows, count=count) << np.uint8(7 - place)
    return np.ascontiguousarray(by_byte.T)


def _judged_again(
    judged: Judged, rows: np.ndarray, table: pa.RecordBatch, name: str, plan: Plan
) -> Judged:
    """Judge some `rows` anew, by number, whose values for one condition type are others.

    `table` has these values, a row for each; all other conditions hold where they did.
    """
    columns = BatchColumns(table, plan)
    field = next(field for field in plan.fields if field.type.name == name)
    changing = np.zeros((plan.words, 1), np.uint8)
    for bit in range(field.first_bit, field.first_bit + len(field.tests)):
        changing[bit // WORD] |= 1 << bit % WORD
    words = judged.held.words[:, rows] & ~changing
    held = Held(words | words_of(columns, replace(plan, fields=(field,))))
    verdicts = verdicts_of(held, columns.misfits, plan, judged.verdicts.fields)
    return Judged(columns, held, verdicts)
