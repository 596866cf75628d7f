"""Tests: what a condition asks without its negation, and the bits that tests own.

All equality tests of a field are one lookup, from a value to the bits of the tests that it meets.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from msgspec import Struct

from icpctl.scoring.kernel.scores import WORD
from icpctl.values.forms import normal_forms, text_forms, url_forms
from icpctl.vocabulary import COMPARATORS, Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from icpctl.config.model import Condition
    from icpctl.vocabulary import ConditionType


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
            text_forms.plain(str(text), case_sensitive=case_sensitive) for text in values
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


_Bits: TypeAlias = "dict[int, list[str]]"
"""For each bit the values that own it."""


class EqualityTable:
    """Listed values in their normal form, and the bits that each has.

    `bits` [values + 1, words] has a last row for what is not listed.
    """

    def __init__(self, values_of_bits: _Bits, words: int) -> None:
        numbers: dict[str, int] = {}
        rows_of_bits = {
            bit: [numbers.setdefault(value, len(numbers)) for value in values]
            for bit, values in values_of_bits.items()
        }
        self.values = list(numbers)
        self.bits = np.zeros((len(numbers) + 1, words), np.uint8)
        for bit, rows in rows_of_bits.items():
            self.bits[rows, bit // WORD] |= np.uint8(1 << bit % WORD)

    @cached_property
    def value_set(self) -> pa.Array:
        """The values as an Arrow array."""
        import pyarrow as pa

        return pa.array(self.values, pa.string())

    def bits_of(self, texts: pa.Array) -> np.ndarray:
        """The bits of each of some texts in the same normal form [texts, words]."""
        import pyarrow.compute as pc

        places = pc.fill_null(pc.index_in(texts, value_set=self.value_set), len(self.values))
        taken: np.ndarray = self.bits.take(places.to_numpy(zero_copy_only=False), axis=0)
        return taken


class EqualityTables:
    """The tables of a field: `paths` for values that are compared with a page's path alone."""

    def __init__(self, entry: ConditionType, layout: TestLayout) -> None:
        of_paths: _Bits = defaultdict(list)
        others: _Bits = defaultdict(list)
        is_page = entry.form is Form.PAGE
        for number, test in enumerate(layout.tests):
            if not test.is_equality or entry.form is Form.PART_OF_PAGE:
                continue
            parts = layout.parts.get(number)
            formed = normal_forms.forms_of(entry.form, test.values)
            for at, (value, form) in enumerate(zip(test.values, formed, strict=True)):
                bit = parts[at] if parts else number
                if is_page and value[:1] == "/":
                    of_paths[bit].append(url_forms.path_value(value))
                else:
                    others[bit].append(form)
        words = -(-layout.size // WORD)
        self.paths = EqualityTable(of_paths, words) if of_paths else None
        self.others = EqualityTable(others, words) if others else None
