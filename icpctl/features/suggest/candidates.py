"""Conditions on values that occur, evaluated by the one evaluator on each distinct value."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from icpctl.config.model import Condition
from icpctl.errors import IcpctlError, word_hint
from icpctl.features.outcomes.joining.keys import text_hash
from icpctl.features.shared.distinct_numbers import distinct_numbers
from icpctl.features.shared.held_conditions import no_values
from icpctl.features.suggest.collecting import ONLY_EXISTS
from icpctl.features.suggest.learner.columns import (
    Candidate,
    Column,
    least_support,
    make_columns,
    quantiles,
)
from icpctl.mappings.mapping import FIELDS, LAST_SEEN, PAGES
from icpctl.scoring.conditions import BatchColumns, words_of
from icpctl.scoring.plan import make_plan
from icpctl.scoring.verdicts import Held
from icpctl.values import typed_columns
from icpctl.vocabulary import CONDITION_TYPES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from icpctl.features.suggest.collecting import Collected, FieldElements

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MOST_VALUES = 60
MOST_WORDS = 40
"""Values, words and pages that are tried of a field, the commonest."""

_WORDS_OF = ("job_title", "utm_campaign", "utm_term", "utm_content", "industry")
_WORD = re.compile(r"[^\W\d_]{3,}")
_LONGEST_VALUE = 100


def candidate_fields(without: frozenset[str], with_: frozenset[str]) -> list[str]:
    """The fields of the mapping that candidates are made of.

    `last_seen_days` is left out unless it is named: customers stop coming as visitors, so that it
    says what came of the deal.
    """
    left_out = without | ({"last_seen_days"} - with_)
    types = [name for name in FIELDS if name in CONDITION_TYPES and name not in left_out]
    return types + [PAGES] * (not without & {PAGES, "page_contains"})


def named_fields(option: str, names: Sequence[str]) -> frozenset[str]:
    """Return the fields that an option names. Raises `IcpctlError` `bad_usage`."""
    known = (*candidate_fields(frozenset(), frozenset({"last_seen_days"})), "page_contains")
    for name in names:
        if name not in known:
            hint = word_hint(name, known, f"one of: {', '.join(known)}")
            raise IcpctlError(f"{option} {name!r}: no such field", "bad_usage", hint=hint)
    return frozenset(names)


def columns_of_field(
    name: str,
    elements: FieldElements,
    units: Integers,
    count: int,
    training: Flags,
    as_of: datetime,
    *,
    negatives: bool,
) -> list[Column]:
    """The candidates of one field. `units` [visitors]; values are those of `training` [units].

    Where units have several visitors the columns' rows are the units, then the visitors.
    """
    visitors, element = elements.pairs()
    rows, pairs, together = _with_visitors(units, visitors, element, count, elements)
    is_unit = rows < count
    of_unit, of_element = rows[is_unit], pairs[is_unit]
    table = _table(name, elements)
    inside = training[of_unit]
    support = np.bincount(of_element[inside], minlength=len(elements.numbers) + 1)
    least = least_support(int(training.sum()))
    made = list(_conditions(name, table, support, least, of_element[inside]))
    made = [condition for condition in made if negatives or not _is_negative(condition)]
    if not made:
        return []
    truths = evaluate(name, table, made, as_of)
    candidates = [Candidate(c.type, c.comparator, c.value) for c in made]
    return make_columns(name, rows, pairs, truths, candidates, together, negatives=negatives)


def columns_of_conditions(
    collected: Collected, conditions: list[Condition], count: int, as_of: datetime
) -> Column:
    """One column of conditions of the same type; rows are as in `columns_of_field`."""
    kind = CONDITION_TYPES[conditions[0].type].kind
    name = PAGES if kind is Kind.PAGES else conditions[0].type
    elements = collected.fields[name]
    truths = evaluate(name, _table(name, elements), conditions, as_of)
    candidates = [Candidate(c.type, c.comparator, c.value) for c in conditions]
    visitors, element = elements.pairs()
    rows, pairs, together = _with_visitors(collected.units, visitors, element, count, elements)
    (column,) = make_columns(name, rows, pairs, truths, candidates, together)
    return column


def cuts_of(name: str, collected: Collected, training: Flags) -> list[float]:
    """Thresholds of a number field, from training units."""
    elements = collected.fields[name]
    visitors, element = elements.pairs()
    inside = training[collected.units[visitors]]
    column = typed_columns.numbers(_table(name, elements), name)
    low = np.append(column.values[:, 0], np.nan)[column.rows]
    return quantiles(low[element[inside]])


def _with_visitors(
    units: Integers,
    visitors: Integers,
    element: NDArray[np.int32],
    count: int,
    elements: FieldElements,
) -> tuple[Integers, Integers, int]:
    """Pairs of rows and elements: of units and, where there are more, of visitors after them."""
    distinct = len(elements.numbers) + 1
    of_unit, of_element = _distinct_pairs(units[visitors], element, distinct)
    if len(units) == count:
        return of_unit, of_element, count
    by_visitor = _distinct_pairs(visitors, element, distinct)
    rows = np.concatenate([of_unit, by_visitor[0] + count])
    return rows, np.concatenate([of_element, by_visitor[1]]), count + len(units)


def _distinct_pairs(
    units: Integers, elements: NDArray[np.int32], count: int
) -> tuple[Integers, Integers]:
    """Each unit with each of its elements once, units ascending; `count` elements in all."""
    keys = units * count + elements
    if not (np.diff(keys) > 0).all():
        keys = distinct_numbers(keys)
    of_unit, of_element = np.divmod(keys, count)
    return of_unit, of_element


def _table(name: str, elements: FieldElements) -> pa.Array:
    """The JSON texts by element, null for the missing one; pages as lists of one."""
    tokens = [None, *elements.numbers]
    if name == PAGES:
        lists = [[] if text is None else [json.dumps(text)] for text in tokens]
        return pa.array(lists, pa.list_(pa.string()))
    return pa.array(tokens, pa.string())


def evaluate(name: str, table: pa.Array, conditions: list[Condition], as_of: datetime) -> Flags:
    """What each condition says of each element [elements, conditions]."""
    plan = make_plan([], as_of=as_of, others=conditions)
    columns = no_values(plan, len(table)) | {name: table}
    batch = pa.RecordBatch.from_pydict(columns)
    held = Held(words_of(BatchColumns(batch, plan), plan))
    flags = [np.unpackbits(held.of(other), count=len(table)) for other in plan.others]
    return np.stack(flags, axis=1).astype(bool)


def _conditions(
    name: str, table: pa.Array, support: Integers, least: int, elements: Integers
) -> Iterator[Condition]:
    if name == PAGES:
        for path in _paths(table, support, least):
            yield Condition(type="page_contains", comparator="contains", value=path)
        return
    yield Condition(type=name, comparator="exists", value=True)
    yield Condition(type=name, comparator="not_exists", value=True)
    if name in ONLY_EXISTS:
        return
    kind = CONDITION_TYPES[name].kind
    if kind is Kind.TEXT:
        yield from _of_texts(name, table, support, least)
    elif kind is Kind.NUMBER:
        yield from _of_numbers(name, table, elements)
    else:
        for value in (True, False):
            yield Condition(type=name, comparator="equals", value=value)


def _of_texts(name: str, table: pa.Array, support: Integers, least: int) -> Iterator[Condition]:
    values: Counter[str] = Counter()
    words: Counter[str] = Counter()
    spelt: dict[str, Counter[str]] = {}
    lists = typed_columns.texts(table).to_lists()
    for texts, count in zip(lists, support.tolist(), strict=True):
        for text in set(texts):
            form = " ".join(text.split()).casefold()
            values[form] += count
            spelt.setdefault(form, Counter())[" ".join(text.split())] += count
            words.update(dict.fromkeys(set(_WORD.findall(form)), count))
    for form, count in sorted(values.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]:
        if count >= least and len(form) <= _LONGEST_VALUE:
            best = min(spelt[form].items(), key=lambda item: (-item[1], item[0]))[0]
            for comparator in ("equals", "not_equals"):
                yield Condition(type=name, comparator=comparator, value=best)
    if name in _WORDS_OF:
        commonest = sorted(words.items(), key=lambda item: (-item[1], item[0]))[:MOST_WORDS]
        for word, count in commonest:
            if count >= least and word not in values:
                for comparator in ("contains", "not_contains"):
                    yield Condition(type=name, comparator=comparator, value=word)


def _of_numbers(name: str, table: pa.Array, elements: Integers) -> Iterator[Condition]:
    column = typed_columns.numbers(table, name)
    low = np.append(column.values[:, 0], np.nan)[column.rows]
    for cut in quantiles(low[elements]):
        value: Any = int(cut) if cut == int(cut) else cut
        for comparator in ("gte", "lt"):
            yield Condition(type=name, comparator=comparator, value=value)


def _paths(table: pa.Array, support: Integers, least: int) -> list[str]:
    """Paths of pages, and their first folders, that enough units have seen: the commonest."""
    counts: Counter[str] = Counter()
    for tokens, count in zip(table.to_pylist(), support.tolist(), strict=True):
        for token in tokens:
            counts.update(dict.fromkeys(_parts_of_page(json.loads(token)), count))
    commonest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [part for part, count in commonest if count >= least][:MOST_VALUES]


def _parts_of_page(page: Any) -> set[str]:
    from icpctl.values import url_forms

    if isinstance(page, dict):
        page = page.get("url") or page.get("path") or ""
    path = url_forms.path(str(page))
    folder = "/".join(path.split("/")[:2])
    return {part for part in (path, f"{folder}/" if folder != path else "") if len(part) > 1}


def _is_negative(condition: Condition) -> bool:
    return condition.comparator.startswith("not_") or condition.comparator == "exists"


def number_or_text_values(name: str, elements: FieldElements) -> Integers:
    """For each element a number that names its value, `MISSING` for none: to find suspects."""
    from icpctl.features.outcomes.statistics.suspects import MISSING, number_values

    tokens = pa.array([None, *elements.numbers], pa.string())
    kind = CONDITION_TYPES[name].kind
    if kind is Kind.NUMBER and name != LAST_SEEN:
        column = typed_columns.numbers(tokens, name)
        return number_values(np.append(column.values[:, 0], np.nan)[column.rows])
    return np.array([MISSING, *map(text_hash, elements.numbers)], np.int64)
