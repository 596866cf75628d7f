"""Renaming condition types to custom fields with the same paths and kinds changes no verdict."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from icpctl.config.custom_fields import read_fields
from icpctl.config.definitions import Definitions
from icpctl.mappings.loading import load_mapping
from icpctl.mappings.paths import path_text
from icpctl.vocabulary import BUILT_IN, CONDITION_TYPES, Form, Kind
from tests.long import examples
from tests.spec_cases import AS_OF
from tests.strategies import configs, records
from tests.support import score_records

# Types with a form, a count, a bound or other sources of their own say more than a kind does.
PLAIN = [
    name
    for name, entry in CONDITION_TYPES.items()
    if entry.form is Form.PLAIN and entry.kind is not Kind.PAGES
    if not entry.is_count and entry.bounds is None and not name.startswith("utm_")
]


def paths_of(field: str) -> list[str]:
    """The paths of a field in the mapping that is the default."""
    return [path_text(path) for path in load_mapping(None).paths[field]]


KINDS = {Kind.TEXT: "text", Kind.BOOLEAN: "boolean", Kind.NUMBER: "number"}
FIELDS = {
    **{
        name: {
            "kind": KINDS[CONDITION_TYPES[name].kind],
            "paths": paths_of(name),
        }
        for name in PLAIN
    },
    "last_seen_days": {"kind": "days", "paths": paths_of("last_seen")},
}
NAMES = [*PLAIN, "last_seen_days"]
ENTRIES, FINDINGS = read_fields(json.dumps(FIELDS).encode(), "fields.json")
RENAMED = Definitions(BUILT_IN.with_types(ENTRIES))


def test_the_fields_are_right() -> None:
    assert FINDINGS == []
    assert len(ENTRIES) == len(NAMES) > 9


Renaming = tuple[list[tuple[str, dict[str, Any]]], list[dict[str, Any]]]
"""Configs of condition types that can be renamed, and visitors."""


@st.composite
def cases(draw: st.DrawFn) -> Renaming:
    """A few configs and visitors that are about the same condition types."""
    types = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
    visitors = [draw(st.lists(records(types), min_size=1, max_size=8)) for _ in range(3)]
    seen = [
        {key: value for key, value in visitor.items() if key.replace("_", "").lower() not in OWN}
        for visitor in chain.from_iterable(visitors)
    ]
    return draw(configs(types)), seen


OWN = ("lastseendays",)
"""What a built-in type reads besides its date, and a custom field does not."""


def renamed(body: dict[str, Any]) -> dict[str, Any]:
    """A config that asks for custom fields in the place of condition types."""
    groups = [
        group
        | {
            "conditions": [
                condition | {"type": f"field.{condition['type']}"}
                for condition in group["conditions"]
            ]
        }
        for group in body["rules"]["groups"]
    ]
    return body | {"rules": {"groups": groups}}


@settings(
    max_examples=examples(60),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(case=cases())
def test_renaming_types_to_custom_fields_changes_no_verdict(case: Renaming) -> None:
    bodies, visitors = case
    rows, _ = score_records(bodies, visitors, as_of=AS_OF)
    custom = [(slug, renamed(body)) for slug, body in bodies]
    assert score_records(custom, visitors, as_of=AS_OF, definitions=RENAMED)[0] == rows


def test_days_of_a_custom_field_are_those_of_any_date() -> None:
    dates = ["2026-11-20", "2026-11-20T10:30:00Z", "20.11.2026", 1795170600, "11/23/2026", "soon"]
    condition = {"type": "field.last_seen_days", "comparator": "lte", "value": 7}
    groups = [{"operator": "AND", "conditions": [condition]}]
    configs = [("a", {"label": "A", "rules": {"groups": groups}})]
    for some in (dates, *([date] for date in dates)):
        rows, report = score_records(
            configs, [{"last_seen": date} for date in some], definitions=RENAMED
        )
        fits = [date not in ("11/23/2026", "soon") for date in some]
        assert [row["icp_match"] for row in rows] == fits
        assert sum(report["fieldWarnings"].values()) == fits.count(False)
