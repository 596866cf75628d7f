"""What one visitor has for each condition type, and which of a condition's values that meets."""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace

from icpctl.config.model import Condition
from icpctl.features.shared.held_conditions import held_of, row_words
from icpctl.mappings.mapping import LAST_SEEN, PAGES
from icpctl.scoring.conditions import text_column
from icpctl.scoring.plan import fields_of, make_plan
from icpctl.scoring.value_bits import column_of
from icpctl.values import json_records, normal_forms, text_forms, typed_columns, url_forms
from icpctl.vocabulary import BUILT_IN, COMPARATORS, Form, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.scoring.plan import Plan
    from icpctl.values.typed_columns import Column
    from icpctl.vocabulary import ConditionType

_EXACT = 2**53  # up to here a double tells whole numbers apart
_FEW_LISTED = 64
"""Up to this many values of a list, each is compared; of more, those that can meet a value seen."""


class Seen(Struct, frozen=True):
    """What a visitor has for a condition type.

    `values` are what conditions see: texts without outer spaces, numbers, booleans, a range of
    numbers as text; none where the field counts as missing. `raw` is the value that the record
    has in the mapping's `field`, None where it has none; `fits` is False where something in it is
    not of the field's kind.
    """

    field: str
    values: tuple[str | int | float | bool, ...]
    raw: Any = None
    fits: bool = True


Hits: TypeAlias = tuple[tuple[Any, tuple[bool, ...]], ...]
"""The values of a condition that some value of a visitor meets, in the order in which they are
listed, each with flags: which of the visitor's values meet it."""

HitsOf: TypeAlias = dict[Condition, dict[Any, dict[Any, bool]]]
"""For each condition, and value of it that may be met, whether each value of some visitor meets it.
"""


def see(rows: pa.RecordBatch, plan: Plan) -> list[dict[str, Seen]]:
    """What each visitor of a batch has for each condition type that the plan asks for."""
    types = {field.type.name: field.type for field in plan.fields}
    if any(entry.form is Form.SIZE_RANGE for entry in types.values()):
        types["company_size"] = BUILT_IN.types["company_size"]
    columns = [_see(rows, entry, plan) for entry in types.values()]
    return [dict(zip(types, row, strict=True)) for row in zip(*columns, strict=True)]


def subject_of(condition: Condition, seen: dict[str, Seen]) -> Seen:
    """What a condition looks at: for a range, also a number of employees."""
    own = seen[condition.type]
    if looks_at_sizes(condition) and not own.values:
        size = seen["company_size"]
        if size.values and not isinstance(size.values[0], str):
            return size
    return own


def looks_at_sizes(condition: Condition) -> bool:
    """Whether a number of employees stands for a range that is missing."""
    comparison = condition.comparison.positive
    is_range = condition.condition_type.form is Form.SIZE_RANGE
    return is_range and comparison.is_equality and not comparison.needs_all


def positive(comparator: str) -> str:
    """The comparator without its `not_`."""
    return COMPARATORS[comparator].positive.name


def listed_values(condition: Condition) -> tuple[Any, ...]:
    """The values that a condition names, none for `exists`."""
    return condition.listed


def listed_form(value: str, entry: ConditionType, *, case_sensitive: bool) -> str:
    """The form in which a listed value is compared; of pages that of the path."""
    plain = text_forms.plain(value, case_sensitive=case_sensitive)
    if entry.kind is Kind.PAGES:
        return url_forms.path_value(plain)
    form = normal_forms.FORMS.get(entry.form)
    return form(plain) if form else plain


def hits_of(conditions: Sequence[Condition], seen: Sequence[dict[str, Seen]], plan: Plan) -> HitsOf:
    """What meets what, for the conditions on texts and pages, over all that visitors have.

    It is the evaluator that says so: each pair of a condition's value and a visitor's value is a
    separate condition, and a separate visitor.
    """
    of_type: dict[str, list[Condition]] = {}
    for condition in dict.fromkeys(conditions):
        if condition.condition_type.is_words and condition.listed:
            of_type.setdefault(condition.type, []).append(condition)
    hits: HitsOf = {}
    for name, asked in of_type.items():
        known = list(dict.fromkeys(value for row in seen for value in row[name].values))
        if not known:
            continue
        parts = {condition: _parts(condition, known, plan) for condition in asked}
        distinct = dict.fromkeys(part for of_one in parts.values() for part in of_one.values())
        held = _held(tuple(distinct), known, plan) if distinct else {}
        for condition, of_one in parts.items():
            hits[condition] = {value: held[part] for value, part in of_one.items()}
    return hits


def hits_on(condition: Condition, seen: Seen, hits: HitsOf) -> Hits:
    """Which of one visitor's values meet a condition; empty where there is nothing to compare."""
    met = hits.get(condition, {}) if seen.values else {}
    flags = (
        (listed, tuple(of_listed[value] for value in seen.values))
        for listed, of_listed in met.items()
    )
    return tuple(pair for pair in flags if any(pair[1]))


def _parts(condition: Condition, known: Sequence[Any], plan: Plan) -> dict[Any, Condition]:
    """Return for each listed value that may meet something a condition with it alone."""
    comparison = condition.comparison.positive
    comparator = "equals" if comparison.is_equality else comparison.name
    listed: Sequence[Any] = condition.listed
    if len(listed) > _FEW_LISTED:
        listed = _near(condition, known, case_sensitive=plan.case_sensitive)
    return {
        value: condition.changed(comparator=comparator, value=value, optional=False, weight=1)
        for value in dict.fromkeys(listed)
    }


def _near(condition: Condition, known: Sequence[Any], *, case_sensitive: bool) -> list[Any]:
    """Return those of many listed values that can meet a value seen."""

    def plain(value: Any) -> str:
        return text_forms.plain(str(value), case_sensitive=case_sensitive)

    entry = condition.condition_type
    texts = [plain(value) for value in known]
    if not condition.comparison.positive.is_equality or entry.form is Form.PART_OF_PAGE:
        return [value for value in condition.listed if any(plain(value) in text for text in texts)]
    keys = set(normal_forms.forms_of(entry.form, texts))
    listed = [plain(value) for value in condition.listed]
    forms = zip(condition.listed, normal_forms.forms_of(entry.form, listed), strict=True)
    near = [value for value, form in forms if form in keys]
    if entry.form is Form.PAGE:
        paths = {url_forms.path(text) for text in texts}
        spelt = zip(condition.listed, listed, strict=True)
        near += [value for value, text in spelt if url_forms.path_value(text) in paths]
    return near


def _held(
    parts: tuple[Condition, ...], known: Sequence[Any], plan: Plan
) -> dict[Condition, dict[Any, bool]]:
    """Return for each condition of one type whether each of the values alone holds it."""
    entry = parts[0].condition_type
    asking = make_plan([], as_of=plan.as_of, case_sensitive=plan.case_sensitive, others=parts)
    # Visitors with one value each.
    tokens = [json_records.dumps(value) for value in known]
    columns: dict[str, pa.Array] = {
        field: pa.nulls(len(tokens), pa.string()) for field in fields_of(entry)
    }
    if PAGES in columns:
        columns[PAGES] = pa.array([[token] for token in tokens], pa.list_(pa.string()))
    else:
        columns[entry.name] = pa.array(tokens, pa.string())
    words = row_words(pa.RecordBatch.from_pydict(columns), asking)
    held = held_of(asking.others, words).T.tolist()
    of_parts = (dict(zip(known, flags, strict=True)) for flags in held)
    return dict(zip(parts, of_parts, strict=True))


def _see(rows: pa.RecordBatch, entry: ConditionType, plan: Plan) -> list[Seen]:
    name = entry.name
    if entry.is_days and not entry.is_custom:
        return _days(rows, plan)
    if entry.kind is Kind.PAGES:
        column = typed_columns.pages(rows[PAGES])
        return _each(column, PAGES, _raw(rows, PAGES), lambda page, _: page)
    raw = _raw(rows, name)
    if entry.kind is Kind.TEXT:
        return _each(text_column(rows, name), name, raw, lambda text, _: text)
    if entry.kind is Kind.BOOLEAN:
        return _each(
            typed_columns.booleans(rows[name]), name, raw, lambda bounds, _: bool(bounds[0])
        )
    if entry.is_days:
        column = column_of(rows[name], entry, plan.as_of)
        return _each(column, name, raw, lambda bounds, _: as_number(bounds[0]))
    column = typed_columns.of_kind(rows[name], name, Kind.NUMBER)
    return _each(column, name, raw, _number)


def _each(
    column: Column, field: str, raw: list[Any], shown: Callable[[Any, Any], Any]
) -> list[Seen]:
    """What each row has, of the values of a column and the raw ones."""
    misfits = set(column.misfits.tolist())
    return [
        Seen(field, tuple(shown(value, its) for value in values), its, row not in misfits)
        for row, (values, its) in enumerate(zip(column.to_lists(), raw, strict=True))
    ]


def _number(bounds: list[float], raw: Any) -> int | float | str:
    low, high = bounds
    if low == high:
        return as_number(low)
    return _range_text(low, high) if isinstance(raw, dict) else str(raw).strip()


def _range_text(low: float, high: float) -> str:
    """Return a range that the record has as an object of `min` and `max` as people write it."""
    if isinf(high):
        return f"{as_number(low)}+"
    return f"up to {as_number(high)}" if isinf(low) else f"{as_number(low)}-{as_number(high)}"


def _days(rows: pa.RecordBatch, plan: Plan) -> list[Seen]:
    name = "last_seen_days"
    nothing = pa.nulls(rows.num_rows, pa.string())
    seen = typed_columns.instants(rows[LAST_SEEN])
    by_date, _ = typed_columns.days(seen, nothing, plan.as_of)
    column, own = typed_columns.days(seen, rows[name], plan.as_of)
    of_date = _each(by_date, LAST_SEEN, _raw(rows, LAST_SEEN), _number)
    of_record = _each(own, name, _raw(rows, name), _number)
    return [
        replace(record if not date.values and record.raw is not None else date, values=values)
        for date, record, values in zip(
            of_date,
            of_record,
            (tuple(as_number(low) for low, _ in cell) for cell in column.to_lists()),
            strict=True,
        )
    ]


def _raw(rows: pa.RecordBatch, field: str) -> list[Any]:
    return [_decoded(token) for token in rows[field].to_pylist()]


def _decoded(token: Any) -> Any:
    if isinstance(token, list):  # of pages
        return [None if page is None else json_records.loads(page) for page in token]
    return None if token is None else json_records.loads(token)


def as_number(value: float) -> int | float:
    """The number, as an integer where it is one exactly."""
    return int(value) if value.is_integer() and abs(value) < _EXACT else value
