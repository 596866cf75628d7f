"""The visitors with the highest scores of a run, with whatever is to be known of each."""

from __future__ import annotations

from heapq import nsmallest
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from icpctl.scoring.kernel.verdicts import Verdicts

T = TypeVar("T")


class Ranked(Struct, Generic[T], frozen=True):
    """A visitor by its score in hundredths, and by how many visitors came before it."""

    hundredths: int
    position: int
    visitor: T

    @property
    def rank(self) -> tuple[int, int]:
        """The order: the highest score first, of equals those that came first."""
        return -self.hundredths, self.position


class BestVisitors(Struct, Generic[T]):
    """Keeps at most `most` of the visitors that match with a score above `floor` (hundredths)."""

    most: int
    floor: int = -1
    seen: int = 0
    ranked: list[Ranked[T]] = field(default_factory=list)

    def add(
        self,
        verdicts: Verdicts,
        visitors_on: Callable[[np.ndarray], Iterable[T]],
        chosen: np.ndarray | None = None,
    ) -> None:
        """Look at a batch, or of it at the rows that are True in `chosen` [rows].

        `visitors_on` makes the visitors of row numbers: only of those that are kept for now.
        """
        position, scores = self.seen, verdicts.icp_hundredths
        self.seen += len(scores)
        worst = self.ranked[-1].hundredths if len(self.ranked) == self.most else self.floor
        is_better = (verdicts.icp >= 0) & (scores > worst)
        rows = np.flatnonzero(is_better if chosen is None else is_better & chosen)
        rows = rows[np.argsort(-scores[rows], kind="stable")][: self.most]
        if len(rows):
            ranked = zip(rows.tolist(), scores[rows].tolist(), visitors_on(rows), strict=True)
            self._keep([Ranked(score, position + row, visitor) for row, score, visitor in ranked])

    def merge(
        self, later: BestVisitors[T], change: Callable[[T], T] = lambda visitor: visitor
    ) -> None:
        """Keep the best of a later part of the run, too; `change` is applied to its visitors."""
        self._keep(
            [
                Ranked(other.hundredths, self.seen + other.position, change(other.visitor))
                for other in later.ranked
            ]
        )
        self.seen += later.seen

    @property
    def visitors(self) -> list[T]:
        """The best, in order."""
        return [ranked.visitor for ranked in self.ranked]

    def _keep(self, more: list[Ranked[T]]) -> None:
        self.ranked = nsmallest(self.most, [*self.ranked, *more], key=lambda ranked: ranked.rank)
