"""Dates in every spelling that has one reading."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpctl.values import date_forms

CASES = Path(__file__).parent.parent / "fixtures" / "cases" / "12b_dates.csv"
READ = {*range(13), *range(18, 35), 42, 44, 45, 46}
"""Lines of the file that are 2026-11-20; the others are no date, or have two readings."""


def spellings() -> list[tuple[int, str]]:
    with CASES.open(newline="") as file:
        return [(int(row["id"]), row["last_seen"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize(("number", "text"), spellings())
def test_spellings_of_exports(number: int, text: str) -> None:
    moment = date_forms.instant(text)
    day = None if moment is None else (date_forms.EPOCH + micros(moment)).date().isoformat()
    assert day == ("2026-11-20" if number in READ else None)


def micros(count: int) -> timedelta:
    return timedelta(microseconds=count)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T10:30:15.25+02:00", datetime(2026, 11, 20, 8, 30, 15, 250000, UTC)),
        ("2026-11-20 10:30 -0530", datetime(2026, 11, 20, 16, 0, tzinfo=UTC)),
        ("2026-11-20 12:05 AM", datetime(2026, 11, 20, 0, 5, tzinfo=UTC)),
        ("2026-11-20 12:05 pm", datetime(2026, 11, 20, 12, 5, tzinfo=UTC)),
        ("Sept 3, 2026 at 1:05 PM", datetime(2026, 9, 3, 13, 5, tzinfo=UTC)),
        ("3-Sep-2026", datetime(2026, 9, 3, tzinfo=UTC)),
        ("Thursday, 3 September 2026 01:02:03 UTC", datetime(2026, 9, 3, 1, 2, 3, tzinfo=UTC)),
        ("2026-W01", datetime(2025, 12, 29, tzinfo=UTC)),
        ("19900101", datetime(1990, 1, 1, tzinfo=UTC)),
        ("21001231.0", datetime(2100, 12, 31, tzinfo=UTC)),
        ("100000000", datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)),
        ("100000000000", datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)),
        ("100000000000000", datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)),
        ("100000000000000000", datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)),
    ],
)
def test_a_moment(text: str, moment: datetime) -> None:
    assert date_forms.instant(text) == date_forms.micros(moment)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-02-30", "2026-11-20 24:00", "2026-11-20 10:60", "2026-11-20 13:00 PM", "32.1.2026"),
        *("2026-11-20T10:00+24:00", "2026-W54", "19891231", "21010101", "20261320", "99999999"),
        *("0", "-1", "46346", "1e7", "1e22", "-1795170600", "Friday", "", "2026", "11.2026"),
        *("0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00", "2026-11-20" + " " * 200 + "x"),
    ],
)
def test_no_date(text: str) -> None:
    assert date_forms.instant(text) is None


@pytest.mark.parametrize("text", ["11/20/2026", "05/12/2026", "12/05/2026 10:00", "1/2/2026, 1 PM"])
def test_two_readings(text: str) -> None:
    assert date_forms.has_two_readings(text)
    assert date_forms.instant(text) is None


@pytest.mark.parametrize("text", ["2026/11/20", "11/20/26", "20.11.2026", "soon", "1/2/20261"])
def test_not_two_readings(text: str) -> None:
    assert not date_forms.has_two_readings(text)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)))
def test_styles_of_one_moment(when: datetime) -> None:
    when = when.replace(microsecond=0, tzinfo=UTC)
    moment = date_forms.micros(when)
    for style in (
        *("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S +0000 UTC"),
        *("%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%b %d, %Y %I:%M:%S %p", "%d %B %Y %H:%M:%S"),
        *("%a, %d %b %Y %H:%M:%S GMT", "%A, %B %d, %Y %H:%M:%S", "%Y%m%dT%H%M%SZ"),
    ):
        assert date_forms.instant(when.strftime(style)) == moment, style
    for unit in (1, 10**3, 10**6, 10**9):
        assert date_forms.instant(str(moment * unit // 10**6)) == moment
