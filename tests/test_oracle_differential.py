"""icpctl against the naive oracle, on configs and visitors that Hypothesis makes up."""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import oracle
from tests.long import examples, some
from tests.spec_cases import AS_OF
from tests.strategies import TIERS, configs, records, some_types
from tests.support import score_records

if TYPE_CHECKING:
    from collections.abc import Iterator

VERDICT = ["icp_match", "icp", "icp_score", "matches", "icp_tier", "excluded_by"]


class Case(NamedTuple):
    """Configs in order, and the visitors that are scored against them."""

    configs: list[tuple[str, dict[str, Any]]]
    visitors: list[dict[str, Any]]
    case_sensitive: bool = False
    tiers: dict[str, float] = {}  # noqa: RUF012 - never changed

    def __repr__(self) -> str:
        """What Hypothesis prints of a case that fails; the test itself shows the smallest."""
        return f"<{len(self.configs)} configs, {len(self.visitors)} visitors>"

    @property
    def excludes(self) -> bool:
        """Whether some config excludes those who match it."""
        return any(body.get("exclude") for _, body in self.configs)

    def __str__(self) -> str:
        """The JSON that repeats the case by hand."""
        return "\n".join(
            [
                f"--case-sensitive: {self.case_sensitive}",
                *(f"{slug}.json: {json.dumps(body)}" for slug, body in self.configs),
                *(f"visitor: {json.dumps(visitor)}" for visitor in self.visitors),
            ]
        )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A few configs and many visitors that are about the same condition types."""
    types = draw(some_types())
    # Hypothesis keeps one list short, so the visitors come in several.
    visitors = [draw(st.lists(records(types), min_size=1, max_size=10)) for _ in range(6)]
    return Case(
        draw(configs(types)),
        list(chain.from_iterable(visitors)),
        tiers=draw(st.sampled_from(TIERS)),
    )


@pytest.mark.parametrize("case_sensitive", some([False, True]))
@settings(
    max_examples=examples(150),
    deadline=None,
    # `smallest` shrinks in seconds what would take Hypothesis minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(drawn=cases())
def test_icpctl_agrees_with_the_oracle(drawn: Case, case_sensitive: bool) -> None:
    case = drawn._replace(case_sensitive=case_sensitive)
    if by_icpctl(case) != by_oracle(case):
        case = smallest(case)
        assert by_icpctl(case) == by_oracle(case), f"\n{case}"


def by_icpctl(case: Case) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Verdicts in the visitors' order, and how many values of each field did not fit."""
    rows, report = score_records(
        case.configs,
        case.visitors,
        as_of=AS_OF,
        case_sensitive=case.case_sensitive,
        tiers=case.tiers,
    )
    for row in rows:
        assert ("icp_tier" in row, "excluded_by" in row) == (bool(case.tiers), case.excludes)
    return [{key: row.get(key) for key in VERDICT} for row in rows], report["fieldWarnings"]


def by_oracle(case: Case) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The same, of the visitors as the lines of a file give them."""
    verdicts = []
    for visitor in case.visitors:
        read = oracle.read_line(json.dumps(visitor).encode(), first=False)
        assert isinstance(read, dict)
        verdicts.append(
            oracle.verdict(
                case.configs,
                read,
                as_of=AS_OF,
                case_sensitive=case.case_sensitive,
                tiers=case.tiers,
            )
        )
    warnings = Counter(field for verdict in verdicts for field in verdict["warnings"])
    return [{key: verdict.get(key) for key in VERDICT} for verdict in verdicts], dict(warnings)


def smallest(case: Case) -> Case:
    """The disagreement with as few visitors, conditions and fields as still show it."""
    for simpler in (one_visitor, one_condition):
        case = next((less for less in simpler(case) if by_icpctl(less) != by_oracle(less)), case)
    for field in {field for visitor in case.visitors for field in visitor}:
        visitors = [
            {key: visitor[key] for key in visitor if key != field} for visitor in case.visitors
        ]
        less = case._replace(visitors=visitors)
        case = less if by_icpctl(less) != by_oracle(less) else case
    return case


def one_visitor(case: Case) -> Iterator[Case]:
    """The case with each of its visitors alone."""
    return (case._replace(visitors=[visitor]) for visitor in case.visitors)


def one_condition(case: Case) -> Iterator[Case]:
    """The case with each of its conditions alone."""
    for slug, body in case.configs:
        for group in body["rules"]["groups"]:
            for condition in group["conditions"]:
                rules = {"groups": [{"operator": "AND", "conditions": [condition]}]}
                yield case._replace(configs=[(slug, {"label": "Alone", "rules": rules})])
