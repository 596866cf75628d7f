"""Which items of a list became which of another: those that stay, change, go and come."""

from __future__ import annotations

import json
from collections import Counter
from difflib import SequenceMatcher
from typing import Any

Pair = tuple[int | None, int | None]

_MOST = 100_000  # comparisons; lists that differ in more are paired in their order
_ANY = 0.001  # what a pair is worth that has nothing in common: it fills a place


def same_key(value: object) -> str:
    """Return a text that equal values share."""
    return json.dumps(value, sort_keys=True)


def align(old: list[Any], new: list[Any], name_key: str) -> list[Pair]:
    """Return pairs of indices in the order of both lists; None has no partner.

    Equal items are paired first, then between them the most similar. Objects whose `name_key`
    differs are not similar. Where both lists have items, at least one pair is complete.
    """
    matcher = SequenceMatcher(None, list(map(same_key, old)), list(map(same_key, new)), False)
    pairs: list[Pair] = []
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        olds, news = range(old_start, old_end), range(new_start, new_end)
        if tag == "equal" or len(olds) * len(news) > _MOST:
            pairs += zip(olds, news, strict=False)
            pairs += [(index, None) for index in olds[len(news) :]]
            pairs += [(None, index) for index in news[len(olds) :]]
        else:
            worth = [[similarity(old[i], new[j], name_key) + _ANY for j in news] for i in olds]
            pairs += [
                (None if i is None else olds[i], None if j is None else news[j])
                for i, j in _most_worth(worth, len(news))
            ]
    return pairs


def similarity(old: Any, new: Any, name_key: str) -> float:
    """Return how much two values have in common, 0 to 1."""
    if old == new:
        return 1.0
    if isinstance(old, dict) and isinstance(new, dict):
        if old.get(name_key) != new.get(name_key):
            return 0.0
        keys = old.keys() | new.keys()
        return sum(similarity(old.get(key), new.get(key), name_key) for key in keys) / len(keys)
    if isinstance(old, list) and isinstance(new, list):
        shared = Counter(map(same_key, old)) & Counter(map(same_key, new))
        return 2 * shared.total() / max(len(old) + len(new), 1)
    return 0.0


def _most_worth(worth: list[list[float]], width: int) -> list[Pair]:
    """Return the pairs, without crossings, that are worth the most together."""
    height = len(worth)
    best = [[0.0] * (width + 1) for _ in range(height + 1)]
    for i in reversed(range(height)):
        for j in reversed(range(width)):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + worth[i][j])
    pairs: list[Pair] = []
    i = j = 0
    while i < height and j < width:
        if best[i][j] == best[i + 1][j + 1] + worth[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    return [
        *pairs,
        *((rest, None) for rest in range(i, height)),
        *((None, rest) for rest in range(j, width)),
    ]
