"""Values that do not fit their field: what is wrong with them, how many there are, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.config.definitions.custom_fields import PREFIX
from icpctl.mappings.mapping import LAST_SEEN
from icpctl.output.wording import counted, cut
from icpctl.values.forms.date_forms import has_two_readings
from icpctl.vocabulary import CONDITION_TYPES, Kind

if TYPE_CHECKING:
    from icpctl.exports.columns.field_warnings import FieldWarning

_LONGEST_VALUE = 80  # characters of a value that does not fit

DATE = "a date"
"""What a value of `last_seen` must be."""

_WANTED = {
    Kind.TEXT: "text",
    Kind.NUMBER: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.PAGES: "a list of pages",
}

_WANTED_OF = {"company_size": "a number or a range", "id": "one text or number"}


def wanted(field: str) -> str:
    """Return what a value of a field of the mapping must be."""
    if field == LAST_SEEN:
        return DATE
    if field in _WANTED_OF:
        return _WANTED_OF[field]
    entry = CONDITION_TYPES.get(field)
    if entry is None and field.startswith(PREFIX):
        return "of its kind"
    return _WANTED[Kind.PAGES if entry is None else entry.kind]


def misfit_text(warning: FieldWarning, kind: str | None = None) -> str:
    """Return what is wrong with the values of a field, which must be `kind`: how many, where."""
    kind = kind or wanted(warning.field)
    is_date = kind == DATE
    if is_date and all(has_two_readings(value.strip('"')) for value, _ in warning.commonest):
        return _two_readings(warning)
    if warning.count == 1:
        value = cut(warning.commonest[0][0], _LONGEST_VALUE)
        return f"{warning.field} is not {kind}: {value}; it counts as missing"
    values = f"{counted(warning.count, 'value')} of {warning.field}"
    text = f"{values} are not {kind}: {commonest_values(warning)}"
    return f"{text}; they count as missing{_further(warning)}"


def _two_readings(warning: FieldWarning) -> str:
    """That dates may be read with the month or the day first."""
    counts = "it counts" if warning.count == 1 else "they count"
    many = "" if warning.count == 1 else f"{counted(warning.count, 'value')} of "
    have = "has" if warning.count == 1 else "have"
    return (
        f"{many}{warning.field} {have} two readings, month or day first: "
        f"{commonest_values(warning)}; {counts} as missing until a mapping says which, "
        f"with as: date and a format such as %m/%d/%Y{_further(warning)}"
    )


def commonest_values(warning: FieldWarning) -> str:
    """Return the commonest values of a field that do not fit."""
    values = ", ".join(
        cut(value, _LONGEST_VALUE) + (f" ({count:,} times)" if count > 1 else "")
        for value, count in warning.commonest
    )
    more = sum(count for _, count in warning.commonest) < warning.count
    return f"{values}{' and others' if more else ''}"


def _further(warning: FieldWarning) -> str:
    """Where the next misfits are after the first."""
    (file, _), *further = warning.places
    places = [str(line) if name == file else f"{name}:{line}" for name, line in further]
    more = " and more" if warning.count > len(warning.places) else ""
    lines = "line" if len(places) == 1 else "lines"
    return f"; also on {lines} {', '.join(places)}{more}" if places else ""
