"""Tests: what a condition asks without its negation, and the bits that tests own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from icpctl.scoring.kernel.scores import WORD
from icpctl.values import normal_forms
from icpctl.vocabulary import COMPARATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.model import Condition


class Test(Struct, frozen=True, cache_hash=True):
    """A comparator that is not negative, with its values; texts are in the form of SPEC 3.

    It is hashed once, because a list may be long.
    """

    __test__ = False  # for pytest: nothing to collect

    comparator: str
    values: tuple[Any, ...]

    @property
    def is_equality(self) -> bool:
        """Whether it compares whole values in their normal form."""
        return COMPARATORS[self.comparator].is_equality

    @property
    def needs_all(self) -> bool:
        """Whether every listed value must be met."""
        return COMPARATORS[self.comparator].needs_all

    @property
    def asks_presence(self) -> bool:
        """Whether any value will do."""
        return COMPARATORS[self.comparator].asks_presence


def make_test(condition: Condition, *, case_sensitive: bool) -> Test:
    """Return what a condition asks, so that equal tests are equal however they are put."""
    comparison = condition.comparison.positive
    if comparison.asks_presence:
        return Test(comparison.test, ())
    values = condition.listed
    if condition.condition_type.is_words:
        values = tuple(
            normal_forms.plain(str(text), case_sensitive=case_sensitive) for text in values
        )
    if comparison.is_equality or comparison.takes_list:
        values = tuple(dict.fromkeys(values))
    return Test(comparison.test, values)


class TestLayout:
    """Which bits of a value's words the tests of a field own.

    After them is one for each value that a test lists which needs all of them, since different
    values of a visitor may meet those. `width` are the words of the tests alone, `size` all bits.
    """

    __test__ = False

    def __init__(self, tests: Sequence[Test]) -> None:
        self.tests = tuple(tests)
        self.width = -(-len(tests) // WORD)
        self.parts: dict[int, range] = {}
        self.size = len(tests)
        for number, test in enumerate(tests):
            if test.needs_all:
                self.parts[number] = range(self.size, self.size + len(test.values))
                self.size += len(test.values)
