"""What differs between two versions of a config, and each difference undone alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from icpctl.config.model import IcpConfig
from icpctl.features.impact.config_diff import MOST_UNDONE, Change, changes_of
from tests.long import long
from tests.strategies import configs, later_versions

TYPES = ["city", "company_size", "industry", "page_contains"]


def config(*groups: dict[str, Any], **more: Any) -> IcpConfig:
    return IcpConfig.model_validate({"label": "A", "rules": {"groups": list(groups)}} | more)


def group(*conditions: str, operator: str = "AND") -> dict[str, Any]:
    """A group of conditions such as `city equals Rome`, or `?city equals Rome` for optional."""
    found = []
    for text in conditions:
        name, comparator, value = text.removeprefix("?").split(" ", 2)
        found.append({"type": name, "comparator": comparator, "value": value})
        found[-1]["optional"] = text.startswith("?")
    return {"operator": operator, "conditions": found}


def said(change: Change) -> tuple[str, Any, Any, int | None]:
    """A change with its conditions in words."""

    def side(it: Any) -> Any:
        if hasattr(it, "conditions"):
            return [side(one) for one in it.conditions]
        return f"{it.type} {it.comparator} {it.value}" if hasattr(it, "comparator") else it

    return change.what, side(change.before), side(change.after), change.group


ROME, BIG, SAAS = "city equals Rome", "company_size gte 500", "industry equals SaaS"


def test_each_kind_of_change() -> None:
    before = config(group(ROME, BIG, "?industry equals SaaS"), group(SAAS), priority=10)
    after = config(
        group("company_size gte 800", ROME, "region equals Lazio", operator="OR"),
        group(SAAS),
        group("country equals IT"),
        priority=None,
    )
    assert [said(it) for it in changes_of(before, after)] == [
        ("priority", 10, None, None),
        ("operator", "AND", "OR", 1),
        ("condition", "company_size gte 500", "company_size gte 800", 1),
        ("condition", None, "region equals Lazio", 1),
        ("condition", "industry equals SaaS", None, 1),
        ("group", None, ["country equals IT"], 3),
    ]
    assert [said(it) for it in changes_of(after, before)][-1] == (
        *("group", ["country equals IT"], None, 3),
    )


def test_what_undoing_one_gives() -> None:
    before = config(group(ROME, BIG))
    after = config(group("city equals Bari", "company_size gte 800"))
    first, second = (it.undone for it in changes_of(before, after))
    assert first == config(group(ROME, "company_size gte 800"))
    assert second == config(group("city equals Bari", BIG))


def test_a_group_never_loses_its_only_condition() -> None:
    changes = changes_of(config(group(ROME)), config(group(SAAS)))
    assert [said(it) for it in changes] == [("condition", ROME, SAAS, 1)]
    assert changes[0].undone == config(group(ROME))


def test_groups_go_with_those_they_share_most_with() -> None:
    before = config(group(ROME, BIG), group(SAAS, "region equals Lazio"))
    after = config(
        group(SAAS, "region equals Lazio", "country equals IT"),
        group(ROME, "company_size gte 800"),
    )
    assert [said(it) for it in changes_of(before, after)] == [
        ("condition", None, "country equals IT", 1),
        ("condition", BIG, "company_size gte 800", 2),
    ]


def test_labels_and_order_are_no_changes() -> None:
    before = config(group(ROME, BIG), group(SAAS))
    assert changes_of(before, config(group(SAAS), group(BIG, ROME), label="B")) == ()


def test_another_config_is_not_looked_at_change_by_change() -> None:
    many = [f"city equals {number}" for number in range(MOST_UNDONE + 1)]
    before, after = config(group(ROME)), config(group(ROME, *many))
    changes = changes_of(before, after)
    assert len(changes) == MOST_UNDONE + 1
    assert {it.undone for it in changes} == {None}
    assert all(it.undone for it in changes_of(before, config(group(ROME, *many[1:]))))


@long
@settings(deadline=None)
@given(st.data())
def test_each_change_undone_is_a_config_one_step_away(data: st.DataObject) -> None:
    [(_, old)] = data.draw(configs(TYPES).filter(lambda it: len(it) == 1))
    new = data.draw(later_versions(old, TYPES))
    before, after = IcpConfig.model_validate(old), IcpConfig.model_validate(new)
    changes = changes_of(before, after)
    assert bool(changes) == (content(before) != content(after))
    for change in changes:
        if change.what == "priority":
            assert change.undone == after.model_copy(update={"priority": before.priority})
    edits = [it for it in changes if it.what != "priority"]
    for change in edits:
        if len(edits) > MOST_UNDONE:
            assert change.undone is None
            continue
        assert change.undone is not None
        IcpConfig.model_validate(change.undone.body())  # no list of it is empty
        assert change.undone != after
        if len(edits) == 1:
            assert content(change.undone)[0] == content(before)[0]


def content(config: IcpConfig) -> tuple[Any, int | None]:
    """What verdicts depend on, whatever the order."""
    groups = Counter(
        (it.operator, frozenset(Counter(it.conditions).items())) for it in config.rules.groups
    )
    return groups, config.priority


def test_thousands_of_conditions_are_compared_at_once() -> None:
    one = config(group(*(f"city equals {number}" for number in range(5_000))))
    two = config(group(*(f"city equals {number}" for number in range(2_500, 7_500))))
    assert len(changes_of(one, two)) == 2_500
