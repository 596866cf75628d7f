"""A witness that the evaluator judges otherwise is never shown."""

from __future__ import annotations

from typing import Any

import pytest

from icpctl.config.model import IcpConfig
from icpctl.errors import IcpctlError
from icpctl.features.prove.cases import cases_of
from icpctl.features.prove.space.numbers import NumberSource
from icpctl.features.prove.space.space import Claim, Space
from icpctl.features.prove.space.witness import Witness, replay
from tests.features.prove.test_faults import body, proved

Record = dict[str, Any]


def test_a_wrong_encoding_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    right = NumberSource.first

    def off_by_one(self: NumberSource, value: float, *, above: bool = False) -> int:
        return right(self, value, above=not above)

    monkeypatch.setattr(NumberSource, "first", off_by_one)
    monkeypatch.setattr(Space, "is_true", lambda *_: True)  # and nothing notices before
    with pytest.raises(IcpctlError) as caught:
        proved(
            body(("AND", ["session_count equals 3", "country equals US"]), priority=1),
            body(("AND", ["country equals US"])),
            pairs=True,
        )
    assert caught.value.code == "internal_error"
    assert "please report it" in (caught.value.hint or "")


def test_a_claim_that_is_wrong() -> None:
    space = Space([("a", IcpConfig.model_validate(body(("AND", ["city equals X"]))))])
    replay(space, [Witness({"city": "x"}, (Claim(0), Claim(0, 0, 0)))])
    with pytest.raises(IcpctlError, match="a proof about a is wrong"):
        replay(space, [Witness({"city": "y"}, (Claim(0),))])


@pytest.mark.parametrize(
    ("condition", "holds", "fails"),
    [
        ("company_size gte 50", {"company_size": 50}, {"company_size": 49}),
        ("company_size lt 50", {"company_size": 49}, {"company_size": 50}),
        ("session_count gt 1", {"session_count": 2}, {"session_count": 1}),
        ("icp_score not_equals 70", {"icp_score": 69}, {"icp_score": 70}),
        ("country not_in US, DE", {"country": "U"}, {"country": "US"}),
        ("job_title contains VP", {"job_title": "VP"}, {"job_title": "V"}),
        ("country equals US", {"country": "US"}, {"country": "U"}),
        ("linkedin_url exists", {"linkedin_url": "x"}, {}),
        ("page_equals equals /a", {"pages": ["/a"]}, {"pages": ["/"]}),
    ],
)
def test_test_cases_are_at_the_boundary(condition: str, holds: Record, fails: Record) -> None:
    config = IcpConfig.model_validate(body(("AND", [condition, "utm_source equals x"])))
    one, two, *_ = cases_of("a", config).cases
    assert (one.record, two.record) == (holds | {"utm_source": "x"}, fails | {"utm_source": "x"})
    assert (one.matched, two.matched) == (True, False)


def test_both_ends_of_a_range() -> None:
    config = IcpConfig.model_validate(body(("AND", ["session_count between 5, 9"])))
    cases = cases_of("a", config).cases
    assert [it.record["session_count"] for it in cases] == [5, 4, 9, 10]
