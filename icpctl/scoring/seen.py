"""What one visitor has for each condition type, and which of a condition's values that meets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from icpctl.config.model import Condition, Group, IcpConfig, Rules
from icpctl.scoring.conditions import row_words
from icpctl.scoring.plan import fields_of, make_plan
from icpctl.scoring.verdicts import held_conditions
from icpctl.visitors import records, values
from icpctl.visitors.mapping import LAST_SEEN, PAGES
from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES, Form, Kind, Operator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.scoring.plan import Plan
    from icpctl.visitors.values import Column

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


def see(row: pa.RecordBatch, plan: Plan) -> dict[str, Seen]:
    """What the visitor in a batch of one row has for each condition type that the plan asks for."""
    names = dict.fromkeys(field.type.name for field in plan.fields)
    if "employee_size_range" in names:
        names["company_size"] = None
    return {name: _see(row, name, plan) for name in names}


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


def hits_of(
    conditions: Sequence[Condition], seen: dict[str, Seen], plan: Plan
) -> dict[Condition, Hits]:
    """What meets what, for the conditions on texts and pages that the visitor has.

    It is the evaluator that says so: each pair of a condition's value and a visitor's value is a
    condition, and a visitor, of its own.
    """
    found: dict[Condition, Hits] = {}
    of_type: dict[str, list[Condition]] = {}
    for one in dict.fromkeys(conditions):
        is_words = CONDITION_TYPES[one.type].kind in (Kind.TEXT, Kind.PAGES)
        if is_words and seen[one.type].values and listed_values(one):
            of_type.setdefault(one.type, []).append(one)
    for name, asked in of_type.items():
        parts = dict.fromkeys(part for one in asked for part in _parts(one))
        held = _held(name, tuple(parts), seen[name], plan)
        for one in asked:
            found[one] = tuple(held[part] for part in _parts(one))
    return found


def _parts(condition: Condition) -> list[Condition]:
    comparator = positive(condition.comparator)
    comparator = "equals" if comparator in _EQUALITIES else comparator
    return [
        Condition(type=condition.type, comparator=comparator, value=value)
        for value in listed_values(condition)
    ]


def _held(
    name: str, parts: tuple[Condition, ...], seen: Seen, plan: Plan
) -> dict[Condition, tuple[bool, ...]]:
    rules = Rules(groups=(Group(operator=Operator.OR, conditions=parts),))
    asking = make_plan(
        [("parts", IcpConfig(label="parts", rules=rules))],
        as_of=plan.as_of,
        case_sensitive=plan.case_sensitive,
    )
    # Visitors with one value each.
    tokens = [records.dumps(value) for value in seen.values]
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


def _see(row: pa.RecordBatch, name: str, plan: Plan) -> Seen:
    kind = CONDITION_TYPES[name].kind
    if name == "last_seen_days":
        return _days(row, plan)
    if kind is Kind.PAGES:
        column = values.pages(row[PAGES])
        return Seen(PAGES, tuple(_cell(column)), _raw(row, PAGES), _fits(column))
    raw = _raw(row, name)
    if kind is Kind.TEXT:
        column = values.texts(row[name])
        return Seen(name, tuple(_cell(column)), raw, _fits(column))
    if kind is Kind.BOOLEAN:
        column = values.booleans(row[name])
        return Seen(name, tuple(bool(low) for low, _ in _cell(column)), raw, _fits(column))
    column = values.numbers(row[name], ranges=name == "company_size")
    found = tuple(
        as_number(low) if low == high else str(raw).strip() for low, high in _cell(column)
    )
    return Seen(name, found, raw, _fits(column))


def _days(row: pa.RecordBatch, plan: Plan) -> Seen:
    name = "last_seen_days"
    nothing = pa.nulls(1, pa.string())
    by_date, _ = values.days(row[LAST_SEEN], nothing, plan.as_of)
    column, own = values.days(row[LAST_SEEN], row[name], plan.as_of)
    found = tuple(as_number(low) for low, _ in _cell(column))
    of_record = not _cell(by_date) and row[name][0].is_valid
    field, used = (name, own) if of_record else (LAST_SEEN, by_date)
    return Seen(field, found, _raw(row, field), _fits(used))


def _raw(row: pa.RecordBatch, field: str) -> Any:
    token = row[field][0].as_py()
    if isinstance(token, list):  # of pages
        return [None if page is None else records.loads(page) for page in token]
    return None if token is None else records.loads(token)


def _cell(column: Column) -> list[Any]:
    """The values of the only row."""
    (found,) = column.to_lists()
    return found


def _fits(column: Column) -> bool:
    return not len(column.misfits)


def as_number(value: float) -> int | float:
    """The number, as an integer where it is one exactly."""
    return int(value) if value.is_integer() and abs(value) < _EXACT else value
