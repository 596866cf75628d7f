"""What a config may say, and what it may not."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from icpctl import IcpConfig
from icpctl.config.checks import check_document
from icpctl.documents.reading import read_document
from tests import strategies
from tests.config.marked import RULES, check, conditions, found_in
from tests.long import long

# The condition types and comparators, written by hand: the vocabulary is held to them.

KINDS = {
    "T": "utm_source utm_medium utm_campaign utm_term utm_content industry country region city "
    "job_title employee_size_range domain linkedin_url company_city company_region "
    "company_postal_code",
    "P": "page_contains page_equals",
    "N": "page_view_count session_count company_size icp_score last_seen_days",
    "B": "icp_match persona_match",
}
COMPARATORS = {
    "equals": ("TNBP", "scalar"),
    "contains": ("TP", "texts"),
    "contains_word": ("TP", "texts"),
    "starts_with": ("TP", "texts"),
    "ends_with": ("TP", "texts"),
    "in": ("TNP", "list"),
    "has_any": ("TP", "list"),
    "has_all": ("TP", "list"),
    "gt": ("N", "scalar"),
    "gte": ("N", "scalar"),
    "lt": ("N", "scalar"),
    "lte": ("N", "scalar"),
    "between": ("N", "bounds"),
    "exists": ("TNBP", "flag"),
    "not_equals": ("TNBP", "scalar"),
    "not_contains": ("TP", "texts"),
    "not_contains_word": ("TP", "texts"),
    "not_in": ("TNP", "list"),
    "not_exists": ("TNBP", "flag"),
}
TYPES = [(kind, name) for kind, names in KINDS.items() for name in names.split()]
ONE = {"T": "SaaS", "P": "/pricing", "N": 5, "B": True}
OTHER = {"T": "Software", "P": "/demo", "N": 7, "B": False}


def fitting(kind: str, shape: str) -> Any:
    return {
        "scalar": ONE[kind],
        "texts": ONE[kind],
        "list": [ONE[kind], OTHER[kind]],
        "bounds": [ONE[kind], OTHER[kind]],
        "flag": True,
    }[shape]


def body(*lines: dict[str, Any]) -> dict[str, Any]:
    return {"label": "SaaS", "rules": {"groups": [{"operator": "AND", "conditions": list(lines)}]}}


def codes(value: dict[str, Any]) -> list[tuple[str, tuple[int | str, ...]]]:
    """(code or pydantic's name, place in the condition) of each error."""
    try:
        IcpConfig.model_validate(body(value))
    except ValidationError as error:
        return [(it["type"], it["loc"][5:]) for it in error.errors()]
    return []


def test_there_are_25_types_and_19_comparators() -> None:
    assert (len(TYPES), len(COMPARATORS)) == (25, 19)


@pytest.mark.parametrize(("typed", "comparator"), [*product(TYPES, COMPARATORS)], ids="".join)
def test_a_comparator_fits_the_kinds_of_its_row(typed: tuple[str, str], comparator: str) -> None:
    kind, name = typed
    kinds, shape = COMPARATORS[comparator]
    value = fitting(kind, shape)
    found = codes({"type": name, "comparator": comparator, "value": value})
    assert found == ([] if kind in kinds else [("ICP203", ("comparator",))])


@pytest.mark.parametrize("typed", TYPES, ids="".join)
def test_a_pair_that_does_not_fit_lists_what_does(typed: tuple[str, str]) -> None:
    kind, name = typed
    allowed = [comparator for comparator, (kinds, _) in COMPARATORS.items() if kind in kinds]
    wrong = next(comparator for comparator in COMPARATORS if comparator not in allowed)
    text = conditions(f"{{type: {name}, comparator: {wrong}, value: 5}}")
    _, [finding] = check_document(read_document(text.encode(), "saas.yaml"), "saas")
    assert finding.code == "ICP203"
    assert finding.hint == f"allowed: {', '.join(allowed)}"


# Values: the condition as it stands in YAML, with the marks of what is wrong with it

VALID = [
    ("{type: country, comparator: equals, value: NO}", "NO"),
    ("{type: company_postal_code, comparator: equals, value: 02134}", "02134"),
    ("{type: city, comparator: equals, value: 12:30}", "12:30"),
    ("{type: city, comparator: equals, value: 2024-01-01}", "2024-01-01"),
    ("{type: city, comparator: equals, value: true}", "true"),
    ("{type: city, comparator: equals, value: 1.10}", "1.10"),
    ('{type: city, comparator: equals, value: "null"}', "null"),
    ("{type: city, comparator: in, value: [NO, 1, on]}", ("NO", "1", "on")),
    ("{type: company_size, comparator: equals, value: 50}", 50),
    ('{type: company_size, comparator: equals, value: "50"}', 50),
    ("{type: company_size, comparator: gt, value: -1.5}", -1.5),
    ("{type: company_size, comparator: lt, value: 1e3}", 1000.0),
    ("{type: company_size, comparator: in, value: [1, 2.5]}", (1, 2.5)),
    ("{type: company_size, comparator: between, value: [50, 50]}", (50, 50)),
    ("{type: icp_score, comparator: between, value: [0, 100]}", (0, 100)),
    *(
        (f"{{type: icp_match, comparator: equals, value: {word}}}", truth)
        for truth, words in [(True, "true Yes ON 1"), (False, "false No off 0")]
        for word in words.split()
    ),
    ("{type: city, comparator: exists}", None),
    ("{type: city, comparator: exists, value: }", None),
    ("{type: city, comparator: exists, value: ~}", None),
    ("{type: city, comparator: exists, value: false}", False),
    ("{type: city, comparator: not_exists, value: yes}", True),
]

BROKEN = [
    "{type: city, comparator: equals, value: <ICP206>[a, b]}",
    "{type: city, comparator: equals, value: <ICP206>{a: b}}",
    "<ICP205>{type: city, comparator: equals}",
    "{type: city, comparator: equals, <ICP205>value: }",
    "{type: city, comparator: equals, <ICP205>value: null}",
    '{type: city, comparator: contains, value: <ICP211>""}',
    "{type: city, comparator: starts_with, value: <ICP211>' '}",
    "{type: page_equals, comparator: ends_with, value: <ICP211>''}",
    "{type: city, comparator: not_contains, value: <ICP211>''}",
    "{type: city, comparator: in, value: <ICP206>a}",
    "{type: city, comparator: in, value: <ICP206>{a: b}}",
    "{type: city, comparator: in, value: <ICP212>[]}",
    "{type: city, comparator: not_in, value: <ICP212>[]}",
    "{type: city, comparator: has_all, value: [a, <ICP211>'', <ICP206>[b], <ICP108>~, c]}",
    "<ICP205>{type: city, comparator: has_any}",
    "{type: city, comparator: in, value: [US, <ICP301>us]}",
    "{type: company_size, comparator: gte, value: <ICP207>lots}",
    '{type: company_size, comparator: gte, value: <ICP207>"1,000"}',
    "{type: company_size, comparator: gte, value: <ICP207>007}",
    "{type: company_size, comparator: gte, value: <ICP207>+5}",
    "{type: company_size, comparator: gte, value: <ICP207>.5}",
    "{type: company_size, comparator: gte, value: <ICP207>1.}",
    "{type: company_size, comparator: gte, value: <ICP207>1_000}",
    "{type: company_size, comparator: gte, value: <ICP207>0x10}",
    "{type: company_size, comparator: gte, value: <ICP207>true}",
    "{type: company_size, comparator: gte, value: <ICP207>nan}",
    "{type: company_size, comparator: gte, value: <ICP207>.inf}",
    "{type: company_size, comparator: gte, value: <ICP207>''}",
    "{type: company_size, comparator: gte, value: <ICP207>\u0665}",
    "{type: company_size, comparator: gte, value: <ICP209>1e999}",
    "{type: company_size, comparator: gte, value: <ICP206>[50]}",
    "{type: company_size, comparator: in, value: [1, <ICP207>x, 3, <ICP207>y]}",
    "{type: company_size, comparator: between, value: <ICP206>50}",
    "{type: company_size, comparator: between, value: <ICP206>[50]}",
    "{type: company_size, comparator: between, value: <ICP206>[1, 2, 3]}",
    "{type: company_size, comparator: between, value: [<ICP207>a, <ICP207>b]}",
    "{type: company_size, comparator: between, value: [<ICP108>~, 5]}",
    "{type: company_size, comparator: between, value: <ICP210>[500, 50]}",
    "{type: icp_score, comparator: gte, value: <ICP213>100.5}",
    "{type: icp_score, comparator: gte, value: <ICP213>-1}",
    "{type: icp_score, comparator: in, value: [50, <ICP213>700]}",
    "{type: icp_score, comparator: between, value: [50, <ICP213>101]}",
    "{type: icp_match, comparator: equals, value: <ICP208>maybe}",
    "{type: icp_match, comparator: equals, value: <ICP208>2}",
    "{type: icp_match, comparator: equals, value: <ICP206>[true]}",
    "{type: city, comparator: exists, value: <ICP208>maybe}",
    "{type: city, comparator: exists, value: <ICP206>[true]}",
    "{type: <ICP201>company_sise, comparator: gte, value: 50}",
    "{type: <ICP201>company_sise, comparator: in, value: <ICP206>50}",
    "{type: <ICP201>City, comparator: <ICP202>eq, value: 50}",
    "{type: city, comparator: <ICP202>Equals, value: a}",
    "{type: <ICP103>[city], comparator: <ICP103>{a: b}, value: a}",
    "<ICP101>{comparator: equals, value: a}",
    "<ICP101>{type: city, value: a}",
    "{<ICP101>type: , comparator: equals, value: a}",
    "<ICP101><ICP101>{}",
    "<ICP103>city",
    "<ICP103>[city]",
    "<ICP108>~",
    "{type: city, comparator: exists, <ICP102>weigth: 2}",
    "{type: city, comparator: exists, <ICP102>isActive: true}",
    "{type: city, comparator: exists, optional: <ICP208>maybe}",
    "{type: city, comparator: exists, optional: <ICP208>[]}",
    "{type: city, comparator: exists, weight: <ICP107>0}",
    "{type: city, comparator: exists, weight: <ICP107>-1}",
    "{type: city, comparator: exists, weight: <ICP107>1e-400}",
    "{type: city, comparator: exists, weight: <ICP207>heavy}",
    "{type: city, comparator: exists, weight: <ICP209>1e999}",
    "{type: city, comparator: <ICP203>gte, value: 5, optional: <ICP208>maybe, weight: <ICP107>0}",
    "{type: company_size, comparator: in, value: [1, <ICP207>x], optional: <ICP208>2, weight: "
    "<ICP107>0, <ICP102>note: a}",
]


@pytest.mark.parametrize(("line", "value"), VALID, ids=[line for line, _ in VALID])
def test_a_value_gets_the_type_that_the_condition_asks_for(line: str, value: object) -> None:
    config, findings = check_document(read_document(conditions(line).encode(), "saas.yaml"), "saas")
    assert findings == []
    assert config is not None
    found = config.rules.groups[0].conditions[0].value
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("line", BROKEN)
def test_what_a_condition_may_not_say_is_found_where_it_stands(line: str) -> None:
    check(conditions(line))


CONFIGS = {
    "no label": "<ICP101>" + RULES,
    "a label that is null": "<ICP101>label: ~\n" + RULES,
    "a blank label": "label: <ICP105>'  '\n" + RULES,
    "an empty label": "label: <ICP105>''\n" + RULES,
    "a list as label": "label: <ICP103>[SaaS]\n" + RULES,
    "no rules": "<ICP101>label: SaaS\n",
    "null rules": "label: SaaS\n<ICP101>rules:\n",
    "rules that are a list": "label: SaaS\nrules: <ICP103>[]\n",
    "rules that are text": "label: SaaS\nrules: <ICP103>all\n",
    "no groups": "label: SaaS\nrules: <ICP101>{}\n",
    "no group": "label: SaaS\nrules: {groups: <ICP104>[]}\n",
    "groups that are an object": "label: SaaS\nrules: {groups: <ICP103>{}}\n",
    "groups that are text": "label: SaaS\nrules: {groups: <ICP103>all}\n",
    "a group that is text": "label: SaaS\nrules: {groups: [<ICP103>all]}\n",
    "a group that is null": "label: SaaS\nrules:\n  groups:\n    -<ICP108>\n",
    "an empty group": "label: SaaS\nrules: {groups: [<ICP101><ICP101>{}]}\n",
    "no condition": "label: SaaS\nrules: {groups: [{operator: OR, conditions: <ICP104>[]}]}\n",
    "a small operator": "label: SaaS\n" + RULES.replace("AND", "<ICP204>and"),
    "another operator": "label: SaaS\n" + RULES.replace("AND", "<ICP204>XOR"),
    "an operator as a list": "label: SaaS\n" + RULES.replace("AND", "<ICP103>[AND]"),
    "a priority in words": "label: SaaS\npriority: <ICP207>high\n" + RULES,
    "half a priority": "label: SaaS\npriority: <ICP106>1.5\n" + RULES,
    "an endless priority": "label: SaaS\npriority: <ICP209>1e999\n" + RULES,
    "a doubtful isActive": "label: SaaS\nisActive: <ICP208>maybe\n" + RULES,
    "isActive as Python writes it": "label: SaaS\n<ICP102>is_active: true\n" + RULES,
    "a misspelt key": "label: SaaS\n<ICP102>priorty: 1\n" + RULES,
    "a key in capitals": "<ICP101><ICP102>Label: SaaS\n" + RULES,
    "an unknown key that is null": "label: SaaS\n<ICP102>note:\n" + RULES,
    "a key from further in": "label: SaaS\n<ICP102>groups: []\n" + RULES,
    "another slug": "label: SaaS\nslug: <ICP017>other\n" + RULES,
    "another slug and more": "label: <ICP105>''\nslug: <ICP017>other\n" + RULES,
    "a slug as a list": "label: SaaS\nslug: <ICP103>[saas]\n" + RULES,
    "everything at once": "label: <ICP105>''\npriority: <ICP207>high\nisActive: <ICP208>maybe\n"
    "<ICP009>label: SaaS\n<ICP102>note: 1\nrules:\n  groups:\n    - operator: <ICP204>and\n"
    "      conditions:\n        - {type: <ICP201>town, comparator: <ICP202>is}\n"
    "    - <ICP101>conditions: <ICP104>[]\n",
}


@pytest.mark.parametrize("marked", CONFIGS.values(), ids=CONFIGS.keys())
def test_what_a_config_may_not_say_is_found_where_it_stands(marked: str) -> None:
    check(marked)


HINTS = [
    ("label: SaaS\npriorty: 1\n" + RULES, "did you mean priority?"),
    ("label: SaaS\nis_active: no\n" + RULES, "did you mean isActive?"),
    ("label: SaaS\noperator: AND\n" + RULES, "it belongs to groups"),
    (
        "label: SaaS\nxyz: AND\n" + RULES,
        "known: label, priority, isActive, minScore, exclude, rules, ",
    ),
    ("label: SaaS\n" + RULES.replace("AND", "and"), "did you mean AND?"),
    (conditions("{type: jobTitle, comparator: exists}"), "did you mean job_title?"),
    (conditions("{type: city, comparator: startswith, value: a}"), "did you mean starts_with?"),
    (conditions("{type: city, comparator: in, value: US}"), "write [US]"),
    (conditions("{type: city, comparator: equals, value: [a]}"), "comparator: in"),
    (conditions("{type: city, comparator: not_equals, value: [a]}"), "comparator: not_in"),
    (conditions("{type: company_size, comparator: gt, value: '1,000'}"), "write 1000"),
    (conditions("{type: company_size, comparator: gt, value: +5}"), "write 5"),
    (conditions("{type: company_size, comparator: gt, value: 10M}"), "write 10000000"),
    (conditions("{type: company_size, comparator: gt, value: 1.5K}"), "write 1500"),
    (conditions("{type: field.revenue, comparator: exists}"), "are declared in fields.yaml"),
    (conditions("{type: company_size, comparator: between, value: [2, 1]}"), "write [1, 2]"),
    (conditions("{type: city, comparator: equals}"), "such as {type: industry, comparator"),
    (RULES, "such as label: "),
    ("label: SaaS\nlabel: SaaS\n" + RULES, "the first is on line 1"),
]


@pytest.mark.parametrize(("text", "hint"), HINTS, ids=[hint for _, hint in HINTS])
def test_a_finding_says_what_to_do(text: str, hint: str) -> None:
    _, [finding] = check_document(read_document(text.encode(), "saas.yaml"), "saas")
    assert hint in (finding.hint or "")


@pytest.mark.parametrize("word", ["yes", "Yes", "TRUE", "on", "1", "' true '"])
def test_is_active_takes_the_words_for_true(word: str) -> None:
    assert found_in(f"label: SaaS\nisActive: {word}\n{RULES}".encode()) == []


@pytest.mark.parametrize(("typed", "priority"), [("10", 10), ("-3", -3), ("2.0", 2), ("1e2", 100)])
def test_a_priority_is_a_whole_number(typed: str, priority: int) -> None:
    text = f"label: SaaS\npriority: {typed}\n{RULES}"
    config, _ = check_document(read_document(text.encode(), "saas.yaml"), "saas")
    assert config is not None
    assert (config.priority, type(config.priority)) == (priority, int)


def test_defaults() -> None:
    config = IcpConfig.model_validate(body({"type": "city", "comparator": "exists"}))
    condition = config.rules.groups[0].conditions[0]
    assert (config.priority, config.is_active) == (None, True)
    assert (condition.optional, condition.weight, condition.value) == (False, 1, None)


def test_nulls_are_absent() -> None:
    condition = {"type": "city", "comparator": "exists", "weight": None, "optional": None}
    config = IcpConfig.model_validate(body(condition) | {"isActive": None, "id": None})
    assert config == IcpConfig.model_validate(body({"type": "city", "comparator": "exists"}))


def test_server_fields_are_kept() -> None:
    kept = {"id": 7, "slug": "saas", "organizationId": "o", "createdAt": "2024", "updatedAt": "x"}
    config = IcpConfig.model_validate(body({"type": "city", "comparator": "exists"}) | kept)
    assert config.body().items() >= kept.items()


def test_a_valid_condition_can_be_a_key() -> None:
    one = {"type": "company_size", "comparator": "in", "value": [1, 2]}
    two = {"type": "company_size", "comparator": "in", "value": ["1", "2"]}
    first, second = IcpConfig.model_validate(body(one, two)).rules.groups[0].conditions
    assert {first: 1}[second] == 1


def test_a_program_gets_the_same_errors() -> None:
    assert codes({"type": "city", "comparator": "gte", "value": 5, "weight": 0}) == [
        ("ICP203", ("comparator",)),
        ("ICP107", ("weight",)),
    ]
    assert codes({"type": "city", "comparator": "in", "value": ["a", None, {}]}) == [
        ("ICP108", ("value", 1)),
        ("ICP206", ("value", 2)),
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400])
def test_a_program_may_not_hand_over_endless_numbers(value: float) -> None:
    found = codes({"type": "company_size", "comparator": "gte", "value": value})
    assert found == [("ICP209", ("value",))]


HOSTILE = [
    "{}",
    "{0}",
    "%s",
    "$1",
    "'; DROP",
    '"',
    "\\",
    "\x00",
    "\x1b[31m",
    "a" * 10_000,
    "🚀",
    "*",
]


@pytest.mark.parametrize("word", HOSTILE, ids=lambda word: word[:10])
def test_hostile_words_are_data_in_messages(word: str) -> None:
    text = json.dumps(body({"type": word, "comparator": word, word: word}) | {word: word})
    findings = check_document(read_document(text.encode(), "saas.json"), "saas")[1]
    assert sorted(it.code for it in findings) == ["ICP102", "ICP102", "ICP201", "ICP202"]
    assert all(len(finding.message) < 200 for finding in findings)


def test_a_thousand_findings_are_enough() -> None:
    text = conditions(f"{{type: company_size, comparator: in, value: [{'x, ' * 100_000}]}}")
    found = found_in(text.encode())
    assert len(found) == 1001
    assert found[-1][0] == "ICP399"


@long
def test_thousands_of_warnings_are_no_error() -> None:
    text = conditions(f"{{type: city, comparator: in, value: [{'x, ' * 100_000}]}}")
    config, findings = check_document(read_document(text.encode(), "saas.yaml"), "saas")
    assert config is not None
    assert {finding.severity for finding in findings} == {"warning"}


# Round trips: whatever is valid can be written and read back

BODIES = strategies.configs().map(lambda configs: configs[0][1])


@given(BODIES)
def test_what_is_written_is_read_back(value: dict[str, Any]) -> None:
    config = IcpConfig.model_validate(value)
    texts = {
        "saas.json": json.dumps(config.body()),
        "saas.yaml": yaml.safe_dump(config.body(), allow_unicode=True),
        "saas.yml": json.dumps(config.body(), indent=2, ensure_ascii=False),
    }
    for file, text in texts.items():
        again, findings = check_document(read_document(text.encode(), file), "saas")
        assert [it for it in findings if it.severity == "error"] == []
        assert again == config
        assert again is not None
        assert again.body() == config.body()


@given(BODIES, st.data())
def test_a_config_with_one_thing_broken_is_found_there(
    value: dict[str, Any], data: st.DataObject
) -> None:
    group = data.draw(st.sampled_from(range(len(value["rules"]["groups"]))))
    conditions_ = value["rules"]["groups"][group]["conditions"]
    number = data.draw(st.sampled_from(range(len(conditions_))))
    conditions_[number] = conditions_[number] | {"weight": 0}
    with pytest.raises(ValidationError) as caught:
        IcpConfig.model_validate(value)
    [error] = caught.value.errors()
    assert error["loc"] == ("rules", "groups", group, "conditions", number, "weight")
