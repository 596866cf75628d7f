"""Counts of parts of a run, put together."""

from __future__ import annotations

import numpy as np

from icpctl.features.report.breakdowns import LONGEST, Tally


def tally(most: int | None, *keys: str | None) -> Tally:
    """Each key once, the first of them a match."""
    found = Tally(most)
    held = np.arange(len(keys)) == 0
    found.add(keys, np.arange(len(keys)), held)
    return found


def test_what_follows_is_counted() -> None:
    found = tally(None, "a", "b")
    found.merge(tally(None, "b", None))
    assert found.visitors == {"a": 1, "b": 2, None: 1}
    assert found.matched == {"a": 1, "b": 1, None: 0}


def test_a_bound_holds_for_what_follows() -> None:
    """Keys that are known go on, new ones have no room, and what had none before stays so."""
    found = tally(2, "a", "b")
    later = tally(3, "b", "c", "d", "e", None)
    assert later.uncounted == 1
    found.merge(later)
    assert found.visitors == {"a": 1, "b": 2, None: 1}
    assert found.uncounted == 3


def test_long_keys_stay_uncounted_behind_a_bound() -> None:
    found = tally(2, "a")
    found.merge(tally(None, "x" * (LONGEST + 1)))
    assert (found.visitors, found.uncounted) == ({"a": 1}, 1)
