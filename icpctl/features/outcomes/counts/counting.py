"""Units counted by outcome: everything that figures need, in memory that no unit adds to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct, field

from icpctl.features.outcomes.joining.units import NO_MATCH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from icpctl.features.outcomes.joining.units import Evidence

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_LEVELS = 10_002  # of a score: `NO_MATCH`, then 0 to 10,000 hundredths


class ConditionShape(Struct, frozen=True):
    """A condition of a config: how it reads, and its bits in the evidence."""

    text: str
    field: str
    group: int
    optional: bool
    literal: int
    shut_out: int


class ConfigShape(Struct, frozen=True):
    """A config as a column of the evidence, and its conditions in order.

    With `excludes` the units that match it are those that it shuts out.
    """

    slug: str
    label: str
    column: int
    conditions: tuple[ConditionShape, ...]
    excludes: bool = False

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The literals of each group, in order."""
        numbers = sorted({condition.group for condition in self.conditions})
        return tuple(
            tuple(condition.literal for condition in self.conditions if condition.group == number)
            for number in numbers
        )


class ScoreCounts(Struct):
    """Units by column and score: `keys` ascending, with units, won ones, and what these paid."""

    keys: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    units: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    won: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    paid: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    amounts: Floats = field(default_factory=lambda: np.zeros(0))

    def add(self, hundredths: NDArray[np.int16], won: Flags, amounts: Floats) -> None:
        """Count units by their scores [units, columns], outcomes and amounts [units]."""
        columns = hundredths.shape[1]
        keys = hundredths.astype(np.int64) + 1 + np.arange(columns) * _LEVELS
        known = won & ~np.isnan(amounts)
        each = [won, known, np.where(known, amounts, 0.0)]
        flat = [np.ones(keys.size, np.int64), *(np.repeat(values, columns) for values in each)]
        distinct, place = _distinct(keys.ravel(), columns * _LEVELS)
        self._merge(distinct, [np.bincount(place, values, len(distinct)) for values in flat])

    def _merge(self, keys: Integers, columns: list[NDArray[Any]]) -> None:
        before = (self.units, self.won, self.paid, self.amounts)
        self.keys, place = np.unique(np.concatenate([self.keys, keys]), return_inverse=True)
        sums = [
            np.bincount(place, np.concatenate([old, new]), len(self.keys))
            for old, new in zip(before, columns, strict=True)
        ]
        self.units, self.won, self.paid = (counts.astype(np.int64) for counts in sums[:3])
        self.amounts = sums[3].astype(np.float64)

    def of(self, column: int) -> Scores:
        """What was counted of one column."""
        first, last = np.searchsorted(self.keys, [column * _LEVELS, (column + 1) * _LEVELS])
        rows = slice(first, last)
        hundredths = self.keys[rows] - column * _LEVELS - 1
        return Scores(
            hundredths, self.units[rows], self.won[rows], self.paid[rows], self.amounts[rows]
        )


def _distinct(keys: Integers, bound: int) -> tuple[Integers, Integers]:
    """The distinct keys below `bound`, ascending, and which of them each key is."""
    if bound > 4 * len(keys):
        distinct, place = np.unique(keys, return_inverse=True)
        return distinct, place
    occurs = np.zeros(bound, bool)
    occurs[keys] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[keys]


class Scores(Struct, frozen=True):
    """Units of one column [levels] by score in hundredths, lowest first; `NO_MATCH` may be one."""

    hundredths: Integers
    units: Integers
    won: Integers
    paid: Integers
    amounts: Floats

    def between(self, low: int, high: int) -> Scores:
        """Keep the scores from `low` to below `high`."""
        rows = (self.hundredths >= low) & (self.hundredths < high)
        return Scores(*(getattr(self, name)[rows] for name in self.__struct_fields__))

    @property
    def matched(self) -> Scores:
        """Keep the units that match."""
        return self.between(0, _LEVELS)

    def by_level(self) -> tuple[Integers, Integers]:
        """Won and other units by score; who does not match has the score 0."""
        hundredths = np.maximum(self.hundredths, 0)
        levels, place = np.unique(hundredths, return_inverse=True)
        won = np.bincount(place, self.won, len(levels)).astype(np.int64)
        units = np.bincount(place, self.units, len(levels)).astype(np.int64)
        return won, units - won


class PatternCounts:
    """Units of one group by which of its conditions they meet: `patterns` as packed bits."""

    def __init__(self, literals: tuple[int, ...]) -> None:
        self.literals = literals
        self.patterns = np.zeros((0, (len(literals) + 7) // 8), np.uint8)
        self.units = self.won = np.zeros(0, np.int64)

    def add(self, literals: Flags, won: Flags) -> None:
        """Count units by the literals [units, all literals] that they meet."""
        packed = np.packbits(literals[:, list(self.literals)], axis=1)
        units = np.concatenate([self.units, np.ones(len(won), np.int64)])
        wins = np.concatenate([self.won, won])
        rows = np.concatenate([self.patterns, packed])
        self.patterns, place = unique_rows(rows)
        self.units = np.bincount(place, units, len(self.patterns)).astype(np.int64)
        self.won = np.bincount(place, wins, len(self.patterns)).astype(np.int64)

    def strata(self, position: int) -> tuple[Integers, Integers, Integers, Integers]:
        """Tables a, b, c, d [strata] of one condition, by what is met of the group's others."""
        meets = np.unpackbits(self.patterns, axis=1, count=len(self.literals)).astype(bool)
        others = np.packbits(np.delete(meets, position, axis=1), axis=1)
        _, stratum = unique_rows(others)
        cell = stratum * 2 + meets[:, position]
        size = 2 * (int(stratum.max(initial=-1)) + 1)
        won = np.bincount(cell, self.won, size).astype(np.int64)
        rest = np.bincount(cell, self.units, size).astype(np.int64) - won
        return won[1::2], rest[1::2], won[::2], rest[::2]


def unique_rows(packed: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], Integers]:
    """The distinct rows of packed bits, in order, and which of them each row is."""
    width = packed.shape[1]
    if width == 0 or not len(packed):
        return packed[:1], np.zeros(len(packed), np.int64)
    if width <= 2:
        return _unique_codes(packed @ np.array([256, 1])[-width:], width)
    if width <= 8:
        padded = np.zeros((len(packed), 8), np.uint8)
        padded[:, :width] = packed
        rows = padded.view(">u8").ravel()
    else:
        rows = np.ascontiguousarray(packed).view(f"V{width}").ravel()
    _, first, place = np.unique(rows, return_index=True, return_inverse=True)
    return packed[first], place.astype(np.int64)


def _unique_codes(codes: Integers, width: int) -> tuple[NDArray[np.uint8], Integers]:
    """As `unique_rows`, of rows that are numbers of one or two bytes: counted, not sorted."""
    occurs = np.bincount(codes, minlength=256**width) > 0
    distinct = np.flatnonzero(occurs).astype(">u2")
    return distinct.view(np.uint8).reshape(-1, 2)[:, 2 - width :], (np.cumsum(occurs) - 1)[codes]


class OutcomeCounts:
    """What was counted of `literals` literals and `shut_outs` bits, over the configs' groups.

    `met` and `met_won` [literals] are units that meet a literal; `shut` and `shut_won` [shut_outs]
    units that one condition alone keeps from matching its config.
    """

    def __init__(self, configs: tuple[ConfigShape, ...], literals: int, shut_outs: int) -> None:
        self.configs = configs
        self.literals = literals
        self.shut_outs = shut_outs
        self.units = self.won = 0
        self.scores = ScoreCounts()
        self.met, self.met_won = np.zeros((2, literals), np.int64)
        self.shut, self.shut_won = np.zeros((2, shut_outs), np.int64)
        self.shut_once_won = np.zeros(len(configs), np.int64)
        groups = {group for config in configs for group in config.groups}
        self.patterns = {group: PatternCounts(group) for group in sorted(groups)}

    def add(self, evidence: Evidence, won: Flags, amounts: Floats) -> None:
        """Count units with their outcomes and amounts [units]."""
        self.units += len(won)
        self.won += int(won.sum())
        self.scores.add(evidence.hundredths, won, amounts)
        literals = _unpack(evidence.literals, self.literals)
        self.met += literals.sum(axis=0)
        self.met_won += literals[won].sum(axis=0)
        for counts in self.patterns.values():
            counts.add(literals, won)
        self._add_shut_out(evidence, won)

    def _add_shut_out(self, evidence: Evidence, won: Flags) -> None:
        shut_out = _unpack(evidence.shut_out, self.shut_outs)
        for number, config in enumerate(self.configs):
            bits = [condition.shut_out for condition in config.conditions]
            missed = evidence.hundredths[:, config.column] == NO_MATCH
            shut = shut_out[:, bits] & missed[:, None]
            self.shut[bits] += shut.sum(axis=0)
            self.shut_won[bits] += shut[won].sum(axis=0)
            self.shut_once_won[number] += int(shut[won].any(axis=1).sum())


def _unpack(packed: NDArray[np.uint8], count: int) -> Flags:
    return np.unpackbits(packed, axis=1, count=count).astype(bool)
