"""The keys of rows: what joins them with deals, and which account they are of."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from icpctl.exports.visitor_keys import keys_of
from icpctl.features.outcomes.joining.deals import NO_DEAL
from icpctl.values.column import KnownTexts, distinct_of

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from icpctl.exports.visitor_keys import KeyForm
    from icpctl.features.outcomes.joining.deals import DealTable

    Integers = NDArray[np.int64]
    Rows = NDArray[np.bool_] | Integers | slice

DICTIONARIES = 8
"""Columns of texts that are remembered: the threads of a run have one each."""


@dataclass(frozen=True, slots=True)
class KeyTexts:
    """The keys of distinct texts, None for those without, and the deal of each.

    `accounts` are the numbers of their accounts, -1 until `AccountNumbers` puts them there.
    """

    keys: list[str | None]
    has_key: NDArray[np.bool_]
    deals: Integers
    accounts: Integers

    def joined(self, later: KeyTexts) -> KeyTexts:
        """Return these keys with others after them."""
        return KeyTexts(
            self.keys + later.keys,
            np.concatenate([self.has_key, later.has_key]),
            np.concatenate([self.deals, later.deals]),
            np.concatenate([self.accounts, later.accounts]),
        )


@dataclass(frozen=True, slots=True)
class Keys:
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
    """Makes the keys of a field's rows, once for each text. Used by one thread at a time."""

    def __init__(self, form: KeyForm, deals: DealTable) -> None:
        self._form, self._deals = form, deals
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
        return KeyTexts(keys, has_key, self._deals.numbers_of(keys), np.full(len(keys), -1))


@dataclass(slots=True)
class AccountNumbers:
    """Numbers accounts in the order of their first row. Its memory goes with the accounts."""

    numbers: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)

    def of(self, keys: Keys) -> Integers:
        """Return the number of each row's account; every row has a key."""
        codes, texts, numbers = keys.codes, keys.texts, self.numbers
        is_new = texts.accounts[codes] < 0
        if is_new.any():
            new, first = np.unique(codes[is_new], return_index=True)
            new = new[np.argsort(first)]
            keys_of_new = [str(texts.keys[code]) for code in new.tolist()]
            texts.accounts[new] = [numbers.setdefault(key, len(numbers)) for key in keys_of_new]
        return texts.accounts[codes]


def text_hash(text: str) -> int:
    """Return a number that stands for a text, 0 or greater, the same everywhere."""
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big")
