"""Which numbers a field takes, and in which spellings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from icpctl.values import json_records
from icpctl.values.forms import number_forms, range_forms

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpctl.values.forms.range_forms import Bounds


class NumberReader(Struct, frozen=True):
    """How a field reads numbers: JSON numbers at once, and the other JSON texts one by one.

    `from_numbers` gives NaN for a number that does not fit. `from_text` is for what strings hold.
    """

    from_numbers: Callable[[np.ndarray], np.ndarray]
    from_text: Callable[[str], Bounds | None]
    has_ranges: bool = False

    def from_token(self, token: str) -> Bounds | None:
        """Return the lowest and highest number of a JSON text, None where it does not fit."""
        if token[:1] == '"':
            return self.from_text(str(json_records.loads(token)))
        if token[:1] == "{" and self.has_ranges:
            return self._from_object(json_records.loads(token))
        value = number_forms.json_number(token)
        if value is None:
            return None
        (fitting,) = self.from_numbers(np.array([value]))
        return None if np.isnan(fitting) else (float(fitting), float(fitting))

    def _from_object(self, value: dict[str, Any]) -> Bounds | None:
        """Return the bounds of `{min, max}`; a missing `max` is open, a missing `min` is 1."""
        low, high = (json_records.scalar_text(value.get(bound)) for bound in ("min", "max"))
        if low is None:
            return None if high is None else self.from_text(f"1 to {high}")
        return self.from_text(f"{low}+" if high is None else f"{low} to {high}")


def number_reader(name: str) -> NumberReader:
    """Return the reader of a condition type's field."""
    return _READERS.get(name, _ANY)


def _any_number(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)


def _counts(values: np.ndarray) -> np.ndarray:
    fits = np.isfinite(values) & (values >= 0) & (values == np.floor(values))
    return np.where(fits, values, np.nan)


def _days(values: np.ndarray) -> np.ndarray:
    days: np.ndarray = np.maximum(np.floor(_any_number(values)), 0)
    return days


def _single(
    read: Callable[[str], float | None], fitting: Callable[[np.ndarray], np.ndarray]
) -> Callable[[str], Bounds | None]:
    """Return what makes the bounds of a text that is one number."""

    def bounds(text: str) -> Bounds | None:
        value = read(text)
        if value is None:
            return None
        (fitted,) = fitting(np.array([value]))
        return float(fitted), float(fitted)

    return bounds


_COUNT = NumberReader(_counts, _single(number_forms.count, _counts))
_ANY = NumberReader(_any_number, range_forms.number_bounds, has_ranges=True)
_READERS = {
    "page_view_count": _COUNT,
    "session_count": _COUNT,
    "company_size": NumberReader(_counts, range_forms.size_bounds, has_ranges=True),
    "icp_score": NumberReader(_any_number, _single(number_forms.number, _any_number)),
    "last_seen_days": NumberReader(_days, _single(number_forms.number, _days)),
}
"""The readers of the fields that do not take ranges of any numbers, as custom fields do."""
