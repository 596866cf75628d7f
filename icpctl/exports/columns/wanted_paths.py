"""What a path of a mapping asks of the scanner: columns, and tables of the elements of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from icpctl.exports.scanner.scan_results import ANY, ELEMENTS, NO_KIND, Kind, Wanted
from icpctl.mappings.paths import Elements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.exports.scanner.scan_results import Path as ScanPath
    from icpctl.mappings.paths import Step

_CONTAINERS = Kind.LIST | Kind.OBJECT


class WantedPaths:
    """The paths that a scanner is asked for, each once."""

    def __init__(self) -> None:
        self._numbers: dict[ScanPath, int] = {}
        self._brief: list[Kind] = []

    def add(self, path: ScanPath, brief: Kind = NO_KIND) -> int:
        """Ask for a path and return its number; `brief` kinds are only needed as `[]` or `{}`."""
        number = self._numbers.setdefault(path, len(self._numbers))
        if number == len(self._brief):
            self._brief.append(brief)
        else:
            self._brief[number] &= brief
        return number

    def wanted(self) -> list[Wanted]:
        """Return what the scanner is to be asked for, by number."""
        pairs = zip(self._numbers, self._brief, strict=True)
        return [Wanted(path, ANY, brief) for path, brief in pairs]


class ValuePlan(Struct, frozen=True):
    """A value at the end of some keys: the number of its wanted path."""

    number: int

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the wanted paths."""
        return (self.number,)


class ListPlan(Struct, frozen=True):
    """The elements of a list: the `tests` of them, which one to `pick`, what is wanted in each.

    `member` is the number of the elements themselves, `itself` that of the list. Where it
    `is_soft` a value that is not a list counts as a list of one, and null elements stay.
    """

    tests: tuple[tuple[int, str], ...]
    pick: int | None
    inner: PathPlan
    member: int
    itself: int
    is_soft: bool

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the wanted paths, those of the elements and of what lies in them."""
        return self.member, *(number for number, _ in self.tests), *self.inner.numbers


PathPlan: TypeAlias = ValuePlan | ListPlan


def plan_steps(
    steps: Sequence[Step], above: ScanPath, wanted: WantedPaths, *, is_soft: bool
) -> PathPlan:
    """PathPlan the steps that follow the scanner's path `above`."""
    keys: ScanPath = above
    for number, step in enumerate(steps):
        if isinstance(step, Elements):
            member: ScanPath = (*keys, ELEMENTS)
            rest = steps[number + 1 :]
            inner = plan_steps(rest, member, wanted, is_soft=is_soft)
            soft = is_soft and not rest
            return ListPlan(
                plan_tests(step, member, wanted),
                step.pick,
                inner,
                wanted.add(member, NO_KIND if not rest else _CONTAINERS),
                wanted.add(keys, Kind.LIST if soft else _CONTAINERS),
                soft,
            )
        if isinstance(step, str):
            keys = (*keys, step)
    return ValuePlan(wanted.add(keys))


def plan_tests(step: Elements, above: ScanPath, wanted: WantedPaths) -> tuple[tuple[int, str], ...]:
    """Return the tests of a list's elements: the number of a wanted path, and the text it has."""
    return tuple((wanted.add((*above, *keys)), text) for keys, text in step.where)
