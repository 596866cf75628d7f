"""What `insight` counts of the parts of an export comes to what it counts of the whole."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpctl.config.model import IcpConfig
from icpctl.features.insight.counting import InsightCounts, insight
from icpctl.features.insight.counts.distinct_counts import (
    BatchKeys,
    KeyCounts,
    NumberCounts,
    Spellings,
)
from icpctl.scoring.run import Options
from tests.long import examples, long
from tests.spec_cases import AS_OF
from tests.strategies import configs, records, some_types

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from icpctl.features.insight.counting import Insight
    from icpctl.features.insight.model import InsightReport

Pairs = list[tuple[str, IcpConfig]]
OPTIONS = Options(datetime.fromisoformat(AS_OF))


def looked_into(visitors: Sequence[Any], pairs: Pairs, counts: InsightCounts) -> Insight:
    """One run over one file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "visitors.jsonl")
        file.write_text("".join(json.dumps(visitor) + "\n" for visitor in visitors))
        return insight([str(file)], pairs, OPTIONS, counts=counts)


def of_parts(
    several: Sequence[Sequence[Any]],
    pairs: Pairs,
    *,
    changes: bool = True,
    parts: Mapping[int, Sequence[str]],
) -> InsightCounts:
    """What is counted of each part by itself, put together."""
    whole = InsightCounts.of(pairs, OPTIONS, changes=changes, parts=parts)
    for visitors in several:
        one = InsightCounts.of(pairs, OPTIONS, changes=changes, parts=parts)
        looked_into(visitors, pairs, one)
        whole.counts.merge(one.counts)
    return whole


def without_time(report: InsightReport) -> dict[str, Any]:
    return report.model_dump(exclude={"elapsed_seconds"})


def check(several: Sequence[Sequence[Any]], pairs: Pairs) -> None:
    """Hold the parts of an export to one look at all of it."""
    expected = looked_into([*chain(*several)], pairs, InsightCounts.of(pairs, OPTIONS))
    found = of_parts(several, pairs, parts={})
    told = found.watch.proposed_parts()
    found.take_parts(of_parts(several, pairs, changes=False, parts=told))
    assert without_time(found.report(expected.run)) == without_time(expected.report)


@long
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_parts_come_to_the_whole(data: st.DataObject) -> None:
    types = data.draw(some_types())
    pairs = [(slug, IcpConfig.model_validate(body)) for slug, body in data.draw(configs(types))]
    check(data.draw(st.lists(st.lists(records(types), max_size=6), max_size=4)), pairs)


PAGES = ["/pricing", "/Pricing", "/pricing/teams", "/docs/a?b", "https://e.com/docs/a", "/blog/x"]
LISTS = {
    "label": "A",
    "rules": {
        "groups": [
            {
                "operator": "AND",
                "conditions": [
                    {"type": "page_contains", "comparator": "has_any", "value": ["/no", "/blog"]},
                    {"type": "page_contains", "comparator": "equals", "value": "/docs"},
                    {"type": "page_equals", "comparator": "in", "value": ["/", "/blog/x"]},
                ],
            },
            {
                "operator": "OR",
                "conditions": [
                    {"type": "page_contains", "comparator": "in", "value": ["/teams", "/no"]}
                ],
            },
        ]
    },
}
pages = st.fixed_dictionaries({"pages": st.lists(st.sampled_from(PAGES), max_size=4)})


@long
@settings(max_examples=examples(60), deadline=None)
@given(several=st.lists(st.lists(pages, min_size=2, max_size=8), min_size=2, max_size=4))
def test_parts_of_pages_are_counted_for_all_that_any_visitor_tells(
    several: list[list[dict[str, Any]]],
) -> None:
    check(several, [("a", IcpConfig.model_validate(LISTS))])


MOST = 4
few_keys = patch("icpctl.features.insight.counts.distinct_counts.MOST_KEYS", MOST)
"""So few values are counted, which shows what becomes of those that are not."""


def batch(often: Mapping[str, int]) -> BatchKeys:
    """A batch in which each value is so often, the commonest first."""
    values = sorted(often, key=lambda it: -often[it])
    counts = np.array([often[it] for it in values], np.int64)
    return BatchKeys(pa.array(values, pa.string()), [(np.arange(len(values)), counts)])


def key_counts(*batches: Mapping[str, int]) -> KeyCounts:
    found = KeyCounts(pa.string(), 1)
    for often in batches:
        found.add(batch(often))
    return found


def all_of(counts: KeyCounts) -> dict[Any, int]:
    return {key: count for key, _, count in counts.commonest(0, 100)}


FULL = [{"a": 3, "b": 3, "c": 3, "d": 3}, {"e": 100, "a": 1}]


@pytest.mark.parametrize(
    ("several", "expected"),
    [
        pytest.param([[{"a": 1, "b": 2}], [{"a": 3}]], {"a": 4, "b": 2}, id="all are known"),
        pytest.param([FULL, [{"a": 1, "e": 1}]], {"a": 5, "b": 3, "c": 3, "d": 3}, id="earlier"),
        pytest.param([[{"a": 1, "e": 1}], FULL], {"a": 5, "b": 3, "c": 3, "d": 3}, id="later"),
        pytest.param([FULL, [{"a": 1, "z": 1}, *FULL]], {"a": 9, "b": 6, "c": 6}, id="both"),
        pytest.param(
            [FULL[:1], [{"e": 9, "a": 1}]], {"e": 9, "a": 4, "b": 3, "c": 3}, id="only together"
        ),
    ],
)
@few_keys
def test_values_that_a_part_did_not_count_go(
    several: list[list[dict[str, int]]], expected: dict[str, int]
) -> None:
    counts = key_counts()
    for batches in several:
        counts.merge(key_counts(*batches))
    assert all_of(counts) == expected
    counts.add(batch({"new": 500, "a": 1}))
    assert all_of(counts).get("new") == (None if counts.capped else 500)


small_batches = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 9))


@given(data=st.data(), several=st.lists(st.lists(small_batches, max_size=3), min_size=1))
@few_keys
def test_what_is_told_of_a_capped_field_is_exact(
    data: st.DataObject, several: list[list[dict[str, int]]]
) -> None:
    """Whatever the batches and the parts, and however these are put together."""
    truth: Counter[str] = Counter()
    for often in chain(*several):
        truth.update(often)
    parts = [key_counts(*batches) for batches in several]
    while len(parts) > 1:
        later = parts.pop(data.draw(st.integers(0, len(parts) - 1)))
        parts[data.draw(st.integers(0, len(parts) - 1))].merge(later)
    found = all_of(parts[0])
    assert parts[0].capped == (len(truth) > MOST)
    assert found == ({it: truth[it] for it in found} if parts[0].capped else dict(truth))
    assert len(found) <= MOST


@given(
    several=st.lists(st.lists(st.lists(st.integers(0, 12), max_size=8), max_size=3)),
    below=st.booleans(),
)
@few_keys
def test_numbers_next_to_a_threshold_are_those_of_the_whole(
    several: list[list[list[int]]], below: bool
) -> None:
    whole, found = (NumberCounts(below=below) for _ in range(2))
    for batches in several:
        part = NumberCounts(below=below)
        for numbers in batches:
            often = np.unique(np.array(numbers, float), return_counts=True)
            whole.add(*often)
            part.add(*often)
        found.merge(part)
    assert found.capped == whole.capped
    assert found.numbers.tolist() == whole.numbers.tolist()
    assert found.counts.tolist() == whole.counts.tolist()


@given(several=st.lists(st.lists(st.sampled_from(["Rome", "ROME", "rome"])), min_size=1))
def test_a_value_is_spelt_as_most_visitors_spell_it(several: list[list[str]]) -> None:
    counts = KeyCounts(pa.string(), 1)
    for spelt in several:
        part = KeyCounts(pa.string(), 1)
        if spelt:
            often = np.ones(len(spelt), np.int64)
            spellings = Spellings(pa.array(spelt), np.zeros(len(spelt), np.int64), often)
            total = [(np.array([0]), np.array([len(spelt)]))]
            part.add(BatchKeys(pa.array(["rome"]), total, spellings))
        counts.merge(part)
    often_of = Counter(chain(*several))
    most = min(often_of, key=lambda it: (-often_of[it], it), default=None)
    assert [spelt for _, spelt, _ in counts.commonest(0, 5)] == ([most] if most else [])
