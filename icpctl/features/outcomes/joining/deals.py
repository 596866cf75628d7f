"""Deals by key: what a CRM says became of an account or a visitor.

Times are seconds since the epoch, UTC, NaN where there is none.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct, field

from icpctl.features.outcomes.joining.keys import NO_DEAL, KeyNumbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from icpctl.features.outcomes.joining.keys import Keys

    Floats = NDArray[np.float64]

UNSAID = -1
"""In place of an outcome, where a row has no text."""


class Outcome(IntEnum):
    """What became of a deal; a key's is the greatest of its deals'."""

    OPEN = 0
    LOST = 1
    WON = 2


_OUTCOME_WORDS = {
    "won closedwon closedwin true yes y t 1 1.0 customer": Outcome.WON,
    "lost closedlost closedlose false no n f 0 0.0 disqualified": Outcome.LOST,
}
_OUTCOMES = {word: outcome for words, outcome in _OUTCOME_WORDS.items() for word in words.split()}

_WORD = re.compile(r"[^\W\d_]+")
_NUMBERING = re.compile(r"\A\d+\s*[.):-]\s*")
_BEFORE_OUTCOMES = ("closed", "close", "deal", "opportunity")


def read_outcome(text: str) -> Outcome:
    """The outcome that a stage (`Closed Won`) or a flag (`true`) says; any other stage is open.

    A stage may have a number before it and a reason after it: `9. Closed Lost - price`.
    """
    text = text.strip().casefold()
    words = _WORD.findall(text)
    if not words:
        return _OUTCOMES.get(text, Outcome.OPEN)
    said = "".join(filter(str.isalnum, _NUMBERING.sub("", text)))
    if said in _OUTCOMES or {"won", "lost"} <= {*words}:
        return _OUTCOMES.get(said, Outcome.OPEN)
    first = next((word for word in words if word not in _BEFORE_OUTCOMES), "")
    return {"won": Outcome.WON, "lost": Outcome.LOST}.get(first, Outcome.OPEN)


def merge_outcomes(
    won: NDArray[np.int8], stages: NDArray[np.int8], closed: NDArray[np.int8], unsaid: Outcome
) -> NDArray[np.int8]:
    """The outcome of each row [rows] from its flag of a win, its stage and its flag of the close.

    Each is an `Outcome`, or `UNSAID`. CRMs set the flag of a win to false for every deal that is
    not won, so that of an open deal it says nothing; the stage tells, or the flag of the close.
    """
    result = np.where(stages == UNSAID, np.where(won == UNSAID, unsaid, won), stages)
    result[won == Outcome.WON] = Outcome.WON
    is_not_won = won == Outcome.LOST
    result[is_not_won & (closed == Outcome.WON) & (result == Outcome.OPEN)] = Outcome.LOST
    result[is_not_won & (closed == Outcome.LOST)] = Outcome.OPEN
    return result


class DealRows(Struct, frozen=True):
    """A batch of deals as they were read, one a row."""

    keys: Keys
    outcomes: NDArray[np.int8]
    closes: Floats
    amounts: Floats


class DealTable(Struct):
    """Deals by key, numbered in the order of their first row. Its memory goes with the keys.

    `closes` is, of the key's won deals, the earliest close date, and where none is won the latest
    of its lost ones: visits before either came before the outcome. `amounts` adds up the won
    deals of a key. `without_key` deals join nothing; `open` ones say nothing yet.
    """

    numbers: KeyNumbers = field(default_factory=KeyNumbers)
    rows: int = 0
    without_key: int = 0
    open: int = 0
    outcomes: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    closes: Floats = field(default_factory=lambda: np.zeros(0))
    amounts: Floats = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.outcomes)

    @property
    def has_closes(self) -> bool:
        """Whether a key has a close date."""
        return bool(np.isfinite(self.closes).any())

    def add(self, deals: DealRows) -> None:
        """Add a batch of deals; open ones are counted and left out."""
        has_key, closed = deals.keys.known, deals.outcomes != Outcome.OPEN
        self.rows += len(has_key)
        self.without_key += int((~has_key).sum())
        self.open += int((has_key & ~closed).sum())
        used = np.flatnonzero(has_key & closed)
        number = self.numbers.of(deals.keys.take(used))
        self._merge(number, deals.outcomes[used], deals.closes[used], deals.amounts[used])

    def numbers_of(self, keys: Iterable[str | None]) -> NDArray[np.int64]:
        """Each key's number, `NO_DEAL` for those without a deal."""
        known = self.numbers.numbers
        numbers = [NO_DEAL if key is None else known.get(key, NO_DEAL) for key in keys]
        return np.array(numbers, np.int64)

    def _merge(
        self, number: NDArray[np.int64], outcomes: NDArray[np.int8], closes: Floats, amounts: Floats
    ) -> None:
        more = len(self.numbers) - len(self.outcomes)
        before = np.concatenate([self.outcomes, np.zeros(more, np.int8)])
        self.closes = np.concatenate([self.closes, np.full(more, np.nan)])
        self.amounts = np.concatenate([self.amounts, np.full(more, np.nan)])
        self.outcomes = before.copy()
        np.maximum.at(self.outcomes, number, outcomes)
        newly_won = (before == Outcome.LOST) & (self.outcomes == Outcome.WON)
        self.closes[newly_won] = np.nan  # the date of a loss that a win overrules
        decides = outcomes == self.outcomes[number]
        won = decides & (outcomes == Outcome.WON)
        np.fmin.at(self.closes, number[won], closes[won])
        lost = decides & (outcomes == Outcome.LOST)
        np.fmax.at(self.closes, number[lost], closes[lost])
        paid = won & ~np.isnan(amounts)
        self.amounts[number[paid]] = np.nan_to_num(self.amounts[number[paid]])
        np.add.at(self.amounts, number[paid], amounts[paid])
