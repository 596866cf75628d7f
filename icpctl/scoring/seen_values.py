"""What one visitor has for each condition type, and which of a condition's values that meets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from icpctl.config.model import Condition, Group, IcpConfig, Rules
from icpctl.mappings.mapping import LAST_SEEN, PAGES
from icpctl.scoring.conditions import row_words, text_column
from icpctl.scoring.plan import fields_of, make_plan
from icpctl.scoring.verdicts import held_conditions
from icpctl.values import json_records, normal_forms, typed_columns
from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES, Form, Kind, Operator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.scoring.plan import Plan
    from icpctl.values.typed_columns import Column
    from icpctl.vocabulary import ConditionType

_EXACT = 2**53  # up to here a double tells whole numbers apart
FOR_A_RANGE = ("equals", "in", "has_any")
"""Comparators for which a number of employees stands for a range that is missing (SPEC 4)."""

_EQUALITIES = (*FOR_A_RANGE, "has_all")


@dataclass(frozen=True, slots=True)
class Seen:
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


Hits = tuple[tuple[bool, ...], ...]
"""For each value of a condition, in order, which of the visitor's values meet it."""

HitsOf = dict[Condition, dict[Any, tuple[bool, ...]]]
"""For each condition and value of some visitor, which of the condition's values it meets."""


def see(rows: pa.RecordBatch, plan: Plan) -> list[dict[str, Seen]]:
    """What each visitor of a batch has for each condition type that the plan asks for."""
    names = dict.fromkeys(field.type.name for field in plan.fields)
    if "employee_size_range" in names:
        names["company_size"] = None
    columns = [_see(rows, name, plan) for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def subject_of(condition: Condition, seen: dict[str, Seen]) -> Seen:
    """What a condition looks at: for a range, also a number of employees (SPEC 4)."""
    own = seen[condition.type]
    if CONDITION_TYPES[condition.type].form is Form.SIZE_RANGE and not own.values:
        size = seen["company_size"]
        is_number = bool(size.values) and not isinstance(size.values[0], str)
        if is_number and positive(condition.comparator) in FOR_A_RANGE:
            return size
    return own


def positive(comparator: str) -> str:
    """The comparator without its `not_`."""
    return COMPARATORS[comparator].negates or comparator


def listed_values(condition: Condition) -> tuple[Any, ...]:
    """The values that a condition names, none for `exists`."""
    if positive(condition.comparator) == "exists":
        return ()
    return condition.value if isinstance(condition.value, tuple) else (condition.value,)


def listed_form(value: str, entry: ConditionType, *, case_sensitive: bool) -> str:
    """The form in which a listed value is compared; of pages that of the path."""
    plain = normal_forms.plain(value, case_sensitive=case_sensitive)
    if entry.kind is Kind.PAGES:
        return normal_forms.path_value(plain)
    form = normal_forms.FORMS.get(entry.form)
    return form(plain) if form else plain


def hits_of(conditions: Sequence[Condition], seen: Sequence[dict[str, Seen]], plan: Plan) -> HitsOf:
    """What meets what, for the conditions on texts and pages, over all that visitors have.

    It is the evaluator that says so: each pair of a condition's value and a visitor's value is a
    condition, and a visitor, of its own.
    """
    of_type: dict[str, list[Condition]] = {}
    for condition in dict.fromkeys(conditions):
        is_words = CONDITION_TYPES[condition.type].kind in (Kind.TEXT, Kind.PAGES)
        if is_words and listed_values(condition):
            of_type.setdefault(condition.type, []).append(condition)
    hits: HitsOf = {}
    for name, asked in of_type.items():
        known = list(dict.fromkeys(value for row in seen for value in row[name].values))
        if not known:
            continue
        parts = dict.fromkeys(part for one in asked for part in _parts(one))
        held = _held(name, tuple(parts), known, plan)
        for condition in asked:
            flags = [held[part] for part in _parts(condition)]
            hits[condition] = dict(zip(known, zip(*flags, strict=True), strict=True))
    return hits


def hits_on(condition: Condition, seen: Seen, hits: HitsOf) -> Hits:
    """Which of one visitor's values meet a condition; empty where there is nothing to compare."""
    met = hits.get(condition)
    if met is None or not seen.values:
        return ()
    return tuple(zip(*(met[value] for value in seen.values), strict=True))


def _parts(condition: Condition) -> list[Condition]:
    comparator = positive(condition.comparator)
    comparator = "equals" if comparator in _EQUALITIES else comparator
    return [
        Condition(type=condition.type, comparator=comparator, value=value)
        for value in listed_values(condition)
    ]


def _held(
    name: str, parts: tuple[Condition, ...], known: Sequence[Any], plan: Plan
) -> dict[Condition, tuple[bool, ...]]:
    rules = Rules(groups=(Group(operator=Operator.OR, conditions=parts),))
    asking = make_plan(
        [("parts", IcpConfig(label="parts", rules=rules))],
        as_of=plan.as_of,
        case_sensitive=plan.case_sensitive,
    )
    # Visitors with one value each.
    tokens = [json_records.dumps(value) for value in known]
    columns: dict[str, pa.Array] = {
        field: pa.nulls(len(tokens), pa.string()) for field in fields_of(CONDITION_TYPES[name])
    }
    if PAGES in columns:
        columns[PAGES] = pa.array([[token] for token in tokens], pa.list_(pa.string()))
    else:
        columns[name] = pa.array(tokens, pa.string())
    words, _ = row_words(pa.RecordBatch.from_pydict(columns), asking)
    (config,) = asking.configs
    held = held_conditions(config, words).T.tolist()
    return {part: tuple(flags) for part, flags in zip(parts, held, strict=True)}


def _see(rows: pa.RecordBatch, name: str, plan: Plan) -> list[Seen]:
    kind = CONDITION_TYPES[name].kind
    if name == "last_seen_days":
        return _days(rows, plan)
    if kind is Kind.PAGES:
        column = typed_columns.pages(rows[PAGES])
        return _each(column, PAGES, _raw(rows, PAGES), lambda page, _: page)
    raw = _raw(rows, name)
    if kind is Kind.TEXT:
        return _each(text_column(rows, name), name, raw, lambda text, _: text)
    if kind is Kind.BOOLEAN:
        return _each(
            typed_columns.booleans(rows[name]), name, raw, lambda bounds, _: bool(bounds[0])
        )
    column = typed_columns.numbers(rows[name], name)
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
    return as_number(low) if low == high else str(raw).strip()


def _days(rows: pa.RecordBatch, plan: Plan) -> list[Seen]:
    name = "last_seen_days"
    nothing = pa.nulls(rows.num_rows, pa.string())
    by_date, _ = typed_columns.days(rows[LAST_SEEN], nothing, plan.as_of)
    column, own = typed_columns.days(rows[LAST_SEEN], rows[name], plan.as_of)
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
