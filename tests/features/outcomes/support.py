"""Lists of dicts, as the oracle has them, made into the arrays of the product."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa

from icpctl.features.outcomes.counts.counting import ConditionShape, ConfigShape, OutcomeCounts
from icpctl.features.outcomes.counts.survey import Survey, Visits
from icpctl.features.outcomes.joining.deals import DealRows, DealTable, Outcome
from icpctl.features.outcomes.joining.keys import KeyReader, Keys
from icpctl.features.outcomes.joining.selection import Scope
from icpctl.features.outcomes.joining.units import NO_MATCH, Evidence
from icpctl.features.outcomes.statistics.suspects import MISSING

OUTCOMES = {"open": Outcome.OPEN, "lost": Outcome.LOST, "won": Outcome.WON}


def times(values: list[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], float)


def deal_table(deals: list[dict[str, Any]], *, batch: int = 1000) -> DealTable:
    table = DealTable()
    for first in range(0, len(deals), batch):
        rows = deals[first : first + batch]
        table.add(
            DealRows(
                keys_of_rows([deal["key"] for deal in rows], table),
                np.array([OUTCOMES[deal["outcome"]] for deal in rows], np.int8),
                times([deal["close"] for deal in rows]),
                times([deal["amount"] for deal in rows]),
            )
        )
    return table


def bits(sets: list[set[int]], count: int) -> np.ndarray:
    flags = np.array([[bit in members for bit in range(count)] for members in sets], bool)
    return np.packbits(flags.reshape(len(sets), count), axis=1)


def evidence_of(visitors: list[dict[str, Any]], literals: int, shut_outs: int) -> Evidence:
    scores = [[NO_MATCH if s is None else s for s in visitor["scores"]] for visitor in visitors]
    return Evidence(
        np.array(scores, np.int16),
        bits([visitor["literals"] for visitor in visitors], literals),
        bits([visitor["shut_out"] for visitor in visitors], shut_outs),
    )


def shapes_of(configs: list[list[list[int]]]) -> tuple[ConfigShape, ...]:
    """Configs as lists of groups of literals; bits of those shut out are numbered in order."""
    shapes, number = [], 0
    for column, groups in enumerate(configs):
        conditions = []
        for group, literals in enumerate(groups):
            for literal in literals:
                name = f"{column}.{group}.{literal}"
                conditions.append(
                    ConditionShape(name, f"f{literal}", group, False, literal, number)
                )
                number += 1
        shapes.append(ConfigShape(f"c{column}", f"Config {column}", column, tuple(conditions)))
    return tuple(shapes)


def keys_of_rows(keys: list[str | None], deals: DealTable) -> Keys:
    """The keys of rows, given one by one."""
    tokens = [None if key is None else json.dumps(key) for key in keys]
    return KeyReader(lambda texts: texts, deals.numbers_of).keys(pa.array(tokens, pa.string()))


def survey(
    visitors: list[dict[str, Any]],
    deals: list[dict[str, Any]],
    configs: list[list[list[int]]],
    *,
    literals: int,
    by_account: bool = True,
    batch: int = 1000,
    fields: tuple[str, ...] = (),
    **scope: Any,
) -> Survey:
    shapes = shapes_of(configs)
    shut_outs = sum(len(shape.conditions) for shape in shapes)
    counts = OutcomeCounts(shapes, literals, shut_outs)
    scope = {"against_lost": False, **scope}
    result = Survey(deal_table(deals, batch=batch), Scope(**scope), counts, by_account, fields)
    for first in range(0, len(visitors), batch):
        rows = visitors[first : first + batch]
        result.add(
            Visits(
                result.deals.numbers_of([visitor["key"] for visitor in rows]),
                keys_of_rows([visitor["key"] for visitor in rows], result.deals),
                times([visitor["last_seen"] for visitor in rows]),
                evidence_of(rows, literals, shut_outs),
                np.array(
                    [[v.get("values", {}).get(f, MISSING) for f in fields] for v in rows], np.int64
                ).reshape(len(rows), len(fields)),
                sum(visitor["key"] is None for visitor in rows),
            )
        )
    result.finish()
    return result
