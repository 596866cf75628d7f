"""The paths of a mapping over the columns of a scanner: what is asked for, and what it comes to.

A path of keys is a column. Each step through the elements of a list is a separate table, in whose
rows the tests and the rest of the path are columns again. Tests and conversions are done once for
each distinct token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from icpctl.exports.columns.first_values import converted, first_lists, first_tokens, with_tests
from icpctl.exports.columns.scanned_paths import RECORDS
from icpctl.exports.columns.tokens import Tokens, as_lists, together
from icpctl.exports.columns.wanted_paths import ListPlan, plan_steps, plan_tests
from icpctl.mappings.conversions import BOUNDS, COUNT, RANGE
from icpctl.mappings.paths import (
    Constant,
    Convert,
    Elements,
    Together,
    Unless,
    conversion,
    is_many,
    missing_texts,
)
from icpctl.values import json_records

if TYPE_CHECKING:
    from icpctl.exports.columns.scanned_paths import Scanned
    from icpctl.exports.columns.tokens import Values
    from icpctl.exports.columns.wanted_paths import PathPlan, WantedPaths
    from icpctl.mappings.paths import Path


class PlannedPath(Struct, frozen=True):
    """A path of a mapping: the `tests` of the record, and the `plan` for what follows them."""

    path: Path
    tests: tuple[tuple[int, str], ...] = ()
    plan: PathPlan | None = None

    @classmethod
    def of(cls, path: Path, wanted: WantedPaths, *, as_list: bool = False) -> PlannedPath:
        """PathPlan a path; `as_list` means that a list at its end is several values."""
        if isinstance(path[0], Constant):
            return cls(path)
        how = conversion(path)
        steps = [step for step in path if not isinstance(step, Unless | Convert)]
        tests: tuple[tuple[int, str], ...] = ()
        if isinstance(steps[0], Elements):
            tests = plan_tests(steps[0], (), wanted)
            steps = steps[1:]
        is_counted = how is not None and how.name == COUNT
        has_elements = any(isinstance(step, Elements) for step in steps)
        is_soft = isinstance(steps[-1], str) and (not has_elements if is_counted else as_list)
        if is_soft:
            steps.append(Elements())
        return cls(path, tests, plan_steps(steps, (), wanted, is_soft=is_soft))

    def values(self, scanned: Scanned) -> list[Values]:
        """Return what the path gives: one result for each spelling of its keys, the best first."""
        if isinstance(self.path[0], Constant):
            token = json_records.dumps(self.path[0].text)
            return [Tokens.constant(token, scanned.scanner.rows)]
        how = conversion(self.path)
        if self.plan is None:
            return []
        is_alike = isinstance(self.plan, ListPlan) and (self.plan.is_soft or is_many(self.path))
        if how and how.name == COUNT and is_alike:
            results = scanned.counts(self.plan)
        else:
            results = [
                converted(values, missing_texts(self.path), how)
                for values in scanned.values(self.plan, RECORDS)
            ]
        return [self._tested(values, scanned) for values in results]

    def _tested(self, values: Values, scanned: Scanned) -> Values:
        return with_tests(values, scanned.held(self.tests, RECORDS)) if self.tests else values


class PlannedBounds(Struct, frozen=True):
    """A path `as: range` in a table that has a column for each bound: their numbers."""

    path: Path
    numbers: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, path: Path, wanted: WantedPaths) -> list[PlannedBounds]:
        """PathPlan the bounds of a path, if it may have any."""
        how = conversion(path)
        keys = [step for step in path if isinstance(step, str)]
        if not how or how.name != RANGE or len(keys) != len(path) - 1:
            return []
        return [cls(path, tuple((it, wanted.add((*keys, it))) for it in BOUNDS))]

    def values(self, scanned: Scanned) -> list[Values]:
        """Return the ranges of the bounds that there are."""
        of_bounds = [(bound, scanned.tokens(number, RECORDS)) for bound, number in self.numbers]
        parts: list[pa.Array | str] = []
        for bound, candidates in of_bounds:
            if candidates:
                text = pc.fill_null(first_tokens(candidates).texts(), "null")
                parts += [f'{"," if parts else "{"}"{bound}":', text]
        if not parts:
            return []
        objects = pc.binary_join_element_wise(*parts, "}", "")
        return [converted(Tokens.of(objects), (), conversion(self.path))]


class PlannedTogether(Struct, frozen=True):
    """Several paths whose values come together in one list."""

    path: Path
    parts: tuple[AnyPlanned, ...]

    def values(self, scanned: Scanned) -> list[Values]:
        """Return the lists of all that the paths give."""
        of_parts = [part.values(scanned) for part in self.parts]
        lists = [as_lists(first_lists(its)) for its in of_parts if its]
        how = conversion(self.path)
        return [converted(together(lists), (), how)] if lists else []


AnyPlanned: TypeAlias = PlannedPath | PlannedBounds | PlannedTogether


def planned_path(path: Path, wanted: WantedPaths, *, as_list: bool = False) -> AnyPlanned:
    """PathPlan a path, whatever it is; see `PlannedPath.of`."""
    first = path[0]
    if not isinstance(first, Together):
        return PlannedPath.of(path, wanted, as_list=as_list)
    parts = tuple(planned_path(part, wanted, as_list=True) for part in first.paths)
    return PlannedTogether(path, parts)
