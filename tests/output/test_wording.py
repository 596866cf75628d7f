"""Numbers and texts as people read them."""

from __future__ import annotations

import pytest

from icpctl.output.wording import counted, cut, fitted, percent
from icpctl.scoring.report import rate
from tests.long import long


@long
def test_percentages_are_rounded_once() -> None:
    """Half away from zero, for every ratio of fewer than 1,500: compared in whole numbers."""
    for whole in range(1, 1500):
        for part in range(whole + 1):
            tenths = (2000 * part + whole) // (2 * whole)
            text = percent(rate(part, whole))
            if text != f"{tenths // 10}.{tenths % 10} %":
                pytest.fail(f"{part} of {whole} is shown as {text}")


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(153, 172, "89.0 %"), (29_999, 30_000, "100.0 %"), (1, 16, "6.3 %"), (0, 7, "0.0 %")],
)
def test_ratios_that_were_rounded_twice(part: int, whole: int, text: str) -> None:
    assert percent(rate(part, whole)) == text


def test_a_share_of_nothing_is_no_text() -> None:
    assert rate(0, 0) is None
    assert percent(None) == ""
    assert percent(0.125, 0) == "13 %"


def test_counts_have_their_plural() -> None:
    assert counted(1, "match", "matches") == "1 match"
    assert counted(2_000, "visitor") == "2,000 visitors"


def test_texts_are_cut() -> None:
    assert (cut("abcdef", 6), cut("abcdefg", 6)) == ("abcdef", "abcdef...")
    assert (fitted("abcdef", 6), fitted("abcdefg", 6)) == ("abcdef", "abc...")
