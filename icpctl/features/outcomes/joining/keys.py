"""The keys of rows: what joins them with deals, and which account they are of."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct, field

from icpctl.values.join_keys import keys_of
from icpctl.values.known_texts import KnownTexts
from icpctl.values.tokens import distinct_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from icpctl.values.join_keys import KeyForm

    Integers = NDArray[np.int64]
    Rows = NDArray[np.bool_] | Integers | slice

NO_DEAL = -1
"""The number of a row's deal, where it has none."""

DICTIONARIES = 8
"""Columns of texts that are remembered: the threads of a run have one each."""


class KeyTexts(Struct, frozen=True):
    """The keys of distinct texts, None for those without, and the deal of each.

    `numbers` are those that `KeyNumbers` gave them, -1 until it has.
    """

    keys: list[str | None]
    has_key: NDArray[np.bool_]
    deals: Integers
    numbers: Integers

    def joined(self, later: KeyTexts) -> KeyTexts:
        """Return these keys with others after them."""
        return KeyTexts(
            self.keys + later.keys,
            np.concatenate([self.has_key, later.has_key]),
            np.concatenate([self.deals, later.deals]),
            np.concatenate([self.numbers, later.numbers]),
        )


class Keys(Struct, frozen=True):
    """The key of each row: `texts.keys[codes[row]]`, or -1 for a row without one."""

    codes: Integers
    texts: KeyTexts

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether each row has a key."""
        return self.codes >= 0

    @property
    def deals(self) -> Integers:
        """The number of each row's deal, `NO_DEAL` for those without."""
        return np.where(self.known, np.append(self.texts.deals, NO_DEAL)[self.codes], NO_DEAL)

    def take(self, rows: Rows) -> Keys:
        """Keep these rows."""
        return Keys(self.codes[rows], self.texts)

    def of_row(self, row: int) -> str | None:
        """Return the key of one row."""
        code = int(self.codes[row])
        return self.texts.keys[code] if code >= 0 else None


class KeyReader:
    """Makes the keys of a field's rows, once for each text. Used by one thread at a time.

    `deals_of` gives the number of each key's deal; without it no key has one.
    """

    def __init__(
        self, form: KeyForm, deals_of: Callable[[Sequence[str | None]], Integers] | None = None
    ) -> None:
        self._form = form
        self._deals_of = deals_of or (lambda keys: np.full(len(keys), NO_DEAL))
        self._known = KnownTexts(self._make, KeyTexts.joined, DICTIONARIES)

    def keys(self, tokens: pa.Array) -> Keys:
        """Return the keys of rows, whose values are JSON texts."""
        codes, distinct = distinct_of(tokens)
        texts = self._known.of(distinct)
        has_key = np.append(texts.has_key, False)[codes]
        return Keys(np.where(has_key, codes, -1).astype(np.int64), texts)

    def _make(self, distinct: pa.Array) -> KeyTexts:
        keys = keys_of(distinct, self._form)
        has_key = np.array([key is not None for key in keys], bool)
        return KeyTexts(keys, has_key, self._deals_of(keys), np.full(len(keys), -1))


class KeyNumbers(Struct):
    """Numbers keys in the order of their first row. Its memory goes with the keys."""

    numbers: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)

    def of(self, keys: Keys) -> Integers:
        """Return the number of each row's key; every row has one."""
        codes, texts, numbers = keys.codes, keys.texts, self.numbers
        is_new = texts.numbers[codes] < 0
        if is_new.any():
            new, first = np.unique(codes[is_new], return_index=True)
            new = new[np.argsort(first)]
            keys_of_new = [str(texts.keys[code]) for code in new.tolist()]
            texts.numbers[new] = [numbers.setdefault(key, len(numbers)) for key in keys_of_new]
        return texts.numbers[codes]


def text_hash(text: str) -> int:
    """Return a number that stands for a text, 0 or greater, the same everywhere."""
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big")
