"""How a change of a config reads."""

from __future__ import annotations

from typing import Any

import pytest

from icpctl.config.model import IcpConfig
from icpctl.features.impact.config_diff import changes_of
from icpctl.features.impact.wording import change_text


def config(*conditions: dict[str, Any], operator: str = "AND", **more: Any) -> IcpConfig:
    groups = [{"operator": operator, "conditions": list(conditions)}, *more.pop("groups", [])]
    return IcpConfig.model_validate({"label": "A", "rules": {"groups": groups}} | more)


def one(text: str, **more: Any) -> dict[str, Any]:
    name, comparator, value = text.split(" ", 2)
    listed = value.split("|") if "|" in value or comparator == "in" else value
    return {"type": name, "comparator": comparator, "value": listed, **more}


ROME, BIG = one("city equals Rome"), one("company_size gte 500")
LONG = "x" * 200


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (BIG, one("company_size gte 800"), "company size is at least 500 -> at least 800"),
        (
            BIG,
            one("company_size lt 500", weight=2),
            "company size is at least 500 -> less than 500 (weight 2)",
        ),
        (BIG, BIG | {"weight": 2.5}, "company size is at least 500: weight 1 -> 2.5"),
        (BIG, BIG | {"optional": True}, "company size is at least 500: required -> optional"),
        (
            one("industry in SaaS|Banks|IT", optional=True),
            one("industry in IT|Software|SaaS", weight=3),
            "industry is: + Software, - Banks, optional -> required, weight 1 -> 3",
        ),
        (one("city in A|B"), one("city in B|A"), "city is: the same values in another order"),
        (
            one("city in a"),
            one("city in a|" + "|".join(map(str, range(20)))),
            f"city is: {', '.join(f'+ {it}' for it in range(8))}, and 12 more",
        ),
        (one("city in a"), one(f"city in a|{LONG}"), f"city is: + {'x' * 60}..."),
        (
            one("company_size between 1|9"),
            one("company_size between 1|10"),
            "company size is between 1 and 9 -> between 1 and 10",
        ),
        (ROME, BIG, "city is Rome -> company size is at least 500"),
    ],
)
def test_a_condition(before: dict[str, Any], after: dict[str, Any], text: str) -> None:
    [change] = changes_of(config(before), config(after))
    assert change_text(change) == text


def test_the_rest() -> None:
    more = {"operator": "OR", "conditions": [one(f"city equals {it}") for it in "abcd"]}
    region = one("region equals X", optional=True)
    before, after = config(ROME, BIG, priority=10), config(BIG, region, groups=[more])
    assert list(map(change_text, changes_of(before, after))) == [
        "priority 10 -> none",
        "added: region is X (optional)",
        "removed: city is Rome",
        "added: group 2, OR of city is a; city is b; city is c and 1 more condition",
    ]
    [change] = changes_of(config(ROME), config(ROME, operator="OR"))
    assert change_text(change) == "group 1: AND -> OR"
