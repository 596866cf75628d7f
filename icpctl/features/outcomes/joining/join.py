"""How the rows of an export meet deals, or are their own outcome."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Struct

from icpctl.exports.visitor_keys import domain_form, exact_form, text_form
from icpctl.features.outcomes.joining.deals import DealRows, DealTable, Outcome, read_outcome
from icpctl.features.outcomes.joining.keys import NO_DEAL, KeyReader
from icpctl.values import number_forms

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from icpctl.exports.visitor_keys import KeyForm
    from icpctl.features.outcomes.joining.keys import Keys

_MOST_LABELS = 1_000


class Join(Struct, frozen=True):
    """How visitors meet their outcomes.

    `read` gives the deals, for which it may have to wait; it raises what reading them raises.
    `field` is a field of the mapping or `carried` a path of the record, whose text `form` reduces.
    With `label` outcomes are in the record: won where the text is `label`, or, where that is empty,
    where it says so; `labels` are the texts that occur, and how often. `by_account` merges visitors
    by domain.
    """

    read: Callable[[], DealTable]
    form: KeyForm
    by_account: bool
    field: str | None = None
    carried: str | None = None
    label: str | None = None
    labels: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def table(self) -> DealTable:
        """The deals."""
        return self.read()


class RowJoiner:
    """Finds the deals and accounts of the rows of batches. Used by one thread at a time."""

    def __init__(self, join: Join) -> None:
        self._join = join
        self._keys = KeyReader(
            join.form if join.label is None else text_form, join.table.numbers_of
        )
        self._accounts = KeyReader(domain_form, join.table.numbers_of)

    def deals(self, tokens: pa.Array) -> tuple[NDArray[np.int64], Keys]:
        """Return the deal of each row, `NO_DEAL` for those without, and what it was joined on."""
        keys = self._keys.keys(tokens)
        if self._join.label is not None:
            return _label_deals(keys, self._join.label), keys
        return keys.deals, keys

    def accounts(self, domains: pa.Array | None, keys: Keys) -> Keys | None:
        """Return the account of each row, where units are accounts and there are `domains`.

        `keys` are what the row was joined on.
        """
        if domains is None:
            return None
        is_joined = self._join.field == "domain" and self._join.label is None
        return keys if is_joined else self._accounts.keys(domains)


def label_table() -> DealTable:
    """The deals that labels stand for: 0 is lost, 1 is won."""
    table = DealTable()
    outcomes = np.array([Outcome.LOST, Outcome.WON], np.int8)
    keys = KeyReader(exact_form).keys(pa.array(['"lost"', '"won"']))
    table.add(DealRows(keys, outcomes, np.full(2, np.nan), np.full(2, np.nan)))
    return table


def _label_deals(keys: Keys, wanted: str) -> NDArray[np.int64]:
    """Return the deal of `label_table` [rows] of each label, none for other labels than a win's."""
    (form,) = text_form(pa.array([wanted])).to_pylist()
    number = number_forms.number(form)

    def is_won(text: str | None) -> bool:
        if text is None:
            return False
        if not form:
            return read_outcome(text) is Outcome.WON
        return text == form or (number is not None and number_forms.number(text) == number)

    won = [1 if is_won(text) else NO_DEAL for text in [*keys.texts.keys, None]]
    deals: NDArray[np.int64] = np.array(won, np.int64)[keys.codes]
    return deals


def count_labels(keys: Keys, labels: Counter[str]) -> None:
    """Count the labels of rows; only the first `_MOST_LABELS` that occur are kept."""
    texts = keys.texts.keys
    counts = np.bincount(keys.codes[keys.known], minlength=len(texts)).tolist()
    for text, count in zip(texts, counts, strict=True):
        if count and text and (text in labels or len(labels) < _MOST_LABELS):
            labels[text] += count
