"""Conditions in words, as `--where` and its like take them: `TYPE COMPARATOR [VALUE]`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from icpctl.config.definitions import NOTHING_DEFINED, Definitions
from icpctl.config.model import Condition
from icpctl.errors import Finding, IcpctlError, Location, nearest
from icpctl.values.number_forms import count, json_number
from icpctl.values.number_forms import number as spelt_number
from icpctl.vocabulary import COMPARATORS, Kind, Operator, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from icpctl.vocabulary import ConditionType

_SEVERAL = (Shape.LIST, Shape.BOUNDS, Shape.TEXTS)
_WRITTEN = {
    Shape.LIST: "such as: industry in Software, SaaS",
    Shape.TEXTS: "such as: job_title contains_word VP, Head, Chief",
    Shape.BOUNDS: "such as: company_size between 50 and 1,000",
}
_NAMED_LIST = re.compile(r"\{\s*list\s*:\s*([^{}\s]+)\s*\}")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_SIGNS = {
    "=": "equals",
    "==": "equals",
    "!=": "not_equals",
    ">": "gt",
    ">=": "gte",
    "<": "lt",
    "<=": "lte",
}


class _WordsError(Exception):
    """Words that are not a condition; its arguments are the finding's code, message and hint."""


def rules_of_words(
    where: Iterable[str], prefer: Iterable[str], definitions: Definitions = NOTHING_DEFINED
) -> dict[str, Any]:
    """Return rules of one AND group: `where` are its required conditions, `prefer` its optional.

    `definitions` are what the folder of configs defines.

    Raises `IcpctlError` `bad_condition` with every finding.
    """
    read = read_conditions({"--where": where, "--prefer": prefer}, definitions)
    conditions = [
        *read["--where"],
        *({**condition, "optional": True} for condition in read["--prefer"]),
    ]
    return {"groups": [{"operator": Operator.AND.value, "conditions": conditions}]}


def read_conditions(
    words: Mapping[str, Iterable[str]], definitions: Definitions = NOTHING_DEFINED
) -> dict[str, list[dict[str, Any]]]:
    """Return the conditions that are given in words, by option, as a full body has them.

    Raises `IcpctlError` `bad_condition` with every finding.
    """
    findings: list[Finding] = []
    conditions: dict[str, list[dict[str, Any]]] = {option: [] for option in words}
    for option, texts in words.items():
        for text in texts:
            try:
                conditions[option].append(_read(text, definitions))
            except _WordsError as error:
                code, message, hint = error.args
                shown = text if len(text) <= 80 else f"{text[:77]}..."
                place = Location(f"{option} {json.dumps(shown, ensure_ascii=False)}")
                findings.append(Finding(code, "error", message, place, hint))
    if findings:
        wrong = "a condition is" if len(findings) == 1 else f"{len(findings)} conditions are"
        raise IcpctlError(f"{wrong} not valid", "bad_condition", findings=findings)
    return conditions


def _read(text: str, definitions: Definitions) -> dict[str, Any]:
    """Return one condition as a body has it, with its value typed.

    Raises `_WordsError`.
    """
    name, comparator, *rest = [*text.split(maxsplit=2), "", ""][:3] if text.strip() else ["", ""]
    if not name or not comparator:
        missing = "the comparator" if name else "the condition type"
        raise _WordsError("ICP101", f"{missing} is missing", "such as: company_size gte 50")
    body: dict[str, Any] = {"type": name, "comparator": comparator}
    value = rest[0].strip() if rest else ""
    if value:
        body["value"] = _numbers(_value(value, comparator), definitions.vocabulary.types.get(name))
    try:
        condition = Condition.model_validate(body, context=definitions)
    except ValidationError as error:
        raise _first_problem(error, text) from None
    return condition.model_dump(mode="json")


def _value(text: str, comparator: str) -> object:
    known = COMPARATORS.get(comparator)
    several = known is not None and known.shape in _SEVERAL
    if named := _NAMED_LIST.fullmatch(text):
        return {"list": named[1]}
    if text[0] in '[{"':
        try:
            value: object = json.loads(text)
        except (ValueError, RecursionError) as error:
            hint = 'such as ["Software, Inc", "SaaS"]' if several else None
            raise _WordsError(
                "ICP006", f"a value that begins with {text[0]} must be valid JSON", hint
            ) from error
        is_alone = isinstance(value, str) and known is not None and known.shape is not Shape.TEXTS
        return [value] if several and is_alone else value
    if not several:
        return text
    bounds = _AND.split(text) if known is not None and known.shape is Shape.BOUNDS else []
    items = [item.strip() for item in (bounds if len(bounds) > 1 else text.split(","))]
    if not all(items):
        hint = "a comma separates two values"
        raise _WordsError("ICP108", "a value is missing before or after a comma", hint)
    is_alone = len(items) == 1 and known is not None and known.shape is Shape.TEXTS
    return items[0] if is_alone else items


def _numbers(value: object, entry: ConditionType | None) -> object:
    """Return a value with the numbers that people spell, such as `10M`, as the file has them."""
    if entry is None or entry.kind is not Kind.NUMBER:
        return value
    if isinstance(value, list):
        return [_numbers(listed, entry) for listed in value]
    if not isinstance(value, str):
        return value
    is_count = entry.is_count and not entry.is_days  # of which 1.200 is 1200
    number = count(value) if is_count else spelt_number(value)
    if number is None or number == json_number(value.strip()):
        return value
    return int(number) if number.is_integer() else number


def _first_problem(error: ValidationError, text: str) -> _WordsError:
    """Return the first problem of the model; those after it often follow from it."""
    first = error.errors(include_url=False)[0]
    context = first.get("ctx", {})
    code, hint = first["type"], context.get("hint")
    if code == "ICP202":
        words = text.split()
        sign = _SIGNS.get(words[1])
        if not sign and len(words) > 2:
            sign = nearest(f"{words[1]}_{words[2]}", COMPARATORS)  # "not in", "starts with"
        hint = f"did you mean {sign}?" if sign else hint
    elif code == "ICP205" or (code == "ICP206" and hint is None):
        hint = _WRITTEN.get(COMPARATORS[text.split()[1]].shape)
    return _WordsError(code, context.get("message", first["msg"]), hint)
