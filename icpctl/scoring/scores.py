"""Scores: exact arithmetic, once for each pattern of held conditions that occurs (SPEC 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from icpctl.scoring.plan import ConfigPlan

WORD = 8
_MOST = 12  # conditions whose patterns have a table: 4,096 scores
_UNKNOWN = -1


class ScoreTable:
    """The scores of a config, by the pattern of the conditions that make a difference to them.

    In a config of one AND group its required conditions make none, because a visitor that
    matches holds them all. Safe on any thread: what two threads find out is the same.
    """

    def __init__(self, config: ConfigPlan) -> None:
        self._config = config
        is_and = len(config.groups) == 1 and config.groups[0].operator == Operator.AND
        self._deciding = [
            number for number, one in enumerate(config.conditions) if one.optional or not is_and
        ]
        self._parts = self._code_parts() if len(self._deciding) <= _MOST else []
        self._scores = np.full(1 << len(self._deciding) if self._parts else 1, _UNKNOWN, np.int16)
        self._known: dict[bytes, int] = {}

    def of(self, words: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The scores, in hundredths, of the `rows` that match; words are [words, rows]."""
        if len(self._deciding) > _MOST:
            return self._of_many(words, rows)
        codes = np.zeros(len(rows), np.uint16)
        for word, part in self._parts:
            codes += part.take(words[word].take(rows))
        scores = self._scores.take(codes)
        unknown = scores == _UNKNOWN
        if unknown.any():
            for code in np.unique(codes[unknown]).tolist():
                bits = [code >> place & 1 for place in range(len(self._deciding))]
                self._scores[code] = self._score(bits)
            scores = self._scores.take(codes)
        return scores

    def _code_parts(self) -> list[tuple[int, np.ndarray]]:
        """For each word what its 256 values add to the code, whose bit `i` is deciding bit `i`."""
        parts: dict[int, np.ndarray] = {}
        values = np.arange(1 << WORD, dtype=np.uint16)
        for place, number in enumerate(self._deciding):
            word, bit = divmod(self._config.conditions[number].bit, WORD)
            part = parts.setdefault(word, np.zeros(1 << WORD, np.uint16))
            part += (values >> bit & 1) << place
        return list(parts.items())

    def _of_many(self, words: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The same where a table would be too large."""
        bits = np.empty((len(rows), len(self._deciding)), np.uint8)
        for place, number in enumerate(self._deciding):
            word, bit = divmod(self._config.conditions[number].bit, WORD)
            bits[:, place] = words[word].take(rows) >> bit & 1
        packed = np.packbits(bits, axis=1)
        keys = packed.view(np.dtype((np.void, packed.shape[1])))[:, 0]
        _, firsts, patterns = np.unique(keys, return_index=True, return_inverse=True)
        scores = []
        for first in firsts:
            key = packed[first].tobytes()
            if key not in self._known:
                self._known[key] = self._score(bits[first].tolist())
            scores.append(self._known[key])
        return np.array(scores, np.int16)[patterns]

    def _score(self, bits: list[int]) -> int:
        """The score where the deciding conditions' bits are so and all others hold."""
        held = [True] * len(self._config.conditions)
        for number, bit in zip(self._deciding, bits, strict=True):
            held[number] = bool(bit) != self._config.conditions[number].negated
        return self._config.hundredths(held)
