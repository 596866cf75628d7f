"""For any edit of any config in any layout: what was not changed keeps every byte.

`ICPCTL_LONG=all` tries a thousand random ones of each kind.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from icpctl import IcpConfig
from icpctl.config.checks import check_document
from icpctl.config.model import ConfigFile
from icpctl.documents.reading import read_document
from icpctl.features.editing.body_fields import full_body
from icpctl.features.editing.changes import Changes, changed
from icpctl.features.editing.group_changes import GroupChanges
from tests.config import layouts
from tests.long import LARGEST, LONG, long
from tests.strategies import ABSENT, CONDITION_VALUES, TYPES, conditions, configs, groups

ANY = settings(
    derandomize=not LARGEST,  # the same edits in every run, unless many are asked for
    max_examples=1000 if LARGEST else 40 if LONG else 20,
    suppress_health_check=[
        HealthCheck.filter_too_much,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


class Edit(NamedTuple):
    """Changes, the body that they must lead to, and whose characters may change."""

    changes: Changes
    body: dict[str, Any]
    touched: set[layouts.Path]


def document(value: object) -> Any:
    return read_document(json.dumps(value).encode(), "given.json")


def same(left: object, right: object) -> bool:
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


@st.composite
def field_edits(draw: st.DrawFn, body: dict[str, Any]) -> Edit:
    """--label, --priority, --no-priority, --active: as options, or as a body with --file."""
    label = draw(st.sampled_from([None, None, "B: c", "it's # 5", "null", "x, [y]", "Größe 🚀"]))
    priority = draw(st.sampled_from([None, None, 5, -3, "gone"]))
    active = draw(st.sampled_from([None, True, False]))
    said = {"label": label, "priority": priority, "isActive": active}
    fields = {key: value for key, value in said.items() if value is not None}
    new = {key: None if value == "gone" else value for key, value in fields.items()}
    if draw(st.booleans()):
        changes = Changes(body=document(new))
    else:
        number = priority if isinstance(priority, int) else None
        changes = Changes(label, number, no_priority=priority == "gone", is_active=active)
    touched = {(key,) if value is None else (key, "is") for key, value in new.items()
               if body.get(key, True if key == "isActive" else None) != value}  # fmt: skip
    wanted = {key: value for key, value in (body | new).items() if value is not None}
    return Edit(changes, wanted, touched)


@st.composite
def rules_edits(draw: st.DrawFn, body: dict[str, Any]) -> Edit:
    """--rules, or --file with rules, of which one thing is another."""
    rules = json.loads(json.dumps(body["rules"]))
    at = draw(st.integers(0, len(rules["groups"]) - 1))
    group = rules["groups"][at]
    place: layouts.Path = ("rules", "is", "groups", "is", at)
    touched: set[layouts.Path] = set()
    chosen = draw(st.integers(0, len(group["conditions"]) - 1))
    condition = group["conditions"][chosen]
    inner = (*place, "conditions", "is", chosen)
    match draw(
        st.sampled_from(["operator", "value", "role", "less", "more", "group", "move", "other"])
    ):
        case "operator":
            group["operator"] = "OR" if group["operator"] == "AND" else "AND"
            touched = {(*place, "operator", "is")}
        case "value":
            value = draw(CONDITION_VALUES[condition["type"], condition["comparator"]])
            touched = {(*inner, "value")}
            condition.pop("value", None)
            condition |= {} if value is ABSENT else {"value": value}
        case "role":
            condition["weight"] = draw(st.sampled_from([1, 2, 77]))
            condition["optional"] = draw(st.booleans())
            touched = {(*inner, "weight", "is"), (*inner, "optional", "is")}
        case "less" if len(group["conditions"]) > 1:
            del group["conditions"][chosen]
            touched = {inner}
        case "move":
            group["conditions"].insert(draw(st.integers(0, 9)), group["conditions"].pop(chosen))
            first = (*place, "conditions", "is")
            touched = {(*first, index) for index in range(len(group["conditions"]))}
        case "group":
            rules["groups"].insert(draw(st.integers(0, 3)), draw(groups(TYPES)))
        case "other":
            group["conditions"][chosen] = draw(conditions(TYPES))
            touched = {inner}
        case _:
            group["conditions"].insert(draw(st.integers(0, 9)), draw(conditions(TYPES)))
    given_rules = document(rules), document({"rules": rules})
    as_rules = draw(st.booleans())
    changes = Changes(rules=given_rules[0]) if as_rules else Changes(body=given_rules[1])
    return Edit(changes, body | {"rules": rules}, touched)


def in_words(condition: dict[str, Any]) -> str:
    value = json.dumps(condition["value"]) if condition["value"] is not None else ""
    return f"{condition['type']} {condition['comparator']} {value}"


@st.composite
def group_edits(draw: st.DrawFn, body: dict[str, Any]) -> Edit:
    """--where, --prefer and --drop."""
    full = full_body(IcpConfig.model_validate(body))["rules"]
    at = draw(st.integers(0, len(full["groups"]) - 1))
    group = full["groups"][at]["conditions"]
    new = [IcpConfig.model_validate({"label": "a", "rules": {"groups": [
        {"operator": "AND", "conditions": [draw(conditions(TYPES))]}]}})
        for _ in range(draw(st.integers(0, 2)))]  # fmt: skip
    added = [full_body(it)["rules"]["groups"][0]["conditions"][0] | {"weight": 1} for it in new]
    touched: set[layouts.Path] = set()
    drop = []
    if len(group) > 1 and draw(st.booleans()):
        chosen = draw(st.integers(0, len(group) - 1))
        drop = [in_words(group[chosen])]
        alike = [i for i, it in enumerate(group) if in_words(it) == drop[0]]
        assume(len(alike) == 1)
        touched = {("rules", "is", "groups", "is", at, "conditions", "is", chosen)}
        del group[chosen]
    where = [in_words(it) for it in added if not it["optional"]]
    prefer = [in_words(it) for it in added if it["optional"]]
    for condition in sorted(added, key=lambda it: it["optional"]):
        if condition not in group:
            group.append(condition)
    number = None if len(full["groups"]) == 1 and draw(st.booleans()) else at + 1
    assume(where or prefer or drop)
    return Edit(
        Changes(conditions=GroupChanges(where, prefer, drop, number)),
        body | {"rules": full},
        touched,
    )


def is_touched(owner: layouts.Path, touched: set[layouts.Path]) -> bool:
    """Whether a piece of text may change: it is of something that does, or between such things."""
    if owner == ("alias",):
        return bool(touched)
    if owner and owner[0] in ("beside", "header", "end"):
        beside = owner[0] == "beside"
        return any(
            owner[1 : len(path) + 1] == path and not (beside and path[-1] == "is")
            for path in touched
        )
    if owner and owner[0] == "gap":
        inside, length = owner[1:], len(owner) - 1
        return any(path[:length] == inside[: len(path)] for path in touched)
    return any(owner[: len(path)] == path for path in touched)


def kept_of(layout: layouts.Layout, touched: set[layouts.Path]) -> str:
    return layout.mark + "".join(
        it.text for it in layout.pieces if not is_touched(it.owner, touched)
    )


def is_within(part: str, whole: str) -> bool:
    """Whether `whole` is `part` with characters added."""
    rest = iter(whole)
    return all(character in rest for character in part)


def takes_comma(closing: layouts.Piece, touched: set[layouts.Path]) -> bool:
    """Whether what comes before a bracket may get a comma: something may be added there."""
    inside = closing.owner
    return closing.text in ("}", "]") and any(path[: len(inside)] == inside for path in touched)


def whole_lines(layout: layouts.Layout, touched: set[layouts.Path]) -> list[str]:
    """The lines in which nothing may change and no comma may come."""
    lines: list[str] = []
    current, is_free = "", True
    for piece, after in pairwise([*layout.pieces, layouts.Piece("", ())]):
        is_free &= not is_touched(piece.owner, touched) and piece.text[-1:] not in "]}"
        current += piece.text
        if "\n" in piece.text:
            first, *others = current.split("\n")
            is_gap = piece.owner[:1] == ("gap",)
            if is_free and len(others) == 1 and not is_gap and not takes_comma(after, touched):
                lines.append(first)
            current, is_free = others[-1], not others[-1].strip()
    return lines


def check(layout: layouts.Layout, edit: Edit) -> None:
    path = Path(layout.name)
    data = layout.text.encode()
    config, _ = check_document(read_document(data, layout.name), None)
    body_config = IcpConfig.model_validate(edit.body)
    assume(config is not None)
    assert config is not None
    after = changed(ConfigFile("a", None, path, config, data), edit.changes)
    assert after.config == body_config
    text = after.data.decode()
    if config == body_config and not edit.touched:
        assert text == layout.text
    kept = kept_of(layout, edit.touched)
    event("all kept" if not edit.touched else "some changed")
    assert is_within(kept, text), (layout.text, text, edit.touched)
    if layout.name.endswith(".yaml"):
        lost = Counter(whole_lines(layout, edit.touched)) - Counter(
            text.removeprefix("\ufeff").split("\n")
        )
        assert not lost, (layout.text, text, lost)


def is_distinct(body: dict[str, Any]) -> bool:
    """Whether no condition is in a group twice, so that it is clear which stays."""
    full = full_body(IcpConfig.model_validate(body))["rules"]["groups"]
    return all(
        len({json.dumps(it) for it in group["conditions"]}) == len(group["conditions"])
        for group in full
    ) and len({json.dumps(group) for group in full}) == len(full)


EDITS = {"fields": field_edits, "rules": rules_edits, "group": group_edits}


def run(data: st.DataObject, made: list[tuple[str, dict[str, Any]]], kind: str) -> None:
    body = made[0][1]
    if data.draw(st.booleans()):
        body = body | {"isActive": data.draw(st.booleans())}
    assume(is_distinct(body))
    edit = data.draw(EDITS[kind](body))
    assume(is_distinct(edit.body))
    check(data.draw(layouts.layouts(body)), edit)


@long
@ANY
@given(st.data(), configs())
def test_fields(data: st.DataObject, made: list[tuple[str, dict[str, Any]]]) -> None:
    run(data, made, "fields")


@ANY
@given(st.data(), configs())
def test_rules(data: st.DataObject, made: list[tuple[str, dict[str, Any]]]) -> None:
    run(data, made, "rules")


@long
@ANY
@given(st.data(), configs())
def test_conditions_in_words(data: st.DataObject, made: list[tuple[str, dict[str, Any]]]) -> None:
    run(data, made, "group")
