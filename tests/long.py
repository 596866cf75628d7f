"""What a quick run of the tests leaves out.

`ICPCTL_LONG=1` runs all tests, in some minutes more. `ICPCTL_LONG=all` also takes the largest
sizes, such as a thousand permutations of outcomes, which takes an hour, and lets Hypothesis try all
its examples, other ones in each run.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

LONG = bool(os.environ.get("ICPCTL_LONG"))
LARGEST = os.environ.get("ICPCTL_LONG") == "all"

long = pytest.mark.long
"""A test that a quick run leaves out: it takes seconds, or another one proves nearly the same."""


def examples(count: int) -> int:
    """Return how many examples Hypothesis tries: all, an eighth in a long run, or a sixteenth."""
    return count if LARGEST else max(10, count // 8) if LONG else max(5, count // 16)


def some(cases: Iterable[object], count: int = 1) -> list[object]:
    """Return several alike cases, all but the first `count` of them as `long`."""
    listed = list(cases)
    return [*listed[:count], *(pytest.param(case, marks=long) for case in listed[count:])]
