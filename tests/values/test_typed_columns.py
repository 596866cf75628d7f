"""Dates read all at once are the dates read one by one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpctl.values import date_forms, typed_columns

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAYS = [
    "2026-11-18",
    "0001-01-01",
    "9999-12-31",
    "2024-02-29",
    "2026-02-29",
    "0000-05-05",
    "20261118",
]
CLOCKS = ["", "T04", "T04:06", " 04:06:10", "T04:06:10", "T24:00:00", "T23:59:60", "t04:06:10"]
FRACTIONS = ["", ".1", ".123", ",123", ".123456", ".1234567", ".999999999"]
ZONES = ["", "Z", "z", "+00", "-0530", "+05:30", "-23:59", "+24:00", "+00:60", " +00"]

dates = st.tuples(*map(st.sampled_from, (DAYS, CLOCKS, FRACTIONS, ZONES))).map("".join)


def one_by_one(texts: list[str | None]) -> tuple[list[int | None], list[int]]:
    found = [None if text is None else date_forms.instant(text) for text in texts]
    return found, [row for row, text in enumerate(texts) if text is not None and found[row] is None]


def at_once(texts: list[str | None]) -> tuple[list[int | None], list[int]]:
    tokens = pa.array([None if text is None else json.dumps(text) for text in texts], pa.string())
    micros, known, misfits = typed_columns.instants(tokens)
    found = [int(it) if is_known else None for it, is_known in zip(micros, known, strict=True)]
    return found, sorted(misfits.tolist())


@given(dates, st.integers(0, 3))
def test_each_form_alone(text: str, nulls: int) -> None:
    texts = [*[None] * nulls, text, text]
    assert at_once(texts) == one_by_one(texts)


@given(st.lists(st.none() | dates, max_size=6))
def test_forms_mixed(texts: list[str | None]) -> None:
    assert at_once(texts) == one_by_one(texts)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("2026-11-18T04:06:10Z", 10),
        ("2026-11-18 04:06:10+00", 10),
        ("2026-11-18 06:06:10.5+02:00", 10.5),
        ("2026-11-18 04:06:10", 10),
    ],
)
def test_a_form_means(text: str, after: float) -> None:
    when = datetime(2026, 11, 18, 4, 6, tzinfo=UTC) + timedelta(seconds=after)
    assert at_once([text])[0] == [(when - EPOCH) // timedelta(microseconds=1)]
