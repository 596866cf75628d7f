"""The JSON Schema of a config file, made from a workspace's vocabulary, for editors.

Draft-07, which the YAML and JSON language servers read. An editor gives plain YAML scalars types
before it looks at the schema, and the model takes their text: so text may also be a number or a
boolean here, a number or boolean may also be its text. Whatever the model accepts the schema
accepts; `MODEL_ONLY` lists what it cannot know.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from icpctl.config.file_names import SLUG
from icpctl.config.scalars import FLAGS, NUMBER
from icpctl.vocabulary import (
    BUILT_IN,
    COMPARATORS,
    Comparator,
    ConditionType,
    Form,
    Kind,
    Operator,
    Shape,
    Vocabulary,
    comparators_for,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL_ONLY = (
    "the file's name: that it is a slug, the only file of its slug, and the config's `slug`",
    "a priority written as text that is not a whole number, such as `1.5` in quotes",
    "a number written as text: that it is finite, above 0 as a weight, 0 to 100 as a score",
    "numbers that YAML reads and JSON does not write: `0x1F`, `+5`, `.5`, `.inf`",
    "that the first number of `between` is not above the second",
    "half a character (a lone surrogate) in a text, or invisible characters alone",
    "whether there is a named list",
    "everything about the text itself: duplicate keys, tags, merge keys, size, nesting",
    "every warning",
)

Schema = dict[str, Any]


def schema_text(vocabulary: Vocabulary = BUILT_IN) -> str:
    """Return the schema as the text of a file."""
    return json.dumps(config_schema(vocabulary), indent=2) + "\n"


def _any_case(word: str) -> str:
    """Return a pattern for a word in any letter case, which JSON Schema has no flag for."""
    return "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else letter for letter in word)


_NUMBER = rf"^\s*{NUMBER.pattern}\s*$"
_POSITIVE = _NUMBER.replace("-?", "", 1)
_FLAG = rf"^\s*({'|'.join(map(_any_case, FLAGS))})\s*$"

_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_FILLED: Schema = {**_TEXT, "pattern": r"\S"}
_NUMERIC: Schema = {"type": ["number", "string"], "pattern": _NUMBER}
_BOOLEAN: Schema = {
    "anyOf": [{"type": "boolean"}, {"enum": [0, 1]}, {"type": "string", "pattern": _FLAG}]
}


_NAMED_LIST: Schema = {
    "description": "The lines of lists/NAME.txt in the folder of configs.",
    "type": "object",
    "required": ["list"],
    "additionalProperties": False,
    "properties": {"list": {"type": "string", "pattern": f"^{SLUG.pattern}$"}},
}


def config_schema(vocabulary: Vocabulary = BUILT_IN) -> Schema:
    """Return the schema of a workspace's configs as JSON values."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "icpctl config",
        "description": "One Ideal Customer Profile (ICP): which visitors match, and how well.",
        "type": "object",
        "required": ["label", "rules"],
        "additionalProperties": False,
        "properties": {
            "$schema": {
                "description": "The schema of this file, for editors; icpctl does not use it."
            },
            "label": _said(_FILLED, "The display name."),
            "priority": _absent(
                {"type": ["integer", "string"], "pattern": _NUMBER},
                "The sort order: lower comes first; a config without a priority comes last.",
            ),
            "isActive": _absent(
                {**_BOOLEAN, "default": True}, "Inactive configs are scored only when named."
            ),
            "minScore": _absent(
                {
                    "type": ["number", "string"],
                    "minimum": 0,
                    "maximum": 100,
                    "pattern": _POSITIVE,
                    "default": 0,
                },
                "The lowest score that matches, 0 to 100.",
            ),
            "exclude": _absent(
                {**_BOOLEAN, "default": False},
                "A visitor who matches is excluded: no config is the visitor's ICP.",
            ),
            "rules": {"$ref": "#/definitions/rules"},
            **{name: {"description": _SERVER} for name in ("id", "organizationId")},
            "slug": _absent(_TEXT, f"{_SERVER} It is the file's name without the extension."),
            **{name: {"description": _SERVER} for name in ("createdAt", "updatedAt")},
        },
        "definitions": {
            "rules": _object(
                "A visitor matches if at least one group does.",
                {"groups": _entries("group", "The groups of conditions; at least one.")},
            ),
            "group": _object(
                "Conditions joined by one operator. A group without required conditions matches "
                "everyone.",
                {
                    "operator": {
                        "description": (
                            "AND: a visitor must meet every required condition. OR: at least one."
                        ),
                        "enum": [operator.value for operator in Operator],
                    },
                    "conditions": _entries("condition", "The conditions; at least one."),
                },
            ),
            "condition": _condition(tuple(vocabulary.types.values())),
        },
    }


_SERVER = "Set by the server in API responses; kept, but not used."


def _condition(types: Sequence[ConditionType]) -> Schema:
    return {
        "description": "One condition that a visitor meets or not.",
        "type": "object",
        "required": ["type", "comparator"],
        "additionalProperties": False,
        "properties": {
            "type": _words(
                "The condition type: the field that is compared.",
                {kind.name: _about(kind) for kind in types},
            ),
            "comparator": _words(
                "The comparator: how the field is compared with the value.",
                {comparator.name: _holds(comparator) for comparator in COMPARATORS.values()},
            ),
            "value": {
                "description": "The value to compare with; its shape depends on the comparator."
            },
            "optional": _absent(
                {**_BOOLEAN, "default": False},
                "An optional condition adds to the score but does not decide whether a visitor "
                "matches.",
            ),
            "weight": _absent(
                {
                    "type": ["number", "string"],
                    "exclusiveMinimum": 0,
                    "pattern": _POSITIVE,
                    "default": 1,
                },
                "How much the condition adds to the score; greater than 0.",
            ),
        },
        "allOf": [
            *(_allowed(kind, types) for kind in Kind),
            *_values(types),
            _pages_without_query(types),
        ],
    }


def _allowed(kind: Kind, types: Sequence[ConditionType]) -> Schema:
    """Return the rule that types of a kind take its comparators only."""
    names = [entry.name for entry in types if entry.kind is kind]
    return _rule({"type": names}, {"comparator": {"enum": comparators_for(kind)}})


def _values(types: Sequence[ConditionType]) -> list[Schema]:
    """Return the rules for values: one for each shape and each sort of types that it meets."""
    rules = []
    for shape in Shape:
        tests = [entry for entry in COMPARATORS.values() if entry.shape is shape]
        names = [entry.name for entry in tests]
        if shape is Shape.FLAG:
            rules.append(_rule({"comparator": names}, {"value": _or_null(_BOOLEAN)}))
            continue
        for kind, bounds in dict.fromkeys((entry.kind, entry.bounds) for entry in types):
            if any(kind in entry.kinds for entry in tests):
                of_kind = [
                    each.name for each in types if (each.kind, each.bounds) == (kind, bounds)
                ]
                value = _shaped(shape, _element(kind, bounds), kind)
                rule = _rule({"type": of_kind, "comparator": names}, {"value": value})
                rule["then"]["required"] = ["value"]
                rules.append(rule)
    return rules


def _pages_without_query(types: Sequence[ConditionType]) -> Schema:
    """Return the rule that a path that a whole page equals has no query and no fragment."""
    names = [entry.name for entry in types if entry.form is Form.PAGE]
    tests = [entry.name for entry in COMPARATORS.values() if entry.positive.is_equality]
    text = {"pattern": r"^\s*([^/\s]|/[^?#]*$|$)"}
    return _rule({"type": names, "comparator": tests}, {"value": {**text, "items": text}})


def _element(kind: Kind, bounds: tuple[float, float] | None) -> Schema:
    if kind is Kind.BOOLEAN:
        return _BOOLEAN
    if kind is not Kind.NUMBER:
        return _FILLED
    limits = dict(zip(("minimum", "maximum"), bounds, strict=True)) if bounds else {}
    return {**_NUMERIC, **limits}


def _shaped(shape: Shape, element: Schema, kind: Kind) -> Schema:
    listed = {"type": "array", "minItems": 1, "items": element}
    if shape is Shape.BOUNDS:
        return {"type": "array", "minItems": 2, "maxItems": 2, "items": element}
    if shape is Shape.TEXTS:
        return {"anyOf": [element, listed, _NAMED_LIST]}
    if shape is Shape.LIST and kind in (Kind.TEXT, Kind.PAGES):
        return {"anyOf": [listed, _NAMED_LIST]}
    return listed if shape is Shape.LIST else element


def _rule(given: dict[str, list[str]], then: Schema) -> Schema:
    """Return `if`/`then`: where these keys have one of these words, `then` holds too."""
    words = {key: {"enum": values} for key, values in given.items()}
    return {"if": {"properties": words, "required": [*given]}, "then": {"properties": then}}


def _object(description: str, properties: Schema) -> Schema:
    return {
        "description": description,
        "type": "object",
        "required": [*properties],
        "additionalProperties": False,
        "properties": properties,
    }


def _entries(name: str, description: str) -> Schema:
    items = {"$ref": f"#/definitions/{name}"}
    return {"description": description, "type": "array", "minItems": 1, "items": items}


def _words(description: str, meanings: dict[str, str]) -> Schema:
    """Return a choice of words; editors show the meaning of each."""
    words = [{"const": word, "description": meaning} for word, meaning in meanings.items()]
    return {"description": description, "type": "string", "oneOf": words}


def _about(entry: ConditionType) -> str:
    return f"{entry.meaning} ({entry.kind})"


def _holds(entry: Comparator) -> str:
    return f"holds when {entry.holds}; takes {entry.shape}"


def _said(schema: Schema, description: str) -> Schema:
    return {"description": description, **schema}


def _absent(schema: Schema, description: str) -> Schema:
    """Return the schema of a key whose null is as good as nothing."""
    return _said(_or_null(schema), description)


def _or_null(schema: Schema) -> Schema:
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {**schema, "type": [*schema["type"], "null"]}
