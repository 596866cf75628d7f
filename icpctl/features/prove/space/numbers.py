"""All that a visitor can have in a number or boolean field, as finitely many numbers.

Between two neighbouring thresholds every comparator gives the same for every number, so the
thresholds and a number from each gap stand for all. The ends of a range are whole numbers from 0;
both may lie in one gap, which is why the first and the last whole number of each gap are there.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from icpctl.scoring.value_bits import number_kernel
from icpctl.values import number_forms
from icpctl.vocabulary import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpctl.scoring.plan import Test
    from icpctl.vocabulary import ConditionType


class NumberSource:
    """One field of numbers: its points in ascending order, and the tests on it by bit.

    With `ranges` a visitor may have a range from one point to another; the last point is infinite
    then. `limits` are the tests of `employee_size_range` that look here where that is missing.
    Where the field counts something, visitors have whole numbers from 0.
    """

    def __init__(
        self, entry: ConditionType, tests: Mapping[int, Test], of_ranges: Mapping[int, Test]
    ) -> None:
        self.name = entry.name
        self.tests = dict(tests)
        self.limits = {
            bit: [it for it in map(_bounds, test.values) if it]
            for bit, test in of_ranges.items()
            if test.is_equality and not test.needs_all
        }
        self.is_flag = entry.kind is Kind.BOOLEAN
        self.ranges = entry.has_ranges
        self._whole = entry.is_count
        marks = {float(value) for test in self.tests.values() for value in test.values}
        marks |= {it for limits in self.limits.values() for pair in limits for it in pair}
        finite = sorted(it for it in marks if math.isfinite(it))
        self.points = [0.0, 1.0] if self.is_flag else _points(finite, ranges=self.ranges)
        self.held = cache(self._held)

    def first(self, value: float, *, above: bool = False) -> int:
        """The number of the first point that is not less than `value`, or is above it."""
        return (bisect_right if above else bisect_left)(self.points, value)

    def can_be(self, point: int) -> bool:
        """Whether a visitor's number can be this point."""
        return self.points[point] < math.inf and (not self._whole or self.is_whole(point))

    def is_whole(self, point: int) -> bool:
        """Whether a range can begin or end here."""
        value = self.points[point]
        return value >= 0 and (math.isinf(value) or value == math.floor(value))

    def _held(self, bit: int, low: int, high: int) -> bool:
        bounds = np.array([[self.points[low], self.points[high]]])
        if bit in self.limits:
            value = self.points[low]
            return low == high and any(least <= value <= most for least, most in self.limits[bit])
        test = self.tests[bit]
        return bool(number_kernel(test)(bounds, test.values)[0])


def _bounds(value: str) -> tuple[float, float] | None:
    return number_forms.size_bounds(number_forms.size_range(value))


def _points(marks: list[float], *, ranges: bool) -> list[float]:
    found = set(marks)
    for low, high in pairwise([-math.inf, *marks, math.inf]):
        found |= _between(low, high)
    if ranges:
        top = math.floor(marks[-1]) if marks else 0
        found |= {0.0, float(top + 1), float(top + 2), math.inf}
    return sorted(found)


def _between(low: float, high: float) -> set[float]:
    """Numbers between two: the first and last whole ones, else any; none where there is none."""
    ends: set[float] = set()
    if math.isfinite(low):
        ends.add(float(math.floor(low) + 1))
    if math.isfinite(high):
        ends |= {0.0, float(math.ceil(high) - 1)}
    if math.isinf(low) and math.isinf(high):
        ends = {0.0, 1.0}
    inside = {it for it in ends if low < it < high}
    if inside:
        return inside
    middle = low / 2 + high / 2 if math.isfinite(low) and math.isfinite(high) else math.nan
    near = math.nextafter(low, high) if math.isfinite(low) else math.nextafter(high, low)
    inside = {it for it in (middle, near) if low < it < high and math.isfinite(it)}
    return {middle} & inside or inside
