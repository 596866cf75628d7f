"""The best visitors of parts of a run, merged, are those of the whole run."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from icpctl.scoring.counts import BestVisitors
from icpctl.scoring.verdicts import Verdicts

SCORES = st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=30)


def verdicts(scores: list[int | None]) -> Verdicts:
    """Verdicts of visitors with these scores in hundredths; None matches nothing."""
    nothing = np.empty(0, np.int32)
    icp = np.array([-1 if score is None else 0 for score in scores], np.int32)
    hundredths = np.array([score or 0 for score in scores], np.int16)
    return Verdicts(icp, hundredths, nothing, nothing, nothing, {})


def best_of(parts: list[list[list[int | None]]], most: int, floor: int) -> list[int]:
    """The numbers of the best of all visitors, from parts of batches that are merged."""
    whole: BestVisitors[int] = BestVisitors(most, floor)
    number = 0
    for part in parts:
        counts: BestVisitors[int] = BestVisitors(most, floor)
        for scores in part:
            start = number
            counts.add(verdicts(scores), lambda rows, start=start: (rows + start).tolist())  # type: ignore[misc]
            number += len(scores)
        whole.merge(counts)
    return whole.visitors


@given(st.lists(st.lists(SCORES, max_size=3), max_size=4), st.integers(1, 8), st.integers(-1, 2))
def test_parts_are_as_the_whole(parts: list[list[list[int | None]]], most: int, floor: int) -> None:
    scores = [score for part in parts for batch in part for score in batch]
    matching = [(-score, number) for number, score in enumerate(scores) if score is not None]
    expected = [number for score, number in sorted(matching) if -score > floor][:most]
    assert best_of(parts, most, floor) == expected


def test_rows_that_are_not_chosen_are_none_of_the_best() -> None:
    best: BestVisitors[int] = BestVisitors(2)
    best.add(verdicts([3, 2, 1]), lambda rows: rows.tolist(), np.array([False, True, True]))
    assert best.visitors == [1, 2]
    assert best.seen == 3
