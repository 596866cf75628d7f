"""What outcomes means, in plain Python over lists of dicts: slow, obvious, and not the product's.

A visitor is `{key, last_seen, scores, literals, shut_out}`: `scores` has one number or None for
each config and a last one for all together, `literals` and `shut_out` are sets. A deal is
`{key, outcome, close, amount}`; times are numbers, None where there is none.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby
from typing import Any


def join_deals(deals: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """One deal a key: won when one of them is; the earliest date of a win, the latest of a loss."""
    joined = {}
    for key in {deal["key"] for deal in deals} - {None}:
        of_key = [deal for deal in deals if deal["key"] == key]
        won = [deal for deal in of_key if deal["outcome"] == "won"]
        lost = [deal for deal in of_key if deal["outcome"] == "lost"]
        if won or lost:
            dates = [deal["close"] for deal in won or lost if deal["close"] is not None]
            amounts = [deal["amount"] for deal in won if deal["amount"] is not None]
            joined[key] = {
                "won": bool(won),
                "close": (min if won else max)(dates, default=None),
                "amount": sum(amounts) if amounts else None,
            }
    return joined


def units_of(
    visitors: list[dict[str, Any]], deals: list[dict[str, Any]], *, by_account: bool
) -> list[dict[str, Any]]:
    """Accounts, in the order of their first visit that counts, or visitors."""
    joined = join_deals(deals)
    counted = []
    for visitor in visitors:
        deal = joined.get(visitor["key"])
        close = deal and deal["close"]
        if visitor["last_seen"] is None or close is None or visitor["last_seen"] < close:
            counted.append({**visitor, "deal": deal})
    if not by_account:
        return counted
    keys = dict.fromkeys(visitor["key"] for visitor in counted if visitor["key"] is not None)
    return [merge([visitor for visitor in counted if visitor["key"] == key]) for key in keys]


def merge(visitors: list[dict[str, Any]]) -> dict[str, Any]:
    """An account: it matches and meets what one of its visitors does, with the best score."""
    scores = zip(*(visitor["scores"] for visitor in visitors), strict=True)
    return {
        "deal": visitors[0]["deal"],
        "last_seen": max(
            (v["last_seen"] for v in visitors if v["last_seen"] is not None), default=None
        ),
        "scores": [max((s for s in each if s is not None), default=None) for each in scores],
        "literals": set().union(*(visitor["literals"] for visitor in visitors)),
        "shut_out": set().union(*(visitor["shut_out"] for visitor in visitors)),
    }


def select(
    units: list[dict[str, Any]],
    *,
    against_lost: bool = False,
    open_from: float | None = None,
    period: tuple[float, float] | None = None,
    newest: float | None = None,
    **_: Any,
) -> list[dict[str, Any]]:
    """The units that take part."""
    units = [unit for unit in units if not against_lost or unit["deal"]]
    if open_from is not None:
        units = [
            unit
            for unit in units
            if unit["deal"] or unit["last_seen"] is None or unit["last_seen"] <= open_from
        ]
    if period is not None:
        units = [u for u in units if date_of(u) is not None and period[0] <= date_of(u) < period[1]]
    if newest is not None:
        units = newest_of(units, newest)
    return units


def date_of(unit: dict[str, Any]) -> float | None:
    close = unit["deal"] and unit["deal"]["close"]
    return unit["last_seen"] if close is None else close


def newest_of(units: list[dict[str, Any]], share: float) -> list[dict[str, Any]]:
    count = int(Fraction(share) * len(units) + Fraction(1, 2))
    dates = [date_of(unit) for unit in units]
    if count == 0:
        return []
    if all(date is None for date in dates):
        return units[len(units) - count :]
    values = [float("-inf") if date is None else date for date in dates]
    cut = sorted(values, reverse=True)[count - 1]
    return [unit for unit, value in zip(units, values, strict=True) if value >= cut]


def is_won(unit: dict[str, Any]) -> bool:
    return bool(unit["deal"] and unit["deal"]["won"])


def auc(units: list[dict[str, Any]], column: int) -> Fraction | None:
    """Every pair of a won and another unit: 1 if the won one scores higher, half if equal."""
    won = [unit["scores"][column] or 0 for unit in units if is_won(unit)]
    others = [unit["scores"][column] or 0 for unit in units if not is_won(unit)]
    if not won or not others:
        return None
    points = sum(Fraction((w > o) * 2 + (w == o), 2) for w in won for o in others)
    return points / (len(won) * len(others))


def delong(units: list[dict[str, Any]], column: int) -> float | None:
    """The variance of the AUC by its definition, over every pair."""
    won = [unit["scores"][column] or 0 for unit in units if is_won(unit)]
    others = [unit["scores"][column] or 0 for unit in units if not is_won(unit)]
    if len(won) < 2 or len(others) < 2:
        return None

    def wins(w: float, o: float) -> float:
        return float(w > o) + 0.5 * (w == o)

    of_won = [sum(wins(w, o) for o in others) / len(others) for w in won]
    of_others = [sum(wins(w, o) for w in won) / len(won) for o in others]
    return variance(of_won) / len(of_won) + variance(of_others) / len(of_others)


def variance(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def won_at(units: list[dict[str, Any]], column: int, capacity: int) -> Fraction:
    """The expected wins among the best: those who tie at the cut by lot."""
    expected, left = Fraction(0), capacity
    ranked = sorted(units, key=lambda unit: -(unit["scores"][column] or 0))
    for _, tied in groupby(ranked, key=lambda unit: unit["scores"][column] or 0):
        group = list(tied)
        taken = min(left, len(group))
        expected += Fraction(sum(map(is_won, group)) * taken, len(group))
        left -= taken
    return expected


def odds_ratio(
    units: list[dict[str, Any]], literal: int, others: list[int]
) -> Fraction | float | None:
    """Mantel and Haenszel's, over what is met of the group's other conditions."""
    strata: dict[frozenset[int], list[dict[str, Any]]] = {}
    for unit in units:
        strata.setdefault(frozenset(unit["literals"] & set(others)), []).append(unit)
    up = down = Fraction(0)
    for stratum in strata.values():
        a = sum(literal in u["literals"] and is_won(u) for u in stratum)
        b = sum(literal in u["literals"] and not is_won(u) for u in stratum)
        c = sum(literal not in u["literals"] and is_won(u) for u in stratum)
        d = len(stratum) - a - b - c
        up += Fraction(a * d, len(stratum))
        down += Fraction(b * c, len(stratum))
    if down:
        return up / down
    return float("inf") if up else None
