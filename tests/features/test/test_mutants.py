"""What `test --mutate` does not try makes no difference to any visitor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpctl.config.model import ConfigFile, IcpConfig
from icpctl.features.test.mutants import mutants_of
from tests import oracle
from tests.long import examples
from tests.spec_cases import AS_OF
from tests.strategies import conditions, records, some_types


def without_each(condition: dict[str, Any], *, case_sensitive: bool) -> list[dict[str, Any]]:
    """The condition without each value of its list whose loss is no mutant."""
    body = {"label": "A", "rules": {"groups": [{"operator": "AND", "conditions": [condition]}]}}
    file = ConfigFile("a", None, Path("a.yaml"), IcpConfig.model_validate(body), b"")
    tried = [
        it.after.model_dump(mode="json")["value"]
        for it in mutants_of(file, case_sensitive=case_sensitive)
        if not isinstance(it.after, str)
    ]
    value = condition.get("value")
    if not isinstance(value, list) or len(value) < 2 or condition["comparator"] == "between":
        return []
    typed = file.config.rules.groups[0].conditions[0].model_dump(mode="json")["value"]
    lists = [[*typed[:at], *typed[at + 1 :]] for at in range(len(typed))]
    return [condition | {"value": it} for it in lists if it not in tried]


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), case_sensitive=st.booleans())
def test_a_value_that_is_not_dropped_is_needless(data: st.DataObject, case_sensitive: bool) -> None:
    types = data.draw(some_types())
    one = data.draw(conditions(types))
    how: dict[str, Any] = {"as_of": AS_OF, "case_sensitive": case_sensitive}
    for without in without_each(one, case_sensitive=case_sensitive):
        for record in data.draw(st.lists(records(types), min_size=1, max_size=10)):
            assert oracle.holds(one, record, **how) == oracle.holds(without, record, **how)


def test_values_that_another_one_stands_for() -> None:
    for condition, needless in (
        ({"type": "country", "comparator": "in", "value": ["US", "USA", "DE"]}, 2),
        ({"type": "domain", "comparator": "in", "value": ["a.example", "www.a.example"]}, 2),
        ({"type": "page_contains", "comparator": "has_any", "value": ["/a", "/a/b"]}, 1),
        ({"type": "page_contains", "comparator": "has_all", "value": ["/a", "/a/b"]}, 1),
        ({"type": "page_equals", "comparator": "has_any", "value": ["/a", "/a/b"]}, 0),
        ({"type": "company_size", "comparator": "in", "value": [1, 2]}, 0),
    ):
        assert len(without_each(condition, case_sensitive=False)) == needless
