"""All equality tests of a field as one lookup, from a value to the bits of the tests it meets."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from icpctl.scoring.kernel.scores import WORD
from icpctl.values import column_forms, normal_forms
from icpctl.vocabulary import Form

if TYPE_CHECKING:
    import pyarrow as pa

    from icpctl.scoring.kernel.condition_tests import TestLayout
    from icpctl.vocabulary import ConditionType

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
            formed = column_forms.forms_of(entry.form, test.values)
            for at, (value, form) in enumerate(zip(test.values, formed, strict=True)):
                bit = parts[at] if parts else number
                if is_page and value[:1] == "/":
                    of_paths[bit].append(normal_forms.path_value(value))
                else:
                    others[bit].append(form)
        words = -(-layout.size // WORD)
        self.paths = EqualityTable(of_paths, words) if of_paths else None
        self.others = EqualityTable(others, words) if others else None
