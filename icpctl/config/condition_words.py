"""Conditions in words, as `--where` and its like take them: `TYPE COMPARATOR [VALUE]`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from icpctl.config.model import Condition
from icpctl.config.scalars import NUMBER
from icpctl.errors import Finding, IcpctlError, Location
from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES, Kind, Operator, Shape, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SEVERAL = (Shape.LIST, Shape.BOUNDS)
_WRITTEN = {Shape.LIST: "such as: industry in Software, SaaS", Shape.BOUNDS: "write min, max"}
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
    """Words that are no condition; its arguments are the finding's code, message and hint."""


def rules_of_words(where: Iterable[str], prefer: Iterable[str]) -> dict[str, Any]:
    """Return rules of one AND group: `where` are its required conditions, `prefer` its optional.

    Raises `IcpctlError` `bad_condition` with every finding.
    """
    read = read_conditions({"--where": where, "--prefer": prefer})
    conditions = [*read["--where"], *({**it, "optional": True} for it in read["--prefer"])]
    return {"groups": [{"operator": Operator.AND.value, "conditions": conditions}]}


def read_conditions(words: Mapping[str, Iterable[str]]) -> dict[str, list[dict[str, Any]]]:
    """Return the conditions that are given in words, by option, as a full body has them.

    Raises `IcpctlError` `bad_condition` with every finding.
    """
    findings: list[Finding] = []
    conditions: dict[str, list[dict[str, Any]]] = {option: [] for option in words}
    for option, texts in words.items():
        for text in texts:
            try:
                conditions[option].append(_read(text))
            except _WordsError as error:
                code, message, hint = error.args
                shown = text if len(text) <= 80 else f"{text[:77]}..."
                place = Location(f"{option} {json.dumps(shown, ensure_ascii=False)}")
                findings.append(Finding(code, "error", message, place, hint))
    if findings:
        wrong = "a condition is" if len(findings) == 1 else f"{len(findings)} conditions are"
        raise IcpctlError(f"{wrong} not right", "bad_condition", findings=findings)
    return conditions


def _read(text: str) -> dict[str, Any]:
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
        body["value"] = _typed(_value(value, comparator), name)
    try:
        condition = Condition.model_validate(body)
    except ValidationError as error:
        raise _first_problem(error, text) from None
    return condition.model_dump(mode="json")


def _value(text: str, comparator: str) -> object:
    known = COMPARATORS.get(comparator)
    several = known is not None and known.shape in _SEVERAL
    if text[0] in '[{"':
        try:
            value: object = json.loads(text)
        except (ValueError, RecursionError) as error:
            hint = 'such as ["Software, Inc", "SaaS"]' if several else None
            raise _WordsError(
                "ICP006", f"a value that begins with {text[0]} is JSON, and this is none", hint
            ) from error
        return [value] if several and isinstance(value, str) else value
    if not several:
        return text
    items = [item.strip() for item in text.split(",")]
    if not all(items):
        hint = "a comma separates two values"
        raise _WordsError("ICP108", "nothing is before or after a comma", hint)
    return items


def _typed(value: object, name: str) -> object:
    """Return a value with its numbers as JSON has them: `10M` is 10000000."""
    entry = CONDITION_TYPES.get(name)
    if entry is None or entry.kind is not Kind.NUMBER:
        return value
    if isinstance(value, list):
        return [_typed(item, name) for item in value]
    if not isinstance(value, str) or NUMBER.fullmatch(value):
        return value
    from icpctl.values.forms.number_forms import number

    spelt = number(value)
    if spelt is None:
        return value
    return int(spelt) if spelt.is_integer() else spelt


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
