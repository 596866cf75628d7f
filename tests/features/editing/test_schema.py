"""The JSON Schema: it accepts what the model accepts, and refuses what it can know to be wrong."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from icpctl.config.checks import check_document
from icpctl.config.definitions import definitions_in
from icpctl.config.file_names import is_config_name
from icpctl.config.model import IcpConfig
from icpctl.documents.reading import read_document
from icpctl.features.editing.schema.config_schema import config_schema
from icpctl.findings.codes import CODES
from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES
from tests.config.marked import conditions
from tests.findings.test_codes import WRAPPED
from tests.long import long
from tests.process import ROOT
from tests.strategies import configs

SAMPLES = ROOT / "sample_configs"
SCHEMA = jsonschema.Draft7Validator(config_schema())

# What `schema.MODEL_ONLY` says: the numbers' sizes and order.
ONLY_THE_MODEL_KNOWS = {"ICP209", "ICP210"}


class Loader(yaml.SafeLoader):
    """YAML 1.1 with its types, as an editor hands values to the schema; dates stay text."""


class CoreLoader(yaml.SafeLoader):
    """YAML with the types of 1.2's core schema."""


def _without(loader: type[yaml.SafeLoader], *tags: str) -> None:
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in tags]
        for first, resolvers in loader.yaml_implicit_resolvers.items()
    }


def _core_int(text: str) -> int:
    return int(text[2:], 8) if text.startswith("0o") else int(text)


_without(Loader, "timestamp", "value")
_without(CoreLoader, "timestamp", "value", "bool", "int", "float")
for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    CoreLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first)
    )
CoreLoader.add_constructor(
    "tag:yaml.org,2002:int", lambda loader, node: _core_int(loader.construct_scalar(node))
)
CoreLoader.add_constructor(
    "tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node))
)


def accepted(body: Any) -> bool:
    return SCHEMA.is_valid(body)


def by_model(body: Any) -> bool:
    try:
        IcpConfig.model_validate(body)
    except ValidationError:
        return False
    return True


def test_it_is_a_schema_itself() -> None:
    jsonschema.Draft7Validator.check_schema(config_schema())


@long
@given(configs())
def test_valid_configs_are_accepted(drawn: list[tuple[str, dict[str, Any]]]) -> None:
    for _, body in drawn:
        SCHEMA.validate(IcpConfig.model_validate(body).body())
        SCHEMA.validate(json.loads(json.dumps(body)))


# Whatever may stand in a place of a config; each place draws from all of them.
SCALARS = st.one_of(
    st.sampled_from(
        [
            *(None, True, False, 0, 1, -1, 2.5, 50, 100, 101, 1e300, "", " ", "NO", "02134", "5"),
            *(" 5 ", "5\n", "-5", "-0.5e-3", "1e2", "+5", ".5", "0x1F", "1_000", "yes", "On"),
            *("OFF", " true ", "0", "1", "1.0", "null", "12:30", "2024-01-01", "AND", "é"),
        ]
    ),
    st.text(max_size=3),
    st.integers(-3, 200),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3))


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Configs with anything in one or two places."""
    condition: dict[str, Any] = {
        "type": draw(st.sampled_from(sorted(CONDITION_TYPES))),
        "comparator": draw(st.sampled_from(sorted(COMPARATORS))),
        "value": draw(VALUES),
    }
    group: dict[str, Any] = {"operator": "AND", "conditions": [condition]}
    body: dict[str, Any] = {"label": "SaaS", "rules": {"groups": [group]}}
    places: list[tuple[dict[str, Any], str]] = [
        *((body, key) for key in ("label", "priority", "isActive", "slug", "id", "$schema")),
        *((condition, key) for key in ("optional", "weight", "type", "comparator")),
        *((group, key) for key in ("operator", "conditions")),
    ]
    for holder, key in draw(st.lists(st.sampled_from(places), max_size=2)):
        holder[key] = draw(VALUES)
    return body


@given(bodies())
def test_what_the_model_accepts_the_schema_accepts(body: dict[str, Any]) -> None:
    if by_model(body):
        SCHEMA.validate(body)


PLAIN = st.sampled_from(
    [
        *("NO", "yes", "On", "02134", "0o17", "017", "12:30", "1_000", "1e3", "1.5", "-2", "0x1F"),
        *(
            "2024-01-01",
            "2024-01-01 10:00:00",
            "~",
            "null",
            "",
            "true",
            ".inf",
            "1.",
            "+1",
            "=",
            "é",
        ),
        *("'yes'", '"5"', "' 1 '", "[1, 2]", "[NO, 02134]", "[]", "['a', b]", "[1e3, 5]"),
    ]
)


def some(*keys: str) -> st.SearchStrategy[dict[str, str]]:
    """A plain scalar for one of these keys, or none."""
    return st.one_of(
        st.just({}), st.dictionaries(st.sampled_from(keys), PLAIN, min_size=1, max_size=1)
    )


@given(
    st.sampled_from(sorted(CONDITION_TYPES)),
    st.sampled_from(sorted(COMPARATORS)),
    PLAIN,
    some("weight", "optional"),
    some("label", "priority", "isActive", "slug"),
)
@pytest.mark.parametrize("loader", [Loader, CoreLoader])
def test_types_that_an_editor_gives_do_no_harm(
    loader: Any,
    name: str,
    comparator: str,
    value: str,
    more: dict[str, str],
    head: dict[str, str],
) -> None:
    said = {"type": name, "comparator": comparator, "value": value, **more}
    line = ", ".join(f"{key}: {text}" for key, text in said.items())
    top = "".join(f"{key}: {text}\n" for key, text in ({"label": "SaaS"} | head).items())
    text = conditions(f"{{{line}}}").replace("label: SaaS\n", top)
    config, _ = check_document(read_document(text.encode(), "a.yaml"), None)
    if config is not None:
        SCHEMA.validate(yaml.load(text, Loader=loader))


KNOWN = [
    code
    for code in CODES.values()
    if code.name.startswith(("ICP1", "ICP2")) and code.name not in ONLY_THE_MODEL_KNOWS
    if code.level in WRAPPED
]


@pytest.mark.parametrize("code", KNOWN, ids=lambda code: code.name)
def test_bad_examples_are_refused_and_mended_ones_accepted(code: Any) -> None:
    wrap = WRAPPED[code.level]
    assert not accepted(yaml.load(wrap(code.bad), Loader=Loader))
    assert accepted(yaml.load(wrap(code.good), Loader=Loader))


@pytest.mark.parametrize(
    "line",
    [
        "{type: city, comparator: in, value: Paris}",
        "{type: city, comparator: contains, value: []}",
        "{type: city, comparator: contains, value: {list: No Slug}}",
        "{type: session_count, comparator: in, value: {list: numbers}}",
        "{type: city, comparator: contains, value: ' '}",
        "{type: session_count, comparator: equals, value: many}",
        "{type: session_count, comparator: between, value: [1, 2, 3]}",
        "{type: icp_score, comparator: in, value: [50, 101]}",
        "{type: icp_match, comparator: equals, value: perhaps}",
        "{type: icp_match, comparator: in, value: [true]}",
        "{type: city, comparator: exists, value: perhaps}",
        "{type: city, comparator: exists, weigth: 1}",
        "{type: city, comparator: exists, weight: -1}",
    ],
)
def test_value_shapes_and_comparators_are_held_to_the_type(line: str) -> None:
    assert not accepted(yaml.load(conditions(line), Loader=Loader))


def test_samples_are_accepted() -> None:
    files = [path for path in SAMPLES.rglob("*.*") if is_config_name(path.name)]
    assert files
    for path in files:
        own = config_schema(definitions_in(path.parent, SAMPLES).vocabulary)
        schema = jsonschema.Draft7Validator(own)
        schema.validate(yaml.load(path.read_text("utf-8"), Loader=Loader))


def test_every_word_has_its_meaning() -> None:
    condition = config_schema()["definitions"]["condition"]["properties"]
    for key, known in (("type", CONDITION_TYPES), ("comparator", COMPARATORS)):
        assert [word["const"] for word in condition[key]["oneOf"]] == list(known)
        assert all(word["description"] for word in condition[key]["oneOf"])


# draft-07, sections 6, 8 to 10 and 6.5 to 6.6 of its validation: what strict validators know.
KEYWORDS = {
    *("$schema", "$ref", "definitions", "title", "description", "default", "type", "enum", "const"),
    *("properties", "required", "additionalProperties", "items", "minItems", "maxItems", "minimum"),
    *("maximum", "exclusiveMinimum", "pattern", "anyOf", "oneOf", "allOf", "if", "then"),
}


def test_only_words_of_the_standard_are_used() -> None:
    def check(schema: Any) -> None:
        if isinstance(schema, list):
            for item in schema:
                check(item)
        elif isinstance(schema, dict):
            assert set(schema) <= KEYWORDS
            for key, value in schema.items():
                named = key in ("properties", "definitions")
                check(list(value.values()) if named else value)

    check(config_schema())


def test_the_key_that_names_the_schema_is_accepted_and_kept() -> None:
    group = {"operator": "AND", "conditions": [{"type": "city", "comparator": "exists"}]}
    body = {"$schema": ".icpctl.schema.json", "label": "A", "rules": {"groups": [group]}}
    SCHEMA.validate(body)
    assert IcpConfig.model_validate(body).body()["$schema"] == ".icpctl.schema.json"


def test_everything_has_a_description() -> None:
    schema = config_schema()
    for holder in (schema, *schema["definitions"].values()):
        assert holder["description"]
        for name, it in holder["properties"].items():
            assert it.get("description") or "$ref" in it, name
